/** One replacement, followed through what is typed around it and in it. */

import type { WirePosition, WireRange } from "./protocol";
import type { LineChange } from "./textEdits";

/** A replacement; `oldText` is what stands in `range` now. Line ends are all `\n`. */
export interface FollowedEdit {
  readonly range: WireRange;
  readonly oldText: string;
  readonly newText: string;
}

export type Followed =
  /** It is where it was, or was moved along; or someone is about to write it by hand. */
  | { readonly kind: "holds"; readonly edit: FollowedEdit }
  /** All of it stands in the document now. */
  | { readonly kind: "done" }
  /** Something else was written there. */
  | { readonly kind: "gone" };

/** Returns a text whose line ends are all `\n`. */
export function withPlainLineEnds(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n");
}

/** Returns what a change of the document makes of an edit. */
export function follow(edit: FollowedEdit, change: LineChange): Followed {
  const { range } = edit;
  const text = withPlainLineEnds(change.text);
  const isInsertion = compare(change.range.start, change.range.end) === 0;
  const fromStart = compare(change.range.end, range.start);
  const fromEnd = compare(change.range.start, range.end);
  if (fromStart < 0 || (fromStart === 0 && !isInsertion)) {
    return holds(edit, moveRange(range, change, text));
  }
  if (fromEnd > 0 || (fromEnd === 0 && !isInsertion)) {
    return holds(edit, range);
  }
  if (compare(change.range.start, range.start) < 0 || compare(change.range.end, range.end) > 0) {
    return { kind: "gone" };
  }
  const written =
    edit.oldText.slice(0, offsetIn(edit, change.range.start)) + text + edit.oldText.slice(offsetIn(edit, change.range.end));
  if (written === edit.newText) {
    return { kind: "done" };
  }
  if (isOnTheWay(written, edit)) {
    return { kind: "holds", edit: { ...edit, oldText: written, range: { start: range.start, end: endOf(range.start, written) } } };
  }
  if (edit.oldText !== "" && fromStart === 0) {
    return holds(edit, moveRange(range, change, text));
  }
  return edit.oldText !== "" && fromEnd === 0 ? holds(edit, range) : { kind: "gone" };
}

/** Returns where a text that begins at `start` ends. */
export function endOf(start: WirePosition, text: string): WirePosition {
  const lines = text.split("\n");
  const last = lines.at(-1) ?? "";
  return lines.length === 1
    ? { line: start.line, character: start.character + last.length }
    : { line: start.line + lines.length - 1, character: last.length };
}

/** Returns a text as it was before an edit was applied to it; undefined where the edit does not stand there. Line ends are all `\n`. */
export function beforeEdit(text: string, { range, oldText, newText }: FollowedEdit): string | undefined {
  const plain = withPlainLineEnds(text);
  const above = plain.split("\n").slice(0, range.start.line);
  const start = above.reduce((length, line) => length + line.length + 1, 0) + range.start.character;
  return plain.startsWith(newText, start) ? plain.slice(0, start) + oldText + plain.slice(start + newText.length) : undefined;
}

/** Who writes the new text from its start, or takes the old one away from either end, is still about to make this edit. */
function isOnTheWay(written: string, { oldText, newText }: FollowedEdit): boolean {
  for (let n = 0; n <= written.length && newText.startsWith(written.slice(0, n)); n += 1) {
    const rest = written.slice(n);
    if (oldText.startsWith(rest) || oldText.endsWith(rest)) {
      return true;
    }
  }
  return false;
}

function holds(edit: FollowedEdit, range: WireRange): Followed {
  return { kind: "holds", edit: { ...edit, range } };
}

function moveRange(range: WireRange, change: LineChange, text: string): WireRange {
  return { start: movePosition(range.start, change, text), end: movePosition(range.end, change, text) };
}

/** Moves a position that is not before the change's end. */
function movePosition(position: WirePosition, change: LineChange, text: string): WirePosition {
  const { end } = change.range;
  const newEnd = endOf(change.range.start, text);
  return position.line === end.line
    ? { line: newEnd.line, character: newEnd.character + position.character - end.character }
    : { line: position.line + newEnd.line - end.line, character: position.character };
}

function offsetIn({ range, oldText }: FollowedEdit, position: WirePosition): number {
  const nLines = position.line - range.start.line;
  if (nLines === 0) {
    return position.character - range.start.character;
  }
  const above = oldText.split("\n").slice(0, nLines);
  return above.join("\n").length + 1 + position.character;
}

function compare(a: WirePosition, b: WirePosition): number {
  return a.line - b.line || a.character - b.character;
}
