/** What differs between a line and what it becomes, word by word. */

/** A stretch of the line before, in UTF-16 code units, and what comes in its place; one of them may be empty. */
export interface LineHunk {
  readonly start: number;
  readonly end: number;
  readonly inserted: string;
}

export interface LineDiff {
  readonly hunks: readonly LineHunk[];
  /** The share of the longer line that stays as it is, in [0, 1]. */
  readonly similarity: number;
}

/** A longer line is not compared word by word: it is machine-made, and nobody reads it. */
const MAX_TOKENS = 400;

export function diffLine(before: string, after: string): LineDiff {
  const [old, young] = [tokensOf(before), tokensOf(after)];
  if (old.length > MAX_TOKENS || young.length > MAX_TOKENS) {
    return { hunks: [{ start: 0, end: before.length, inserted: after }], similarity: 0 };
  }
  const longest = commonLengths(old, young);
  const hunks: LineHunk[] = [];
  let kept = 0;
  let at = 0;
  let [i, j] = [0, 0];
  let open: { start: number; inserted: string } | undefined;
  const close = (): void => {
    if (open !== undefined) {
      hunks.push({ start: open.start, end: at, inserted: open.inserted });
      open = undefined;
    }
  };
  while (i < old.length || j < young.length) {
    const [left, right] = [old[i], young[j]];
    if (left !== undefined && left === right) {
      close();
      kept += left.length;
      at += left.length;
      i += 1;
      j += 1;
      continue;
    }
    open ??= { start: at, inserted: "" };
    if (left !== undefined && (right === undefined || (longest[i + 1]?.[j] ?? 0) >= (longest[i]?.[j + 1] ?? 0))) {
      at += left.length;
      i += 1;
    } else {
      open.inserted += right ?? "";
      j += 1;
    }
  }
  close();
  return { hunks: joinAcrossSpaces(before, hunks), similarity: kept / Math.max(1, before.length, after.length) };
}

/** Words that were all replaced read better as one replacement than as many. */
function joinAcrossSpaces(before: string, hunks: readonly LineHunk[]): readonly LineHunk[] {
  const joined: LineHunk[] = [];
  for (const hunk of hunks) {
    const last = joined.at(-1);
    const between = before.slice(last?.end ?? 0, hunk.start);
    const bothReplace = last !== undefined && last.start < last.end && hunk.start < hunk.end;
    if (bothReplace && between.trim() === "") {
      joined[joined.length - 1] = { start: last.start, end: hunk.end, inserted: last.inserted + between + hunk.inserted };
    } else {
      joined.push(hunk);
    }
  }
  return joined;
}

function tokensOf(line: string): readonly string[] {
  return line.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

/** Returns, for each pair of places, how many characters the rests of both have in common at most. */
function commonLengths(old: readonly string[], young: readonly string[]): readonly (readonly number[])[] {
  const lengths = Array.from({ length: old.length + 1 }, () => new Array<number>(young.length + 1).fill(0));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    const [row, below] = [lengths[i] ?? [], lengths[i + 1] ?? []];
    for (let j = young.length - 1; j >= 0; j -= 1) {
      const token = old[i] ?? "";
      const kept = token === young[j] ? token.length + (below[j + 1] ?? 0) : 0;
      row[j] = Math.max(kept, below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return lengths;
}
