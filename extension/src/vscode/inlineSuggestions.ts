import * as vscode from "vscode";
import { InlineCompletionTriggerKind } from "vscode-languageclient/node";

import { readAnswer, type AnsweredSuggestion } from "../pure/answer";
import { AnswerTracker } from "../pure/answerTracker";
import type { Clock } from "../pure/clock";
import { pause } from "../pure/debounce";
import { goesOnFrom, restOfRow, type SelectedRow } from "../pure/popup";
import { SUGGESTIONS_READY, type SuggestionsReadyParams } from "../pure/protocol";
import type { Continuation, Offer, TrackedOutcome } from "../pure/suggestionTracker";
import type { ActivitySwitch } from "./activity";
import { currentSettings } from "./configuration";
import { DOCUMENT_SELECTOR, isCalledOff, type Server } from "./server";

/** Carried by every item; the editor runs it when the item was accepted. */
export const ACCEPT_COMMAND = "inkling.acceptSuggestion";
/** Bound to Escape while one of our suggestions is visible. */
export const REJECT_COMMAND = "inkling.rejectSuggestion";
const HAS_SUGGESTION = "inkling.hasSuggestion";
const HIDE = "editor.action.inlineSuggest.hide";
const TRIGGER = "editor.action.inlineSuggest.trigger";
/** Asks our provider alone, as if by itself: what others have on display stays, and nothing is announced. */
const AGAIN = { providerId: "inkling.inkling:*", explicit: false };

export interface InlineSuggestionsOptions {
  readonly server: Server;
  readonly activity: ActivitySwitch;
  readonly clock: Clock;
  readonly log: vscode.LogOutputChannel;
  readonly report: (outcome: TrackedOutcome) => void;
  /** Told whether one of our suggestions stands at the cursor, whenever that changes. */
  readonly onLiveChanged: (isLive: boolean) => void;
}

/** Shows the daemon's suggestions as ghost text, and watches what becomes of them. */
export class InlineSuggestions implements vscode.InlineCompletionItemProvider, vscode.Disposable {
  private readonly tracker: AnswerTracker;
  private readonly subscriptions: vscode.Disposable[] = [];
  private inFlight: vscode.CancellationTokenSource | undefined;
  /** What the server has more of, until it was asked for. */
  private ready: SuggestionsReadyParams | undefined;
  private registration: vscode.Disposable;

