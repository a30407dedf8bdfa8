/** What `scripted_server.mjs` is told to say, and what it was asked. */
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const SERVER = fileURLToPath(new URL("scripted_server.mjs", import.meta.url));

export class ServerScript {
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), "inkling-script-"));

  /** What starts the server. */
  get command() {
    return [process.execPath, SERVER, this.#folder];
  }

  /** Sets the answer to a method, whole: the server reads it at each request. */
  answer(method, result, more = {}) {
    const file = path.join(this.#folder, `${method.replaceAll("/", ".")}.json`);
    fs.writeFileSync(`${file}.new`, JSON.stringify({ result, ...more }));
    fs.renameSync(`${file}.new`, file);
  }

  /** Returns the messages of a method so far. */
  received(method) {
    return fs
      .readFileSync(path.join(this.#folder, "received.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter((message) => message.method === method);
  }

  /** Returns the kinds of the outcomes that were reported of a suggestion. */
  outcomes(suggestionId) {
    return this.received("inkling/recordOutcomes")
      .flatMap(({ params }) => params.outcomes)
      .filter((outcome) => outcome.suggestionId === suggestionId)
      .map(({ kind }) => kind);
  }

  remove() {
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}
