/** Every end that a search for a fix can come to, as the user sees it; a scripted server says what came out. */
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { pathToFileURL } from "node:url";

import { closeBrowser } from "./lib/browser.mjs";
import { ARTIFACTS } from "./lib/environment.mjs";
import { ServerScript } from "./lib/server_script.mjs";
import { TestEditor } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";

const TEST_FILE = "tests/test_delivery.py";
const CODE_FILE = "shop/delivery.py";
const LOG_FILE = "run.txt";
const TRACEBACK = 'Traceback (most recent call last):\n  File "shop/delivery.py", line 3, in pack\nZeroDivisionError: division by zero';
const FAILING = `${TEST_FILE}::test_a_parcel_may_be_full`;
const FAULT = { line: 10, start: 45, end: 47 }; // of `>=` in the sample

after(closeBrowser);

describe("what comes of a search for a fix", () => {
  const script = new ServerScript();
  /** @type {TestEditor} */
  let editor;
  let window;
  let workspace;
  let uri;

  before(async () => {
    editor = await TestEditor.start("fix-answers", {}, script.command);
    workspace = editor.addWorkspace("shop", { [LOG_FILE]: `${TRACEBACK}\nnothing else\n` });
    uri = (file) => pathToFileURL(path.join(workspace, file)).href;
    const failed = { nodeId: FAILING, outcome: "failed", seconds: 0.01, message: "AssertionError: it is wrong", output: "" };
    const frames = [{ uri: uri(TEST_FILE), line: 12, function: "test_a_parcel_may_be_full" }];
    answer("inkling/discoverTests", { tests: [{ nodeId: FAILING, uri: uri(TEST_FILE), line: 11, label: "" }], problem: null, message: "" });
    answer("inkling/runTests", { results: [{ ...failed, frames }], problem: null, message: "", seconds: 0.1 });
    answer("inkling/recordOutcomes", { nRecorded: 1 });
    window = await editor.open(workspace, TEST_FILE);
    await window.waitUntilReady();
    await window.openFile(CODE_FILE);
    await window.openFile(TEST_FILE);
    await window.runCommand("Test: Run All Tests");
    await lens().waitFor();
  });
  after(async () => {
    await editor.stop();
    script.remove();
  });

  const scenario = (title, body) => test(title, { timeout: 120_000 }, () => editor.watch(title, body));
  const lens = () => window.page.locator(".codelens-decoration a", { hasText: "Fix with Feedback" });
  const toast = (text) => window.page.locator(".notification-toast", { hasText: text }).first();
  /** Waits for a notification in their list: of more than three within 800 ms the editor shows no toast. */
  const notification = async (text) => {
    await window.runCommand("Notifications: Show Notifications");
    await window.page.locator(".notifications-center .monaco-list-row", { hasText: text }).first().waitFor();
  };
  const button = (text) => window.page.locator(".notification-toast a.monaco-button", { hasText: text });
  const explanation = () => window.page.locator(".review-widget .comment-body");
  const row = (text) => window.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first();
  const received = (method) => script.received(method);
  const outcomes = (id) => script.outcomes(id);
  const answer = (method, result, more) => script.answer(method, result, more);

  function fixTo(operator, changes = {}) {
    const range = { start: { line: FAULT.line, character: FAULT.start }, end: { line: FAULT.line, character: FAULT.end } };
    return {
      fixId: `fix ${operator} ${Math.random()}`,
      title: `change >= to ${operator}`,
      explanation: `The comparison lets too little in: \`>=\` becomes \`${operator}\`.`,
      edits: [{ uri: uri(CODE_FILE), version: `$VERSION ${uri(CODE_FILE)}`, edits: [{ range, newText: operator }] }],
      diff: operator,
      verdict: "verified",
      probability: 0.9,
      confidence: "verified",
      evidence: ["Failed before and passes now: the test."],
      source: "embedded",
      kind: "comparison",
      ...changes,
    };
  }

  function found(changes = {}) {
    return {
      sessionId: "session",
      fixes: [],
      reason: null,
      message: "",
      hint: "",
      question: null,
      failing: [],
      suspicious: [{ uri: uri(CODE_FILE), line: FAULT.line, suspiciousness: 0.7, text: "if parcel and …" }],
      visits: [
        { uri: uri(CODE_FILE), firstLine: 9, lastLine: 10, function: "pack", visit: 2, before: { weight_g: "3000" }, after: {} },
      ],
      nTried: 1240,
      seconds: 2,
      ...changes,
    };
  }

  /** Puts the cursor into a line, zero-based, of the file in front. */
  async function goToLine(line) {
    await window.press("Control+Home");
    for (let at = 0; at < line; at += 1) {
      await window.press("ArrowDown");
    }
  }

  /** Selects the first lines of the document; keys that come before the editor has the focus again are pressed anew. */
  async function select(text) {
    const lines = text.split("\n");
    const told = window.page.locator(".statusbar-item", { hasText: `(${text.length + 1} selected)` });
    await waitFor("the selection", async () => {
      await goToLine(0);
      for (const _ of lines) {
        await window.press("Shift+ArrowDown");
      }
      return told.waitFor({ timeout: 1000 }).then(() => true, () => false);
    });
  }

  /** Takes back what was typed; the editor keeps words as steps of their own. */
  async function undoTo(text) {
    await waitFor("the text before", async () => {
      await window.press("Control+KeyZ");
      return (await window.save()) === text;
    });
  }

  /** The words that decorations put at the ends of lines. */
  const decorations = () =>
    window.page.evaluate(() => {
      const parts = globalThis.document.querySelectorAll('.view-line [class*="ced-"]');
      return [...parts].map((part) => globalThis.getComputedStyle(part, "::after").content).join("\n");
    });

  async function fix(result, more) {
    answer("inkling/fix", result, more);
    await window.openFile(TEST_FILE);
    await lens().click();
  }

  scenario("a question is asked as a concrete call, and the answer is sent", async () => {
    const question = { call: "pack([5000])", answers: ["[[5000]]", "[[], [5000]]"] };
    const best = fixTo(">");
    answer("inkling/answerFixQuestion", found({ fixes: [best] }));
    await fix(found({ reason: "only_plausible", message: "Two changes make it pass.", question }));
    await window.page.locator(".quick-input-title", { hasText: "What should pack([5000]) give?" }).waitFor();
    await row("None of these").waitFor();
    await row("I don't know").waitFor();
    await window.screenshot(path.join(ARTIFACTS, "fix-question.png"));
    await row("[[], [5000]]").click();
    await explanation().waitFor();
    assert.deepEqual(received("inkling/answerFixQuestion").at(-1).params, { sessionId: "session", answer: 1 });
    await explanation().locator("a", { hasText: "Dismiss" }).click();
    await explanation().waitFor({ state: "detached" });
    await waitFor("the outcome", () => outcomes(best.fixId).includes("rejected"));
  });

  scenario("who does not know gets the suspicious lines with their values", async () => {
    const question = { call: "pack([5000])", answers: ["[[5000]]", "[]"] };
    await fix(found({ reason: "only_plausible", message: "Two changes make it pass.", question }));
    await row("I don't know").click();
    await toast("Two changes make it pass.").waitFor();
    await window.page.locator('.tab.active[data-resource-name="delivery.py"]').waitFor();
    await waitFor("the values", async () => (await decorations()).includes("Most suspicious, 70% · weight_g = 3000"));
    await window.screenshot(path.join(ARTIFACTS, "fix-suspicious.png"));
    await button("Show Trace").click();
    await window.webview.locator("code", { hasText: "weight_g = 3000" }).waitFor();
    await window.openFile(CODE_FILE);
    await window.runCommand("Inkling: Clear Marks of Suspicious Lines");
  });

  scenario("an alternative can be chosen, and lands where the text has moved to; one undo restores it", async () => {
    const [best, other] = [fixTo(">"), fixTo("!=", { verdict: "plausible", confidence: "plausible" })];
    await fix(found({ fixes: [best, other] }));
    await explanation().waitFor();
    await explanation().locator("a", { hasText: "Other fixes" }).click();
    await row("change >= to !=").click();
    await window.page.locator(".tab.active", { hasText: "Plausible fix, not verified" }).waitFor();
    await window.openFile(CODE_FILE);
    const before = await window.save();
    await goToLine(0);
    await window.insert("# Parcels weigh five kilograms.\n");
    const moved = await window.save();
    await window.page.locator(".tab", { hasText: "Plausible fix" }).click();
    await explanation().locator("a", { hasText: "Apply" }).click();
    await window.page.locator('.tab.active.dirty[data-resource-name="delivery.py"]').waitFor();
    await window.openFile(CODE_FILE);
    assert.equal(await window.save(), moved.replace(">= MAX", "!= MAX"));
    await waitFor("the outcomes", () => outcomes(best.fixId).includes("superseded") && outcomes(other.fixId).includes("accepted"));
    await window.press("Control+KeyZ");
    assert.equal(await window.save(), moved);
    await waitFor("the undo", () => outcomes(other.fixId).includes("undone"));
    await undoTo(before);
  });

  scenario("a fix for a line that was changed meanwhile is not applied", async () => {
    await fix(found({ fixes: [fixTo(">")] }));
    await explanation().waitFor();
    await window.openFile(CODE_FILE);
    const before = await window.save();
    await goToLine(FAULT.line);
    await window.press("End");
    await window.insert("  # five kilograms");
    const changed = await window.save();
    await window.page.locator(".tab", { hasText: "Verified fix" }).click();
    await explanation().locator("a", { hasText: "Apply" }).click();
    await toast("it no longer fits").waitFor();
    await explanation().waitFor({ state: "detached" });
    await window.openFile(CODE_FILE);
    assert.equal(await window.save(), changed);
    await undoTo(before);
    await window.runCommand("Notifications: Clear All Notifications");
  });

  scenario("a hint tells where to look, and no more", async () => {
    answer("inkling/fix", found({ hint: "Look at line 11 of shop/delivery.py." }));
    await window.openFile(TEST_FILE);
    await goToLine(12);
    await window.runCommand("Inkling: Give a Hint");
    await toast("Look at line 11").waitFor();
    const { params } = received("inkling/fix").at(-1);
    assert.equal(params.isHint, true);
    assert.deepEqual(params.nodeIds, [FAILING]);
    await window.runCommand("Notifications: Clear All Notifications");
  });

  scenario("without a sandbox it is said how to get one", async () => {
    await fix(found({ reason: "no_sandbox", message: "There is no sandbox: install bubblewrap.", suspicious: [] }));
    await toast("There is no sandbox: install bubblewrap.").waitFor();
    await button("Open Settings").waitFor();
    await window.runCommand("Notifications: Clear All Notifications");
  });

  scenario("Cancel reaches the server, and nothing is shown", async () => {
    const far = { id: "$ID", words: "trying changes to comparisons", nTried: 240, nPlausible: 1, seconds: 2, budgetSeconds: 60 };
    await fix(undefined, { hold: true, notifications: [{ method: "inkling/fixProgress", params: far }] });
    await toast("trying changes to comparisons · 240 changes tried, 1 made the test pass · 2 of 60 s").waitFor();
    await window.screenshot(path.join(ARTIFACTS, "fix-progress.png"));
    await button("Cancel").click();
    await waitFor("the cancel", () => received("$/cancelRequest").length === 1);
    await window.page.locator(".statusbar-item", { hasText: "the search was called off" }).waitFor();
    assert.equal(await explanation().count(), 0);
  });

  scenario("a selected traceback is sent; where nothing is said, there is a choice", async () => {
    answer("inkling/fix", found({ reason: "nothing_fails", message: "There is nothing to fix.", suspicious: [] }));
    await window.openFile(LOG_FILE);
    await window.runCommand("Inkling: Fix with Feedback", { opensInput: true });
    await row("Traceback on the clipboard").waitFor();
    await row(FAILING).waitFor();
    await row("Whatever fails in shop").click();
    await toast("There is nothing to fix.").waitFor();
    assert.deepEqual(Object.keys(received("inkling/fix").at(-1).params).sort(), ["folderUri", "id", "isHint"]);
    await window.runCommand("Notifications: Clear All Notifications");
    await select(TRACEBACK);
    await window.runCommand("Inkling: Fix with Feedback");
    await notification("There is nothing to fix.");
    assert.equal(received("inkling/fix").at(-1).params.traceback, TRACEBACK);
    await window.runCommand("Notifications: Clear All Notifications");
  });

  scenario("a failing test's row in the Testing view has it, too", async () => {
    await window.runCommand("Testing: Focus on Test Explorer View");
    const rows = window.page.locator(".test-explorer .monaco-list-row");
    const folded = window.page.locator('.test-explorer .monaco-list-row[aria-expanded="false"] .monaco-tl-twistie');
    const failing = rows.filter({ hasText: "test_a_parcel_may_be_full" });
    const n = received("inkling/fix").length;
    const soon = { force: true, timeout: 1000 };
    // The tree folds and moves by itself, only the row under the mouse has buttons, and its tooltip comes and goes over them.
    await waitFor("the button", async () => {
      try {
        if ((await folded.count()) > 0) {
          await folded.first().click(soon);
        }
        await failing.hover(soon);
        await failing.getByRole("button", { name: "Fix with Feedback" }).click(soon);
        return true;
      } catch {
        return false;
      }
    });
    await waitFor("the request", () => received("inkling/fix").length > n);
    await window.screenshot(path.join(ARTIFACTS, "testing-view.png"));
    await notification("There is nothing to fix.");
    assert.deepEqual(received("inkling/fix").slice(n).map(({ params }) => params.nodeIds), [[FAILING]]);
    await window.runCommand("Notifications: Clear All Notifications");
  });

  /** Has the server offer a fix that nobody asked for; any request makes it speak. */
  async function offer(fixed) {
    const params = { folderUri: uri(""), uri: uri(CODE_FILE), line: FAULT.line, nodeIds: [FAILING], fix: fixed };
    answer("inkling/runTests", { results: [], problem: null, message: "", seconds: 0 }, { notifications: [{ method: "inkling/fixOffered", params }] });
    const n = received("inkling/runTests").length;
    await window.runCommand("Test: Run All Tests");
    await waitFor("the run", () => received("inkling/runTests").length > n);
    answer("inkling/runTests", { results: [], problem: null, message: "", seconds: 0 });
  }

  async function chooseFromBulb(words) {
    await goToLine(FAULT.line);
    await window.press("Control+Period");
    await window.page.locator(".action-widget .monaco-list-row", { hasText: words }).click();
  }

  scenario("a fix that nobody asked for is a light bulb and quiet words; dismissed, it does not come back", async () => {
    const first = fixTo(">");
    await window.openFile(CODE_FILE);
    await offer(first);
    await waitFor("the words", async () => (await decorations()).includes(`Verified fix: ${first.title}`));
    await waitFor("the outcome", () => outcomes(first.fixId).includes("shown"));
    await window.screenshot(path.join(ARTIFACTS, "fix-offered.png"));
    await chooseFromBulb("Dismiss verified fix");
    await waitFor("the outcome", () => outcomes(first.fixId).includes("rejected"));
    await waitFor("the words to go", async () => !/Verified fix/.test(await decorations()));
    await offer(fixTo(">"));
    await offer(fixTo("!=", { title: "something else" }));
    await waitFor("the other words", async () => (await decorations()).includes("Verified fix: something else"));
    assert.ok(!(await decorations()).includes(first.title), "it was dismissed");
  });

  scenario("it is readable in each kind of theme", async () => {
    for (const theme of ["Light Modern", "Dark High Contrast", "Light High Contrast", "Dark Modern"]) {
      await window.chooseTheme(theme);
      assert.match(await decorations(), /Verified fix: something else/);
      await window.screenshot(path.join(ARTIFACTS, `fix-offered-${theme.toLowerCase().replaceAll(" ", "-")}.png`));
    }
  });

  scenario("from the light bulb it is applied, and one undo takes it back", async () => {
    await window.openFile(CODE_FILE);
    const before = await window.save();
    await chooseFromBulb("Apply verified fix: something else");
    await window.page.locator('.tab.active.dirty[data-resource-name="delivery.py"]').waitFor();
    assert.equal(await window.save(), before.replace(">= MAX", "!= MAX"));
    await waitFor("the words to go", async () => !/Verified fix/.test(await decorations()));
    await window.press("Control+KeyZ");
    assert.equal(await window.save(), before);
  });
});
