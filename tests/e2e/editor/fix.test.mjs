/** A failing test, *Fix with Feedback*, the diff, Apply, green, undo: in a real window, with tests run in a real sandbox. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { ARTIFACTS, REPOSITORY } from "./lib/environment.mjs";
import { descendantsOf } from "./lib/processes.mjs";
import { TestEditor } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";

const PYTHON = path.join(REPOSITORY, ".venv", "bin", "python");
const BUDGET_S = 15; // the right change is found within a few seconds
const SEARCH_MS = 150_000; // with the runs before and after the search, on a machine that does other things too
const TEST_FILE = "tests/test_delivery.py";
const N_TESTS = 5;
const MAX_PARCEL_G = 5000;
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
    await window.press("Control+KeyB"); // For the picture: the side bar and
    await window.press("Control+KeyJ"); // the panel take the room.
    await window.page.locator(".part.panel").waitFor({ state: "hidden" });
    await window.screenshot(path.join(ARTIFACTS, "fix-diff.png"));
    await window.press("Control+KeyB");
    assert.equal(read(CODE_FILE), broken, "nothing is written before Apply");
  });

  scenario("Apply changes the file and makes the test green", async () => {
    await explanation().locator("a", { hasText: "Apply" }).click();
    await window.page.locator('.tab.active.dirty[data-resource-name="delivery.py"]').waitFor();
    await window.openFile(TEST_FILE);
    await waitFor("all tests to be green", async () => (await mark("passed-icon").count()) === N_TESTS, 60_000);
    // What the editor shows of an earlier time at first is no link.
    await window.page.locator(".codelens-decoration", { hasText: "Fix with Feedback" }).waitFor({ state: "detached" });
    await window.screenshot(path.join(ARTIFACTS, "fix-applied.png"));
    await window.openFile(CODE_FILE);
    await window.save();
    assertPacksRight(workspace);
    await editor.events.waitForOutcome("accepted", "delivery.py");
  });

  scenario("one undo restores the file", async () => {
    await window.press("Control+KeyZ");
    assert.equal(await window.save(), broken);
  });

  scenario("Cancel in the middle of a search leaves nothing that runs", async () => {
    await window.openFile(TEST_FILE);
    await window.runCommand("Test: Run All Tests");
    await lens().waitFor();
    const [daemon] = editor.daemons();
    const searching = () => descendantsOf(daemon.pid).filter(({ command }) => /inkling\.engine\.(repair|judging)/.test(command));
    await lens().click();
    await toast("changes tried").waitFor({ timeout: SEARCH_MS });
    assert.ok(searching().length > 0, "a search is a process of its own");
    await window.page.locator(".notification-toast a.monaco-button", { hasText: "Cancel" }).click();
    await waitFor("the search to end", () => searching().length === 0);
    assert.equal(await explanation().count(), 0);
    assert.equal(read(CODE_FILE), broken);
  });

  scenario("where the tests do not say which change is right, one example decides", async () => {
    const undecided = editor.addWorkspace("corner-shop");
    const tests = path.join(undecided, TEST_FILE);
    const decisive = /def test_one_gram_more[^]*?\n\n\n/;
    fs.writeFileSync(tests, fs.readFileSync(tests, "utf8").replace(decisive, ""));
    window = await editor.open(undecided, TEST_FILE);
    await window.waitUntilReady();
    await window.runCommand("Test: Run All Tests");
    await lens().waitFor({ timeout: SEARCH_MS });
    await lens().click();
    const title = window.page.locator(".quick-input-title", { hasText: "What should pack(" });
    const diff = window.page.locator(".tab.active", { hasText: "delivery.py: Verified fix" });
    for (;;) {
      await title.or(diff).first().waitFor({ timeout: SEARCH_MS });
      if (await diff.isVisible()) {
        break;
      }
      await window.screenshot(path.join(ARTIFACTS, "fix-question-real.png"));
      const call = /pack\((.*)\) give/.exec(await title.textContent())[1];
      const right = JSON.stringify(packed(JSON.parse(call))).replaceAll(",", ", ");
      await window.page.locator(".quick-input-list .monaco-list-row").getByText(right, { exact: true }).click();
      await title.waitFor({ state: "hidden" });
    }
    await explanation().locator("a", { hasText: "Apply" }).click();
    await window.page.locator('.tab.active.dirty[data-resource-name="delivery.py"]').waitFor();
    await window.openFile(CODE_FILE);
    await window.save();
    assertPacksRight(undecided);
  });
});

/** Several texts are right: `> 5000`, `>= 5001`. What they do is the same. */
function assertPacksRight(folder) {
  const examples = [[], [5000], [2000, 3000, 500], [2000, 3001], [1, 4999, 1, 5000, 6000, 2]];
  const program = `from shop.delivery import pack; print([pack(each) for each in ${JSON.stringify(examples)}])`;
  const printed = execFileSync(PYTHON, ["-B", "-c", program], { cwd: folder, encoding: "utf8" });
  assert.deepEqual(JSON.parse(printed), examples.map(packed));
}

/** What the docstring of the sample's `pack` promises. */
function packed(weights) {
  const parcels = [];
  let total = Infinity;
  for (const weight of weights) {
    total += weight;
    if (total > MAX_PARCEL_G) {
      parcels.push([]);
      total = weight;
    }
    parcels.at(-1).push(weight);
  }
  return parcels;
}
