/** Made-up figures in the shape that the daemon sends. */

import type { DayCounts, GroupCounts, Insights, Interval } from "../../extension/src/pure/protocol";

const AT_MS = Date.UTC(2026, 10, 21, 12);
const MS_PER_DAY = 86_400_000;

export function between(low: number, value: number, high: number): Interval {
  return { low, value, high };
}

export function group(name: string, nJudged: number, nAccepted: number): GroupCounts {
  const share = nAccepted / nJudged;
  const half = 1.96 * Math.sqrt((share * (1 - share)) / nJudged);
  return {
    name,
    nOffered: Math.round(nJudged * 1.4),
    nJudged,
    nAccepted,
    nLookedAt: nAccepted,
    nKept: Math.round(nAccepted * 0.87),
    accepted: between(Math.max(0, share - half), share, Math.min(1, share + half)),
  };
}

/** Returns `n` days up to the 21st of November, Sundays left out. */
export function days(n: number): readonly DayCounts[] {
  return Array.from({ length: n }, (_, index) => new Date(AT_MS - (n - 1 - index) * MS_PER_DAY))
    .filter((date) => date.getUTCDay() !== 0)
    .map((date, index) => {
      const nJudged = 14 + ((index * 7) % 23);
      const nAccepted = Math.round(nJudged * (0.36 + 0.12 * Math.sin(index / 6) + index / 900));
      return {
        day: date.toISOString().slice(0, 10),
        nProposed: nJudged * 3,
        nOffered: Math.round(nJudged * 1.4),
        nJudged,
        nAccepted,
        nLookedAt: nAccepted,
        nKept: Math.round(nAccepted * (0.84 + 0.1 * Math.cos(index / 5))),
        latencyMsP50: 6 + (index % 4),
        latencyMsP95: 18 + ((index * 5) % 17),
      };
    });
}

/** A user of three months. */
export const FULL: Insights = {
  madeAtMs: AT_MS,
  nDays: 90,
  counts: group("all", 1890, 842),
  days: days(90),
  bySource: [group("embedded mind", 1650, 770), group("jedi names", 240, 72)],
  byFile: [group("shop/report.py", 400, 211), group("shop/orders.py", 310, 120), group("tests/test_report.py", 22, 15)],
  byProject: [group("shop", 1200, 610), group("billing", 690, 232)],
  reliability: [0.08, 0.17, 0.26, 0.35, 0.43, 0.52, 0.61, 0.7, 0.79, 0.9].map((probability, index) => {
    const came = probability + 0.04 * Math.sin(index * 2);
    return { n: 189, probability, accepted: between(came - 0.06, came, Math.min(1, came + 0.06)) };
  }),
  calibrationError: 0.027,
  nJudgedRead: 1890,
  latency: [1, 2, 5, 10, 20, 50, 100, 250].map((upToMs, index) => ({ upToMs, n: [12, 160, 1900, 2400, 900, 210, 44, 9][index] ?? 0 })).concat([{ upToMs: null as never, n: 2 }]),
  hidden: [
    { words: "nothing to suggest", n: 2410, hadCandidate: false },
    { words: "probability below the threshold", n: 1630, hadCandidate: true },
    { words: "cursor inside a word, comment or string", n: 980, hadCandidate: false },
    { words: "file would no longer parse", n: 312, hadCandidate: true },
    { words: "attribute does not exist", n: 96, hadCandidate: true },
    { words: "rejected here before", n: 41, hadCandidate: true },
  ],
  reviews: {
    counts: { name: "", nShown: 48, nApplied: 12, nResolved: 9, nDismissed: 8, nChanged: 11 },
    bySeverity: [
      { name: "error", nShown: 20, nApplied: 7, nResolved: 6, nDismissed: 1, nChanged: 5 },
      { name: "warning", nShown: 28, nApplied: 5, nResolved: 3, nDismissed: 7, nChanged: 6 },
    ],
    mostDismissed: [
      { name: "ruff.B006", nShown: 9, nApplied: 0, nResolved: 1, nDismissed: 6, nChanged: 0 },
      { name: "behaviour.slower", nShown: 3, nApplied: 0, nResolved: 0, nDismissed: 2, nChanged: 1 },
    ],
    reasons: [
      { words: "It is intended", n: 6 },
      { words: "Never this rule here", n: 1 },
    ],
  },
  knob: [
    ["eager", "Eager: lose at most 1%", 0.08, 0.006, 0.07],
    ["balanced", "Balanced: lose at most 5%", 0.17, 0.044, 0.24],
    ["quiet", "Quiet: lose at most 20%", 0.36, 0.19, 0.52],
    ["loseAtMost", "Lose at most 5%", 0.17, 0.044, 0.24],
    ["threshold", "Show from 25% on", 0.25, 0.1, 0.36],
  ].map(([policy, label, threshold, lost, spared]) => ({
    policy: String(policy),
    label: String(label),
    isInForce: policy === "loseAtMost",
    threshold: Number(threshold),
    basis: "log",
    words: "From 1,890 of your own judgements.",
    suggestionsAnHour: between(27 - 25 * Number(spared), 31 - 25 * Number(spared), 35 - 25 * Number(spared)),
    acceptsLost: between(Number(lost) * 0.6, Number(lost), Number(lost) * 1.5),
    rejectedHidden: between(Number(spared) * 0.85, Number(spared), Number(spared) * 1.15),
  })),
  model: {
    version: "cups-2026-11+1890",
    nEvents: 1890,
    logLoss: 0.524,
    priorLogLoss: 0.581,
    offsets: [
      { words: "in the project billing", mean: -0.62, deviation: 0.11 },
      { words: "when the statement is a return", mean: 0.48, deviation: 0.12 },
      { words: "for the rest of an import line", mean: 0.33, deviation: 0.15 },
      { words: "for long suggestions", mean: -0.21, deviation: 0.14 },
    ],
    facts: [
      { title: "Learned from", text: "844 judged suggestions of 16 people (the CUPS study)." },
      { title: "Limits", text: "Another editor, another engine, another language mix." },
    ],
  },
  drift: [
    { words: "accepted of what was judged", isShare: true, before: between(0.4, 0.43, 0.46), recent: between(0.47, 0.52, 0.57), isCertain: true },
    { words: "characters of what was accepted", isShare: false, before: between(21, 24.2, 27), recent: between(22, 25.1, 28), isCertain: false },
  ],
  alarms: ["Accepted suggestions are deleted more often than before: 71% are kept, it was 88%."],
  storePath: "/home/me/.local/share/inkling/events.db",
  storeBytes: 4_812_000,
};

/** A user of the first minute. */
export const EMPTY: Insights = {
  ...FULL,
  counts: { name: "all", nOffered: 0, nJudged: 0, nAccepted: 0, nLookedAt: 0, nKept: 0, accepted: null },
  days: [],
  bySource: [],
  byFile: [],
  byProject: [],
  reliability: [],
  calibrationError: null,
  nJudgedRead: 0,
  latency: [],
  hidden: [],
  reviews: { counts: { name: "", nShown: 0, nApplied: 0, nResolved: 0, nDismissed: 0, nChanged: 0 }, bySeverity: [], mostDismissed: [], reasons: [] },
  knob: FULL.knob.map((forecast) => ({ ...forecast, basis: "none", suggestionsAnHour: null, acceptsLost: null, rejectedHidden: null })),
  model: { ...FULL.model, nEvents: 0, logLoss: null, priorLogLoss: null, offsets: [] },
  drift: [],
  alarms: [],
};
