import * as vscode from "vscode";

import type { Clock } from "../../pure/clock";
import { OfferedFixes, type OfferedFix } from "../../pure/offeredFixes";
import { FIX_OFFERED, FIX_WITHDRAWN, type FixOfferedParams, type FixWithdrawnParams, type OutcomeKind, type WireFileEdits } from "../../pure/protocol";
import { SHOWN_AFTER_MS, type TrackedOutcome } from "../../pure/suggestionTracker";
import type { DocumentChanges } from "../documentChanges";
import type { Server } from "../server";
import type { Proposal, Proposals } from "./proposals";

const APPLY = "inkling.applyOfferedFix";
const SHOW = "inkling.showOfferedFix";
const DISMISS = "inkling.dismissOfferedFix";

export interface OfferOptions {
  readonly server: Server;
  readonly proposals: Proposals;
  readonly changes: DocumentChanges;
  readonly clock: Clock;
  readonly report: (outcome: TrackedOutcome) => void;
  /** Returns what else can be done about the failure that an offer mends. */
  readonly followUps: (offer: OfferedFix) => Pick<Proposal, "giveHint" | "applied" | "fixAgain">;
}

/** Shows verified fixes that nobody asked for: a light bulb, and quiet words at the end of the line. */
export class Offers implements vscode.CodeActionProvider, vscode.Disposable {
  private readonly offers = new OfferedFixes();
  private readonly seenSinceMs = new Map<string, number>();
  private readonly decoration = vscode.window.createTextEditorDecorationType({
    after: { color: new vscode.ThemeColor("inkling.quietHintForeground"), margin: "0 0 0 3ch", fontStyle: "italic" },
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
  private readonly subscriptions: vscode.Disposable;

  constructor(private readonly options: OfferOptions) {
    const { server, changes, proposals } = options;
    server.listen(FIX_OFFERED, (params) => {
      this.offered(params as FixOfferedParams);
    });
    server.listen(FIX_WITHDRAWN, (params) => {
      this.offers.remove((params as FixWithdrawnParams).fixId);
      this.draw();
    });
    this.subscriptions = vscode.Disposable.from(
      this.decoration,
      vscode.languages.registerCodeActionsProvider({ language: "python" }, this, { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] }),
      changes.onDidChange(({ document, changes: made }) => {
        for (const offer of this.offers.changed(document.uri.toString(), document.version, made)) {
          this.report(offer, "superseded");
        }
        this.draw();
      }),
      vscode.window.onDidChangeVisibleTextEditors(() => {
        this.draw();
      }),
      vscode.window.onDidChangeTextEditorVisibleRanges(() => {
        this.draw();
      }),
      vscode.commands.registerCommand(APPLY, async (fixId: string) => {
        const offer = this.offers.remove(fixId);
        if (offer !== undefined) {
          this.draw();
          await proposals.apply(offer.fix, this.proposalOf(offer), this.visibleMs(offer));
        }
      }),
      vscode.commands.registerCommand(SHOW, async (fixId: string) => {
        const offer = this.offers.remove(fixId);
        if (offer !== undefined) {
          this.draw();
          await proposals.show(this.proposalOf(offer));
        }
      }),
      vscode.commands.registerCommand(DISMISS, (fixId: string) => {
        const offer = this.offers.dismiss(fixId);
        if (offer !== undefined) {
          this.report(offer, "rejected");
          this.draw();
        }
      }),
    );
  }

  provideCodeActions(document: vscode.TextDocument, range: vscode.Range): vscode.CodeAction[] {
    const offers = this.offers.at(document.uri.toString(), range.start.line);
    return offers.flatMap(({ fix }) => [
      actionOf(`Apply verified fix: ${fix.title}`, APPLY, fix.fixId, true),
      actionOf("Show verified fix", SHOW, fix.fixId, false),
      actionOf("Dismiss verified fix", DISMISS, fix.fixId, false),
    ]);
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private offered(params: FixOfferedParams): void {
    const offeredAtMs = this.options.clock.nowMs();
    const edits: WireFileEdits[] = [];
    for (const file of params.fix.edits) {
      const moved = this.moveToNow(file, offeredAtMs);
      if (moved === undefined) {
        return; // It was changed there while the offer was on its way.
      }
      edits.push(moved);
    }
    const uri = vscode.Uri.parse(params.uri).toString();
    if (this.offers.add({ ...params, uri, fix: { ...params.fix, edits }, offeredAtMs })) {
      this.draw();
    }
  }

  private moveToNow(file: WireFileEdits, offeredAtMs: number): WireFileEdits | undefined {
    const uri = vscode.Uri.parse(file.uri).toString();
    const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === uri);
    if (document === undefined) {
      return { ...file, uri };
    }
    const edits = this.options.changes.placeNow(file, offeredAtMs);
    return edits === undefined ? undefined : { uri, version: document.version, edits };
  }

  private proposalOf(offer: OfferedFix): Proposal {
    return { fixes: [offer.fix], madeAtMs: offer.offeredAtMs, ...this.options.followUps(offer) };
  }

  private draw(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const here = this.offers.all.filter(({ uri }) => uri === editor.document.uri.toString());
      editor.setDecorations(
        this.decoration,
        here.map(({ fix, line }) => {
          const end = editor.document.lineAt(Math.min(line, editor.document.lineCount - 1)).range.end;
          const words = `Verified fix: ${fix.title}`;
          return { range: new vscode.Range(end, end), hoverMessage: fix.explanation, renderOptions: { after: { contentText: words } } };
        }),
      );
      here.filter(({ line }) => editor.visibleRanges.some((range) => range.start.line <= line && line <= range.end.line)).forEach((offer) => {
        this.seen(offer);
      });
    }
  }

  /** An offer that can be seen for a while was shown. */
  private seen({ fix: { fixId } }: OfferedFix): void {
    const { clock } = this.options;
    if (this.seenSinceMs.has(fixId)) {
      return;
    }
    this.seenSinceMs.set(fixId, clock.nowMs());
    clock.after(SHOWN_AFTER_MS, () => {
      const offer = this.offers.get(fixId);
      if (offer !== undefined) {
        this.report(offer, "shown");
      }
    });
  }

  private visibleMs({ fix }: OfferedFix): number {
    const since = this.seenSinceMs.get(fix.fixId);
    return since === undefined ? 0 : this.options.clock.nowMs() - since;
  }

  private report(offer: OfferedFix, kind: OutcomeKind): void {
    const suggestionId = offer.fix.fixId;
    this.options.report({ suggestionId, kind, atMs: this.options.clock.nowMs(), visibleMs: this.visibleMs(offer) });
  }
}

function actionOf(title: string, command: string, fixId: string, isPreferred: boolean): vscode.CodeAction {
  const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
  action.command = { command, title, arguments: [fixId] };
  action.isPreferred = isPreferred;
  return action;
}
