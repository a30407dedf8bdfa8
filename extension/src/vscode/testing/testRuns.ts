import * as vscode from "vscode";

import { firstLine } from "../../pure/fixAnswer";
import type { FailingTest } from "../../pure/fixTarget";
import { RUN_TESTS, type RunTestsParams, type RunTestsResult, type WireTestResult } from "../../pure/protocol";
import { endedTests, isFailure, settingFor, stackOf, terminalText, verdictOf, type SuiteProblem } from "../../pure/testReport";
import { wordsOf } from "../insightsPanel";
import { tellProblem } from "../problems";
import type { Server } from "../server";
import { childrenOf, type KnownTest, type TestTree } from "./testTree";

type KnownItem = readonly [item: vscode.TestItem, known: KnownTest];

export interface RunOptions {
  readonly controller: vscode.TestController;
  readonly tree: TestTree;
  readonly server: Server;
  readonly log: vscode.LogOutputChannel;
}

/** Has the server run tests, and shows what came of them; remembers which of them fail. */
export class TestRuns implements vscode.Disposable {
  private readonly failuresChanged = new vscode.EventEmitter<void>();
  /** By the row's id. */
  private readonly failing = new Map<string, FailingTest>();
  private readonly toldProblems = new Set<SuiteProblem>();
  readonly onDidChangeFailures = this.failuresChanged.event;

  constructor(private readonly options: RunOptions) {}

  get failures(): readonly FailingTest[] {
    return [...this.failing.values()];
  }

  /** Returns the failing tests at and below a row. */
  failingBelow(item: vscode.TestItem): readonly FailingTest[] {
    return this.options.tree.leavesOf(item).flatMap((leaf) => this.failing.get(leaf.id) ?? []);
  }

  /** Forgets the failures of tests that are no longer there. */
  forgetMissing(): void {
    for (const [id, { folderUri, nodeId }] of this.failing) {
      if (this.options.tree.find(folderUri, nodeId) === undefined) {
        this.failing.delete(id);
      }
    }
    this.tellFailures();
  }

  async run(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    const run = this.options.controller.createTestRun(request);
    try {
      for (const [folderUri, items] of byFolder(this.askedFor(request))) {
        await this.runFolder(run, folderUri, items, token);
      }
    } finally {
      run.end();
    }
  }

  dispose(): void {
    this.failuresChanged.dispose();
  }

  /** Returns the rows to run: those asked for as they are, single tests where some of them are left out. */
  private askedFor({ include, exclude = [] }: vscode.TestRunRequest): readonly KnownItem[] {
    const { tree } = this.options;
    const included = include ?? tree.roots;
    const left = new Set(exclude.flatMap((item) => tree.leavesOf(item)));
    const items = left.size === 0 ? included : included.flatMap((item) => tree.leavesOf(item)).filter((item) => !left.has(item));
    return items.flatMap((item) => {
      const known = tree.knownOf(item);
      return known === undefined ? [] : [[item, known] as const];
    });
  }

  private async runFolder(run: vscode.TestRun, folderUri: string, items: readonly KnownItem[], token: vscode.CancellationToken): Promise<void> {
    const { log, server, tree } = this.options;
    const left = new Map(items.flatMap(([item]) => tree.leavesOf(item)).map((leaf) => [leaf.id, leaf]));
    left.forEach((leaf) => {
      run.started(leaf);
    });
    const params: RunTestsParams = { folderUri, nodeIds: items.map(([, { nodeId }]) => nodeId) };
    try {
      const result = (await server.request(RUN_TESTS, params, token)) as RunTestsResult;
      for (const single of result.results) {
        const item = tree.find(folderUri, single.nodeId);
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
        log.warn("the tests were not run", error);
        run.appendOutput(terminalText(wordsOf(error)));
        void tellProblem(wordsOf(error), undefined);
      }
    } finally {
      this.tellFailures();
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
        if (verdict.at !== undefined) {
          message.location = new vscode.Location(vscode.Uri.parse(verdict.at.uri), new vscode.Position(verdict.at.line, 0));
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

  /** Lenses and menus show *Fix with Feedback* where something fails. */
  private tellFailures(): void {
    const above = (item: vscode.TestItem): boolean => this.failing.has(item.id) || childrenOf(item).some(above);
    const ids = (items: readonly vscode.TestItem[]): string[] => items.filter(above).flatMap((item) => [item.id, ...ids(childrenOf(item))]);
    this.failuresChanged.fire();
    void vscode.commands.executeCommand("setContext", "inkling.failingTests", ids(this.options.tree.roots));
  }
}

/** Returns a result with addresses as the editor writes them. */
function withEditorUris(result: WireTestResult): WireTestResult {
  return { ...result, frames: result.frames.map((frame) => ({ ...frame, uri: vscode.Uri.parse(frame.uri).toString() })) };
}

function byFolder(items: readonly KnownItem[]): Map<string, KnownItem[]> {
  const folders = new Map<string, KnownItem[]>();
  for (const item of items) {
    const { folderUri } = item[1];
    folders.set(folderUri, [...(folders.get(folderUri) ?? []), item]);
  }
  return folders;
}
