import { describe, expect, it } from "vitest";

import { codeBlock, commandLink, paragraph } from "../../extension/src/pure/markdown";
import {
  actionsOf,
  bodyOf,
  labelOf,
  linesOf,
  outcomeText,
  reviewProgressPercent,
  reviewProgressText,
  runText,
  summaryDocument,
} from "../../extension/src/pure/reviewText";
import { COMMENT, RESULT, SUGGESTION } from "./reviewFixture";

const PLAIN_SITUATION = { isRewritten: false, nFolded: 0, pathOf: (uri: string) => uri.slice("file:///ws/".length) };
const NOTE = { ...COMMENT, severity: "note", topic: "lint", claimsFailure: false, confirmation: "unconfirmed", reproduction: null } as const;

describe("text of a comment", () => {
  it("is what happens, why it matters, what was seen, and what can be done", () => {
    expect(bodyOf(COMMENT, PLAIN_SITUATION).split("\n\n").slice(0, 5)).toEqual([
      "`split(0, 0)` returned `[]`, now raises `ZeroDivisionError`.",
      "Callers rely on it.",
      "```python\nsplit(0, 0)\n```",
      "- before: returns `[]`\n- now: raises `ZeroDivisionError`",
      "- It was run on both versions.\n- Both answered the same twice.",
    ]);
    const links = bodyOf(COMMENT, PLAIN_SITUATION).split("\n\n").at(-1) ?? "";
    expect(links).toContain("[Run the Reproduction](command:inkling.review.runReproduction?%5B%22c1%22%5D)");
    expect(links).not.toContain("Apply Suggestion");
    expect(links).toContain("Never This Rule Here");
  });

  it("has nothing to run where there is no reproduction, and nothing to apply where there is no suggestion", () => {
    expect(actionsOf(NOTE)).toEqual(["dismiss", "resolve", "silence"]);
    expect(actionsOf({ ...COMMENT, suggestion: SUGGESTION })).toEqual(["apply", "run", "keep", "dismiss", "resolve", "silence"]);
  });

  it("shows a suggestion as a diff, whatever signs are in it", () => {
    const body = bodyOf({ ...COMMENT, suggestion: SUGGESTION, suggestionDiff: "-a = '```'\n+a = 1\n" }, PLAIN_SITUATION);
    expect(body).toContain("````diff\n-a = '```'\n+a = 1\n````");
  });

  it("links the other places of its cause", () => {
    const body = bodyOf({ ...COMMENT, alsoAt: [{ uri: "file:///ws/shop/b.py", line: 4 }] }, PLAIN_SITUATION);
    expect(body).toContain("Same cause: [shop/b.py:5](command:inkling.review.openPlace?");
  });

  it("says of lines that are gone, or were rewritten, that they are", () => {
    const range = { start: { line: 6, character: 0 }, end: { line: 9, character: 0 } };
    expect(bodyOf({ ...COMMENT, isOnOldSide: true, range }, PLAIN_SITUATION)).toContain("lines 7–9 of the old version, which are gone");
    expect(bodyOf(COMMENT, { ...PLAIN_SITUATION, isRewritten: true })).toContain("changed since the review");
    expect(bodyOf(COMMENT, PLAIN_SITUATION)).not.toContain("changed since the review");
  });

  it("says that the reviewed version was another one, and that its suggestion does not fit", () => {
    const rewritten = { ...COMMENT, isRewritten: true, suggestionDiff: "-a\n+b\n" };
    const body = bodyOf(rewritten, { ...PLAIN_SITUATION, isRewritten: true });
    expect(body).toContain("The reviewed version had other lines here");
    expect(body).not.toContain("changed since the review");
    expect(body).toContain("```diff\n-a\n+b\n```\n\n*It does not fit: the lines that it replaces are not in the file any more.*");
    expect(actionsOf(rewritten)).toContain("apply");
    expect(bodyOf({ ...rewritten, suggestion: SUGGESTION }, PLAIN_SITUATION)).not.toContain("does not fit");
  });

  it("offers the less certain ones", () => {
    expect(bodyOf(NOTE, { ...PLAIN_SITUATION, nFolded: 2 })).toContain("[Show 2 Less Certain Comments](command:inkling.review.showFolded)");
  });

  it("is no Markdown of the code's own", () => {
    const body = bodyOf({ ...NOTE, message: "See [this](command:evil) and ![x](http://a/b) <b>*bold*</b>", reason: "1. one\n- two\n# three" }, PLAIN_SITUATION);
    expect(body).toContain("See \\[this\\](command:evil) and !\\[x\\](http://a/b) \\<b\\>\\*bold\\*\\</b\\>");
    expect(body).toContain("1\\. one\\\n\\- two\\\n\\# three");
  });

  it("is headed by how bad and how sure it is", () => {
    expect(labelOf(COMMENT)).toBe("Error · behaviour · confirmed by a run");
    expect(labelOf({ ...COMMENT, confirmation: "unconfirmed", topic: "team_rule" })).toBe("Error · team rule · not confirmed");
    expect(labelOf({ ...NOTE, isFolded: true })).toBe("Note · lint · less certain");
  });
});

