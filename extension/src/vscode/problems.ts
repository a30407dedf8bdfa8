/** What stands in the way of running tests, told to the user. */

import * as vscode from "vscode";

/** Says why nothing is run in a workspace that is not trusted. */
export async function tellUntrusted(): Promise<void> {
  const words = "Inkling runs tests, looks for fixes and reviews changes in trusted workspaces only.";
  if ((await vscode.window.showInformationMessage(words, "Manage Workspace Trust")) !== undefined) {
    await vscode.commands.executeCommand("workbench.trust.manage");
  }
}

/** Says what is the matter, with a button for the setting that mends it. */
export async function tellProblem(message: string, setting: string | undefined): Promise<void> {
  const buttons = setting === undefined ? ["Show Logs"] : ["Open Settings", "Show Logs"];
  const choice = await vscode.window.showWarningMessage(`Inkling: ${message}`, ...buttons);
  if (choice === "Open Settings") {
    await vscode.commands.executeCommand("workbench.action.openSettings", setting);
  } else if (choice === "Show Logs") {
    await vscode.commands.executeCommand("inkling.showLogs");
  }
}

/** Returns the folders whose tests can be run. */
export function localFolders(): readonly vscode.WorkspaceFolder[] {
  return (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
}
