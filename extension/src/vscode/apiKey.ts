import * as vscode from "vscode";

import { keyProblem } from "../pure/apiKey";
import type { Clock } from "../pure/clock";

const SECRET = "apiKey";

/** Holds the key of the language model's endpoint; it lives in the editor's secret storage and nowhere else. */
export class ApiKey implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly stored: vscode.Disposable;
  private readonly first: Promise<void>;
  private key: string | undefined;
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.stored = secrets.onDidChange((event) => {
      if (event.key === SECRET) {
        void this.read();
      }
    });
    this.first = this.read();
  }

  /** The key as far as it is known; undefined until it was read, and where there is none. */
  get current(): string | undefined {
    return this.key;
  }

  /** Resolves once the key is known, at the latest after `ms`: a storage may be locked and ask the user first. */
  async known(clock: Clock, ms: number): Promise<void> {
    await Promise.race([
      this.first,
      new Promise<void>((resolve) => {
        clock.after(ms, resolve);
      }),
    ]);
  }

  /** Reads the stored key; a storage that is locked or missing is as if there were none. */
  private async read(): Promise<void> {
    let key: string | undefined;
    try {
      key = await this.secrets.get(SECRET);
    } catch (error) {
      this.log.warn("the editor's secret storage cannot be read", error);
    }
    if (key !== this.key) {
      this.key = key;
      this.changed.fire();
    }
  }

  /** Asks the user for the key and stores it. */
  async ask(): Promise<void> {
    const typed = await vscode.window.showInputBox({
      title: "Inkling: API key of the language model's endpoint",
      prompt: "Stored in the editor's secret storage, and sent to inkling.model.baseUrl only.",
      password: true,
      ignoreFocusOut: true,
      validateInput: (value) => (value === "" ? undefined : keyProblem(value)),
    });
    if (typed === undefined || keyProblem(typed) !== undefined) {
      return;
    }
    await this.storing(this.secrets.store(SECRET, typed.trim()), "The API key is stored.");
  }

  async clear(): Promise<void> {
    await this.storing(this.secrets.delete(SECRET), "The API key is removed.");
  }

  dispose(): void {
    this.stored.dispose();
    this.changed.dispose();
  }

  private async storing(work: Thenable<void>, done: string): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.log.warn("the editor's secret storage cannot be written", error);
      void vscode.window.showErrorMessage("Inkling: the editor's secret storage cannot be written.");
      return;
    }
    await this.read();
    void vscode.window.showInformationMessage(`Inkling: ${done}`);
  }
}
