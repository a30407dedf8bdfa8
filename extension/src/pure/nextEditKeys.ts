/** What Tab does while an edit is predicted, and where it may be ours at all. */

import type { WirePosition } from "./protocol";

/** An edit this near to the cursor is applied by the first Tab: it is in view and read where it stands. */
export const NEAR_LINES = 8;

/** The cursor in the active editor; there is one, and nothing is selected. */
export interface Cursor {
  readonly uri: string;
  readonly position: WirePosition;
  readonly lineText: string;
}

/** Where the predicted edit is. */
export interface Target {
  readonly uri: string;
  readonly firstLine: number;
  readonly lastLine: number;
  /** Whether its first line is in view in the active editor. */
  readonly isInView: boolean;
}

export type TabAction = "jump" | "apply";

/** Returns what the next step towards an edit is, from where the cursor is. */
export function nextStep(cursor: Pick<Cursor, "uri" | "position">, target: Target): TabAction {
  const { line } = cursor.position;
  const distance = Math.max(target.firstLine - line, line - target.lastLine, 0);
  return cursor.uri === target.uri && target.isInView && distance <= NEAR_LINES ? "apply" : "jump";
}

/** Where the cursor was put last on the way to an edit. */
export type Arrival = Pick<Cursor, "uri" | "position">;

/** Tells whether the cursor is still where it was put on the way to an edit. */
export function wasBrought({ uri, position }: Arrival, arrival: Arrival | undefined): boolean {
  return arrival?.uri === uri && arrival.position.line === position.line && arrival.position.character === position.character;
}

/**
 * Tells whether Tab may be ours: in leading white space it indents, unless the edit is in just that line or the cursor was
 * brought there. What else Tab may mean (completions, snippets, ghost text, selections) the editor's own conditions tell.
 */
export function isTabOurs(cursor: Cursor, target: Target, arrival: Arrival | undefined): boolean {
  const { uri, position, lineText } = cursor;
  const isAtEdit = uri === target.uri && target.firstLine <= position.line && position.line <= target.lastLine;
  return wasBrought(cursor, arrival) || isAtEdit || lineText.slice(0, position.character).trim() !== "";
}
