import * as vscode from "vscode";

import type { Clock } from "../../pure/clock";
import { endOf, withPlainLineEnds } from "../../pure/followedEdit";
import { isTabOurs, nextStep, type Cursor, type TabAction } from "../../pure/nextEditKeys";
import { pictureOf, type DrawnDocument, type EditPicture } from "../../pure/nextEditPicture";
import { NextEditTracker, type LiveEdit } from "../../pure/nextEditTracker";
import {
  NEXT_EDIT_GROUP,
  NEXT_EDIT_READY,
  type NextEditGroupParams,
  type NextEditGroupResult,
  type NextEditReadyParams,
} from "../../pure/protocol";
import type { TrackedOutcome } from "../../pure/suggestionTracker";
import type { ActivitySwitch } from "../activity";
import { currentSettings } from "../configuration";
import { rangeOf, type DocumentChange, type DocumentChanges } from "../documentChanges";
import { wordsOf } from "../insightsPanel";
import { DOCUMENT_SELECTOR, type Server } from "../server";
import { MovedError, previewedEdit } from "./groupEdits";
import { isInView, NextEditDisplay } from "./nextEditDisplay";
import { Questions } from "./questions";

const HAS_EDIT = "inkling.hasNextEdit";
/** "jump" or "apply" where Tab may be ours. */
const TAB = "inkling.nextEditTab";

export interface NextEditsOptions {
  readonly server: Server;
  readonly activity: ActivitySwitch;
  readonly changes: DocumentChanges;
  readonly clock: Clock;
  readonly log: vscode.LogOutputChannel;
  readonly report: (outcome: TrackedOutcome) => void;
  /** Resolves once the server knows the outcomes, or could not be told. */
  readonly reported: () => Promise<void>;
}

/** Asks where the next edit is likely to be after each change, shows it, and goes there and applies it with the user. */
export class NextEdits implements vscode.Disposable {
  private readonly tracker: NextEditTracker;
  private readonly display = new NextEditDisplay();
  private readonly subscriptions: vscode.Disposable;
  private readonly questions: Questions;
  /** Where the cursor was put last on the way to an edit. */
  private jumpedTo: Pick<Cursor, "uri" | "position"> | undefined;
  /** The document that the server was asked about last, and when. */
  private asked: { readonly uri: string; readonly atMs: number } | undefined;
  private hasGhostText = false;
  /** Whether the latest that the user did was to dismiss an edit. */
  private wasDismissed = false;
  private contexts = "";

