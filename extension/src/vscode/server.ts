import path from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";

import * as vscode from "vscode";
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  LSPErrorCodes,
  ResponseError,
  RevealOutputChannelOn,
  State,
} from "vscode-languageclient/node";

import { EnvironmentError, findEnvironment, makeEnvironment } from "../node/environment";
import { AbortedError } from "../node/process";
import { NotStartedError, ServerProcess } from "../node/serverProcess";
import { withoutKey } from "../pure/apiKey";
import type { Clock } from "../pure/clock";
import { fillsPopup } from "../pure/popup";
import {
  DID_CHANGE_API_KEY,
  DID_CHANGE_INTERPRETER,
  MODEL_STATUS,
  SETTINGS_SECTION,
  STATUS,
  type DidChangeApiKeyParams,
  type InitializationOptions,
  type ModelStatusParams,
  type StatusParams,
} from "../pure/protocol";
import { RestartPolicy } from "../pure/restartPolicy";
import { ServerLog } from "../pure/serverLog";
import { planServer } from "../pure/serverResolution";
import { awaitStart, noAnswerText, type ServerCommand } from "../pure/serverStart";
import { isOnItsWay, type ServerState } from "../pure/status";
import type { ApiKey } from "./apiKey";
import { currentSettings } from "./configuration";
import type { InterpreterWatcher } from "./interpreter";

const STOP_TIMEOUT_MS = 2000;
const KEY_KNOWN_WITHIN_MS = 1000;
/** Longest wait for a server that is on its way; who pauses for longer looks elsewhere by then. */
const SETTLED_WITHIN_MS = 10_000;

/** Extensions that fill the completion popup for Python. */
const POPUP_FILLERS = ["ms-python.vscode-pylance", "detachhead.basedpyright", "ms-pyright.pyright"];

/** The documents in which Inkling suggests. */
export const DOCUMENT_SELECTOR = ["file", "untitled", "vscode-notebook-cell"].map((scheme) => ({ language: "python", scheme }));

/** A client that is given no token, not even undefined, takes what stands there for a second parameter. */
const NEVER_CANCELLED: vscode.CancellationToken = new vscode.CancellationTokenSource().token;

/** A client that only logs: what the user has to know of the server's death is told once, in `Server`. */
class QuietClient extends LanguageClient {
  private isAbandoned = false;

  /** What the end of its process does to the client from now on is of no interest. */
  abandon(): void {
    this.isAbandoned = true;
  }

  override error(message: string, data?: unknown): void {
    if (!this.isAbandoned) {
      super.error(message, data, false);
    }
  }

  /** Traced messages hold whatever is sent; the key must not get into a log that users paste into reports. */
  override trace(message: string, data?: unknown): void {
    super.trace(withoutKey(message), typeof data === "string" ? withoutKey(data) : data);
  }

  /** A client that is starting cannot be stopped and would say so with a stack trace; its process is killed instead. */
  override stop(timeout?: number): Promise<void> {
    return this.state === State.Starting || this.state === State.StartFailed ? Promise.resolve() : super.stop(timeout);
  }
}

/** A server and the client that speaks with it. */
interface Connection {
  readonly client: QuietClient;
  readonly process: ServerProcess;
}

interface Listener {
  readonly method: string;
  readonly hear: (params: unknown) => void;
}

function forEachLine(stream: Readable, take: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Infinity, terminal: false }).on("line", take);
}

export interface ServerOptions {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly interpreter: InterpreterWatcher;
  readonly apiKey: ApiKey;
  readonly clock: Clock;
}

/** There is no server to ask. */
export class ServerNotRunningError extends Error {
  constructor() {
    super("the server is not running");
  }
}

/** Tells whether a request failed because it was cancelled, or there was nobody to ask: nothing that a user could mend. */
export function isCalledOff(error: unknown): boolean {
  const isCancelled = error instanceof ResponseError && error.code === LSPErrorCodes.RequestCancelled;
  return isCancelled || error instanceof ServerNotRunningError;
}

/** The daemon's life: found or installed, started, restarted when it dies, stopped. */
export class Server implements vscode.Disposable {
  private readonly stateChanged = new vscode.EventEmitter<ServerState>();
  private readonly started = new vscode.EventEmitter<void>();
  private readonly subscriptions: { dispose(): unknown }[] = [this.stateChanged, this.started];
  private readonly policy = new RestartPolicy();
  private currentState: ServerState = { kind: "stopped" };
  private connection: Connection | undefined;
  /** Starts and stops follow one another; each calls off the start before it and waits for its end. */
  private work: Promise<void> = Promise.resolve();
  private latest = new AbortController();
  private callOffRestart: (() => void) | undefined;
  private wasCrashTold = false;
  private isDisposed = false;
  private readonly listeners: Listener[] = [];
  readonly onDidChangeState = this.stateChanged.event;
  /** Fires each time a server is ready for requests. */
  readonly onDidStart = this.started.event;

