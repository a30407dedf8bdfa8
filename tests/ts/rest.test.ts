import { describe, expect, it } from "vitest";

import { applyEdit, missingText, replacedAfter, stepOver, type Rest } from "../../extension/src/pure/rest";

const rest = (before: string, text: string, closers = ""): Rest => ({ before, text, closers });
const insert = (inserted: string) => ({ removedBefore: 0, removedAfter: 0, inserted });

describe("the rest of a suggestion", () => {
  it("keeps the line before the cursor over a line break", () => {
    expect(applyEdit(rest("if x:", "\r\n  yz"), insert("\r\n  "))).toEqual({ kind: "typed", rest: rest("  ", "yz") });
  });

  it("counts an accepted emoji as one code point, and as typing when it is alone", () => {
    expect(applyEdit(rest("", "😀ab"), insert("😀"))).toMatchObject({ kind: "typed" });
    expect(applyEdit(rest("", "😀ab"), insert("😀a"))).toMatchObject({ kind: "partly_accepted", nCodePoints: 2 });
  });

  it("does not count what a closer already says as missing", () => {
    expect(missingText(rest("f(", "x)", ")"))).toBe("x");
    expect(replacedAfter(rest("f(", "x)", ")"))).toBe(1);
    expect(missingText(rest("f(", "x", ")"))).toBe("x");
    expect(replacedAfter(rest("f(", "x", ")"))).toBe(0);
    expect(replacedAfter(rest("f(", "g(x), y)", ")"))).toBe(1);
    expect(replacedAfter(rest("f(", "g(x),", ")"))).toBe(0);
    expect(replacedAfter(rest('f"{', '{name}"', '}"'))).toBe(0);
    expect(replacedAfter(rest('f"{', 'name}"\n    log(name)', '}"'))).toBe(2);
  });

  it("disagrees with an edit that reaches further than it knows", () => {
    expect(applyEdit(rest("ab", "cd"), { removedBefore: 3, removedAfter: 0, inserted: "xabc" })).toEqual({ kind: "disagrees" });
    expect(applyEdit(rest("ab", "cd"), { removedBefore: 0, removedAfter: 1, inserted: "c" })).toEqual({ kind: "disagrees" });
  });

  it("is unchanged by an edit that puts back what was there", () => {
    expect(applyEdit(rest("ab", "cd"), { removedBefore: 2, removedAfter: 0, inserted: "ab" })).toEqual({ kind: "unchanged" });
    expect(applyEdit(rest("f(", "x)", ")"), { removedBefore: 0, removedAfter: 1, inserted: ")" })).toEqual({ kind: "unchanged" });
  });

  it("is stepped over only where it agrees with the closers", () => {
    expect(stepOver(rest("f(x", ").y", ")"), 1)).toEqual({ kind: "typed", rest: rest("f(x)", ".y") });
    expect(stepOver(rest("f(", "x).y", ")"), 1)).toEqual({ kind: "disagrees" });
    expect(stepOver(rest("f(x", ").y", ")"), 2)).toEqual({ kind: "disagrees" });
    expect(stepOver(rest("f(x", ").y", ")"), -1)).toEqual({ kind: "disagrees" });
  });
});
