/**
 * Writes the editor's logs, output channels among them, where code-server's own log writer is not compiled.
 *
 * Stands in for the native module @vscode/spdlog 0.15, of which VS Code uses the names below.
 */
const fs = require("node:fs");
const path = require("node:path");

const LEVELS = ["trace", "debug", "info", "warning", "error", "critical"]; // the index is the module's number for it

/** Appends to one file; when that is full, it is kept once under another name. */
class Logger {
  #file;
  #largestBytes;
  #level = 2;
  #isBare = false;

  constructor(_kind, _name, file, largestBytes) {
    this.#file = file;
    this.#largestBytes = largestBytes;
  }

  trace(message) {
    this.#write(0, message);
  }

  debug(message) {
    this.#write(1, message);
  }

  info(message) {
    this.#write(2, message);
  }

  warn(message) {
    this.#write(3, message);
  }

  error(message) {
    this.#write(4, message);
  }

  critical(message) {
    this.#write(5, message);
  }

  getLevel() {
    return this.#level;
  }

  setLevel(level) {
    this.#level = level;
  }

  /** VS Code sets one pattern only, the one that is written below. */
  setPattern() {
    this.#isBare = false;
  }

  clearFormatters() {
    this.#isBare = true;
  }

  /** Nothing is held back. */
  flush() {}

  drop() {}

  #write(level, message) {
    if (level < this.#level) {
      return;
    }
    const time = new Date().toISOString().replace("T", " ").replace("Z", "");
    try {
      if ((fs.statSync(this.#file, { throwIfNoEntry: false })?.size ?? 0) > this.#largestBytes) {
        fs.renameSync(this.#file, `${this.#file}.1`);
      }
      fs.appendFileSync(this.#file, this.#isBare ? message : `${time} [${LEVELS[level]}] ${message}\n`);
    } catch {
      // A log that cannot be written must not stop the editor.
    }
  }
}

async function createLogger(name, file, largestBytes) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  return new Logger("rotating", name, file, largestBytes);
}

// Assigned one by one: so an `import()` of this file sees them as named exports.
exports.Logger = Logger;
exports.createRotatingLogger = createLogger;
exports.createAsyncRotatingLogger = createLogger;
exports.setLevel = () => {};
exports.setFlushOn = () => {};
