import * as vscode from "vscode";

import type { Clock } from "../../pure/clock";
import {
  CLOSE_REVIEW_COMMENT,
  KEEP_REPRODUCTION,
  REOPEN_REVIEW_COMMENT,
  RUN_REPRODUCTION,
  type CloseReviewCommentParams,
  type KeepReproductionResult,
  type ReopenReviewCommentParams,
  type ReviewClosingResult,
  type ReviewCommentParams,
  type RunReproductionResult,
  type WireFileEdits,
} from "../../pure/protocol";
import type { PlacedComment, ReviewBoard } from "../../pure/reviewBoard";
import { actionsOf, COMMENT_ACTIONS, labelOf } from "../../pure/reviewText";
import { rangeOf } from "../documentChanges";
import { wordsOf } from "../insightsPanel";
import { tellProblem } from "../problems";
import type { Server } from "../server";
import type { Reviews } from "./reviews";

type ActionName = keyof typeof COMMENT_ACTIONS;

/** A comment that something is to be done about. */
interface Target {
  readonly board: ReviewBoard;
  readonly placed: PlacedComment;
}

/** A suggestion that was applied. */
interface Applied extends Target {
  /** Texts before it by document. */
  readonly before: ReadonlyMap<string, string>;
}

const REASONS = ["It is intended", "It cannot happen here", "It is wrong", "It is too small to matter", "It is not part of this change"];

export interface CommentActionOptions {
  readonly reviews: Reviews;
  readonly server: Server;
  readonly clock: Clock;
  readonly log: vscode.LogOutputChannel;
}

/** What can be done about a comment: from its links and menus, and from the palette for the one at the cursor. */
export class CommentActions implements vscode.Disposable {
  private readonly subscriptions: vscode.Disposable;
  private applied: readonly Applied[] = [];

  constructor(private readonly options: CommentActionOptions) {
    const actions: Readonly<Record<ActionName, (target: Target) => Promise<void>>> = {
      apply: (target) => this.apply(target),
      run: (target) => this.run(target),
      keep: (target) => this.keep(target),
      dismiss: (target) => this.dismiss(target),
      resolve: (target) => this.close(target, { closing: "resolved" }),
      silence: (target) => this.close(target, { closing: "rule_silenced" }),
    };
    const registrations = Object.entries(actions).map(([name, action]) => {
      const { command } = COMMENT_ACTIONS[name as ActionName];
      return vscode.commands.registerCommand(command, async (argument: unknown) => {
        const target = await this.targetOf(argument, name as ActionName);
        if (target !== undefined) {
          await action(target);
        }
      });
    });
    this.subscriptions = vscode.Disposable.from(
      ...registrations,
      options.reviews.onDidUndo((document) => {
        this.undone(document);
      }),
    );
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private async apply(target: Target): Promise<void> {
    const { reviews } = this.options;
    const { board, placed } = target;
    const edits = placed.suggestion;
    if (edits === undefined || edits.length === 0 || !(await this.areOnDiskAsAsked(edits))) {
      tellMoved();
      return;
    }
    const edit = new vscode.WorkspaceEdit();
    const before = new Map<string, string>();
    for (const file of edits) {
      const uri = vscode.Uri.parse(file.uri);
      before.set(file.uri, (await vscode.workspace.openTextDocument(uri)).getText());
      for (const single of file.edits) {
        edit.replace(uri, rangeOf(single), single.newText);
      }
    }
    // It may have been changed while the documents were opened.
    if (board.get(placed.comment.commentId)?.suggestion !== edits || !(await vscode.workspace.applyEdit(edit))) {
      tellMoved();
      return;
    }
    this.applied = [...this.applied, { ...target, before }];
    board.setDone(placed.comment.commentId);
    reviews.outcomes.accepted(placed.comment.commentId);
    reviews.draw();
    vscode.window.setStatusBarMessage("Inkling: suggestion applied. Undo takes it back.", 5000);
  }

  /** A file that is not open is not followed; what its edits were made for must still be there. */
  private async areOnDiskAsAsked(files: readonly WireFileEdits[]): Promise<boolean> {
    const isOpen = ({ uri }: WireFileEdits): boolean => vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri);
    try {
      const stats = await Promise.all(files.filter((file) => !isOpen(file)).map(({ uri }) => vscode.workspace.fs.stat(vscode.Uri.parse(uri))));
      return stats.every(({ mtime }) => mtime <= this.options.reviews.askedAtMs);
    } catch {
      return false;
    }
  }

  private undone(document: vscode.TextDocument): void {
    const { reviews } = this.options;
    const uri = document.uri.toString();
    const undone = this.applied.findLast(({ before }) => before.get(uri) === document.getText());
    if (undone === undefined) {
      return;
    }
    this.applied = this.applied.filter((each) => each !== undone);
    if (undone.board === reviews.board) {
      undone.board.restore(undone.placed);
      reviews.outcomes.cameBack(undone.placed.comment.commentId);
      reviews.draw();
    }
  }

  private async run({ board, placed }: Target): Promise<void> {
    const result = await this.ask<RunReproductionResult>(RUN_REPRODUCTION, paramsOf(board, placed), "Running the reproduction");
    if (result !== undefined) {
      board.setRun(placed.comment.commentId, result);
      this.options.reviews.draw();
    }
  }