  constructor(private readonly options: InlineSuggestionsOptions) {
    this.tracker = new AnswerTracker({
      clock: options.clock,
      report: options.report,
      onLiveChanged: (isLive) => {
        void vscode.commands.executeCommand("setContext", HAS_SUGGESTION, isLive);
        options.onLiveChanged(isLive);
      },
    });
    this.registration = this.register();
    options.server.listen(SUGGESTIONS_READY, (params) => {
      void this.askAgain(params as SuggestionsReadyParams);
    });
    this.subscriptions.push(
      vscode.commands.registerCommand(ACCEPT_COMMAND, (id: unknown) => {
        if (typeof id === "string") {
          this.tracker.accepted(id);
        }
      }),
      vscode.commands.registerCommand(REJECT_COMMAND, async () => {
        // First, so that a predicted edit which the rejection makes room for is not hidden with it.
        await vscode.commands.executeCommand(HIDE);
        this.tracker.rejected();
      }),
      vscode.workspace.onDidChangeTextDocument((event) => {
        this.documentChanged(event);
      }),
      vscode.window.onDidChangeTextEditorSelection((event) => {
        if (event.textEditor === vscode.window.activeTextEditor) {
          this.selectionChanged(event.textEditor.document, event.selections);
        }
      }),
      vscode.window.onDidChangeActiveTextEditor(() => {
        this.tracker.leave();
      }),
      vscode.window.onDidChangeWindowState((state) => {
        // The editor takes ghost text away when it loses the focus.
        if (!state.focused) {
          this.tracker.leave();
        }
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.tracker.leave(document.uri.toString());
      }),
      options.activity.onDidChange((activity) => {
        if (activity.kind !== "active") {
          this.inFlight?.cancel();
          this.tracker.leave();
          void vscode.commands.executeCommand(HIDE);
        }
      }),
    );
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[] | undefined> {
    if (this.options.activity.current.kind !== "active") {
      return undefined;
    }
    const row = selectedRow(document, position, context.selectedCompletionInfo);
    const live = this.tracker.continueAt(document.uri.toString(), document.offsetAt(position));
    const isAutomatic = context.triggerKind === vscode.InlineCompletionTriggerKind.Automatic;
    const [first] = live;
    if (this.takesReady(document) && first !== undefined && row === undefined) {
      return this.goOn(document, position, token);
    }
    const goesOn = first !== undefined && goesOnFrom(first.text, row);
    if (goesOn && (isAutomatic || live.length > 1)) {
      return live.map((each) => item(each, position));
    }
    if (row === "does not fit") {
      this.tracker.leave();
      return undefined;
    }
    const debounceMs = isAutomatic ? currentSettings().settings.debounceMs : 0;
    if (!(await pause(this.options.clock, debounceMs, token))) {
      return undefined;
    }
    const { version } = document;
    const suggestions = await this.ask(document, position, context, token, isAutomatic);
    if (token.isCancellationRequested || document.version !== version) {
      return undefined;
    }
    return this.offer(document, position, suggestions, goesOn);
  }

  /** Ends what is open, so that its outcomes are reported. */
  dispose(): void {
    this.inFlight?.cancel();
    this.tracker.dispose();
    this.registration.dispose();
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private register(): vscode.Disposable {
    return vscode.languages.registerInlineCompletionItemProvider(DOCUMENT_SELECTOR, this);
  }

  /** Has the editor ask once more, if what the server has more of is what is on display in front of the user. */
  private async askAgain(params: SuggestionsReadyParams): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (editor?.document.uri.toString() !== params.uri || editor.document.version !== params.version) {
      return;
    }
    if (this.tracker.continueAt(params.uri, editor.document.offsetAt(editor.selection.active)).length > 0) {
      this.ready = params;
      // The editor asks no provider twice about one version of a document; a new one has not been asked.
      this.registration.dispose();
      this.registration = this.register();
      await vscode.commands.executeCommand(TRIGGER, AGAIN);
    }
  }

  /** Tells, once, whether the server has said that it has more for the document as it is. */
  private takesReady(document: vscode.TextDocument): boolean {
    const { ready } = this;
    this.ready = undefined;
    return ready?.uri === document.uri.toString() && ready.version === document.version;
  }

  /** Asks for a longer text than the one on display; anything else would change under the user's eyes. */
  private async goOn(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[] | undefined> {
    const { version } = document;
    const [longer] = await this.ask(document, position, { selectedCompletionInfo: undefined }, token, true);
    if (token.isCancellationRequested || document.version !== version) {
      return undefined;
    }
    if (longer !== undefined) {
      this.tracker.offerLonger(offerAt(document, position, longer));
    }
    return this.tracker.continueAt(document.uri.toString(), document.offsetAt(position)).map((each) => item(each, position));
  }

  private async ask(
    document: vscode.TextDocument,
    position: vscode.Position,
    { selectedCompletionInfo: selected }: Pick<vscode.InlineCompletionContext, "selectedCompletionInfo">,
    token: vscode.CancellationToken,
    isAutomatic: boolean,
  ): Promise<readonly AnsweredSuggestion[]> {
    this.inFlight?.cancel();
    const source = new vscode.CancellationTokenSource();
    this.inFlight = source;
    const linked = token.onCancellationRequested(() => {
      source.cancel();
    });
    const isPast = (): boolean => source.token.isCancellationRequested;
    const params = {
      textDocument: { uri: document.uri.toString() },
      position: { line: position.line, character: position.character },
      context: {
        triggerKind: isAutomatic ? InlineCompletionTriggerKind.Automatic : InlineCompletionTriggerKind.Invoked,
        ...(selected === undefined ? {} : { selectedCompletionInfo: { range: wireRange(selected.range), text: selected.text } }),
      },
    };
    try {
      await this.options.server.settled(source.token);
      if (isPast()) {
        return [];
      }
      const answer = await this.options.server.request("textDocument/inlineCompletion", params, source.token);
      return isPast()
        ? []
        : readAnswer(answer, document.eol === vscode.EndOfLine.CRLF ? "\r\n" : "\n", typedOf(document, position, selected));
    } catch (error) {
      if (!isCalledOff(error)) {
        this.options.log.warn("no suggestion", error);
      }
      return [];
    } finally {
      linked.dispose();
      source.dispose();
      if (this.inFlight === source) {
        this.inFlight = undefined;
      }
    }
  }

  /** Offers suggestions instead of what is live, or beside it where the user asks for more of them. */
  private offer(
    document: vscode.TextDocument,
    position: vscode.Position,
    suggestions: readonly AnsweredSuggestion[],
    isMore: boolean,
  ): vscode.InlineCompletionItem[] {
    const offers = suggestions.map((suggestion) => offerAt(document, position, suggestion));
    if (isMore) {
      this.tracker.addAlternatives(offers);
    } else if (offers.length > 0) {
      this.tracker.offer(offers);
    }
    return offers.length > 0 || isMore
      ? this.tracker.continueAt(document.uri.toString(), document.offsetAt(position)).map((each) => item(each, position))
      : [];
  }

  private documentChanged(event: vscode.TextDocumentChangeEvent): void {
    const changes = event.contentChanges.map((change) => ({
      offset: change.rangeOffset,
      length: change.rangeLength,
      text: change.text,
    }));
    this.tracker.documentChanged(event.document.uri.toString(), changes, event.reason === undefined ? "edit" : "undo_or_redo");
  }

  private selectionChanged(document: vscode.TextDocument, selections: readonly vscode.Selection[]): void {
    const [selection, ...others] = selections;
    const isCursor = selection?.isEmpty === true && others.length === 0;
    this.tracker.cursorMoved(document.uri.toString(), isCursor ? document.offsetAt(selection.active) : undefined);
  }
}

function offerAt(document: vscode.TextDocument, position: vscode.Position, suggestion: AnsweredSuggestion): Offer {
  const before = document.lineAt(position.line).text.slice(0, position.character);
  return { ...suggestion, uri: document.uri.toString(), offset: document.offsetAt(position), before };
}

function item(continuation: Continuation, position: vscode.Position): vscode.InlineCompletionItem {
  const range = new vscode.Range(position, position.translate(0, continuation.replacedAfter));
  return new vscode.InlineCompletionItem(continuation.text, range, {
    title: "Accept the suggestion",
    command: ACCEPT_COMMAND,
    arguments: [continuation.id],
  });
}

/** Returns what the popup's selected row would still insert at the cursor; undefined when no row is selected. */
function selectedRow(
  document: vscode.TextDocument,
  position: vscode.Position,
  selected: vscode.SelectedCompletionInfo | undefined,
): SelectedRow {
  if (selected === undefined) {
    return undefined;
  }
  const isAtCursor = selected.range.isSingleLine && selected.range.end.isEqual(position);
  return isAtCursor ? restOfRow(selected.text, typedOf(document, position, selected)) : "does not fit";
}

/** Returns the part of the popup's row that is typed already. */
function typedOf(
  document: vscode.TextDocument,
  position: vscode.Position,
  selected: vscode.SelectedCompletionInfo | undefined,
): string {
  return selected === undefined ? "" : document.getText(new vscode.Range(selected.range.start, position));
}

function wireRange(range: vscode.Range): { start: vscode.Position; end: vscode.Position } {
  return { start: range.start, end: range.end };
}
