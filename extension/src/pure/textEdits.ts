/** Edits by line and character: made use of, and moved along when the text changes under them. */

import type { WirePosition, WireRange, WireTextEdit } from "./protocol";

/** A replacement in a document, in positions before it. */
export interface LineChange {
  readonly range: WireRange;
  readonly text: string;
}

/** Returns changes of one event, all in positions before it, in an order in which none moves another. */
export function fromTheEnd(changes: readonly LineChange[]): readonly LineChange[] {
  return [...changes].sort((a, b) => b.range.start.line - a.range.start.line || b.range.start.character - a.range.start.character);
}

/** Returns a text after edits that do not overlap; line ends of inserted text become the text's own. */
export function applyEdits(text: string, edits: readonly WireTextEdit[]): string {
  const starts = lineStarts(text);
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  const placed = edits.map(({ range, newText }) => ({
    start: offsetAt(text, starts, range.start),
    end: offsetAt(text, starts, range.end),
    newText: newText.replaceAll(/\r\n|\n/g, lineEnd),
  }));
  placed.sort((a, b) => a.start - b.start || a.end - b.end);
  let result = "";
  let at = 0;
  for (const { start, end, newText } of placed) {
    result += text.slice(at, start) + newText;
    at = end;
  }
  return result + text.slice(at);
}

/** Returns edits where they belong after changes, which came one after the other; undefined when a change touched a line that an edit is about. */
export function rebase(edits: readonly WireTextEdit[], changes: readonly LineChange[]): readonly WireTextEdit[] | undefined {
  let moved: readonly WireTextEdit[] = edits;
  for (const change of changes) {
    const next: WireTextEdit[] = [];
    for (const edit of moved) {
      const range = moveRange(edit.range, change);
      if (range === undefined) {
        return undefined;
      }
      next.push({ ...edit, range });
    }
    moved = next;
  }
  return moved;
}

function moveRange(range: WireRange, change: LineChange): WireRange | undefined {
  const endsBeforeItsLine = range.end.character === 0 && range.end.line > range.start.line;
  if (change.range.start.line > range.end.line - (endsBeforeItsLine ? 1 : 0)) {
    return range;
  }
  const startsWholeLines = change.range.end.character === 0 && (change.text === "" || change.text.endsWith("\n"));
  const isAbove =
    change.range.end.line < range.start.line ||
    (change.range.end.line === range.start.line && change.range.start.character === 0 && startsWholeLines);
  if (!isAbove) {
    return undefined;
  }
  const nLines = (change.text.match(/\r\n|\r|\n/g) ?? []).length - (change.range.end.line - change.range.start.line);
  return { start: down(range.start, nLines), end: down(range.end, nLines) };
}

function down(position: WirePosition, nLines: number): WirePosition {
  return { line: position.line + nLines, character: position.character };
}

function lineStarts(text: string): readonly number[] {
  return [0, ...[...text.matchAll(/\r\n|\r|\n/g)].map((match) => match.index + match[0].length)];
}

/** Beyond the end of a line or of the text is that end, as the protocol has it. */
function offsetAt(text: string, starts: readonly number[], { line, character }: WirePosition): number {
  const start = starts[line];
  if (start === undefined) {
    return text.length;
  }
  const end = text.slice(start, starts[line + 1] ?? text.length).replace(/[\r\n]+$/, "").length;
  return start + Math.min(character, end);
}

const N_CHANGES_KEPT = 2000; // for each document; an hour of typing

interface History {
  readonly openedAtMs: number;
  readonly openedVersion: number;
  /** The oldest version whose changes since are all known. */
  knownFrom: number;
  readonly changes: { readonly version: number; readonly change: LineChange }[];
}

/** Remembers what was changed in open documents since which version. */
export class ChangeJournal {
  private readonly histories = new Map<string, History>();

  opened(uri: string, version: number, atMs: number): void {
    this.histories.set(uri, { openedAtMs: atMs, openedVersion: version, knownFrom: version, changes: [] });
  }

  /** Takes the changes that led to a version of a document that was opened. */
  changed(uri: string, version: number, changes: readonly LineChange[]): void {
    const history = this.histories.get(uri);
    if (history === undefined) {
      return;
    }
    history.changes.push(...changes.map((change) => ({ version, change })));
    const surplus = history.changes.splice(0, Math.max(0, history.changes.length - N_CHANGES_KEPT));
    history.knownFrom = surplus.at(-1)?.version ?? history.knownFrom;
  }

  closed(uri: string): void {
    this.histories.delete(uri);
  }

  /**
   * Returns all changes since a version, oldest first; undefined when some of them are not known.
   *
   * @param version `null` for a file that was not open; then its text is what was on disk.
   * @param atMs When that version was read. A document that was closed and opened since counts from anew.
   */
  since(uri: string, version: number | null, atMs: number): readonly LineChange[] | undefined {
    const history = this.histories.get(uri);
    if (history === undefined || (version !== null && history.openedAtMs > atMs)) {
      return undefined;
    }
    const from = version ?? history.openedVersion;
    return from < history.knownFrom ? undefined : history.changes.filter((entry) => entry.version > from).map(({ change }) => change);
  }
}
