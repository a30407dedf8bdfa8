/** The page as data: what it says, draws and lists, made of the figures by plain functions. */

import type {
  CardFact,
  DismissalReason,
  GroupCounts,
  Insights,
  Interval,
  KnobForecast,
  ReviewActivity,
  ReviewCounts,
} from "../pure/protocol";
import {
  acceptanceChart,
  hiddenChart,
  latencyByDayChart,
  latencyChart,
  latencyLabel,
  offsetsChart,
  reliabilityChart,
  rowsPx,
  type Drawing,
  type Palette,
} from "./charts";
import * as format from "./format";

/** What stands in a table's cell; a share is drawn as a bar with its interval beside the text. */
export interface Cell {
  readonly text: string;
  readonly note?: string;
  readonly share?: Interval;
}

export interface Row {
  readonly cells: readonly (Cell | string)[];
  /** The setting that the row stands for and that can be chosen. */
  readonly policy?: string;
  readonly isInForce?: boolean;
}

export interface Table {
  readonly caption: string;
  /** A title that ends in no number column is aligned to the left. */
  readonly columns: readonly { readonly title: string; readonly isNumber: boolean }[];
  readonly rows: readonly Row[];
}

export interface Chart {
  /** What a person who cannot see the chart hears. */
  readonly label: string;
  readonly heightPx: number;
  readonly draw: (palette: Palette) => Drawing;
}

export interface Section {
  readonly id: string;
  readonly title: string;
  /** One or two sentences: what it means, or why there is nothing yet. */
  readonly lead: string;
  readonly isWide: boolean;
  /** The table beside a chart holds the chart's numbers and is folded away. */
  readonly chart?: Chart;
  readonly table?: Table;
  readonly facts?: readonly CardFact[];
  /** What can be done about it, in the editor only. */
  readonly actions?: readonly ("retrain" | "reset" | "export")[];
}

export interface Tile {
  readonly title: string;
  readonly figure: string;
  readonly note: string;
}

const CHART_PX = 260;
const AXIS_AND_LEGEND_PX = 76;
const MOST_REASONS = 10;

/** The figures that stand first. */
export function tiles({ counts, model }: Insights): readonly Tile[] {
  return [
    { title: "Suggested", figure: format.count(counts.nOffered), note: "sent to the editor" },
    { title: "Judged", figure: format.count(counts.nJudged), note: "read, then accepted, rejected or ignored" },
    {
      title: "Accepted",
      figure: counts.accepted === null ? "–" : format.percent(counts.accepted.value),
      note: counts.accepted === null ? "nothing was judged yet" : `of those judged, ${range(counts.accepted)}`,
    },
    {
      title: "Kept",
      figure: format.percentOf(counts.nKept, counts.nLookedAt),
      note: counts.nLookedAt === 0 ? "no accept was looked at later yet" : `of ${format.countOf(counts.nLookedAt, "accept")} looked at later`,
    },
    {
      title: "Learned from",
      figure: format.count(model.nEvents),
      note: model.nEvents === 0 ? "the shipped model decides alone" : "of your own judgements",
    },
  ];
}

/** What the page is about, in a line. */
export function period({ nDays, madeAtMs }: Insights): string {
  return `The last ${format.countOf(nDays, "day")}, as of ${format.moment(madeAtMs)}. Everything here was counted on this machine and stays on it.`;
}

/** The page's sections in reading order. */
export function sections(insights: Insights): readonly Section[] {
  return [
    acceptance(insights),
    knob(insights.knob),
    reliability(insights),
    hidden(insights),
    ...reviews(insights.reviews),
    latency(insights),
    latencyByDay(insights),
    groups("by-source", "By source", "Source", insights.bySource),
    groups("by-project", "By project", "Project", insights.byProject),
    groups("by-file", "By file", "File", insights.byFile, true),
    offsets(insights),
    drift(insights),
    card(insights),
    privacy(insights),
  ];
}

