import { describe, expect, it } from "vitest";

import { readAnswer } from "../../extension/src/pure/answer";
import { fillsPopup, goesOnFrom, restOfRow } from "../../extension/src/pure/popup";

describe("ghost text beside the popup", () => {
  it.each([
    ["orders", "ord", { rest: "ers" }],
    ["orders", "", { rest: "orders" }],
    ["orders", "orders", { rest: "" }],
    ["orders", "odr", "does not fit"],
    ["Orders", "ord", "does not fit"],
  ])("a row %j after %j leaves %j", (row, typed, expected) => {
    expect(restOfRow(row, typed)).toEqual(expected);
  });

  it("a live suggestion stays where it agrees with the row", () => {
    expect(goesOnFrom("ers.lines:", restOfRow("orders", "ord"))).toBe(true);
    expect(goesOnFrom("ers.lines:", restOfRow("ordinal", "ord"))).toBe(false);
    expect(goesOnFrom("ers.lines:", restOfRow("reorder", "ord"))).toBe(false);
    expect(goesOnFrom("ers.lines:", undefined)).toBe(true);
  });

  it.each([
    ["auto", false, true],
    ["auto", true, false],
    ["on", true, true],
    ["off", false, false],
  ] as const)("with %s and others %s the popup gets our names: %s", (setting, isFilledByOthers, expected) => {
    expect(fillsPopup(setting, isFilledByOthers)).toBe(expected);
  });

  it("an answer that begins with the row is read from the cursor on", () => {
    const answer = { items: [{ insertText: "orders.lines:", command: { arguments: ["id"] } }] };
    expect(readAnswer(answer, "\n", "ord")).toEqual([{ id: "id", text: "ers.lines:" }]);
    expect(readAnswer(answer, "\n", "xyz")).toEqual([]);
    expect(readAnswer(answer, "\n", "orders.lines:")).toEqual([]);
  });
});
