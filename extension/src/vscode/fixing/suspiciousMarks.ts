import * as vscode from "vscode";

import type { MarkedLine } from "../../pure/fixAnswer";

/** Marks the lines that may hold a fault, until their file is changed or the user has seen enough. */
export class SuspiciousMarks implements vscode.Disposable {
  private readonly decoration = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor("inkling.suspiciousLineBackground"),
    borderColor: new vscode.ThemeColor("inkling.suspiciousLineBorder"),
    borderStyle: "solid",
    borderWidth: "0 0 0 2px",
    overviewRulerColor: new vscode.ThemeColor("editorOverviewRuler.warningForeground"),
    overviewRulerLane: vscode.OverviewRulerLane.Right,
    after: { color: new vscode.ThemeColor("inkling.quietHintForeground"), margin: "0 0 0 3ch" },
  });
  private readonly subscriptions: vscode.Disposable;
  private marks: readonly MarkedLine[] = [];

  constructor() {
    this.subscriptions = vscode.Disposable.from(
      this.decoration,
      vscode.window.onDidChangeVisibleTextEditors(() => {
        this.draw();
      }),
      vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        const uri = document.uri.toString();
        // The values were those of another text.
        if (contentChanges.length > 0 && this.marks.some((mark) => sameUri(mark, uri))) {
          this.set(this.marks.filter((mark) => !sameUri(mark, uri)));
        }
      }),
      vscode.commands.registerCommand("inkling.clearMarks", () => {
        this.set([]);
      }),
    );
  }

  /** Marks lines in place of those marked before, and shows the first. */
  async show(marks: readonly MarkedLine[]): Promise<void> {
    this.set(marks);
    const [first] = marks;
    if (first !== undefined) {
      const selection = new vscode.Range(first.line, 0, first.line, 0);
      await vscode.window.showTextDocument(vscode.Uri.parse(first.uri), { selection });
    }
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private set(marks: readonly MarkedLine[]): void {
    this.marks = marks;
    this.draw();
    void vscode.commands.executeCommand("setContext", "inkling.hasMarks", marks.length > 0);
  }

  private draw(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const here = this.marks.filter((mark) => sameUri(mark, editor.document.uri.toString()));
      editor.setDecorations(
        this.decoration,
        here.map(({ line, words }) => ({
          range: editor.document.validateRange(new vscode.Range(line, 0, line, Number.MAX_SAFE_INTEGER)),
          hoverMessage: words,
          renderOptions: { after: { contentText: words } },
        })),
      );
    }
  }
}

function sameUri(mark: MarkedLine, uri: string): boolean {
  return vscode.Uri.parse(mark.uri).toString() === uri;
}
