import { randomUUID } from "node:crypto";
import * as vscode from "vscode";

import type { Clock } from "../../pure/clock";
import { markedLines, nextStep, progressPercent, progressText, traceDocument } from "../../pure/fixAnswer";
import {
  targetInEditor,
  targetOfTest,
  targetOfTraceback,
  targetsIn,
  tracebackIn,
  type EditorSituation,
  type FixTarget,
} from "../../pure/fixTarget";
import { functionAt, outlineFunctions } from "../../pure/functionOutline";
import {
  ANSWER_FIX_QUESTION,
  FIX,
  FIX_PROGRESS,
  type AnswerFixQuestionParams,
  type FixParams,
  type FixProgressParams,
  type FixResult,
  type WireFixQuestion,
} from "../../pure/protocol";
import { wordsOf } from "../insightsPanel";
import { localFolders, tellProblem, tellUntrusted } from "../problems";
import type { ReadableDocuments } from "../readableDocuments";
import type { Server } from "../server";
import type { TestingView } from "../testing/testingView";
import { FIX_TARGET, placeOf } from "./failingTestActions";
import type { Proposal, Proposals } from "./proposals";
import type { SuspiciousMarks } from "./suspiciousMarks";

const NONE_OF_THEM = -1;

export interface FixOptions {
  readonly server: Server;
  readonly view: TestingView;
  readonly proposals: Proposals;
  readonly marks: SuspiciousMarks;
  readonly documents: ReadableDocuments;
  readonly clock: Clock;
  readonly log: vscode.LogOutputChannel;
}

