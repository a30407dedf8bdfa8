import { describe, expect, it } from "vitest";

import type { WireTestResult } from "../../extension/src/pure/protocol";
import { endedTests, isFailure, settingFor, stackOf, terminalText, verdictOf } from "../../extension/src/pure/testReport";

const TEST = "file:///ws/test_a.py";
const CODE = "file:///ws/a.py";
const FAILED: WireTestResult = {
  nodeId: "test_a.py::test_a",
  outcome: "failed",
  seconds: 0.1,
  message: "assert 2 == 3",
  output: "",
  frames: [
    { uri: TEST, line: 3, function: "test_a" },
    { uri: TEST, line: 9, function: "check" },
    { uri: CODE, line: 1, function: "total" },
  ],
};

describe("the verdict on a test", () => {
  it("of a failure lies at the deepest frame in its own file", () => {
    expect(verdictOf(FAILED, TEST)).toEqual({ kind: "failed", message: "assert 2 == 3", at: FAILED.frames[1] });
    expect(verdictOf({ ...FAILED, outcome: "error" }, "file:///ws/other.py")).toEqual({ kind: "errored", message: "assert 2 == 3", at: FAILED.frames[2] });
    expect(verdictOf({ ...FAILED, frames: [], message: "" }, TEST)).toEqual({ kind: "failed", message: "It failed without a message.", at: undefined });
    expect(stackOf(FAILED).map(({ line }) => line)).toEqual([1, 9, 3]);
  });

  it("of everything else is what pytest counts it as", () => {
    const kinds = (["passed", "unexpected_pass", "skipped", "expected_failure"] as const).map((outcome) => verdictOf({ ...FAILED, outcome }, TEST).kind);
    expect(kinds).toEqual(["passed", "passed", "skipped", "skipped"]);
    expect([isFailure(FAILED), isFailure({ ...FAILED, outcome: "error" }), isFailure({ ...FAILED, outcome: "skipped" })]).toEqual([true, true, false]);
  });
});

describe("a problem of a run", () => {
  it("leads to the setting that mends it", () => {
    expect([settingFor("no_sandbox"), settingFor("python_too_old"), settingFor("syntax_error")]).toEqual(["inkling.sandbox", "inkling.interpreter", undefined]);
  });

  it("is the tests' own where they were begun", () => {
    expect([endedTests("hangs"), endedTests("no_sandbox")]).toEqual([true, false]);
  });
});

it("output has a terminal's line ends", () => {
  expect(["", "a", "a\nb\r\n", "a\rb"].map(terminalText)).toEqual(["", "a\r\n", "a\r\nb\r\n", "a\r\nb\r\n"]);
});
