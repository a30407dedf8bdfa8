import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

import * as vscode from "vscode";
import { CloseAction, ErrorAction, LanguageClient, RevealOutputChannelOn } from "vscode-languageclient/node";

import { EnvironmentError, findEnvironment, makeEnvironment } from "../node/environment";
import { AbortedError } from "../node/process";
import type { Clock } from "../pure/clock";
import { fillsPopup } from "../pure/popup";
import { DID_CHANGE_INTERPRETER, SETTINGS_SECTION, STATUS, type InitializationOptions, type StatusParams } from "../pure/protocol";
import { RestartPolicy } from "../pure/restartPolicy";
import { ServerLog } from "../pure/serverLog";
import { planServer } from "../pure/serverResolution";
import type { ServerState } from "../pure/status";
import { currentSettings } from "./configuration";
import type { InterpreterWatcher } from "./interpreter";

const STOP_TIMEOUT_MS = 2000;

/** Extensions that fill the completion popup for Python. */
const POPUP_FILLERS = ["ms-python.vscode-pylance", "detachhead.basedpyright", "ms-pyright.pyright"];

/** The documents in which Inkling suggests. */
export const DOCUMENT_SELECTOR = ["file", "untitled", "vscode-notebook-cell"].map((scheme) => ({ language: "python", scheme }));

/** A client that is given no token, not even undefined, takes what stands there for a second parameter. */
const NEVER_CANCELLED: vscode.CancellationToken = new vscode.CancellationTokenSource().token;

interface Command {
  readonly command: string;
  readonly args: string[];
}

/** A client that only logs: what the user has to know of the server's death is told once, in `Server`. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }
}

function forEachLine(stream: Readable, take: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity, terminal: false }).on("line", take);
}

/** There is no server to ask. */
export class ServerNotRunningError extends Error {
  constructor() {
    super("the server is not running");
  }
}

/** The daemon's life: found or installed, started, restarted when it dies, stopped. */
export class Server implements vscode.Disposable {
  private readonly stateChanged = new vscode.EventEmitter<ServerState>();
  private readonly started = new vscode.EventEmitter<void>();
  private readonly subscriptions: { dispose(): unknown }[] = [this.stateChanged, this.started];
  private readonly policy = new RestartPolicy();
  private currentState: ServerState = { kind: "stopped" };
  private client: LanguageClient | undefined;
  /** Starts and stops follow one another; each waits for the one before. */
  private work: Promise<void> = Promise.resolve();
  private callOffRestart: (() => void) | undefined;
  private wasCrashTold = false;
  private isDisposed = false;
  readonly onDidChangeState = this.stateChanged.event;
  /** Fires each time a server is ready for requests. */
  readonly onDidStart = this.started.event;

