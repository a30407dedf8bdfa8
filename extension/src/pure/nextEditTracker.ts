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

/** An applied edit, until an undo is no longer a judgement. */
interface Applied {
  readonly id: string;
  readonly atMs: number;
  readonly visibleMs: number;
  readonly textsBefore: ReadonlyMap<string, string>;
}

export class NextEditTracker {
  private current: Live | undefined;
  /** Texts by document as they were; set while our own hand changes them. */
  private textsBefore: ReadonlyMap<string, string> | undefined;
  private applied: readonly Applied[] = [];

  constructor(private readonly options: NextEditTrackerOptions) {}

  get live(): LiveEdit | undefined {
    return this.current?.edit;
  }

  get isApplying(): boolean {
    return this.textsBefore !== undefined;
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
      } else if (this.isApplying) {
        this.end("accepted");
      } else {
        this.end(by === "program" ? "superseded" : followed.kind === "done" ? "typed_through" : "ignored");
      }
    }
  }

  /** What changes its place from now on is its application; `textsBefore` are those of the documents that it changes. */
  startApplying(textsBefore: ReadonlyMap<string, string>): void {
    this.textsBefore = textsBefore;
  }

  /** An edit that is still there was not applied, and is left. */
  endApplying(): void {
    this.textsBefore = undefined;
    this.leave();
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
    const live = this.current;
    if (live === undefined) {
      return;
    }
    this.stopSeeing(live);
    this.current = undefined;
    const atMs = this.options.clock.nowMs();
    const { id } = live.edit;
    this.options.report({ suggestionId: id, kind, atMs, visibleMs: live.seenBeforeMs });
    if (kind === "accepted" && this.textsBefore !== undefined) {
      this.applied = [...this.applied, { id, atMs, visibleMs: live.seenBeforeMs, textsBefore: this.textsBefore }];
    }
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
