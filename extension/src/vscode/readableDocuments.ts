import * as vscode from "vscode";

const SCHEME = "inkling";

/** Shows texts that Inkling writes, as pages to read. */
export class ReadableDocuments implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly latest = new Map<string, { readonly uri: string; readonly text: string }>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  private n = 0;

  provideTextDocumentContent(uri: vscode.Uri): string {
    const known = this.latest.get(uri.path);
    // After a reload of the window a tab may be restored whose text is gone.
    return known?.uri === uri.toString() ? known.text : "Run the command again to fill this page.\n";
  }

  /** Shows a Markdown text, in the tab of the one before. */
  async show(name: string, markdown: string): Promise<void> {
    // A preview that is open does not notice that a document's text is another; another document it shows.
    this.n += 1;
    const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}.md`, query: String(this.n) });
    this.latest.set(uri.path, { uri: uri.toString(), text: markdown });
    const document = await vscode.workspace.openTextDocument(uri);
    try {
      await vscode.commands.executeCommand("markdown.showPreview", uri);
    } catch {
      // The editor's own Markdown extension can be switched off.
      await vscode.window.showTextDocument(document, { preview: true });
    }
  }

  dispose(): void {
    this.registration.dispose();
  }
}
