import { describe, expect, it } from "vitest";

import { isTabOurs, NEAR_LINES, nextStep, type Cursor, type Target } from "../../extension/src/pure/nextEditKeys";

const URI = "file:///cart.py";
const TARGET: Target = { uri: URI, firstLine: 20, lastLine: 22, isInView: true };

/** Returns a cursor at the `|` of a line. */
function cursor(text: string, line: number, uri = URI): Cursor {
  return { uri, position: { line, character: text.indexOf("|") }, lineText: text.replace("|", "") };
}

describe("the next step", () => {
  it.each([
    ["apply", 20, true],
    ["apply", 20 - NEAR_LINES, true],
    ["apply", 22 + NEAR_LINES, true],
    ["jump", 20 - NEAR_LINES - 1, true],
    ["jump", 22 + NEAR_LINES + 1, true],
    ["jump", 20, false],
  ])("is to %s from line %i, the edit in view: %s", (step, line, isInView) => {
    expect(nextStep(cursor("x|", line), { ...TARGET, isInView })).toBe(step);
  });

  it("is to jump to another file", () => {
    expect(nextStep(cursor("x|", 20, "file:///other.py"), TARGET)).toBe("jump");
  });
});

describe("Tab", () => {
  it.each([
    ["behind code", "    return x|", 5, true],
    ["within code", "    re|turn x", 5, true],
    ["in leading white space", "  |  return x", 5, false],
    ["at the start of a line", "|return x", 5, false],
    ["in an empty line", "|", 5, false],
    ["in leading white space of the very line", "  |  return x", 21, true],
    ["in the empty line to be filled", "|", 20, true],
    ["in the line below", "    |", 23, false],
  ])("%s", (_, text, line, expected) => {
    expect(isTabOurs(cursor(text, line), TARGET, undefined)).toBe(expected);
  });

  it("is ours where the cursor was brought to the edit, until it is moved", () => {
    const there = cursor("|import re", 24);
    expect(isTabOurs(there, TARGET, there)).toBe(true);
    expect(isTabOurs(cursor("|    x", 25), TARGET, there)).toBe(false);
    expect(isTabOurs(cursor("  |", 24), TARGET, there)).toBe(false);
    expect(isTabOurs({ ...there, uri: "file:///other.py" }, TARGET, there)).toBe(false);
  });
});
