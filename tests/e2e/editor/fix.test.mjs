/** A failing test, *Fix with Feedback*, the diff, Apply, green, undo: in a real window, with tests run in a real sandbox. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { ARTIFACTS } from "./lib/environment.mjs";
import { TestEditor } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";

const BUDGET_S = 15; // the right change is found within a few seconds
const SEARCH_MS = 150_000; // with the runs before and after the search, on a machine that does other things too
const TEST_FILE = "tests/test_delivery.py";
const N_TESTS = 5;
const CODE_FILE = "shop/delivery.py";

after(closeBrowser);

describe("fix with feedback", () => {
  /** @type {TestEditor} */
  let editor;
  let window;
  let workspace;
  let broken;

  before(async () => {
    editor = await TestEditor.start("fix", { "inkling.fix.onFailure": "off", "inkling.fix.budgetSeconds": BUDGET_S });
    workspace = editor.addWorkspace("shop");
    broken = read(CODE_FILE);
    window = await editor.open(workspace, TEST_FILE);
    await editor.watch("becomes ready", () => window.waitUntilReady());
  });
  after(() => editor.stop());

  const scenario = (title, body) => test(title, { timeout: 300_000 }, () => editor.watch(title, body));
  const read = (file) => fs.readFileSync(path.join(workspace, file), "utf8");
  const lens = () => window.page.locator(".codelens-decoration a", { hasText: "Fix with Feedback" });
  const toast = (text) => window.page.locator(".notification-toast", { hasText: text }).first();
  const explanation = () => window.page.locator(".review-widget .comment-body");
  const mark = (state) => window.page.locator(`.testing-run-glyph[class*="codicon-testing-${state}"]`);

  scenario("a failing test has its message, its mark and a lens", async () => {
    await window.runCommand("Test: Run All Tests");
    await lens().waitFor({ timeout: SEARCH_MS });
    assert.equal(await lens().count(), 1);
    await mark("failed-icon").waitFor();
    assert.equalx;
    await window.page.locator(".editor-instance").getByText("AssertionError: assert [[2000]").first().waitFor();
  });

  scenario("its fix comes as a diff with an explanation and evidence", async () => {
    await lens().click();
    await toast("Fix with feedback").waitFor();
    await window.page.locator(".tab.active", { hasText: "delivery.py: Verified fix" }).waitFor({ timeout: SEARCH_MS });
    await explanation().waitFor();
    assert.match(await explanation().innerText(), /test_a_parcel_may_be_full[^]*Confidence: verified/);
    await window.screenshot(path.join(ARTIFACTS, "fix-diff.png"));
    assert.equal(read(CODE_FILE), broken, "nothing is written before Apply");
  });

  scenario("Apply changes the file and makes the test green", async () => {
    await explanation().locator("a", { hasText: "Apply" }).click();
    await window.page.locator('.tab.active.dirty[data-resource-name="delivery.py"]').waitFor();
    await window.openFile(TEST_FILE);
    await waitFor("all tests to be green", async () => (await mark("passed-icon").count()) === N_TESTS, 60_000);
    assert.equal(await lens().count(), 0);
    await window.screenshot(path.join(ARTIFACTS, "fix-applied.png"));
    await window.openFile(CODE_FILE);
    const fixed = await window.save();
    assert.notEqual(fixed, broken);
    assert.ok(fixed.includes("> MAX_PARCEL_G"), fixed);
    await editor.events.waitForOutcome("accepted", "delivery.py");
  });

  scenario("one undo restores the file", async () => {
    await window.press("Control+KeyZ");
    assert.equal(await window.save(), broken);
  });
});
