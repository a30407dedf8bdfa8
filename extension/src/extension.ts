/** Builds the parts of the extension and takes them down again. */

import * as vscode from "vscode";

import { systemClock } from "./pure/clock";
import type { TrackedOutcome } from "./pure/suggestionTracker";
import { ActivitySwitch } from "./vscode/activity";
import { ApiKey } from "./vscode/apiKey";
import { registerCommands } from "./vscode/commands";
import { DocumentChanges } from "./vscode/documentChanges";
import { registerFixing } from "./vscode/fixing/registerFixing";
import { InlineSuggestions } from "./vscode/inlineSuggestions";
import { InsightsPanel } from "./vscode/insightsPanel";
import { InterpreterWatcher } from "./vscode/interpreter";
import { NextEdits } from "./vscode/nextEdits/nextEdits";
import { OutcomeReporter } from "./vscode/outcomeReporter";
import { ReadableDocuments } from "./vscode/readableDocuments";
import { registerReviewing } from "./vscode/reviewing/registerReviewing";
import { Server } from "./vscode/server";
import { showStatusBar } from "./vscode/statusBar";

let stop: (() => Promise<void>) | undefined;

export function activate(context: vscode.ExtensionContext): void {
  const log = vscode.window.createOutputChannel("Inkling", { log: true });
  const clock = systemClock;
  const interpreter = new InterpreterWatcher(log);
  const apiKey = new ApiKey(context.secrets, log);
  const server = new Server({ context, log, interpreter, apiKey, clock });
  const activity = new ActivitySwitch(context.workspaceState, clock);
  const outcomes = new OutcomeReporter(server, context.workspaceState, clock, log);
  const documents = new ReadableDocuments();
  const insights = new InsightsPanel(context.extensionUri, server, log);
  const changes = new DocumentChanges(clock);
  const report = (outcome: TrackedOutcome): void => {
    outcomes.report(outcome);
  };
  const { extension } = context;
  const nextEdits = new NextEdits({ extension, server, activity, changes, clock, log, report, reported: () => outcomes.reported() });
  const suggestions = new InlineSuggestions({
    server,
    activity,
    clock,
    log,
    report,
    onLiveChanged: (isLive) => {
      nextEdits.ghostTextChanged(isLive);
    },
  });
  context.subscriptions.push(
    log,
    interpreter,
    apiKey,
    server,
    activity,
    outcomes,
    documents,
    insights,
    changes,
    registerFixing({ server, changes, documents, clock, log, report }),
    registerReviewing({ server, documents, clock, log, report }),
    showStatusBar(server, activity, interpreter),
    registerCommands({ server, activity, apiKey, documents, insights, log }),
  );
  stop = async () => {
    suggestions.dispose();
    nextEdits.dispose();
    await outcomes.finish();
    await server.stop();
  };
  // Neither waits for the other: the server is told of the interpreter as soon as that is known.
  void server.start();
  void interpreter.start();
}

export async function deactivate(): Promise<void> {
  await stop?.();
}