  constructor(
    private readonly context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    private readonly interpreter: InterpreterWatcher,
    private readonly clock: Clock,
  ) {
    this.subscriptions.push(
      interpreter.onDidChange((params) => {
        this.notify(DID_CHANGE_INTERPRETER, params);
      }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration("inkling.server")) {
          void this.restart();
        } else if (event.affectsConfiguration(SETTINGS_SECTION)) {
          // Only the news: the server asks for the values itself.
          this.notify("workspace/didChangeConfiguration", { settings: null });
        }
      }),
    );
  }

  get state(): ServerState {
    return this.currentState;
  }

  get isRunning(): boolean {
    return this.client?.isRunning() ?? false;
  }

  start(): Promise<void> {
    return this.enqueue(() => this.launch());
  }

  restart(): Promise<void> {
    this.policy.reset();
    return this.enqueue(async () => {
      await this.halt();
      await this.launch();
    });
  }

  stop(): Promise<void> {
    this.isDisposed = true;
    return this.enqueue(() => this.halt());
  }

  /** Asks the server. Rejects with `ServerNotRunningError`, or with the server's own error. */
  request(method: string, params: unknown, token: vscode.CancellationToken = NEVER_CANCELLED): Promise<unknown> {
    const client = this.client;
    return client?.isRunning() === true ? client.sendRequest<unknown>(method, params, token) : Promise.reject(new ServerNotRunningError());
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private notify(method: string, params: object): void {
    if (this.client?.isRunning() === true) {
      this.client.sendNotification(method, params).catch((error: unknown) => {
        this.log.warn(`the server was not told: ${method}`, error);
      });
    }
  }

  private enqueue(action: () => Promise<void>): Promise<void> {
    this.callOffRestart?.();
    this.callOffRestart = undefined;
    this.work = this.work.then(action).catch((error: unknown) => {
      this.log.error("starting or stopping the server failed", error);
    });
    return this.work;
  }

  private setState(state: ServerState): void {
    this.currentState = state;
    if (!this.isDisposed) {
      this.stateChanged.fire(state);
    }
  }

  private async launch(): Promise<void> {
    if (this.client !== undefined || this.isDisposed) {
      return;
    }
    this.setState({ kind: "starting" });
    const command = await this.findCommand();
    if (command === undefined) {
      return;
    }
    this.log.info(`starting ${[command.command, ...command.args].join(" ")}`);
    const client = this.makeClient(command);
    this.client = client;
    try {
      await client.start();
    } catch (error) {
      this.log.error("the server did not start", error);
      this.died(client);
      return;
    }
    if (this.client === client) {
      this.setState({ kind: "running", status: undefined });
      this.started.fire();
    }
  }

  private makeClient(command: Command): LanguageClient {
    const initializationOptions = (): InitializationOptions => ({ ownsInlineCompletion: true, ...this.interpreter.current });
    const client: LanguageClient = new QuietClient("inkling", "Inkling", command, {
      documentSelector: DOCUMENT_SELECTOR,
      initializationOptions,
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      initializationFailedHandler: () => false,
      stdioOptions: {
        stdout: (stream, channel) => {
          forEachLine(stream, (line) => {
            channel.info(line);
          });
        },
        stderr: (stream, channel) => {
          const serverLog = new ServerLog();
          forEachLine(stream, (line) => {
            channel[serverLog.levelOf(line)](line);
          });
        },
      },
      middleware: {
        provideCompletionItem: (document, position, completionContext, token, next) => {
          const isFilledByOthers = POPUP_FILLERS.some((id) => vscode.extensions.getExtension(id) !== undefined);
          return fillsPopup(currentSettings().settings.popup, isFilledByOthers)
            ? next(document, position, completionContext, token)
            : undefined;
        },
      },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          this.died(client);
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
    });
    client.onNotification(STATUS, (status: StatusParams) => {
      if (this.client === client) {
        this.setState({ kind: "running", status });
      }
    });
    return client;
  }

  private async halt(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client !== undefined) {
      try {
        await client.dispose(STOP_TIMEOUT_MS);
      } catch (error) {
        this.log.warn("the server did not stop in order", error);
      }
    }
    this.setState({ kind: "stopped" });
  }

  private died(client: LanguageClient): void {
    if (this.client !== client) {
      return;
    }
    this.client = undefined;
    const decision = this.policy.died(this.clock.nowMs());
    switch (decision.kind) {
      case "restart":
        this.log.warn(`the server stopped; it is started again in ${decision.delayMs} ms`);
        this.setState({ kind: "waiting_to_restart" });
        this.callOffRestart = this.clock.after(decision.delayMs, () => {
          void this.start();
        });
        if (!this.wasCrashTold) {
          this.wasCrashTold = true;
          void this.tell("Inkling's server stopped and is started again.");
        }
        return;
      case "give_up":
        this.fail("Inkling's server stopped several times and is not started again by itself.");
    }
  }

  /** Returns the command that starts the server; undefined when there is none, which the user was told. */
  private async findCommand(): Promise<Command | undefined> {
    const { settings, problems } = currentSettings();
    for (const problem of problems) {
      this.log.warn(problem);
    }
    const plan = planServer(settings, this.interpreter.surroundings);
    if (plan.kind === "command") {
      return { command: plan.command, args: [...plan.args] };
    }
    const place = {
      storageDir: this.context.globalStorageUri.fsPath,
      bundleDir: path.join(this.context.extensionPath, "extension", "dist", "server"),
      extensionVersion: String((this.context.extension.packageJSON as { readonly version: unknown }).version),
    };
    try {
      const command = (await findEnvironment(place)) ?? (await this.install({ ...place, candidates: plan.candidates }));
      return { command, args: ["--log-level", "info", "serve"] };
    } catch (error) {
      if (error instanceof AbortedError) {
        this.setState({ kind: "problem", message: "The installation of the server was called off. Restart the server to go on." });
      } else {
        this.log.error("the server's environment could not be made", error);
        this.fail(error instanceof EnvironmentError ? error.message : `Inkling could not install its server: ${String(error)}`);
      }
      return undefined;
    }
  }

  private async install(request: Omit<Parameters<typeof makeEnvironment>[0], "signal" | "onStep" | "onLog">): Promise<string> {
    const options = { location: vscode.ProgressLocation.Notification, title: "Inkling", cancellable: true };
    return vscode.window.withProgress(options, async (progress, token) => {
      const abort = new AbortController();
      const subscription = token.onCancellationRequested(() => {
        abort.abort();
      });
      const onStep = (step: string): void => {
        progress.report({ message: step });
        this.setState({ kind: "installing", step });
      };
      const onLog = (line: string): void => {
        this.log.info(line);
      };
      try {
        return await makeEnvironment({ ...request, signal: abort.signal, onStep, onLog });
      } finally {
        subscription.dispose();
      }
    });
  }

  private fail(message: string): void {
    this.setState({ kind: "problem", message });
    void this.tell(message, "Open Settings", "Retry");
  }

  private async tell(message: string, ...buttons: ("Open Settings" | "Retry")[]): Promise<void> {
    const show = buttons.length > 0 ? vscode.window.showErrorMessage : vscode.window.showWarningMessage;
    const choice = await show(message, "Show Logs", ...buttons);
    switch (choice) {
      case "Show Logs":
        this.log.show();
        return;
      case "Open Settings":
        await vscode.commands.executeCommand("workbench.action.openSettings", "inkling.server");
        return;
      case "Retry":
        await this.restart();
        return;
      case undefined:
        return;
    }
  }
}
