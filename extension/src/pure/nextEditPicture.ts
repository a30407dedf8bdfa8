/** How a predicted edit is drawn in the text that it would change, with nothing but marks in and beside its lines. */

import type { FollowedEdit } from "./followedEdit";
import { diffLine, type LineHunk } from "./lineDiff";
import type { WireNextEdit } from "./protocol";

/** Characters of one line, or a place between two. */
export interface Stretch {
  readonly line: number;
  readonly start: number;
  readonly end: number;
}

/** Text that would stand at a place in a line. */
export interface Insertion {
  readonly line: number;
  readonly character: number;
  readonly text: string;
}

/** One row of new lines, drawn to the right of a line of the document. */
export interface BoxRow {
  readonly line: number;
  /** Columns between the end of the document's line and the box. */
  readonly gap: number;
  /** As wide as all other rows. */
  readonly text: string;
}

export interface EditPicture {
  /** Lines of the document that the edit is about, the last one included. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly deleted: readonly Stretch[];
  readonly inserted: readonly Insertion[];
  readonly box: readonly BoxRow[];
  /** The line before which new lines come, where none is replaced. */
  readonly insertedBefore: number | undefined;
}

/** What the picture needs of a document. */
export interface DrawnDocument {
  readonly nLines: number;
  readonly tabSize: number;
  line(line: number): string;
}

const MAX_ROWS = 20;
const BOX_GAP = 4;
/** A line that keeps less than this and changes in more places than two reads better struck out, with the new one beside it. */
const MIN_SIMILARITY = 0.35;
const MAX_HUNKS = 2;

export function pictureOf(edit: FollowedEdit, document: DrawnDocument): EditPicture {
  const { range, newText } = edit;
  const old = linesOf(document, range.start.line, range.end.line + 1);
  const young = ((old[0] ?? "").slice(0, range.start.character) + newText + (old.at(-1) ?? "").slice(range.end.character)).split("\n");
  const nBefore = nCommon(old, young);
  const nAfter = nCommon(old.slice(nBefore).reverse(), young.slice(nBefore).reverse());
  const firstLine = range.start.line + nBefore;
  const removed = old.slice(nBefore, old.length - nAfter);
  const added = young.slice(nBefore, young.length - nAfter);
  const picture = { firstLine, lastLine: firstLine + Math.max(0, removed.length - 1), deleted: [], inserted: [], box: [], insertedBefore: undefined };
  const diffs = removed.map((line, index) => diffLine(line, added[index] ?? ""));
  const isSmall = diffs.every(
    (diff) => diff.similarity >= MIN_SIMILARITY || (diff.hunks.length <= MAX_HUNKS && (diff.similarity > 0 || removed.length === 1)),
  );
  if (removed.length === added.length && isSmall) {
    const hunks = diffs.flatMap(({ hunks: inLine }, index) => inLine.map((hunk) => ({ hunk, line: firstLine + index })));
    return {
      ...picture,
      deleted: hunks.filter(({ hunk }) => hunk.start < hunk.end).map(({ hunk, line }) => ({ line, start: hunk.start, end: hunk.end })),
      inserted: hunks.filter(({ hunk }) => hunk.inserted !== "").map(({ hunk, line }) => insertionOf(hunk, line)),
    };
  }
  return {
    ...picture,
    deleted: removed.map((line, index) => ({ line: firstLine + index, start: indentOf(line), end: line.length })),
    box: boxOf(withoutLastBlanks(added), removed.length === 0 ? firstLine - 1 : firstLine, document),
    insertedBefore: removed.length === 0 ? firstLine : undefined,
  };
}

/** Returns what stands at the end of the cursor's line while the edit is elsewhere; `withTab` where Tab goes there. */
export function hintText(edit: Pick<WireNextEdit, "path" | "label" | "range">, isInSameFile: boolean, withTab: boolean): string {
  return `${withTab ? "⇥ " : "→ "}${placeText(edit, isInSameFile)}: ${edit.label}`;
}

/** Returns where an edit is, in words. */
export function placeText({ path, range }: Pick<WireNextEdit, "path" | "range">, isInSameFile: boolean): string {
  const line = range.start.line + 1;
  return isInSameFile ? `line ${line}` : `${path.split(/[\\/]/).at(-1) ?? path}:${line}`;
}

/** Returns what a screen reader is to say of an edit. */
export function spokenText(edit: Pick<WireNextEdit, "path" | "label" | "range" | "words">, isInSameFile: boolean): string {
  const words = edit.words === "" ? "" : ` ${edit.words}.`;
  return `Next edit at ${placeText(edit, isInSameFile)}: ${edit.label}.${words}`;
}

function insertionOf({ end, inserted }: LineHunk, line: number): Insertion {
  return { line, character: end, text: inserted };
}

/** Draws lines beside those of the document from `from` on, further up where the document ends before them. */
function boxOf(lines: readonly string[], from: number, document: DrawnDocument): readonly BoxRow[] {
  const nRows = Math.min(lines.length, MAX_ROWS, document.nLines);
  const nLeftOut = lines.length - nRows;
  const texts = lines.slice(0, nRows).map((line) => expandTabs(line, document.tabSize));
  const shown = nLeftOut === 0 ? texts : [...texts.slice(0, -1), `… ${nLeftOut + 1} more lines`];
  const firstRow = Math.max(0, Math.min(from, document.nLines - nRows));
  const beside = linesOf(document, firstRow, firstRow + nRows).map((line) => widthOf(expandTabs(line, document.tabSize)));
  const left = Math.max(0, ...beside) + BOX_GAP;
  const width = Math.max(0, ...shown.map(widthOf));
  return shown.map((text, index) => ({
    line: firstRow + index,
    gap: left - (beside[index] ?? 0),
    text: text + " ".repeat(width - widthOf(text)),
  }));
}

/** Blank lines at the end of new ones would make the box longer and say nothing. */
function withoutLastBlanks(lines: readonly string[]): readonly string[] {
  const last = lines.findLastIndex((line) => line.trim() !== "");
  return lines.slice(0, Math.max(1, last + 1));
}

function linesOf(document: DrawnDocument, from: number, to: number): string[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, index) => (from + index < document.nLines ? document.line(from + index) : ""));
}

function nCommon(old: readonly string[], young: readonly string[]): number {
  const n = old.findIndex((line, index) => line !== young[index]);
  return Math.min(n === -1 ? old.length : n, young.length);
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}

function expandTabs(line: string, tabSize: number): string {
  let text = "";
  for (const character of line) {
    text += character === "\t" ? " ".repeat(tabSize - (widthOf(text) % tabSize)) : character;
  }
  return text;
}

/** Columns that a text takes; characters of East Asian scripts and emoji take two, accents that are apart none. */
function widthOf(text: string): number {
  let n = 0;
  for (const character of text.replaceAll(/\p{M}/gu, "")) {
    n += /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60]/u.test(character) ? 2 : 1;
  }
  return n;
}
