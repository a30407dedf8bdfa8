import { describe, expect, it } from "vitest";

import { SuggestionTracker, type ChangeOrigin, type TextChange, type TrackedOutcome } from "../../extension/src/pure/suggestionTracker";
import { ManualClock } from "./manualClock";

const URI = "file:///a.py";

/** A document with a cursor, a tracker, and an editor's way of telling the one about the other. */
class Editor {
  readonly clock = new ManualClock();
  readonly outcomes: TrackedOutcome[] = [];
  readonly liveChanges: boolean[] = [];
  readonly tracker = new SuggestionTracker({
    clock: this.clock,
    report: (outcome) => this.outcomes.push(outcome),
    onLiveChanged: (isLive) => this.liveChanges.push(isLive),
  });
  text: string;
  cursor: number;

  constructor(marked: string) {
    this.cursor = marked.indexOf("|");
    this.text = marked.replace("|", "");
  }

  suggest(text: string, id = "s1"): void {
    const lineStart = Math.max(this.text.lastIndexOf("\n", this.cursor - 1), this.text.lastIndexOf("\r", this.cursor - 1)) + 1;
    this.tracker.offer({ id, uri: URI, offset: this.cursor, before: this.text.slice(lineStart, this.cursor), text });
  }

  /** Applies replacements in offsets before the change and puts the cursor `cursorAt`, by default behind the first. */
  change(changes: readonly TextChange[], options: { cursorAt?: number; origin?: ChangeOrigin } = {}): void {
    let shift = 0;
    for (const change of [...changes].sort((a, b) => a.offset - b.offset)) {
      const at = change.offset + shift;
      this.text = this.text.slice(0, at) + change.text + this.text.slice(at + change.length);
      shift += change.text.length - change.length;
    }
    this.tracker.documentChanged(URI, changes, options.origin ?? "edit");
    const [first] = changes;
    this.moveTo(options.cursorAt ?? (first === undefined ? this.cursor : first.offset + first.text.length));
  }

  insert(text: string, cursorBack = 0): void {
    this.change([{ offset: this.cursor, length: 0, text }], { cursorAt: this.cursor + text.length - cursorBack });
  }

  type(text: string): void {
    for (const character of text) {
      this.insert(character);
    }
  }

  /** Accepts as the editor does: the edit first, then the item's command. */
  accept(id = "s1"): void {
    const rest = this.rest();
    this.change([{ offset: this.cursor, length: rest?.replacedAfter ?? 0, text: rest?.text ?? "" }]);
    this.tracker.accepted(id);
  }

  moveTo(offset: number | undefined): void {
    this.cursor = offset ?? this.cursor;
    this.tracker.cursorMoved(URI, offset);
  }

  rest() {
    return this.tracker.continueAt(URI, this.cursor);
  }

  kinds(): string[] {
    return this.outcomes.map((outcome) => outcome.kind);
  }

  /** What became of it once all timers have run. */
  settled(): string[] {
    this.clock.advance(60_000);
    return this.kinds();
  }
}

interface Scenario {
  readonly name: string;
  readonly document: string;
  readonly suggestion: string;
  readonly act: (editor: Editor) => void;
  readonly kinds: readonly string[];
}

