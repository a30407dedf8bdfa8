import * as vscode from "vscode";

import { endOf, withPlainLineEnds } from "../../pure/followedEdit";
import type { Arrival, TabAction } from "../../pure/nextEditKeys";
import type { LiveEdit, NextEditTracker } from "../../pure/nextEditTracker";
import { rangeOf } from "../documentChanges";
import type { Scene } from "./scene";

/** What is done with the edit needs of its owner. */
export interface ApplyingContext {
  readonly tracker: NextEditTracker;
  readonly log: vscode.LogOutputChannel;
  readonly scene: () => Scene | undefined;
  readonly redraw: () => void;
  /** Leaves the edit and says why. */
  readonly fail: (words: string) => void;
  /** Asks for the edit that follows from one that was applied. */
  readonly goOn: () => Promise<void>;
}

/** The key that ran a command; the keybindings name it. */
export interface Key {
  readonly key?: string;
}

/** Goes to the predicted edit and applies it. */
export class Applying {
  private lastArrival: Arrival | undefined;

  constructor(private readonly context: ApplyingContext) {}

  get arrival(): Arrival | undefined {
    return this.lastArrival;
  }

  /** Goes to the edit or applies it, whichever is next; Tab that is not ours any more does what it always does. */
  async step(action: TabAction, key: Key | undefined): Promise<void> {
    const edit = this.context.tracker.live;
    const scene = this.context.scene();
    if (key?.key === "tab" && (edit === undefined || scene?.isTabOurs !== true)) {
      await vscode.commands.executeCommand("tab");
    } else if (edit === undefined) {
      tellNone();
    } else {
      await (action === "jump" || (key?.key === "tab" && scene?.step === "jump") ? this.jump(edit) : this.apply(edit));
    }
  }

  /** Brings the edit into view and the cursor to it; returns the editor, or undefined where it holds no more, which is told. */
  private async jump(edit: LiveEdit): Promise<vscode.TextEditor | undefined> {
    const editor = await this.open(edit);
    if (editor === undefined) {
      return undefined;
    }
    const start = rangeOf(edit).start;
    this.lastArrival = { uri: edit.uri, position: { line: start.line, character: start.character } };
    editor.selection = new vscode.Selection(start, start);
    editor.revealRange(new vscode.Range(start, start), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    this.context.redraw();
    return editor;
  }

  /** Opens the file of an edit that still stands there as it was predicted. */
  private async open(edit: LiveEdit): Promise<vscode.TextEditor | undefined> {
    const uri = vscode.Uri.parse(edit.uri);
    try {
      const document = await vscode.workspace.openTextDocument(uri);
      if (withPlainLineEnds(document.getText(rangeOf(edit))) === edit.oldText) {
        const { activeTextEditor, visibleTextEditors } = vscode.window;
        const open = [activeTextEditor, ...visibleTextEditors].find((editor) => editor?.document === document);
        return await vscode.window.showTextDocument(document, { viewColumn: open?.viewColumn ?? vscode.ViewColumn.Active, preview: false });
      }
      this.context.fail(`${edit.path} was changed meanwhile, so nothing was applied.`);
    } catch (error) {
      this.context.log.warn("a predicted edit cannot be shown", error);
      this.context.fail(`${edit.path} cannot be opened, so nothing was applied.`);
    }
    return undefined;
  }

  private async apply(edit: LiveEdit): Promise<void> {
    const { tracker } = this.context;
    const isAway = this.context.scene()?.step !== "apply";
    const editor = isAway ? await this.jump(edit) : await this.open(edit);
    if (editor === undefined || tracker.live?.id !== edit.id) {
      return;
    }
    const { document } = editor;
    const range = rangeOf(edit);
    const textsBefore = new Map([[edit.uri, document.getText()]]);
    const held = tracker.hold();
    this.context.redraw();
    const isTaken = await editor.edit((builder) => {
      builder.replace(range, edit.newText);
    });
    const newEnd = endOf(edit.range.start, edit.newText);
    const newRange = new vscode.Range(range.start, new vscode.Position(newEnd.line, newEnd.character));
    // An editor that is read-only takes an edit without a word.
    const isDone = isTaken && withPlainLineEnds(document.getText(newRange)) === edit.newText && textsBefore.get(edit.uri) !== document.getText();
    if (held !== undefined) {
      tracker.settle(held, isDone ? textsBefore : undefined);
    }
    if (!isDone) {
      this.context.fail(`${edit.path} is read-only or was changed meanwhile, so nothing was applied.`);
      return;
    }
    // Who types a line and gets its import wants to go on typing.
    if (isAway || edit.kind !== "import") {
      editor.selection = new vscode.Selection(newRange.end, newRange.end);
      editor.revealRange(new vscode.Range(newRange.end, newRange.end));
    }
    await this.context.goOn();
  }
}

export function tellNone(): void {
  const words = "no edit is predicted now. Inkling: Predict Next Edit looks for one.";
  void vscode.window.showInformationMessage(`Inkling: ${words}`);
}
