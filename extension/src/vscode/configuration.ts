import * as vscode from "vscode";

import { SETTINGS_SECTION } from "../pure/protocol";
import { readSettings, type ReadSettings } from "../pure/settings";

/** Returns the extension's settings as they are now. */
export function currentSettings(): ReadSettings {
  const configuration = vscode.workspace.getConfiguration(SETTINGS_SECTION);
  return readSettings((name) => configuration.get<unknown>(name));
}
