/** The comments of one review: where they belong now, and which are still open. */

import type { ReviewResult, RunReproductionResult, WireFileEdits, WireReviewComment } from "./protocol";
import { linesOf } from "./reviewText";
import { rebase, type LineChange } from "./textEdits";

/** A change of a document since the review was asked for. */
export interface ChangeOfFile {
  readonly uri: string;
  readonly version: number;
  readonly changes: readonly LineChange[];
}

/** Lines of a document, zero-based, the last one included. */
export interface Lines {
  readonly first: number;
  readonly last: number;
}

export interface PlacedComment {
  readonly comment: WireReviewComment;
  /** The lines that it is shown at now. */
  readonly lines: Lines;
  /** The text of its lines when it was made; undefined where that is not known, as for lines that are gone. */
  readonly text: string | undefined;
  readonly isRewritten: boolean;
  /** Moved along with the text; undefined where it was changed in the place of an edit, none where it never fitted. */
  readonly suggestion: readonly WireFileEdits[] | undefined;
  readonly run: RunReproductionResult | undefined;
  /** Whether it was dismissed, resolved or silenced. */
  readonly isClosed: boolean;
  /** Whether its suggestion was applied. */
  readonly isDone: boolean;
}

/** Returns the text of lines of a document, ends as `\n`; undefined where it cannot be read. */
export type ReadLines = (uri: string, lines: Lines) => string | undefined;

export class ReviewBoard {
  private readonly placed = new Map<string, PlacedComment>();

  /**
   * Takes an answer and what was changed between the question and the answer.
   *
   * @param read Reads documents as they are now, with those changes in them.
   */
  constructor(
    readonly result: ReviewResult,
    since: readonly ChangeOfFile[],
    private readonly read: ReadLines,
  ) {
    for (const comment of result.comments) {
      const lines = comment.isOnOldSide ? { first: comment.anchorLine, last: comment.anchorLine } : linesOf(comment);
      let entry: PlacedComment = {
        comment,
        lines,
        text: undefined,
        isRewritten: false,
        suggestion: comment.suggestion,
        run: undefined,
        isClosed: false,
        isDone: false,
      };
      for (const change of since) {
        entry = moved(entry, change);
      }
      const wasTouched = since.some(({ uri, changes }) => uri === comment.uri && touches(lines, changes));
      const isRewritten = (wasTouched && !comment.isOnOldSide) || comment.isRewritten;
      const text = comment.isOnOldSide || isRewritten ? undefined : read(comment.uri, entry.lines);
      this.placed.set(comment.commentId, { ...entry, text, isRewritten });
    }
  }

  /** All comments that are open, worth most first. */
  get open(): readonly PlacedComment[] {
    return [...this.placed.values()].filter(({ isClosed, isDone }) => !isClosed && !isDone);
  }

  get(commentId: string): PlacedComment | undefined {
    return this.placed.get(commentId);
  }

  /** Returns the open comments at a line, zero-based. */
  at(uri: string, line: number): readonly PlacedComment[] {
    return this.open.filter(({ comment, lines }) => comment.uri === uri && lines.first <= line && line <= lines.last);
  }

  /** Moves comments along with a change of a document; returns those that are shown in another way now. */
  changed(change: ChangeOfFile): readonly string[] {
    const others: string[] = [];
    for (const [id, entry] of this.placed) {
      const next = this.judged(moved(entry, change), change.uri);
      this.placed.set(id, next);
      const isElsewhere = next.lines.first !== entry.lines.first || next.lines.last !== entry.lines.last;
      if (isElsewhere || next.isRewritten !== entry.isRewritten) {
        others.push(id);
      }
    }
    return others;
  }

  /** Takes which comments are closed now, as the server has it; returns those that this opened or closed. */
  setClosed(closed: readonly string[]): readonly string[] {
    const ids = [...this.placed].filter(([id, { isClosed }]) => isClosed !== closed.includes(id)).map(([id]) => id);
    ids.forEach((id) => {
      this.update(id, { isClosed: closed.includes(id) });
    });
    return ids;
  }

  /** Takes that a comment's suggestion was applied. */
  setDone(commentId: string): void {
    this.update(commentId, { isDone: true });
  }

  /** Brings a comment back as it was before its suggestion was applied, with the edits where they belonged. */
  restore(before: PlacedComment): void {
    const isClosed = this.placed.get(before.comment.commentId)?.isClosed ?? false;
    this.placed.set(before.comment.commentId, { ...before, isClosed });
  }

  setRun(commentId: string, run: RunReproductionResult): void {
    this.update(commentId, { run });
  }

  private judged(entry: PlacedComment, uri: string): PlacedComment {
    if (entry.comment.uri !== uri || entry.text === undefined) {
      return entry;
    }
    return { ...entry, isRewritten: this.read(uri, entry.lines) !== entry.text };
  }

  private update(commentId: string, changes: Partial<PlacedComment>): void {
    const entry = this.placed.get(commentId);
    if (entry !== undefined) {
      this.placed.set(commentId, { ...entry, ...changes });
    }
  }
}

function moved(entry: PlacedComment, { uri, version, changes }: ChangeOfFile): PlacedComment {
  const lines = entry.comment.uri === uri ? moveLines(entry.lines, changes) : entry.lines;
  return { ...entry, lines, suggestion: moveEdits(entry.suggestion, uri, version, changes) };
}

function moveEdits(
  suggestion: readonly WireFileEdits[] | undefined,
  uri: string,
  version: number,
  changes: readonly LineChange[],
): readonly WireFileEdits[] | undefined {
  const files: WireFileEdits[] = [];
  for (const file of suggestion ?? []) {
    const isAbout = file.uri === uri && (file.version === null || file.version < version);
    const edits = isAbout ? rebase(file.edits, changes) : file.edits;
    if (edits === undefined) {
      return undefined;
    }
    files.push(isAbout ? { ...file, version, edits } : file);
  }
  return suggestion === undefined ? undefined : files;
}

/** Returns where lines are after changes, which came one after the other; never none. */
export function moveLines(lines: Lines, changes: readonly LineChange[]): Lines {
  return changes.reduce(moveBy, lines);
}

function moveBy({ first, last }: Lines, { range, text }: LineChange): Lines {
  const { start, end } = range;
  const nLines = (text.match(/\r\n|\r|\n/g) ?? []).length;
  const more = nLines - (end.line - start.line);
  const isInsertion = start.line === end.line && start.character === end.character;
  const isBelow = start.line > last || (start.line === last && isInsertion && start.character > 0 && /^[\r\n]/.test(text));
  if (isBelow) {
    return { first, last };
  }
  const isWhole = end.character === 0 && (start.line < first || /[\r\n]$/.test(text));
  if (end.line < first || (end.line === first && isWhole)) {
    return { first: first + more, last: last + more };
  }
  const newFirst = start.line >= first ? first : start.line;
  const newLast = end.line <= last ? last + more : start.line + nLines;
  return { first: newFirst, last: Math.max(newFirst, newLast) };
}

/** Tells whether one of several changes, which came one after the other, was in lines. */
function touches(lines: Lines, changes: readonly LineChange[]): boolean {
  let at = lines;
  for (const change of changes) {
    const next = moveBy(at, change);
    const { start, end } = change.range;
    const shift = next.first - at.first;
    const isOutside = start.line > at.last || end.line < at.first || (end.line === at.first && end.character === 0 && shift !== 0);
    if (!isOutside) {
      return true;
    }
    at = next;
  }
  return false;
}
