import * as vscode from "vscode";

import { firstLine } from "../../pure/fixAnswer";
import type { FailingTest } from "../../pure/fixTarget";
import {
  DISCOVER_TESTS,
  RUN_TESTS,
  type DiscoverTestsParams,
  type DiscoverTestsResult,
  type RunTestsParams,
  type RunTestsResult,
  type WireTestResult,
} from "../../pure/protocol";
import { endedTests, isFailure, settingFor, stackOf, terminalText, verdictOf, type SuiteProblem } from "../../pure/testReport";
import { wordsOf } from "../insightsPanel";
import { ServerNotRunningError, type Server } from "../server";
import { childrenOf, TestTree, type KnownTest } from "./testTree";

const TEST_FILES = "**/{test_*,*_test}.py";
const NEVER = new vscode.CancellationTokenSource().token;

/** Our part of the Testing view: pytest's tests, collected and run by the server in a sandbox. */
export class TestingView implements vscode.Disposable {
  private readonly controller = vscode.tests.createTestController("inkling", "Inkling (sandbox)");
  private readonly tree = new TestTree(this.controller);
  private readonly failuresChanged = new vscode.EventEmitter<void>();
  /** By the row's id. */
  private readonly failing = new Map<string, FailingTest>();
  private readonly profile: vscode.TestRunProfile;
  private readonly subscriptions: vscode.Disposable;
  /** Whether somebody has looked at our part; nothing is collected before. */
  private isWanted = false;
  private wasTrustTold = false;
  private readonly toldProblems = new Set<SuiteProblem>();
  readonly onDidChangeFailures = this.failuresChanged.event;

  constructor(
    private readonly server: Server,
    private readonly log: vscode.LogOutputChannel,
  ) {
    this.profile = this.controller.createRunProfile(
      "Run in a sandbox",
      vscode.TestRunProfileKind.Run,
      (request, token) => this.run(request, token),
      true,
    );
    this.controller.resolveHandler = (item) => (item === undefined ? this.discoverAll(NEVER) : undefined);
    this.controller.refreshHandler = (token) => this.discoverAll(token);
    const files = vscode.workspace.createFileSystemWatcher(TEST_FILES, false, true, false);
    this.subscriptions = vscode.Disposable.from(
      this.controller,
      this.failuresChanged,
      files,
      files.onDidCreate((uri) => this.discoverFile(uri)),
      files.onDidDelete((uri) => {
        this.tree.removeFile(uri.toString());
      }),
      vscode.workspace.onDidSaveTextDocument(({ uri }) => this.discoverFile(uri)),
      vscode.workspace.onDidOpenTextDocument((document) => this.opened(document)),
      vscode.workspace.onDidGrantWorkspaceTrust(() => this.discoverIfWanted()),
      server.onDidStart(async () => {
        await this.discoverIfWanted();
        await Promise.all(vscode.workspace.textDocuments.map((document) => this.opened(document)));
      }),
    );
  }

  get failures(): readonly FailingTest[] {
    return [...this.failing.values()];
  }

  /** Returns the failing tests at and below a row of ours. */
  failingBelow(item: vscode.TestItem): readonly FailingTest[] {
    return this.tree.leavesOf(item).flatMap((leaf) => this.failing.get(leaf.id) ?? []);
  }

  knownOf(item: vscode.TestItem): KnownTest | undefined {
    return this.tree.knownOf(item);
  }

