/** Starts the page: in the editor, where the figures come as messages, or in a report, where they stand in the document. */

import { DEFAULT_PERIOD_DAYS, isPeriod, type PageMessage } from "../pure/insightsMessages";
import type { Insights } from "../pure/protocol";
import { Page } from "./page";

interface Editor {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: unknown): void;
}

declare const acquireVsCodeApi: (() => Editor) | undefined;

const root = document.getElementById("insights");
if (root !== null) {
  if (typeof acquireVsCodeApi === "function") {
    showInEditor(root, acquireVsCodeApi());
  } else {
    showReport(root);
  }
}

function showInEditor(root: HTMLElement, editor: Editor): void {
  const state = editor.getState();
  // What is hidden is thrown away; the period is all that is worth remembering.
  const page = new Page(
    root,
    (request) => {
      if (request.kind === "load") {
        editor.setState(request.nDays);
      }
      editor.postMessage(request);
    },
    isPeriod(state) ? state : DEFAULT_PERIOD_DAYS,
  );
  window.addEventListener("message", ({ data }: MessageEvent<PageMessage>) => {
    switch (data.kind) {
      case "insights":
        page.show(data.insights);
        return;
      case "working":
      case "said":
      case "failed":
        page[data.kind](data.words);
    }
  });
  page.load();
}

function showReport(root: HTMLElement): void {
  const text = document.getElementById("insights-data")?.textContent ?? "";
  // Written by `inkling report` from the same types.
  const insights = JSON.parse(text) as Insights;
  new Page(root, undefined, insights.nDays).show(insights);
}
