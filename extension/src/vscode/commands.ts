import * as vscode from "vscode";

import { statisticsDocument, whyDocument } from "../pure/documents";
import { SETTINGS_SECTION, STATISTICS, WHY, type StatisticsParams, type StatisticsResult, type WhyParams, type WhyResult } from "../pure/protocol";
import { modelText } from "../pure/status";
import type { ActivitySwitch } from "./activity";
import type { ApiKey } from "./apiKey";
import { currentSettings } from "./configuration";
import { wordsOf, type InsightsPanel } from "./insightsPanel";
import { exportEvents, resetModel, retrainModel, type Action } from "./modelActions";
import type { ReadableDocuments } from "./readableDocuments";
import type { Server } from "./server";

const SNOOZE_MINUTES: readonly number[] = [5, 15, 60];
const N_DECISIONS = 50;

export interface CommandContext {
  readonly server: Server;
  readonly activity: ActivitySwitch;
  readonly apiKey: ApiKey;
  readonly documents: ReadableDocuments;
  readonly insights: InsightsPanel;
  readonly log: vscode.LogOutputChannel;
}

interface MenuItem extends vscode.QuickPickItem {
  readonly run?: () => PromiseLike<unknown>;
}

/** Registers the commands of the palette and of the status bar's menu. */
export function registerCommands(context: CommandContext): vscode.Disposable {
  const { activity, apiKey, insights, server, log } = context;
  const actions: Readonly<Record<string, (...args: unknown[]) => unknown>> = {
    "inkling.pause": () => activity.choose({ kind: "paused" }),
    "inkling.resume": () => activity.resume(),
    "inkling.snooze": () => chooseSnooze(activity),
    "inkling.setApiKey": () => apiKey.ask(),
    "inkling.clearApiKey": () => apiKey.clear(),
    "inkling.restartServer": () => server.restart(),
    "inkling.whyShown": () => answering(context, () => showWhy(context)),
    "inkling.showInsights": () => {
      insights.show();
    },
    "inkling.retrainModel": () => telling(context, retrainModel, "Training a model on your judgements"),
    "inkling.resetModel": () => telling(context, resetModel, "Resetting the model"),
    "inkling.exportData": () => telling(context, exportEvents, "Exporting"),
    "inkling.showStatistics": () => answering(context, () => showStatistics(context)),
    "inkling.showLogs": () => {
      log.show();
    },
    "inkling.showMenu": () => showMenu(context),
  };
  return vscode.Disposable.from(...Object.entries(actions).map(([name, action]) => vscode.commands.registerCommand(name, action)));
}

async function showWhy({ server, documents }: CommandContext): Promise<void> {
  const params: WhyParams = { limit: N_DECISIONS };
  const result = (await server.request(WHY, params)) as WhyResult;
  await documents.show("Why (not) shown", whyDocument(result.decisions, formatMoment));
}

async function showStatistics({ server, documents }: CommandContext): Promise<void> {
  const params: StatisticsParams = { sinceMs: 0 };
  const result = (await server.request(STATISTICS, params)) as StatisticsResult;
  await documents.show("Inkling statistics", statisticsDocument(result, formatMoment));
}

/** Runs what needs an answer of the server, and tells the user when there is none. */
async function answering({ log }: CommandContext, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    log.warn("the server did not answer", error);
    const choice = await vscode.window.showWarningMessage("Inkling's server did not answer.", "Restart Server", "Show Logs");
    if (choice !== undefined) {
      await vscode.commands.executeCommand(choice === "Show Logs" ? "inkling.showLogs" : "inkling.restartServer");
    }
  }
}

/** Does something of the model's, tells what came of it, and brings the Insights page up to date. */
async function telling({ insights, log, server }: CommandContext, action: Action, title: string): Promise<void> {
  try {
    const options = { location: vscode.ProgressLocation.Window, title: `Inkling: ${title}` };
    const words = await vscode.window.withProgress(options, () => action(server));
    if (words !== undefined) {
      void vscode.window.showInformationMessage(`Inkling: ${words}`);
      await insights.refresh();
    }
  } catch (error) {
    log.warn(title, error);
    void vscode.window.showErrorMessage(`Inkling: ${wordsOf(error)}`);
  }
}

async function chooseSnooze(activity: ActivitySwitch): Promise<void> {
  await pick(snoozeItems(activity), "Snooze suggestions");
}

function snoozeItems(activity: ActivitySwitch): readonly MenuItem[] {
  return SNOOZE_MINUTES.map((minutes) => ({
    label: `$(bell-slash) Snooze for ${minutes} minutes`,
    run: () => activity.snooze(minutes),
  }));
}

async function showMenu({ activity, server }: CommandContext): Promise<void> {
  const run = (command: string) => () => vscode.commands.executeCommand(command);
  const isWaiting = activity.current.kind === "paused" || activity.current.kind === "snoozed";
  const switching: readonly MenuItem[] = isWaiting
    ? [{ label: "$(debug-start) Resume", run: run("inkling.resume") }]
    : [{ label: "$(debug-pause) Pause", run: run("inkling.pause") }, ...snoozeItems(activity)];
  const state = server.state;
  const model = modelText(state);
  const predictsEdits = currentSettings().settings.predictsEdits;
  const openModelSettings = () => vscode.commands.executeCommand("workbench.action.openSettings", "inkling.model.");
  const modelItems: readonly MenuItem[] =
    model === undefined
      ? []
      : [
          { label: `$(cloud) ${model}`, run: openModelSettings },
          { label: "$(key) Set API Key…", run: run("inkling.setApiKey") },
        ];
  const items: readonly MenuItem[] = [
    ...switching,
    {
      label: predictsEdits ? "$(circle-slash) Switch Next Edits Off" : "$(arrow-right) Switch Next Edits On",
      run: () => switchNextEdits(!predictsEdits),
    },
    { label: "$(comment-discussion) Review Changes", run: run("inkling.review.workingTree") },
    { label: "Look", kind: vscode.QuickPickItemKind.Separator },
    { label: "$(question) Why (not) shown?", run: run("inkling.whyShown") },
    { label: "$(graph) Insights", run: run("inkling.showInsights") },
    { label: "$(list-ordered) Show Statistics", run: run("inkling.showStatistics") },
    { label: "Server", kind: vscode.QuickPickItemKind.Separator },
    ...modelItems,
    { label: "$(refresh) Restart Server", run: run("inkling.restartServer") },
    { label: "$(output) Show Logs", run: run("inkling.showLogs") },
    { label: "$(gear) Open Settings", run: () => vscode.commands.executeCommand("workbench.action.openSettings", "inkling.") },
  ];
  await pick(items, state.kind === "problem" ? state.message : "Inkling");
}

async function switchNextEdits(isWanted: boolean): Promise<void> {
  const configuration = vscode.workspace.getConfiguration(SETTINGS_SECTION);
  await configuration.update("nextEdit.enabled", isWanted, vscode.ConfigurationTarget.Global);
}

async function pick(items: readonly MenuItem[], placeHolder: string): Promise<void> {
  const choice = await vscode.window.showQuickPick(items, { placeHolder });
  await choice?.run?.();
}

function formatMoment(atMs: number): string {
  return new Date(atMs).toLocaleString();
}
