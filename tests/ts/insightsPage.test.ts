import { describe, expect, it } from "vitest";

import { acceptanceChart, everyDay, hiddenChart, latencyLabel, offsetsChart, reliabilityChart, rowsPx, wrapped, type Palette } from "../../extension/src/insights/charts";
import * as format from "../../extension/src/insights/format";
import { period, sections, tiles, type Section } from "../../extension/src/insights/sections";
import { insightsHtml } from "../../extension/src/pure/insightsHtml";
import { readPageRequest } from "../../extension/src/pure/insightsMessages";
import type { DayCounts, Insights } from "../../extension/src/pure/protocol";
import { EMPTY, FULL, between, days } from "./insightsFixture";

const PALETTE: Palette = {
  text: "#000001",
  muted: "#000002",
  grid: "#000003",
  background: "#000004",
  font: "sans",
  accepted: "#000005",
  kept: "#000006",
  counts: "#000007",
  hidden: "#000008",
  against: "#000009",
};
const NO_DAY: DayCounts = { day: "2026-03-01", nProposed: 0, nOffered: 0, nJudged: 0, nAccepted: 0, nLookedAt: 0, nKept: 0, latencyMsP50: null, latencyMsP95: null };

function section(insights: Insights, id: string): Section {
  const found = sections(insights).find((candidate) => candidate.id === id);
  expect(found).toBeDefined();
  return found as Section;
}

function rows(shown: Section): readonly (readonly string[])[] {
  return (shown.table?.rows ?? []).map((row) => row.cells.map((cell) => (typeof cell === "string" ? cell : cell.text)));
}

describe("numbers", () => {
  it("are written for a person", () => {
    expect(format.countOf(1234, "event")).toBe("1,234 events");
    expect(format.countOf(1, "event")).toBe("1 event");
    expect(format.percentOf(0, 0)).toBe("–");
    expect(format.duration(7.34)).toBe("7.3 ms");
    expect(format.duration(1230)).toBe("1.2 s");
    expect(format.size(1)).toBe("1 kB");
    expect(format.size(4_812_000)).toBe("4.81 MB");
    expect(format.day("2026-03-01")).toBe("Mar 1");
  });

  it("come with their interval where there is one", () => {
    expect(format.interval(between(0.4, 0.43, 0.46), format.percent)).toBe("43% (40 to 46%)");
    expect(format.interval(between(2, 2, 2), format.decimal)).toBe("2");
  });
});

describe("acceptance over time", () => {
  const few: readonly DayCounts[] = [
    { ...NO_DAY, day: "2026-02-27", nJudged: 4, nAccepted: 1, nLookedAt: 1, nKept: 1 },
    { ...NO_DAY, day: "2026-03-01", nJudged: 2, nAccepted: 2 },
  ];

  it("gives a day on which nothing was written its room", () => {
    expect(everyDay(few).map((row) => [row.day, row.nJudged])).toEqual([
      ["2026-02-27", 4],
      ["2026-02-28", 0],
      ["2026-03-01", 2],
    ]);
    expect(everyDay([])).toEqual([]);
  });

  it("draws few days as they are, and nothing where nothing was judged", () => {
    const { labels, datasets } = acceptanceChart(few, PALETTE).data;
    expect(labels).toEqual(["Feb 27", "Feb 28", "Mar 1"]);
    expect(datasets.map(({ label, data }) => [label, data])).toEqual([
      ["Accepted, by day", [0.25, null, 1]],
      ["Kept, by day", [1, null, null]],
      ["Judged suggestions", [4, 0, 2]],
    ]);
  });

  it("pools seven days where there are many", () => {
    const many = Array.from({ length: 15 }, (_, index) => ({
      ...NO_DAY,
      day: `2026-03-${String(index + 1).padStart(2, "0")}`,
      nJudged: index === 14 ? 100 : 10,
      nAccepted: index === 14 ? 84 : 2,
    }));
    const windowed = acceptanceChart(many, PALETTE).data.datasets[0];
    expect(windowed?.label).toBe("Accepted, 7 days");
    expect(windowed?.data[6]).toBeCloseTo(0.2);
    expect(windowed?.data[14]).toBeCloseTo((6 * 2 + 84) / 160);
  });

  it("lists the same numbers, newest first", () => {
    expect(rows(section({ ...FULL, days: few }, "acceptance"))).toEqual([
      ["Mar 1", "0", "2", "2 (100%)", "0", "0 (–)"],
      ["Feb 27", "0", "4", "1 (25%)", "1", "1 (100%)"],
    ]);
  });
});

