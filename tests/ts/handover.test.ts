import { beforeEach, describe, expect, it } from "vitest";

import type { Cancellation } from "../../extension/src/pure/debounce";
import { COMES_WITHIN_MS, Handover, type HandedEdit } from "../../extension/src/pure/handover";
import { ManualClock } from "./manualClock";

const URI = "file:///cart.py";
const OTHER = "file:///other.py";
const FIRST = { id: "first", uri: URI };
const SECOND = { id: "second", uri: URI };

class Visit implements Cancellation {
  isCancellationRequested = false;

  onCancellationRequested(): { dispose(): void } {
    return { dispose: () => undefined };
  }
}

describe("what the editor holds of the predicted edit", () => {
  let clock: ManualClock;
  let told: string[];
  let handover: Handover;

  beforeEach(() => {
    clock = new ManualClock();
    told = [];
    handover = new Handover({
      clock,
      call: (shown) => told.push(`call over ${shown?.id ?? "nothing"}`),
      onSeenChanged: (isSeen) => told.push(isSeen ? "seen" : "unseen"),
      onAccepted: (id) => told.push(`accepted ${id}`),
      onRejected: (id) => told.push(`rejected ${id}`),
    });
  });

  function visit(uri = URI): HandedEdit | undefined {
    const token = new Visit();
    handover.come(token);
    return handover.leaveWith(token, uri);
  }

  /** Has the editor come by itself and show what it is given. */
  function show(): HandedEdit {
    const handed = visit();
    if (handed === undefined) {
      throw new Error("nothing was handed over");
    }
    handover.showed(handed);
    told = [];
    return handed;
  }

  it("is handed over when the editor comes by itself, which it is given time for", () => {
    handover.documentChanged(URI);
    handover.want(FIRST);
    clock.advance(COMES_WITHIN_MS - 1);
    expect(visit()).toEqual(FIRST);
    clock.advance(10_000);
    expect(told).toEqual([]);
    expect(clock.nTimers).toBe(0);
  });

  it("is called for when the editor does not come, once", () => {
    handover.documentChanged(URI);
    handover.want(FIRST);
    clock.advance(COMES_WITHIN_MS);
    expect(told).toEqual(["call over nothing"]);
    handover.want(FIRST);
    clock.advance(10_000);
    expect(told).toEqual(["call over nothing"]);
    handover.retry();
    handover.want(FIRST);
    clock.advance(COMES_WITHIN_MS);
    expect(told).toEqual(["call over nothing", "call over nothing"]);
  });

  it.each([
    ["the editor was already and got nothing", URI, () => visit()],
    ["nothing was changed, so that it does not come", OTHER, () => undefined],
  ])("is called for at once where %s", (_, changed, come) => {
    handover.documentChanged(changed);
    expect(come()).toBeUndefined();
    handover.want(FIRST);
    clock.advance(0);
    expect(told).toEqual(["call over nothing"]);
  });

  it("is not called for while the editor waits for it, and is handed over then", () => {
    const token = new Visit();
    handover.come(token);
    handover.want(FIRST);
    clock.advance(10_000);
    expect(told).toEqual([]);
    expect(handover.leaveWith(token, URI)).toEqual(FIRST);
  });

  it("is called for when the editor did not wait long enough", () => {
    const token = new Visit();
    handover.come(token);
    handover.want(FIRST);
    token.isCancellationRequested = true;
    expect(handover.leaveWith(token, URI)).toBeUndefined();
    clock.advance(COMES_WITHIN_MS);
    expect(told).toEqual(["call over nothing"]);
  });

  it("is not called for while something else is looked at", () => {
    handover.want(FIRST);
    handover.want(FIRST, false);
    clock.advance(10_000);
    expect(told).toEqual([]);
    expect(visit()).toEqual(FIRST);
  });

  it("is not handed over for another document", () => {
    handover.want(FIRST);
    expect(visit(OTHER)).toBeUndefined();
    expect(visit(URI)).toEqual(FIRST);
  });

  it("is seen from when the editor shows it until it ends", () => {
    handover.want(FIRST);
    const handed = visit();
    expect(handover.isSeen).toBe(false);
    handover.showed(handed ?? FIRST);
    expect(handover.isSeen).toBe(true);
    handover.ended(handed ?? FIRST, "dropped");
    expect(handover.isSeen).toBe(false);
    expect(told).toEqual(["seen", "unseen"]);
  });

  it("stays in sight when it is handed over anew after typing", () => {
    handover.want(FIRST);
    const before = show();
    handover.documentChanged(URI);
    handover.want(FIRST);
    const after = visit();
    handover.ended(before, "dropped");
    expect(handover.isSeen).toBe(true);
    handover.ended(after ?? FIRST, "dropped");
    expect(handover.isSeen).toBe(false);
  });

  it("is still shown when the editor did not take it a second time", () => {
    handover.want(FIRST);
    const first = show();
    const second = visit();
    handover.ended(second ?? FIRST, "dropped");
    handover.want(FIRST);
    clock.advance(10_000);
    expect(told).toEqual([]);
    expect(handover.isSeen).toBe(true);
    handover.ended(first, "accepted");
    expect(told).toEqual(["unseen", "accepted first"]);
  });

  it("is called away when another one takes its place, or none", () => {
    handover.want(FIRST);
    show();
    handover.want(SECOND);
    clock.advance(0);
    expect(told).toEqual(["call over first"]);
    show();
    handover.want(undefined);
    clock.advance(0);
    expect(told).toEqual(["call over second"]);
    expect(visit()).toBeUndefined();
    clock.advance(10_000);
    expect(told).toEqual(["call over second"]);
  });

  it("is not called away where the editor comes by itself after a change", () => {
    handover.want(FIRST);
    show();
    handover.documentChanged(URI);
    handover.want(undefined);
    clock.advance(COMES_WITHIN_MS - 1);
    expect(visit()).toBeUndefined();
    clock.advance(10_000);
    expect(told).toEqual([]);
  });

  it.each(["accepted", "rejected"] as const)("is %s by the user, and nothing more is called for", (end) => {
    handover.want(FIRST);
    handover.ended(show(), end);
    handover.want(undefined);
    clock.advance(10_000);
    expect(told).toEqual(["unseen", `${end} first`]);
  });

  it("is called for again when the editor let go of it and there is cause to look", () => {
    handover.want(FIRST);
    handover.ended(show(), "dropped");
    clock.advance(10_000);
    expect(told).toEqual(["unseen"]);
    handover.want(FIRST);
    clock.advance(0);
    expect(told).toEqual(["unseen", "call over nothing"]);
  });

  it("is not called for any more when all ends", () => {
    handover.want(FIRST);
    handover.dispose();
    clock.advance(10_000);
    expect(told).toEqual([]);
  });
});
