import * as vscode from "vscode";

import { statusText } from "../pure/status";
import type { ActivitySwitch } from "./activity";
import type { InterpreterWatcher } from "./interpreter";
import type { Server } from "./server";

/** Keeps the status bar item in step with the server and the user's choice. */
export function showStatusBar(server: Server, activity: ActivitySwitch, interpreter: InterpreterWatcher): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("inkling.status", vscode.StatusBarAlignment.Right, 100);
  item.name = "Inkling";
  item.command = "inkling.showMenu";
  const update = (): void => {
    const status = statusText(server.state, activity.current, interpreter.choice, formatTimeOfDay);
    item.text = status.text;
    item.tooltip = status.tooltip;
    item.backgroundColor = status.isWarning ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
  };
  update();
  item.show();
  return vscode.Disposable.from(item, server.onDidChangeState(update), activity.onDidChange(update), interpreter.onDidChange(update));
}

function formatTimeOfDay(atMs: number): string {
  return new Date(atMs).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}
