import { describe, expect, it } from "vitest";

import { AnswerTracker } from "../../extension/src/pure/answerTracker";
import type { TrackedOutcome } from "../../extension/src/pure/suggestionTracker";
import { ManualClock } from "./manualClock";

const URI = "file:///a.py";
const OFFSET = 4;
const offer = (id: string, text: string) => ({ id, text, uri: URI, offset: OFFSET, before: "x = " });

/** An editor that shows several suggestions behind `x = `. */
class Editor {
  readonly clock = new ManualClock();
  readonly outcomes: TrackedOutcome[] = [];
  readonly liveChanges: boolean[] = [];
  readonly tracker = new AnswerTracker({
    clock: this.clock,
    report: (outcome) => this.outcomes.push(outcome),
    onLiveChanged: (isLive) => this.liveChanges.push(isLive),
  });
  cursor = OFFSET;

  constructor(...texts: string[]) {
    this.tracker.offer(texts.map((text, index) => offer(`s${index}`, text)));
  }

  insert(text: string): void {
    this.tracker.documentChanged(URI, [{ offset: this.cursor, length: 0, text }], "edit");
    this.cursor += text.length;
    this.tracker.cursorMoved(URI, this.cursor);
  }

  accept(id: string, text: string): void {
    this.insert(text);
    this.tracker.accepted(id);
  }

  texts(): string[] {
    return this.tracker.continueAt(URI, this.cursor).map(({ text }) => text);
  }

  settled(): string[] {
    this.clock.advance(60_000);
    return this.outcomes.map(({ suggestionId, kind }) => `${suggestionId} ${kind}`).sort();
  }
}

interface Scenario {
  readonly name: string;
  readonly texts: readonly string[];
  readonly act: (editor: Editor) => void;
  readonly outcomes: readonly string[];
}

const SCENARIOS: readonly Scenario[] = [
  { name: "the first is accepted", texts: ["foo()", "bar()"], act: (e) => { e.accept("s0", "foo()"); }, outcomes: ["s0 accepted", "s1 superseded"] },
  { name: "another is accepted, and says nothing against the first", texts: ["foo()", "bar()"], act: (e) => { e.accept("s1", "bar()"); }, outcomes: ["s0 superseded", "s1 accepted"] },
  { name: "the first is accepted where another goes on from it", texts: ["foo", "foo.bar"], act: (e) => { e.accept("s0", "foo"); }, outcomes: ["s0 accepted"] },
  { name: "another is accepted that goes on from the first", texts: ["foo", "foo.bar"], act: (e) => { e.accept("s1", "foo.bar"); }, outcomes: ["s0 superseded", "s1 accepted"] },
  { name: "a word of the first is accepted", texts: ["foo(a)", "foo(b)"], act: (e) => { e.insert("foo"); e.tracker.leave(); }, outcomes: ["s0 partly_accepted"] },
  { name: "a word of another is accepted", texts: ["bar(a)", "foo(b)"], act: (e) => { e.insert("foo"); e.tracker.leave(); }, outcomes: ["s0 superseded", "s1 partly_accepted"] },
  { name: "something else is typed", texts: ["foo()", "bar()"], act: (e) => { e.insert("z"); }, outcomes: ["s0 ignored", "s1 superseded"] },
  { name: "another is typed", texts: ["foo", "bar"], act: (e) => { for (const c of "bar") { e.insert(c); } }, outcomes: ["s0 superseded", "s1 superseded"] },
  { name: "Escape", texts: ["foo()", "bar()"], act: (e) => { e.tracker.rejected(); }, outcomes: ["s0 rejected", "s1 superseded"] },
  { name: "read, then left", texts: ["foo()", "bar()"], act: (e) => { e.clock.advance(800); e.tracker.leave(); }, outcomes: ["s0 shown", "s0 superseded", "s1 superseded"] },
];

describe("several suggestions of one answer", () => {
  it.each(SCENARIOS)("$name", ({ texts, act, outcomes }) => {
    const editor = new Editor(...texts);
    act(editor);
    expect(editor.settled()).toEqual(outcomes);
  });

  it("go on together while they are typed, and each text is there once", () => {
    const editor = new Editor("foo(a)", "foo(b)", "foo(a)");
    expect(editor.texts()).toEqual(["foo(a)", "foo(b)"]);
    editor.insert("f");
    expect(editor.texts()).toEqual(["oo(a)", "oo(b)"]);
    editor.tracker.addAlternatives([{ ...offer("s8", "oo(b)"), offset: editor.cursor }, { ...offer("s9", "oo(c)"), offset: editor.cursor }]);
    expect(editor.texts()).toEqual(["oo(a)", "oo(b)", "oo(c)"]);
  });

  it("take more only where something is live", () => {
    const editor = new Editor("foo()");
    editor.insert("z");
    editor.tracker.addAlternatives([{ ...offer("s1", "bar()"), offset: editor.cursor }]);
    expect(editor.texts()).toEqual([]);
    expect(editor.liveChanges).toEqual([true, false]);
  });

  it("say that one is live until the last has ended", () => {
    const editor = new Editor("foo", "bar");
    editor.insert("b");
    expect(editor.liveChanges).toEqual([true]);
    editor.insert("x");
    expect(editor.liveChanges).toEqual([true, false]);
  });

  it("end with a newer answer, whose suggestion survives a late accept of the older", () => {
    const editor = new Editor("foo()", "bar()");
    editor.insert("foo()");
    editor.tracker.offer([{ ...offer("n0", ".x"), offset: editor.cursor }]);
    editor.tracker.accepted("s0");
    expect(editor.texts()).toEqual([".x"]);
    expect(editor.outcomes.map(({ suggestionId, kind }) => `${suggestionId} ${kind}`)).toEqual(["s1 superseded", "s0 accepted"]);
  });
});

describe("a longer suggestion that comes later", () => {
  it("takes the place of the one on display, which was judged by nobody", () => {
    const editor = new Editor("foo");
    expect(editor.tracker.offerLonger(offer("late", "foo(bar)"))).toBe(true);
    expect(editor.texts()).toEqual(["foo(bar)"]);
    editor.accept("late", "foo(bar)");
    expect(editor.settled()).toEqual(["late accepted", "s0 superseded"]);
  });

  it("goes on from what is left of one that is being typed", () => {
    const editor = new Editor("foo");
    editor.insert("f");
    expect(editor.tracker.offerLonger({ ...offer("late", "oo(bar)"), offset: editor.cursor, before: "x = f" })).toBe(true);
    expect(editor.texts()).toEqual(["oo(bar)"]);
  });

  it.each([
    ["the same text", ["foo"], offer("late", "foo")],
    ["another text", ["foo"], offer("late", "bar(foo)")],
    ["another place", ["foo"], { ...offer("late", "foo(bar)"), offset: OFFSET + 1 }],
    ["another document", ["foo"], { ...offer("late", "foo(bar)"), uri: "file:///b.py" }],
    ["several to choose from", ["foo", "bar"], offer("late", "foo(bar)")],
    ["nothing on display", [], offer("late", "foo(bar)")],
  ])("changes nothing for %s", (_, texts, late) => {
    const editor = new Editor(...texts);
    expect(editor.tracker.offerLonger(late)).toBe(false);
    expect(editor.texts()).toEqual(texts);
  });

  it("does not come back after Escape", () => {
    const editor = new Editor("foo");
    editor.tracker.rejected();
    expect(editor.tracker.offerLonger(offer("late", "foo(bar)"))).toBe(false);
    expect(editor.texts()).toEqual([]);
  });
});
