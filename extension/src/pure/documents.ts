/** The texts behind *Why (not) shown?* and *Show Statistics*, in Markdown. */

import { code, plain } from "./markdown";
import type { OutcomeKind, Reason, StatisticsResult, WireDecision, WireFeatureCounts } from "./protocol";

const OUTCOME_WORDS: Readonly<Record<OutcomeKind, string>> = {
  shown: "seen for at least 750 ms",
  accepted: "accepted",
  partly_accepted: "accepted in part",
  typed_through: "typed through by hand",
  rejected: "rejected with Escape",
  ignored: "ignored: something else was typed",
  superseded: "left behind without a judgement",
  undone: "taken back with undo",
};

const REASON_WORDS: Readonly<Record<Reason, string>> = {
  disabled: "completions switched off",
  file_too_large: "file too large",
  line_too_long: "line too long",
  position_outside: "position outside the document",
  not_at_a_place_to_complete: "cursor inside a word, comment or string",
  index_not_ready: "index still being built",
  worker_unavailable: "completion worker not running",
  model_unavailable: "language model did not answer",
  not_worth_asking: "suggestions are seldom accepted in such a place",
  deadline: "no answer in time",
  no_candidate: "nothing to suggest",
  does_not_parse: "file would no longer parse",
  repeats_suffix: "repeats what follows the cursor",
  unknown_attribute: "attribute does not exist",
  unknown_import: "import does not exist",
  rejected_before: "rejected here before",
  too_late: "another suggestion was on display when it came",
  low_probability: "probability below the threshold",
  no_fix: "no fix was found",
  not_verified: "fixes were found and none is sure",
  nothing_follows: "nothing follows from the latest changes",
  excluded: "file excluded",
  outside_workspace: "file outside the workspace folders",
  not_writable: "file cannot be written",
  reverts: "would take back your own change",
  worse_linting: "the linter would complain",
  closed_before: "you closed this comment before",
  rule_silenced: "its rule is silenced in this repository",
  beyond_most: "other comments are worth more",
};

/** Returns the latest decisions, newest first, two lines for each: what happened where, and why. */
export function whyDocument(decisions: readonly WireDecision[], formatTime: (atMs: number) => string): string {
  const intro = [
    "# Why (not) shown?",
    "",
    "The latest decisions, newest first. A suggestion is shown when it passes the checks and its probability of",
    "acceptance reaches the threshold; `inkling.gate.policy` sets how high that is.",
    "",
  ];
  if (decisions.length === 0) {
    return [...intro, "There are none yet: type in a Python file.", ""].join("\n");
  }
  return [...intro, ...decisions.flatMap((decision) => decisionLines(decision, formatTime)), ""].join("\n");
}

function decisionLines(decision: WireDecision, formatTime: (atMs: number) => string): readonly string[] {
  const place = code(`${decision.path}:${decision.line + 1}`);
  const verdict = decision.wasOffered ? `shown, ${outcomeWords(decision.outcome)}` : "not shown";
  const size = decision.nChars === null ? "" : `${count(decision.nChars, "character")}, `;
  return [
    `- **${plain(verdict)}** · ${place} · ${formatTime(decision.atMs)}\\`,
    `  ${plain(decision.explanation)} (${size}${decision.latencyMs.toFixed(1)} ms)`,
    "",
  ];
}

function outcomeWords(outcome: string | null): string {
  return outcome === null ? "no outcome yet" : words(OUTCOME_WORDS, outcome);
}

/** Returns the counts of a period as tables. */
export function statisticsDocument(statistics: StatisticsResult, formatTime: (atMs: number) => string): string {
  const since = statistics.sinceMs === 0 ? "from the beginning" : `since ${formatTime(statistics.sinceMs)}`;
  return [
    "# Inkling statistics",
    "",
    `Counted ${since}, on this machine only.`,
    "",
    "## Suggestions",
    "",
    ...table([
      ["proposed", statistics.nProposed],
      ["offered to the editor", statistics.nOffered],
      ["hidden", statistics.nProposed - statistics.nOffered],
      ["characters accepted", statistics.nCharsAccepted],
    ]),
    "",
    `Accepted in full of those offered: ${share(statistics.nByOutcome["accepted"] ?? 0, statistics.nOffered)}.`,
    "",
    "## Outcomes",
    "",
    ...table(Object.entries(OUTCOME_WORDS).map(([kind, sentence]) => [sentence, statistics.nByOutcome[kind] ?? 0])),
    "",
    "## Hidden, by reason",
    "",
    ...reasons(statistics.nHiddenByReason),
    "",
    "## Nothing to show, by reason",
    "",
    ...reasons(statistics.nSilentByReason),
    "",
    ...apart("Next edits", statistics.nextEdits),
    ...apart("Review comments", statistics.reviews),
    "## Time and space",
    "",
    `- from request to decision: ${milliseconds(statistics.latencyMsP50)} in the middle, ${milliseconds(statistics.latencyMsP95)} at the 95th percentile`,
    `- event store: \`${statistics.storePath}\`, ${(statistics.storeBytes / 1e6).toFixed(2)} MB`,
    "",
  ].join("\n");
}

function apart(title: string, counts: WireFeatureCounts): readonly string[] {
  if (counts.nProposed === 0 && Object.keys(counts.nSilentByReason).length === 0) {
    return [];
  }
  const outcomes = Object.entries(OUTCOME_WORDS).map(([kind, sentence]) => [sentence, counts.nByOutcome[kind] ?? 0] as const);
  return [
    `## ${title}`,
    "",
    ...table([
      ["proposed", counts.nProposed],
      ["offered to the editor", counts.nOffered],
      ...outcomes.filter(([, n]) => n > 0),
    ]),
    "",
    "Hidden or not found, by reason:",
    "",
    ...reasons(summed(counts.nHiddenByReason, counts.nSilentByReason)),
    "",
  ];
}

function summed(one: Readonly<Record<string, number>>, other: Readonly<Record<string, number>>): Record<string, number> {
  const sums: Record<string, number> = { ...one };
  for (const [name, n] of Object.entries(other)) {
    sums[name] = (sums[name] ?? 0) + n;
  }
  return sums;
}

function reasons(counts: Readonly<Record<string, number>>): readonly string[] {
  const rows = Object.entries(counts).filter(([, n]) => n > 0);
  rows.sort(([, a], [, b]) => b - a);
  return rows.length === 0 ? ["None."] : table(rows.map(([reason, n]) => [words(REASON_WORDS, reason), n]));
}

function table(rows: readonly (readonly [string, number])[]): readonly string[] {
  const width = Math.max(...rows.map(([name]) => name.length));
  const line = ([name, n]: readonly [string, number]): string => `| ${name.padEnd(width)} | ${String(n).padStart(8)} |`;
  return [`| ${" ".repeat(width)} | ${"count".padStart(8)} |`, `|${"-".repeat(width + 2)}|${"-".repeat(9)}:|`, ...rows.map(line)];
}

/** A newer daemon may say what this extension has no words for: then its own word is shown. */
function words(known: Readonly<Record<string, string>>, name: string): string {
  return known[name] ?? name;
}

function share(part: number, whole: number): string {
  return whole === 0 ? "none yet" : `${((100 * part) / whole).toFixed(0)}% (${part} of ${whole})`;
}

function milliseconds(value: number | null): string {
  return value === null ? "unknown" : `${value.toFixed(1)} ms`;
}

function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
