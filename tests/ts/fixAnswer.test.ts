import { describe, expect, it } from "vitest";

import {
  alternativeText,
  explanationOf,
  markedLines,
  nextStep,
  progressPercent,
  progressText,
  traceDocument,
  valuesText,
  verdictText,
} from "../../extension/src/pure/fixAnswer";
import type { FixProgressParams, FixResult, WireBlockVisit, WireFix, WireSuspiciousLine } from "../../extension/src/pure/protocol";

const FIX: WireFix = {
  fixId: "f1",
  title: "change >= to >",
  explanation: "`>=` becomes `>`: a parcel may be *full*.",
  edits: [],
  diff: "",
  verdict: "verified",
  probability: 0.92,
  confidence: "92% sure",
  evidence: ["1 test failed before and passes now.", "3 other tests pass."],
  source: "embedded",
  kind: "comparison",
};
const LINE: WireSuspiciousLine = { uri: "file:///ws/a.py", line: 4, suspiciousness: 0.916, text: "return a < b" };
const VISIT: WireBlockVisit = {
  uri: LINE.uri,
  firstLine: 3,
  lastLine: 5,
  function: "pack",
  visit: 1,
  before: { a: "1", b: "[2]" },
  after: { a: "2", c: "'x'" },
};
const NOTHING: FixResult = {
  sessionId: "s1",
  fixes: [],
  reason: "nothing_found",
  message: "No change of 1,200 makes the test pass.",
  hint: "",
  question: null,
  failing: [{ nodeId: "test_a.py::test_a", outcome: "failed", seconds: 0, message: "assert 1 == 2\nmore", output: "", frames: [] }],
  suspicious: [LINE],
  visits: [VISIT],
  nTried: 1200,
  seconds: 60,
};
const QUESTION = { call: "pack([5000])", answers: ["[[5000]]", "[[], [5000]]"] };

describe("after an answer", () => {
  it("a fix is proposed, best first, whatever else is there", () => {
    expect(nextStep({ ...NOTHING, reason: null, fixes: [FIX], question: QUESTION }, false)).toEqual({ kind: "propose", fixes: [FIX] });
  });

  it("a question is asked once", () => {
    const result: FixResult = { ...NOTHING, reason: "only_plausible", question: QUESTION };
    expect(nextStep(result, false)).toEqual({ kind: "ask", question: QUESTION });
    expect(nextStep(result, true)).toEqual({ kind: "look", message: NOTHING.message, first: LINE });
  });

  it("a hint is given in words", () => {
    expect(nextStep({ ...NOTHING, reason: null, hint: "Look at the limit." }, false)).toEqual({ kind: "hint", words: "Look at the limit." });
  });

  it("nothing found still shows where to look", () => {
    expect(nextStep(NOTHING, false).kind).toBe("look");
    expect(nextStep({ ...NOTHING, suspicious: [] }, false)).toEqual({ kind: "tell", message: NOTHING.message, isWarning: true, settings: undefined });
  });

  it("what stands in the way is told, with the setting that mends it", () => {
    expect(nextStep({ ...NOTHING, reason: "no_sandbox", suspicious: [] }, false)).toMatchObject({ kind: "tell", settings: "inkling.sandbox" });
    expect(nextStep({ ...NOTHING, reason: "nothing_fails" }, false)).toMatchObject({ kind: "tell", isWarning: false });
    expect(nextStep({ ...NOTHING, reason: "flaky" }, false)).toMatchObject({ kind: "tell", isWarning: true });
    expect(nextStep({ ...NOTHING, reason: "cancelled" }, false)).toEqual({ kind: "nothing" });
  });
});

describe("progress", () => {
  const far: FixProgressParams = { id: "1", words: "trying comparisons in a.py", nTried: 1200, nPlausible: 2, seconds: 3.4, budgetSeconds: 60 };

  it("is told in one line", () => {
    expect(progressText(far)).toBe("trying comparisons in a.py · 1,200 changes tried, 2 made the test pass · 3 of 60 s");
    expect(progressText({ ...far, words: "running the test", nTried: 0, nPlausible: 0 })).toBe("running the test · 3 of 60 s");
  });

  it("is a share of the time", () => {
    expect(progressPercent({ ...far, seconds: 30 })).toBe(50);
    expect(progressPercent({ ...far, seconds: 90 })).toBe(100);
    expect(progressPercent({ ...far, budgetSeconds: 0 })).toBe(0);
  });
});

describe("words for a fix", () => {
  it("say how sure it is, what it does, what was seen and what can be done; only code is marked", () => {
    const text = explanationOf(FIX, [
      { label: "Apply", command: "inkling.applyFix" },
      { label: "Dismiss", command: "inkling.dismissFix" },
    ]);
    expect(text.split("\n")).toEqual([
      "`>=` becomes `>`: a parcel may be \\*full\\*.",
      "",
      "- 1 test failed before and passes now.",
      "- 3 other tests pass.",
      "- Confidence: 92% sure.",
      "",
      "[Apply](command:inkling.applyFix) · [Dismiss](command:inkling.dismissFix)",
    ]);
    expect(verdictText(FIX)).toBe("Verified fix");
    expect(verdictText({ ...FIX, verdict: "untested" })).toContain("not verified");
    expect(alternativeText(FIX)).toEqual({
      label: "change >= to >",
      description: "92% sure",
      detail: "1 test failed before and passes now. 3 other tests pass.",
    });
  });
});

describe("places to look at", () => {
  it("are the first five, with the values that the failing test had there", () => {
    const many = Array.from({ length: 9 }, (_, n) => ({ ...LINE, line: 4 + n, suspiciousness: 0.5 }));
    expect(markedLines({ suspicious: [LINE, ...many], visits: [VISIT, { ...VISIT, visit: 2, after: { a: "9" } }] }).slice(0, 2)).toEqual([
      { uri: LINE.uri, line: 4, words: "Most suspicious, 92% · a: 1 → 9" },
      { uri: LINE.uri, line: 4, words: "Suspicious, 50% · a: 1 → 9" },
    ]);
    expect(markedLines({ suspicious: many, visits: [] })).toHaveLength(5);
  });

  it("show values that changed, else those that were there, and no more than fit", () => {
    expect(valuesText(VISIT)).toBe("a: 1 → 2, c = 'x'");
    expect(valuesText({ ...VISIT, after: {} })).toBe("a = 1, b = [2]");
    const [mark] = markedLines({ suspicious: [LINE], visits: [{ ...VISIT, after: { a: "x".repeat(300) } }] });
    expect(mark?.words.length).toBeLessThan(140);
  });

  it("can be read as a page", () => {
    const page = traceDocument(NOTHING, (uri) => uri.slice("file:///ws/".length));
    expect(page).toContain("No change of 1,200 makes the test pass.");
    expect(page).toContain("- `test_a.py::test_a`: assert 1 == 2\n");
    expect(page).toContain("1. `a.py:5` (92%): `return a < b`");
    expect(page).toContain("- `a.py:4–6` in `pack`, visit 1: `a: 1 → 2, c = 'x'`");
    expect(traceDocument({ ...NOTHING, visits: [] }, String)).toContain("None were traced.");
  });
});
