import * as vscode from "vscode";

import type { Clock } from "../../pure/clock";
import { pause } from "../../pure/debounce";
import { withPlainLineEnds } from "../../pure/followedEdit";
import { NEXT_EDIT, type NextEditParams, type NextEditResult, type WireNextEdit } from "../../pure/protocol";
import { rangeOf } from "../documentChanges";
import { wordsOf } from "../insightsPanel";
import { isCalledOff, type Server } from "../server";

export interface Question {
  readonly editor: vscode.TextEditor;
  readonly isInvoked: boolean;
  /** How long to wait before asking, in case another one follows. */
  readonly delayMs: number;
}

/** What the server predicts for the text as it is now, or why nothing, in words. */
export type Answer = { readonly kind: "edit"; readonly edit: WireNextEdit } | { readonly kind: "none"; readonly words: string };

/** Asks the server for the next edit, one question at a time: a newer one calls off the older. */
export class Questions {
  private inFlight: vscode.CancellationTokenSource | undefined;

  constructor(
    private readonly options: { readonly server: Server; readonly clock: Clock; readonly log: vscode.LogOutputChannel },
  ) {}

  cancel(): void {
    this.inFlight?.cancel();
    this.inFlight = undefined;
  }

  /** Returns the answer; undefined when the question was called off, or has been overtaken by what was typed since. */
  async ask({ editor, isInvoked, delayMs }: Question): Promise<Answer | undefined> {
    this.cancel();
    const source = new vscode.CancellationTokenSource();
    const isPast = (): boolean => source.token.isCancellationRequested;
    this.inFlight = source;
    try {
      await pause(this.options.clock, delayMs, source.token);
      await this.options.server.settled(source.token);
      if (isPast()) {
        return undefined;
      }
      const { document } = editor;
      const { version } = document;
      const { line, character } = editor.selection.active;
      const params: NextEditParams = { uri: document.uri.toString(), version, position: { line, character }, isInvoked };
      const result = (await this.options.server.request(NEXT_EDIT, params, source.token)) as NextEditResult | null;
      const isStale = isPast() || document.version !== version || vscode.window.activeTextEditor?.document !== document;
      return isStale ? undefined : answerOf(result);
    } catch (error) {
      if (!isCalledOff(error)) {
        this.options.log.warn("no next edit", error);
        return { kind: "none", words: wordsOf(error) };
      }
      return isPast() ? undefined : { kind: "none", words: "the server is not running." };
    } finally {
      source.dispose();
      if (this.inFlight === source) {
        this.inFlight = undefined;
      }
    }
  }
}

function answerOf(result: NextEditResult | null): Answer {
  const { edit, message } = result ?? {};
  if (edit !== undefined && edit !== null && isUpToDate(edit)) {
    return { kind: "edit", edit: { ...edit, uri: vscode.Uri.parse(edit.uri).toString() } };
  }
  return { kind: "none", words: message === undefined || message === "" ? "nothing follows from the latest changes." : message };
}

/** A document that is open must be as it was when the edit was predicted. */
function isUpToDate(edit: WireNextEdit): boolean {
  const uri = vscode.Uri.parse(edit.uri).toString();
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri);
  return (
    document === undefined ||
    (document.version === (edit.version ?? document.version) &&
      withPlainLineEnds(document.getText(rangeOf(edit))) === withPlainLineEnds(edit.oldText))
  );
}
