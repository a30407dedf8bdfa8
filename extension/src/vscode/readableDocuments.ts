import * as vscode from "vscode";

const SCHEME = "inkling";

/** Shows texts that Inkling writes, as pages to read. */
export class ReadableDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    // After a reload of the window a tab may be restored whose text is gone.
    return this.texts.get(uri.path) ?? "Run the command again to fill this page.\n";
  }

  async show(name: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}.md` });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    try {
      await vscode.commands.executeCommand("markdown.showPreview", uri);
      // A preview that is open already is brought to the front as it was.
      await vscode.commands.executeCommand("markdown.preview.refresh");
    } catch {
      // The editor's own Markdown extension can be switched off.
      await vscode.window.showTextDocument(document, { preview: true });
    }
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}
