import { randomUUID } from "node:crypto";
import * as vscode from "vscode";

import type { Clock } from "../../pure/clock";
import { CommentOutcomes } from "../../pure/commentOutcomes";
import { REVIEW, REVIEW_PROGRESS, type ReviewParams, type ReviewProgressParams, type ReviewResult } from "../../pure/protocol";
import { ReviewBoard, type ChangeOfFile, type Lines } from "../../pure/reviewBoard";
import { foldedText, outcomeText, reviewProgressPercent, reviewProgressText, summaryDocument } from "../../pure/reviewText";
import type { TrackedOutcome } from "../../pure/suggestionTracker";
import { fromTheEnd } from "../../pure/textEdits";
import { wordsOf } from "../insightsPanel";
import { tellProblem } from "../problems";
import type { ReadableDocuments } from "../readableDocuments";
import type { Server } from "../server";
import { ReviewThreads } from "./reviewThreads";

export interface ReviewingContext {
  readonly server: Server;
  readonly documents: ReadableDocuments;
  readonly clock: Clock;
  readonly log: vscode.LogOutputChannel;
  readonly report: (outcome: TrackedOutcome) => void;
}

/** What is to be reviewed, and how it is called for the user. */
export type ReviewWish = Omit<ReviewParams, "id"> & { readonly name: string };

interface Running {
  readonly id: string;
  readonly source: vscode.CancellationTokenSource;
  readonly tell: (progress: ReviewProgressParams) => void;
  /** What was changed since the question. */
  readonly changes: ChangeOfFile[];
}

/** Asks for reviews, one at a time, and keeps the latest on display. */
export class Reviews implements vscode.Disposable {
  readonly threads = new ReviewThreads();
  readonly outcomes: CommentOutcomes;
  private readonly statusItem = vscode.window.createStatusBarItem("inkling.review", vscode.StatusBarAlignment.Right, 99);
  private readonly subscriptions: vscode.Disposable;
  private readonly undoneIn = new vscode.EventEmitter<vscode.TextDocument>();
  private running: Running | undefined;
  private shown: ReviewBoard | undefined;
  private askedAt = 0;
  /** Fires when an undo has changed a document. */
  readonly onDidUndo = this.undoneIn.event;

  constructor(private readonly context: ReviewingContext) {
    this.outcomes = new CommentOutcomes(context.clock, context.report);
    this.statusItem.name = "Inkling Review";
    this.statusItem.command = "notifications.showList";
    context.server.listen(REVIEW_PROGRESS, (params) => {
      const progress = params as ReviewProgressParams;
      if (progress.id === this.running?.id) {
        this.running.tell(progress);
      }
    });
    const look = (): void => {
      this.lookAgain();
    };
    this.subscriptions = vscode.Disposable.from(
      this.threads,
      this.statusItem,
      this.undoneIn,
      vscode.workspace.onDidChangeTextDocument((event) => {
        this.changed(event);
      }),
      vscode.window.onDidChangeVisibleTextEditors(look),
      vscode.window.onDidChangeTextEditorVisibleRanges(look),
    );
  }

  get board(): ReviewBoard | undefined {
    return this.shown;
  }

  /** When the texts were read that the comments are about, at the earliest. */
  get askedAtMs(): number {
    return this.askedAt;
  }

  /** Reviews a change and shows the comments; calls off the review before it. */
  async review(wish: ReviewWish): Promise<void> {
    this.cancel();
    const { name, ...asked } = wish;
    const params: ReviewParams = { id: randomUUID(), ...asked };
    const options = { location: vscode.ProgressLocation.Notification, title: `Inkling: Reviewing ${name}`, cancellable: true };
    const askedAtMs = this.context.clock.nowMs();
    const answer = await vscode.window.withProgress(options, (progress, token) => this.ask(params, name, progress, token));
    if (answer === undefined) {
      return;
    }
    await this.show(answer.result, answer.changes, askedAtMs);
    await this.tell(answer.result);
  }

  /** Calls off the review that is under way. */
  cancel(): void {
    this.running?.source.cancel();
  }

  /** Takes all comments off the display. */
  clear(): void {
    this.outcomes.leaveAll();
    this.shown = undefined;
    this.threads.setFolded(false);
    this.draw();
  }

  /** Brings what is on display up to date with the board. */
  draw(): void {
    this.threads.draw(this.shown);
    this.lookAgain();
    const open = this.shown?.open ?? [];
    const nFolded = open.filter((each) => !this.threads.isShown(each)).length;
    void vscode.commands.executeCommand("setContext", "inkling.hasReview", this.shown !== undefined);
    void vscode.commands.executeCommand("setContext", "inkling.hasReviewComments", open.length > nFolded);
    void vscode.commands.executeCommand("setContext", "inkling.hasFoldedComments", nFolded > 0);
  }

  /** Shows the less certain comments, too. */
  async showFolded(): Promise<void> {
    this.threads.setFolded(true);
    this.draw();
    const first = this.shown?.open.find(({ comment }) => comment.isFolded);
    if (first !== undefined) {
      await this.threads.reveal(first);
    }
  }

  /** Shows what was looked at and what was found. */
  async showSummary(): Promise<void> {
    if (this.shown !== undefined) {
      await this.context.documents.show("Review", summaryDocument(this.shown.result, (uri) => vscode.workspace.asRelativePath(vscode.Uri.parse(uri))));
    }
  }

