/** When a server that died is started again. */

export type RestartDecision =
  | { readonly kind: "restart"; readonly delayMs: number }
  /** It died too often in a short time; only the user's *Restart Server* starts it again. */
  | { readonly kind: "give_up" };

/** Deaths longer ago than this are forgiven. */
export const WINDOW_MS = 180_000;

/** The first restart comes at once, so that a single crash is hardly seen. */
const DELAYS_MS: readonly number[] = [0, 1000, 3000, 10_000, 30_000];

export class RestartPolicy {
  private deathsMs: number[] = [];

  /** Takes a death at `nowMs` and returns what to do. */
  died(nowMs: number): RestartDecision {
    this.deathsMs = [...this.deathsMs.filter((atMs) => nowMs - atMs < WINDOW_MS), nowMs];
    const delayMs = DELAYS_MS[this.deathsMs.length - 1];
    return delayMs === undefined ? { kind: "give_up" } : { kind: "restart", delayMs };
  }

  /** Forgets all deaths: the user asked for a restart. */
  reset(): void {
    this.deathsMs = [];
  }
}
