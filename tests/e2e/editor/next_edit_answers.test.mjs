/** Every way that a predicted edit can be shown, taken and left; a scripted server says what is predicted. */
import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";

import { closeBrowser } from "./lib/browser.mjs";
import { ARTIFACTS } from "./lib/environment.mjs";
import { TestEditor } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";

const SERVER = fileURLToPath(new URL("lib/scripted_server.mjs", import.meta.url));
const CALLER = "def connect(timeout):\n    return open_socket(timeout)\n\n\nconnection = connect(timeout=3)\n";
const RENAMED = { oldText: "timeout", newText: "timeout_s", label: "`timeout` → `timeout_s`", words: "`timeout` was renamed to `timeout_s`" };
const N_FILLER = 120;
const FAR = `${CALLER}${"# filler\n".repeat(N_FILLER)}`;
const MODULE = `import os\nimport re\n\n\ndef first(values):\n    if values:\n        return values[0]\n    return None\n\n\nprint(first(os.listdir()))\n`;

after(closeBrowser);

describe("what becomes of a predicted edit", () => {
  /** @type {TestEditor} */
  let editor;
  let window;
  let workspace;
  let script;

  const names = ["near", "dismissed", "by_hand", "far", "here", "tab", "all_here", "changed", "locked", "paused", "late", "spoken"];

  before(async () => {
    script = fs.mkdtempSync(path.join(os.tmpdir(), "inkling-script-"));
    const settings = {
      "editor.wordBasedSuggestions": "currentDocument",
      "files.readonlyInclude": { "**/readonly.py": true },
    };
    editor = await TestEditor.start("next-edit-answers", settings, [process.execPath, SERVER, script]);
    workspace = editor.addWorkspace("shop", {
      ...Object.fromEntries(names.map((name) => [`${name}.py`, name === "far" || name === "here" ? FAR : CALLER])),
      "there.py": CALLER,
      "all_there.py": CALLER,
      "readonly.py": CALLER,
      "shown.py": MODULE,
    });
    answer("inkling/recordOutcomes", { nRecorded: 1 });
    predictNothing();
    window = await editor.open(workspace, "near.py");
    await editor.watch("becomes ready", () => window.waitUntilReady());
  });
  after(async () => {
    await editor.stop();
    fs.rmSync(script, { recursive: true, force: true });
  });

  const scenario = (title, body) => test(title, { timeout: 120_000 }, () => editor.watch(title, body));
  const toast = (text) => window.page.locator(".notification-toast", { hasText: text }).first();
  const uri = (file) => pathToFileURL(path.join(workspace, file)).href;
  const onDisk = (file) => fs.readFileSync(path.join(workspace, file), "utf8");
  const received = (method) =>
    fs
      .readFileSync(path.join(script, "received.jsonl"), "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
      .filter((message) => message.method === method);
  const outcomes = (id) =>
    received("inkling/recordOutcomes")
      .flatMap(({ params }) => params.outcomes)
      .filter(({ suggestionId }) => suggestionId === id)
      .map(({ kind }) => kind);
  const waitForOutcome = (id, kind) => waitFor(`${kind} of ${id}`, () => outcomes(id).includes(kind));

  function answer(method, result, more = {}) {
    const file = path.join(script, `${method.replaceAll("/", ".")}.json`);
    fs.writeFileSync(`${file}.new`, JSON.stringify({ result, ...more }));
    fs.renameSync(`${file}.new`, file);
  }

  const predictNothing = () => answer("inkling/nextEdit", { edit: null, reason: "nothing_follows", message: "Nothing follows from that." });

  /** Has the server predict a replacement; by default of a word from a place on. */
  function predict(file, line, character, changes = {}) {
    const edit = { id: `edit ${Math.random()}`, uri: uri(file), version: `$VERSION ${uri(file)}`, path: file, kind: "rename", ...RENAMED, ...changes };
    const end = changes.end ?? { line, character: character + edit.oldText.length };
    answer("inkling/nextEdit", {
      edit: { probability: 0.8, nInGroup: 1, ...edit, range: { start: { line, character }, end } },
      reason: null,
      message: "",
    });
    return edit.id;
  }

  /** The words that decorations put into lines, in the order of the page. */
  const marks = () =>
    window.page.evaluate(() => {
      const words = (part, pseudo) => globalThis.getComputedStyle(part, pseudo).content;
      const parts = [...globalThis.document.querySelectorAll('.editor-instance .view-line [class*="ced-"]')];
      const texts = parts.flatMap((part) => [words(part, "::before"), words(part, "::after")]);
      return texts.filter((text) => text !== "none").map((text) => JSON.parse(text).replaceAll("\u00a0", " "));
    });
  const waitForMark = (text) => waitFor(`the mark ${text}`, async () => (await marks()).some((mark) => mark.includes(text)));
  const waitForNoMarks = () => waitFor("no marks", async () => (await marks()).length === 0);
  const struck = () => window.page.locator('.editor-instance .view-line [class*="ced-"]').filter({ visible: true });

  const position = () => window.page.locator('[id="status.editor.selection"]').innerText();
  const waitForPosition = (line, column) =>
    waitFor(`the cursor at ${line}:${column}`, async () => (await position()).startsWith(`Ln ${line}, Col ${column}`));
  async function isInFront(file) {
    await window.page.locator(`.tab.active[data-resource-name="${file}"]`).waitFor();
    await window.page.locator(".monaco-editor.focused").first().waitFor();
  }

  /** Opens a file and puts the cursor somewhere, both from 1. */
  async function goTo(file, line, column) {
    await window.openFile(file);
    const input = window.page.locator(".quick-input-widget input");
    await window.press("Control+KeyG");
    await input.fill(`:${line}:${column}`);
    await window.press("Enter");
    await window.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
    await window.page.locator(".monaco-editor.focused").first().waitFor();
    await waitForPosition(line, column);
  }

  const nAsked = () => received("inkling/nextEdit").length;

  /** Has nothing predicted, and makes sure that the last answer that predicted something was shown. */
  async function asked(body) {
    const n = nAsked();
    await body();
    await waitFor("the question", () => nAsked() > n);
  }

  scenario("near the cursor it is shown where it belongs, and Tab applies it", async () => {
    await goTo("near.py", 2, 32);
    const id = predict("near.py", 4, 21);
    await window.insert("  #");
    await waitForMark("timeout_s");
    await waitForMark("⇥ apply");
    await waitForOutcome(id, "shown");
    await window.screenshot(path.join(ARTIFACTS, "next-edit-near.png"));
    const { params } = received("inkling/nextEdit").at(-1);
    assert.deepEqual(params.position, { line: 1, character: 34 });
    assert.equal(params.isInvoked, false);
    predictNothing();
    await asked(() => window.press("Tab"));
    await waitForOutcome(id, "accepted");
    await waitForPosition(5, 31);
    await waitForNoMarks();
    assert.equal(await window.save(), CALLER.replace("(timeout)\n\n", "(timeout)  #\n\n").replace("timeout=3", "timeout_s=3"));
  });

  scenario("undo takes it back, and nothing is asked about that", async () => {
    const n = nAsked();
    await window.press("Control+KeyZ");
    await waitFor("the undo", () => received("inkling/recordOutcomes").some(({ params }) => params.outcomes.some(({ kind }) => kind === "undone")));
    assert.equal(await window.save(), CALLER.replace("(timeout)\n\n", "(timeout)  #\n\n"));
    assert.equal(nAsked(), n);
  });

  scenario("Escape dismisses it, and no other is asked for until something is changed", async () => {
    await goTo("dismissed.py", 2, 32);
    const id = predict("dismissed.py", 4, 21);
    await window.insert("  #");
    await waitForMark("⇥ apply");
    const n = nAsked();
    await window.press("Escape");
    await waitForOutcome(id, "rejected");
    await waitForNoMarks();
    assert.equal(nAsked(), n);
    // Tab is the editor's own again.
    predictNothing();
    await asked(() => window.press("Tab"));
    assert.equal(await window.save(), CALLER.replace("(timeout)\n\n", "(timeout)  #  \n\n"));
  });

  scenario("what is written by hand is no acceptance, and something else there ignores it", async () => {
    await goTo("by_hand.py", 5, 22);
    const typed = predict("by_hand.py", 4, 21);
    await window.runCommand("Inkling: Predict Next Edit");
    await waitForMark("timeout_s");
    assert.equal(received("inkling/nextEdit").at(-1).params.isInvoked, true);
    answer("inkling/nextEdit", undefined, { hold: true });
    await goTo("by_hand.py", 5, 29);
    await window.type("_s");
    await waitForOutcome(typed, "typed_through");
    const ignored = predict("by_hand.py", 1, 23);
    await window.runCommand("Inkling: Predict Next Edit");
    await waitForMark("timeout_s");
    answer("inkling/nextEdit", undefined, { hold: true });
    await goTo("by_hand.py", 2, 28);
    await window.type("x");
    await waitForOutcome(ignored, "ignored");
    await window.save();
  });

  scenario("far away it is a hint with its line: Tab goes there, Tab again applies it", async () => {
    await goTo("far.py", 100, 9);
    const id = predict("far.py", 1, 23);
    await window.insert("!");
    await waitForMark("⇥ line 2: `timeout` → `timeout_s`");
    await window.screenshot(path.join(ARTIFACTS, "next-edit-far.png"));
    await window.press("Tab");
    await waitForPosition(2, 24);
    await waitForMark("⇥ apply");
    assert.equal((await marks()).some((mark) => mark.includes("line 2")), false);
    await waitForOutcome(id, "shown");
    predictNothing();
    await window.press("Tab");
    await waitForOutcome(id, "accepted");
    assert.equal(await window.save(), FAR.replace("open_socket(timeout)", "open_socket(timeout_s)").replace(/(# filler\n){94}# filler/, "$&!"));
  });

  scenario("in another file it is a hint with the file: Tab opens it, Tab again applies it", async () => {
    await goTo("here.py", 100, 9);
    const id = predict("there.py", 4, 21);
    await window.insert("!");
    await waitForMark("⇥ there.py:5: `timeout` → `timeout_s`");
    await window.screenshot(path.join(ARTIFACTS, "next-edit-other-file.png"));
    await window.press("Tab");
    await isInFront("there.py");
    await waitForMark("⇥ apply");
    await waitForPosition(5, 22);
    await window.screenshot(path.join(ARTIFACTS, "next-edit-jumped.png"));
    predictNothing();
    await window.press("Tab");
    await waitForOutcome(id, "accepted");
    await window.press("Control+KeyS");
    await waitFor("the saved file", () => onDisk("there.py") === CALLER.replace("timeout=3", "timeout_s=3"));
  });
});
