/**
 * Knows what the editor holds of the predicted edit where it shows that itself, and calls it when it holds something else.
 *
 * The editor comes for an edit by itself, soon after most changes of the text. In between, and after the others, it must be
 * called; but a call takes the place of its own asking, ghost text of others included, so there are none while it is on its way.
 */

import type { Clock } from "./clock";
import type { Cancellation } from "./debounce";

/** After a change the editor comes by itself within this time, even on a busy machine, or not at all. */
export const COMES_WITHIN_MS = 2000;

/** The edit that is to be shown. */
export interface WantedEdit {
  readonly id: string;
  readonly uri: string;
}

/** The edit as the editor was given it at one of its visits. */
export type HandedEdit = WantedEdit;

export type HandedEnd =
  | "accepted"
  | "rejected"
  /** Something else happened; another one may have come in its place. */
  | "dropped";

export interface HandoverOptions {
  readonly clock: Clock;
  /** Has the editor come; `shown` is what it shows of ours, which is to go, and of which nothing more is told. */
  readonly call: (shown: HandedEdit | undefined) => void;
  readonly onSeenChanged: (isSeen: boolean) => void;
  readonly onAccepted: (id: string) => void;
  readonly onRejected: (id: string) => void;
}

export class Handover {
  private wanted: WantedEdit | undefined;
  private held: HandedEdit | undefined;
  private shown: HandedEdit | undefined;
  private readonly visits = new Set<Cancellation>();
  /** The document that was changed since the editor came. */
  private changed: string | undefined;
  /** What the editor was called for last; undefined when it was not since, or let go of what it took. */
  private calledFor: { readonly id: string | undefined } | undefined;
  private callOff: (() => void) | undefined;

  constructor(private readonly options: HandoverOptions) {}

  /** Whether the editor shows what is wanted. */
  get isSeen(): boolean {
    return this.shown !== undefined && this.shown.id === this.wanted?.id;
  }

  /** Wants an edit shown, or none; where the editor may not be called, it is when it comes by itself. */
  want(edit: WantedEdit | undefined, mayCall = true): void {
    this.wanted = edit;
    if (mayCall) {
      this.callIfNeeded();
    } else {
      this.stopCalling();
    }
  }

  /** Takes that a document was changed, for which the editor may come by itself. */
  documentChanged(uri: string): void {
    this.changed = uri;
  }

  /** Forgets that the editor was called, for it may come now where it could not before. */
  retry(): void {
    this.calledFor = undefined;
  }

  /** Takes that the editor is here, to wait for what is found or until it is called off. */
  come(visit: Cancellation): void {
    this.visits.add(visit);
    this.changed = undefined;
    this.stopCalling();
  }

  /** Returns what a visitor takes along from a document: the wanted edit, or nothing. */
  leaveWith(visit: Cancellation, uri: string): HandedEdit | undefined {
    this.visits.delete(visit);
    if (visit.isCancellationRequested) {
      this.callIfNeeded();
      return undefined;
    }
    // A new object each time, for what becomes of each is told apart.
    this.held = this.wanted?.uri === uri ? { ...this.wanted } : undefined;
    this.calledFor = { id: this.held?.id };
    return this.held;
  }

  /** Takes that something that was handed over is in sight. */
  showed(handed: HandedEdit): void {
    this.shown = handed;
    this.options.onSeenChanged(this.isSeen);
  }

  /** Takes what became of something that was handed over. */
  ended(handed: HandedEdit, end: HandedEnd): void {
    if (this.held === handed) {
      // What it did not take the second time it may still show from the first.
      this.held = this.shown !== handed && this.shown?.id === handed.id ? this.shown : undefined;
      this.calledFor = undefined;
    }
    if (this.shown === handed) {
      // The same edit, given anew for a later text, takes its place within the next frame.
      this.shown = this.held?.id === handed.id ? this.held : undefined;
      this.options.onSeenChanged(this.isSeen);
    }
    if (end === "accepted") {
      this.options.onAccepted(handed.id);
    } else if (end === "rejected") {
      this.options.onRejected(handed.id);
    }
  }

  dispose(): void {
    this.stopCalling();
  }

  private callIfNeeded(): void {
    this.stopCalling();
    const { calledFor, held, wanted } = this;
    const isOnItsWay = [...this.visits].some((visit) => !visit.isCancellationRequested);
    const wasCalled = calledFor !== undefined && calledFor.id === wanted?.id;
    if (held?.id === wanted?.id || wasCalled || isOnItsWay) {
      return;
    }
    const mayCome = this.changed !== undefined && this.changed === (wanted ?? held)?.uri;
    this.callOff = this.options.clock.after(mayCome ? COMES_WITHIN_MS : 0, () => {
      this.callOff = undefined;
      const { shown } = this;
      this.calledFor = { id: wanted?.id };
      this.shown = undefined;
      this.options.call(shown);
    });
  }

  private stopCalling(): void {
    this.callOff?.();
    this.callOff = undefined;
  }
}
