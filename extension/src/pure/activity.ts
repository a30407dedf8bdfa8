/** Whether the user wants suggestions now, and how that is kept over a reload of the window. */

import type { Activity } from "./status";

/** What the user chose; the setting may switch Inkling off beside it. */
export type Choice = Exclude<Activity, { kind: "off" }>;

export const ACTIVE: Choice = { kind: "active" };

/** Returns what holds at `nowMs`: a snooze ends by itself. */
export function activityAt(choice: Choice, isEnabled: boolean, nowMs: number): Activity {
  if (!isEnabled) {
    return { kind: "off" };
  }
  return choice.kind === "snoozed" && choice.untilMs <= nowMs ? ACTIVE : choice;
}

/** Returns the choice that an earlier window saved; anything else means active. */
export function readChoice(saved: unknown): Choice {
  if (typeof saved !== "object" || saved === null || !("kind" in saved)) {
    return ACTIVE;
  }
  if (saved.kind === "paused") {
    return { kind: "paused" };
  }
  if (saved.kind === "snoozed" && "untilMs" in saved && typeof saved.untilMs === "number") {
    return { kind: "snoozed", untilMs: saved.untilMs };
  }
  return ACTIVE;
}