  /** Runs tests again, as a run of its own in the view. */
  async rerun(folderUri: string, nodeIds: readonly string[]): Promise<void> {
    const items = nodeIds.flatMap((nodeId) => this.tree.find(folderUri, nodeId) ?? []);
    if (items.length > 0) {
      await this.run(new vscode.TestRunRequest(items, undefined, this.profile), NEVER);
    }
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private async discoverIfWanted(): Promise<void> {
    if (this.isWanted && this.tree.isEmpty) {
      await this.discoverAll(NEVER);
    }
  }

  private async discoverAll(token: vscode.CancellationToken): Promise<void> {
    this.isWanted = true;
    await this.server.settled(token);
    for (const folder of localFolders()) {
      const folderUri = folder.uri.toString();
      if (!vscode.workspace.isTrusted) {
        this.tree.tell(folderUri, folder.name, "Tests are run in trusted workspaces only.");
        continue;
      }
      try {
        const { tests, problem, message } = await this.collect({ folderUri }, token);
        this.tree.replaceAll(folderUri, tests);
        if (problem !== null && (problem !== "no_tests" || tests.length > 0)) {
          this.tree.tell(folderUri, folder.name, message);
        }
      } catch (error) {
        this.log.warn("tests were not collected", error);
        if (!token.isCancellationRequested && !(error instanceof ServerNotRunningError)) {
          this.tree.tell(folderUri, folder.name, wordsOf(error));
        }
      }
    }
  }

  /** The marks beside the tests of a file that is looked at come without the view, unless another extension puts its own there. */
  private async opened(document: vscode.TextDocument): Promise<void> {
    const isShownByOthers = vscode.workspace.getConfiguration("python.testing").get("pytestEnabled") === true;
    if (!isShownByOthers && vscode.languages.match({ scheme: "file", pattern: TEST_FILES }, document) > 0 && !this.tree.hasFile(document.uri.toString())) {
      await this.discoverFile(document.uri, true);
    }
  }

  /** Brings the tests of one file up to date, quietly: nobody asked. */
  private async discoverFile(uri: vscode.Uri, isNew = this.isWanted): Promise<void> {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    const name = uri.toString();
    const isTestFile = this.tree.hasFile(name) || (isNew && /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(uri.path));
    if (!vscode.workspace.isTrusted || folder === undefined || !isTestFile || !this.server.isRunning) {
      return;
    }
    try {
      const folderUri = folder.uri.toString();
      const { tests, problem, message } = await this.collect({ folderUri, uris: [name] }, NEVER);
      if (problem === null || tests.length > 0) {
        this.tree.clearTold(folderUri);
        this.tree.replaceFiles(folderUri, [name], tests);
      } else {
        this.log.info(`no tests of ${uri.fsPath}: ${message}`);
      }
    } catch (error) {
      this.log.warn(`tests of ${uri.fsPath} were not collected`, error);
    }
  }

  private async collect(params: DiscoverTestsParams, token: vscode.CancellationToken): Promise<DiscoverTestsResult> {
    return (await this.server.request(DISCOVER_TESTS, params, token)) as DiscoverTestsResult;
  }

  private async run(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      this.tellTrust();
      return;
    }
    if (this.tree.isEmpty) {
      await this.discoverAll(token);
    }
    const run = this.controller.createTestRun(request);
    try {
      for (const [folderUri, tests] of byFolder(this.askedFor(request))) {
        await this.runFolder(run, folderUri, tests, token);
      }
    } finally {
      run.end();
    }
  }

  /** Returns the rows to run: those asked for as they are, single tests where some of them are left out. */
  private askedFor({ include, exclude = [] }: vscode.TestRunRequest): readonly (readonly [vscode.TestItem, KnownTest])[] {
    const included = include ?? this.tree.roots;
    const left = new Set(exclude.flatMap((item) => this.tree.leavesOf(item)));
    const items = left.size === 0 ? included : included.flatMap((item) => this.tree.leavesOf(item)).filter((item) => !left.has(item));
    return items.flatMap((item) => {
      const known = this.tree.knownOf(item);
      return known === undefined ? [] : [[item, known] as const];
    });
  }

  private async runFolder(
    run: vscode.TestRun,
    folderUri: string,
    tests: readonly (readonly [vscode.TestItem, KnownTest])[],
    token: vscode.CancellationToken,
  ): Promise<void> {
    const left = new Map(tests.flatMap(([item]) => this.tree.leavesOf(item)).map((leaf) => [leaf.id, leaf]));
    left.forEach((leaf) => {
      run.started(leaf);
    });
    const params: RunTestsParams = { folderUri, nodeIds: tests.map(([, { nodeId }]) => nodeId) };
    try {
      const result = (await this.server.request(RUN_TESTS, params, token)) as RunTestsResult;
      for (const single of result.results) {
        const item = this.tree.find(folderUri, single.nodeId);
        if (item !== undefined) {
          left.delete(item.id);
          this.take(run, item, folderUri, withEditorUris(single));
        }
      }
      if (result.problem !== null) {
        this.takeProblem(run, [...left.values()], result.problem, result.message);
      }
    } catch (error) {
      if (!token.isCancellationRequested) {
        this.log.warn("the tests were not run", error);
        run.appendOutput(terminalText(wordsOf(error)));
        void vscode.window.showWarningMessage(`Inkling: ${wordsOf(error)}`);
      }
    } finally {
      this.failuresChanged.fire();
      this.tellContext();
    }
  }

