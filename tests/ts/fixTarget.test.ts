import { describe, expect, it } from "vitest";

import { targetInEditor, targetsIn, tracebackIn, type EditorSituation, type FailingTest, type FixTarget } from "../../extension/src/pure/fixTarget";

const TRACEBACK = `Traceback (most recent call last):
  File "/ws/shop/cart.py", line 3, in total
    return 1 / 0
ZeroDivisionError: division by zero`;

const PYTEST = `    def test_total():
>       assert total() == 3
E       assert 2 == 3

tests/test_cart.py:4: AssertionError`;

const FILE = "def helper():\n    pass\n\ndef test_total():\n    assert total() == 3\n";

const FAILING: FailingTest = { folderUri: "file:///ws", nodeId: "tests/test_cart.py::test_total[2]", uri: "file:///ws/tests/test_cart.py", words: "assert 2 == 3" };

function editor(changes: Partial<EditorSituation> & { readonly line?: number }): EditorSituation {
  const at = { line: changes.line ?? 0, character: 0 };
  return {
    uri: "file:///ws/tests/test_cart.py",
    path: "tests/test_cart.py",
    isPython: true,
    text: FILE,
    selection: { start: at, end: at },
    selectedText: "",
    diagnostics: [],
    ...changes,
  };
}

function targetAt(changes: Parameters<typeof editor>[0], failing: readonly FailingTest[] = []): FixTarget | undefined {
  return targetInEditor("file:///ws", editor(changes), failing);
}

describe("a traceback", () => {
  it("is known as Python and pytest print it", () => {
    expect(tracebackIn(`$ python shop.py\n${TRACEBACK}\n`)).toBe(TRACEBACK);
    expect(tracebackIn(PYTEST.replaceAll("\n", "\r\n"))).toBe(PYTEST.replaceAll("\n", "\r\n").trim());
  });

  it("is nothing that only looks like one", () => {
    expect(tracebackIn("")).toBeUndefined();
    expect(tracebackIn('print("Traceback (most recent call last):")')).toBeUndefined();
    expect(tracebackIn("E   is a letter")).toBeUndefined();
  });
});

describe("what is to be fixed", () => {
  it("is a selected traceback before all else, in any file", () => {
    expect(targetAt({ line: 3, selectedText: TRACEBACK, isPython: false }, [FAILING])).toEqual({
      label: "Selected traceback",
      detail: "ZeroDivisionError: division by zero",
      params: { folderUri: "file:///ws", traceback: TRACEBACK },
    });
    expect(targetAt({ selectedText: PYTEST })?.detail).toBe("tests/test_cart.py:4: AssertionError");
  });

  it("is the failing test around the cursor with all its cases", () => {
    const other = { ...FAILING, nodeId: "tests/test_cart.py::test_total[3]" };
    expect(targetAt({ line: 4 }, [FAILING, other])?.params.nodeIds).toEqual([FAILING.nodeId, other.nodeId]);
  });

  it("is a diagnostic at the cursor", () => {
    const diagnostic = { range: { start: { line: 1, character: 4 }, end: { line: 1, character: 8 } }, message: "undefined name", code: "F821" };
    const target = targetAt({ line: 1, diagnostics: [diagnostic] }, [FAILING]);
    expect(target?.params.place).toEqual({ uri: "file:///ws/tests/test_cart.py", ...diagnostic });
  });

  it("is the test around the cursor, though it was not run", () => {
    expect(targetAt({ line: 4 })?.params).toEqual({ folderUri: "file:///ws", nodeIds: ["tests/test_cart.py::test_total"] });
  });

  it("is selected code in Python", () => {
    const selection = { start: { line: 0, character: 0 }, end: { line: 1, character: 8 } };
    const target = targetAt({ selection, selectedText: "def helper():\n    pass" });
    expect(target?.params.place).toEqual({ uri: "file:///ws/tests/test_cart.py", range: selection });
  });

  it("is not said by other places, nor by files outside of the workspace", () => {
    expect(targetAt({ isPython: false, selectedText: "words" }, [FAILING])).toBeUndefined();
    expect(targetAt({ line: 4, path: undefined }, [FAILING])).toBeUndefined();
    expect(targetAt({ line: 0 }, [FAILING])).toBeUndefined();
  });

  it("is chosen from failing tests and everything then", () => {
    expect(targetsIn("file:///ws", "ws", [FAILING]).map(({ label, detail, params }) => [label, detail, params.nodeIds])).toEqual([
      [FAILING.nodeId, "assert 2 == 3", [FAILING.nodeId]],
      ["Whatever fails in ws", "Runs all its tests in the sandbox", undefined],
    ]);
  });
});
