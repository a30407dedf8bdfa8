/** Where a Python file's functions stand now; the server's answer to that is older than the last keystroke. */

/** A function outside of other functions; lines are zero-based and both belong to it. */
export interface OutlinedFunction {
  /** With the classes around it, as pytest names tests: `TestTotal::test_two`. */
  readonly name: string;
  /** The line of its `def`. */
  readonly line: number;
  readonly lastLine: number;
}

interface Open {
  readonly name: string;
  readonly isFunction: boolean;
  readonly indent: number;
  readonly line: number;
}

/** Returns the functions in the order of the file; of a file that does not parse, as many as can be told. */
export function outlineFunctions(text: string): readonly OutlinedFunction[] {
  const found: OutlinedFunction[] = [];
  const open: Open[] = [];
  let lastCodeLine = -1;
  const close = (indent: number): void => {
    for (let last = open.at(-1); last !== undefined && last.indent >= indent; last = open.at(-1)) {
      open.pop();
      if (last.isFunction && !open.some(({ isFunction }) => isFunction)) {
        const name = [...open, last].map((part) => part.name).join("::");
        found.push({ name, line: last.line, lastLine: lastCodeLine });
      }
    }
  };
  for (const { line, code } of codeLines(text)) {
    const indent = code.length - code.trimStart().length;
    close(indent);
    const [, keyword, name] = /^\s*(?:async\s+)?(def|class)\s+([\p{L}_][\p{L}\p{N}_]*)/u.exec(code) ?? [];
    if (keyword !== undefined && name !== undefined) {
      open.push({ name, isFunction: keyword === "def", indent, line });
    }
    lastCodeLine = line;
  }
  close(0);
  return found.sort((a, b) => a.line - b.line);
}

/** Returns the function that a line belongs to. */
export function functionAt(functions: readonly OutlinedFunction[], line: number): OutlinedFunction | undefined {
  return functions.find((outlined) => outlined.line <= line && line <= outlined.lastLine);
}

/** Returns whether pytest takes a function of this name for a test unless it is told otherwise. */
export function isTestName(name: string): boolean {
  return name.split("::").every((part, index, parts) => (index === parts.length - 1 ? part.startsWith("test") : part.startsWith("Test")));
}

/** Yields the lines at which a logical line may begin: not blank, no comment, not within a string of several lines. */
function* codeLines(text: string): Generator<{ readonly line: number; readonly code: string }> {
  let fence: string | undefined;
  let line = 0;
  for (const code of text.split(/\r\n|\r|\n/)) {
    const begins = fence === undefined && !/^\s*(#|$)/.test(code);
    if (begins) {
      yield { line, code };
    }
    fence = fenceAfter(code, fence);
    line += 1;
  }
}

/** Returns the quotes of the string that is still open after a line. */
function fenceAfter(code: string, open: string | undefined): string | undefined {
  let fence = open;
  const tokens = /\\.|"""|'''|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|#/gu;
  for (let at = 0; at < code.length; ) {
    if (fence !== undefined) {
      const end = closing(code, at, fence);
      if (end === undefined) {
        return fence;
      }
      at = end;
      fence = undefined;
      continue;
    }
    tokens.lastIndex = at;
    const token = tokens.exec(code);
    if (token === null || token[0] === "#") {
      return undefined;
    }
    fence = token[0] === '"""' || token[0] === "'''" ? token[0] : undefined;
    at = token.index + token[0].length;
  }
  return fence;
}

/** Returns the place after the quotes that end a string; undefined when the line does not hold them. */
function closing(code: string, from: number, fence: string): number | undefined {
  for (let at = from; at < code.length; at += 1) {
    if (code.charAt(at) === "\\") {
      at += 1;
    } else if (code.startsWith(fence, at)) {
      return at + fence.length;
    }
  }
  return undefined;
}
