/** Waits for facts, never for time to pass. */

const POLL_MS = 50;
const DEADLINE_MS = 30_000;

/**
 * Returns the first answer of `probe` that counts as true.
 *
 * @template T
 * @param {string} what What is waited for, for the error's message.
 * @param {() => T | Promise<T>} probe
 * @param {number} deadlineMs
 * @returns {Promise<T>}
 * @throws {Error} The deadline passed; the message holds the last answer.
 */
export async function waitFor(what, probe, deadlineMs = DEADLINE_MS) {
  const deadline = Date.now() + deadlineMs;
  for (;;) {
    const answer = await probe();
    if (answer) {
      return answer;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${deadlineMs} ms for ${what}; last answer: ${JSON.stringify(answer)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