describe("the other charts", () => {
  it("put each promise at what came of it, with a stroke for its interval", () => {
    const bin = { n: 9, probability: 0.3, accepted: between(0.1, 0.2, 0.4) };
    const [points, strokes] = reliabilityChart([bin], PALETTE).data.datasets;
    expect(points?.data).toEqual([{ x: 0.3, y: 0.2 }]);
    expect(strokes?.data).toEqual([
      { x: 0.3, y: 0.1 },
      { x: 0.3, y: 0.4 },
      { x: 0.3, y: Number.NaN },
    ]);
  });

  it("tell a hidden suggestion from none by colour", () => {
    const reasons = [
      { words: "none", n: 5, hadCandidate: false },
      { words: "hidden", n: 3, hadCandidate: true },
    ];
    expect(hiddenChart(reasons, PALETTE).data.datasets.map(({ data, backgroundColor }) => [data, backgroundColor])).toEqual([
      [[null, 3], PALETTE.hidden],
      [[5, null], PALETTE.counts],
    ]);
  });

  it("draw what speaks against in another colour, and its deviations", () => {
    const offsets = [
      { words: "a", mean: -0.5, deviation: 0.1 },
      { words: "b", mean: 0.25, deviation: 0.5 },
    ];
    const [strokes, bars] = offsetsChart(offsets, PALETTE).data.datasets;
    expect(strokes?.data).toEqual([
      [-0.7, -0.3],
      [-0.75, 1.25],
    ]);
    expect(bars?.backgroundColor).toEqual([PALETTE.against, PALETTE.kept]);
  });

  it("name the bins of time", () => {
    const bins = [
      { upToMs: 5, n: 1 },
      { upToMs: 1000, n: 1 },
      { upToMs: null, n: 1 },
    ];
    expect(bins.map((_, index) => latencyLabel(bins, index))).toEqual(["≤ 5 ms", "≤ 1 s", "> 1 s"]);
    expect(latencyLabel([{ upToMs: null, n: 1 }], 0)).toBe("any");
  });

  it("break long words into lines and lose none", () => {
    const words = "when the statement before it ends in a call of a method of the same class";
    expect(wrapped(words).join(" ")).toBe(words);
    expect(wrapped(words).length).toBeGreaterThan(1);
    expect(rowsPx(["a", words])).toBeGreaterThan(rowsPx(["a", "b"]));
  });
});

