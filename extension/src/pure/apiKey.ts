/** The key of the language model's endpoint: what one looks like, and how it is kept out of the log. */

/** Returns what is wrong with what the user typed; undefined when it can be a key. */
export function keyProblem(typed: string): string | undefined {
  if (typed.trim() === "") {
    return "A key has at least one character. Inkling: Clear API Key removes the one that is stored.";
  }
  // It goes into an HTTP header, which takes no more than this.
  return /^[\x21-\x7e]+$/.test(typed.trim()) ? undefined : "A key has no spaces, line breaks or letters beyond ASCII.";
}

/** Returns a traced message without the key in it. */
export function withoutKey(traced: string): string {
  return traced.replace(/("apiKey"\s*:\s*)"(?:[^"\\]|\\.)*"/g, '$1"(hidden)"');
}
