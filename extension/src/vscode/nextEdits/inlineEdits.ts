import * as vscode from "vscode";

import type { Clock } from "../../pure/clock";
import { Handover, type HandedEdit } from "../../pure/handover";
import { rangeOf } from "../documentChanges";
import { DOCUMENT_SELECTOR } from "../server";
import { EndOfLife, registerInlineEditProvider, type EndOfLifeReason, type InlineEditItem, type InlineEditProvider } from "./inlineEditApi";
import type { LiveEdit } from "../../pure/nextEditTracker";
import type { Presentation, Scene } from "./scene";

const GROUP = "next-edit";
const TRIGGER = "editor.action.inlineSuggest.trigger";
const PROVIDER_ID = `inkling.inkling:${GROUP}`;

export interface InlineEditsOptions {
  readonly clock: Clock;
  /** Resolves when no question for an edit is on its way to the server. */
  readonly settled: () => Promise<void>;
  readonly onSeenChanged: (isSeen: boolean) => void;
  readonly onAccepted: (id: string) => void;
  readonly onRejected: (id: string) => void;
}

/** Has the editor itself show the predicted edit, with its own keys. */
export class InlineEdits implements Presentation {
  private readonly handover: Handover;
  private readonly handed = new WeakMap<vscode.InlineCompletionItem, HandedEdit>();
  private edit: LiveEdit | undefined;
  private wasBrought = false;
  private changed = new vscode.EventEmitter<void>();
  private registration: vscode.Disposable;

  constructor(private readonly options: InlineEditsOptions) {
    this.handover = new Handover({
      ...options,
      call: (shown) => {
        this.callEditor(shown);
      },
    });
    this.registration = this.register();
  }

  /** Whether the editor shows this edit. */
  get isSeen(): boolean {
    return this.handover.isSeen;
  }

  /**
   * Tells whether the editor can show an edit.
   *
   * It can show those in other files, too, but calls them accepted when it has only gone there.
   */
  takes({ edit, editor: { document } }: Scene): boolean {
    const { enabled, edits } = vscode.workspace.getConfiguration("editor", document).get<InlineSuggestSettings>("inlineSuggest", {});
    return edit.uri === document.uri.toString() && enabled !== false && edits?.enabled !== false;
  }

  show({ edit, hasGhostText, wasBrought }: Scene): boolean {
    this.edit = edit;
    this.wasBrought = wasBrought;
    this.handover.want({ id: edit.id, uri: edit.uri }, !hasGhostText);
    return this.handover.isSeen;
  }

  hide(): void {
    this.edit = undefined;
    this.wasBrought = false;
    this.handover.want(undefined);
  }

  documentChanged(uri: string): void {
    this.handover.documentChanged(uri);
  }

  /**
   * Takes that the cursor was moved. The editor's own jump may lead to an empty line, where it takes the next Tab for
   * indentation, unless the edit was asked for.
   */
  cursorMoved({ kind, selections: [selection], textEditor: { document } }: vscode.TextEditorSelectionChangeEvent): void {
    const isJump = kind === undefined; // It is no key, no click and no command.
    if (isJump && this.isSeen && selection?.isEmpty === true && document.lineAt(selection.active).text === "") {
      void vscode.commands.executeCommand(TRIGGER, { providerId: PROVIDER_ID, explicit: true });
    }
  }

  /** Takes that the editor may be free to show the edit where it was not before. */
  retry(): void {
    this.handover.retry();
  }

  dispose(): void {
    this.handover.dispose();
    this.registration.dispose();
    this.changed.dispose();
  }

  private async provide(
    document: vscode.TextDocument,
    { selectedCompletionInfo }: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<InlineEditItem[]> {
    if (selectedCompletionInfo !== undefined) {
      return []; // A row of the completion list is what is looked at.
    }
    this.handover.come(token);
    await this.options.settled();
    const handed = this.handover.leaveWith(token, document.uri.toString());
    if (handed === undefined || this.edit === undefined) {
      return [];
    }
    const lineEnd = document.eol === vscode.EndOfLine.CRLF ? "\r\n" : "\n";
    const item: InlineEditItem = new vscode.InlineCompletionItem(this.edit.newText.replaceAll("\n", lineEnd), rangeOf(this.edit));
    item.isInlineEdit = true;
    this.handed.set(item, handed);
    return [item];
  }

  private ended(item: vscode.InlineCompletionItem, { kind }: EndOfLifeReason): void {
    const handed = this.handed.get(item);
    if (handed !== undefined) {
      this.handover.ended(handed, kind === EndOfLife.accepted ? "accepted" : kind === EndOfLife.rejected ? "rejected" : "dropped");
    }
  }

  private callEditor(shown: HandedEdit | undefined): void {
    // The editor asks no provider twice about one version of a document; a new one has not been asked.
    this.registration.dispose();
    this.changed.dispose();
    this.changed = new vscode.EventEmitter();
    this.registration = this.register();
    if (shown === undefined && !this.wasBrought) {
      this.changed.fire();
    } else if (shown === undefined || vscode.window.activeTextEditor?.document.uri.toString() === shown.uri) {
      // What comes takes the place of all that is on display. On request Tab takes it in leading white space, too.
      void vscode.commands.executeCommand(TRIGGER, { providerId: PROVIDER_ID, explicit: this.wasBrought });
    }
  }

  private register(): vscode.Disposable {
    const provider: InlineEditProvider = {
      onDidChange: this.changed.event,
      provideInlineCompletionItems: (document, _, context, token) => this.provide(document, context, token),
      handleDidShowCompletionItem: (item) => {
        const handed = this.handed.get(item);
        if (handed !== undefined) {
          this.handover.showed(handed);
        }
      },
      handleEndOfLifetime: (item, reason) => {
        this.ended(item, reason);
      },
    };
    return registerInlineEditProvider(DOCUMENT_SELECTOR, provider, GROUP);
  }
}

interface InlineSuggestSettings {
  readonly enabled?: boolean;
  readonly edits?: { readonly enabled?: boolean };
}
