import * as vscode from "vscode";

import type { PlacedComment, ReviewBoard } from "../../pure/reviewBoard";
import { actionsOf, bodyOf, COMMENT_ACTIONS, labelOf, OPEN_PLACE, runText, SHOW_FOLDED } from "../../pure/reviewText";

/** package.json names it in the conditions of the threads' menus. */
const CONTROLLER = "inkling.review";

const AUTHOR = { name: "Inkling" };
const LINKED_COMMANDS = [...Object.values(COMMENT_ACTIONS).map(({ command }) => command), OPEN_PLACE, SHOW_FOLDED];

/** Draws the comments of a review as threads at their lines. */
export class ReviewThreads implements vscode.Disposable {
  private readonly controller = vscode.comments.createCommentController(CONTROLLER, "Inkling Review");
  private readonly threads = new Map<string, vscode.CommentThread>();
  private showsFolded = false;

  constructor() {
    this.controller.options = { prompt: "", placeHolder: "" };
  }

  /** Draws what is open, and takes away what is not. */
  draw(board: ReviewBoard | undefined): void {
    const shown = board?.open.filter((each) => this.isShown(each)) ?? [];
    const ids = new Set(shown.map(({ comment }) => comment.commentId));
    for (const [id, thread] of this.threads) {
      if (!ids.has(id)) {
        thread.dispose();
        this.threads.delete(id);
      }
    }
    const nFolded = this.showsFolded ? 0 : (board?.open.filter(({ comment }) => comment.isFolded).length ?? 0);
    shown.forEach((placed, index) => {
      this.drawOne(placed, index === 0 ? nFolded : 0);
    });
  }

  /** Draws the less certain comments, too, or not any more. */
  setFolded(isShown: boolean): void {
    this.showsFolded = isShown;
  }

  isShown({ comment }: PlacedComment): boolean {
    return this.showsFolded || !comment.isFolded;
  }

  /** Returns the comment that a menu was opened on. */
  idOf(target: unknown): string | undefined {
    return [...this.threads].find(([, thread]) => thread === target || thread.comments.some((comment) => comment === target))?.[0];
  }

  /** Returns the comments that can be seen now. */
  visible(board: ReviewBoard): ReadonlySet<string> {
    const ids = new Set<string>();
    for (const [id, thread] of this.threads) {
      const placed = board.get(id);
      const isOpen = thread.collapsibleState === vscode.CommentThreadCollapsibleState.Expanded;
      if (placed !== undefined && isOpen && isInView(thread.uri, placed.lines.last)) {
        ids.add(id);
      }
    }
    return ids;
  }

  /** Opens a thread, its file in front. */
  async reveal({ comment, lines }: PlacedComment): Promise<void> {
    const thread = this.threads.get(comment.commentId);
    if (thread !== undefined) {
      thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
    }
    await showLine(comment.uri, lines.first);
  }

  dispose(): void {
    this.controller.dispose();
  }

  private drawOne(placed: PlacedComment, nFolded: number): void {
    const { comment, lines } = placed;
    const range = new vscode.Range(lines.first, 0, lines.last, 0);
    const comments = commentsOf(placed, nFolded);
    const known = this.threads.get(comment.commentId);
    if (known === undefined) {
      const thread = this.controller.createCommentThread(vscode.Uri.parse(comment.uri), range, comments);
      thread.canReply = false;
      thread.label = labelOf(comment);
      thread.contextValue = actionsOf(comment).join(" ");
      thread.state = vscode.CommentThreadState.Unresolved;
      thread.collapsibleState = vscode.CommentThreadCollapsibleState.Expanded;
      this.threads.set(comment.commentId, thread);
      return;
    }
    if (known.range?.isEqual(range) !== true) {
      known.range = range;
    }
    if (textOf(known.comments) !== textOf(comments)) {
      known.comments = comments;
    }
  }
}

export async function showLine(uri: string, line: number): Promise<void> {
  const selection = new vscode.Range(line, 0, line, 0);
  await vscode.window.showTextDocument(vscode.Uri.parse(uri), { selection, preview: false });
}

function commentsOf({ comment, isRewritten, run }: PlacedComment, nFolded: number): vscode.Comment[] {
  const pathOf = (uri: string): string => vscode.workspace.asRelativePath(vscode.Uri.parse(uri));
  const found = commentOf(bodyOf(comment, { isRewritten, nFolded, pathOf }));
  return run === undefined ? [found] : [found, commentOf(runText(run))];
}

function commentOf(markdown: string): vscode.Comment {
  const body = new vscode.MarkdownString(markdown);
  body.isTrusted = { enabledCommands: LINKED_COMMANDS };
  return { body, mode: vscode.CommentMode.Preview, author: AUTHOR };
}

function textOf(comments: readonly vscode.Comment[]): string {
  return comments.map(({ body }) => (typeof body === "string" ? body : body.value)).join("\0");
}

function isInView(uri: vscode.Uri, line: number): boolean {
  return vscode.window.visibleTextEditors.some(
    ({ document, visibleRanges }) =>
      document.uri.toString() === uri.toString() && visibleRanges.some((range) => range.start.line <= line && line <= range.end.line),
  );
}
