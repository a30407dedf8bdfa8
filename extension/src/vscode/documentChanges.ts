import * as vscode from "vscode";

import type { Clock } from "../pure/clock";
import type { WireFileEdits, WireTextEdit } from "../pure/protocol";
import { ChangeJournal, fromTheEnd, rebase, type LineChange } from "../pure/textEdits";

export interface DocumentChange {
  readonly document: vscode.TextDocument;
  readonly changes: readonly LineChange[];
  readonly isUndo: boolean;
  readonly isRedo: boolean;
}

/** Follows what is changed in Python documents, so that edits made for an earlier text can be put where they belong. */
export class DocumentChanges implements vscode.Disposable {
  private readonly journal = new ChangeJournal();
  private readonly changed = new vscode.EventEmitter<DocumentChange>();
  private readonly subscriptions: vscode.Disposable;
  readonly onDidChange = this.changed.event;

  constructor(private readonly clock: Clock) {
    vscode.workspace.textDocuments.forEach((document) => {
      this.opened(document);
    });
    this.subscriptions = vscode.Disposable.from(
      this.changed,
      vscode.workspace.onDidOpenTextDocument((document) => {
        this.opened(document);
      }),
      vscode.workspace.onDidCloseTextDocument((document) => {
        this.journal.closed(document.uri.toString());
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges, reason }) => {
        if (document.languageId !== "python" || contentChanges.length === 0) {
          return;
        }
        const changes = fromTheEnd(contentChanges.map(({ range, text }) => ({ range, text })));
        this.journal.changed(document.uri.toString(), document.version, changes);
        const { Undo, Redo } = vscode.TextDocumentChangeReason;
        this.changed.fire({ document, changes, isUndo: reason === Undo, isRedo: reason === Redo });
      }),
    );
  }

  /**
   * Returns edits where they belong in the text as it is now; undefined when it was changed there since.
   *
   * @param madeAtMs When the text was read that they were made for.
   */
  async place(file: WireFileEdits, madeAtMs: number): Promise<readonly WireTextEdit[] | undefined> {
    const uri = vscode.Uri.parse(file.uri);
    await vscode.workspace.openTextDocument(uri);
    if (file.version === null && (await vscode.workspace.fs.stat(uri)).mtime > madeAtMs) {
      return undefined;
    }
    return this.placeNow(file, madeAtMs);
  }

  /** The same for a document that is open, at once. */
  placeNow(file: WireFileEdits, madeAtMs: number): readonly WireTextEdit[] | undefined {
    const changes = this.journal.since(vscode.Uri.parse(file.uri).toString(), file.version, madeAtMs);
    return changes === undefined ? undefined : rebase(file.edits, changes);
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private opened(document: vscode.TextDocument): void {
    if (document.languageId === "python") {
      this.journal.opened(document.uri.toString(), document.version, this.clock.nowMs());
    }
  }
}

export function rangeOf({ range }: WireTextEdit): vscode.Range {
  return new vscode.Range(range.start.line, range.start.character, range.end.line, range.end.character);
}
