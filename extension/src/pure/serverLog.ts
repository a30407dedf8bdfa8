/** Reads the severity of the lines that the server writes to its log. */

export type LogLevel = "debug" | "info" | "warn" | "error";

const LEVELS: ReadonlyMap<string, LogLevel> = new Map([
  ["DEBUG", "debug"],
  ["INFO", "info"],
  ["WARNING", "warn"],
  ["ERROR", "error"],
  ["CRITICAL", "error"],
]);
const LEVEL = /\b(DEBUG|INFO|WARNING|ERROR|CRITICAL)\b/;
/** Python's own last words, and those of a library, come without a level. */
const UNLABELLED: LogLevel = "error";

export class ServerLog {
  private latest: LogLevel = UNLABELLED;

  /** Returns the level of the next line; the lines of a traceback have that of the line above. */
  levelOf(line: string): LogLevel {
    const word = LEVEL.exec(line.slice(0, 100))?.[1];
    this.latest = word === undefined ? this.latest : (LEVELS.get(word) ?? UNLABELLED);
    return this.latest;
  }
}
