import type { Clock } from "./clock";

/** What a debouncer needs of a cancellation token. */
export interface Cancellation {
  readonly isCancellationRequested: boolean;
  onCancellationRequested(listener: () => void): { dispose(): void };
}

/** Resolves to true after a pause of `delayMs`, or to false as soon as it is cancelled. */
export function pause(clock: Clock, delayMs: number, cancellation: Cancellation): Promise<boolean> {
  if (cancellation.isCancellationRequested) {
    return Promise.resolve(false);
  }
  if (delayMs <= 0) {
    return Promise.resolve(true);
  }
  return new Promise((resolve) => {
    const callOff = clock.after(delayMs, () => {
      subscription.dispose();
      resolve(true);
    });
    const subscription = cancellation.onCancellationRequested(() => {
      callOff();
      subscription.dispose();
      resolve(false);
    });
  });
}