/** *Fix with Feedback*, from wherever it is called, up to what is shown in the end. */
export class FixCommands implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable;
  /** Who shows how far which search is. */
  private readonly progress = new Map<string, (params: FixProgressParams) => void>();

  constructor(private readonly options: FixOptions) {
    options.server.listen(FIX_PROGRESS, (params) => {
      const progress = params as FixProgressParams;
      this.progress.get(progress.id)?.(progress);
    });
    const commands: Readonly<Record<string, (...args: never[]) => Promise<void>>> = {
      "inkling.fix": () => this.fixHere(false),
      "inkling.hint": () => this.fixHere(true),
      "inkling.fixTest": (row: TestRow) => this.fixTest(row),
      "inkling.fixTerminalSelection": () => this.fixTerminalSelection(),
      [FIX_TARGET]: (target: FixTarget) => this.fix(target, false),
    };
    this.subscriptions = vscode.Disposable.from(
      ...Object.entries(commands).map(([name, action]) => vscode.commands.registerCommand(name, action)),
    );
  }

  /** Looks for a fix, or for a hint, and shows what came of it. */
  async fix(target: FixTarget, isHint: boolean): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      await tellUntrusted();
      return;
    }
    await vscode.commands.executeCommand("inkling.clearMarks");
    const madeAtMs = this.options.clock.nowMs();
    const params: FixParams = { id: randomUUID(), ...target.params, isHint };
    const title = isHint ? "Looking for a hint" : "Fix with feedback";
    const result = await this.ask(title, FIX, params, params.id);
    if (result !== undefined) {
      await this.show(result, target, params.id, madeAtMs);
    }
  }

  /** Returns what can be done beside applying a fix for a target. */
  followUps(target: FixTarget, nodeIds: readonly string[]): Pick<Proposal, "giveHint" | "applied" | "fixAgain"> {
    return {
      giveHint: () => this.fix(target, true),
      fixAgain: () => this.fix(target, false),
      applied: () => this.options.view.rerun(target.params.folderUri, nodeIds),
    };
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private async show(answered: FixResult, target: FixTarget, id: string, madeAtMs: number): Promise<void> {
    let result = answered;
    let wasPassedOver = false;
    for (;;) {
      const step = nextStep(result, wasPassedOver);
      switch (step.kind) {
        case "ask": {
          const answer = await askQuestion(step.question);
          if (answer === undefined) {
            wasPassedOver = true;
            continue;
          }
          const params: AnswerFixQuestionParams = { sessionId: result.sessionId, answer };
          const next = await this.ask("Fix with feedback", ANSWER_FIX_QUESTION, params, id);
          if (next === undefined) {
            return;
          }
          result = next;
          continue;
        }
        case "propose": {
          const nodeIds = result.failing.map(({ nodeId }) => nodeId);
          await this.options.proposals.show({ fixes: step.fixes, madeAtMs, ...this.followUps(target, nodeIds) });
          return;
        }
        case "hint":
          await this.look(result, step.words, vscode.window.showInformationMessage, target);
          return;
        case "look":
          await this.look(result, step.message, vscode.window.showWarningMessage);
          return;
        case "tell":
          if (step.isWarning) {
            await tellProblem(step.message, step.settings);
          } else {
            void vscode.window.showInformationMessage(`Inkling: ${step.message}`);
          }
          return;
        case "nothing":
          tellCancelled();
          return;
      }
    }
  }

  /** Shows words and the lines to look at; with a target, a fix can be had after the hint. */
  private async look(result: FixResult, words: string, tell: typeof vscode.window.showInformationMessage, target?: FixTarget): Promise<void> {
    await this.options.marks.show(markedLines(result));
    const buttons = [...(target === undefined ? [] : ["Show Fix"]), "Show Trace", "Clear Marks"];
    const choice = await tell(`Inkling: ${words}`, ...buttons);
    if (choice === "Show Trace") {
      await this.options.documents.show("Failure", traceDocument(result, (uri) => vscode.workspace.asRelativePath(vscode.Uri.parse(uri))));
    } else if (choice === "Clear Marks") {
      await vscode.commands.executeCommand("inkling.clearMarks");
    } else if (choice === "Show Fix" && target !== undefined) {
      await this.fix(target, false);
    }
  }

  /** Asks the server under a progress notification; undefined when it was called off, or there is no answer, which the user was told. */
  private async ask(title: string, method: string, params: FixParams | AnswerFixQuestionParams, id: string): Promise<FixResult | undefined> {
    const options = { location: vscode.ProgressLocation.Notification, title: `Inkling: ${title}`, cancellable: true };
    return vscode.window.withProgress(options, async (progress, token) => {
      let percent = 0;
      this.progress.set(id, (far) => {
        const next = Math.max(percent, progressPercent(far));
        progress.report({ message: progressText(far), increment: next - percent });
        percent = next;
      });
      try {
        await this.options.server.settled(token);
        return (await this.options.server.request(method, params, token)) as FixResult;
      } catch (error) {
        if (token.isCancellationRequested) {
          tellCancelled();
        } else {
          this.options.log.warn("no answer to a question for a fix", error);
          void tellProblem(wordsOf(error), undefined);
        }
        return undefined;
      } finally {
        this.progress.delete(id);
      }
    });
  }

  private async fixHere(isHint: boolean): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    const folders = localFolders();
    const folder = (editor === undefined ? undefined : vscode.workspace.getWorkspaceFolder(editor.document.uri)) ?? folders[0];
    if (folder === undefined) {
      void vscode.window.showInformationMessage("Inkling: open a folder with tests first.");
      return;
    }
    const folderUri = folder.uri.toString();
    const { failures } = this.options.view.runs;
    const here = editor === undefined ? undefined : targetInEditor(folderUri, situationOf(editor), failures);
    const target = here ?? (await chooseTarget(folderUri, targetsIn(folderUri, folder.name, failures), isHint));
    if (target !== undefined) {
      await this.fix(target, isHint);
    }
  }

  private async fixTest(row: TestRow): Promise<void> {
    const item = "test" in row ? row.test : row;
    const [first, ...others] = this.options.view.runs.failingBelow(item);
    if (first !== undefined) {
      const target = targetOfTest(first);
      await this.fix({ ...target, params: { ...target.params, nodeIds: [first, ...others].map(({ nodeId }) => nodeId) } }, false);
      return;
    }
    const target = await targetOfForeignRow(item);
    if (target === undefined) {
      void vscode.window.showInformationMessage("Inkling: this row stands for no test that Inkling can find in a file.");
    } else {
      await this.fix(target, false);
    }
  }

  private async fixTerminalSelection(): Promise<void> {
    const folderUri = localFolders()[0]?.uri.toString();
    const selected = await readTerminalSelection();
    const traceback = tracebackIn(selected);
    if (traceback === undefined || folderUri === undefined) {
      void vscode.window.showInformationMessage("Inkling: select a traceback in the terminal first, from its first line on.");
      return;
    }
    await this.fix(targetOfTraceback(folderUri, traceback, "Selected traceback"), false);
  }
}

