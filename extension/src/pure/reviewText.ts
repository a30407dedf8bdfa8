/** What a review says, in words: its progress, its comments as Markdown, and its summary. */

import { code, codeBlock, commandLink, paragraph, plain } from "./markdown";
import type { ReviewProgressParams, ReviewResult, RunReproductionResult, WireReproduction, WireReviewComment } from "./protocol";

type Severity = WireReviewComment["severity"];

const SEVERITY_WORDS: Readonly<Record<Severity, string>> = { error: "Error", warning: "Warning", note: "Note" };

const TOPIC_WORDS: Readonly<Record<WireReviewComment["topic"], string>> = {
  behaviour: "behaviour",
  lint: "lint",
  contract: "contract",
  tests: "tests",
  risk: "risk",
  team_rule: "team rule",
  model: "language model",
};

const VERDICT_WORDS: Readonly<Record<RunReproductionResult["verdict"], string>> = {
  reproduced: "Reproduced",
  not_reproduced: "No longer reproduced",
  cannot_run: "Could not be run",
};

/** Commands that links in a comment run; each takes the comment's id. */
export const COMMENT_ACTIONS = {
  apply: { label: "Apply Suggestion", command: "inkling.review.applySuggestion" },
  run: { label: "Run the Reproduction", command: "inkling.review.runReproduction" },
  keep: { label: "Keep as pytest Test", command: "inkling.review.keepAsTest" },
  dismiss: { label: "Dismiss with Reason…", command: "inkling.review.dismiss" },
  resolve: { label: "Resolve", command: "inkling.review.resolve" },
  silence: { label: "Never This Rule Here", command: "inkling.review.silenceRule" },
} as const;

/** A command that shows a place: its arguments are a URI and a line, zero-based. */
export const OPEN_PLACE = "inkling.review.openPlace";

/** A command that shows the comments that are more likely wrong than right. */
export const SHOW_FOLDED = "inkling.review.showFolded";

const REVIEWED_IN_ANOTHER_VERSION =
  "*The reviewed version had other lines here: they were changed or deleted since, and this is the nearest place.*";

/** What a comment's text depends on beside the comment. */
export interface CommentSituation {
  /** Whether its lines are not any more what they were when it was made. */
  readonly isRewritten: boolean;
  /** How many less certain comments can be shown from here. */
  readonly nFolded: number;
  readonly pathOf: (uri: string) => string;
}

/** Returns one line on how far a review is. */
export function reviewProgressText({ words, nDone, nSteps, seconds, budgetSeconds }: ReviewProgressParams): string {
  const steps = nSteps === 0 ? "" : ` · ${nDone} of ${nSteps}`;
  return `${words}${steps} · ${Math.round(seconds)} of ${Math.round(budgetSeconds)} s`;
}

/** Returns how far a review is, in percent: by its steps, or by its time where that is further. */
export function reviewProgressPercent({ nDone, nSteps, seconds, budgetSeconds }: ReviewProgressParams): number {
  const steps = nSteps > 0 ? nDone / nSteps : 0;
  const time = budgetSeconds > 0 ? seconds / budgetSeconds : 0;
  return 100 * Math.min(1, Math.max(steps, time));
}

/** Returns a comment's heading. */
export function labelOf({ severity, topic, confirmation, claimsFailure, isFolded }: WireReviewComment): string {
  const isConfirmed = confirmation === "confirmed";
  const confirmed = isConfirmed ? ["confirmed by a run"] : claimsFailure ? ["not confirmed"] : [];
  return [SEVERITY_WORDS[severity], TOPIC_WORDS[topic], ...confirmed, ...(isFolded ? ["less certain"] : [])].join(" · ");
}

/** Returns what can be done about a comment, in the order in which it is offered; a suggestion that does not fit says why. */
export function actionsOf({ suggestion, suggestionDiff, reproduction }: WireReviewComment): readonly (keyof typeof COMMENT_ACTIONS)[] {
  const applying = suggestion.length > 0 || suggestionDiff !== "" ? (["apply"] as const) : [];
  const running = reproduction === null ? [] : (["run", "keep"] as const);
  return [...applying, ...running, "dismiss", "resolve", "silence"];
}