describe("Markdown", () => {
  it("of several lines stays one paragraph", () => {
    expect(paragraph("a\r\n\n  `b_c` d_e\n=== x")).toBe("a\\\n`b_c` d\\_e\\\n\\=== x");
  });

  it("of code is fenced by more than it holds", () => {
    expect(codeBlock("a\n\n", "text")).toBe("```text\na\n```");
  });

  it("of a link to a command hides signs that would end it", () => {
    expect(commandLink("a]b", "c", ["(x)"])).toBe("[a\\]b](command:c?%5B%22%28x%29%22%5D)");
    expect(commandLink("a", "c")).toBe("[a](command:c)");
  });
});

describe("a run of a reproduction", () => {
  const run = { verdict: "reproduced", message: "It still raises.", before: "returns `[]`", after: "raises `E`", output: "line\n".repeat(60), seconds: 1.25 } as const;

  it("is told with what both versions did and the end of the output", () => {
    const text = runText(run);
    expect(text).toMatch(/^\*\*Reproduced\*\* after 1\.3 s\.\n\nIt still raises\.\n\n- before: returns `\[\]`\n- now: raises `E`\n\n```text\n…\n/);
    expect(text.match(/line/g)).toHaveLength(40);
  });

  it("is told where it is mended or cannot be run", () => {
    expect(runText({ ...run, verdict: "not_reproduced", output: "" })).toContain("**No longer reproduced**");
    expect(runText({ ...run, verdict: "cannot_run", before: "", after: "", output: " \n" })).toBe("**Could not be run** after 1.3 s.\n\nIt still raises.");
  });
});

describe("what came of a review", () => {
  it("is one line: the server's, and how much could not be checked", () => {
    expect(outcomeText(RESULT)).toBe("Reviewed the working tree. 1 thing could not be checked.");
    expect(outcomeText({ ...RESULT, unchecked: [] })).toBe("Reviewed the working tree.");
  });

  it("can be read as a page: comments by file, what was checked and what was not", () => {
    const page = summaryDocument({ ...RESULT, nClosed: 1, nBeyond: 1 }, PLAIN_SITUATION.pathOf);
    expect(page).toContain("### shop/ranges.py\n\n- line 3: **Error · behaviour · confirmed by a run** (`behaviour.raises`) `split(0, 0)` returned");
    expect(page).toContain("## Checked\n\n- 4 functions compared\n");
    expect(page).toContain("## Not checked\n\n- the tests: There are none.\n");
    expect(page).toContain("## Less certain\n\n### shop/ranges.py\n");
    expect(page).toContain("1 comment dismissed or resolved before");
    expect(page).toContain("1 more comment would be shown");
    expect(summaryDocument({ ...RESULT, unchecked: [] }, String)).toContain("## Not checked\n\nNothing.");
  });
});

describe("progress", () => {
  const far = { id: "r", words: "comparing `split`", nDone: 1, nSteps: 4, seconds: 3.4, budgetSeconds: 60 };

  it("is one line, and a share of steps or time, whichever is further", () => {
    expect(reviewProgressText(far)).toBe("comparing `split` · 1 of 4 · 3 of 60 s");
    expect(reviewProgressText({ ...far, nSteps: 0 })).toBe("comparing `split` · 3 of 60 s");
    expect(reviewProgressPercent(far)).toBe(25);
    expect(reviewProgressPercent({ ...far, seconds: 45 })).toBe(75);
    expect(reviewProgressPercent({ ...far, nSteps: 0, budgetSeconds: 0 })).toBe(0);
    expect(reviewProgressPercent({ ...far, seconds: 90 })).toBe(100);
  });
});

describe("lines of a comment", () => {
  it("end before a range's end where that is the start of a line", () => {
    const at = (line: number, character: number) => ({ line, character });
    expect(linesOf({ range: { start: at(2, 0), end: at(3, 0) } })).toEqual({ first: 2, last: 2 });
    expect(linesOf({ range: { start: at(2, 0), end: at(3, 5) } })).toEqual({ first: 2, last: 3 });
    expect(linesOf({ range: { start: at(2, 0), end: at(2, 0) } })).toEqual({ first: 2, last: 2 });
  });
});

