import * as vscode from "vscode";

import { interpreterForLearning, type Surroundings } from "../pure/serverResolution";
import type { DidChangeInterpreterParams } from "../pure/protocol";
import { currentSettings } from "./configuration";

/** The part of the Python extension's API that is used here. */
interface PythonExtensionApi {
  readonly environments: {
    getActiveEnvironmentPath(): { readonly id: string; readonly path: string };
    resolveEnvironment(environment: string): Promise<{ readonly executable: { readonly uri?: vscode.Uri | undefined } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

/** Follows which interpreter is to be learned from, and whether the workspace is trusted. */
export class InterpreterWatcher implements vscode.Disposable {
  private readonly subscriptions: { dispose(): unknown }[] = [];
  private readonly changed = new vscode.EventEmitter<DidChangeInterpreterParams>();
  private selected: string | undefined;
  private last: string | undefined;
  readonly onDidChange = this.changed.event;

  constructor(private readonly log: vscode.LogOutputChannel) {
    this.subscriptions.push(
      this.changed,
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("inkling.interpreter")) {
          this.tellIfChanged();
        }
      }),
      vscode.workspace.onDidGrantWorkspaceTrust(() => {
        this.tellIfChanged();
      }),
    );
  }

  /** Asks the Python extension, if there is one, for the interpreter that is selected, and follows its changes. */
  async start(): Promise<void> {
    const extension = vscode.extensions.getExtension<unknown>("ms-python.python");
    if (extension === undefined) {
      return;
    }
    try {
      const api = await extension.activate();
      if (!isPythonExtensionApi(api)) {
        this.log.warn("the Python extension has an interface that Inkling does not know");
        return;
      }
      this.subscriptions.push(
        api.environments.onDidChangeActiveEnvironmentPath(() => {
          void this.ask(api);
        }),
      );
      await this.ask(api);
    } catch (error) {
      this.log.warn("the Python extension did not name an interpreter", error);
    }
  }

  get surroundings(): Surroundings {
    return {
      isWindows: process.platform === "win32",
      isTrusted: vscode.workspace.isTrusted,
      selectedInterpreter: this.selected,
    };
  }

  get current(): DidChangeInterpreterParams {
    const interpreter = interpreterForLearning(currentSettings().settings, this.surroundings);
    return { interpreter, isTrusted: vscode.workspace.isTrusted };
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private async ask(api: PythonExtensionApi): Promise<void> {
    try {
      const environment = await api.environments.resolveEnvironment(api.environments.getActiveEnvironmentPath().path);
      this.selected = environment?.executable.uri?.fsPath;
    } catch (error) {
      this.log.warn("the selected interpreter cannot be resolved", error);
    }
    this.tellIfChanged();
  }

  private tellIfChanged(): void {
    const current = this.current;
    const key = JSON.stringify(current);
    if (key !== this.last) {
      this.last = key;
      this.changed.fire(current);
    }
  }
}

function isPythonExtensionApi(api: unknown): api is PythonExtensionApi {
  if (typeof api !== "object" || api === null || !("environments" in api)) {
    return false;
  }
  const { environments } = api;
  return (
    typeof environments === "object" &&
    environments !== null &&
    ["getActiveEnvironmentPath", "resolveEnvironment", "onDidChangeActiveEnvironmentPath"].every((name) => name in environments)
  );
}
