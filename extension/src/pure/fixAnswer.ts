/** What comes next after an answer to *Fix with feedback*, and the words for it. */

import { code, plain, prose } from "./markdown";
import type { FixProgressParams, FixResult, WireBlockVisit, WireFix, WireFixQuestion, WireSuspiciousLine } from "./protocol";

export type FixStep =
  /** A diff to look at, best first. */
  | { readonly kind: "propose"; readonly fixes: readonly [WireFix, ...WireFix[]] }
  /** One example decides between fixes that all make the tests pass. */
  | { readonly kind: "ask"; readonly question: WireFixQuestion }
  | { readonly kind: "hint"; readonly words: string }
  /** No fix, but places to look at. */
  | { readonly kind: "look"; readonly message: string; readonly first: WireSuspiciousLine }
  | { readonly kind: "tell"; readonly message: string; readonly isWarning: boolean; readonly settings: string | undefined }
  | { readonly kind: "nothing" };

/** Returns the next step; a question that the user passed over is not asked again. */
export function nextStep(result: FixResult, wasAsked: boolean): FixStep {
  const [best, ...others] = result.fixes;
  if (best !== undefined) {
    return { kind: "propose", fixes: [best, ...others] };
  }
  if (result.question !== null && !wasAsked) {
    return { kind: "ask", question: result.question };
  }
  if (result.reason === "cancelled") {
    return { kind: "nothing" };
  }
  if (result.hint !== "") {
    return { kind: "hint", words: result.hint };
  }
  const [first] = result.suspicious;
  if (first !== undefined && (result.reason === "nothing_found" || result.reason === "only_plausible")) {
    return { kind: "look", message: result.message, first };
  }
  return {
    kind: "tell",
    message: result.message,
    isWarning: result.reason !== "nothing_fails",
    settings: result.reason === "no_sandbox" ? "inkling.sandbox" : undefined,
  };
}

/** Returns one line on how far the search is. */
export function progressText({ words, nTried, nPlausible, seconds, budgetSeconds }: FixProgressParams): string {
  const tried = nTried === 0 ? "" : ` · ${count(nTried, "change")} tried`;
  const plausible = nPlausible === 0 ? "" : `, ${nPlausible} made the test pass`;
  return `${words}${tried}${plausible} · ${Math.round(seconds)} of ${Math.round(budgetSeconds)} s`;
}

/** Returns how far the search is through its time, in percent. */
export function progressPercent({ seconds, budgetSeconds }: FixProgressParams): number {
  return budgetSeconds > 0 ? Math.min(100, (100 * seconds) / budgetSeconds) : 0;
}

const VERDICTS: Readonly<Record<WireFix["verdict"], string>> = {
  verified: "Verified fix",
  plausible: "Plausible fix, not verified",
  untested: "Fix that no test reaches, not verified",
};

export function verdictText(fix: WireFix): string {
  return VERDICTS[fix.verdict];
}

/** A command that a fix's explanation links to. */
export interface Link {
  readonly label: string;
  readonly command: string;
}

/** Returns the explanation of a fix with its evidence, in Markdown. */
export function explanationOf(fix: WireFix, links: readonly Link[]): string {
  const lines = [
    prose(fix.explanation),
    "",
    ...fix.evidence.map((sentence) => `- ${prose(sentence)}`),
    `- Confidence: ${prose(fix.confidence)}.`,
    "",
    links.map(({ label, command }) => `[${label}](command:${command})`).join(" · "),
  ];
  return lines.join("\n");
}

/** Returns a fix as a row of a list of alternatives. */
export function alternativeText(fix: WireFix): { readonly label: string; readonly description: string; readonly detail: string } {
  return { label: fix.title, description: fix.confidence, detail: fix.evidence.join(" ") };
}

/** A line to be marked, with words at its end. */
export interface MarkedLine {
  readonly uri: string;
  /** Zero-based. */
  readonly line: number;
  readonly words: string;
}

const N_MARKED = 5; // more places than one looks at are no help
const MAX_VALUES_CHARS = 100;

/** Returns the most suspicious lines, most suspicious first, each with the values that the failing test had there. */
export function markedLines({ suspicious, visits }: Pick<FixResult, "suspicious" | "visits">): readonly MarkedLine[] {
  return suspicious.slice(0, N_MARKED).map(({ uri, line, suspiciousness }, index) => {
    const visit = visits.findLast((candidate) => candidate.uri === uri && candidate.firstLine <= line && line <= candidate.lastLine);
    const rank = index === 0 ? "Most suspicious" : "Suspicious";
    const values = visit === undefined ? "" : ` · ${cut(valuesText(visit))}`;
    return { uri, line, words: `${rank}, ${percent(suspiciousness)}${values}` };
  });
}

/** Returns the values of a visit: those that it changed as before and after, else those that it was entered with. */
export function valuesText({ before, after }: WireBlockVisit): string {
  const changed = Object.entries(after).map(([name, value]) => {
    const old = before[name];
    return old === undefined ? `${name} = ${value}` : `${name}: ${old} → ${value}`;
  });
  return changed.length > 0 ? changed.join(", ") : Object.entries(before).map(([name, value]) => `${name} = ${value}`).join(", ");
}

/** Returns what is known of a failure without a fix, as a page to read. */
export function traceDocument(result: FixResult, pathOf: (uri: string) => string): string {
  return [
    "# What is known of the failure",
    "",
    prose(result.message),
    "",
    ...result.failing.flatMap(({ nodeId, message }) => [`- ${code(nodeId)}: ${plain(firstLine(message))}`]),
    "",
    "## Most suspicious lines",
    "",
    ...result.suspicious.map(
      ({ uri, line, suspiciousness, text }) => `1. ${code(`${pathOf(uri)}:${line + 1}`)} (${percent(suspiciousness)}): ${code(text)}`,
    ),
    "",
    "## Values in the failing test, block by block",
    "",
    ...(result.visits.length === 0 ? ["None were traced."] : result.visits.flatMap((visit) => visitLines(visit, pathOf))),
    "",
  ].join("\n");
}

function visitLines(visit: WireBlockVisit, pathOf: (uri: string) => string): readonly string[] {
  const lines = visit.firstLine === visit.lastLine ? `${visit.firstLine + 1}` : `${visit.firstLine + 1}–${visit.lastLine + 1}`;
  const values = valuesText(visit);
  return [`- ${code(`${pathOf(visit.uri)}:${lines}`)} in ${code(visit.function)}, visit ${visit.visit}: ${values === "" ? "no values" : code(values)}`];
}

export function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? "";
}

function cut(text: string): string {
  return text.length <= MAX_VALUES_CHARS ? text : `${text.slice(0, MAX_VALUES_CHARS - 1)}…`;
}

function percent(share: number): string {
  return `${Math.round(100 * share)}%`;
}

function count(n: number, noun: string): string {
  return `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
}
