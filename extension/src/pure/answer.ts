/** Reads the daemon's answer to `textDocument/inlineCompletion`. */

export interface AnsweredSuggestion {
  readonly id: string;
  /** What to insert at the cursor, with the line ends of the document. */
  readonly text: string;
}

/**
 * Returns the first suggestion of an answer, without what was typed of it already, where the popup's row says so;
 * anything that is not one, as the daemon makes them, is no suggestion.
 */
export function readAnswer(answer: unknown, endOfLine: "\n" | "\r\n", typed = ""): AnsweredSuggestion | undefined {
  const items = isRecord(answer) ? answer["items"] : answer;
  const item: unknown = Array.isArray(items) ? items[0] : undefined;
  if (!isRecord(item) || !isRecord(item["command"])) {
    return undefined;
  }
  const { insertText } = item;
  const { arguments: args } = item["command"];
  const id: unknown = Array.isArray(args) ? args[0] : undefined;
  if (typeof insertText !== "string" || !insertText.startsWith(typed) || insertText === typed || typeof id !== "string") {
    return undefined;
  }
  return { id, text: insertText.slice(typed.length).replace(/\r\n|\r|\n/g, endOfLine) };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
