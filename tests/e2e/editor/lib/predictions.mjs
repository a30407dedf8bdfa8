/** What a scripted server predicts as the next edit, and what it was told of that. */
import path from "node:path";
import { pathToFileURL } from "node:url";

import { waitFor } from "./wait.mjs";

export const CALLER = "def connect(timeout):\n    return open_socket(timeout)\n\n\nconnection = connect(timeout=3)\n";
export const FAR = `${CALLER}${"# filler\n".repeat(120)}`;
const RENAMED = { oldText: "timeout", newText: "timeout_s", label: "`timeout` → `timeout_s`", words: "`timeout` was renamed to `timeout_s`" };

export class Predictions {
  #script;
  #workspace;

  /**
   * @param {import("./server_script.mjs").ServerScript} script
   * @param {string} workspace The folder that files are named from.
   */
  constructor(script, workspace) {
    this.#script = script;
    this.#workspace = workspace;
    script.answer("inkling/recordOutcomes", { nRecorded: 1 });
    this.predictNothing();
  }

  uri(file) {
    return pathToFileURL(path.join(this.#workspace, file)).href;
  }

  predictNothing() {
    this.#script.answer("inkling/nextEdit", { edit: null, reason: "nothing_follows", message: "Nothing follows from that." });
  }

  /** Has the server predict a replacement, by default of a word from a place on, which is counted from 0; returns its id. */
  predict(file, line, character, changes = {}) {
    const place = { uri: this.uri(file), version: `$VERSION ${this.uri(file)}`, path: file };
    const edit = { id: `edit ${Math.random()}`, ...place, kind: "rename", ...RENAMED, ...changes };
    const end = changes.end ?? { line, character: character + edit.oldText.length };
    this.#script.answer("inkling/nextEdit", {
      edit: { probability: 0.8, nInGroup: 1, ...edit, range: { start: { line, character }, end } },
      reason: null,
      message: "",
    });
    return edit.id;
  }

  /** How often the server was asked for the next edit. */
  get nAsked() {
    return this.#script.received("inkling/nextEdit").length;
  }

  /** Does something, and waits until the server was asked for the next edit because of it. */
  async asked(body) {
    const n = this.nAsked;
    await body();
    await waitFor("the question", () => this.nAsked > n);
  }

  async waitForOutcome(id, kind) {
    await waitFor(`${kind} of ${id}`, () => this.#script.outcomes(id).includes(kind));
  }
}
