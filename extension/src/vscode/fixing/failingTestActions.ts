import * as vscode from "vscode";

import {
  targetOfPlace,
  targetOfTest,
  targetOfTraceback,
  tracebackIn,
  type FailingTest,
  type FixTarget,
} from "../../pure/fixTarget";
import { functionAt, outlineFunctions, type OutlinedFunction } from "../../pure/functionOutline";
import { functionOf } from "../../pure/nodeIds";
import { DOCUMENT_SELECTOR } from "../server";

/** The command behind lenses and light bulbs; its argument is what to fix. */
export const FIX_TARGET = "inkling.fixTarget";

/** Where failures are known. */
export interface Failures {
  readonly failures: readonly FailingTest[];
  readonly onDidChangeFailures: vscode.Event<void>;
}

/** Offers *Fix with Feedback* above failing tests, and as a light bulb in them, at diagnostics and at selected tracebacks. */
export class FailingTestActions implements vscode.CodeLensProvider, vscode.CodeActionProvider, vscode.Disposable {
  private readonly subscriptions: vscode.Disposable;
  readonly onDidChangeCodeLenses: vscode.Event<void>;

  constructor(private readonly view: Failures) {
    this.onDidChangeCodeLenses = view.onDidChangeFailures;
    const metadata = { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] };
    this.subscriptions = vscode.Disposable.from(
      vscode.languages.registerCodeLensProvider(DOCUMENT_SELECTOR, this),
      vscode.languages.registerCodeActionsProvider({ pattern: "**" }, this, metadata),
    );
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    return this.failingFunctions(document).map(({ outlined, target }) => {
      const command = { title: "Fix with Feedback", tooltip: target.detail, command: FIX_TARGET, arguments: [target] };
      return new vscode.CodeLens(new vscode.Range(outlined.line, 0, outlined.line, 0), command);
    });
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range, context: vscode.CodeActionContext): vscode.CodeAction[] {
    if (!vscode.workspace.isTrusted) {
      return [];
    }
    const folderUri = vscode.workspace.getWorkspaceFolder(document.uri)?.uri.toString() ?? vscode.workspace.workspaceFolders?.[0]?.uri.toString();
    if (folderUri === undefined) {
      return [];
    }
    const traceback = range.isEmpty ? undefined : tracebackIn(document.getText(range));
    if (traceback !== undefined) {
      return [actionOf("Fix with Feedback: selected traceback", targetOfTraceback(folderUri, traceback, "Selected traceback"))];
    }
    if (document.languageId !== "python" || document.uri.scheme !== "file") {
      return [];
    }
    const failing = this.failingFunctions(document);
    const here = functionAt(failing.map(({ outlined }) => outlined), range.start.line);
    const target = failing.find(({ outlined }) => outlined === here)?.target;
    if (here !== undefined && target !== undefined) {
      return [actionOf(`Fix with Feedback: ${here.name} fails`, target)];
    }
    return context.diagnostics.filter(isSevere).slice(0, 1).map((diagnostic) => {
      const place = placeOf(document, diagnostic);
      const action = actionOf(`Fix with Feedback: ${diagnostic.message}`, targetOfPlace(folderUri, place, diagnostic.message));
      action.diagnostics = [diagnostic];
      return action;
    });
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private failingFunctions(document: vscode.TextDocument): readonly { readonly outlined: OutlinedFunction; readonly target: FixTarget }[] {
    const uri = document.uri.toString();
    const failing = this.view.failures.filter((test) => test.uri === uri);
    if (failing.length === 0) {
      return [];
    }
    return outlineFunctions(document.getText()).flatMap((outlined) => {
      const [first, ...others] = failing.filter(({ nodeId }) => functionOf(nodeId) === outlined.name);
      return first === undefined ? [] : [{ outlined, target: targetOfTests(first, others) }];
    });
  }
}

function targetOfTests(first: FailingTest, others: readonly FailingTest[]): FixTarget {
  const target = targetOfTest(first);
  return { ...target, params: { ...target.params, nodeIds: [first, ...others].map(({ nodeId }) => nodeId) } };
}

/** Returns a diagnostic as the server takes it. */
export function placeOf(document: vscode.TextDocument, { range, message, code }: vscode.Diagnostic): Parameters<typeof targetOfPlace>[1] {
  const name = typeof code === "object" ? code.value : code;
  return { uri: document.uri.toString(), range, message, code: name === undefined ? "" : String(name) };
}

function isSevere({ severity }: vscode.Diagnostic): boolean {
  return severity === vscode.DiagnosticSeverity.Error || severity === vscode.DiagnosticSeverity.Warning;
}

function actionOf(title: string, target: FixTarget): vscode.CodeAction {
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.command = { command: FIX_TARGET, title, arguments: [target] };
  return action;
}