function tellCancelled(): void {
  vscode.window.setStatusBarMessage("Inkling: the search was called off. Nothing was changed.", 5000);
}

/** What the menus of the Testing view hand over: a row, or a message with its row. */
type TestRow = vscode.TestItem | { readonly test: vscode.TestItem };

/** Returns the test that another extension's row stands for, by the place that the row names. */
async function targetOfForeignRow({ uri, range }: vscode.TestItem): Promise<FixTarget | undefined> {
  const folder = uri === undefined ? undefined : vscode.workspace.getWorkspaceFolder(uri);
  if (uri === undefined || folder === undefined || !uri.path.endsWith(".py")) {
    return undefined;
  }
  const file = vscode.workspace.asRelativePath(uri, false);
  const document = await vscode.workspace.openTextDocument(uri);
  const name = range === undefined ? undefined : functionAt(outlineFunctions(document.getText()), range.start.line)?.name;
  return targetOfTest({ folderUri: folder.uri.toString(), nodeId: name === undefined ? file : `${file}::${name}`, words: "" });
}

function situationOf({ document, selection }: vscode.TextEditor): EditorSituation {
  const isInWorkspace = vscode.workspace.getWorkspaceFolder(document.uri) !== undefined;
  return {
    uri: document.uri.toString(),
    path: isInWorkspace ? vscode.workspace.asRelativePath(document.uri, false) : undefined,
    isPython: document.languageId === "python",
    text: document.getText(),
    selection,
    selectedText: document.getText(selection),
    diagnostics: vscode.languages
      .getDiagnostics(document.uri)
      .filter(({ range, severity }) => range.contains(selection.active) && severity <= vscode.DiagnosticSeverity.Warning)
      .map((diagnostic) => ({ code: "", message: "", ...placeOf(document, diagnostic) })),
  };
}

async function chooseTarget(folderUri: string, targets: readonly FixTarget[], isHint: boolean): Promise<FixTarget | undefined> {
  const items = [
    ...targets.map((target) => ({ label: target.label, detail: target.detail, read: () => Promise.resolve<FixTarget | undefined>(target) })),
    { label: "Traceback on the clipboard", detail: "As a terminal or a log printed it", read: () => readClipboard(folderUri) },
  ];
  const choice = await vscode.window.showQuickPick(items, { placeHolder: isHint ? "What to give a hint for" : "What to fix" });
  return choice?.read();
}

/** The clipboard is nobody's business before the user says so. */
async function readClipboard(folderUri: string): Promise<FixTarget | undefined> {
  const traceback = tracebackIn(await vscode.env.clipboard.readText());
  if (traceback === undefined) {
    void vscode.window.showInformationMessage("Inkling: there is no traceback on the clipboard. Copy one from its first line on.");
    return undefined;
  }
  return targetOfTraceback(folderUri, traceback, "Traceback on the clipboard");
}

/** Returns the index of the right answer, `NONE_OF_THEM`, or undefined when the user does not know. */
async function askQuestion({ call, answers }: WireFixQuestion): Promise<number | undefined> {
  const items = [
    ...answers.map((label, answer) => ({ label, answer })),
    { label: "", kind: vscode.QuickPickItemKind.Separator, answer: undefined },
    { label: "None of these", answer: NONE_OF_THEM },
    { label: "I don't know", answer: undefined },
  ];
  const choice = await vscode.window.showQuickPick(items, {
    title: `What should ${call} give?`,
    placeHolder: "Several changes make the tests pass; this tells them apart",
    ignoreFocusOut: true,
  });
  return choice?.answer;
}

/** Returns what is selected in the terminal, by way of the clipboard, which is put back: there is no other way to it. */
async function readTerminalSelection(): Promise<string> {
  const before = await vscode.env.clipboard.readText();
  await vscode.env.clipboard.writeText("");
  await vscode.commands.executeCommand("workbench.action.terminal.copySelection");
  const selected = await vscode.env.clipboard.readText();
  await vscode.env.clipboard.writeText(before);
  return selected;
}
