import * as vscode from "vscode";

import { isExecutable } from "../node/executable";
import { chooseInterpreter, missingInterpreterText, type InterpreterChoice } from "../pure/interpreter";
import type { DidChangeInterpreterParams } from "../pure/protocol";
import type { Surroundings } from "../pure/serverResolution";
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
  private isSelectionPending = true;
  private last: string | undefined;
  /** Each wrong path is told once. */
  private readonly told = new Set<string>();
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
      vscode.workspace.onDidChangeWorkspaceFolders(() => {
        this.tellIfChanged();
      }),
    );
  }

  /** Asks the Python extension, if there is one, for the interpreter that is selected, and follows its changes. */
  async start(): Promise<void> {
    await this.follow();
    this.isSelectionPending = false;
    this.tellIfChanged();
  }

  get surroundings(): Surroundings {
    return {
      isWindows: process.platform === "win32",
      isTrusted: vscode.workspace.isTrusted,
      selectedInterpreter: this.selected,
    };
  }

  get choice(): InterpreterChoice {
    const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
    const surroundings = {
      ...this.surroundings,
      isSelectionPending: this.isSelectionPending,
      workspaceDirs: folders.map((folder) => folder.uri.fsPath),
      virtualEnv: process.env["VIRTUAL_ENV"],
      searchPath: process.env["PATH"],
    };
    return chooseInterpreter(currentSettings().settings, surroundings, isExecutable);
  }

  get current(): DidChangeInterpreterParams {
    const choice = this.choice;
    return { interpreter: choice.kind === "found" ? choice.path : null, isTrusted: vscode.workspace.isTrusted };
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private async follow(): Promise<void> {
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
    const { choice, current } = this;
    if (choice.kind === "missing" && !this.told.has(choice.configured)) {
      this.told.add(choice.configured);
      void this.tellMissing(choice.configured);
    }
    const key = JSON.stringify([choice, current]);
    if (key !== this.last) {
      this.last = key;
      this.changed.fire(current);
    }
  }

  private async tellMissing(configured: string): Promise<void> {
    const pressed = await vscode.window.showWarningMessage(missingInterpreterText(configured), "Show Logs", "Open Settings");
    if (pressed === "Show Logs") {
      this.log.show();
    } else if (pressed === "Open Settings") {
      await vscode.commands.executeCommand("workbench.action.openSettings", "inkling.interpreter");
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
