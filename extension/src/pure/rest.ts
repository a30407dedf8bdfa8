/**
 * What an edit at the cursor does to the rest of a suggestion.
 *
 * All lengths and offsets are UTF-16 code units, as the editor counts; only `countCodePoints` counts code points.
 */

/** The rest of a suggestion around the cursor. */
export interface Rest {
  /** Text between the start of the line and the cursor. */
  readonly before: string;
  /** What the suggestion still has to say at the cursor. */
  readonly text: string;
  /** Closing characters right after the cursor that the editor put there by itself. */
  readonly closers: string;
}

/** A replacement next to the cursor: `removedBefore` units before it and `removedAfter` units after it. */
export interface EditAtCursor {
  readonly removedBefore: number;
  readonly removedAfter: number;
  readonly inserted: string;
}

export type Effect =
  /** Nothing that matters: the edit put back what was there. */
  | { readonly kind: "unchanged" }
  /** The user typed what the suggestion says. */
  | { readonly kind: "typed"; readonly rest: Rest }
  /** More than one character of the suggestion came at once: accept word or accept line. */
  | { readonly kind: "partly_accepted"; readonly rest: Rest; readonly nCodePoints: number }
  /** The rest is all there now. */
  | { readonly kind: "completed" }
  /** The edit says something else. */
  | { readonly kind: "disagrees" };

/** Pairs that VS Code closes by itself in Python; the value follows the key without being typed. */
const AUTO_CLOSED: ReadonlyMap<string, string> = new Map([
  ["(", ")"],
  ["[", "]"],
  ["{", "}"],
  ['"', '"'],
  ["'", "'"],
  ["`", "`"],
]);

export function countCodePoints(text: string): number {
  return Array.from(text).length;
}

/** Returns what must still be inserted, without the closers that already stand there when the rest ends with them. */
export function missingText(rest: Rest): string {
  const endsWithThem = rest.closers !== "" && rest.text.endsWith(rest.closers) && !/[\r\n]/.test(rest.text);
  return endsWithThem ? rest.text.slice(0, rest.text.length - rest.closers.length) : rest.text;
}

/** Returns how many units after the cursor the rest replaces: the closers, where it says them itself, wherever that is. */
export function replacedAfter(rest: Rest): number {
  return closesItself(rest.text, rest.closers) ? rest.closers.length : 0;
}

/** Tells whether a text says closers that are for what was opened before it; what it opens itself it closes first. */
function closesItself(text: string, closers: string): boolean {
  let nClosed = 0;
  let depth = 0;
  for (const character of text) {
    if (depth === 0 && character === closers.charAt(nClosed)) {
      nClosed += 1;
    } else if ("([{".includes(character)) {
      depth += 1;
    } else if (")]}".includes(character)) {
      depth = Math.max(0, depth - 1);
    }
  }
  return nClosed === closers.length;
}

export function applyEdit(rest: Rest, edit: EditAtCursor): Effect {
  if (edit.removedBefore > rest.before.length || edit.removedAfter > rest.closers.length) {
    return { kind: "disagrees" };
  }
  const removedBefore = rest.before.slice(rest.before.length - edit.removedBefore);
  const removedAfter = rest.closers.slice(0, edit.removedAfter);
  const kept = commonPrefixLength(removedBefore, edit.inserted);
  let inserted = edit.inserted.slice(kept);
  const isAllOfIt = kept === removedBefore.length && edit.removedAfter === replacedAfter(rest) && inserted === rest.text;
  if (isAllOfIt && inserted !== "") {
    return { kind: "completed" };
  }
  // Input methods and the popup write again what stands there and go on from it; to take text away is to disagree.
  const takesAway = kept < removedBefore.length || !inserted.endsWith(removedAfter);
  if (takesAway) {
    return { kind: "disagrees" };
  }
  inserted = inserted.slice(0, inserted.length - removedAfter.length);
  if (inserted === "") {
    return { kind: "unchanged" };
  }
  return advance(rest, inserted, edit.removedBefore === 0 && edit.removedAfter === 0);
}

/** Returns the effect of a cursor that stepped over `distance` closers: that types them. */
export function stepOver(rest: Rest, distance: number): Effect {
  const stepped = rest.closers.slice(0, distance);
  if (distance <= 0 || stepped.length < distance || !rest.text.startsWith(stepped)) {
    return { kind: "disagrees" };
  }
  return typed({
    before: rest.before + stepped,
    text: rest.text.slice(distance),
    closers: rest.closers.slice(distance),
  });
}

function advance(rest: Rest, inserted: string, isPureInsertion: boolean): Effect {
  if (inserted === missingText(rest)) {
    return { kind: "completed" };
  }
  const opener = inserted.charAt(0);
  const closer = AUTO_CLOSED.get(opener);
  if (closer !== undefined && inserted === opener + closer && rest.text.startsWith(opener)) {
    return typed({
      before: rest.before + opener,
      text: rest.text.slice(1),
      closers: closer + rest.closers,
    });
  }
  if (!rest.text.startsWith(inserted)) {
    return { kind: "disagrees" };
  }
  const next: Rest = {
    before: lastLine(rest.before + inserted),
    text: rest.text.slice(inserted.length),
    closers: rest.closers,
  };
  const nCodePoints = countCodePoints(inserted);
  const isLineBreak = /^[\r\n]/.test(inserted);
  if (isPureInsertion && nCodePoints > 1 && !isLineBreak) {
    return { kind: "partly_accepted", rest: next, nCodePoints };
  }
  return typed(next);
}

function typed(rest: Rest): Effect {
  return missingText(rest) === "" ? { kind: "completed" } : { kind: "typed", rest };
}

/** Returns what follows the last line break. */
export function lastLine(text: string): string {
  return text.slice(Math.max(text.lastIndexOf("\n"), text.lastIndexOf("\r")) + 1);
}

function commonPrefixLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && length < b.length && a.charCodeAt(length) === b.charCodeAt(length)) {
    length += 1;
  }
  return length;
}
