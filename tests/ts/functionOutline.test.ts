import { describe, expect, it } from "vitest";

import { functionAt, isTestName, outlineFunctions } from "../../extension/src/pure/functionOutline";

const names = (text: string): readonly string[] => outlineFunctions(text).map(({ name }) => name);

describe("the outline of a file", () => {
  it("has functions and methods with their lines, decorators and inner functions left out", () => {
    const text = [
      "import x",
      "",
      "@mark",
      "def test_a():",
      "    def inner():",
      "        pass",
      "    # a comment",
      "    assert inner()",
      "",
      "# another",
      "class TestB:",
      "    async def test_c(self): pass",
      "",
      "    class TestD:",
      "        def test_e(self):",
      "            pass",
      "",
    ].join("\n");
    expect(outlineFunctions(text)).toEqual([
      { name: "test_a", line: 3, lastLine: 7 },
      { name: "TestB::test_c", line: 11, lastLine: 11 },
      { name: "TestB::TestD::test_e", line: 14, lastLine: 15 },
    ]);
  });

  it("takes nothing in a string of several lines for code", () => {
    expect(names('X = """\ndef test_no():\n    pass\n"""\ndef test_yes():\n    pass\n')).toEqual(["test_yes"]);
    expect(names("X = '''a''' + \"\"\"b\n\\\"\"\"\ndef test_no(): pass\n\"\"\"\ndef test_yes(): pass")).toEqual(["test_yes"]);
    expect(names("X = '\"\"\"' # \"\"\"\ndef test_yes(): pass")).toEqual(["test_yes"]);
  });

  it("stands CRLF, names beyond ASCII, an empty file and one that does not parse", () => {
    expect(names("def test_größe():\r\n    pass\r\ndef test_b():\r\n    pass")).toEqual(["test_größe", "test_b"]);
    expect(names("")).toEqual([]);
    expect(names("def test_a(:\n  ((\nclass\ndef test_b(")).toEqual(["test_a", "test_b"]);
    expect(names('"""never closed\ndef test_a(): pass')).toEqual([]);
  });

  it("finds the function of a line", () => {
    const functions = outlineFunctions("x = 1\ndef test_a():\n    pass\n\ny = 2\n");
    expect([0, 1, 2, 3, 4].map((line) => functionAt(functions, line)?.name)).toEqual([undefined, "test_a", "test_a", undefined, undefined]);
  });

  it("knows what pytest takes for a test", () => {
    expect(["test_a", "TestB::test_c"].every(isTestName)).toBe(true);
    expect(["helper", "Cart::test_c", "TestB::helper"].some(isTestName)).toBe(false);
  });
});