/** Returns a comment's text in Markdown. */
export function bodyOf(comment: WireReviewComment, situation: CommentSituation): string {
  const { message, reason, evidence, reproduction, suggestion, suggestionDiff, alsoAt, isOnOldSide } = comment;
  const links = actionsOf(comment).map((action) => {
    const { label, command } = COMMENT_ACTIONS[action];
    return commandLink(label, command, [comment.commentId]);
  });
  const places = alsoAt.map(({ uri, line }) => commandLink(`${situation.pathOf(uri)}:${line + 1}`, OPEN_PLACE, [uri, line]));
  const parts = [
    paragraph(message),
    paragraph(reason),
    reproduction === null ? "" : reproductionText(reproduction),
    evidence.map((sentence) => `- ${paragraph(sentence)}`).join("\n"),
    suggestionDiff === "" ? "" : `Suggestion:\n\n${codeBlock(suggestionDiff, "diff")}`,
    suggestionDiff === "" || suggestion.length > 0 ? "" : "*It does not fit: the lines that it replaces are not in the file any more.*",
    places.length === 0 ? "" : `Same cause: ${places.join(", ")}`,
    isOnOldSide ? `*About ${removedLines(comment)}.*` : "",
    situation.isRewritten ? (comment.isRewritten ? REVIEWED_IN_ANOTHER_VERSION : "*These lines were changed since the review.*") : "",
    links.join(" · "),
    situation.nFolded === 0 ? "" : commandLink(foldedText(situation.nFolded), SHOW_FOLDED),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Returns what a run of a reproduction showed, in Markdown. */
export function runText({ verdict, message, before, after, output, seconds }: RunReproductionResult): string {
  const lines = [...(before === "" ? [] : [`- before: ${paragraph(before)}`]), ...(after === "" ? [] : [`- now: ${paragraph(after)}`])];
  const parts = [
    `**${VERDICT_WORDS[verdict]}** after ${seconds.toFixed(1)} s.`,
    paragraph(message),
    lines.join("\n"),
    output.trim() === "" ? "" : codeBlock(lastLines(output), "text"),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Returns the button that shows the less certain comments. */
export function foldedText(n: number): string {
  return `Show ${count(n, "Less Certain Comment")}`;
}

/** Returns what came of a review in one line. */
export function outcomeText({ message, unchecked }: ReviewResult): string {
  return unchecked.length === 0 ? message : `${message} ${count(unchecked.length, "thing")} could not be checked.`;
}

/** Returns what was looked at and what was found as a page to read. */
export function summaryDocument(result: ReviewResult, pathOf: (uri: string) => string): string {
  const { name, message, nFiles, seconds, comments, nBeyond, nClosed, checked, unchecked } = result;
  const shown = comments.filter(({ isFolded }) => !isFolded);
  const folded = comments.filter(({ isFolded }) => isFolded);
  return [
    `# Review of ${plain(name)}`,
    "",
    paragraph(message),
    "",
    `${count(nFiles, "file")}, ${count(shown.length, "comment")}, ${seconds.toFixed(1)} s.`,
    "",
    ...fileLines(shown, pathOf),
    ...(nBeyond > 0 ? [`${count(nBeyond, "more comment")} would be shown with a higher ${code("inkling.review.maxComments")}.`, ""] : []),
    ...(nClosed > 0 ? [`${count(nClosed, "comment")} dismissed or resolved before: not repeated.`, ""] : []),
    "## Checked",
    "",
    ...listed(checked.map(paragraph)),
    "",
    "## Not checked",
    "",
    ...listed(unchecked.map(({ what, why }) => `${paragraph(what)}: ${paragraph(why)}`)),
    "",
    ...(folded.length === 0 ? [] : ["## Less certain", "", ...fileLines(folded, pathOf)]),
  ].join("\n");
}

function fileLines(comments: readonly WireReviewComment[], pathOf: (uri: string) => string): readonly string[] {
  const byFile = new Map<string, WireReviewComment[]>();
  for (const comment of comments) {
    byFile.set(comment.uri, [...(byFile.get(comment.uri) ?? []), comment]);
  }
  return [...byFile].flatMap(([uri, inFile]) => [
    `### ${plain(pathOf(uri))}`,
    "",
    ...inFile.map((comment) => `- ${plain(lineText(comment))}: **${labelOf(comment)}** (${code(comment.rule)}) ${paragraph(comment.message)}`),
    "",
  ]);
}

function lineText({ range, isOnOldSide }: WireReviewComment): string {
  return `line ${range.start.line + 1}${isOnOldSide ? " before the change" : ""}`;
}

function removedLines(comment: WireReviewComment): string {
  const { first, last } = linesOf(comment);
  return first === last ? `line ${first + 1} of the old version, which is gone` : `lines ${first + 1}–${last + 1} of the old version, which are gone`;
}

/** Returns a comment's lines, zero-based, the last one included: a range of whole lines may end where the next begins. */
export function linesOf({ range }: Pick<WireReviewComment, "range">): { readonly first: number; readonly last: number } {
  const { start, end } = range;
  return { first: start.line, last: end.character === 0 && end.line > start.line ? end.line - 1 : end.line };
}

function reproductionText({ call, before, after }: WireReproduction): string {
  return [codeBlock(call, "python"), "", `- before: ${paragraph(before)}`, `- now: ${paragraph(after)}`].join("\n");
}

function listed(lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? ["Nothing."] : lines.map((line) => `- ${line}`);
}

const N_OUTPUT_LINES = 40; // pytest says at its end what failed

function lastLines(output: string): string {
  const lines = output.trimEnd().split(/\r\n|\r|\n/);
  return lines.length <= N_OUTPUT_LINES ? lines.join("\n") : ["…", ...lines.slice(-N_OUTPUT_LINES)].join("\n");
}

function count(n: number, noun: string): string {
  return `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
}
