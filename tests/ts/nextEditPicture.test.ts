import { describe, expect, it } from "vitest";

import { diffLine } from "../../extension/src/pure/lineDiff";
import { hintText, pictureOf, spokenText, type EditPicture } from "../../extension/src/pure/nextEditPicture";

/** Returns how the replacement of some lines is drawn. */
function picture(document: string, firstLine: number, nLines: number, newText: string): EditPicture {
  const lines = document.split("\n");
  const oldText = lines.slice(firstLine, firstLine + nLines).map((line) => `${line}\n`).join("");
  const range = { start: { line: firstLine, character: 0 }, end: { line: firstLine + nLines, character: 0 } };
  return pictureOf({ range, oldText, newText }, { nLines: lines.length, tabSize: 4, line: (line) => lines[line] ?? "" });
}

/** Returns a document as a person sees it: what goes in `[-…-]`, what comes in `{+…+}`, the box behind its lines. */
function drawn(document: string, { deleted, inserted, box }: EditPicture): readonly string[] {
  const lines = document.split("\n");
  const marks = [
    ...deleted.flatMap(({ line, start, end }) => [
      { line, character: start, text: "[-", order: 0 },
      { line, character: end, text: "-]", order: 1 },
    ]),
    ...inserted.map(({ line, character, text }) => ({ line, character, text: `{+${text}+}`, order: 2 })),
    ...box.map(({ line, gap, text }) => ({ line, character: lines[line]?.length ?? 0, text: `${" ".repeat(gap)}{+${text}+}`, order: 3 })),
  ];
  marks.sort((a, b) => b.character - a.character || b.order - a.order);
  for (const { line, character, text } of marks) {
    const old = lines[line] ?? "";
    lines[line] = old.slice(0, character) + text + old.slice(character);
  }
  return lines;
}

describe("the picture of an edit", () => {
  it.each([
    ["a word", "f(timeout)\n", "f(timeout_s)\n", ["f([-timeout-]{+timeout_s+})", ""]],
    ["an argument more", "f(a)\n", "f(a, b=1)\n", ["f(a{+, b=1+})", ""]],
    ["an argument less", "f(a, b)\n", "f(a)\n", ["f(a[-, b-])", ""]],
    ["two words", "a = f(a)\n", "b = f(b)\n", ["[-a-]{+b+} = f([-a-]{+b+})", ""]],
    ["words beside each other as one", "x = some old name\n", "x = any new way\n", ["x = [-some old name-]{+any new way+}", ""]],
    ["an empty line that is filled", "\n", "    pass\n", ["{+    pass+}", ""]],
    ["words in any script", "naïve = größe\n", "naïve = länge\n", ["naïve = [-größe-]{+länge+}", ""]],
  ])("shows %s in its line", (_, before, after, expected) => {
    expect(drawn(before, picture(before, 0, 1, after))).toEqual(expected);
  });

  it("shows each of several lines that change a little", () => {
    const before = "f(a)\ng(a)\nh(a)\n";
    expect(drawn(before, picture(before, 0, 3, "f(b)\ng(a)\nh(b)\n"))).toEqual(["f([-a-]{+b+})", "g(a)", "h([-a-]{+b+})", ""]);
  });

  it("shows lines that go", () => {
    const before = "a\n    b\nc\n";
    const shown = picture(before, 1, 1, "");
    expect(drawn(before, shown)).toEqual(["a", "    [-b-]", "c", ""]);
    expect(shown).toMatchObject({ firstLine: 1, lastLine: 1, insertedBefore: undefined });
  });

  it("shows new lines in a box beside those between which they belong", () => {
    const before = "import os\nimport re\n\nx = 1\n";
    const shown = picture(before, 1, 0, "import sys\nimport json\n");
    expect(drawn(before, shown)).toEqual([
      "import os    {+import sys +}",
      "import re    {+import json+}",
      "",
      "x = 1",
      "",
    ]);
    expect(shown).toMatchObject({ firstLine: 1, lastLine: 1, insertedBefore: 1 });
  });

  it("shows what is written anew in a box beside what goes", () => {
    const before = "if a:\n    return 1\nreturn 2\n";
    expect(drawn(before, picture(before, 0, 3, "return a_or_b(1, 2)\n"))).toEqual([
      "[-if a:-]    {+return a_or_b(1, 2)+}",
      "    [-return 1-]",
      "[-return 2-]",
      "",
    ]);
  });

  it("leaves blank lines at the end of new ones out", () => {
    const before = "a\nb\n";
    expect(drawn(before, picture(before, 1, 0, "def f():\n    pass\n\n\n"))).toEqual(["a    {+def f():+}", "b    {+    pass+}", ""]);
  });

  it("puts the box further up where the document ends, and leaves out what has no room", () => {
    const before = "a\nb\n";
    expect(drawn(before, picture(before, 2, 0, "1\n2\n3\n"))).toEqual(["a    {+1+}", "b    {+2+}", "     {+3+}"]);
    expect(drawn(before, picture(before, 2, 0, "1\n2\n3\n4\n5\n"))).toEqual([
      "a    {+1             +}",
      "b    {+2             +}",
      "     {+… 3 more lines+}",
    ]);
  });

  it("counts tabs and wide characters as the columns that they take", () => {
    const before = "\tx\n# 漢字\n# e\u0301\n";
    const { box } = picture(before, 0, 3, "1\n2\n3\n4\n");
    expect(box.map(({ gap }) => gap)).toEqual([5, 4, 7, 10]);
  });

  it("knows only lines that change, however much the range holds", () => {
    const before = "a\nb\nc\nd\n";
    const shown = picture(before, 0, 4, "a\nb\nC\nd\n");
    expect(shown).toMatchObject({ firstLine: 2, lastLine: 2 });
    expect(drawn(before, shown)).toEqual(["a", "b", "[-c-]{+C+}", "d", ""]);
  });

  it("of a file that is not open is just its place", () => {
    const range = { start: { line: 41, character: 4 }, end: { line: 41, character: 9 } };
    const shown = pictureOf({ range, oldText: "total", newText: "sum" }, { nLines: 0, tabSize: 4, line: () => "" });
    expect(shown.firstLine).toBe(41);
  });

  it("does not compare endless lines word by word", () => {
    const line = "a, ".repeat(100_000);
    expect(diffLine(line, `${line}b`)).toEqual({ hunks: [{ start: 0, end: line.length, inserted: `${line}b` }], similarity: 0 });
  });
});

describe("the words for an edit", () => {
  const edit = {
    path: "shop/cart.py",
    range: { start: { line: 213, character: 0 }, end: { line: 213, character: 1 } },
    label: "`timeout` → `timeout_s`",
    words: "`timeout` was renamed to `timeout_s`",
  };

  it("name the line, or the file where it is another one, and Tab only where it goes there", () => {
    expect(hintText(edit, true, true)).toBe("⇥ line 214: `timeout` → `timeout_s`");
    expect(hintText(edit, false, true)).toBe("⇥ cart.py:214: `timeout` → `timeout_s`");
    expect(hintText(edit, true, false)).toBe("→ line 214: `timeout` → `timeout_s`");
  });

  it("are spoken with their cause", () => {
    expect(spokenText(edit, false)).toBe(
      "Next edit at cart.py:214: `timeout` → `timeout_s`. `timeout` was renamed to `timeout_s`.",
    );
  });
});
