/** What each chart draws, as Chart.js wants it said: plain functions of the figures and the theme's colours. */

import type { ChartConfiguration, ChartOptions, Point, TooltipItem } from "chart.js";

import type { DayCounts, LatencyBin, LearnedOffset, ReasonCount, ReliabilityBin } from "../pure/protocol";
import * as format from "./format";

/** The theme, as colours that a canvas understands. */
export interface Palette {
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly background: string;
  readonly font: string;
  readonly accepted: string;
  readonly kept: string;
  readonly counts: string;
  readonly hidden: string;
  readonly against: string;
}

type Datum = number | null | Point | [number, number];
export type Drawing = ChartConfiguration<"bar" | "line" | "scatter", Datum[], string | string[]>;
type Options = ChartOptions<"bar" | "line" | "scatter">;

/** Days on either side of which a line through single days says more than a window. */
const SMOOTHED_FROM_DAYS = 14;
const WINDOW_DAYS = 7;
const LABEL_CHARS = 26;
const LABEL_LINE_PX = 15;
const LEAST_ROW_PX = 32;

/** Acceptance and kept rate by day, over the number of judged suggestions. */
export function acceptanceChart(days: readonly DayCounts[], palette: Palette): Drawing {
  const rows = everyDay(days);
  const isSmoothed = days.filter((row) => row.nJudged > 0).length >= SMOOTHED_FROM_DAYS;
  const line = (label: string, color: string, part: keyof DayCounts & `n${string}`, whole: keyof DayCounts & `n${string}`): Drawing["data"]["datasets"] => {
    const byDay = rows.map((row) => share(row[part], row[whole]));
    const points = {
      type: "line" as const,
      data: byDay,
      borderColor: color,
      backgroundColor: color,
      pointRadius: isSmoothed ? 2 : 3,
      spanGaps: true,
      clip: 8, // A point at 100% is drawn whole.
      yAxisID: "share",
      borderWidth: 2,
    };
    if (!isSmoothed) {
      return [{ ...points, label: `${label}, by day` }];
    }
    const windowed = rows.map((_, index) => {
      const window = rows.slice(Math.max(0, index - WINDOW_DAYS + 1), index + 1);
      return share(sum(window.map((row) => row[part])), sum(window.map((row) => row[whole])));
    });
    return [
      { ...points, label: `${label}, ${WINDOW_DAYS} days`, data: windowed, pointRadius: 0 },
      { ...points, label: `${label}, by day`, showLine: false, pointStyle: "circle", pointBackgroundColor: palette.background, pointBorderWidth: 1 },
    ];
  };
  const most = Math.max(1, ...rows.map((row) => row.nJudged));
  const datasets: Drawing["data"]["datasets"] = [
    ...line("Accepted", palette.accepted, "nAccepted", "nJudged"),
    ...line("Kept", palette.kept, "nKept", "nLookedAt"),
    {
      type: "bar",
      label: "Judged suggestions",
      data: rows.map((row) => row.nJudged),
      backgroundColor: palette.counts,
      yAxisID: "count",
      order: 1,
    },
  ];
  const isDots = datasets.map((dataset) => "showLine" in dataset && dataset.showLine === false);
  return {
    type: "line",
    data: { labels: rows.map((row) => format.day(row.day)), datasets },
    options: options(palette, {
      interaction: { mode: "index", intersect: false },
      scales: {
        x: { ...categoryAxis(palette), offset: true },
        share: shareAxis(palette, "left"),
        // The bars keep to the lower third, so that the lines stay legible.
        count: { ...axis(palette), position: "right", min: 0, max: most * 3, grid: { display: false }, ticks: { color: palette.muted, callback: upTo(most) } },
      },
      plugins: {
        // The dots have their line's colour, and a line of the legend each would say no more.
        legend: { labels: { filter: ({ datasetIndex }) => datasetIndex === undefined || isDots[datasetIndex] !== true } },
        tooltip: {
          callbacks: {
            label: (item) => `${labelOf(item)}: ${item.dataset.yAxisID === "count" ? format.count(yOf(item)) : format.percent(yOf(item))}`,
          },
        },
      },
    }),
  };
}

