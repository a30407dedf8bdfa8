import * as path from "node:path";
import * as vscode from "vscode";

import type { Clock } from "../../pure/clock";
import { alternativeText, explanationOf, verdictText, type Link } from "../../pure/fixAnswer";
import type { OutcomeKind, WireFileEdits, WireFix } from "../../pure/protocol";
import { SHOWN_AFTER_MS, type TrackedOutcome } from "../../pure/suggestionTracker";
import { applyEdits } from "../../pure/textEdits";
import { UNDONE_WITHIN_MS } from "../../pure/undoWatch";
import { rangeOf, type DocumentChanges } from "../documentChanges";

/** The scheme of a file as it would be with a fix; package.json names it for the buttons of the diff editor. */
const SCHEME = "inkling-fix";

const APPLY: Link = { label: "Apply", command: "inkling.applyFix" };
const CHOOSE: Link = { label: "Other fixes…", command: "inkling.chooseFix" };
const HINT: Link = { label: "Hint instead", command: "inkling.hintInstead" };
const DISMISS: Link = { label: "Dismiss", command: "inkling.dismissFix" };

/** Fixes for one failure. */
export interface Proposal {
  /** Best first. */
  readonly fixes: readonly [WireFix, ...WireFix[]];
  /** When the texts were read that they were made for. */
  readonly madeAtMs: number;
  readonly giveHint: () => Promise<void>;
  /** Shows that it holds. */
  readonly applied: () => Promise<void>;
  /** Looks for a fix anew. */
  readonly fixAgain: () => Promise<void>;
}

interface Shown {
  readonly proposal: Proposal;
  readonly fix: WireFix;
  readonly uris: readonly vscode.Uri[];
  readonly thread: vscode.CommentThread;
  readonly sinceMs: number;
  readonly callOffShown: () => void;
}

/** An applied fix, until an undo is no longer a judgement. */
interface Applied {
  readonly fixId: string;
  readonly atMs: number;
  /** Texts before it by document. */
  readonly before: ReadonlyMap<string, string>;
}

export interface ProposalOptions {
  readonly changes: DocumentChanges;
  readonly clock: Clock;
  readonly report: (outcome: TrackedOutcome) => void;
}

