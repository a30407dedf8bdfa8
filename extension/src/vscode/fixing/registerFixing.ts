import * as vscode from "vscode";

import type { Clock } from "../../pure/clock";
import { targetOfTest } from "../../pure/fixTarget";
import type { TrackedOutcome } from "../../pure/suggestionTracker";
import type { DocumentChanges } from "../documentChanges";
import type { ReadableDocuments } from "../readableDocuments";
import type { Server } from "../server";
import { TestingView } from "../testing/testingView";
import { FailingTestActions } from "./failingTestActions";
import { FixCommands } from "./fixCommands";
import { Offers } from "./offers";
import { Proposals } from "./proposals";
import { SuspiciousMarks } from "./suspiciousMarks";

export interface FixingContext {
  readonly server: Server;
  readonly changes: DocumentChanges;
  readonly documents: ReadableDocuments;
  readonly clock: Clock;
  readonly log: vscode.LogOutputChannel;
  readonly report: (outcome: TrackedOutcome) => void;
}

/** Builds our part of the Testing view and *Fix with Feedback*; before the server is started, so that it hears all. */
export function registerFixing(context: FixingContext): vscode.Disposable {
  const { server, log } = context;
  const view = new TestingView(server, log);
  const proposals = new Proposals(context);
  const marks = new SuspiciousMarks();
  const commands = new FixCommands({ ...context, view, proposals, marks });
  const offers = new Offers({
    ...context,
    proposals,
    followUps: ({ folderUri, nodeIds }) => {
      const target = targetOfTest({ folderUri, nodeId: nodeIds[0] ?? "", words: "" });
      return commands.followUps({ ...target, params: { folderUri, nodeIds } }, nodeIds);
    },
  });
  return vscode.Disposable.from(view, proposals, marks, commands, offers, new FailingTestActions(view.runs));
}
