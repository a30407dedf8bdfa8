/** Reads the daemon's event store, as another process may at any time. */
import fs from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";

import { waitFor } from "./wait.mjs";

/** The rows of one event store. */
export class EventStore {
  /** @param {string} file The SQLite file; it need not exist yet. */
  constructor(file) {
    this.file = file;
  }

  /** Returns the decisions about a file, oldest first; about all files when `name` is left out. */
  decisions(name) {
    return this.#rows("SELECT * FROM decisions ORDER BY at_ms").filter((row) => isAbout(row, name));
  }

  /** Returns the requests that had no candidate, oldest first. */
  silences(name) {
    return this.#rows("SELECT * FROM silences ORDER BY at_ms").filter((row) => isAbout(row, name));
  }

  /** Returns the outcomes of suggestions in a file, oldest first; of all files when `name` is left out. */
  outcomes(name) {
    const rows = this.#rows(
      "SELECT outcomes.*, decisions.path FROM outcomes LEFT JOIN decisions USING (suggestion_id) ORDER BY outcomes.at_ms",
    );
    return rows.filter((row) => isAbout(row, name));
  }

  /** Returns the first outcome of a kind in a file, after waiting for it. */
  async waitForOutcome(kind, name) {
    const rows = await waitFor(`an outcome ${kind} in ${name}, there is ${this.file}`, () =>
      nonEmpty(this.outcomes(name).filter((row) => row.kind === kind)),
    );
    return rows[0];
  }

  /** Returns what SQLite says about the file's integrity: "ok". */
  integrity() {
    return this.#rows("PRAGMA integrity_check")[0]?.integrity_check;
  }

  #rows(query) {
    if (!fs.existsSync(this.file)) {
      return [];
    }
    const database = new DatabaseSync(this.file, { readOnly: true, timeout: 5_000 });
    try {
      return database.prepare(query).all();
    } catch (error) {
      if (String(error.message).includes("no such table")) {
        return []; // The daemon has made the file and not yet its tables.
      }
      throw error;
    } finally {
      database.close();
    }
  }
}

function isAbout(row, name) {
  return name === undefined || path.basename(row.path ?? "") === name;
}

function nonEmpty(rows) {
  return rows.length > 0 ? rows : undefined;
}
