/** What a run's result means for a row of the Testing view. */

import type { RunTestsResult, WireFrame, WireTestResult } from "./protocol";

export type TestVerdict =
  | { readonly kind: "passed" | "skipped" }
  | { readonly kind: "failed" | "errored"; readonly message: string; readonly at: Place | undefined };

export interface Place {
  readonly uri: string;
  /** Zero-based. */
  readonly line: number;
}

/** Returns the verdict; the message of a failure lies at the deepest frame in the test's own file, so that it is seen there. */
export function verdictOf(result: WireTestResult, testUri: string): TestVerdict {
  switch (result.outcome) {
    // pytest counts neither as a failure; an unexpected pass that is forbidden comes as a failure.
    case "passed":
    case "unexpected_pass":
      return { kind: "passed" };
    case "expected_failure":
    case "skipped":
      return { kind: "skipped" };
    case "failed":
    case "error":
      return {
        kind: result.outcome === "failed" ? "failed" : "errored",
        message: result.message || "It failed without a message.",
        at: result.frames.findLast((frame) => frame.uri === testUri) ?? result.frames.at(-1),
      };
  }
}

export function isFailure(result: WireTestResult): boolean {
  return result.outcome === "failed" || result.outcome === "error";
}

/** Innermost first, as the editor lists a stack. */
export function stackOf(result: WireTestResult): readonly WireFrame[] {
  return [...result.frames].reverse();
}

/** Returns what was printed, with the line ends of a terminal. */
export function terminalText(text: string): string {
  const lines = text.replaceAll(/\r\n|\r|\n/g, "\r\n");
  return lines === "" || lines.endsWith("\r\n") ? lines : `${lines}\r\n`;
}

export type SuiteProblem = NonNullable<RunTestsResult["problem"]>;

/** Returns the setting that mends a problem where there is one. */
export function settingFor(problem: SuiteProblem): string | undefined {
  switch (problem) {
    case "no_sandbox":
    case "out_of_memory":
    case "hangs":
      return "inkling.sandbox";
    case "no_interpreter":
    case "python_too_old":
    case "missing_package":
      return "inkling.interpreter";
    case "not_trusted":
    case "no_tests":
    case "no_such_test":
    case "syntax_error":
    case "needs_network":
    case "collection_failed":
    case "crashed":
      return undefined;
  }
}

/** Returns whether tests that have no result were begun and did not end: then the problem is theirs. */
export function endedTests(problem: SuiteProblem): boolean {
  return problem === "hangs" || problem === "out_of_memory" || problem === "crashed";
}
