import * as vscode from "vscode";

import { DISCOVER_TESTS, type DiscoverTestsParams, type DiscoverTestsResult } from "../../pure/protocol";
import { wordsOf } from "../insightsPanel";
import { localFolders, tellUntrusted } from "../problems";
import { ServerNotRunningError, type Server } from "../server";
import { TestRuns } from "./testRuns";
import { TestTree } from "./testTree";

const TEST_FILES = "**/{test_*,*_test}.py";
const NEVER = new vscode.CancellationTokenSource().token;

/** Our part of the Testing view: pytest's tests, collected and run by the server in a sandbox. */
export class TestingView implements vscode.Disposable {
  private readonly controller = vscode.tests.createTestController("inkling", "Inkling (sandbox)");
  private readonly tree = new TestTree(this.controller);
  private readonly profile: vscode.TestRunProfile;
  private readonly subscriptions: vscode.Disposable;
  /** Whether somebody has looked at our part; files that nobody looks at are not collected before. */
  private isWanted = false;
  private wasTrustTold = false;
  readonly runs: TestRuns;

  constructor(
    private readonly server: Server,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const { controller, tree } = this;
    this.runs = new TestRuns({ controller, tree, server, log });
    const handler = (request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> => this.run(request, token);
    this.profile = controller.createRunProfile("Run in a sandbox", vscode.TestRunProfileKind.Run, handler, true);
    controller.resolveHandler = (item) => (item === undefined ? this.discoverAll(NEVER) : undefined);
    controller.refreshHandler = (token) => this.discoverAll(token);
    const files = vscode.workspace.createFileSystemWatcher(TEST_FILES, false, true, false);
    this.subscriptions = vscode.Disposable.from(
      controller,
      this.runs,
      files,
      files.onDidCreate((uri) => this.discoverFile(uri)),
      files.onDidDelete((uri) => {
        tree.removeFile(uri.toString());
        this.runs.forgetMissing();
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

  private async run(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    if (!vscode.workspace.isTrusted) {
      if (!this.wasTrustTold) {
        this.wasTrustTold = true;
        void tellUntrusted();
      }
      return;
    }
    if (this.tree.isEmpty) {
      await this.discoverAll(token);
    }
    await this.runs.run(request, token);
  }

  private async discoverIfWanted(): Promise<void> {
    if (this.isWanted && this.tree.isEmpty) {
      await this.discoverAll(NEVER);
    }
  }

  private async discoverAll(token: vscode.CancellationToken): Promise<void> {
    this.isWanted = true;
    if (vscode.workspace.isTrusted) {
      await this.server.settled(token);
    }
    for (const folder of localFolders()) {
      await this.discoverFolder(folder, token);
    }
    this.runs.forgetMissing();
  }

  private async discoverFolder(folder: vscode.WorkspaceFolder, token: vscode.CancellationToken): Promise<void> {
    const folderUri = folder.uri.toString();
    if (!vscode.workspace.isTrusted) {
      this.tree.tell(folderUri, folder.name, "Inkling runs tests in trusted workspaces only.");
      return;
    }
    try {
      const { tests, problem, message } = await this.collect({ folderUri }, token);
      this.tree.replaceAll(folderUri, tests);
      if (problem !== null && problem !== "no_tests") {
        this.tree.tell(folderUri, folder.name, message);
      }
    } catch (error) {
      this.log.warn("tests were not collected", error);
      if (!token.isCancellationRequested && !(error instanceof ServerNotRunningError)) {
        this.tree.tell(folderUri, folder.name, wordsOf(error));
      }
    }
  }

  /** A test file that is looked at has its marks without the view, unless another extension puts its own there. */
  private async opened(document: vscode.TextDocument): Promise<void> {
    const isShownByOthers = vscode.workspace.getConfiguration("python.testing").get("pytestEnabled") === true;
    const isTestFile = vscode.languages.match({ scheme: "file", pattern: TEST_FILES }, document) > 0;
    if (!isShownByOthers && isTestFile && !this.tree.hasFile(document.uri.toString())) {
      await this.discoverFile(document.uri, true);
    }
  }

  /** Brings the tests of one file up to date, quietly: nobody asked. */
  private async discoverFile(uri: vscode.Uri, isNewWelcome = this.isWanted): Promise<void> {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    const name = uri.toString();
    const isTestFile = this.tree.hasFile(name) || (isNewWelcome && /(^|\/)(test_[^/]*|[^/]*_test)\.py$/.test(uri.path));
    if (!vscode.workspace.isTrusted || folder === undefined || !isTestFile) {
      return;
    }
    // One that is starting does not know its folders yet.
    await this.server.settled(NEVER);
    if (!this.server.isRunning) {
      return;
    }
    try {
      const folderUri = folder.uri.toString();
      const { tests, problem, message } = await this.collect({ folderUri, uris: [name] }, NEVER);
      if (problem === null || problem === "no_tests") {
        this.tree.clearTold(folderUri);
        this.tree.replaceFiles(folderUri, [name], tests);
        this.runs.forgetMissing();
      } else {
        this.log.debug(`the tests of ${uri.fsPath} stay as they were: ${message}`);
      }
    } catch (error) {
      this.log.warn(`tests of ${uri.fsPath} were not collected`, error);
    }
  }

  private async collect(params: DiscoverTestsParams, token: vscode.CancellationToken): Promise<DiscoverTestsResult> {
    return (await this.server.request(DISCOVER_TESTS, params, token)) as DiscoverTestsResult;
  }
}
