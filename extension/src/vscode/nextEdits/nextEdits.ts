import * as vscode from "vscode";

import type { Clock } from "../../pure/clock";
import { NextEditTracker } from "../../pure/nextEditTracker";
import { NEXT_EDIT_READY, type NextEditReadyParams } from "../../pure/protocol";
import type { TrackedOutcome } from "../../pure/suggestionTracker";
import type { ActivitySwitch } from "../activity";
import { currentSettings } from "../configuration";
import type { DocumentChange, DocumentChanges } from "../documentChanges";
import { DOCUMENT_SELECTOR, type Server } from "../server";
import { Applying, type Key } from "./applying";
import { Drawing } from "./drawing";
import { hasInlineEditApi } from "./inlineEditApi";
import { InlineEdits } from "./inlineEdits";
import { Previewing } from "./previewing";
import { Questions } from "./questions";
import { sceneOf, type Presentation, type Scene } from "./scene";

const HAS_EDIT = "inkling.hasNextEdit";
/** Whether we draw the edit, and so take the keys for it; where the editor shows it, the keys are its own. */
const DRAWS_EDIT = "inkling.drawsNextEdit";
/** "jump" or "apply" where Tab may be ours. */
const TAB = "inkling.nextEditTab";

export interface NextEditsOptions {
  readonly extension: vscode.Extension<unknown>;
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
  private readonly drawing = new Drawing();
  /** Only where the editor lets us use its own. */
  private readonly inlineEdits: InlineEdits | undefined;
  private readonly subscriptions: vscode.Disposable;
  private readonly questions: Questions;
  private readonly applying: Applying;
  /** The document that the server was asked about last, and when. */
  private asked: { readonly uri: string; readonly atMs: number } | undefined;
  private latestAsk: Promise<unknown> = Promise.resolve();
  private hasGhostText = false;
  /** Whether the latest that the user did was to dismiss an edit. */
  private wasDismissed = false;
  private contexts = "";
  /** What shows the edit; undefined where there is none. */
  private presentation: Presentation | undefined;

