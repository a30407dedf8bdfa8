import { describe, expect, it } from "vitest";

import { OfferedFixes, type OfferedFix } from "../../extension/src/pure/offeredFixes";
import type { LineChange } from "../../extension/src/pure/textEdits";

function offer(fixId: string, changes: Partial<OfferedFix> & { readonly diff?: string } = {}): OfferedFix {
  const range = { start: { line: 4, character: 7 }, end: { line: 4, character: 9 } };
  const { diff = fixId, ...others } = changes;
  return {
    folderUri: "file:///ws",
    uri: "file:///ws/a.py",
    line: 4,
    nodeIds: ["test_a.py::test_a"],
    offeredAtMs: 0,
    fix: {
      fixId,
      title: "change >= to >",
      explanation: "",
      edits: [{ uri: "file:///ws/a.py", version: 1, edits: [{ range, newText: ">" }] }],
      diff,
      verdict: "verified",
      probability: 1,
      confidence: "",
      evidence: [],
      source: "embedded",
      kind: "comparison",
    },
    ...others,
  };
}

function insertedAt(line: number, character: number, text: string): LineChange {
  return { range: { start: { line, character }, end: { line, character } }, text };
}

describe("offered fixes", () => {
  it("lie at their line, one for a test", () => {
    const offers = new OfferedFixes();
    expect(offers.add(offer("one"))).toBe(true);
    offers.add(offer("two"));
    offers.add(offer("other", { line: 4, nodeIds: ["test_b.py::test_b"] }));
    expect(offers.at("file:///ws/a.py", 4).map(({ fix }) => fix.fixId)).toEqual(["two", "other"]);
    expect(offers.at("file:///ws/a.py", 5)).toEqual([]);
  });

  it("that were dismissed do not come again under another id", () => {
    const offers = new OfferedFixes();
    offers.add(offer("one", { diff: "d" }));
    expect(offers.dismiss("one")?.fix.fixId).toBe("one");
    expect(offers.dismiss("one")).toBeUndefined();
    expect(offers.add(offer("two", { diff: "d" }))).toBe(false);
    expect(offers.add(offer("three", { diff: "e" }))).toBe(true);
  });

  it("that were withdrawn may come again", () => {
    const offers = new OfferedFixes();
    offers.add(offer("one"));
    offers.remove("one");
    expect(offers.all).toEqual([]);
    expect(offers.add(offer("one"))).toBe(true);
  });

  it("move with the text, and go when their line is changed", () => {
    const offers = new OfferedFixes();
    offers.add(offer("one"));
    expect(offers.changed("file:///ws/a.py", 2, [insertedAt(0, 0, "import x\n")])).toEqual([]);
    const [moved] = offers.at("file:///ws/a.py", 5);
    expect(moved?.fix.edits[0]).toMatchObject({ version: 2, edits: [{ range: { start: { line: 5, character: 7 } } }] });
    expect(offers.changed("file:///ws/b.py", 9, [insertedAt(5, 0, "x")])).toEqual([]);
    expect(offers.changed("file:///ws/a.py", 3, [insertedAt(5, 0, "x")]).map(({ fix }) => fix.fixId)).toEqual(["one"]);
    expect(offers.all).toEqual([]);
  });
});
