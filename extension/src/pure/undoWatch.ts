/** Notices that the user takes an accepted suggestion back with undo. */

import type { Clock } from "./clock";
import type { ChangeOrigin, TextChange } from "./suggestionTracker";

/** Later an undo is a change of mind about the code; the same as in the daemon. */
export const UNDONE_WITHIN_MS = 10_000;

/** Text that an accept put into a document. */
export interface AcceptedText {
  readonly id: string;
  readonly uri: string;
  /** UTF-16 code units from the start of the document. */
  readonly offset: number;
  readonly length: number;
  readonly visibleMs: number;
}

interface Watched {
  readonly text: AcceptedText;
  readonly untilMs: number;
  offset: number;
}

/** Watches the latest accepted text; a newer accept takes its place. */
export class UndoWatch {
  private watched: Watched | undefined;

  constructor(private readonly clock: Clock) {}

  start(text: AcceptedText): void {
    this.watched = { text, untilMs: this.clock.nowMs() + UNDONE_WITHIN_MS, offset: text.offset };
  }

  /** Takes a change of a document; returns the accepted text if the change is the undo that removes exactly it. */
  documentChanged(uri: string, changes: readonly TextChange[], origin: ChangeOrigin): AcceptedText | undefined {
    const watched = this.watched;
    if (watched?.text.uri !== uri) {
      return undefined;
    }
    if (this.clock.nowMs() > watched.untilMs) {
      this.watched = undefined;
      return undefined;
    }
    const end = watched.offset + watched.text.length;
    let shift = 0;
    for (const change of changes) {
      if (origin === "undo_or_redo" && isRemoval(change, watched)) {
        this.watched = undefined;
        return watched.text;
      }
      if (change.offset + change.length <= watched.offset) {
        shift += change.text.length - change.length;
      } else if (change.offset < end) {
        this.watched = undefined;
        return undefined;
      }
    }
    watched.offset += shift;
    return undefined;
  }
}

/** An undo puts back what the accept replaced: nothing, or a bracket that the editor had closed by itself. */
function isRemoval(change: TextChange, watched: Watched): boolean {
  return change.offset === watched.offset && change.length === watched.text.length && change.text.length < change.length;
}
