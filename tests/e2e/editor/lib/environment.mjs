/** What `scripts/test_editor.sh` hands to the tests. */
import path from "node:path";
import { fileURLToPath } from "node:url";

import { editorParts } from "../../../../scripts/setup_editor.mjs";

export const REPOSITORY = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..", "..", "..");
export const SAMPLE = path.join(REPOSITORY, "examples", "sample");
export const ARTIFACTS = path.join(REPOSITORY, "artifacts");

/** The folder that `setUpEditor` returned. */
export const EDITOR = required("INKLING_EDITOR");
export const EDITOR_PACKAGE = editorParts(EDITOR).packagePath;

/** The packaged extension. */
export const VSIX = required("INKLING_VSIX");

/** The installed server that the extension is told to start. */
export const SERVER_COMMAND = [path.join(REPOSITORY, ".venv", "bin", "inkling"), "serve"];

function required(name) {
  const value = process.env[name];
  if (value === undefined) {
    throw new Error(`${name} is not set: run the tests with scripts/test_editor.sh`);
  }
  return value;
}
