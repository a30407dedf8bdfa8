/**
 * Predicted edits as the editor's own inline edits, and what becomes of them; a scripted server says what is predicted.
 *
 * The proposed API is switched on as a user does it, on the command line. code-server hands the switch on to its window,
 * where the gate, which `restore_api_gate.mjs` has put back, looks at it. `next_edit_answers.test.mjs` has the same package
 * without the switch.
 */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { ARTIFACTS } from "./lib/environment.mjs";
import { CALLER, FAR, Predictions } from "./lib/predictions.mjs";
import { ServerScript } from "./lib/server_script.mjs";
import { TestEditor } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";

const RENAMED_CALL = CALLER.replace("timeout=3", "timeout_s=3");
const LINES = 'import os\n\n\ndef first(values):\n    return values[0]\n\n\nprint(first(os.listdir()))\n'.replaceAll("\n", "\r\n");

after(closeBrowser);

describe("an edit that the editor itself shows", () => {
  const script = new ServerScript();
  /** @type {TestEditor} */
  let editor;
  let window;
  let workspaceSettings;
  /** @type {Predictions} */
  let predictions;

  before(async () => {
    const settings = { "inkling.nextEdit.enabled": true, "inkling.nextEdit.debounceMs": 0 };
    editor = await TestEditor.start("inline-edits", settings, script.command, ["--enable-proposed-api", "inkling.inkling"]);
    const names = ["near", "meanwhile", "by_hand", "dismissed", "several", "there", "ghost", "commands", "off"];
    const files = Object.fromEntries(names.map((name) => [`${name}.py`, CALLER]));
    const workspace = editor.addWorkspace("shop", { ...files, "far.py": FAR, "here.py": FAR, "lines.py": LINES });
    workspaceSettings = path.join(workspace, ".vscode", "settings.json");
    fs.mkdirSync(path.dirname(workspaceSettings));
    fs.writeFileSync(workspaceSettings, "{}");
    predictions = new Predictions(script, workspace);
    window = await editor.open(workspace, "near.py");
    await editor.watch("becomes ready", () => window.waitUntilReady());
  });
  after(async () => {
    await editor.stop();
    script.remove();
  });

  const scenario = (title, body) => test(title, { timeout: 120_000 }, () => editor.watch(title, body));
  const offerGhostText = (...items) => script.answer("textDocument/inlineCompletion", { items });
  const picture = (name) => window.screenshot(path.join(ARTIFACTS, `inline-edit-${name}.png`));
  const outcomes = (id) => script.outcomes(id);
  const waitForOutcome = (id, kind) => predictions.waitForOutcome(id, kind);
  const clearToasts = () => window.runCommand("Notifications: Clear All Notifications");

  /** Adds a text to the second line of a file, whose last line is the next to be edited; returns the edit's id. */
  async function change(file, text, changes = {}) {
    await window.goTo(file, 2, 32);
    const id = predictions.predict(file, 4, 21, changes);
    await window.insert(text);
    await window.waitForInlineEdit(5);
    return id;
  }

  scenario("Tab goes there and Tab again applies it; undo takes it back, and nothing is asked about that", async () => {
    const id = await change("near.py", "  #");
    await waitForOutcome(id, "shown");
    await picture("near");
    assert.deepEqual(await window.marks(), [], "nothing is drawn beside it");
    await window.press("Tab");
    await window.waitForPosition(5, 29);
    await window.waitUntilTabApplies();
    predictions.predictNothing();
    await predictions.asked(() => window.press("Tab"));
    await waitForOutcome(id, "accepted");
    await window.waitForInlineEdit(undefined);
    const before = CALLER.replace("(timeout)\n\n", "(timeout)  #\n\n");
    assert.equal(await window.save(), before.replace("timeout=3", "timeout_s=3"));
    const n = predictions.nAsked;
    await window.press("Control+KeyZ");
    await waitForOutcome(id, "undone");
    assert.equal(await window.save(), before);
    assert.deepEqual(outcomes(id), ["shown", "accepted", "undone"]);
    assert.equal(predictions.nAsked, n);
  });

  scenario("far away its hint is at the cursor", async () => {
    await window.goTo("far.py", 100, 9);
    const id = predictions.predict("far.py", 1, 23);
    await window.insert("!");
    await window.page.locator(".inline-edits-long-distance-hint-widget:visible", { hasText: "Tab to jump" }).first().waitFor();
    await waitForOutcome(id, "shown");
    await picture("far");
    await window.press("Tab");
    await window.waitForPosition(2, 31);
    await window.waitUntilTabApplies();
    predictions.predictNothing();
    await predictions.asked(() => window.press("Tab"));
    await waitForOutcome(id, "accepted");
    assert.match(await window.save(), /^def connect\(timeout\):\n {4}return open_socket\(timeout_s\)\n/);
  });

  scenario("in another file it is our own hint, and the editor's own edit once Tab has gone there", async () => {
    await window.goTo("here.py", 100, 9);
    const id = predictions.predict("there.py", 3, 0, { kind: "definition", oldText: "", newText: "TIMEOUT_S = 3", label: "TIMEOUT_S" });
    await window.insert("!");
    await window.waitForMark("⇥ there.py:4: TIMEOUT_S");
    await window.press("Tab");
    await window.waitUntilInFront("there.py");
    await window.waitForInlineEdit(4);
    await window.waitForNoMarks();
    // In an empty line Tab would indent, but whoever was brought there wants the edit.
    await window.waitUntilTabApplies();
    predictions.predictNothing();
    await predictions.asked(() => window.press("Tab"));
    await waitForOutcome(id, "accepted");
    assert.equal(await window.save(), CALLER.replace("\n\nconnection", "\nTIMEOUT_S = 3\nconnection"));
  });

  scenario("it moves along with what is typed while the server still thinks", async () => {
    const id = await change("meanwhile.py", "  #");
    script.answer("inkling/nextEdit", undefined, { hold: true });
    await predictions.asked(() => window.insert("\n"));
    await window.waitForInlineEdit(6);
    const n = predictions.nAsked;
    await window.runCommand("Inkling: Apply Next Edit");
    await waitForOutcome(id, "accepted");
    await waitFor("the question about that", () => predictions.nAsked > n);
    assert.equal(await window.save(), RENAMED_CALL.replace("(timeout)\n\n", "(timeout)  #\n\n\n"));
    predictions.predictNothing();
  });

  scenario("what is written by hand is no acceptance, and something else there ignores it", async () => {
    const typed = await change("by_hand.py", "  #");
    script.answer("inkling/nextEdit", undefined, { hold: true });
    await window.goTo("by_hand.py", 5, 29);
    await window.type("_s");
    await waitForOutcome(typed, "typed_through");
    const ignored = predictions.predict("by_hand.py", 1, 23);
    await window.runCommand("Inkling: Predict Next Edit");
    await window.waitForInlineEdit(2);
    script.answer("inkling/nextEdit", undefined, { hold: true });
    await window.goTo("by_hand.py", 2, 28);
    await window.type("x");
    await waitForOutcome(ignored, "ignored");
    predictions.predictNothing();
    await window.save();
  });

  scenario("Escape dismisses it, and no other is asked for until something is changed", async () => {
    const id = await change("dismissed.py", "  #");
    await waitForOutcome(id, "shown");
    const n = predictions.nAsked;
    await window.press("Escape");
    await waitForOutcome(id, "rejected");
    await window.waitForInlineEdit(undefined);
    assert.equal(predictions.nAsked, n);
    // Tab is the editor's own again.
    predictions.predictNothing();
    await predictions.asked(() => window.press("Tab"));
    assert.equal(await window.save(), CALLER.replace("(timeout)\n\n", "(timeout)  #  \n\n"));
  });

  scenario("one of several is dismissed and the next one is shown; who dismisses that, too, has quiet", async () => {
    const first = await change("several.py", "  #", { nInGroup: 3 });
    const n = predictions.nAsked;
    const second = predictions.predict("several.py", 1, 23, { nInGroup: 2 });
    await window.press("Escape");
    await waitForOutcome(first, "rejected");
    await window.waitForInlineEdit(2);
    await waitForOutcome(second, "shown");
    await window.press("Escape");
    await waitForOutcome(second, "rejected");
    await window.waitForInlineEdit(undefined);
    assert.equal(predictions.nAsked, n + 1);
    predictions.predictNothing();
    await window.save();
  });

  scenario("ghost text goes first, taken or not", async () => {
    const item = (id) => ({ insertText: " of three", command: { title: "", command: "", arguments: [id] } });
    try {
      await window.goTo("ghost.py", 2, 32);
      const id = predictions.predict("ghost.py", 4, 21);
      offerGhostText(item("left"));
      await predictions.asked(() => window.insert("  # two"));
      await window.waitForGhostText(" of three");
      assert.equal(await window.inlineEditLine(), undefined);
      await picture("and-ghost-text");
      offerGhostText();
      await window.press("Escape");
      await waitForOutcome("left", "rejected");
      await window.waitForInlineEdit(5);
      offerGhostText(item("taken"));
      await predictions.asked(() => window.insert("!"));
      await window.waitForGhostText(" of three");
      offerGhostText();
      await predictions.asked(() => window.press("Tab"));
      await waitForOutcome("taken", "accepted");
      await window.waitForInlineEdit(5);
      assert.ok(!outcomes(id).includes("ignored"));
      assert.match(await window.save(), /# two! of three\n[^]*\(timeout=3\)\n$/);
    } finally {
      offerGhostText();
    }
  });

  scenario("whole lines come with the line ends of the file", async () => {
    await window.goTo("lines.py", 1, 10);
    const text = "def last(values):\n    return values[-1]\n\n\n";
    const id = predictions.predict("lines.py", 3, 0, { kind: "definition", oldText: "", newText: text, label: "def last" });
    await window.insert("  # two");
    await window.waitForInlineEdit(4);
    await waitForOutcome(id, "shown");
    await picture("lines");
    await window.press("Tab");
    // The editor puts whole lines behind the empty one before them, and goes there.
    await window.waitForPosition(3, 1);
    await window.waitUntilTabApplies();
    predictions.predictNothing();
    await predictions.asked(() => window.press("Tab"));
    await waitForOutcome(id, "accepted");
    const expected = LINES.replace("os\r\n", "os  # two\r\n").replace("def first", `${text.replaceAll("\n", "\r\n")}def first`);
    assert.equal(await window.save(), expected);
  });

  scenario("it is found late, asked for, dismissed by command, and paused", async () => {
    await window.goTo("commands.py", 2, 32);
    await predictions.asked(() => window.insert(" "));
    const late = predictions.predict("commands.py", 4, 21);
    const ready = { method: "inkling/nextEditReady", params: { uri: predictions.uri("commands.py") } };
    script.answer("inkling/retrainModel", { wasReplaced: false, words: "Enough is known." }, { notifications: [ready] });
    await window.runCommand("Inkling: Retrain Model");
    await window.waitForInlineEdit(5);
    await clearToasts();
    await window.runCommand("Inkling: Dismiss Next Edit");
    await waitForOutcome(late, "rejected");
    await window.waitForInlineEdit(undefined);
    const wanted = predictions.predict("commands.py", 4, 21);
    await window.runCommand("Inkling: Predict Next Edit");
    await window.waitForInlineEdit(5);
    await window.runCommand("Inkling: Pause");
    await waitForOutcome(wanted, "superseded");
    await window.waitForInlineEdit(undefined);
    await window.runCommand("Inkling: Resume");
    await window.waitUntilReady();
    await predictions.asked(() => window.insert(" "));
    await window.waitForInlineEdit(5);
    await window.save();
  });

  scenario("where inline suggestions are switched off it is drawn, and the keys are ours", async () => {
    const id = await change("off.py", "  #");
    fs.writeFileSync(workspaceSettings, '{"editor.inlineSuggest.enabled": false}');
    await window.waitForInlineEdit(undefined);
    await window.waitForMark("⇥ apply");
    predictions.predictNothing();
    await predictions.asked(() => window.press("Tab"));
    await waitForOutcome(id, "accepted");
    assert.equal(await window.save(), RENAMED_CALL.replace("(timeout)\n\n", "(timeout)  #\n\n"));
  });
});
