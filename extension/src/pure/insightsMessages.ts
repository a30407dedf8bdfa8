/** What the Insights page and the extension say to each other. */

import type { Insights } from "./protocol";

/** The periods that the page offers, in days. */
export const PERIODS_DAYS: readonly number[] = [7, 30, 90, 365];
export const DEFAULT_PERIOD_DAYS = 90;

/** What the page asks the extension to do. */
export type PageRequest =
  | { readonly kind: "load"; readonly nDays: number }
  | { readonly kind: "choose"; readonly policy: string }
  | { readonly kind: "retrain" | "reset" | "export" };

/** What the extension tells the page: figures, what is being done, what came of it, or why there is nothing. */
export type PageMessage =
  | { readonly kind: "insights"; readonly insights: Insights }
  | { readonly kind: "working" | "said" | "failed"; readonly words: string };

/** Reads a message of the page; undefined when it is none, for a page is not to be trusted with more than it may ask. */
export function readPageRequest(message: unknown): PageRequest | undefined {
  if (typeof message !== "object" || message === null || !("kind" in message)) {
    return undefined;
  }
  switch (message.kind) {
    case "load":
      return "nDays" in message && isPeriod(message.nDays) ? { kind: "load", nDays: message.nDays } : undefined;
    case "choose":
      return "policy" in message && typeof message.policy === "string" ? { kind: "choose", policy: message.policy } : undefined;
    case "retrain":
    case "reset":
    case "export":
      return { kind: message.kind };
    default:
      return undefined;
  }
}

export function isPeriod(value: unknown): value is number {
  return typeof value === "number" && PERIODS_DAYS.includes(value);
}
