import * as vscode from "vscode";

import { OPEN_PLACE, SHOW_FOLDED } from "../../pure/reviewText";
import { localFolders, tellUntrusted } from "../problems";
import { CommentActions } from "./commentActions";
import { Reviews, type ReviewingContext, type ReviewWish } from "./reviews";
import { showLine } from "./reviewThreads";

type Scope = Pick<ReviewWish, "scope" | "revisions" | "name">;

/** Builds *Review Changes*; before the server is started, so that it hears all. */
export function registerReviewing(context: ReviewingContext): vscode.Disposable {
  const reviews = new Reviews(context);
  const review = (scope: Scope) => (sourceControl?: { readonly rootUri?: vscode.Uri }) => start(reviews, scope, sourceControl?.rootUri);
  const commands: Readonly<Record<string, (...args: never[]) => unknown>> = {
    "inkling.review.workingTree": review({ scope: "working_tree", name: "the working tree" }),
    "inkling.review.staged": review({ scope: "staged", name: "staged changes" }),
    "inkling.review.branch": review({ scope: "branch", name: "the branch" }),
    "inkling.review.range": async (sourceControl?: { readonly rootUri?: vscode.Uri }) => {
      const revisions = await askRange();
      if (revisions !== undefined) {
        await start(reviews, { scope: "range", revisions, name: revisions }, sourceControl?.rootUri);
      }
    },
    "inkling.review.cancel": () => {
      reviews.cancel();
    },
    "inkling.review.clear": () => {
      reviews.clear();
    },
    "inkling.review.showSummary": () => reviews.showSummary(),
    [SHOW_FOLDED]: () => reviews.showFolded(),
    [OPEN_PLACE]: (uri: string, line: number) => showLine(uri, line),
  };
  return vscode.Disposable.from(
    reviews,
    new CommentActions({ ...context, reviews }),
    ...Object.entries(commands).map(([name, action]) => vscode.commands.registerCommand(name, action)),
  );
}

async function start(reviews: Reviews, scope: Scope, root: vscode.Uri | undefined): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    await tellUntrusted();
    return;
  }
  const folder = folderOf(root);
  if (folder === undefined) {
    void vscode.window.showInformationMessage("Inkling: open a folder of a git repository first.");
    return;
  }
  await reviews.review({ folderUri: folder.uri.toString(), ...scope });
}

/** Returns the folder of a repository, else of the file in front, else the first. */
function folderOf(root: vscode.Uri | undefined): vscode.WorkspaceFolder | undefined {
  const front = root ?? vscode.window.activeTextEditor?.document.uri;
  return (front === undefined ? undefined : vscode.workspace.getWorkspaceFolder(front)) ?? localFolders()[0];
}

/** Returns a commit or a range in git's own notation. */
async function askRange(): Promise<string | undefined> {
  const words = await vscode.window.showInputBox({
    title: "Review Commit or Range",
    prompt: "A commit, A..B, or A...B for B since it left A",
    placeHolder: "HEAD~1, main..feature",
    validateInput: (text) => (text.trim() === "" || text.trim().startsWith("-") ? "Name a commit or a range." : undefined),
  });
  return words?.trim();
}
