/**
 * Follows the one suggestion on display from the moment the editor got it to its end, and reports what became of it.
 *
 * The stable API of VS Code tells nothing about visibility. A suggestion counts as visible from the moment the
 * provider returned it until one of the ends below:
 *
 * | end           | what was seen                                                                |
 * |---------------|------------------------------------------------------------------------------|
 * | accepted      | the item's command                                                           |
 * | rejected      | our Escape keybinding                                                        |
 * | typed_through | the rest was typed by hand                                                   |
 * | ignored       | something else was typed, or text was deleted, at the cursor                 |
 * | superseded    | the cursor or focus left, the text under it changed, or a newer one came     |
 *
 * `undone` follows `accepted` when an undo removes the accepted text within ten seconds.
 *
 * `shown` is reported once, after 750 ms. `partly_accepted` is reported at each accepted word or line; a suggestion
 * that was partly accepted has been judged, so it is never `ignored` or `superseded` afterwards. Every suggestion
 * ends at most once.
 */

import type { Clock } from "./clock";
import type { OutcomeKind } from "./protocol";
import { applyEdit, lastLine, replacedAfter, stepOver, type Effect, type Rest } from "./rest";
import { UndoWatch } from "./undoWatch";

/** A suggestion seen for less was not read; see ARCHITECTURE.md, Outcomes. */
export const SHOWN_AFTER_MS = 750;

/** How long the accept command may follow the edit that it made before the edit counts as typing. */
export const ACCEPT_FOLLOWS_WITHIN_MS = 2000;

/** A suggestion as it is handed to the editor. Offsets are UTF-16 code units from the start of the document. */
export interface Offer {
  readonly id: string;
  readonly uri: string;
  readonly offset: number;
  /** Text between the start of the line and the cursor. */
  readonly before: string;
  /** What would be inserted at the cursor, with the document's own line ends. */
  readonly text: string;
}

/** One replacement of a document change, in offsets before the change. */
export interface TextChange {
  readonly offset: number;
  readonly length: number;
  readonly text: string;
}

export type ChangeOrigin = "edit" | "undo_or_redo";

/** What the editor is to show for the live suggestion: insert `text`, replacing `replacedAfter` units after the cursor. */
export interface Continuation {
  readonly id: string;
  readonly text: string;
  readonly replacedAfter: number;
}

export interface TrackedOutcome {
  readonly suggestionId: string;
  readonly kind: OutcomeKind;
  readonly atMs: number;
  readonly visibleMs: number;
  /** Code points accepted so far; only for partly_accepted. */
  readonly acceptedChars?: number;
}

export interface TrackerOptions {
  readonly clock: Clock;
  readonly report: (outcome: TrackedOutcome) => void;
  /** Told whether there is a live suggestion, whenever that changes. */
  readonly onLiveChanged: (isLive: boolean) => void;
}

interface Live {
  readonly id: string;
  readonly uri: string;
  readonly offeredAtMs: number;
  readonly callOffShown: () => void;
  offset: number;
  rest: Rest;
  isShownReported: boolean;
  acceptedChars: number;
}

/** A suggestion whose text is all in the document; by whose hand is known once the accept command came or did not. */
interface Completed {
  readonly live: Live;
  readonly atMs: number;
  readonly callOff: () => void;
}

export class SuggestionTracker {
  private live: Live | undefined;
  private completed: Completed | undefined;

  private readonly undoWatch: UndoWatch;

  constructor(private readonly options: TrackerOptions) {
    this.undoWatch = new UndoWatch(options.clock);
  }

  get liveId(): string | undefined {
    return this.live?.id;
  }

  /** Takes a suggestion that the editor is about to show; it replaces the live one. */
  offer(offer: Offer): void {
    this.leave();
    const offeredAtMs = this.options.clock.nowMs();
    const live: Live = {
      id: offer.id,
      uri: offer.uri,
      offeredAtMs,
      callOffShown: this.options.clock.after(SHOWN_AFTER_MS, () => {
        this.reportShown(live);
      }),
      offset: offer.offset,
      rest: { before: offer.before, text: offer.text, closers: "" },
      isShownReported: false,
      acceptedChars: 0,
    };
    this.live = live;
    this.options.onLiveChanged(true);
  }

  /** Returns what is left of the live suggestion if it is the one for this place. */
  continueAt(uri: string, offset: number): Continuation | undefined {
    const live = this.live;
    if (live?.uri !== uri || live.offset !== offset) {
      return undefined;
    }
    return { id: live.id, text: live.rest.text, replacedAfter: replacedAfter(live.rest) };
  }