  constructor(private readonly options: NextEditsOptions) {
    this.tracker = new NextEditTracker(options);
    this.questions = new Questions(options);
    const context = {
      ...options,
      tracker: this.tracker,
      scene: () => this.scene(),
      redraw: () => {
        this.draw();
      },
      fail: (words: string) => {
        this.fail(words);
      },
      goOn: () => this.goOn(),
      askedAtMs: () => this.asked?.atMs ?? 0,
    };
    this.applying = new Applying(context);
    const previewing = new Previewing(context);
    this.inlineEdits = hasInlineEditApi(options.extension) ? this.editorsOwn() : undefined;
    options.server.listen(NEXT_EDIT_READY, (params) => {
      this.foundLate(params as NextEditReadyParams);
    });
    const commands: Readonly<Record<string, (...args: never[]) => Promise<void>>> = {
      "inkling.nextEdit.predict": () => this.predict(),
      "inkling.nextEdit.jump": (key?: Key) => this.applying.step("jump", key),
      "inkling.nextEdit.apply": (key?: Key) => this.applying.step("apply", key),
      "inkling.nextEdit.dismiss": () => this.dismiss(),
      "inkling.nextEdit.preview": () => previewing.preview(),
      "inkling.nextEdit.applyAll": () => previewing.applyAll(),
    };
    this.subscriptions = vscode.Disposable.from(
      this.drawing,
      ...(this.inlineEdits === undefined ? [] : [this.inlineEdits]),
      ...Object.entries(commands).map(([name, action]) => vscode.commands.registerCommand(name, action)),
      options.changes.onDidChange((change) => {
        this.documentChanged(change);
      }),
      options.activity.onDidChange(() => {
        if (options.activity.isWaiting) {
          this.leave();
        }
      }),
      vscode.window.onDidChangeTextEditorSelection((event) => {
        this.inlineEdits?.cursorMoved(event);
        this.draw();
      }),
      vscode.window.onDidChangeTextEditorVisibleRanges(context.redraw),
      vscode.window.onDidChangeVisibleTextEditors(context.redraw),
      vscode.window.onDidChangeWindowState(() => {
        this.inlineEdits?.retry();
        this.draw();
      }),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        this.inlineEdits?.retry();
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
        } else if (event.affectsConfiguration("editor.inlineSuggest")) {
          this.draw(); // The editor may show it now, or may not any more.
        }
      }),
    );
  }

  /** Takes whether our own ghost text stands at the cursor: then Tab is its own, and so is the place of the hint. */
  ghostTextChanged(isLive: boolean): void {
    this.hasGhostText = isLive;
    this.inlineEdits?.retry();
    this.draw();
  }

  /** Ends what is open, so that its outcome is reported. */
  dispose(): void {
    this.leave();
    this.tracker.dispose();
    this.subscriptions.dispose();
  }

  private documentChanged({ document, changes, isUndo, isRedo }: DocumentChange): void {
    const uri = document.uri.toString();
    this.inlineEdits?.documentChanged(uri);
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
    const by = isActive && changes.length === 1 ? "typing" : "program";
    this.tracker.documentChanged(uri, changes, by, this.inlineEdits?.isSeen);
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

  private async goOn(): Promise<void> {
    await this.ask({ isInvoked: false, delayMs: 0 });
  }

  /** Asks for the next edit, and shows it; returns why there is none, in words. An older question is called off. */
  private ask(how: Asking): Promise<string | undefined> {
    this.questions.cancel();
    const answer = this.askNow(how);
    this.latestAsk = answer;
    return answer;
  }

  /** Resolves when no question is on its way. */
  private async settled(): Promise<void> {
    for (let latest; latest !== this.latestAsk; ) {
      latest = this.latestAsk;
      await latest;
    }
  }

  private async askNow({ isInvoked, delayMs }: Asking): Promise<string | undefined> {
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
      await this.goOn();
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

  /** What the editor tells of an edit that it shows itself. */
  private editorsOwn(): InlineEdits {
    return new InlineEdits({
      clock: this.options.clock,
      settled: () => this.settled(),
      onSeenChanged: (isSeen) => {
        if (this.presentation === this.inlineEdits) {
          this.tracker.setVisible(isSeen && vscode.window.state.focused);
        }
      },
      onAccepted: (id) => {
        const text = vscode.window.activeTextEditor?.document.getText();
        if (this.tracker.accepted(id, text ?? "")) {
          this.draw();
          void this.goOn();
        }
      },
      onRejected: (id) => {
        if (this.tracker.live?.id === id) {
          void this.dismiss();
        }
      },
    });
  }

  private draw(): void {
    const scene = this.scene();
    this.presentation = scene && (this.inlineEdits?.takes(scene) === true ? this.inlineEdits : this.drawing);
    this.setContexts(scene);
    for (const other of [this.drawing, this.inlineEdits]) {
      if (other !== this.presentation) {
        other?.hide();
      }
    }
    const isSeen = scene !== undefined && this.presentation?.show(scene) === true;
    this.tracker.setVisible(isSeen && vscode.window.state.focused);
  }

  /** Returns what there is to show; undefined when nothing is predicted, or there is no cursor. */
  private scene(): Scene | undefined {
    const edit = this.tracker.live;
    const editor = vscode.window.activeTextEditor;
    const { hasGhostText } = this;
    return edit === undefined || editor === undefined ? undefined : sceneOf(edit, editor, { hasGhostText, arrival: this.applying.arrival });
  }

  private setContexts(scene: Scene | undefined): void {
    const isDrawn = this.presentation === this.drawing;
    const values = {
      [HAS_EDIT]: scene !== undefined,
      [DRAWS_EDIT]: isDrawn,
      [TAB]: isDrawn && scene?.isTabOurs === true ? scene.step : "",
    };
    const contexts = JSON.stringify(values);
    if (contexts !== this.contexts) {
      this.contexts = contexts;
      for (const [name, value] of Object.entries(values)) {
        void vscode.commands.executeCommand("setContext", name, value);
      }
    }
  }
}

interface Asking {
  readonly isInvoked: boolean;
  readonly delayMs: number;
}