  constructor(private readonly options: NextEditsOptions) {
    this.tracker = new NextEditTracker(options);
    this.questions = new Questions(options);
    options.server.listen(NEXT_EDIT_READY, (params) => {
      this.foundLate(params as NextEditReadyParams);
    });
    const redraw = (): void => {
      this.draw();
    };
    const commands: Readonly<Record<string, (...args: never[]) => Promise<void>>> = {
      "inkling.nextEdit.predict": () => this.predict(),
      "inkling.nextEdit.jump": (key?: Key) => this.step("jump", key),
      "inkling.nextEdit.apply": (key?: Key) => this.step("apply", key),
      "inkling.nextEdit.dismiss": () => this.dismiss(),
      "inkling.nextEdit.preview": () => this.preview(),
      "inkling.nextEdit.applyAll": () => this.applyAll(),
    };
    this.subscriptions = vscode.Disposable.from(
      this.display,
      ...Object.entries(commands).map(([name, action]) => vscode.commands.registerCommand(name, action)),
      options.changes.onDidChange((change) => {
        this.documentChanged(change);
      }),
      options.activity.onDidChange(() => {
        if (options.activity.isWaiting) {
          this.leave();
        }
      }),
      vscode.window.onDidChangeTextEditorSelection(redraw),
      vscode.window.onDidChangeTextEditorVisibleRanges(redraw),
      vscode.window.onDidChangeVisibleTextEditors(redraw),
      vscode.window.onDidChangeWindowState(redraw),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        this.editorChanged(editor);
      }),
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        if (this.tracker.live?.uri === uri.toString()) {
          this.leave();
        }
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("inkling.nextEdit")) {
          this.leave();
        }
      }),
    );
  }

  /** Takes whether our own ghost text stands at the cursor: then Tab is its own, and so is the place of the hint. */
  ghostTextChanged(isLive: boolean): void {
    this.hasGhostText = isLive;
    this.draw();
  }

  /** Ends what is open, so that its outcome is reported. */
  dispose(): void {
    this.leave();
    this.subscriptions.dispose();
  }

  private documentChanged({ document, changes, isUndo, isRedo }: DocumentChange): void {
    const uri = document.uri.toString();
    if (isUndo) {
      this.tracker.undone(uri, document.getText());
    }
    if (isUndo || isRedo) {
      // What follows from a change that was taken back does not follow any more.
      this.leave();
      return;
    }
    this.wasDismissed = false;
    const isActive = vscode.window.activeTextEditor?.document === document;
    this.tracker.documentChanged(uri, changes, isActive && changes.length === 1 ? "typing" : "program");
    this.draw();
    if (isActive) {
      void this.ask({ isInvoked: false, delayMs: currentSettings(document).settings.nextEditDebounceMs });
    }
  }

  private editorChanged(editor: vscode.TextEditor | undefined): void {
    const uri = editor?.document.uri.toString();
    // Between two editors there is none for a moment.
    if (uri !== undefined && uri !== this.asked?.uri && uri !== this.tracker.live?.uri) {
      this.leave();
    } else {
      this.draw();
    }
  }

  /** What is being read is not replaced by what was found late. */
  private foundLate({ uri }: NextEditReadyParams): void {
    const shown = vscode.window.activeTextEditor?.document.uri.toString();
    if (this.tracker.live === undefined && shown === vscode.Uri.parse(uri).toString()) {
      void this.ask({ isInvoked: false, delayMs: 0 });
    }
  }

  private async predict(): Promise<void> {
    const words = await this.ask({ isInvoked: true, delayMs: 0 });
    if (words !== undefined) {
      void vscode.window.showInformationMessage(`Inkling: ${words}`);
    }
  }

  /** Asks for the next edit, and shows it; returns why there is none, in words. An older question is called off. */
  private async ask({ isInvoked, delayMs }: { readonly isInvoked: boolean; readonly delayMs: number }): Promise<string | undefined> {
    this.questions.cancel();
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined || vscode.languages.match(DOCUMENT_SELECTOR, editor.document) === 0) {
      return "the next edit is predicted in Python files.";
    }
    if (this.options.activity.isWaiting) {
      return "it is paused. Resume it to have the next edit predicted.";
    }
    if (!currentSettings(editor.document).settings.predictsEdits) {
      return "next edits are switched off by the setting inkling.nextEdit.enabled.";
    }
    this.asked = { uri: editor.document.uri.toString(), atMs: this.options.clock.nowMs() };
    const answer = await this.questions.ask({ editor, isInvoked, delayMs });
    switch (answer?.kind) {
      case undefined:
        return undefined;
      case "edit":
        this.tracker.offer(answer.edit);
        this.draw();
        return undefined;
      case "none":
        this.tracker.leave();
        this.draw();
        return answer.words;
    }
  }

  /** Goes to the edit or applies it, whichever is next; Tab that is not ours any more does what it always does. */
  private async step(action: TabAction, key: Key | undefined): Promise<void> {
    const edit = this.tracker.live;
    const situation = this.situation();
    if (key?.key === "tab" && (edit === undefined || situation?.isTabOurs !== true)) {
      await vscode.commands.executeCommand("tab");
    } else if (edit === undefined) {
      tellNone();
    } else {
      await (action === "jump" || (key?.key === "tab" && situation?.step === "jump") ? this.jump(edit) : this.apply(edit));
    }
  }

  /** Brings the edit into view and the cursor to it; returns the editor, or undefined where it holds no more, which is told. */
  private async jump(edit: LiveEdit): Promise<vscode.TextEditor | undefined> {
    const editor = await this.open(edit);
    if (editor === undefined) {
      return undefined;
    }
    const start = rangeOf(edit).start;
    this.jumpedTo = { uri: edit.uri, position: { line: start.line, character: start.character } };
    editor.selection = new vscode.Selection(start, start);
    editor.revealRange(new vscode.Range(start, start), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    this.draw();
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
      this.fail(`${edit.path} was changed meanwhile, so nothing was applied.`);
    } catch (error) {
      this.options.log.warn("a predicted edit cannot be shown", error);
      this.fail(`${edit.path} cannot be opened, so nothing was applied.`);
    }
    return undefined;
  }

  private async apply(edit: LiveEdit): Promise<void> {
    const isAway = this.situation()?.step !== "apply";
    const editor = isAway ? await this.jump(edit) : await this.open(edit);
    if (editor === undefined || this.tracker.live?.id !== edit.id) {
      return;
    }
    const { document } = editor;
    const range = rangeOf(edit);
    const textsBefore = new Map([[edit.uri, document.getText()]]);
    const held = this.tracker.hold();
    this.draw();
    const isTaken = await editor.edit((builder) => {
      builder.replace(range, edit.newText);
    });
    const newEnd = endOf(edit.range.start, edit.newText);
    const newRange = new vscode.Range(range.start, new vscode.Position(newEnd.line, newEnd.character));
    // An editor that is read-only takes an edit without a word.
    const isDone = isTaken && withPlainLineEnds(document.getText(newRange)) === edit.newText && textsBefore.get(edit.uri) !== document.getText();
    if (held !== undefined) {
      this.tracker.settle(held, isDone ? textsBefore : undefined);
    }
    if (!isDone) {
      this.fail(`${edit.path} is read-only or was changed meanwhile, so nothing was applied.`);
      return;
    }
    // Who types a line and gets its import wants to go on typing.
    if (isAway || edit.kind !== "import") {
      editor.selection = new vscode.Selection(newRange.end, newRange.end);
      editor.revealRange(new vscode.Range(newRange.end, newRange.end));
    }
    await this.ask({ isInvoked: false, delayMs: 0 });
  }

  /** Of several edits of a kind one may be wrong, and the next one is shown; who dismisses that, too, wants quiet. */
  private async dismiss(): Promise<void> {
    const edit = this.tracker.live;
    const isOneOfMany = edit !== undefined && edit.nInGroup > 1 && !this.wasDismissed;
    this.questions.cancel();
    this.tracker.rejected();
    this.draw();
    this.wasDismissed = true;
    if (isOneOfMany) {
      // Else the server would offer the same again.
      await this.options.reported();
      await this.ask({ isInvoked: false, delayMs: 0 });
    }
  }

  private async preview(): Promise<void> {
    const edit = this.tracker.live;
    if (edit === undefined) {
      tellNone();
      return;
    }
    const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === edit.uri);
    const files = [{ uri: edit.uri, version: document?.version ?? null, edits: [edit] }];
    await this.applyPreviewed(edit, { files, label: edit.label }, this.asked?.atMs ?? 0);
  }

  private async applyAll(): Promise<void> {
    const edit = this.tracker.live;
    if (edit === undefined) {
      tellNone();
      return;
    }
    const params: NextEditGroupParams = { id: edit.id };
    const madeAtMs = this.options.clock.nowMs();
    try {
      const group = (await this.options.server.request(NEXT_EDIT_GROUP, params)) as NextEditGroupResult;
      await this.applyPreviewed(edit, group, madeAtMs);
    } catch (error) {
      this.options.log.warn("no edits of this kind", error);
      this.fail(wordsOf(error));
    }
  }

  /** Shows edits in the editor's own preview, which makes those that stay ticked, in one step of undo. */
  private async applyPreviewed({ uri }: LiveEdit, group: NextEditGroupResult, madeAtMs: number): Promise<void> {
    const { files = [], label = "", message = "" } = group;
    if (files.length === 0) {
      this.fail(message === "" ? "the edits do not fit any more." : message);
      return;
    }
    try {
      const edit = await previewedEdit(files, label, this.options.changes, madeAtMs);
      const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
      const textsBefore = new Map([[uri, document.getText()]]);
      const held = this.tracker.hold();
      this.draw();
      const isApplied = await vscode.workspace.applyEdit(edit, { isRefactoring: true });
      if (held !== undefined) {
        this.tracker.settle(held, isApplied ? textsBefore : undefined);
      }
      if (isApplied) {
        if (message !== "") {
          void vscode.window.showInformationMessage(`Inkling: ${message}`);
        }
        await this.ask({ isInvoked: false, delayMs: 0 });
      }
    } catch (error) {
      if (!(error instanceof MovedError)) {
        throw error;
      }
      this.fail(error.message);
    }
  }

  private fail(words: string): void {
    this.leave();
    void vscode.window.showWarningMessage(`Inkling: ${words}`);
  }

  private leave(): void {
    this.questions.cancel();
    this.tracker.leave();
    this.draw();
  }

  private draw(): void {
    const situation = this.situation();
    if (situation === undefined) {
      this.setContexts(undefined);
      this.display.hide();
      this.tracker.setVisible(false);
      return;
    }
    // Whoever sees what Tab does can press it.
    this.setContexts(situation);
    const { hasGhostText } = this;
    const isSeen = this.display.show({ ...situation, hasGhostText });
    this.tracker.setVisible(isSeen && vscode.window.state.focused);
  }

  /** Returns what is next from where the cursor is; undefined when nothing is predicted, or there is no cursor. */
  private situation(): Situation | undefined {
    const edit = this.tracker.live;
    const editor = vscode.window.activeTextEditor;
    if (edit === undefined || editor === undefined) {
      return undefined;
    }
    const uri = editor.document.uri.toString();
    const { line, character } = editor.selection.active;
    const cursor: Cursor = { uri, position: { line, character }, lineText: editor.document.lineAt(line).text };
    const picture = this.picture(edit, editor);
    const { firstLine, lastLine } = picture;
    const target = { uri: edit.uri, firstLine, lastLine, isInView: uri === edit.uri && isInView(editor, firstLine) };
    const isPlainCursor = editor.selections.length === 1 && editor.selection.isEmpty;
    return {
      edit,
      editor,
      picture,
      step: nextStep(cursor, target),
      isTabOurs: isPlainCursor && !this.hasGhostText && isTabOurs(cursor, target, this.jumpedTo),
    };
  }

  private picture(edit: LiveEdit, editor: vscode.TextEditor): EditPicture {
    const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === edit.uri);
    const tabSize = Number(editor.options.tabSize);
    const drawn: DrawnDocument = {
      // Of a file that is not open only the place is shown.
      nLines: document?.lineCount ?? 0,
      tabSize: Number.isInteger(tabSize) ? tabSize : 4,
      line: (line) => document?.lineAt(line).text ?? "",
    };
    return pictureOf(edit, drawn);
  }

  private setContexts(situation: Situation | undefined): void {
    const tab = situation?.isTabOurs === true ? situation.step : "";
    const contexts = `${situation !== undefined} ${tab}`;
    if (contexts !== this.contexts) {
      this.contexts = contexts;
      void vscode.commands.executeCommand("setContext", HAS_EDIT, situation !== undefined);
      void vscode.commands.executeCommand("setContext", TAB, tab);
    }
  }
}

/** The key that ran a command; the keybindings name it. */
interface Key {
  readonly key?: string;
}

interface Situation {
  readonly edit: LiveEdit;
  readonly editor: vscode.TextEditor;
  readonly picture: EditPicture;
  readonly step: TabAction;
  readonly isTabOurs: boolean;
}

function tellNone(): void {
  const words = "no edit is predicted now. Inkling: Predict Next Edit looks for one.";
  void vscode.window.showInformationMessage(`Inkling: ${words}`);
}