  /** Takes a change of a document; the offsets of all its replacements are those before the change. */
  documentChanged(uri: string, changes: readonly TextChange[], origin: ChangeOrigin): void {
    const undone = this.undoWatch.documentChanged(uri, changes, origin);
    if (undone !== undefined) {
      const atMs = this.options.clock.nowMs();
      this.options.report({ suggestionId: undone.id, kind: "undone", atMs, visibleMs: undone.visibleMs });
    }
    const live = this.live;
    if (live?.uri !== uri || changes.length === 0) {
      return;
    }
    const lineStart = live.offset - live.rest.before.length;
    const closersEnd = live.offset + live.rest.closers.length;
    const atCursor: TextChange[] = [];
    let shift = 0;
    let before = live.rest.before;
    // From the end to the start, so that earlier offsets stay right while `before` is edited.
    for (const change of [...changes].sort((a, b) => b.offset - a.offset)) {
      const changeEnd = change.offset + change.length;
      const isAfter = change.offset > live.offset && change.offset >= closersEnd;
      if (isAfter) {
        continue;
      }
      const isOnLine = change.offset >= lineStart;
      if (changeEnd < live.offset && (isOnLine || changeEnd <= lineStart)) {
        shift += change.text.length - change.length;
        if (isOnLine) {
          before = lastLine(before.slice(0, change.offset - lineStart) + change.text + before.slice(changeEnd - lineStart));
        }
      } else {
        atCursor.push(change);
      }
    }
    const [change, ...others] = atCursor;
    const cursor = live.offset;
    live.offset += shift;
    live.rest = { ...live.rest, before };
    if (change === undefined) {
      return;
    }
    const changeEnd = change.offset + change.length;
    const reachesAcross = change.offset < cursor && changeEnd > closersEnd;
    const isBesideCursor = change.offset >= lineStart && change.offset <= cursor && changeEnd >= cursor && !reachesAcross;
    if (others.length > 0 || origin === "undo_or_redo" || !isBesideCursor) {
      this.end(live, "superseded");
      return;
    }
    const removedBefore = cursor - change.offset;
    this.apply(live, applyEdit(live.rest, { removedBefore, removedAfter: change.length - removedBefore, inserted: change.text }));
  }

  /** Takes the cursor's new place in the active editor; undefined for several cursors or a selection. */
  cursorMoved(uri: string, offset: number | undefined): void {
    const live = this.live;
    if (live === undefined || (live.uri === uri && live.offset === offset)) {
      return;
    }
    const effect: Effect =
      live.uri === uri && offset !== undefined ? stepOver(live.rest, offset - live.offset) : { kind: "disagrees" };
    if (effect.kind === "disagrees") {
      this.end(live, "superseded");
    } else {
      this.apply(live, effect);
    }
  }

  /** Takes the accept command of a suggestion. */
  accepted(id: string): void {
    if (this.completed?.live.id === id) {
      const { live, atMs, callOff } = this.completed;
      callOff();
      this.completed = undefined;
      this.reportEnd(live, "accepted", atMs);
      const { uri, offset, rest } = live;
      this.undoWatch.start({ id, uri, offset, length: rest.text.length, visibleMs: atMs - live.offeredAtMs });
    } else if (this.live?.id === id) {
      this.end(this.live, "accepted");
    }
  }

  /** Takes the user's Escape. */
  rejected(): void {
    if (this.live !== undefined) {
      this.end(this.live, "rejected");
    }
  }

  /** Ends the live suggestion without a judgement: focus left, the document was closed, or suggestions were paused. */
  leave(uri?: string): void {
    if (this.live !== undefined && (uri === undefined || this.live.uri === uri)) {
      this.end(this.live, "superseded");
    }
  }

  /** Ends everything that is open, for a window that closes. */
  dispose(): void {
    this.leave();
    this.settleCompleted();
  }

  private apply(live: Live, effect: Effect): void {
    switch (effect.kind) {
      case "unchanged":
        return;
      case "typed":
        moveTo(live, effect.rest);
        return;
      case "partly_accepted":
        moveTo(live, effect.rest);
        live.acceptedChars += effect.nCodePoints;
        this.reportShownIfDue(live);
        this.report(live, "partly_accepted", this.options.clock.nowMs(), live.acceptedChars);
        return;
      case "completed":
        this.complete(live);
        return;
      case "disagrees":
        this.end(live, "ignored");
    }
  }

  private complete(live: Live): void {
    this.settleCompleted();
    this.drop(live);
    const callOff = this.options.clock.after(ACCEPT_FOLLOWS_WITHIN_MS, () => {
      this.settleCompleted();
    });
    this.completed = { live, atMs: this.options.clock.nowMs(), callOff };
  }

  private settleCompleted(): void {
    const completed = this.completed;
    if (completed !== undefined) {
      this.completed = undefined;
      completed.callOff();
      this.reportEnd(completed.live, "typed_through", completed.atMs);
    }
  }

  private end(live: Live, kind: OutcomeKind): void {
    this.drop(live);
    this.reportEnd(live, kind, this.options.clock.nowMs());
  }

  private drop(live: Live): void {
    live.callOffShown();
    this.live = undefined;
    this.options.onLiveChanged(false);
    this.reportShownIfDue(live);
  }

  private reportEnd(live: Live, kind: OutcomeKind, atMs: number): void {
    const isJudgement = kind !== "ignored" && kind !== "superseded";
    if (isJudgement || live.acceptedChars === 0) {
      this.report(live, kind, atMs);
    }
  }

  /** A busy extension host may run the timer late; the suggestion was visible all the same. */
  private reportShownIfDue(live: Live): void {
    if (this.options.clock.nowMs() - live.offeredAtMs >= SHOWN_AFTER_MS) {
      this.reportShown(live);
    }
  }

  private reportShown(live: Live): void {
    if (!live.isShownReported) {
      live.isShownReported = true;
      this.report(live, "shown", this.options.clock.nowMs());
    }
  }

  private report(live: Live, kind: OutcomeKind, atMs: number, acceptedChars?: number): void {
    this.options.report({
      suggestionId: live.id,
      kind,
      atMs,
      visibleMs: atMs - live.offeredAtMs,
      ...(acceptedChars === undefined ? {} : { acceptedChars }),
    });
  }
}

function moveTo(live: Live, rest: Rest): void {
  live.offset += live.rest.text.length - rest.text.length;
  live.rest = rest;
}