const SCENARIOS: readonly Scenario[] = [
  { name: "accept", document: "x = |", suggestion: "foo()", act: (e) => { e.accept(); }, kinds: ["accepted"] },
  { name: "accept after it was read", document: "x = |", suggestion: "foo()", act: (e) => { e.clock.advance(800); e.accept(); }, kinds: ["shown", "accepted"] },
  { name: "accept of a single character", document: "f(x|", suggestion: ")", act: (e) => { e.accept(); }, kinds: ["accepted"] },
  { name: "accept after typing a part", document: "x = |", suggestion: "foo()", act: (e) => { e.type("fo"); e.accept(); }, kinds: ["accepted"] },
  { name: "accept command before its edit", document: "x = |", suggestion: "foo()", act: (e) => { e.tracker.accepted("s1"); e.insert("foo()"); }, kinds: ["accepted"] },
  { name: "accept of non-BMP text", document: "s = '😀|", suggestion: "🎉 é'", act: (e) => { e.accept(); }, kinds: ["accepted"] },
  { name: "accept that rewrites what was typed", document: "x = |", suggestion: "foo()", act: (e) => { e.type("fo"); e.change([{ offset: 4, length: 2, text: "foo()" }]); e.tracker.accepted("s1"); }, kinds: ["accepted"] },
  { name: "accept, then undo", document: "x = |", suggestion: "foo()", act: (e) => { e.accept(); e.change([{ offset: 4, length: 5, text: "" }], { origin: "undo_or_redo" }); }, kinds: ["accepted", "undone"] },
  { name: "accept of the rest, then undo", document: "x = |", suggestion: "foo()", act: (e) => { e.type("fo"); e.accept(); e.change([{ offset: 6, length: 3, text: "" }], { origin: "undo_or_redo" }); }, kinds: ["accepted", "undone"] },
  { name: "accept inside an auto-closed bracket, then undo", document: "print|", suggestion: "(x, y)", act: (e) => { e.insert("()", 1); e.accept(); e.change([{ offset: 6, length: 5, text: ")" }], { origin: "undo_or_redo" }); }, kinds: ["accepted", "undone"] },
  { name: "typing through, then undo", document: "x = |", suggestion: "foo", act: (e) => { e.type("foo"); e.change([{ offset: 4, length: 3, text: "" }], { origin: "undo_or_redo" }); }, kinds: ["typed_through"] },
  { name: "accept of another suggestion", document: "x = |", suggestion: "foo()", act: (e) => { e.tracker.accepted("other"); }, kinds: ["shown"] },
  { name: "Escape", document: "x = |", suggestion: "foo()", act: (e) => { e.tracker.rejected(); }, kinds: ["rejected"] },
  { name: "Escape after reading", document: "x = |", suggestion: "foo()", act: (e) => { e.clock.advance(750); e.tracker.rejected(); }, kinds: ["shown", "rejected"] },
  { name: "Escape with nothing on display", document: "x = |", suggestion: "foo()", act: (e) => { e.tracker.rejected(); e.tracker.rejected(); }, kinds: ["rejected"] },
  { name: "typing through", document: "x = |", suggestion: "foo", act: (e) => { e.type("foo"); }, kinds: ["typed_through"] },
  { name: "typing through slowly", document: "x = |", suggestion: "foo", act: (e) => { e.type("fo"); e.clock.advance(800); e.type("o"); }, kinds: ["shown", "typed_through"] },
  { name: "typing through non-BMP text", document: "s = |", suggestion: "'😀🎉'", act: (e) => { e.insert("''", 1); e.type("😀🎉"); }, kinds: ["typed_through"] },
  { name: "typing through an auto-closed bracket", document: "print|", suggestion: "(x)", act: (e) => { e.insert("()", 1); e.type("x"); }, kinds: ["typed_through"] },
  { name: "typing over auto-closed brackets", document: "f|", suggestion: "(g(x), y)", act: (e) => { e.insert("()", 1); e.type("g"); e.insert("()", 1); e.type("x"); e.change([{ offset: e.cursor, length: 1, text: ")" }]); e.type(", y"); }, kinds: ["typed_through"] },
  { name: "stepping over an auto-closed bracket", document: "f|", suggestion: "(x).y", act: (e) => { e.insert("()", 1); e.type("x"); e.moveTo(e.cursor + 1); e.type(".y"); }, kinds: ["typed_through"] },
  { name: "accept inside an auto-closed bracket", document: "print|", suggestion: "(x, y)", act: (e) => { e.insert("()", 1); e.accept(); }, kinds: ["accepted"] },
  { name: "auto-closing all that was suggested", document: "f|", suggestion: "()", act: (e) => { e.insert("()", 1); }, kinds: ["typed_through"] },
  { name: "typing a bracket that disagrees", document: "f|", suggestion: "[0]", act: (e) => { e.insert("()", 1); }, kinds: ["ignored"] },
  { name: "typing through a line break", document: "if x:|", suggestion: "\n    y", act: (e) => { e.insert("\n    "); e.type("y"); }, kinds: ["typed_through"] },
  { name: "typing through CRLF", document: "if x:|\r\nz", suggestion: "\r\n    y", act: (e) => { e.insert("\r\n    "); e.type("y"); }, kinds: ["typed_through"] },
  { name: "typing something else", document: "x = |", suggestion: "foo", act: (e) => { e.type("b"); }, kinds: ["ignored"] },
  { name: "typing a part, then something else", document: "x = |", suggestion: "foo", act: (e) => { e.clock.advance(900); e.type("fb"); }, kinds: ["shown", "ignored"] },
  { name: "typing Enter instead", document: "x = |", suggestion: "foo", act: (e) => { e.insert("\n"); }, kinds: ["ignored"] },
  { name: "half of a surrogate pair agrees", document: "s = |", suggestion: "😀", act: (e) => { e.type("😁"); }, kinds: ["ignored"] },
  { name: "backspace", document: "x = f|", suggestion: "oo", act: (e) => { e.change([{ offset: e.cursor - 1, length: 1, text: "" }]); }, kinds: ["ignored"] },
  { name: "delete forwards", document: "x = |y", suggestion: "oo", act: (e) => { e.change([{ offset: e.cursor, length: 1, text: "" }]); }, kinds: ["ignored"] },
  { name: "accept word", document: "x = |", suggestion: "foo bar baz", act: (e) => { e.insert("foo"); e.insert(" bar"); }, kinds: ["partly_accepted", "partly_accepted", "shown"] },
  { name: "accept word, then type on otherwise", document: "x = |", suggestion: "foo bar", act: (e) => { e.insert("foo"); e.type("!"); }, kinds: ["partly_accepted"] },
  { name: "accept word, then go away", document: "x = |", suggestion: "foo bar", act: (e) => { e.insert("foo"); e.moveTo(0); }, kinds: ["partly_accepted"] },
  { name: "accept word, then Escape", document: "x = |", suggestion: "foo bar", act: (e) => { e.insert("foo"); e.tracker.rejected(); }, kinds: ["partly_accepted", "rejected"] },
  { name: "accept word, then all of it", document: "x = |", suggestion: "foo bar", act: (e) => { e.insert("foo"); e.accept(); }, kinds: ["partly_accepted", "accepted"] },
  { name: "accept word, then type the rest", document: "x = |", suggestion: "foo b", act: (e) => { e.insert("foo"); e.type(" b"); }, kinds: ["partly_accepted", "typed_through"] },
  { name: "popup completes the word in agreement", document: "pri|", suggestion: "nt(x)", act: (e) => { e.change([{ offset: 0, length: 3, text: "print" }]); e.type("("); }, kinds: ["shown"] },
  { name: "input method rewrites and agrees", document: "x = |", suggestion: "été", act: (e) => { e.type("é"); e.change([{ offset: 4, length: 1, text: "ét" }]); e.type("é"); }, kinds: ["typed_through"] },
  { name: "input method changes its mind", document: "x = |", suggestion: "name", act: (e) => { e.type("n"); e.change([{ offset: 4, length: 1, text: "ñ" }]); }, kinds: ["ignored"] },
  { name: "paste of something else", document: "x = |", suggestion: "foo", act: (e) => { e.insert("completely(different)"); }, kinds: ["ignored"] },
  { name: "cursor goes away", document: "x = |", suggestion: "foo", act: (e) => { e.moveTo(0); }, kinds: ["superseded"] },
  { name: "selection or several cursors", document: "x = |", suggestion: "foo", act: (e) => { e.moveTo(undefined); }, kinds: ["superseded"] },
  { name: "cursor in another document", document: "x = |", suggestion: "foo", act: (e) => { e.tracker.cursorMoved("file:///b.py", 4); }, kinds: ["superseded"] },
  { name: "focus leaves", document: "x = |", suggestion: "foo", act: (e) => { e.clock.advance(800); e.tracker.leave(); }, kinds: ["shown", "superseded"] },
  { name: "its document is closed", document: "x = |", suggestion: "foo", act: (e) => { e.tracker.leave(URI); }, kinds: ["superseded"] },
  { name: "another document is closed", document: "x = |", suggestion: "foo", act: (e) => { e.tracker.leave("file:///b.py"); e.type("foo"); }, kinds: ["typed_through"] },
  { name: "undo at the cursor", document: "x = |", suggestion: "foo", act: (e) => { e.type("f"); e.change([{ offset: 4, length: 1, text: "" }], { origin: "undo_or_redo" }); }, kinds: ["superseded"] },
  { name: "redo that would complete it", document: "x = |", suggestion: "foo", act: (e) => { e.change([{ offset: 4, length: 0, text: "foo" }], { origin: "undo_or_redo" }); }, kinds: ["superseded"] },
  { name: "several cursors of which one is here", document: "x = |\ny = ", suggestion: "foo", act: (e) => { e.change([{ offset: 9, length: 0, text: "f" }, { offset: 4, length: 0, text: "f" }], { cursorAt: 5 }); e.type("oo"); }, kinds: ["typed_through"] },
  { name: "edit above, then typing through", document: "import a\nx = |", suggestion: "foo", act: (e) => { e.change([{ offset: 0, length: 8, text: "import a, 😀\nimport b" }], { cursorAt: e.cursor + 13 }); e.type("foo"); }, kinds: ["typed_through"] },
  { name: "edit above by a whole line at the line's start", document: "a\nx = |", suggestion: "foo", act: (e) => { e.change([{ offset: 2, length: 0, text: "b\n" }], { cursorAt: e.cursor + 2 }); e.type("foo"); }, kinds: ["typed_through"] },
  { name: "edit below", document: "x = |\ny", suggestion: "foo", act: (e) => { e.change([{ offset: 5, length: 1, text: "why" }], { cursorAt: 4 }); e.accept(); }, kinds: ["accepted"] },
  { name: "indentation changes on the line", document: "    x = |", suggestion: "foo", act: (e) => { e.change([{ offset: 0, length: 4, text: "" }], { cursorAt: 4 }); e.accept(); }, kinds: ["accepted"] },
  { name: "the whole text is replaced", document: "x = |\ny", suggestion: "foo", act: (e) => { e.change([{ offset: 0, length: 6, text: "z\n" }]); }, kinds: ["superseded"] },
  { name: "the line break above is deleted", document: "a\n|", suggestion: "foo", act: (e) => { e.change([{ offset: 1, length: 1, text: "" }]); }, kinds: ["superseded"] },
  { name: "the auto-closed bracket is deleted", document: "f|", suggestion: "(g(x), y)", act: (e) => { e.insert("()", 1); e.change([{ offset: 2, length: 1, text: "" }], { cursorAt: 2 }); }, kinds: ["ignored"] },
  { name: "an empty change event", document: "x = |", suggestion: "foo", act: (e) => { e.change([]); e.accept(); }, kinds: ["accepted"] },
  { name: "a newer suggestion", document: "x = |", suggestion: "foo", act: (e) => { e.suggest("bar", "s2"); e.accept("s2"); }, kinds: ["superseded", "accepted"] },
  { name: "nothing happens", document: "x = |", suggestion: "foo", act: () => undefined, kinds: ["shown"] },
  { name: "the window closes", document: "x = |", suggestion: "foo", act: (e) => { e.tracker.dispose(); }, kinds: ["superseded"] },
  { name: "the window closes right after it was typed", document: "x = |", suggestion: "foo", act: (e) => { e.type("foo"); e.tracker.dispose(); }, kinds: ["typed_through"] },
];

