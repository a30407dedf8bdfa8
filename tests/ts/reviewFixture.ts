/** A review of one file: a function that raises where it answered, and a less certain thought about the same file. */

import type { ReviewResult, WireFileEdits, WireReproduction, WireReviewComment } from "../../extension/src/pure/protocol";

export const URI = "file:///ws/shop/ranges.py";

const REPRODUCTION: WireReproduction = {
  call: "split(0, 0)",
  before: "returns `[]`",
  after: "raises `ZeroDivisionError`",
  test: "def test_split():\n    assert split(0, 0) == []\n",
  nInputs: 108,
};

/** About lines 3 and 4, as a reader counts. */
export const COMMENT: WireReviewComment = {
  commentId: "c1",
  fingerprint: "f1",
  rule: "behaviour.raises",
  topic: "behaviour",
  severity: "error",
  confidence: 0.9,
  uri: URI,
  range: { start: { line: 2, character: 0 }, end: { line: 4, character: 0 } },
  isOnOldSide: false,
  isRewritten: false,
  anchorLine: 3,
  symbol: "split",
  message: "`split(0, 0)` returned `[]`, now raises `ZeroDivisionError`.",
  reason: "Callers rely on it.",
  evidence: ["It was run on both versions.", "Both answered the same twice."],
  claimsFailure: true,
  confirmation: "confirmed",
  reproduction: REPRODUCTION,
  suggestion: [],
  suggestionDiff: "",
  alsoAt: [],
  source: "embedded",
  isFolded: false,
};

/** Writes into line 3, as a reader counts. */
export const SUGGESTION: readonly WireFileEdits[] = [
  { uri: URI, version: 1, edits: [{ range: { start: { line: 2, character: 13 }, end: { line: 2, character: 14 } }, newText: "<=" }] },
];

export const RESULT: ReviewResult = {
  reviewId: "r1",
  name: "the working tree against HEAD",
  message: "Reviewed the working tree.",
  comments: [COMMENT, { ...COMMENT, commentId: "c2", severity: "note", isFolded: true }],
  nFiles: 3,
  nBeyond: 0,
  nClosed: 0,
  checked: ["4 functions compared"],
  unchecked: [{ what: "the tests", why: "There are none." }],
  seconds: 12.3,
};