/** Shows a fix as a diff with its explanation, and does with it what the user chooses; there is one at a time. */
export class Proposals implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly comments = vscode.comments.createCommentController("inkling.fix", "Inkling");
  private readonly outdated = new vscode.EventEmitter<vscode.Uri>();
  private readonly subscriptions: vscode.Disposable;
  private shown: Shown | undefined;
  private applied: Applied | undefined;
  readonly onDidChange = this.outdated.event;

  constructor(private readonly options: ProposalOptions) {
    this.subscriptions = vscode.Disposable.from(
      this.comments,
      this.outdated,
      vscode.workspace.registerTextDocumentContentProvider(SCHEME, this),
      options.changes.onDidChange(({ document, isUndo }) => {
        this.shown?.uris.filter((uri) => uri.path === document.uri.path).forEach((uri) => {
          this.outdated.fire(uri);
        });
        if (isUndo) {
          this.undone(document);
        }
      }),
      vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
        if (closed.some((tab) => this.isOurs(tab))) {
          void this.end("superseded");
        }
      }),
      vscode.commands.registerCommand(APPLY.command, () => this.applyShown()),
      vscode.commands.registerCommand(CHOOSE.command, () => this.choose()),
      vscode.commands.registerCommand(HINT.command, () => this.hintInstead()),
      vscode.commands.registerCommand(DISMISS.command, () => this.end("rejected")),
    );
  }

  /** Returns a file as it is now with the fix in it. */
  async provideTextDocumentContent(uri: vscode.Uri): Promise<string> {
    const shown = this.shown;
    const file = shown?.fix.edits.find((edits) => vscode.Uri.parse(edits.uri).path === uri.path);
    if (shown?.fix.fixId !== uri.query || file === undefined) {
      return "";
    }
    const edits = await this.options.changes.place(file, shown.proposal.madeAtMs);
    const text = (await vscode.workspace.openTextDocument(vscode.Uri.parse(file.uri))).getText();
    return edits === undefined ? text : applyEdits(text, edits);
  }

  /** Shows one of the fixes; the one before it is put away. */
  async show(proposal: Proposal, fix: WireFix = proposal.fixes[0]): Promise<void> {
    await this.end("superseded");
    const [first] = fix.edits;
    const placed = await this.place(fix, proposal.madeAtMs);
    if (placed === undefined || first === undefined) {
      await tellMoved(proposal);
      return;
    }
    const targets = fix.edits.map((file) => vscode.Uri.parse(file.uri));
    const uris = targets.map((uri) => uri.with({ scheme: SCHEME, query: fix.fixId }));
    const [uri] = uris;
    if (uri === undefined) {
      return;
    }
    const place = placeOfExplanation(placed.get(first) ?? first);
    this.shown = {
      proposal,
      fix,
      uris,
      thread: this.explain(uri, place, proposal, fix),
      sinceMs: this.options.clock.nowMs(),
      callOffShown: this.options.clock.after(SHOWN_AFTER_MS, () => {
        this.report(fix, "shown", SHOWN_AFTER_MS);
      }),
    };
    await setFixContexts(true, proposal.fixes.length > 1);
    for (const [index, original] of targets.entries()) {
      const title = `${path.basename(original.path)}: ${verdictText(fix)}`;
      const options = index === 0 ? { preview: true, selection: new vscode.Range(place, 0, place, 0) } : { preview: false, preserveFocus: true };
      await vscode.commands.executeCommand("vscode.diff", original, uris[index], title, options);
    }
  }

  /** Changes the files, all in one step of undo. */
  async apply(fix: WireFix, proposal: Proposal, visibleMs: number): Promise<void> {
    const placed = await this.place(fix, proposal.madeAtMs);
    if (placed === undefined) {
      await this.end("superseded");
      await tellMoved(proposal);
      return;
    }
    const edit = new vscode.WorkspaceEdit();
    const before = new Map<string, string>();
    for (const [{ uri: name }, { edits }] of placed) {
      const uri = vscode.Uri.parse(name);
      const document = await vscode.workspace.openTextDocument(uri);
      before.set(uri.toString(), document.getText());
      for (const single of edits) {
        edit.replace(uri, rangeOf(single), single.newText);
      }
    }
    if (!(await vscode.workspace.applyEdit(edit))) {
      await this.end("superseded");
      await tellMoved(proposal);
      return;
    }
    this.applied = { fixId: fix.fixId, atMs: this.options.clock.nowMs(), before };
    this.report(fix, "accepted", visibleMs);
    // First, for the file that is revealed may take the place of the diff.
    await this.end(this.shown?.fix === fix ? undefined : "superseded");
    const [first] = placed.values();
    if (first !== undefined) {
      await reveal(first);
    }
    vscode.window.setStatusBarMessage("Inkling: fix applied. Undo takes it back.", 5000);
    await proposal.applied();
  }

  dispose(): void {
    this.shown?.callOffShown();
    this.shown?.thread.dispose();
    this.subscriptions.dispose();
  }

  private async applyShown(): Promise<void> {
    const shown = this.shown;
    if (shown !== undefined) {
      await this.apply(shown.fix, shown.proposal, this.visibleMs(shown));
    }
  }

  private async choose(): Promise<void> {
    const proposal = this.shown?.proposal;
    const items = proposal?.fixes.map((fix) => ({ ...alternativeText(fix), fix })) ?? [];
    const choice = await vscode.window.showQuickPick(items, {
      title: "Fixes with which the failing tests pass, likeliest first",
      matchOnDescription: true,
      matchOnDetail: true,
    });
    if (choice !== undefined && proposal !== undefined) {
      await this.show(proposal, choice.fix);
    }
  }

  private async hintInstead(): Promise<void> {
    const proposal = this.shown?.proposal;
    await this.end("superseded");
    await proposal?.giveHint();
  }

  /** Puts the fix on display away; undefined reports nothing. */
  private async end(kind: OutcomeKind | undefined): Promise<void> {
    const shown = this.shown;
    if (shown === undefined) {
      return;
    }
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs).filter((tab) => this.isOurs(tab));
    this.shown = undefined;
    shown.callOffShown();
    shown.thread.dispose();
    if (kind !== undefined) {
      this.report(shown.fix, kind, this.visibleMs(shown));
    }
    await setFixContexts(false, false);
    await vscode.window.tabGroups.close(tabs, true);
  }

  private explain(uri: vscode.Uri, line: number, proposal: Proposal, fix: WireFix): vscode.CommentThread {
    const links = [APPLY, ...(proposal.fixes.length > 1 ? [CHOOSE] : []), HINT, DISMISS];
    const body = new vscode.MarkdownString(explanationOf(fix, links));
    body.isTrusted = { enabledCommands: links.map(({ command }) => command) };
    const thread = this.comments.createCommentThread(uri, new vscode.Range(line, 0, line, 0), [
      { body, mode: vscode.CommentMode.Preview, author: { name: "Inkling" } },
    ]);
    // The editor shows a label with its angle brackets escaped twice; a title is often about them.
    thread.label = verdictText(fix);
    thread.canReply = false;
    thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    return thread;
  }

  /** Returns the edits of each file where they belong now; undefined when one of the places was changed. */
  private async place(fix: WireFix, madeAtMs: number): Promise<Map<WireFileEdits, WireFileEdits> | undefined> {
    const placed = new Map<WireFileEdits, WireFileEdits>();
    for (const file of fix.edits) {
      const edits = await this.options.changes.place(file, madeAtMs);
      if (edits === undefined) {
        return undefined;
      }
      placed.set(file, { ...file, edits });
    }
    return placed;
  }

  private isOurs(tab: vscode.Tab): boolean {
    const { input } = tab;
    return input instanceof vscode.TabInputTextDiff && this.shown?.uris.some((uri) => uri.toString() === input.modified.toString()) === true;
  }

  private undone(document: vscode.TextDocument): void {
    const { applied } = this;
    if (applied?.before.get(document.uri.toString()) !== document.getText()) {
      return;
    }
    this.applied = undefined;
    if (this.options.clock.nowMs() - applied.atMs <= UNDONE_WITHIN_MS) {
      this.options.report({ suggestionId: applied.fixId, kind: "undone", atMs: this.options.clock.nowMs(), visibleMs: 0 });
    }
  }

  private visibleMs({ sinceMs }: Shown): number {
    return this.options.clock.nowMs() - sinceMs;
  }

  private report({ fixId }: WireFix, kind: OutcomeKind, visibleMs: number): void {
    this.options.report({ suggestionId: fixId, kind, atMs: this.options.clock.nowMs(), visibleMs });
  }
}

/** Returns the last line of the first change, zero-based, as it is with the change. */
function placeOfExplanation({ edits }: WireFileEdits): number {
  const [first] = [...edits].sort((a, b) => a.range.start.line - b.range.start.line);
  const lines = first?.newText.replace(/\r?\n$/, "").split("\n").length ?? 1;
  return (first?.range.start.line ?? 0) + lines - 1;
}

async function reveal({ uri, edits }: WireFileEdits): Promise<void> {
  const [first] = edits;
  const start = first === undefined ? new vscode.Position(0, 0) : rangeOf(first).start;
  await vscode.window.showTextDocument(vscode.Uri.parse(uri), { selection: new vscode.Range(start, start) });
}

async function setFixContexts(hasFix: boolean, hasOthers: boolean): Promise<void> {
  await vscode.commands.executeCommand("setContext", "inkling.hasFix", hasFix);
  await vscode.commands.executeCommand("setContext", "inkling.hasOtherFixes", hasOthers);
}

async function tellMoved(proposal: Proposal): Promise<void> {
  const words = "The code was changed where the fix belongs, so it no longer fits.";
  if ((await vscode.window.showWarningMessage(`Inkling: ${words}`, "Fix Again")) !== undefined) {
    await proposal.fixAgain();
  }
}
