/** Time as the pure parts see it, so that tests own it. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
  /** Calls `action` once after `delayMs`; the function that is returned calls it off. */
  after(delayMs: number, action: () => void): () => void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  after: (delayMs, action) => {
    const timer = setTimeout(action, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};
