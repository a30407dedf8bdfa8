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

/** Returns a text of several lines as one paragraph in which backticks mark code, and nothing else means anything to Markdown. */
export function paragraph(text: string): string {
  const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim()).filter((line) => line !== "");
  return lines.map((line) => withoutBlockMark(prose(line))).join("\\\n");
}

/** Returns a text as a block of code; the fence is longer than any run of its sign in the text. */
export function codeBlock(text: string, language = ""): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text.replace(/(\r\n|\r|\n)+$/, "")}\n${fence}`;
}

/** Returns a link to a command with its arguments. */
export function commandLink(label: string, command: string, args: readonly unknown[] = []): string {
  const query = encodeURIComponent(JSON.stringify(args)).replaceAll(/[()'*!]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
  return `[${plain(label)}](command:${command}${args.length === 0 ? "" : `?${query}`})`;
}

/** At the start of a line a list, a heading's underline or a number with a stop would mean something. */
function withoutBlockMark(line: string): string {
  return line.replace(/^([-+=]|\d+(?=[.)]))/, (mark) => (/\d/.test(mark) ? `${mark}\\` : `\\${mark}`));
}