function acceptance({ days, counts }: Insights): Section {
  const section = { id: "acceptance", title: "Accepted and kept over time", isWide: true };
  if (counts.nJudged === 0) {
    return {
      ...section,
      lead:
        "Nothing was judged yet: accept a suggestion with Tab, reject it with Escape, or type on. One that was visible for less than three quarters of a second does not count.",
    };
  }
  return {
    ...section,
    lead:
      "Accepted: of the suggestions you had time to read. Kept: of the accepted ones, those of which at least half still stands there later; an accept that is deleted soon was not worth much. Where there are many days, a dot is a day and a line seven.",
    chart: {
      label: `Share accepted and share kept by day, over the number of judged suggestions. In all, ${format.percentOf(counts.nAccepted, counts.nJudged)} of ${format.countOf(counts.nJudged, "judged suggestion")} were accepted.`,
      heightPx: CHART_PX + 40,
      draw: (palette) => acceptanceChart(days, palette),
    },
    table: {
      caption: "Accepted and kept by day",
      columns: [words("Day"), number("Suggested"), number("Judged"), number("Accepted"), number("Looked at later"), number("Kept")],
      rows: days.toReversed().map((row) => ({
        cells: [
          format.day(row.day),
          format.count(row.nOffered),
          format.count(row.nJudged),
          `${format.count(row.nAccepted)} (${format.percentOf(row.nAccepted, row.nJudged)})`,
          format.count(row.nLookedAt),
          `${format.count(row.nKept)} (${format.percentOf(row.nKept, row.nLookedAt)})`,
        ],
      })),
    },
  };
}

function knob(forecasts: readonly KnobForecast[]): Section {
  const bases = new Set(forecasts.map((forecast) => forecast.words));
  const common = bases.size === 1 ? ` ${[...bases].join("")}` : "";
  return {
    id: "knob",
    title: "How much to show",
    lead: `What each setting of inkling.gate.policy would have done, compared with what was shown in this period; ranges hold 95 times in 100.${common}`,
    isWide: true,
    table: {
      caption: "Forecast of each setting",
      columns: [words("Setting"), number("Shown from"), number("Suggestions an hour"), number("Accepts lost"), number("Rejected ones hidden")],
      rows: forecasts.map((forecast) => ({
        cells: [
          bases.size === 1 ? forecast.label : { text: forecast.label, note: forecast.words },
          forecast.basis === "none" ? "–" : format.percent(forecast.threshold),
          estimate(forecast.suggestionsAnHour, format.decimal),
          change(forecast.acceptsLost, "more won"),
          change(forecast.rejectedHidden, "more shown"),
        ],
        policy: forecast.policy,
        isInForce: forecast.isInForce,
      })),
    },
  };
}

function reliability({ reliability: bins, calibrationError, nJudgedRead }: Insights): Section {
  const section = { id: "reliability", title: "Does Inkling know what you want?", isWide: false };
  if (bins.length === 0 || calibrationError === null) {
    return { ...section, lead: "Not enough was judged yet to hold the promised probabilities to what came." };
  }
  const lead = `Of suggestions with a probability of 60%, 60 in 100 should be accepted and kept. The promise was off by ${format.decimal(100 * calibrationError)} percentage points on average, over the latest ${format.countOf(nJudgedRead, "judged suggestion")}.`;
  return {
    ...section,
    lead,
    chart: { label: `Reliability diagram. ${lead}`, heightPx: CHART_PX + 40, draw: (palette) => reliabilityChart(bins, palette) },
    table: {
      caption: "Promised and accepted and kept",
      columns: [number("Promised"), number("Accepted and kept"), number("Suggestions")],
      rows: bins.map((bin) => ({
        cells: [format.percent(bin.probability), format.interval(bin.accepted, format.percent), format.count(bin.n)],
      })),
    },
  };
}

function hidden({ hidden: reasons }: Insights): Section {
  const section = { id: "hidden", title: "What was not shown, and why", isWide: false };
  const most = reasons.slice(0, MOST_REASONS);
  if (most.length === 0) {
    return { ...section, lead: "Nothing was hidden yet, and no request came to nothing." };
  }
  return {
    ...section,
    lead: "A suggestion was found and hidden, or there was none. Inkling: Why (not) shown? tells of each single case.",
    chart: { label: "How often nothing was shown, by reason.", heightPx: AXIS_AND_LEGEND_PX + rowsPx(most.map((reason) => reason.words)), draw: (palette) => hiddenChart(most, palette) },
    table: {
      caption: "Not shown, by reason",
      columns: [words("Reason"), words("Suggestion"), number("Times")],
      rows: reasons.map((reason) => ({ cells: [reason.words, reason.hadCandidate ? "hidden" : "none", format.count(reason.n)] })),
    },
  };
}

const SEVERITY_WORDS: Readonly<Record<string, string>> = { error: "Error", warning: "Warning", note: "Note" };

