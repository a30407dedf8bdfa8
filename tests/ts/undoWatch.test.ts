import { describe, expect, it } from "vitest";

import type { ChangeOrigin, TextChange } from "../../extension/src/pure/suggestionTracker";
import { UNDONE_WITHIN_MS, UndoWatch } from "../../extension/src/pure/undoWatch";
import { ManualClock } from "./manualClock";

const URI = "file:///a.py";
const ACCEPTED = { id: "s1", uri: URI, offset: 4, length: 5, visibleMs: 300 };
const REMOVAL: TextChange = { offset: 4, length: 5, text: "" };

type Step = readonly [TextChange, ChangeOrigin?, string?];

interface Scenario {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly isUndone: boolean;
}

const SCENARIOS: readonly Scenario[] = [
  { name: "undo right away", steps: [[REMOVAL, "undo_or_redo"]], isUndone: true },
  { name: "undo that puts a closed bracket back", steps: [[{ ...REMOVAL, text: ")" }, "undo_or_redo"]], isUndone: true },
  { name: "undo of typing behind it, then of the accept", steps: [[{ offset: 9, length: 0, text: "!" }], [{ offset: 9, length: 1, text: "" }, "undo_or_redo"], [REMOVAL, "undo_or_redo"]], isUndone: true },
  { name: "undo after an edit above", steps: [[{ offset: 0, length: 1, text: "😀\n" }], [{ ...REMOVAL, offset: 6 }, "undo_or_redo"]], isUndone: true },
  { name: "an edit in another document, then undo", steps: [[{ offset: 5, length: 1, text: "" }, "edit", "file:///b.py"], [REMOVAL, "undo_or_redo"]], isUndone: true },
  { name: "deleted by hand", steps: [[REMOVAL]], isUndone: false },
  { name: "undo in another document", steps: [[REMOVAL, "undo_or_redo", "file:///b.py"]], isUndone: false },
  { name: "undo of a part", steps: [[{ offset: 4, length: 4, text: "" }, "undo_or_redo"]], isUndone: false },
  { name: "undo of more", steps: [[{ offset: 3, length: 6, text: "" }, "undo_or_redo"]], isUndone: false },
  { name: "edited, then removed by undo", steps: [[{ offset: 6, length: 1, text: "x" }], [REMOVAL, "undo_or_redo"]], isUndone: false },
  { name: "redo that writes it anew", steps: [[{ ...REMOVAL, text: "other text" }, "undo_or_redo"]], isUndone: false },
];

describe("an accept that is taken back", () => {
  it.each(SCENARIOS)("$name", ({ steps, isUndone }) => {
    const watch = new UndoWatch(new ManualClock());
    watch.start(ACCEPTED);
    const found = steps.map(([change, origin, uri]) => watch.documentChanged(uri ?? URI, [change], origin ?? "edit"));
    expect(found.filter((text) => text !== undefined)).toEqual(isUndone ? [ACCEPTED] : []);
  });

  it("counts once, and not after ten seconds", () => {
    const clock = new ManualClock();
    const watch = new UndoWatch(clock);
    watch.start(ACCEPTED);
    clock.advance(UNDONE_WITHIN_MS);
    expect(watch.documentChanged(URI, [REMOVAL], "undo_or_redo")).toEqual(ACCEPTED);
    expect(watch.documentChanged(URI, [REMOVAL], "undo_or_redo")).toBeUndefined();
    watch.start(ACCEPTED);
    clock.advance(UNDONE_WITHIN_MS + 1);
    expect(watch.documentChanged(URI, [REMOVAL], "undo_or_redo")).toBeUndefined();
  });
});