  constructor(private readonly options: ServerOptions) {
    this.subscriptions.push(
      options.apiKey.onDidChange(() => {
        this.notify(DID_CHANGE_API_KEY, this.apiKeyParams());
      }),
      options.interpreter.onDidChange((params) => {
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
    return this.connection?.client.isRunning() ?? false;
  }

  start(): Promise<void> {
    return this.enqueue((signal) => this.launch(signal));
  }

  restart(): Promise<void> {
    this.policy.reset();
    return this.enqueue(async (signal) => {
      await this.halt();
      await this.launch(signal);
    });
  }

  stop(): Promise<void> {
    this.isDisposed = true;
    return this.enqueue(() => this.halt());
  }

  /** Asks the server. Rejects with `ServerNotRunningError`, or with the server's own error. */
  request(method: string, params: unknown, token: vscode.CancellationToken = NEVER_CANCELLED): Promise<unknown> {
    const client = this.connection?.client;
    return client?.isRunning() === true ? client.sendRequest<unknown>(method, params, token) : Promise.reject(new ServerNotRunningError());
  }

  /** Waits, for some seconds at most, while a server is on its way; what is asked of it meanwhile would be lost. */
  async settled(token: vscode.CancellationToken): Promise<void> {
    if (!isOnItsWay(this.currentState)) {
      return;
    }
    const watchers: { dispose(): unknown }[] = [];
    await new Promise<void>((resolve) => {
      const callOff = this.options.clock.after(SETTLED_WITHIN_MS, resolve);
      watchers.push(
        { dispose: callOff },
        token.onCancellationRequested(() => {
          resolve();
        }),
        this.onDidChangeState((state) => {
          if (!isOnItsWay(state)) {
            resolve();
          }
        }),
      );
    });
    vscode.Disposable.from(...watchers).dispose();
  }

  /** Hears a notification of each server that is started from now on. */
  listen(method: string, hear: Listener["hear"]): void {
    this.listeners.push({ method, hear });
  }

  dispose(): void {
    vscode.Disposable.from(...this.subscriptions).dispose();
  }

  private notify(method: string, params: object): void {
    const client = this.connection?.client;
    if (client?.isRunning() === true) {
      client.sendNotification(method, params).catch((error: unknown) => {
        this.options.log.warn(`the server was not told: ${method}`, error);
      });
    }
  }

  private enqueue(action: (signal: AbortSignal) => Promise<void>): Promise<void> {
    this.callOffRestart?.();
    this.callOffRestart = undefined;
    this.latest.abort();
    this.latest = new AbortController();
    const { signal } = this.latest;
    this.work = this.work.then(() => action(signal)).catch((error: unknown) => {
      this.options.log.error("starting or stopping the server failed", error);
    });
    return this.work;
  }

  private setState(state: ServerState): void {
    this.currentState = state;
    if (!this.isDisposed) {
      this.stateChanged.fire(state);
    }
  }

  private async launch(signal: AbortSignal): Promise<void> {
    if (this.connection !== undefined || this.isDisposed || signal.aborted) {
      return;
    }
    this.setState({ kind: "starting" });
    const command = await this.findCommand(signal);
    const process = command === undefined ? undefined : await this.startProcess(command);
    if (command === undefined || process === undefined) {
      return;
    }
    // Without the key an endpoint would refuse what a moment later it would answer; the process starts up meanwhile.
    await this.options.apiKey.known(this.options.clock, KEY_KNOWN_WITHIN_MS);
    const told = this.initializationOptions();
    const client = this.makeClient(process, told);
    const connection: Connection = { client, process };
    this.connection = connection;
    const end = await awaitStart(client.start(), this.options.clock, signal);
    switch (end.kind) {
      case "answered":
        if (this.connection === connection) {
          this.setState({ kind: "running", status: undefined, model: undefined });
          this.started.fire();
          const current = this.options.interpreter.current;
          // A server that is starting cannot be told; the Python extension or the secret storage may have answered meanwhile.
          if (current.interpreter !== told.interpreter || current.isTrusted !== told.isTrusted) {
            this.notify(DID_CHANGE_INTERPRETER, current);
          }
          if (this.apiKeyParams().apiKey !== told.apiKey) {
            this.notify(DID_CHANGE_API_KEY, this.apiKeyParams());
          }
        }
        return;
      case "called_off":
        this.options.log.info("the start of the server was called off");
        this.abandon(connection);
        return;
      case "no_answer":
        this.abandon(connection);
        this.options.log.error(noAnswerText(command));
        this.fail(noAnswerText(command));
        return;
      case "failed":
        this.options.log.error("the server did not start", end.error);
        this.died(connection);
    }
  }

  /** Returns undefined when the program cannot be started, which the user was told; another try would not help. */
  private async startProcess(command: ServerCommand): Promise<ServerProcess | undefined> {
    this.options.log.info(`starting ${[command.command, ...command.args].join(" ")}`);
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    try {
      return await ServerProcess.start(command, folder?.scheme === "file" ? folder.fsPath : undefined, (words) => {
        this.options.log.info(`the server's process ${words}`);
      });
    } catch (error) {
      if (!(error instanceof NotStartedError)) {
        throw error;
      }
      this.options.log.error(error.message);
      this.fail(error.message);
      return undefined;
    }
  }

  /** Ends a server that never answered. */
  private abandon(connection: Connection): void {
    if (this.connection === connection) {
      this.connection = undefined;
    }
    connection.client.abandon();
    connection.process.kill();
  }

  private initializationOptions(): InitializationOptions {
    return { ownsInlineCompletion: true, takesLateSuggestions: true, ...this.options.interpreter.current, ...this.apiKeyParams() };
  }

  private apiKeyParams(): DidChangeApiKeyParams {
    return { apiKey: this.options.apiKey.current ?? null };
  }

  private makeClient(process: ServerProcess, initializationOptions: InitializationOptions): QuietClient {
    const isCurrent = (): boolean => this.connection?.process === process;
    const client = new QuietClient("inkling", "Inkling", () => Promise.resolve(process.child), {
      documentSelector: DOCUMENT_SELECTOR,
      initializationOptions,
      outputChannel: this.options.log,
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
          if (this.connection !== undefined && isCurrent()) {
            this.died(this.connection);
          }
          return { action: CloseAction.DoNotRestart, handled: true };
        },
      },
    });
    client.onNotification(STATUS, (status: StatusParams) => {
      if (isCurrent()) {
        const { currentState } = this;
        this.setState({ kind: "running", status, model: currentState.kind === "running" ? currentState.model : undefined });
      }
    });
    client.onNotification(MODEL_STATUS, (model: ModelStatusParams) => {
      if (isCurrent()) {
        const { currentState } = this;
        this.setState({ kind: "running", status: currentState.kind === "running" ? currentState.status : undefined, model });
      }
    });
    for (const { method, hear } of this.listeners) {
      client.onNotification(method, (params: unknown) => {
        if (isCurrent()) {
          hear(params);
        }
      });
    }
    return client;
  }

  private async halt(): Promise<void> {
    const connection = this.connection;
    this.connection = undefined;
    if (connection !== undefined) {
      try {
        await connection.client.dispose(STOP_TIMEOUT_MS);
        connection.process.killUnlessItEnds();
      } catch (error) {
        this.options.log.warn("the server did not stop in order", error);
        connection.process.kill();
      }
    }
    this.setState({ kind: "stopped" });
  }

  private died(connection: Connection): void {
    if (this.connection !== connection) {
      return;
    }
    this.connection = undefined;
    // One that only closed its streams would live on without anybody to speak with.
    connection.process.killUnlessItEnds();
    const decision = this.policy.died(this.options.clock.nowMs());
    switch (decision.kind) {
      case "restart":
        this.options.log.warn(`the server stopped; it is started again in ${decision.delayMs} ms`);
        this.setState({ kind: "waiting_to_restart" });
        this.callOffRestart = this.options.clock.after(decision.delayMs, () => {
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

  /** Returns the command that starts the server; undefined when it was called off, or there is none, which the user was told. */
  private async findCommand(signal: AbortSignal): Promise<ServerCommand | undefined> {
    const { settings, problems } = currentSettings();
    for (const problem of problems) {
      this.options.log.warn(problem);
    }
    const plan = planServer(settings, this.options.interpreter.surroundings);
    if (plan.kind === "command") {
      return { command: plan.command, args: plan.args, origin: "setting" };
    }
    const place = {
      storageDir: this.options.context.globalStorageUri.fsPath,
      bundleDir: path.join(this.options.context.extensionPath, "extension", "dist", "server"),
      extensionVersion: String((this.options.context.extension.packageJSON as { readonly version: unknown }).version),
    };
    try {
      const command = (await findEnvironment(place)) ?? (await this.install({ ...place, candidates: plan.candidates, signal }));
      return signal.aborted ? undefined : { command, args: ["--log-level", "info", "serve"], origin: "own_environment" };
    } catch (error) {
      if (error instanceof AbortedError) {
        this.setState({ kind: "problem", message: "The installation of the server was called off. Restart the server to go on." });
      } else {
        this.options.log.error("the server's environment could not be made", error);
        this.fail(error instanceof EnvironmentError ? error.message : `Inkling could not install its server: ${String(error)}`);
      }
      return undefined;
    }
  }

  private async install(request: Omit<Parameters<typeof makeEnvironment>[0], "onStep" | "onLog">): Promise<string> {
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
        this.options.log.info(line);
      };
      try {
        return await makeEnvironment({ ...request, signal: AbortSignal.any([request.signal, abort.signal]), onStep, onLog });
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
        this.options.log.show();
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
