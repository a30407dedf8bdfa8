/** What becomes of a suggestion, in one window: on the screen, in the saved file and in the event store. */
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { ARTIFACTS } from "./lib/environment.mjs";
import { OFFERED, TYPED, moduleBeforeTyping } from "./lib/situations.mjs";
import { TestEditor } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";

after(closeBrowser);

describe("one window", () => {
  const names = ["rejected", "typed", "ignored", "partly", "paused"];
  /** @type {TestEditor} */
  let editor;
  let window;

  before(async () => {
    editor = await TestEditor.start("one-window");
    const files = names.map((name) => [`tests/test_${name}.py`, moduleBeforeTyping(name)]);
    const workspace = editor.addWorkspace("shop", Object.fromEntries(files));
    window = await editor.open(workspace, "shop/report.py");
    await editor.watch("becomes ready", () => window.waitUntilReady());
  });
  after(() => editor.stop());

  const scenario = (title, body) => test(title, { timeout: 120_000 }, () => editor.watch(title, body));

  scenario("Tab accepts what was shown", async () => {
    await window.press("Control+End");
    await window.insert(
      "\n\ndef pieces_by_month(orders: list[Order]) -> Counter[str]:\n" +
        '    """Returns how many pieces were sold in each month."""\n' +
        "    pieces: Counter[str] = Counter()\n" +
        "    for order in orders:\n        ",
    );
    await window.type("month");
    await window.waitForGhostText(' = order.placed_on.strftime("%Y-%m")');
    const shown = await editor.events.waitForOutcome("shown", "report.py");
    await window.screenshot(path.join(ARTIFACTS, "ghost-text.png"));
    await window.press("Tab");
    assert.ok((await window.save()).endsWith('    for order in orders:\n        month = order.placed_on.strftime("%Y-%m")'));
    const accepted = await editor.events.waitForOutcome("accepted", "report.py");
    assert.equal(accepted.suggestion_id, shown.suggestion_id);
    assert.ok(shown.visible_ms >= 750);
    const decision = editor.events.decisions("report.py").find((row) => row.suggestion_id === shown.suggestion_id);
    assert.equal(decision.was_offered, 1);
    assert.equal(decision.text, null);
  });

  scenario("Escape rejects, and the same is not offered again at the same place", async () => {
    await window.openFile("tests/test_rejected.py");
    await window.insert(TYPED);
    await window.waitForGhostText(OFFERED);
    await window.press("Escape");
    await window.waitForGhostText("");
    const rejected = await editor.events.waitForOutcome("rejected", "test_rejected.py");

    await window.press("Shift+Home");
    await window.insert(TYPED);
    const hidden = await waitFor("the same candidate to be hidden", () =>
      editor.events.decisions("test_rejected.py").find((row) => row.reason === "rejected_before"),
    );
    assert.equal(hidden.was_offered, 0);
    assert.notEqual(hidden.suggestion_id, rejected.suggestion_id);
    assert.notEqual(await window.ghostText(), OFFERED);
    assert.ok((await window.save()).endsWith(`    ${TYPED}`));
  });

  scenario("typing a suggestion through to its end is no acceptance and asks for nothing new", async () => {
    await window.openFile("tests/test_typed.py");
    await window.insert(TYPED);
    await window.waitForGhostText(OFFERED);
    await window.type(OFFERED);
    await editor.events.waitForOutcome("typed_through", "test_typed.py");
    assert.ok((await window.save()).endsWith(`    ${TYPED}${OFFERED}`));
    assert.equal(editor.events.decisions("test_typed.py").filter((row) => row.was_offered).length, 1);
    assert.deepEqual(editor.events.outcomes("test_typed.py").filter((row) => row.kind === "accepted"), []);
  });

  scenario("typing something else ignores what was shown", async () => {
    await window.openFile("tests/test_ignored.py");
    await window.insert(TYPED);
    await window.waitForGhostText(OFFERED);
    const shown = await editor.events.waitForOutcome("shown", "test_ignored.py");
    await window.type("None");
    const ignored = await editor.events.waitForOutcome("ignored", "test_ignored.py");
    assert.equal(ignored.suggestion_id, shown.suggestion_id);
    assert.ok((await window.save()).endsWith(`    ${TYPED}None`));
  });

  scenario("the next word can be accepted by itself, then the rest", async () => {
    await window.openFile("tests/test_partly.py");
    await window.insert(TYPED);
    await window.waitForGhostText(OFFERED);
    await window.press("Control+ArrowRight");
    const partly = await editor.events.waitForOutcome("partly_accepted", "test_partly.py");
    assert.equal(partly.accepted_chars, "stocked_inventory".length);
    assert.ok((await window.save()).endsWith(`    ${TYPED}stocked_inventory`));
    await window.waitForGhostText("()");
    await window.press("Tab");
    await editor.events.waitForOutcome("accepted", "test_partly.py");
    assert.ok((await window.save()).endsWith(`    ${TYPED}${OFFERED}`));
  });

  scenario("a paused Inkling says and writes down nothing", async () => {
    await window.openFile("tests/test_paused.py");
    await window.runCommand("Inkling: Pause");
    await window.insert(TYPED);
    await window.insert("None\n");
    await window.runCommand("Inkling: Resume");
    // The rows of the line typed now are the proof that those of the line before would be there by now.
    await window.insert(TYPED);
    await window.waitForGhostText(OFFERED);
    await editor.events.waitForOutcome("shown", "test_paused.py");
    const rows = [...editor.events.decisions("test_paused.py"), ...editor.events.silences("test_paused.py")];
    assert.deepEqual([...new Set(rows.map((row) => row.line))], [5]);
    await window.save();
  });

  scenario("the last decisions can be read with probability and reason", async () => {
    await window.runCommand("Inkling: Why (not) shown?");
    await window.webview.locator("li", { hasText: "test_paused.py" }).first().waitFor();
    await window.screenshot(path.join(ARTIFACTS, "why.png"));
    const text = await window.webview.locator("body").innerText();
    assert.match(text, /Shown: probability 0\.\d\d, threshold 0\.00/);
    assert.match(text, /you rejected it at this place before/);
  });

  scenario("a list of decisions that is open is brought up to date", async () => {
    await window.openFile("tests/test_typed.py");
    await window.insert(`\n    ${TYPED}`);
    await window.waitForGhostText(OFFERED);
    await editor.events.waitForOutcome("shown", "test_typed.py");
    await window.save();
    await window.runCommand("Inkling: Why (not) shown?");
    await window.webview.locator("li", { hasText: "tests/test_typed.py:6" }).first().waitFor();
    assert.equal(await window.page.locator(".tab", { hasText: "Why (not) shown" }).count(), 1);
  });

  scenario("the statistics count what happened", async () => {
    await window.runCommand("Inkling: Show Statistics");
    const rejected = window.webview.locator("tr", { hasText: "rejected with Escape" });
    const n = editor.events.outcomes().filter((row) => row.kind === "rejected").length;
    assert.equal(await rejected.locator("td").last().textContent(), String(n));
    await window.screenshot(path.join(ARTIFACTS, "statistics.png"));
  });

  scenario("the log can be read, and holds no source text", async () => {
    await window.runCommand("Inkling: Show Logs");
    const log = await waitFor("the log", async () => {
      const lines = await window.page.locator(".output-view .view-line").allTextContents();
      return /\bstarting\b/.test(lines.join("\n")) && lines.join("\n");
    });
    assert.doesNotMatch(log, /stocked_inventory/);
  });
});
