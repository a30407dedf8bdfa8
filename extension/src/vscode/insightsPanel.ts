import { randomBytes } from "node:crypto";
import * as vscode from "vscode";

import { insightsHtml } from "../pure/insightsHtml";
import { DEFAULT_PERIOD_DAYS, readPageRequest, type PageMessage, type PageRequest } from "../pure/insightsMessages";
import { INSIGHTS, type Insights, type InsightsParams } from "../pure/protocol";
import { choosePolicy, exportEvents, resetModel, retrainModel, type Action } from "./modelActions";
import { ServerNotRunningError, type Server } from "./server";

const ACTIONS: Readonly<Record<"retrain" | "reset" | "export", readonly [working: string, action: Action]>> = {
  retrain: ["Training a model on your judgements…", retrainModel],
  reset: ["Resetting the model…", resetModel],
  export: ["Exporting…", exportEvents],
};

/** The Insights page: one panel, which holds nothing while it is hidden and is not restored. */
export class InsightsPanel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private nDays = DEFAULT_PERIOD_DAYS;
  private latest = new vscode.CancellationTokenSource();
  private readonly subscription: vscode.Disposable;

  constructor(
    private readonly extensionUri: vscode.Uri,
    private readonly server: Server,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.subscription = server.onDidStart(() => {
      void this.refresh();
    });
  }

  show(): void {
    if (this.panel !== undefined) {
      this.panel.reveal();
      return;
    }
    const dist = vscode.Uri.joinPath(this.extensionUri, "extension", "dist");
    const panel = vscode.window.createWebviewPanel("inkling.insights", "Inkling: Insights", vscode.ViewColumn.Active, {
      enableScripts: true,
      localResourceRoots: [dist],
    });
    const { webview } = panel;
    const address = (name: string): string => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
    panel.iconPath = vscode.Uri.joinPath(this.extensionUri, "extension", "media", "icon.png");
    webview.onDidReceiveMessage((message: unknown) => {
      const request = readPageRequest(message);
      if (request !== undefined) {
        void this.answer(request);
      }
    });
    panel.onDidDispose(() => {
      this.panel = undefined;
      this.latest.cancel();
    });
    webview.html = insightsHtml({
      script: address("insights.js"),
      style: address("insights.css"),
      cspSource: webview.cspSource,
      nonce: randomBytes(16).toString("hex"),
    });
    this.panel = panel;
  }

  /** Reads the figures anew where the page is open, after a setting was `chosen`; returns whether it shows them now. */
  async refresh(chosen?: string): Promise<boolean> {
    if (this.panel === undefined) {
      return false;
    }
    this.latest.cancel();
    this.latest = new vscode.CancellationTokenSource();
    const { token } = this.latest;
    this.tell({ kind: "working", words: this.server.isRunning ? "Reading your log…" : "Waiting for Inkling's server…" });
    if (!this.server.isRunning && this.server.state.kind !== "problem") {
      return false; // It is starting, and will be asked then.
    }
    try {
      let insights = await this.read(token);
      // The daemon asks for its settings after it was told that they changed, and this question may have been faster.
      if (chosen !== undefined && !insights.knob.some(({ isInForce, policy }) => isInForce && policy === chosen)) {
        insights = await this.read(token);
      }
      this.tell({ kind: "insights", insights });
      return true;
    } catch (error) {
      if (!token.isCancellationRequested) {
        this.log.warn("there are no insights", error);
        this.tell({ kind: "failed", words: wordsOf(error) });
      }
      return false;
    }
  }

  dispose(): void {
    this.subscription.dispose();
    this.latest.dispose();
    this.panel?.dispose();
  }

  private async read(token: vscode.CancellationToken): Promise<Insights> {
    const params: InsightsParams = { nDays: this.nDays };
    return (await this.server.request(INSIGHTS, params, token)) as Insights;
  }

  private async answer(request: PageRequest): Promise<void> {
    switch (request.kind) {
      case "load":
        this.nDays = request.nDays;
        await this.refresh();
        return;
      case "choose":
        await this.doing("Setting it…", () => choosePolicy(request.policy), request.policy);
        return;
      case "retrain":
      case "reset":
      case "export": {
        const [working, action] = ACTIONS[request.kind];
        await this.doing(working, () => action(this.server));
      }
    }
  }

  private async doing(working: string, action: () => Promise<string | undefined>, chosen?: string): Promise<void> {
    this.tell({ kind: "working", words: working });
    try {
      const words = await action();
      if (await this.refresh(chosen)) {
        this.tell({ kind: "said", words: words ?? "" });
      }
    } catch (error) {
      this.log.warn(working, error);
      this.tell({ kind: "failed", words: wordsOf(error) });
    }
  }

  private tell(message: PageMessage): void {
    void this.panel?.webview.postMessage(message);
  }
}

/** Returns an error for a person. */
export function wordsOf(error: unknown): string {
  if (error instanceof ServerNotRunningError) {
    return "Inkling's server is not running. Inkling: Restart Server starts it.";
  }
  return error instanceof Error && error.message !== "" ? error.message : "Inkling's server did not answer.";
}
