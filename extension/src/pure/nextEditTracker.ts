/**
 * Follows the one predicted edit on display from its answer to its end, and reports what became of it.
 *
 * | end           | what was seen                                                                         |
 * |---------------|---------------------------------------------------------------------------------------|
 * | accepted      | it was applied                                                                        |
 * | rejected      | Escape                                                                                |
 * | typed_through | all of it was written by hand                                                         |
 * | ignored       | something else was typed at its place                                                 |
 * | superseded    | a newer one came, or none; its place was changed by a program or by undo; it was left |
 *
 * `undone` follows `accepted` when an undo brings the text before it back within ten seconds. `shown` is reported once,
 * when it could be seen for 750 ms. Every edit ends at most once.
 */

import type { Clock } from "./clock";
import { follow, withPlainLineEnds, type FollowedEdit } from "./followedEdit";
import type { OutcomeKind, WireNextEdit } from "./protocol";
import { SHOWN_AFTER_MS, type TrackedOutcome } from "./suggestionTracker";
import type { LineChange } from "./textEdits";
import { UNDONE_WITHIN_MS } from "./undoWatch";

/** Who changed a document: a person with the keyboard, or a program, which judges nothing. */
export type ChangedBy = "typing" | "program";

/** A predicted edit where it belongs now; line ends are all `\n`. */
export type LiveEdit = Omit<WireNextEdit, "version"> & FollowedEdit;

export interface NextEditTrackerOptions {
  readonly clock: Clock;
  readonly report: (outcome: TrackedOutcome) => void;
}

interface Live {
  edit: LiveEdit;
  /** Time that it could be seen before it was out of sight. */
  seenBeforeMs: number;
  seenSinceMs: number | undefined;
  callOffShown: () => void;
  isShownReported: boolean;
}

/** An edit that is being applied, or looked at before that: what is typed meanwhile is no judgement of it. */
export interface HeldEdit {
  readonly id: string;
  readonly visibleMs: number;
}

/** An applied edit, until an undo is no longer a judgement. */
interface Applied extends HeldEdit {
  readonly atMs: number;
  readonly textsBefore: ReadonlyMap<string, string>;
}

export class NextEditTracker {
  private current: Live | undefined;
  private applied: readonly Applied[] = [];

  constructor(private readonly options: NextEditTrackerOptions) {}

  get live(): LiveEdit | undefined {
    return this.current?.edit;
  }

  /** Takes the answer for the latest version; one that was on display before goes on. */
  offer(offered: WireNextEdit): void {
    const edit: LiveEdit = {
      ...offered,
      oldText: withPlainLineEnds(offered.oldText),
      newText: withPlainLineEnds(offered.newText),
    };
    if (this.current?.edit.id === edit.id) {
      this.current.edit = edit;
      return;
    }
    this.leave();
    this.current = { edit, seenBeforeMs: 0, seenSinceMs: undefined, callOffShown: () => undefined, isShownReported: false };
  }

  /** Takes whether it can be seen now: itself, or the hint that tells of it. */
  setVisible(isVisible: boolean): void {
    const live = this.current;
    if (live === undefined || (live.seenSinceMs !== undefined) === isVisible) {
      return;
    }
    if (isVisible) {
      live.seenSinceMs = this.options.clock.nowMs();
      live.callOffShown = this.options.clock.after(SHOWN_AFTER_MS, () => {
        this.reportShown(live);
      });
    } else {
      this.stopSeeing(live);
    }
  }

  /** Takes the changes of a document, one after the other. */
  documentChanged(uri: string, changes: readonly LineChange[], by: ChangedBy): void {
    for (const change of changes) {
      const live = this.current;
      if (live?.edit.uri !== uri) {
        return;
      }
      const followed = follow(live.edit, change);
      if (followed.kind === "holds") {
        live.edit = { ...live.edit, ...followed.edit };
      } else {
        this.end(by === "program" ? "superseded" : followed.kind === "done" ? "typed_through" : "ignored");
      }
    }
  }

  /** Takes the edit off the display to apply it; `settle` says what came of that. */
  hold(): HeldEdit | undefined {
    const live = this.takeAway();
    return live === undefined ? undefined : { id: live.edit.id, visibleMs: live.seenBeforeMs };
  }

  /**
   * Takes what came of applying an edit.
   *
   * @param textsBefore Texts by document before it was applied; undefined when it was not.
   */
  settle(held: HeldEdit, textsBefore: ReadonlyMap<string, string> | undefined): void {
    const atMs = this.options.clock.nowMs();
    const { id: suggestionId, visibleMs } = held;
    this.options.report({ suggestionId, kind: textsBefore === undefined ? "superseded" : "accepted", atMs, visibleMs });
    if (textsBefore !== undefined) {
      this.applied = [...this.applied, { ...held, atMs, textsBefore }];
    }
  }

  /** Takes the text of a document after an undo. */
  undone(uri: string, text: string): void {
    const nowMs = this.options.clock.nowMs();
    const recent = this.applied.filter(({ atMs }) => nowMs - atMs <= UNDONE_WITHIN_MS);
    const undone = recent.findLast(({ textsBefore }) => textsBefore.get(uri) === text);
    this.applied = recent.filter((each) => each !== undone);
    if (undone !== undefined) {
      this.options.report({ suggestionId: undone.id, kind: "undone", atMs: nowMs, visibleMs: undone.visibleMs });
    }
  }

  rejected(): void {
    this.end("rejected");
  }

  /** Ends the edit without a judgement. */
  leave(): void {
    this.end("superseded");
  }

  private end(kind: OutcomeKind): void {
    const live = this.takeAway();
    if (live !== undefined) {
      const atMs = this.options.clock.nowMs();
      this.options.report({ suggestionId: live.edit.id, kind, atMs, visibleMs: live.seenBeforeMs });
    }
  }

  private takeAway(): Live | undefined {
    const live = this.current;
    if (live !== undefined) {
      this.stopSeeing(live);
      this.current = undefined;
    }
    return live;
  }

  private stopSeeing(live: Live): void {
    live.callOffShown();
    const seenMs = this.visibleMs(live) - live.seenBeforeMs;
    // A busy extension host may run the timer late; the edit could be seen all the same.
    if (seenMs >= SHOWN_AFTER_MS) {
      this.reportShown(live);
    }
    live.seenBeforeMs += seenMs;
    live.seenSinceMs = undefined;
  }

  private visibleMs({ seenBeforeMs, seenSinceMs }: Live): number {
    return seenBeforeMs + (seenSinceMs === undefined ? 0 : this.options.clock.nowMs() - seenSinceMs);
  }

  private reportShown(live: Live): void {
    if (!live.isShownReported) {
      live.isShownReported = true;
      const atMs = this.options.clock.nowMs();
      this.options.report({ suggestionId: live.edit.id, kind: "shown", atMs, visibleMs: this.visibleMs(live) });
    }
  }
}
