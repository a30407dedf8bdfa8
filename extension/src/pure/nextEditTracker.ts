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
 *
 * Where the editor itself shows and applies the edit, the change comes first and then the word that it was the editor's:
 * an end by such a change is reported when that word has come, or cannot come any more.
 */

import type { Clock } from "./clock";
import { beforeEdit, follow, withPlainLineEnds, type FollowedEdit } from "./followedEdit";
import type { OutcomeKind, WireNextEdit } from "./protocol";
import { ACCEPT_FOLLOWS_WITHIN_MS, SHOWN_AFTER_MS, type TrackedOutcome } from "./suggestionTracker";
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
  /** The edit before the latest change of its document. */
  before: LiveEdit;
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
  /** Line ends are all `\n`. */
  readonly textsBefore: ReadonlyMap<string, string>;
}

/** An edit that was ended by a change which the editor may have made to apply it. */
interface Ended {
  readonly live: Live;
  readonly kind: OutcomeKind;
  readonly atMs: number;
  readonly callOff: () => void;
}

export class NextEditTracker {
  private current: Live | undefined;
  private ended: Ended | undefined;
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
      this.current.before = edit;
      return;
    }
    this.leave();
    this.current = { edit, before: edit, seenBeforeMs: 0, seenSinceMs: undefined, callOffShown: () => undefined, isShownReported: false };
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

  /**
   * Takes the changes of a document, one after the other.
   *
   * @param mayApply Whether the editor shows the edit, so that it may have made the changes to apply it; then `accepted` follows.
   */
  documentChanged(uri: string, changes: readonly LineChange[], by: ChangedBy, mayApply = false): void {
    const live = this.current;
    if (live?.edit.uri !== uri) {
      return;
    }
    live.before = live.edit;
    for (const change of changes) {
      const followed = follow(live.edit, change);
      if (followed.kind !== "holds") {
        const kind = by === "program" ? "superseded" : followed.kind === "done" ? "typed_through" : "ignored";
        if (mayApply) {
          this.endUnlessAccepted(live, kind);
        } else {
          this.end(kind);
        }
        return;
      }
      live.edit = { ...live.edit, ...followed.edit };
    }
  }

  /**
   * Takes the editor's word that it has applied an edit; returns whether that was followed here.
   *
   * @param text The document's text with the edit in it.
   */
  accepted(id: string, text: string): boolean {
    const nowMs = this.options.clock.nowMs();
    const ended = this.ended?.live.edit.id === id ? this.ended : undefined;
    const live = ended?.live ?? (this.current?.edit.id === id ? this.takeAway() : undefined);
    if (live === undefined) {
      return false;
    }
    if (ended !== undefined) {
      ended.callOff();
      this.ended = undefined;
    }
    const textBefore = beforeEdit(text, live.before);
    const textsBefore = new Map(textBefore === undefined ? [] : [[live.edit.uri, textBefore]]);
    this.reportApplied({ id, visibleMs: live.seenBeforeMs, atMs: ended?.atMs ?? nowMs, textsBefore });
    return true;
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
    if (textsBefore === undefined) {
      this.options.report({ suggestionId, kind: "superseded", atMs, visibleMs });
    } else {
      const plain = [...textsBefore].map(([uri, text]) => [uri, withPlainLineEnds(text)] as const);
      this.reportApplied({ ...held, atMs, textsBefore: new Map(plain) });
    }
  }

  /** Takes the text of a document after an undo. */
  undone(uri: string, text: string): void {
    const nowMs = this.options.clock.nowMs();
    const recent = this.applied.filter(({ atMs }) => nowMs - atMs <= UNDONE_WITHIN_MS);
    const undone = recent.findLast(({ textsBefore }) => textsBefore.get(uri) === withPlainLineEnds(text));
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

  /** Ends everything that is open, for a window that closes. */
  dispose(): void {
    this.leave();
    this.settleEnded();
  }

  private endUnlessAccepted(live: Live, kind: OutcomeKind): void {
    this.settleEnded();
    this.takeAway();
    const callOff = this.options.clock.after(ACCEPT_FOLLOWS_WITHIN_MS, () => {
      this.settleEnded();
    });
    this.ended = { live, kind, atMs: this.options.clock.nowMs(), callOff };
  }

  private settleEnded(): void {
    const { ended } = this;
    if (ended !== undefined) {
      this.ended = undefined;
      ended.callOff();
      const { live, kind, atMs } = ended;
      this.options.report({ suggestionId: live.edit.id, kind, atMs, visibleMs: live.seenBeforeMs });
    }
  }

  private reportApplied(applied: Applied): void {
    const { id: suggestionId, atMs, visibleMs } = applied;
    this.options.report({ suggestionId, kind: "accepted", atMs, visibleMs });
    this.applied = [...this.applied, applied];
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
