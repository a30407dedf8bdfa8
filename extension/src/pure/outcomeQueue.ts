/** Keeps outcomes until the daemon has them on disk. */

import type { Clock } from "./clock";
import type { OutcomeKind, WireOutcome } from "./protocol";

/** More outcomes than this are not kept while the daemon is away; the oldest go first. */
export const CAPACITY = 2000;

/** Most outcomes in one request. */
export const BATCH_SIZE = 100;

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 60_000;

export interface OutcomeQueueOptions {
  readonly clock: Clock;
  /** Resolves once the outcomes are on disk, and rejects when that is not known. */
  readonly send: (outcomes: readonly WireOutcome[]) => Promise<void>;
  /** Keeps what is not acknowledged over a reload of the window. */
  readonly save: (unacknowledged: readonly WireOutcome[]) => void;
  readonly onProblem: (error: unknown) => void;
}

/**
 * Sends outcomes in order, in batches, one request at a time, again and again until one is acknowledged.
 *
 * An outcome keeps its `eventId` however often it is sent, so nothing is counted twice.
 */
export class OutcomeQueue {
  private readonly pending: WireOutcome[];
  private sending: Promise<void> | undefined;
  private nFailures = 0;
  private callOffRetry: (() => void) | undefined;

  constructor(
    private readonly options: OutcomeQueueOptions,
    left: readonly WireOutcome[] = [],
  ) {
    this.pending = left.slice(-CAPACITY);
  }

  get size(): number {
    return this.pending.length;
  }

  push(outcome: WireOutcome): void {
    this.pending.push(outcome);
    this.pending.splice(0, this.pending.length - CAPACITY);
    this.options.save(this.pending);
    if (this.callOffRetry === undefined) {
      void this.flush();
    }
  }

  /** Sends all there is, and resolves when all of it is acknowledged or a request failed. Never rejects. */
  flush(): Promise<void> {
    this.callOffRetry?.();
    this.callOffRetry = undefined;
    this.sending ??= this.sendAll().finally(() => {
      this.sending = undefined;
      // One may have come between the last look at the queue and now.
      if (this.pending.length > 0 && this.callOffRetry === undefined) {
        void this.flush();
      }
    });
    return this.sending;
  }

  dispose(): void {
    this.callOffRetry?.();
    this.callOffRetry = undefined;
  }

  private async sendAll(): Promise<void> {
    while (this.pending.length > 0) {
      const batch = this.pending.slice(0, BATCH_SIZE);
      try {
        await this.options.send(batch);
      } catch (error) {
        this.options.onProblem(error);
        this.retryLater();
        return;
      }
      this.nFailures = 0;
      this.forget(batch);
    }
  }

  private forget(batch: readonly WireOutcome[]): void {
    // By id, not by count: while the request was under way the oldest may have been dropped for new ones.
    const acknowledged = new Set(batch.map((outcome) => outcome.eventId));
    const left = this.pending.filter((outcome) => !acknowledged.has(outcome.eventId));
    this.pending.splice(0, this.pending.length, ...left);
    this.options.save(this.pending);
  }

  private retryLater(): void {
    const delayMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.nFailures);
    this.nFailures += 1;
    this.callOffRetry = this.options.clock.after(delayMs, () => {
      void this.flush();
    });
  }
}

const KINDS: Readonly<Record<OutcomeKind, true>> = {
  shown: true,
  accepted: true,
  partly_accepted: true,
  typed_through: true,
  rejected: true,
  ignored: true,
  superseded: true,
  undone: true,
};

/** Returns the outcomes in what a window before this one saved; what is not an outcome is left out. */
export function readSaved(saved: unknown): WireOutcome[] {
  return Array.isArray(saved) ? saved.flatMap((item: unknown) => readOutcome(item) ?? []) : [];
}

function readOutcome(item: unknown): WireOutcome | undefined {
  if (typeof item !== "object" || item === null) {
    return undefined;
  }
  const { eventId, suggestionId, kind, atMs, visibleMs, acceptedChars } = item as Partial<Record<keyof WireOutcome, unknown>>;
  if (typeof eventId !== "string" || typeof suggestionId !== "string" || typeof atMs !== "number" || !isKind(kind)) {
    return undefined;
  }
  return {
    eventId,
    suggestionId,
    kind,
    atMs,
    ...(typeof visibleMs === "number" ? { visibleMs } : {}),
    ...(typeof acceptedChars === "number" ? { acceptedChars } : {}),
  };
}

function isKind(value: unknown): value is OutcomeKind {
  return typeof value === "string" && Object.hasOwn(KINDS, value);
}