function reviews({ counts, bySeverity, mostDismissed, reasons }: ReviewActivity): readonly Section[] {
  const section = { id: "reviews", title: "Review comments", isWide: true };
  if (counts.nShown === 0) {
    const lead = "No review comment was read in the editor yet: Inkling: Review Changes looks at what you changed.";
    return [reasons.length === 0 ? { ...section, lead } : { ...section, lead, table: reasonTable(reasons) }];
  }
  const n = (each: number): string => `${format.count(each)} (${format.percentOf(each, counts.nShown)})`;
  const lead = `Of ${format.countOf(counts.nShown, "comment")} that you read, ${n(counts.nApplied)} had their suggestion applied, ${n(counts.nResolved)} were resolved, ${n(counts.nDismissed)} dismissed; of ${n(counts.nChanged)} the lines were changed afterwards without an answer. What you take and dismiss decides what is shown first and what is folded away.`;
  const all: Section = { ...section, lead, table: commentTable("What became of comments", "Severity", [...bySeverity, { ...counts, name: "All" }]) };
  if (counts.nDismissed === 0 && reasons.length === 0) {
    return [all];
  }
  return [
    all,
    {
      id: "reviews-dismissed-rules",
      title: "Rules dismissed most",
      isWide: false,
      ...(mostDismissed.length === 0
        ? { lead: "No comment was dismissed in the editor." }
        : { lead: "Never This Rule Here silences one for a repository.", table: commentTable("Rules dismissed most", "Rule", mostDismissed) }),
    },
    {
      id: "reviews-reasons",
      title: "Why comments were dismissed",
      isWide: false,
      ...(reasons.length === 0
        ? { lead: "No reason is kept any more." }
        : { lead: "In the editor and in a shell, in your words.", table: reasonTable(reasons) }),
    },
  ];
}

function commentTable(caption: string, column: string, rows: readonly ReviewCounts[]): Table {
  return {
    caption,
    columns: [words(column), number("Shown"), number("Applied"), number("Resolved"), number("Dismissed"), number("Lines changed later")],
    rows: rows.map(({ name, nShown, nApplied, nResolved, nDismissed, nChanged }) => ({
      cells: [SEVERITY_WORDS[name] ?? name, ...[nShown, nApplied, nResolved, nDismissed, nChanged].map(format.count)],
    })),
  };
}

function reasonTable(reasons: readonly DismissalReason[]): Table {
  return {
    caption: "Reasons given for dismissals",
    columns: [words("Reason"), number("Times")],
    rows: reasons.map((reason) => ({ cells: [reason.words, format.count(reason.n)] })),
  };
}

function latency({ latency: bins }: Insights): Section {
  const section = { id: "latency", title: "How long a decision takes", isWide: false };
  const n = bins.reduce((total, bin) => total + bin.n, 0);
  if (n === 0) {
    return { ...section, lead: "Nothing was decided yet." };
  }
  return {
    ...section,
    lead: `From the question to the decision, over ${format.countOf(n, "decision")}.`,
    chart: { label: "Number of decisions by the time they took.", heightPx: CHART_PX, draw: (palette) => latencyChart(bins, palette) },
    table: {
      caption: "Decisions by time taken",
      columns: [words("Time"), number("Decisions"), number("Share")],
      rows: bins.map((bin, index) => ({ cells: [latencyLabel(bins, index), format.count(bin.n), format.percentOf(bin.n, n)] })),
    },
  };
}

function latencyByDay({ days }: Insights): Section {
  const section = { id: "latency-by-day", title: "The same by day", isWide: false };
  const timed = days.filter((row) => row.latencyMsP50 !== null);
  if (timed.length === 0) {
    return { ...section, lead: "Nothing was decided yet." };
  }
  return {
    ...section,
    lead: "Half of the decisions were faster than p50, 95 in 100 faster than p95.",
    chart: { label: "Median and 95th percentile of the time to a decision, by day.", heightPx: CHART_PX, draw: (palette) => latencyByDayChart(days, palette) },
    table: {
      caption: "Time to a decision by day",
      columns: [words("Day"), number("p50"), number("p95")],
      rows: timed.toReversed().map((row) => ({ cells: [format.day(row.day), milliseconds(row.latencyMsP50), milliseconds(row.latencyMsP95)] })),
    },
  };
}

