import { beforeEach, describe, expect, it } from "vitest";

import { NextEditTracker } from "../../extension/src/pure/nextEditTracker";
import type { WireNextEdit } from "../../extension/src/pure/protocol";
import { ACCEPT_FOLLOWS_WITHIN_MS, type TrackedOutcome } from "../../extension/src/pure/suggestionTracker";
import type { LineChange } from "../../extension/src/pure/textEdits";
import { ManualClock } from "./manualClock";

const URI = "file:///cart.py";
const OTHER = "file:///other.py";
const BEFORE = "price(timeout)\n";

function edit(id = "first"): WireNextEdit {
  return {
    id,
    uri: URI,
    version: 1,
    path: "cart.py",
    range: { start: { line: 0, character: 6 }, end: { line: 0, character: 13 } },
    oldText: "timeout",
    newText: "timeout_s",
    kind: "rename",
    label: "`timeout` → `timeout_s`",
    words: "",
    probability: 0.8,
    nInGroup: 1,
  };
}

function change(start: number, end: number, text: string, line = 0): LineChange {
  return { range: { start: { line, character: start }, end: { line, character: end } }, text };
}

const APPLIED = change(6, 13, "timeout_s");

describe("what became of a predicted edit", () => {
  let clock: ManualClock;
  let outcomes: TrackedOutcome[];
  let tracker: NextEditTracker;

  beforeEach(() => {
    clock = new ManualClock();
    outcomes = [];
    tracker = new NextEditTracker({ clock, report: (outcome) => outcomes.push(outcome) });
    tracker.offer(edit());
    tracker.setVisible(true);
  });

  const kinds = (): readonly string[] => outcomes.map(({ suggestionId, kind }) => `${suggestionId} ${kind}`);

  function apply(): void {
    applyTo(BEFORE);
  }

  function applyTo(text: string): void {
    const held = tracker.hold();
    tracker.documentChanged(URI, [APPLIED], "typing");
    expect(held).toBeDefined();
    if (held !== undefined) {
      tracker.settle(held, new Map([[URI, text]]));
    }
  }

  it("is shown after 750 ms in view, once", () => {
    clock.advance(749);
    expect(kinds()).toEqual([]);
    clock.advance(1);
    expect(outcomes).toEqual([{ suggestionId: "first", kind: "shown", atMs: clock.nowMs(), visibleMs: 750 }]);
    tracker.setVisible(false);
    tracker.setVisible(true);
    clock.advance(2000);
    expect(kinds()).toEqual(["first shown"]);
  });

  it("is not shown by glances that are too short", () => {
    for (let glance = 0; glance < 3; glance += 1) {
      clock.advance(700);
      tracker.setVisible(false);
      clock.advance(5000);
      tracker.setVisible(true);
    }
    tracker.leave();
    expect(outcomes.map(({ kind, visibleMs }) => ({ kind, visibleMs }))).toEqual([{ kind: "superseded", visibleMs: 2100 }]);
    expect(clock.nTimers).toBe(0);
  });

  it("is shown, too, when the extension host was too busy for its timer", () => {
    clock.stall(900);
    tracker.rejected();
    expect(kinds()).toEqual(["first shown", "first rejected"]);
  });

  it("is accepted when it was applied, and what is typed meanwhile is no judgement", () => {
    clock.advance(800);
    const held = tracker.hold();
    expect(tracker.live).toBeUndefined();
    clock.advance(5000);
    tracker.documentChanged(URI, [change(6, 13, "delay")], "typing");
    expect(kinds()).toEqual(["first shown"]);
    expect(held).toEqual({ id: "first", visibleMs: 800 });
    tracker.settle({ id: "first", visibleMs: 800 }, new Map());
    expect(outcomes.at(-1)).toEqual({ suggestionId: "first", kind: "accepted", atMs: clock.nowMs(), visibleMs: 800 });
    expect(tracker.hold()).toBeUndefined();
  });

  it("is left when it could not be applied", () => {
    const held = tracker.hold();
    tracker.settle(held ?? { id: "", visibleMs: 0 }, undefined);
    tracker.undone(URI, BEFORE);
    expect(kinds()).toEqual(["first superseded"]);
  });

  it("is undone when an undo brings the text before it back within ten seconds", () => {
    apply();
    clock.advance(9_999);
    tracker.undone(URI, "price(timeout_s\n");
    tracker.undone(OTHER, BEFORE);
    expect(kinds()).toEqual(["first accepted"]);
    tracker.undone(URI, BEFORE);
    tracker.undone(URI, BEFORE);
    expect(kinds()).toEqual(["first accepted", "first undone"]);
  });

  it("is not undone later", () => {
    apply();
    clock.advance(10_001);
    tracker.undone(URI, BEFORE);
    expect(kinds()).toEqual(["first accepted"]);
  });

  it("can be undone one after the other", () => {
    apply();
    tracker.offer(edit("second"));
    applyTo("price(timeout_s)\n");
    tracker.undone(URI, "price(timeout_s)\n");
    tracker.undone(URI, BEFORE);
    expect(kinds()).toEqual(["first accepted", "second accepted", "second undone", "first undone"]);
  });

  it.each([
    ["ignored", "something else was typed there", change(6, 13, "delay"), "typing"],
    ["superseded", "a program wrote something else there", change(6, 13, "delay"), "program"],
    ["typed_through", "it was written by hand", change(13, 13, "_s"), "typing"],
    ["superseded", "a program wrote just that", change(13, 13, "_s"), "program"],
  ] as const)("is %s when %s", (kind, _, made, by) => {
    tracker.documentChanged(URI, [made], by);
    expect(kinds()).toEqual([`first ${kind}`]);
  });

  it("goes on through changes elsewhere, at its new place", () => {
    tracker.documentChanged(OTHER, [change(0, 100, "")], "typing");
    tracker.documentChanged(URI, [change(0, 0, "import time\n")], "typing");
    expect(kinds()).toEqual([]);
    expect(tracker.live?.range.start).toEqual({ line: 1, character: 6 });
  });

  it("goes on while it is written by hand, with what stands there now", () => {
    tracker.documentChanged(URI, [change(6, 13, "")], "typing");
    tracker.documentChanged(URI, [change(6, 6, "t")], "typing");
    expect(tracker.live).toMatchObject({ oldText: "t", range: { start: { character: 6 }, end: { character: 7 } } });
    tracker.documentChanged(URI, [change(7, 7, "imeout_s")], "typing");
    expect(kinds()).toEqual(["first typed_through"]);
  });

  it("is superseded by another one, and goes on when it is predicted again", () => {
    clock.advance(500);
    tracker.offer({ ...edit(), range: { start: { line: 3, character: 6 }, end: { line: 3, character: 13 } } });
    expect(tracker.live?.range.start.line).toBe(3);
    clock.advance(250);
    expect(kinds()).toEqual(["first shown"]);
    tracker.offer(edit("second"));
    expect(kinds()).toEqual(["first shown", "first superseded"]);
    tracker.leave();
    expect(outcomes.at(-1)).toMatchObject({ suggestionId: "second", kind: "superseded", visibleMs: 0 });
  });

  it("has ended once and for all", () => {
    tracker.rejected();
    tracker.rejected();
    tracker.leave();
    tracker.setVisible(true);
    tracker.documentChanged(URI, [APPLIED], "typing");
    clock.advance(10_000);
    expect(kinds()).toEqual(["first rejected"]);
  });

  describe("where the editor shows it", () => {
    it.each([
      ["in one piece", [APPLIED]],
      ["as its own few pieces, from the end", [change(10, 13, "out_s"), change(6, 10, "time")]],
      ["with what the editor makes of it", [change(5, 13, "(timeout_s")]],
      ["before it, as lines that are inserted are", [change(0, 0, "\n")]],
    ])("is accepted when the editor says so after it was written %s", (_, changes) => {
      clock.advance(800);
      tracker.documentChanged(URI, changes, changes.length === 1 ? "typing" : "program", true);
      expect(kinds()).toEqual(["first shown"]);
      expect(tracker.accepted("first", "price(timeout_s)\n")).toBe(true);
      clock.advance(10_000);
      expect(kinds()).toEqual(["first shown", "first accepted"]);
      expect(tracker.accepted("first", "price(timeout_s)\n")).toBe(false);
    });

    it("is undone like one that was applied here, whatever the line ends", () => {
      tracker.documentChanged(URI, [APPLIED], "typing", true);
      tracker.accepted("first", "price(timeout_s)\r\n");
      tracker.undone(URI, "price(timeout)\r\n");
      expect(kinds()).toEqual(["first accepted", "first undone"]);
    });

    it("is accepted, too, when something else was done to the text meanwhile, without a watch for an undo", () => {
      tracker.documentChanged(URI, [APPLIED], "typing", true);
      tracker.accepted("first", "other\n");
      tracker.undone(URI, BEFORE);
      expect(kinds()).toEqual(["first accepted"]);
    });

    it.each([
      ["typed_through", change(13, 13, "_s"), "typing"],
      ["ignored", change(6, 13, "delay"), "typing"],
      ["superseded", change(6, 13, "delay"), "program"],
    ] as const)("is %s when the editor says nothing of a change within two seconds", (kind, made, by) => {
      tracker.documentChanged(URI, [made], by, true);
      expect(tracker.live).toBeUndefined();
      const atMs = clock.nowMs();
      clock.advance(ACCEPT_FOLLOWS_WITHIN_MS - 1);
      expect(kinds()).toEqual([]);
      clock.advance(1);
      expect(outcomes).toMatchObject([{ suggestionId: "first", kind, atMs }]);
      expect(tracker.accepted("first", BEFORE)).toBe(false);
    });

    it("is told of before the window closes, and each once", () => {
      tracker.documentChanged(URI, [change(6, 13, "delay")], "typing", true);
      tracker.offer(edit("second"));
      tracker.dispose();
      clock.advance(10_000);
      expect(kinds()).toEqual(["second superseded", "first ignored"]);
    });
  });
});
