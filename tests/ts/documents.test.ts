import { describe, expect, it } from "vitest";

import { readAnswer } from "../../extension/src/pure/answer";
import { statisticsDocument, whyDocument } from "../../extension/src/pure/documents";
import type { StatisticsResult, WireDecision } from "../../extension/src/pure/protocol";

const time = (atMs: number): string => `t${atMs}`;

const SHOWN: WireDecision = {
  atMs: 2,
  path: "src/größe.py",
  line: 11,
  wasOffered: true,
  reason: null,
  explanation: "Shown: probability 0.61, threshold 0.25.",
  probability: 0.612,
  threshold: 0.25,
  source: "embedded",
  nChars: 1,
  latencyMs: 12.34,
  checked: ["parses"],
  outcome: "typed_through",
};
const SILENT: WireDecision = {
  ...SHOWN,
  atMs: 1,
  wasOffered: false,
  reason: "no_candidate",
  explanation: "Not shown: nothing continues this line.",
  probability: null,
  threshold: null,
  source: null,
  nChars: null,
  checked: [],
  outcome: null,
};

describe("Why (not) shown?", () => {
  it("lists decisions as they come, each with its outcome and its reason", () => {
    expect(whyDocument([SHOWN, SILENT], time).split("\n").slice(5)).toEqual([
      "- **shown, typed through by hand** · `src/größe.py:12` · t2\\",
      "  Shown: probability 0.61, threshold 0.25. (1 character, 12.3 ms)",
      "",
      "- **not shown** · `src/größe.py:12` · t1\\",
      "  Not shown: nothing continues this line. (12.3 ms)",
      "",
      "",
    ]);
    expect(whyDocument([{ ...SHOWN, outcome: null }], time)).toContain("**shown, no outcome yet**");
  });

  it("takes nothing of a path or an explanation for Markdown", () => {
    const text = whyDocument([{ ...SHOWN, path: "a`b/__init__.py", explanation: "Not shown: <b>*x* does not exist." }], time);
    expect(text).toContain("`` a`b/__init__.py:12 ``");
    expect(text).toContain("Not shown: \\<b\\>\\*x\\* does not exist.");
  });

  it("says what it has no words for as the daemon says it", () => {
    expect(whyDocument([{ ...SHOWN, outcome: "framed" }], time)).toContain("**shown, framed**");
  });

  it("tells what to do while there is nothing", () => {
    expect(whyDocument([], time)).toContain("There are none yet");
  });
});

describe("the statistics", () => {
  const counts: StatisticsResult = {
    sinceMs: 0,
    nProposed: 10,
    nOffered: 8,
    nHiddenByReason: { low_probability: 1, does_not_parse: 1, outdated: 0 },
    nSilentByReason: {},
    nByOutcome: { accepted: 6, shown: 4 },
    nCharsAccepted: 123,
    latencyMsP50: 3,
    latencyMsP95: null,
    storePath: "/data/events.db",
    storeBytes: 2_500_000,
    nextEdits: { nProposed: 0, nOffered: 0, nHiddenByReason: {}, nSilentByReason: {}, nByOutcome: {} },
    reviews: { nProposed: 0, nOffered: 0, nHiddenByReason: {}, nSilentByReason: {}, nByOutcome: {} },
  };

  it("are tables of what happened", () => {
    const text = statisticsDocument(counts, time);
    expect(text).toMatch(/\| hidden +\| +2 \|/);
    expect(text).toMatch(/\| accepted +\| +6 \|/);
    expect(text).toMatch(/\| typed through by hand +\| +0 \|/);
    expect(text).toMatch(/\| probability below the threshold +\| +1 \|/);
    expect(text).not.toContain("document changed meanwhile");
    expect(text).toContain("Accepted in full of those offered: 75% (6 of 8).");
    expect(text).toContain("3.0 ms in the middle, unknown at the 95th percentile");
    expect(text).toContain("`/data/events.db`, 2.50 MB");
  });

  it("divide nothing by nothing", () => {
    const text = statisticsDocument({ ...counts, nProposed: 0, nOffered: 0, nByOutcome: {}, sinceMs: 5 }, time);
    expect(text).toContain("none yet");
    expect(text).toContain("since t5");
  });

  it("counts next edits apart, once there are some", () => {
    expect(statisticsDocument(counts, time)).not.toContain("## Next edits");
    const nextEdits = {
      nProposed: 7,
      nOffered: 5,
      nHiddenByReason: { low_probability: 2 },
      nSilentByReason: { nothing_follows: 4, low_probability: 1 },
      nByOutcome: { accepted: 3 },
    };
    const lines = statisticsDocument({ ...counts, nextEdits }, time).split("## Next edits")[1]?.split("## Time and space")[0]?.split("\n") ?? [];
    const rows = lines.filter((line) => /\d/.test(line)).map((line) => line.split("|").map((cell) => cell.trim()));
    expect(rows.map(([, name, n]) => [name, n])).toEqual([
      ["proposed", "7"],
      ["offered to the editor", "5"],
      ["accepted", "3"],
      ["nothing follows from the latest changes", "4"],
      ["probability below the threshold", "3"],
    ]);
  });
});

describe("the daemon's answer", () => {
  const item = { insertText: "a\nb\r\nc", command: { title: "", command: "c", arguments: ["id1"] } };

  it("is read with the document's line ends, from a list or an object", () => {
    expect(readAnswer([item], "\n")).toEqual([{ id: "id1", text: "a\nb\nc" }]);
    expect(readAnswer({ items: [item, item] }, "\r\n")).toEqual([{ id: "id1", text: "a\r\nb\r\nc" }]);
  });

  it("is every suggestion, each text once", () => {
    const other = { insertText: "z", command: { arguments: ["id2"] } };
    const again = { insertText: "a\nb\nc", command: { arguments: ["id3"] } };
    expect(readAnswer([item, { insertText: 3 }, other, again], "\n").map(({ id }) => id)).toEqual(["id1", "id2"]);
  });

  it.each([null, undefined, 3, "x", [], { items: null }, [{ ...item, insertText: "" }], [{ ...item, insertText: { value: "$1" } }], [{ insertText: "a" }], [{ ...item, command: { arguments: [] } }]])(
    "is no suggestion when it is %j",
    (answer) => {
      expect(readAnswer(answer, "\n")).toEqual([]);
    },
  );
});