  private take(run: vscode.TestRun, item: vscode.TestItem, folderUri: string, result: WireTestResult): void {
    const uri = item.uri?.toString() ?? "";
    const verdict = verdictOf(result, uri);
    const durationMs = 1000 * result.seconds;
    if (isFailure(result)) {
      this.failing.set(item.id, { folderUri, nodeId: result.nodeId, uri, words: firstLine(result.message) });
    } else {
      this.failing.delete(item.id);
    }
    const place = "at" in verdict && verdict.at !== undefined ? locationOf(verdict.at.uri, verdict.at.line) : undefined;
    if (result.output !== "") {
      run.appendOutput(terminalText(result.output), undefined, item);
    }
    switch (verdict.kind) {
      case "passed":
        run.passed(item, durationMs);
        return;
      case "skipped":
        run.skipped(item);
        return;
      case "failed":
      case "errored": {
        const message = new vscode.TestMessage(verdict.message);
        if (place !== undefined) {
          message.location = place;
        }
        message.stackTrace = stackOf(result).map(
          (frame) => new vscode.TestMessageStackFrame(frame.function, vscode.Uri.parse(frame.uri), new vscode.Position(frame.line, 0)),
        );
        run[verdict.kind](item, message, durationMs);
      }
    }
  }

  private takeProblem(run: vscode.TestRun, left: readonly vscode.TestItem[], problem: SuiteProblem, message: string): void {
    run.appendOutput(terminalText(message));
    for (const item of left) {
      if (endedTests(problem)) {
        run.errored(item, new vscode.TestMessage(message));
      } else {
        run.skipped(item);
      }
    }
    if (!this.toldProblems.has(problem)) {
      this.toldProblems.add(problem);
      void tellProblem(message, settingFor(problem));
    }
  }

  private tellTrust(): void {
    if (!this.wasTrustTold) {
      this.wasTrustTold = true;
      void tellUntrusted();
    }
  }

  /** The menu of a row shows *Fix with Feedback* where something failed at or below it. */
  private tellContext(): void {
    const above = (item: vscode.TestItem): boolean => this.failing.has(item.id) || childrenOf(item).some(above);
    const ids = (items: readonly vscode.TestItem[]): string[] =>
      items.filter(above).flatMap((item) => [item.id, ...ids(childrenOf(item))]);
    void vscode.commands.executeCommand("setContext", "inkling.failingTests", ids(this.tree.roots));
  }
}

/** Says why nothing is run in a workspace that is not trusted. */
export async function tellUntrusted(): Promise<void> {
  const words = "Inkling runs tests and looks for fixes in trusted workspaces only.";
  if ((await vscode.window.showInformationMessage(words, "Manage Workspace Trust")) !== undefined) {
    await vscode.commands.executeCommand("workbench.trust.manage");
  }
}

/** Says what is the matter, with a button for the setting that mends it. */
export async function tellProblem(message: string, setting: string | undefined): Promise<void> {
  const buttons = setting === undefined ? ["Show Logs"] : ["Open Settings", "Show Logs"];
  const choice = await vscode.window.showWarningMessage(`Inkling: ${message}`, ...buttons);
  if (choice === "Open Settings") {
    await vscode.commands.executeCommand("workbench.action.openSettings", setting);
  } else if (choice === "Show Logs") {
    await vscode.commands.executeCommand("inkling.showLogs");
  }
}

export function localFolders(): readonly vscode.WorkspaceFolder[] {
  return (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === "file");
}

/** Returns a result with addresses as the editor writes them. */
function withEditorUris(result: WireTestResult): WireTestResult {
  return { ...result, frames: result.frames.map((frame) => ({ ...frame, uri: vscode.Uri.parse(frame.uri).toString() })) };
}

function locationOf(uri: string, line: number): vscode.Location {
  return new vscode.Location(vscode.Uri.parse(uri), new vscode.Position(line, 0));
}

function byFolder<T extends readonly [unknown, KnownTest]>(tests: readonly T[]): Map<string, T[]> {
  const folders = new Map<string, T[]>();
  for (const test of tests) {
    const folder = folders.get(test[1].folderUri) ?? [];
    folder.push(test);
    folders.set(test[1].folderUri, folder);
  }
  return folders;
}
