import { describe, expect, it } from "vitest";

import { BATCH_SIZE, CAPACITY, OutcomeQueue, readSaved } from "../../extension/src/pure/outcomeQueue";
import type { WireOutcome } from "../../extension/src/pure/protocol";
import { ManualClock } from "./manualClock";

function outcome(n: number): WireOutcome {
  return { eventId: `e${n}`, suggestionId: `s${n}`, kind: "accepted", atMs: n };
}

/** A daemon that keeps what it acknowledged, and is down when told so. */
class Daemon {
  readonly clock = new ManualClock();
  readonly requests: string[][] = [];
  readonly problems: unknown[] = [];
  readonly stored = new Set<string>();
  saved: readonly WireOutcome[] = [];
  isUp = true;
  /** It stores, and dies before it answers. */
  losesAnswer = false;

  queue(left: readonly WireOutcome[] = []): OutcomeQueue {
    return new OutcomeQueue(
      {
        clock: this.clock,
        send: async (outcomes) => {
          await Promise.resolve();
          this.requests.push(outcomes.map(({ eventId }) => eventId));
          if (!this.isUp) {
            throw new Error("down");
          }
          for (const { eventId } of outcomes) {
            this.stored.add(eventId);
          }
          if (this.losesAnswer) {
            throw new Error("died");
          }
        },
        save: (unacknowledged) => {
          this.saved = structuredClone(unacknowledged);
        },
        onProblem: (error) => this.problems.push(error),
      },
      left,
    );
  }
}

/** Lets a request that is under way come to its end. */
function settle(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}

describe("the outcome queue", () => {
  it("sends what comes and forgets what is acknowledged", async () => {
    const daemon = new Daemon();
    const queue = daemon.queue();
    queue.push(outcome(1));
    await queue.flush();
    expect(daemon.requests).toEqual([["e1"]]);
    expect(queue.size).toBe(0);
    expect(daemon.saved).toEqual([]);
  });

  it("sends one request at a time, in order and in batches", async () => {
    const daemon = new Daemon();
    const queue = daemon.queue();
    for (let n = 0; n <= BATCH_SIZE + 1; n += 1) {
      queue.push(outcome(n));
    }
    await queue.flush();
    expect(daemon.requests.map((ids) => ids.length)).toEqual([1, BATCH_SIZE, 1]);
    expect(daemon.requests.flat()).toEqual(Array.from({ length: BATCH_SIZE + 2 }, (_, n) => `e${n}`));
  });

  it("keeps and saves what was not acknowledged, and sends it under the same id after a restart", async () => {
    const daemon = new Daemon();
    daemon.losesAnswer = true;
    const queue = daemon.queue();
    queue.push(outcome(1));
    await queue.flush();
    expect(queue.size).toBe(1);
    expect(daemon.saved).toEqual([outcome(1)]);
    daemon.losesAnswer = false;
    await queue.flush();
    expect(daemon.requests).toEqual([["e1"], ["e1"]]);
    expect([...daemon.stored]).toEqual(["e1"]);
    expect(queue.size).toBe(0);
  });

  it("tries again by itself, ever more rarely", async () => {
    const daemon = new Daemon();
    daemon.isUp = false;
    const queue = daemon.queue();
    queue.push(outcome(1));
    await queue.flush();
    const nRequests: number[] = [];
    for (const ms of [999, 1, 1999, 1]) {
      daemon.clock.advance(ms);
      await settle();
      nRequests.push(daemon.requests.length);
    }
    expect(nRequests).toEqual([1, 2, 2, 3]);
    expect(daemon.problems).toHaveLength(3);
  });

  it("does not send at each new outcome while it waits to try again", async () => {
    const daemon = new Daemon();
    daemon.isUp = false;
    const queue = daemon.queue();
    queue.push(outcome(1));
    await queue.flush();
    queue.push(outcome(2));
    await settle();
    expect(daemon.requests).toHaveLength(1);
    daemon.isUp = true;
    daemon.clock.advance(1000);
    await settle();
    expect(daemon.requests.at(-1)).toEqual(["e1", "e2"]);
    expect(queue.size).toBe(0);
  });

  it("sends what the window before left", async () => {
    const daemon = new Daemon();
    const queue = daemon.queue(readSaved(structuredClone([outcome(1), outcome(2)])));
    await queue.flush();
    expect([...daemon.stored]).toEqual(["e1", "e2"]);
    expect(daemon.saved).toEqual([]);
  });

  it("is bounded: the oldest go first, also those under way", async () => {
    const daemon = new Daemon();
    daemon.isUp = false;
    const queue = daemon.queue();
    for (let n = 0; n < CAPACITY + 10; n += 1) {
      queue.push(outcome(n));
    }
    await queue.flush();
    expect(queue.size).toBe(CAPACITY);
    daemon.isUp = true;
    await queue.flush();
    expect(queue.size).toBe(0);
    expect(daemon.stored.has("e9")).toBe(false);
    expect(daemon.stored.has(`e${CAPACITY + 9}`)).toBe(true);
  });

  it("takes outcomes that come while a request is under way", async () => {
    const daemon = new Daemon();
    const queue = daemon.queue();
    queue.push(outcome(1));
    const flushed = queue.flush();
    queue.push(outcome(2));
    await flushed;
    expect([...daemon.stored]).toEqual(["e1", "e2"]);
  });

  it("calls off its next try when it is disposed", async () => {
    const daemon = new Daemon();
    daemon.isUp = false;
    const queue = daemon.queue();
    queue.push(outcome(1));
    await queue.flush();
    queue.dispose();
    expect(daemon.clock.nTimers).toBe(0);
  });
});

describe("what a window saved", () => {
  it("is read back whole", () => {
    const whole: WireOutcome = { ...outcome(1), kind: "partly_accepted", visibleMs: 12.5, acceptedChars: 3 };
    expect(readSaved(JSON.parse(JSON.stringify([whole])))).toEqual([whole]);
  });

  it.each([undefined, null, 3, "text", {}, [null, 3, {}, { ...outcome(1), kind: "toString" }, { ...outcome(1), atMs: "1" }]])(
    "is nothing when it is %j",
    (saved) => {
      expect(readSaved(saved)).toEqual([]);
    },
  );
});