  dispose(): void {
    this.cancel();
    this.outcomes.leaveAll();
    this.subscriptions.dispose();
  }

  /** Returns the answer; undefined when the question was called off, or there is none, which the user was told. */
  private async ask(
    params: ReviewParams,
    name: string,
    progress: vscode.Progress<{ message: string; increment: number }>,
    token: vscode.CancellationToken,
  ): Promise<{ readonly result: ReviewResult; readonly changes: readonly ChangeOfFile[] } | undefined> {
    const source = new vscode.CancellationTokenSource();
    const cancelled = token.onCancellationRequested(() => {
      source.cancel();
    });
    let percent = 0;
    const running: Running = {
      id: params.id,
      source,
      changes: [],
      tell: (far) => {
        const next = Math.max(percent, reviewProgressPercent(far));
        progress.report({ message: reviewProgressText(far), increment: next - percent });
        percent = next;
      },
    };
    // One that was asked for at the same moment may have got here first.
    this.cancel();
    this.setRunning(running, name);
    try {
      await this.context.server.settled(source.token);
      const answered = (await this.context.server.request(REVIEW, params, source.token)) as ReviewResult;
      return source.token.isCancellationRequested ? undefined : { result: withOwnUris(answered), changes: running.changes };
    } catch (error) {
      if (source.token.isCancellationRequested) {
        vscode.window.setStatusBarMessage("Inkling: the review was called off.", 5000);
      } else {
        this.context.log.warn("no answer to a question for a review", error);
        void tellProblem(wordsOf(error), undefined);
      }
      return undefined;
    } finally {
      cancelled.dispose();
      source.dispose();
      if (this.running === running) {
        this.setRunning(undefined, name);
      }
    }
  }

  private setRunning(running: Running | undefined, name: string): void {
    this.running = running;
    void vscode.commands.executeCommand("setContext", "inkling.isReviewing", running !== undefined);
    if (running === undefined) {
      this.statusItem.hide();
    } else {
      this.statusItem.text = "$(sync~spin) Reviewing";
      this.statusItem.tooltip = `Inkling is reviewing ${name}`;
      this.statusItem.show();
    }
  }

  private async show(result: ReviewResult, changes: readonly ChangeOfFile[], askedAtMs: number): Promise<void> {
    this.clear();
    if (result.reviewId === "") {
      return;
    }
    const uris = new Set(result.comments.map(({ uri }) => uri));
    await Promise.all([...uris].map((uri) => open(uri)));
    this.askedAt = askedAtMs;
    this.shown = new ReviewBoard(result, changes, readLines);
    this.draw();
  }

  private async tell(result: ReviewResult): Promise<void> {
    const board = this.shown;
    const first = board?.open.find((each) => this.threads.isShown(each));
    const nFolded = board?.open.filter(({ comment }) => comment.isFolded).length ?? 0;
    const folded = foldedText(nFolded);
    const buttons = [...(first === undefined ? [] : ["Show First"]), ...(nFolded === 0 ? [] : [folded]), ...(board === undefined ? [] : ["Summary"])];
    const choice = await vscode.window.showInformationMessage(`Inkling: ${outcomeText(result)}`, ...buttons);
    if (choice === "Summary") {
      await this.showSummary();
    } else if (choice === folded) {
      await this.showFolded();
    } else if (choice === "Show First" && first !== undefined) {
      await this.threads.reveal(board?.get(first.comment.commentId) ?? first);
    }
  }

  private changed({ document, contentChanges, reason }: vscode.TextDocumentChangeEvent): void {
    if (contentChanges.length === 0 || document.uri.scheme !== "file") {
      return;
    }
    const changes = fromTheEnd(contentChanges.map(({ range, text }) => ({ range, text })));
    const change: ChangeOfFile = { uri: document.uri.toString(), version: document.version, changes };
    this.running?.changes.push(change);
    if ((this.shown?.changed(change).length ?? 0) > 0) {
      this.draw();
    }
    if (reason === vscode.TextDocumentChangeReason.Undo) {
      this.undoneIn.fire(document);
    }
  }

  private lookAgain(): void {
    this.outcomes.setVisible(this.shown === undefined ? new Set() : this.threads.visible(this.shown));
  }
}

/** The server may write an address in another way than the editor. */
function withOwnUris(result: ReviewResult): ReviewResult {
  const own = <Named extends { readonly uri: string }>(named: Named): Named => ({ ...named, uri: vscode.Uri.parse(named.uri).toString() });
  const comments = result.comments.map((comment) => ({
    ...own(comment),
    suggestion: comment.suggestion.map((file) => own(file)),
    alsoAt: comment.alsoAt.map((place) => own(place)),
  }));
  return { ...result, comments };
}

/** Opens a file without showing it, so that its lines can be read; one that is gone has none. */
async function open(uri: string): Promise<void> {
  try {
    await vscode.workspace.openTextDocument(vscode.Uri.parse(uri));
  } catch {
    // A comment on a file that was deleted is shown all the same.
  }
}

function readLines(uri: string, { first, last }: Lines): string | undefined {
  const document = vscode.workspace.textDocuments.find((each) => each.uri.toString() === uri);
  if (document === undefined) {
    return undefined;
  }
  const lines = Array.from({ length: Math.max(0, Math.min(last, document.lineCount - 1) - first + 1) }, (_, n) => document.lineAt(first + n).text);
  return lines.join("\n");
}
