import * as vscode from "vscode";

import type { Clock } from "../../pure/clock";
import { NEXT_EDIT_GROUP, type NextEditGroupParams, type NextEditGroupResult } from "../../pure/protocol";
import type { LiveEdit } from "../../pure/nextEditTracker";
import type { DocumentChanges } from "../documentChanges";
import { wordsOf } from "../insightsPanel";
import type { Server } from "../server";
import { tellNone, type ApplyingContext } from "./applying";
import { MovedError, previewedEdit } from "./groupEdits";

export interface PreviewingContext extends ApplyingContext {
  readonly server: Server;
  readonly changes: DocumentChanges;
  readonly clock: Clock;
  /** When the server was asked for the edit. */
  readonly askedAtMs: () => number;
}

/** Shows the predicted edit, or all of its kind, in the editor's own preview, and applies what stays ticked there. */
export class Previewing {
  constructor(private readonly context: PreviewingContext) {}

  async preview(): Promise<void> {
    const edit = this.context.tracker.live;
    if (edit === undefined) {
      tellNone();
      return;
    }
    const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === edit.uri);
    const files = [{ uri: edit.uri, version: document?.version ?? null, edits: [edit] }];
    await this.applyPreviewed(edit, { files, label: edit.label }, this.context.askedAtMs());
  }

  async applyAll(): Promise<void> {
    const edit = this.context.tracker.live;
    if (edit === undefined) {
      tellNone();
      return;
    }
    const params: NextEditGroupParams = { id: edit.id };
    const madeAtMs = this.context.clock.nowMs();
    try {
      const group = (await this.context.server.request(NEXT_EDIT_GROUP, params)) as NextEditGroupResult;
      await this.applyPreviewed(edit, group, madeAtMs);
    } catch (error) {
      this.context.log.warn("no edits of this kind", error);
      this.context.fail(wordsOf(error));
    }
  }

  /** Shows edits in the editor's own preview, which makes those that stay ticked, in one step of undo. */
  private async applyPreviewed({ uri }: LiveEdit, group: NextEditGroupResult, madeAtMs: number): Promise<void> {
    const { files = [], label = "", message = "" } = group;
    const { changes, fail, goOn, redraw, tracker } = this.context;
    if (files.length === 0) {
      fail(message === "" ? "the edits do not fit any more." : message);
      return;
    }
    try {
      const edit = await previewedEdit(files, label, changes, madeAtMs);
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
      const textsBefore = new Map([[uri, document.getText()]]);
      const held = tracker.hold();
      redraw();
      const isApplied = await vscode.workspace.applyEdit(edit, { isRefactoring: true });
      if (held !== undefined) {
        tracker.settle(held, isApplied ? textsBefore : undefined);
      }
      if (isApplied) {
        if (message !== "") {
          void vscode.window.showInformationMessage(`Inkling: ${message}`);
        }
        await goOn();
      }
    } catch (error) {
      if (!(error instanceof MovedError)) {
        throw error;
      }
      fail(error.message);
    }
  }
}
