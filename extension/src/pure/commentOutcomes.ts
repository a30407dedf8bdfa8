/**
 * Follows which review comments can be seen and what becomes of them, and reports that.
 *
 * | end        | what was done                                            |
 * |------------|----------------------------------------------------------|
 * | accepted   | its suggestion was applied, or it was resolved           |
 * | rejected   | it was dismissed, or its rule silenced                   |
 * | superseded | its review was cleared, or another one took its place    |
 *
 * `shown` is reported once, when a comment could be seen for 750 ms; what was never shown is not `superseded`. `undone`
 * follows `accepted` when that is taken back. A comment that came back may end again.
 */

import type { Clock } from "./clock";
import type { OutcomeKind } from "./protocol";
import { SHOWN_AFTER_MS, type TrackedOutcome } from "./suggestionTracker";

interface Followed {
  seenBeforeMs: number;
  seenSinceMs: number | undefined;
  callOffShown: () => void;
  isShownReported: boolean;
  end: OutcomeKind | undefined;
}

export class CommentOutcomes {
  private readonly followed = new Map<string, Followed>();

  constructor(
    private readonly clock: Clock,
    private readonly report: (outcome: TrackedOutcome) => void,
  ) {}

  /** Takes which comments can be seen now. */
  setVisible(ids: ReadonlySet<string>): void {
    for (const [id, followed] of this.followed) {
      if (!ids.has(id)) {
        this.stopSeeing(id, followed);
      }
    }
    for (const id of ids) {
      const followed = this.of(id);
      if (followed.seenSinceMs === undefined && followed.end === undefined) {
        followed.seenSinceMs = this.clock.nowMs();
        followed.callOffShown = this.clock.after(SHOWN_AFTER_MS - Math.min(SHOWN_AFTER_MS, followed.seenBeforeMs), () => {
          this.reportShown(id, followed);
        });
      }
    }
  }

  accepted(id: string): void {
    this.end(id, "accepted");
  }

  rejected(id: string): void {
    this.end(id, "rejected");
  }

  /** Takes that a comment is open again; `undone` where it was accepted. */
  cameBack(id: string): void {
    const followed = this.of(id);
    if (followed.end === "accepted") {
      this.tell(id, followed, "undone");
    }
    followed.end = undefined;
  }

  /** Ends all that is open, without a judgement. */
  leaveAll(): void {
    for (const [id, followed] of this.followed) {
      this.stopSeeing(id, followed);
      if (followed.isShownReported && followed.end === undefined) {
        this.end(id, "superseded");
      }
    }
    this.followed.clear();
  }

  private end(id: string, kind: OutcomeKind): void {
    const followed = this.of(id);
    if (followed.end === undefined) {
      this.stopSeeing(id, followed);
      followed.end = kind;
      this.tell(id, followed, kind);
    }
  }

  private of(id: string): Followed {
    const known = this.followed.get(id);
    if (known !== undefined) {
      return known;
    }
    const followed: Followed = { seenBeforeMs: 0, seenSinceMs: undefined, callOffShown: () => undefined, isShownReported: false, end: undefined };
    this.followed.set(id, followed);
    return followed;
  }

  private stopSeeing(id: string, followed: Followed): void {
    followed.callOffShown();
    const seenMs = this.visibleMs(followed);
    // A busy extension host may run the timer late; the comment could be seen all the same.
    if (seenMs >= SHOWN_AFTER_MS) {
      this.reportShown(id, followed);
    }
    followed.seenBeforeMs = seenMs;
    followed.seenSinceMs = undefined;
  }

  private visibleMs({ seenBeforeMs, seenSinceMs }: Followed): number {
    return seenBeforeMs + (seenSinceMs === undefined ? 0 : this.clock.nowMs() - seenSinceMs);
  }

  private reportShown(id: string, followed: Followed): void {
    if (!followed.isShownReported) {
      followed.isShownReported = true;
      this.tell(id, followed, "shown");
    }
  }

  private tell(id: string, followed: Followed, kind: OutcomeKind): void {
    this.report({ suggestionId: id, kind, atMs: this.clock.nowMs(), visibleMs: this.visibleMs(followed) });
  }
}
