/**
 * Ghost text beside the completion popup.
 *
 * While a row of the popup is selected, VS Code shows only ghost text that begins with the row. So the daemon is asked
 * for what follows the row, and a live suggestion stays only if it agrees with the row.
 */

import type { PopupSetting } from "./settings";

/** What the selected row would still insert at the cursor. */
export type SelectedRow = { readonly rest: string } | "does not fit" | undefined;

/** Returns what a row still has to insert after what was typed of it; a row that was found by fuzzy search does not fit. */
export function restOfRow(row: string, typed: string): SelectedRow {
  return row.startsWith(typed) ? { rest: row.slice(typed.length) } : "does not fit";
}

/** Tells whether a text at the cursor may be shown while that row is selected. */
export function goesOnFrom(text: string, row: SelectedRow): boolean {
  return row === undefined || (row !== "does not fit" && text.startsWith(row.rest));
}

/** Tells whether the popup gets our names, so that no name stands there twice. */
export function fillsPopup(setting: PopupSetting, isFilledByOthers: boolean): boolean {
  return setting === "on" || (setting === "auto" && !isFilledByOthers);
}