/** What was promised against what came, each point with its 95% interval. */
export function reliabilityChart(bins: readonly ReliabilityBin[], palette: Palette): Drawing {
  return {
    type: "scatter",
    data: {
      datasets: [
        {
          type: "scatter",
          label: "Accepted and kept",
          data: bins.map((bin) => ({ x: bin.probability, y: bin.accepted.value })),
          backgroundColor: palette.accepted,
          borderColor: palette.accepted,
          pointRadius: 5,
          pointHoverRadius: 7,
        },
        {
          type: "line",
          label: "95% interval",
          // One stroke for each bin; the gap between two is a point that is nowhere.
          data: bins.flatMap((bin) => [
            { x: bin.probability, y: bin.accepted.low },
            { x: bin.probability, y: bin.accepted.high },
            { x: bin.probability, y: Number.NaN },
          ]),
          borderColor: palette.accepted,
          borderWidth: 1.5,
          pointRadius: 0,
          pointHitRadius: 0,
          spanGaps: false,
        },
        {
          type: "line",
          label: "Promise kept exactly",
          data: [
            { x: 0, y: 0 },
            { x: 1, y: 1 },
          ],
          borderColor: palette.muted,
          borderDash: [5, 5],
          borderWidth: 1,
          pointRadius: 0,
          pointHitRadius: 0,
        },
      ],
    },
    options: options(palette, {
      interaction: { mode: "nearest", intersect: true },
      scales: {
        x: { ...shareAxis(palette, "bottom"), title: { display: true, text: "Probability that Inkling gave", color: palette.muted } },
        y: { ...shareAxis(palette, "left"), title: { display: true, text: "Accepted and kept", color: palette.muted } },
      },
      plugins: {
        tooltip: {
          filter: (item) => item.datasetIndex === 0,
          callbacks: {
            label: (item) => {
              const bin = bins[item.dataIndex];
              return bin === undefined
                ? ""
                : `promised ${format.percent(bin.probability)}, came ${format.interval(bin.accepted, format.percent)}, n = ${format.count(bin.n)}`;
            },
          },
        },
      },
    }),
  };
}

/** How long decisions took. */
export function latencyChart(bins: readonly LatencyBin[], palette: Palette): Drawing {
  return {
    type: "bar",
    data: {
      labels: bins.map((_, index) => latencyLabel(bins, index)),
      datasets: [{ type: "bar", label: "Decisions", data: bins.map((bin) => bin.n), backgroundColor: palette.accepted, categoryPercentage: 1, barPercentage: 0.92 }],
    },
    options: options(palette, {
      scales: { x: categoryAxis(palette), y: countAxis(palette) },
      plugins: { legend: { display: false } },
    }),
  };
}

/** The middle and the 95th percentile of the time that decisions took, by day. */
export function latencyByDayChart(days: readonly DayCounts[], palette: Palette): Drawing {
  const rows = everyDay(days);
  const line = (label: string, data: (number | null)[], color: string): Drawing["data"]["datasets"][number] => ({
    type: "line",
    label,
    data,
    borderColor: color,
    backgroundColor: color,
    borderWidth: 2,
    pointRadius: rows.length > 31 ? 0 : 2,
    spanGaps: true,
  });
  return {
    type: "line",
    data: {
      labels: rows.map((row) => format.day(row.day)),
      datasets: [
        line("p50", rows.map((row) => row.latencyMsP50), palette.accepted),
        line("p95", rows.map((row) => row.latencyMsP95), palette.hidden),
      ],
    },
    options: options(palette, {
      interaction: { mode: "index", intersect: false },
      scales: {
        x: categoryAxis(palette),
        y: { ...axis(palette), min: 0, ticks: { color: palette.muted, maxTicksLimit: 6, callback: (value) => format.duration(Number(value)) } },
      },
      plugins: { tooltip: { callbacks: { label: (item) => `${labelOf(item)}: ${format.duration(yOf(item))}` } } },
    }),
  };
}

/** Why there was nothing to see: candidates that were hidden, and requests that had none. */
export function hiddenChart(reasons: readonly ReasonCount[], palette: Palette): Drawing {
  const bars = (label: string, hadCandidate: boolean, color: string): Drawing["data"]["datasets"][number] => ({
    type: "bar",
    label,
    data: reasons.map((reason) => (reason.hadCandidate === hadCandidate ? reason.n : null)),
    backgroundColor: color,
    grouped: false,
    maxBarThickness: 18,
  });
  return {
    type: "bar",
    data: {
      labels: reasons.map((reason) => wrapped(reason.words)),
      datasets: [bars("A suggestion was hidden", true, palette.hidden), bars("There was none", false, palette.counts)],
    },
    options: options(palette, {
      indexAxis: "y",
      interaction: { mode: "index", axis: "y", intersect: false },
      scales: { x: countAxis(palette), y: wordsAxis(palette) },
      plugins: { tooltip: { filter: (item) => item.parsed.x !== null } },
    }),
  };
}

