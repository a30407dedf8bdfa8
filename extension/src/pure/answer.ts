/** Reads the daemon's answer to `textDocument/inlineCompletion`. */

export interface AnsweredSuggestion {
  readonly id: string;
  /** What to insert at the cursor, with the line ends of the document. */
  readonly text: string;
}

/**
 * Returns the suggestions of an answer, best first and each text once, without what was typed of them already, where the
 * popup's row says so; anything that is not one, as the daemon makes them, is left out.
 */
export function readAnswer(answer: unknown, endOfLine: "\n" | "\r\n", typed = ""): readonly AnsweredSuggestion[] {
  const items: unknown = isRecord(answer) ? answer["items"] : answer;
  const byText = new Map<string, AnsweredSuggestion>();
  for (const item of Array.isArray(items) ? (items as readonly unknown[]) : []) {
    const suggestion = readItem(item, endOfLine, typed);
    if (suggestion !== undefined && !byText.has(suggestion.text)) {
      byText.set(suggestion.text, suggestion);
    }
  }
  return [...byText.values()];
}

function readItem(item: unknown, endOfLine: "\n" | "\r\n", typed: string): AnsweredSuggestion | undefined {
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
