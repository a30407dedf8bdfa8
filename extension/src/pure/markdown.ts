/** Returns a text that Markdown takes as it is. */
export function plain(text: string): string {
  return text.replaceAll(/[\\`*_[\]<>#|~]/g, "\\$&");
}

/** Returns a text in the type of code; the fence is longer than any run of its sign in the text. */
export function code(text: string): string {
  const fence = "`".repeat(1 + Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length)));
  return fence.length === 1 ? `\`${text}\`` : `${fence} ${text} ${fence}`;
}

/** Returns a sentence in which backticks mark code, and nothing else means anything to Markdown. */
export function prose(text: string): string {
  return text.split(/(`[^`\n]+`)/).map((part, index) => (index % 2 === 1 ? part : plain(part))).join("");
}
