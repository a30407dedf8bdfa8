import { EventEmitter } from "node:events";

import { describe, expect, it } from "vitest";

import { pause, type Cancellation } from "../../extension/src/pure/debounce";
import { ManualClock } from "./manualClock";

class Token implements Cancellation {
  private readonly emitter = new EventEmitter();
  isCancellationRequested = false;

  onCancellationRequested(listener: () => void): { dispose(): void } {
    this.emitter.on("cancel", listener);
    return { dispose: () => this.emitter.off("cancel", listener) };
  }

  cancel(): void {
    this.isCancellationRequested = true;
    this.emitter.emit("cancel");
  }

  get nListeners(): number {
    return this.emitter.listenerCount("cancel");
  }
}

describe("the pause before a question", () => {
  it("ends after its time, and lets go of the token", async () => {
    const clock = new ManualClock();
    const token = new Token();
    const paused = pause(clock, 40, token);
    clock.advance(40);
    expect(await paused).toBe(true);
    expect(token.nListeners).toBe(0);
  });

  it("ends at once without a question when it is cancelled", async () => {
    const clock = new ManualClock();
    const token = new Token();
    const paused = pause(clock, 40, token);
    token.cancel();
    expect(await paused).toBe(false);
    expect(clock.nTimers).toBe(0);
    expect(token.nListeners).toBe(0);
  });

  it("does not begin when it was cancelled before", async () => {
    const token = new Token();
    token.cancel();
    expect(await pause(new ManualClock(), 0, token)).toBe(false);
  });

  it("is none at all for no time", async () => {
    const clock = new ManualClock();
    expect(await pause(clock, 0, new Token())).toBe(true);
    expect(clock.nTimers).toBe(0);
  });
});
