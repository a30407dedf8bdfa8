import { describe, expect, it } from "vitest";

import { CommentOutcomes } from "../../extension/src/pure/commentOutcomes";
import { ManualClock } from "./manualClock";

function watched() {
  const clock = new ManualClock();
  const told: string[] = [];
  const outcomes = new CommentOutcomes(clock, ({ suggestionId, kind, visibleMs }) => told.push(`${suggestionId} ${kind} ${visibleMs}`));
  return { clock, told, outcomes };
}

describe("what becomes of comments", () => {
  it("is shown after 750 ms in view, once, with interruptions", () => {
    const { clock, told, outcomes } = watched();
    outcomes.setVisible(new Set(["a", "b"]));
    clock.advance(500);
    outcomes.setVisible(new Set(["b"]));
    clock.advance(250);
    expect(told).toEqual(["b shown 750"]);
    outcomes.setVisible(new Set(["a", "b"]));
    clock.advance(250);
    expect(told).toEqual(["b shown 750", "a shown 750"]);
    outcomes.setVisible(new Set());
    outcomes.setVisible(new Set(["a"]));
    clock.advance(5000);
    expect(told).toHaveLength(2);
  });

  it("is shown though a busy machine ran no timer", () => {
    const { clock, told, outcomes } = watched();
    outcomes.setVisible(new Set(["a"]));
    clock.stall(900);
    outcomes.setVisible(new Set());
    expect(told).toEqual(["a shown 900"]);
  });

  it("is accepted or rejected once, with the time that it was seen", () => {
    const { clock, told, outcomes } = watched();
    outcomes.setVisible(new Set(["a"]));
    clock.advance(2000);
    outcomes.accepted("a");
    outcomes.rejected("a");
    outcomes.rejected("b");
    expect(told).toEqual(["a shown 750", "a accepted 2000", "b rejected 0"]);
  });

  it("is undone when an accept is taken back, and can end again", () => {
    const { told, outcomes } = watched();
    outcomes.accepted("a");
    outcomes.cameBack("a");
    outcomes.rejected("a");
    outcomes.cameBack("a");
    outcomes.accepted("a");
    expect(told).toEqual(["a accepted 0", "a undone 0", "a rejected 0", "a accepted 0"]);
  });

  it("is superseded only where it was shown and not judged", () => {
    const { clock, told, outcomes } = watched();
    outcomes.setVisible(new Set(["seen", "judged"]));
    clock.advance(750);
    outcomes.setVisible(new Set(["seen", "judged", "glimpsed"]));
    outcomes.rejected("judged");
    clock.advance(100);
    told.length = 0;
    outcomes.leaveAll();
    expect(told).toEqual(["seen superseded 850"]);
    outcomes.leaveAll();
    clock.advance(5000);
    expect(told).toHaveLength(1);
    expect(clock.nTimers).toBe(0);
  });
});