describe("what became of a suggestion", () => {
  it.each(SCENARIOS)("$name", ({ document, suggestion, act, kinds }) => {
    const editor = new Editor(document);
    editor.suggest(suggestion);
    act(editor);
    expect(editor.settled()).toEqual(kinds);
    expect(editor.liveChanges[0]).toBe(true);
  });
});

describe("visible time", () => {
  it("is reported with every outcome, and shown only once", () => {
    const editor = new Editor("x = |");
    editor.suggest("foo()");
    editor.clock.advance(749);
    expect(editor.outcomes).toEqual([]);
    editor.clock.advance(1);
    editor.type("f");
    editor.clock.advance(250);
    editor.tracker.rejected();
    const start = 1_000_000;
    expect(editor.outcomes).toEqual([
      { suggestionId: "s1", kind: "shown", atMs: start + 750, visibleMs: 750 },
      { suggestionId: "s1", kind: "rejected", atMs: start + 1000, visibleMs: 1000 },
    ]);
  });

  it("counts even when the timer comes late", () => {
    const editor = new Editor("x = |");
    editor.suggest("foo()");
    editor.clock.stall(5000);
    editor.tracker.rejected();
    expect(editor.settled()).toEqual(["shown", "rejected"]);
  });

  it("of an accepted suggestion ends with its edit, not with its command", () => {
    const editor = new Editor("x = |");
    editor.suggest("foo()");
    editor.insert("foo()");
    editor.clock.advance(500);
    editor.tracker.accepted("s1");
    expect(editor.outcomes).toEqual([{ suggestionId: "s1", kind: "accepted", atMs: 1_000_000, visibleMs: 0 }]);
  });
});