function groups(id: string, title: string, column: string, rows: readonly GroupCounts[], isWide = false): Section {
  if (rows.length === 0) {
    return { id, title, isWide, lead: "Nothing was suggested yet." };
  }
  return {
    id,
    title,
    isWide,
    lead: "The thin line is the 95% interval: where it is long there is little to go by.",
    table: {
      caption: title,
      columns: [words(column), number("Judged"), number("Accepted"), number("Kept")],
      rows: rows.map((row) => ({
        cells: [
          row.name === "" ? "(none)" : row.name,
          format.count(row.nJudged),
          row.accepted === null ? "–" : { text: format.percent(row.accepted.value), share: row.accepted },
          format.percentOf(row.nKept, row.nLookedAt),
        ],
      })),
    },
  };
}

function offsets({ model }: Insights): Section {
  const section = { id: "learned", title: "What was learned of you", isWide: true, actions: ["retrain", "reset"] as const };
  if (model.offsets.length === 0) {
    return {
      ...section,
      lead: "Nothing yet: the shipped model decides. It gives way to your own judgements as they come, a little after ten, a lot after a thousand.",
    };
  }
  return {
    ...section,
    lead: `Where you judge otherwise than the people whom the shipped model learned from, the surest first. ${comparison(model.logLoss, model.priorLogLoss)}`.trim(),
    chart: {
      label: "What was learned of the user, in log-odds, with two deviations to either side.",
      heightPx: AXIS_AND_LEGEND_PX + rowsPx(model.offsets.map((offset) => offset.words)),
      draw: (palette) => offsetsChart(model.offsets, palette),
    },
    table: {
      caption: "What was learned, the surest first",
      columns: [words("Of"), words("Speaks"), number("Times the odds"), number("Log-odds"), number("Deviation")],
      rows: model.offsets.map((offset) => ({
        cells: [
          offset.words,
          offset.mean < 0 ? "against" : "for",
          format.decimal(Math.exp(offset.mean)),
          format.decimal(offset.mean),
          format.decimal(offset.deviation),
        ],
      })),
    },
  };
}

function comparison(logLoss: number | null, prior: number | null): string {
  if (logLoss === null || prior === null) {
    return "";
  }
  const verdict = logLoss < prior ? "so it pays" : "so it does not pay yet";
  return `With it your judgements were foretold with a log-loss of ${format.decimal(logLoss)}, without it ${format.decimal(prior)}; lower is better, ${verdict}.`;
}

function drift({ drift: lines }: Insights): Section {
  const section = { id: "drift", title: "What changed of late", isWide: false };
  if (lines.length === 0) {
    return { ...section, lead: "Too little was judged to tell a change from chance." };
  }
  return {
    ...section,
    lead: "The latest judgements beside those before them.",
    table: {
      caption: "What changed of late",
      columns: [words("Figure"), number("Before"), number("Of late"), words("")],
      rows: lines.map((line) => {
        const figure = line.isShare ? format.percent : format.decimal;
        return {
          cells: [line.words, format.interval(line.before, figure), format.interval(line.recent, figure), line.isCertain ? "changed" : "may be chance"],
        };
      }),
    },
  };
}

function card({ model }: Insights): Section {
  return {
    id: "model",
    title: "The model",
    lead: `Version ${model.version}.`,
    isWide: false,
    facts: model.facts,
  };
}

function privacy({ storePath, storeBytes }: Insights): Section {
  return {
    id: "privacy",
    title: "Your data",
    lead: `All events are in ${storePath} (${format.size(storeBytes)}), readable by you only. Nothing is sent anywhere. inkling telemetry in a shell shows, exports and deletes them.`,
    isWide: true,
    actions: ["export"],
  };
}

function estimate(estimated: Interval | null, figure: (value: number) => string): Cell {
  if (estimated === null) {
    return { text: "–" };
  }
  const { value, low, high } = estimated;
  return low === high ? { text: figure(value) } : { text: figure(value), note: `${figure(low)} to ${figure(high)}` };
}

/** Returns a share that is lost or spared; below zero it is the other way round, and said so. */
function change(share: Interval | null, otherWay: string): Cell {
  if (share === null || share.value >= 0) {
    return estimate(share, format.percent);
  }
  const turned = estimate({ value: -share.value, low: -share.high, high: -share.low }, format.percent);
  return { ...turned, text: `${turned.text} ${otherWay}` };
}

function range({ low, high }: Interval): string {
  return `95% interval ${format.percent(low)} to ${format.percent(high)}`;
}

function milliseconds(value: number | null): string {
  return value === null ? "–" : format.duration(value);
}

function words(title: string): Table["columns"][number] {
  return { title, isNumber: false };
}

function number(title: string): Table["columns"][number] {
  return { title, isNumber: true };
}
