/** A planted bug, *Review Changes*, its thread, its reproduction run, mended and kept; with code that runs in a real sandbox. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { ARTIFACTS } from "./lib/environment.mjs";
import { TestEditor } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";

const BUDGET_S = 60; // the difference is found within a few seconds, on a machine that has nothing else to do
const REVIEW_MS = 150_000; // on a machine that does other things too
const READY_MS = 180_000;
const FILE = "shop/shares.py";
const SOUND = `"""How a total is shared."""


def shares(total: int, parts: int) -> list[int]:
    """Returns a total in parts that differ by one at most."""
    if parts <= 0:
        return []
    size, rest = divmod(total, parts)
    return [size + (1 if n < rest else 0) for n in range(parts)]
`;
const CHANGED = `${SOUND.replace("parts <= 0", "parts < 0")}

def label(name, seen=[]):
    seen.append(name)
    if name is "total":
        return "sum"
    return name
`;
const BUG_LINE = 6;
const BUG_COLUMN = 15; // behind the `<`
const DEFAULTS_LINE = 12;
const IDENTITY_LINE = 14;

after(closeBrowser);

/** The project's files, by path; what Python and git keep for themselves is none of them. */
function filesIn(folder) {
  const entries = fs.readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  return files.filter((file) => !/^\.|__pycache__/.test(file)).sort();
}

