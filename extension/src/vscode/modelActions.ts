/** What can be done with the model and the events, from the palette and from the Insights page. */

import * as path from "node:path";
import * as vscode from "vscode";

import {
  EXPORT_EVENTS,
  RESET_MODEL,
  RETRAIN_MODEL,
  SETTINGS_SECTION,
  type ExportEventsParams,
  type ExportEventsResult,
  type ResetModelResult,
  type RetrainModelResult,
} from "../pure/protocol";
import type { Server } from "./server";

/** Returns what came of it in words; undefined when the user thought better of it. Rejects when the server does not answer. */
export type Action = (server: Server) => Promise<string | undefined>;

export const retrainModel: Action = async (server) => {
  const { words } = (await server.request(RETRAIN_MODEL, null)) as RetrainModelResult;
  return words;
};

export const resetModel: Action = async (server) => {
  const choice = await vscode.window.showWarningMessage(
    "Forget what the acceptance model learned of you?",
    { modal: true, detail: "The shipped model decides again. The events stay, and the model can learn from them anew." },
    "Reset",
  );
  if (choice === undefined) {
    return undefined;
  }
  const { words } = (await server.request(RESET_MODEL, null)) as ResetModelResult;
  return words;
};

export const exportEvents: Action = async (server) => {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const target = await vscode.window.showSaveDialog({
    title: "Export Inkling's events",
    filters: { "JSON Lines": ["jsonl"], Parquet: ["parquet"] },
    ...(folder === undefined ? {} : { defaultUri: vscode.Uri.joinPath(folder, "inkling-events.jsonl") }),
  });
  if (target === undefined) {
    return undefined;
  }
  const file = path.extname(target.fsPath) === "" ? `${target.fsPath}.jsonl` : target.fsPath;
  const params: ExportEventsParams = { file, withText: false };
  const { words } = (await server.request(EXPORT_EVENTS, params)) as ExportEventsResult;
  return words;
};

/** Sets the knob in the user's settings; returns what stands against it, if anything. */
export async function choosePolicy(policy: string): Promise<string | undefined> {
  const configuration = vscode.workspace.getConfiguration(SETTINGS_SECTION);
  await configuration.update("gate.policy", policy, vscode.ConfigurationTarget.Global);
  const inForce: unknown = vscode.workspace.getConfiguration(SETTINGS_SECTION).get("gate.policy");
  return inForce === policy ? undefined : `Your settings say ${policy} now, but this workspace's settings say ${String(inForce)}.`;
}