describe("the page", () => {
  it("says what it is about", () => {
    expect(period(FULL)).toMatch(/^The last 90 days, as of Nov 2[12], 2026/);
    expect(tiles(FULL).map(({ title, figure }) => [title, figure])).toEqual([
      ["Suggested", "2,646"],
      ["Judged", "1,890"],
      ["Accepted", "45%"],
      ["Kept", "87%"],
      ["Learned from", "1,890"],
    ]);
  });

  it("has a chart or a table in each section once there are figures, and the numbers under each chart", () => {
    for (const { id, chart, table, facts, actions } of sections(FULL)) {
      expect([id, chart !== undefined || table !== undefined || facts !== undefined || actions !== undefined]).toEqual([id, true]);
      if (chart !== undefined) {
        expect([id, table?.rows.length]).not.toEqual([id, 0]);
        expect(chart.label).not.toBe("");
        expect(chart.draw(PALETTE).data.datasets.length).toBeGreaterThan(0);
      }
    }
  });

  it("says in words why a chart is not there yet", () => {
    for (const { id, chart, lead } of sections(EMPTY)) {
      expect([id, chart]).toEqual([id, undefined]);
      expect([id, lead]).not.toEqual([id, ""]);
    }
    expect(section(EMPTY, "acceptance").lead).toContain("Nothing was judged yet: accept a suggestion with Tab");
    expect(JSON.stringify([tiles(EMPTY), sections(EMPTY)])).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("forecasts each setting of the knob and marks the one in force", () => {
    const knob = section(FULL, "knob");
    expect(knob.table?.rows[1]?.cells).toEqual([
      "Balanced: lose at most 5%",
      "17%",
      { text: "25", note: "21 to 29" },
      { text: "4%", note: "3% to 7%" },
      { text: "24%", note: "20% to 28%" },
    ]);
    expect(knob.table?.rows.filter((row) => row.isInForce === true).map((row) => row.policy)).toEqual(["loseAtMost"]);
    expect(knob.lead).toContain("From 1,890 of your own judgements.");
  });

  it("says it the other way round where more is won than lost", () => {
    const more = { ...FULL, knob: FULL.knob.slice(0, 1).map((forecast) => ({ ...forecast, acceptsLost: between(-0.5, -0.3, 0.1), rejectedHidden: between(-0.2, -0.1, -0.05) })) };
    expect(section(more, "knob").table?.rows[0]?.cells.slice(3)).toEqual([
      { text: "30% more won", note: "-10% to 50%" },
      { text: "10% more shown", note: "5% to 20%" },
    ]);
  });

  it("says of each forecast what it rests on where they differ, and gives none where there is none", () => {
    const [first, second] = EMPTY.knob;
    expect(first).toBeDefined();
    expect(second).toBeDefined();
    const knob = section({ ...EMPTY, knob: [{ ...(first as typeof FULL.knob[0]), words: "Too few." }, second as typeof FULL.knob[0]] }, "knob");
    expect(knob.table?.rows[0]?.cells).toEqual([{ text: "Eager: lose at most 1%", note: "Too few." }, "–", { text: "–" }, { text: "–" }, { text: "–" }]);
  });

  it("says how far the promise was off, and of what that is the average", () => {
    expect(section(FULL, "reliability").lead).toContain("off by 2.7 percentage points on average, over the latest 1,890 judged suggestions");
  });

  it("tells what became of review comments, by severity, rule and reason", () => {
    expect(section(FULL, "reviews").lead).toMatch(
      /^Of 48 comments that you read, 12 \(25%\) had their suggestion applied, 9 \(19%\) were resolved, 8 \(17%\) dismissed; of 11 \(23%\) the lines were changed/,
    );
    expect(rows(section(FULL, "reviews"))).toEqual([
      ["Error", "20", "7", "6", "1", "5"],
      ["Warning", "28", "5", "3", "7", "6"],
      ["All", "48", "12", "9", "8", "11"],
    ]);
    expect(rows(section(FULL, "reviews-dismissed-rules"))[0]).toEqual(["ruff.B006", "9", "0", "1", "6", "0"]);
    expect(rows(section(FULL, "reviews-reasons"))).toEqual([
      ["It is intended", "6"],
      ["Never this rule here", "1"],
    ]);
  });

  it("says of reviews that there were none, or what is not known of dismissals", () => {
    const ids = (insights: Insights) => sections(insights).flatMap(({ id }) => (id.startsWith("reviews") ? [id] : []));
    expect(ids(EMPTY)).toEqual(["reviews"]);
    expect(section(EMPTY, "reviews").lead).toContain("No review comment was read in the editor yet");
    const inShell = { ...EMPTY, reviews: { ...EMPTY.reviews, reasons: FULL.reviews.reasons } };
    expect(rows(section(inShell, "reviews"))).toHaveLength(2);
    const liked = { ...FULL, reviews: { ...FULL.reviews, counts: { ...FULL.reviews.counts, nDismissed: 0 }, mostDismissed: [], reasons: [] } };
    expect(ids(liked)).toEqual(["reviews"]);
    const forgotten = { ...FULL, reviews: { ...FULL.reviews, reasons: [] } };
    expect(section(forgotten, "reviews-reasons").lead).toBe("No reason is kept any more.");
    const elsewhere = { ...FULL, reviews: { ...FULL.reviews, counts: liked.reviews.counts, mostDismissed: [] } };
    expect(section(elsewhere, "reviews-dismissed-rules").lead).toBe("No comment was dismissed in the editor.");
  });

  it("turns log-odds into words", () => {
    expect(rows(section(FULL, "learned"))[0]).toEqual(["in the project billing", "against", "0.538", "-0.62", "0.11"]);
    expect(section(FULL, "learned").lead).toContain("log-loss of 0.524, without it 0.581; lower is better, so it pays.");
    const worse = { ...FULL, model: { ...FULL.model, logLoss: 0.6 } };
    expect(section(worse, "learned").lead).toContain("so it does not pay yet");
  });

  it("tells a change from what may be chance", () => {
    expect(rows(section(FULL, "drift")).map((cells) => cells.at(-1))).toEqual(["changed", "may be chance"]);
  });

  it("draws ninety days without a hole", () => {
    const drawn = acceptanceChart(days(90), PALETTE).data;
    expect(drawn.labels).toHaveLength(90);
    expect(drawn.datasets.every(({ data }) => data.length === 90)).toBe(true);
  });
});

describe("the page in the editor", () => {
  it("may load our two files and nothing else", () => {
    const html = insightsHtml({ script: "https://x/insights.js", style: "https://x/insights.css", cspSource: "https://x", nonce: "abc" });
    expect(html).toContain(`content="default-src 'none'; style-src https://x; script-src 'nonce-abc'"`);
    expect(html).not.toMatch(/unsafe|style="|onclick/);
  });

  it.each([
    [{ kind: "load", nDays: 30 }, { kind: "load", nDays: 30 }],
    [{ kind: "choose", policy: "quiet", more: 1 }, { kind: "choose", policy: "quiet" }],
    [{ kind: "reset" }, { kind: "reset" }],
    [{ kind: "load", nDays: 31 }, undefined],
    [{ kind: "load" }, undefined],
    [{ kind: "choose", policy: 3 }, undefined],
    [{ kind: "evaluate" }, undefined],
    ["reset", undefined],
    [null, undefined],
  ])("may ask %j", (message, request) => {
    expect(readPageRequest(message)).toEqual(request);
  });
});