  private async keep({ board, placed }: Target): Promise<void> {
    const kept = await this.ask<KeepReproductionResult>(KEEP_REPRODUCTION, paramsOf(board, placed), "Keeping the reproduction");
    if (kept === undefined) {
      return;
    }
    const uri = vscode.Uri.parse(kept.uri);
    const edit = new vscode.WorkspaceEdit();
    // With its text, so that it is on disk at once, and that undoing it leaves no empty file behind.
    edit.createFile(uri, { contents: new TextEncoder().encode(kept.text) });
    if (await vscode.workspace.applyEdit(edit)) {
      await vscode.window.showTextDocument(uri, { preview: false });
    } else {
      void tellProblem(`${vscode.workspace.asRelativePath(uri)} could not be written.`, undefined);
    }
  }

  private async dismiss(target: Target): Promise<void> {
    const reason = await askReason();
    if (reason !== undefined) {
      await this.close(target, { closing: "dismissed", reason });
    }
  }

  private async close({ board, placed }: Target, how: Pick<CloseReviewCommentParams, "closing" | "reason">): Promise<void> {
    const { reviews } = this.options;
    const params: CloseReviewCommentParams = { ...paramsOf(board, placed), ...how };
    const result = await this.ask<ReviewClosingResult>(CLOSE_REVIEW_COMMENT, params);
    if (result === undefined) {
      return;
    }
    if (how.closing === "resolved") {
      reviews.outcomes.accepted(params.commentId);
    } else {
      reviews.outcomes.rejected(params.commentId);
    }
    board.setClosed(result.closed);
    reviews.draw();
    if ((await vscode.window.showInformationMessage(`Inkling: ${result.message}`, "Undo")) === "Undo") {
      await this.reopen(board, params.commentId);
    }
  }

  private async reopen(board: ReviewBoard, commentId: string): Promise<void> {
    const { reviews } = this.options;
    const params: ReopenReviewCommentParams = { reviewId: board.result.reviewId, commentId };
    const result = await this.ask<ReviewClosingResult>(REOPEN_REVIEW_COMMENT, params);
    if (result !== undefined && board === reviews.board) {
      reviews.outcomes.cameBack(commentId);
      board.setClosed(result.closed);
      reviews.draw();
    }
  }

  /** Asks the server; undefined when it was called off, or there is no answer, which the user was told. What has a title shows its progress. */
  private async ask<Result>(method: string, params: object, title?: string): Promise<Result | undefined> {
    const asking = async (token?: vscode.CancellationToken): Promise<Result | undefined> => {
      try {
        return (await this.options.server.request(method, params, token)) as Result;
      } catch (error) {
        if (token?.isCancellationRequested !== true) {
          this.options.log.warn(`no answer to ${method}`, error);
          void tellProblem(wordsOf(error), undefined);
        }
        return undefined;
      }
    };
    if (title === undefined) {
      return asking();
    }
    const options = { location: vscode.ProgressLocation.Notification, title: `Inkling: ${title}`, cancellable: true };
    return vscode.window.withProgress(options, (_, token) => asking(token));
  }

  /** Returns the comment that a command is about: that of its link or menu, else the one at the cursor, else the one that the user chooses. */
  private async targetOf(argument: unknown, action: ActionName): Promise<Target | undefined> {
    const { reviews } = this.options;
    const { board, threads } = reviews;
    if (board === undefined) {
      void vscode.window.showInformationMessage("Inkling: there is no review. Inkling: Review Changes makes one.");
      return undefined;
    }
    const id = typeof argument === "string" ? argument : threads.idOf(argument);
    const named = id === undefined ? undefined : board.get(id);
    if (named !== undefined) {
      return named.isClosed || named.isDone ? undefined : { board, placed: named };
    }
    const isFit = (placed: PlacedComment): boolean => threads.isShown(placed) && actionsOf(placed.comment).includes(action);
    const editor = vscode.window.activeTextEditor;
    const here = editor === undefined ? [] : board.at(editor.document.uri.toString(), editor.selection.active.line).filter(isFit);
    const placed = await chooseComment(here.length > 0 ? here : board.open.filter(isFit));
    return placed === undefined ? undefined : { board, placed };
  }
}

function paramsOf(board: ReviewBoard, { comment }: PlacedComment): ReviewCommentParams {
  return { reviewId: board.result.reviewId, commentId: comment.commentId };
}

/** Asks only where there is a choice. */
async function chooseComment(comments: readonly PlacedComment[]): Promise<PlacedComment | undefined> {
  if (comments.length === 1) {
    return comments[0];
  }
  const items = comments.map((placed) => ({
    label: placed.comment.message,
    description: `${vscode.workspace.asRelativePath(vscode.Uri.parse(placed.comment.uri))}:${placed.lines.first + 1}`,
    detail: labelOf(placed.comment),
    placed,
  }));
  if (items.length === 0) {
    void vscode.window.showInformationMessage("Inkling: there is no comment with which this can be done.");
    return undefined;
  }
  return (await vscode.window.showQuickPick(items, { placeHolder: "Which comment?", matchOnDescription: true }))?.placed;
}

/** Returns why a comment is dismissed; undefined when the user thought better of it. */
async function askReason(): Promise<string | undefined> {
  const own = { label: "In your own words…" };
  const choice = await vscode.window.showQuickPick([...REASONS.map((label) => ({ label })), own], {
    title: "Dismiss with Reason",
    placeHolder: "Why is this comment of no use? It does not come back.",
  });
  if (choice !== own) {
    return choice?.label;
  }
  const words = await vscode.window.showInputBox({ title: "Dismiss with Reason", prompt: "Why is this comment of no use?" });
  return words === undefined || words.trim() === "" ? undefined : words.trim();
}

function tellMoved(): void {
  const words = "The code was changed where the suggestion belongs, so it no longer fits and nothing was changed.";
  void vscode.window.showWarningMessage(`Inkling: ${words}`);
}
