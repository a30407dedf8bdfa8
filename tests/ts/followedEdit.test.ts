import { describe, expect, it } from "vitest";

import { beforeEdit, endOf, follow, type FollowedEdit } from "../../extension/src/pure/followedEdit";
import { applyEdits } from "../../extension/src/pure/textEdits";

/** Returns the range of the text between two `|`, or the place of one, and the text without them. */
function marked(text: string): { text: string; range: FollowedEdit["range"] } {
  const [before = "", inside = "", after] = text.split("|");
  const start = endOf({ line: 0, character: 0 }, before);
  return after === undefined
    ? { text: before + inside, range: { start, end: start } }
    : { text: before + inside + after, range: { start, end: endOf(start, inside) } };
}

/** Predicts that the text between `|` becomes `newText`, makes a change, and shows what is left with the edit marked again. */
function followed(document: string, newText: string, change: string, inserted: string): string {
  const { text, range } = marked(document);
  const oldText = document.split("|").length === 3 ? (document.split("|")[1] ?? "") : "";
  const changed = marked(change);
  expect(changed.text).toBe(text);
  const result = follow({ range, oldText, newText }, { range: changed.range, text: inserted });
  if (result.kind !== "holds") {
    return result.kind;
  }
  const after = applyEdits(text, [{ range: changed.range, newText: inserted }]);
  const done = applyEdits(after, [{ range: result.edit.range, newText: `|${result.edit.oldText}|` }]);
  // What it says to stand there does stand there.
  expect(applyEdits(after, [{ range: result.edit.range, newText: result.edit.oldText }])).toBe(after);
  return done;
}

describe("a predicted edit", () => {
  it.each([
    ["moves down with lines above it", "a\nf(|x|)\n", "|a\nf(x)\n", "new\n", "new\na\nf(|x|)\n"],
    ["moves up with lines above it", "a\nb\nf(|x|)\n", "|a\n|b\nf(x)\n", "", "b\nf(|x|)\n"],
    ["moves along in its line", "f(|x|)\n", "|f|(x)\n", "longer", "longer(|x|)\n"],
    ["moves to the end of a line that was joined", "a\nf(|x|)\n", "a|\n|f(x)\n", "", "af(|x|)\n"],
    ["moves to a new line that was begun before it", "a f(|x|)\n", "a| |f(x)\n", "\n  ", "a\n  f(|x|)\n"],
    ["stays where it is when something is written behind it", "f(|x|)\n", "f(x|)\n", ", 1", "f(|x|, 1)\n"],
    ["stays where it is when something below it goes", "f(|x|)\na\n", "f(x)\n|a\n|", "", "f(|x|)\n"],
    ["moves along when something else is written right before it", "f(|x|)\n", "f(|x)\n", "1, ", "f(1, |x|)\n"],
    ["of several lines moves along", "a\n|b\nc|d\n", "|a|\nb\ncd\n", "aa\na", "aa\na\n|b\nc|d\n"],
    ["counts characters outside the BMP as the editor does", "f(|x|)\n", "|f(x)\n", "\u{1f600}", "\u{1f600}f(|x|)\n"],
  ])("%s", (_, document, change, inserted, expected) => {
    expect(followed(document, "y", change, inserted)).toBe(expected);
  });

  it.each([
    ["begins to be written in place of the old text", "|timeout|", "|timeout|", "d", "|d|"],
    ["begins to be written before the old text", "|timeout|", "|timeout", "dead", "|deadtimeout|"],
    ["is on its way when the old text was taken away", "|timeout|", "|timeout|", "", "||"],
    ["is on its way while the old text is taken away from its end", "|timeout|", "timeou|t|", "", "|timeou|"],
    ["is on its way with half of the old text left", "|timeout|", "|tim|eout", "dead", "|deadeout|"],
  ])("%s", (_, document, change, inserted, expected) => {
    expect(followed(document, "deadline", change, inserted)).toBe(expected);
  });

  it.each([
    ["is done when it was written by hand", "|timeout|", "|timeout|", "deadline", "done"],
    ["is done when the rest of it was written", "|dead|", "dead|", "line", "done"],
    ["is gone when something else was written there", "|timeout|", "|timeout|", "delay", "gone"],
    ["is gone when something was written inside it", "|timeout|", "time|out", "_", "gone"],
    ["is gone when a larger piece was replaced", "f(|timeout|)\n", "|f(timeout)|\n", "pass", "gone"],
    ["is gone when a piece that reaches into it was replaced", "f(|timeout|)\n", "f|(time|out)\n", "[", "gone"],
    ["that inserts is gone when something else was written at its place", "a\n|b\n", "a\n|b\n", "x", "gone"],
  ])("%s", (_, document, change, inserted, expected) => {
    expect(followed(document, "deadline", change, inserted)).toBe(expected);
  });

  it("that inserts lines is on its way while they are written, and done with the last character", () => {
    expect(followed("a\n|b\n", "x = 1\n", "a\n|b\n", "x")).toBe("a\n|x|b\n");
    expect(followed("a\n|x = 1|b\n", "x = 1\n", "a\nx = 1|b\n", "\n")).toBe("done");
  });

  it("knows a text with other line ends", () => {
    const start = { line: 0, character: 0 };
    const edit: FollowedEdit = { range: { start, end: start }, oldText: "", newText: "a\nb\n" };
    expect(follow(edit, { range: { start, end: start }, text: "a\r\nb\r\n" })).toEqual({ kind: "done" });
  });

  it("is changed in the second of its lines", () => {
    expect(followed("|a\nb|\n", "a\nbc", "a\nb|\n", "c")).toBe("done");
    expect(followed("|a\nb|\n", "a\nbcd", "a\nb|\n", "c")).toBe("|a\nbc|\n");
  });

  it.each([
    ["in a line", { line: 1, character: 2 }, "f(new)", "a\nx f(new)\n", "a\nx f()\n"],
    ["in a text with other line ends", { line: 1, character: 0 }, "new\n", "a\r\nnew\r\nb\r\n", "a\nf()b\n"],
    ["where it does not stand", { line: 0, character: 0 }, "new", "a\nnew\n", undefined],
    ["below the end", { line: 5, character: 0 }, "new", "a\nnew\n", undefined],
  ])("is taken out again %s", (_, start, newText, text, expected) => {
    expect(beforeEdit(text, { range: { start, end: start }, oldText: "f()", newText })).toBe(expected);
  });
});
