/** What the status bar says. */

import { interpreterText, type InterpreterChoice } from "./interpreter";
import type { ModelStatusParams, StatusParams } from "./protocol";

/** What the server is doing, seen from the extension. */
export type ServerState =
  | { readonly kind: "stopped" }
  | { readonly kind: "installing"; readonly step: string }
  | { readonly kind: "starting" }
  | { readonly kind: "running"; readonly status: StatusParams | undefined; readonly model: ModelStatusParams | undefined }
  | { readonly kind: "waiting_to_restart" }
  | { readonly kind: "problem"; readonly message: string };

/** Tells whether a server will be able to answer soon, and is not yet. */
export function isOnItsWay(server: ServerState): boolean {
  switch (server.kind) {
    case "installing":
    case "starting":
    case "waiting_to_restart":
      return true;
    case "running":
      return server.status === undefined || server.status.state === "starting";
    case "stopped":
    case "problem":
      return false;
  }
}

/** Whether the user wants suggestions now. */
export type Activity =
  | { readonly kind: "active" }
  | { readonly kind: "paused" }
  | { readonly kind: "snoozed"; readonly untilMs: number }
  /** `inkling.completion.enabled` is false. */
  | { readonly kind: "off" };

export interface StatusText {
  readonly text: string;
  readonly tooltip: string;
  readonly isWarning: boolean;
}

/** Returns what to show; a problem hides everything else, because only it needs a person. */
export function statusText(
  server: ServerState,
  activity: Activity,
  interpreter: InterpreterChoice,
  formatTime: (atMs: number) => string,
): StatusText {
  if (server.kind === "problem") {
    return { text: "$(warning) Inkling", tooltip: server.message, isWarning: true };
  }
  switch (activity.kind) {
    case "paused":
      return calm("$(debug-pause) Inkling: paused", "Suggestions are paused. Click to resume.");
    case "snoozed": {
      const until = formatTime(activity.untilMs);
      return calm(`$(bell-slash) Inkling: until ${until}`, `Suggestions are snoozed until ${until}. Click to resume.`);
    }
    case "off":
      return calm("$(circle-slash) Inkling: off", "Suggestions are switched off by the setting inkling.completion.enabled.");
    case "active":
      return serverText(server, interpreter);
  }
}

function serverText(server: Exclude<ServerState, { kind: "problem" }>, interpreter: InterpreterChoice): StatusText {
  switch (server.kind) {
    case "stopped":
      return calm("$(circle-slash) Inkling", "The server is not running.");
    case "installing":
      return calm("$(sync~spin) Inkling: installing", server.step);
    case "starting":
      return calm("$(sync~spin) Inkling: starting", "The server is starting.");
    case "waiting_to_restart":
      return calm("$(sync~spin) Inkling: restarting", "The server stopped and is started again.");
    case "running": {
      const status = runningText(server.status);
      const model = modelText(server);
      const tooltip = [status.tooltip, interpreterText(interpreter), ...(model === undefined ? [] : [model])].join("\n");
      // Only what nothing but the user can mend is a warning: an endpoint that is down is asked again by itself.
      return server.model?.state === "refused" ? { text: "$(warning) Inkling", tooltip, isWarning: true } : { ...status, tooltip };
    }
  }
}

/** Returns one line on the language model's endpoint; undefined where none is configured. */
export function modelText(server: ServerState): string | undefined {
  const model = server.kind === "running" ? server.model : undefined;
  return model === undefined || model.state === "off" ? undefined : `Language model: ${model.words}`;
}

function runningText(status: StatusParams | undefined): StatusText {
  switch (status?.state) {
    case undefined:
    case "starting":
      return calm("$(sync~spin) Inkling: starting", status?.message ?? "The server is starting.");
    case "indexing":
      return calm(`$(sync~spin) Inkling: ${indexingPercent(status)}%`, status.message);
    case "ready":
      return calm("$(sparkle) Inkling", status.message === "" ? "Ready." : status.message);
    case "degraded":
      return { text: "$(warning) Inkling", tooltip: status.message, isWarning: true };
  }
}

function indexingPercent(status: StatusParams): number {
  const nTotal = status.nFilesTotal ?? 0;
  return nTotal === 0 ? 0 : Math.min(100, Math.floor((100 * (status.nFilesDone ?? 0)) / nTotal));
}

function calm(text: string, tooltip: string): StatusText {
  return { text, tooltip, isWarning: false };
}
