import { describe, expect, it } from "vitest";

import { covers, functionOf, splitNodeId, treeOf, type TestNode } from "../../extension/src/pure/nodeIds";
import type { WireTest } from "../../extension/src/pure/protocol";

const test = (nodeId: string, line = 0): WireTest => ({ nodeId, uri: `file:///ws/${nodeId.split("::", 1)[0] ?? ""}`, line, label: "" });

describe("a test's name", () => {
  it("is a file, classes and a function, with parameters that may hold anything", () => {
    expect(splitNodeId("tests/test_a.py::TestB::test_c")).toEqual({ path: ["tests/test_a.py", "TestB", "test_c"], parameters: undefined });
    expect(splitNodeId("test_a.py::test_c[a::b[0]/ü]")).toEqual({ path: ["test_a.py", "test_c"], parameters: "a::b[0]/ü" });
    expect(splitNodeId("tests/test_a.py")).toEqual({ path: ["tests/test_a.py"], parameters: undefined });
    expect(splitNodeId("odd[1]/test_a.py::test_c")).toEqual({ path: ["odd[1]/test_a.py", "test_c"], parameters: undefined });
  });

  it("names its function in the file", () => {
    expect(functionOf("test_a.py::TestB::test_c[1]")).toBe("TestB::test_c");
  });

  it("is covered by its file, folder, class and function, and by nothing else", () => {
    const name = "tests/test_a.py::TestB::test_c[1]";
    expect(["tests", "tests/test_a.py", "tests/test_a.py::TestB", "tests/test_a.py::TestB::test_c", name].every((above) => covers(above, name))).toBe(true);
    expect(["test", "tests/test_a", "tests/test_a.py::TestB::test_", "tests/test_b.py"].some((above) => covers(above, name))).toBe(false);
  });
});

describe("the tree of tests", () => {
  const shape = ({ label, line, children }: TestNode): unknown => [label, line, children.map(shape)];

  it("has files, classes, functions and cases in pytest's order", () => {
    const tree = treeOf([
      test("b.py::TestX::test_two", 4),
      test("b.py::TestX::test_one[0]", 2),
      test("b.py::TestX::test_one[1]", 2),
      test("a.py::test_three", 7),
    ]);
    expect(tree.map(shape)).toEqual([
      ["b.py", undefined, [["TestX", undefined, [["test_two", 4, []], ["test_one", 2, [["0", 2, []], ["1", 2, []]]]]]]],
      ["a.py", undefined, [["test_three", 7, []]]],
    ]);
    expect(tree[0]?.children[0]?.children[1]?.children[1]?.nodeId).toBe("b.py::TestX::test_one[1]");
  });

  it("holds ten thousand tests, and none", () => {
    const tests = Array.from({ length: 10_000 }, (_, n) => test(`test_${n % 100}.py::test_${n}`, n));
    expect(treeOf(tests).flatMap(({ children }) => children)).toHaveLength(10_000);
    expect(treeOf([])).toEqual([]);
  });
});
