import type { Clock } from "../../extension/src/pure/clock";

interface Timer {
  readonly dueMs: number;
  readonly action: () => void;
}

/** A clock that stands still until a test moves it. */
export class ManualClock implements Clock {
  private now = 1_000_000;
  private timers: Timer[] = [];

  nowMs(): number {
    return this.now;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { dueMs: this.now + delayMs, action };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((other) => other !== timer);
    };
  }

  advance(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.timers.filter((timer) => timer.dueMs <= end).sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined) {
        break;
      }
      this.timers = this.timers.filter((other) => other !== next);
      this.now = Math.max(this.now, next.dueMs);
      next.action();
    }
    this.now = end;
  }

  /** Moves time without running timers, as a busy extension host does. */
  stall(ms: number): void {
    this.now += ms;
  }

  get nTimers(): number {
    return this.timers.length;
  }
}
