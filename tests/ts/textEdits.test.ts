import { describe, expect, it } from "vitest";

import type { WireTextEdit } from "../../extension/src/pure/protocol";
import { ChangeJournal, applyEdits, fromTheEnd, rebase, type LineChange } from "../../extension/src/pure/textEdits";

function edit(from: readonly [number, number], to: readonly [number, number], newText: string): WireTextEdit {
  return { range: { start: { line: from[0], character: from[1] }, end: { line: to[0], character: to[1] } }, newText };
}

function change(from: readonly [number, number], to: readonly [number, number], text: string): LineChange {
  return { range: edit(from, to, "").range, text };
}

describe("edits", () => {
  it("are applied all at once, whatever their order", () => {
    const edits = [edit([2, 0], [2, 1], "C"), edit([0, 1], [1, 0], "-")];
    expect(applyEdits("a\nb\nc\n", edits)).toBe("a-b\nC\n");
  });

  it("count as the editor counts, and take the text's own line ends", () => {
    expect(applyEdits("x = '😀'\r\ny\r\n", [edit([0, 7], [0, 8], "'\nz")])).toBe("x = '😀'\r\nz\r\ny\r\n");
    expect(applyEdits("a\r\nb", [edit([0, 99], [0, 99], "!"), edit([9, 0], [9, 0], "?")])).toBe("a!\r\nb?");
    expect(applyEdits("", [edit([0, 0], [0, 0], "a")])).toBe("a");
  });
});

describe("edits in a text that was changed since", () => {
  const wanted = edit([5, 4], [5, 8], "fixed");
  const line = (changes: readonly LineChange[]): number | undefined => rebase([wanted], changes)?.[0]?.range.start.line;

  it("move with lines that came or went above", () => {
    expect(line([change([1, 0], [1, 0], "a\nb\n")])).toBe(7);
    expect(line([change([1, 3], [3, 2], "")])).toBe(3);
    expect(line([change([5, 0], [5, 0], "# comment\r\n")])).toBe(6);
    expect(line([change([4, 0], [5, 0], "")])).toBe(4);
    expect(line([change([0, 0], [0, 0], "a\n"), change([6, 0], [6, 1], "x")])).toBeUndefined();
  });

  it("stay where they are when something below is changed", () => {
    expect(line([change([6, 0], [7, 0], "a\nb")])).toBe(5);
  });

  it("do not fit when their own line was changed, at whatever place", () => {
    expect(line([change([5, 20], [5, 20], "x")])).toBeUndefined();
    expect(line([change([5, 0], [5, 0], "x")])).toBeUndefined();
    expect(line([change([4, 3], [5, 0], "")])).toBeUndefined();
    expect(line([change([2, 0], [9, 0], "")])).toBeUndefined();
  });

  it("that replace whole lines do not mind the line after", () => {
    expect(rebase([edit([5, 0], [6, 0], "x\n")], [change([6, 0], [6, 1], "y")])).toEqual([edit([5, 0], [6, 0], "x\n")]);
  });

  it("follow changes of one event from the end of the text on", () => {
    const changes = fromTheEnd([change([0, 0], [0, 0], "a\n"), change([2, 0], [2, 0], "b\n"), change([2, 5], [2, 5], "c")]);
    expect(changes.map(({ text }) => text)).toEqual(["c", "b\n", "a\n"]);
    expect(line(changes)).toBe(7);
  });
});

describe("the journal of changes", () => {
  const one = change([0, 0], [0, 0], "a");
  const two = change([0, 0], [0, 0], "b");

  it("tells what was changed since a version", () => {
    const journal = new ChangeJournal();
    journal.opened("u", 3, 0);
    journal.changed("u", 4, [one]);
    journal.changed("u", 6, [two]);
    expect(journal.since("u", 3, 1)).toEqual([one, two]);
    expect(journal.since("u", 4, 1)).toEqual([two]);
    expect(journal.since("u", 6, 1)).toEqual([]);
    expect(journal.since("u", null, 1)).toEqual([one, two]);
  });

  it("does not pretend to know what it did not see", () => {
    const journal = new ChangeJournal();
    expect(journal.since("u", 1, 0)).toBeUndefined();
    journal.changed("u", 2, [one]);
    expect(journal.since("u", 1, 0)).toBeUndefined();
    journal.opened("u", 3, 10);
    expect(journal.since("u", 2, 20)).toBeUndefined();
  });

  it("takes a document that was opened again for another one, but a file on disk for the same", () => {
    const journal = new ChangeJournal();
    journal.opened("u", 1, 0);
    journal.closed("u");
    journal.opened("u", 1, 10);
    journal.changed("u", 2, [one]);
    expect(journal.since("u", 1, 5)).toBeUndefined();
    expect(journal.since("u", 1, 15)).toEqual([one]);
    expect(journal.since("u", null, 5)).toEqual([one]);
  });

  it("forgets the oldest changes, and says so", () => {
    const journal = new ChangeJournal();
    journal.opened("u", 0, 0);
    for (let version = 1; version <= 2001; version += 1) {
      journal.changed("u", version, [one]);
    }
    expect(journal.since("u", 0, 1)).toBeUndefined();
    expect(journal.since("u", null, 1)).toBeUndefined();
    expect(journal.since("u", 1, 1)).toHaveLength(2000);
  });
});