/** What was learned of the user, each with two deviations to either side. */
export function offsetsChart(offsets: readonly LearnedOffset[], palette: Palette): Drawing {
  return {
    type: "bar",
    data: {
      labels: offsets.map((offset) => wrapped(offset.words)),
      datasets: [
        {
          type: "bar",
          label: "95% interval",
          data: offsets.map((offset): [number, number] => [offset.mean - 2 * offset.deviation, offset.mean + 2 * offset.deviation]),
          backgroundColor: palette.text,
          barThickness: 1.5,
          grouped: false,
          order: 0,
        },
        {
          type: "bar",
          label: "Learned",
          data: offsets.map((offset) => offset.mean),
          backgroundColor: offsets.map((offset) => (offset.mean < 0 ? palette.against : palette.kept)),
          maxBarThickness: 18,
          grouped: false,
          order: 1,
        },
      ],
    },
    options: options(palette, {
      indexAxis: "y",
      interaction: { mode: "index", axis: "y", intersect: false },
      scales: {
        x: {
          ...axis(palette),
          title: { display: true, text: "← speaks against · log-odds · speaks for →", color: palette.muted },
        },
        y: wordsAxis(palette),
      },
      plugins: {
        legend: { display: false },
        tooltip: {
          callbacks: {
            label: (item) => {
              const offset = offsets[item.dataIndex];
              return item.datasetIndex === 1 && offset !== undefined
                ? `${format.decimal(offset.mean)} ± ${format.decimal(offset.deviation)}`
                : [];
            },
          },
        },
      },
    }),
  };
}

/** The words of a latency bin: "≤ 5 ms", "> 1 s". */
export function latencyLabel(bins: readonly LatencyBin[], index: number): string {
  const upToMs = bins[index]?.upToMs ?? null;
  if (upToMs !== null) {
    return `≤ ${format.duration(upToMs)}`;
  }
  const before = bins[index - 1]?.upToMs ?? null;
  return before === null ? "any" : `> ${format.duration(before)}`;
}

/** Returns a row for each day of the calendar, so that a day on which nothing was written takes its room. */
export function everyDay(days: readonly DayCounts[]): readonly DayCounts[] {
  const first = days[0];
  const last = days.at(-1);
  if (first === undefined || last === undefined) {
    return [];
  }
  const known = new Map(days.map((row) => [row.day, row]));
  return format.calendar(first.day, last.day).map((day) => known.get(day) ?? { ...NOTHING, day });
}

const NOTHING = { nProposed: 0, nOffered: 0, nJudged: 0, nAccepted: 0, nLookedAt: 0, nKept: 0, latencyMsP50: null, latencyMsP95: null };

/** Returns how high a chart with one row for each label must be for all lines of the labels to be legible. */
export function rowsPx(labels: readonly string[]): number {
  const lines = Math.max(1, ...labels.map((words) => wrapped(words).length));
  return labels.length * Math.max(LEAST_ROW_PX, lines * LABEL_LINE_PX + 10);
}

/** Returns a label in lines that leave room for the chart. */
export function wrapped(words: string): string[] {
  const lines: string[] = [];
  for (const word of words.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + word.length < LABEL_CHARS) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else {
      lines.push(word);
    }
  }
  return lines;
}

function options(palette: Palette, own: Options): Options {
  const font = { family: palette.font };
  return {
    animation: false,
    responsive: true,
    maintainAspectRatio: false,
    font,
    color: palette.text,
    ...own,
    plugins: {
      ...own.plugins,
      legend: { position: "bottom", ...own.plugins?.legend, labels: { color: palette.text, font, boxWidth: 14, boxHeight: 6, ...own.plugins?.legend?.labels } },
      tooltip: {
        backgroundColor: palette.background,
        titleColor: palette.text,
        bodyColor: palette.text,
        borderColor: palette.muted,
        borderWidth: 1,
        titleFont: font,
        bodyFont: font,
        ...own.plugins?.tooltip,
      },
    },
  };
}

function axis(palette: Palette): { grid: object; border: object; ticks: { color: string; maxTicksLimit: number } } {
  return { grid: { color: palette.grid }, border: { color: palette.grid }, ticks: { color: palette.muted, maxTicksLimit: 6 } };
}

function categoryAxis(palette: Palette): object {
  return { ...axis(palette), grid: { display: false }, ticks: { color: palette.muted, maxTicksLimit: 12, maxRotation: 0, autoSkipPadding: 16 } };
}

function wordsAxis(palette: Palette): object {
  return { ...axis(palette), grid: { display: false }, ticks: { color: palette.text, autoSkip: false } };
}

function countAxis(palette: Palette): object {
  return { ...axis(palette), min: 0, ticks: { color: palette.muted, maxTicksLimit: 6, precision: 0 } };
}

function shareAxis(palette: Palette, position: "left" | "bottom"): object {
  return {
    ...axis(palette),
    type: "linear",
    position,
    min: 0,
    max: 1,
    ticks: { color: palette.muted, stepSize: 0.25, callback: (value: unknown) => format.percent(Number(value)) },
  };
}

function upTo(most: number): (value: string | number) => string | null {
  return (value) => (Number(value) <= most && Number.isInteger(Number(value)) ? format.count(Number(value)) : null);
}

function labelOf(item: TooltipItem<"bar" | "line" | "scatter">): string {
  return item.dataset.label ?? "";
}

function yOf(item: TooltipItem<"bar" | "line" | "scatter">): number {
  return item.parsed.y ?? 0;
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