describe("review of changes", () => {
  /** @type {TestEditor} */
  let editor;
  let window;
  let workspace;

  before(async () => {
    editor = await TestEditor.start("review", { "inkling.review.budgetSeconds": BUDGET_S });
    workspace = path.join(editor.folder, "shares");
    fs.mkdirSync(path.join(workspace, "shop"), { recursive: true });
    fs.writeFileSync(path.join(workspace, "shop", "__init__.py"), "");
    write(SOUND);
    git("init", "--quiet");
    git("add", ".");
    git("-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "--quiet", "--message=Share a total");
    write(CHANGED);
    window = await editor.open(workspace, FILE);
    await editor.watch("becomes ready", () => window.waitUntilReady(READY_MS));
  });
  after(() => editor.stop());

  const scenario = (title, body) => test(title, { timeout: 300_000 }, () => editor.watch(title, body));
  const git = (...words) => execFileSync("git", words, { cwd: workspace });
  const write = (text) => fs.writeFileSync(path.join(workspace, FILE), text);
  const thread = (label) => window.page.locator(".review-widget", { has: window.page.locator(".review-title", { hasText: label }) });
  const link = (label, text) => thread(label).locator("a", { hasText: text }).first();
  const toast = (text) => window.page.locator(".notification-toast", { hasText: text }).first();
  /** Puts the cursor somewhere, both counted from 1, without a click: threads lie over the text. */
  const cursorAt = async (line, column) => {
    await window.press("Control+Digit1");
    await window.page.locator(".monaco-editor.focused").first().waitFor();
    await window.press("Control+KeyG");
    await window.page.locator(".quick-input-widget input").fill(`:${line}:${column}`);
    await window.press("Enter");
    await window.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
    await window.waitForPosition(line, column);
  };
  const behaviour = "Error · behaviour · confirmed by a run";
  const identity = "Error · lint";
  const defaults = "Warning · lint";

  scenario("a bug in the working tree becomes a thread at its line, with the smallest input", async () => {
    await window.runCommand("Inkling: Review Changes");
    await toast("Reviewing the working tree").waitFor();
    await thread(behaviour).waitFor({ timeout: REVIEW_MS });
    const words = await thread(behaviour).innerText();
    assert.match(words, /shares\(0, 0\) returned \[\], now raises ZeroDivisionError/);
    await toast("3 comments").waitFor();
    await window.screenshot(path.join(ARTIFACTS, "review-thread.png"));
    await editor.events.waitForOutcome("shown", "shares.py");
  });

  scenario("its reproduction runs on what stands in the editor", async () => {
    await link(behaviour, "Run the Reproduction").click();
    await thread(behaviour).getByText("Reproduced after").waitFor({ timeout: REVIEW_MS });
  });

  scenario("a suggestion is applied, and one undo brings it back", async () => {
    await cursorAt(IDENTITY_LINE, 1);
    await thread(identity).waitFor();
    await window.runCommand("Inkling: Apply Suggestion");
    await thread(identity).waitFor({ state: "detached" });
    assert.equal(await window.save(), CHANGED.replace('name is "total"', 'name == "total"'));
    await editor.events.waitForOutcome("accepted", "shares.py");
    await cursorAt(IDENTITY_LINE, 1);
    await window.press("Control+KeyZ");
    await thread(identity).waitFor();
    assert.equal(await window.save(), CHANGED);
    await editor.events.waitForOutcome("undone", "shares.py");
  });

  scenario("a comment that is dismissed goes, with a reason, and comes back with Undo", async () => {
    const rejected = () => editor.events.outcomes("shares.py").filter(({ kind }) => kind === "rejected");
    await cursorAt(DEFAULTS_LINE, 1);
    await thread(defaults).waitFor();
    await window.runCommand("Inkling: Dismiss with Reason…", { opensInput: true });
    await window.page.locator(".quick-input-list .monaco-list-row", { hasText: "It is intended" }).click();
    await thread(defaults).waitFor({ state: "detached" });
    await waitFor("the rejection", () => rejected().length === 1);
    await toast("Dismissed").locator("a.monaco-button", { hasText: "Undo" }).click();
    await thread(defaults).waitFor();
  });

  scenario("a bug that was mended by hand is not reproduced any more", async () => {
    await cursorAt(BUG_LINE, BUG_COLUMN);
    await window.type("=");
    await thread(behaviour).getByText("changed since the review").waitFor();
    await window.runCommand("Inkling: Run the Reproduction");
    await thread(behaviour).getByText("No longer reproduced").waitFor({ timeout: REVIEW_MS });
  });

  scenario("the reproduction is kept as a test of the project, and one undo leaves nothing of it", async () => {
    const keptTab = window.page.locator('.tab.active[data-resource-name^="test_"]');
    const before = filesIn(workspace);
    const keep = async () => {
      await window.runCommand("Inkling: Keep as pytest Test");
      await keptTab.waitFor({ timeout: REVIEW_MS });
      const [file, ...others] = filesIn(workspace).filter((each) => !before.includes(each));
      assert.deepEqual(others, []);
      assert.match(fs.readFileSync(path.join(workspace, file), "utf8"), /shares\(0, 0\)/, "it is on disk without a save");
      return file;
    };
    await keep();
    await window.screenshot(path.join(ARTIFACTS, "review-kept-test.png"));
    await window.press("Control+KeyZ");
    await waitFor("no file is left", () => filesIn(workspace).length === before.length);
    assert.deepEqual(filesIn(workspace), before);
    await keptTab.waitFor({ state: "detached" });
    await keep();
  });

  scenario("a review is cleared", async () => {
    await window.runCommand("Inkling: Clear Review");
    await waitFor("no threads", async () => (await window.page.locator(".review-widget").count()) === 0);
  });

  scenario("what became of comments is counted on the Insights page", async () => {
    await window.press("Control+KeyB"); // The side bar takes a third of the picture.
    await window.runCommand("Inkling: Insights");
    const section = window.webview.locator("#reviews");
    await section.waitFor({ timeout: REVIEW_MS });
    assert.match(await section.textContent(), /^Review commentsOf \d comments? that you read/);
    const all = await section.locator("tbody tr").last().locator("td, th").allTextContents();
    assert.deepEqual([all[0], all[4]], ["All", "0"], "the one dismissal was taken back");
    await section.scrollIntoViewIfNeeded();
    await window.screenshot(path.join(ARTIFACTS, "review-insights.png"));
  });
});
