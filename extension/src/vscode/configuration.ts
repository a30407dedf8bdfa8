import * as vscode from "vscode";

import { SETTINGS_SECTION } from "../pure/protocol";
import { readSettings, type ReadSettings } from "../pure/settings";

/** Returns the extension's settings as they are now; those that a language may override as they are in a document. */
export function currentSettings(document?: vscode.TextDocument): ReadSettings {
  const configuration = vscode.workspace.getConfiguration(SETTINGS_SECTION, document);
  return readSettings((name) => configuration.get<unknown>(name));
}