describe("partial accepts", () => {
  it("count code points, cumulatively, over what was typed in between", () => {
    const editor = new Editor("x = |");
    editor.suggest("😀😀 a + 😀b c");
    editor.insert("😀😀");
    editor.type(" a");
    editor.insert(" + 😀b");
    expect(editor.outcomes.map((outcome) => outcome.acceptedChars)).toEqual([2, 7]);
  });
});

describe("the rest of a live suggestion", () => {
  it("is what is left to say at the cursor, and nowhere else", () => {
    const editor = new Editor("x = |");
    editor.suggest("foo(bar)");
    editor.type("fo");
    expect(editor.rest()).toEqual({ id: "s1", text: "o(bar)", replacedAfter: 0 });
    expect(editor.tracker.continueAt(URI, 0)).toBeUndefined();
    expect(editor.tracker.continueAt("file:///b.py", editor.cursor)).toBeUndefined();
  });

  it("replaces the bracket that the editor closed by itself", () => {
    const editor = new Editor("print|");
    editor.suggest("(x, y)");
    editor.insert("()", 1);
    expect(editor.rest()).toEqual({ id: "s1", text: "x, y)", replacedAfter: 1 });
    editor.accept();
    expect(editor.text).toBe("print(x, y)");
  });

  it("replaces the bracket wherever it closes it itself", () => {
    const editor = new Editor("f|");
    editor.suggest("(a).b");
    editor.insert("()", 1);
    expect(editor.rest()).toEqual({ id: "s1", text: "a).b", replacedAfter: 1 });
    editor.accept();
    expect(editor.text).toBe("f(a).b");
    expect(editor.outcomes.map((outcome) => outcome.kind)).toEqual(["accepted"]);
  });

  it("replaces the bracket that it closes on the first of its lines", () => {
    const editor = new Editor("total = compute|");
    editor.suggest("(basket)\n    log(total)\n    return total");
    editor.insert("()", 1);
    expect(editor.rest()?.replacedAfter).toBe(1);
    editor.accept();
    expect(editor.text).toBe("total = compute(basket)\n    log(total)\n    return total");
    expect(editor.outcomes.map((outcome) => outcome.kind)).toEqual(["accepted"]);
  });

  it("leaves a bracket alone that it does not close", () => {
    const editor = new Editor("f|");
    editor.suggest("(a, b");
    editor.insert("()", 1);
    expect(editor.rest()).toEqual({ id: "s1", text: "a, b", replacedAfter: 0 });
  });

  it("does not take a bracket of its own for the editor's", () => {
    const editor = new Editor("f|");
    editor.suggest("(g(x),");
    editor.insert("()", 1);
    expect(editor.rest()?.replacedAfter).toBe(0);
  });

  it("is gone after each end", () => {
    const editor = new Editor("x = |");
    editor.suggest("foo");
    editor.tracker.rejected();
    expect(editor.rest()).toBeUndefined();
    expect(editor.liveChanges).toEqual([true, false]);
    expect(editor.clock.nTimers).toBe(0);
  });
});
