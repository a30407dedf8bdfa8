/** A parameter is renamed in one file, and its call sites in two others follow with Tab, from the server itself. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { ARTIFACTS } from "./lib/environment.mjs";
import { TestEditor } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";

const DEFINITION = '"""Connections."""\n\n\ndef connect(host, timeout):\n    """Returns a connection."""\n    return (host, timeout)\n';
const DAILY = calls("daily");
const NIGHTLY = calls("nightly");
const FILES = { "shop/network.py": DEFINITION, "shop/daily.py": DAILY, "shop/nightly.py": NIGHTLY };
const HINT = /^⇥ (?:(\w+)\.py|line):? ?(\d+): `timeout` → `timeout_s`$/;

/** Returns a module that calls the function twice. */
function calls(name) {
  const head = `"""What is done ${name}."""\n\nfrom shop.network import connect\n\n\n`;
  const call = (number) => `def ${name}_${number}():\n    return connect("host-${number}", timeout=${number})\n`;
  return `${head}${call(1)}\n\n${call(2)}`;
}

after(closeBrowser);

describe("next edits", () => {
  /** @type {TestEditor} */
  let editor;
  let window;
  let workspace;
  let rejected;

  before(async () => {
    editor = await TestEditor.start("next-edits", { "inkling.nextEdit.enabled": true });
    workspace = editor.addWorkspace("shop", FILES);
    window = await editor.open(workspace, "shop/network.py");
    await editor.watch("becomes ready", () => window.waitUntilReady());
  });
  after(() => editor.stop());

  const scenario = (title, body) => test(title, { timeout: 180_000 }, () => editor.watch(title, body));
  const onDisk = (file) => fs.readFileSync(path.join(workspace, file), "utf8");
  const accepted = () => editor.events.outcomes().filter(({ kind }) => kind === "accepted");

  /** Waits for the next hint or the next edit in view; returns the place that a hint names. */
  async function waitForNext() {
    let place;
    await waitFor("the next edit", async () => {
      const marks = await window.marks();
      place = marks.map((mark) => HINT.exec(mark)).find(Boolean);
      return place !== undefined || marks.includes("⇥ apply");
    });
    return place;
  }

  /** Has the next edit predicted, and applies it with Tab, after going there with Tab; returns its file where it is another one. */
  async function applyNext() {
    const place = await waitForNext();
    if (place !== undefined) {
      await window.press("Tab");
      if (place[1] !== undefined) {
        await window.waitUntilInFront(`shop/${place[1]}.py`);
      }
      await window.waitForMark("⇥ apply");
    }
    const n = accepted().length;
    await window.press("Tab");
    await waitFor("the acceptance", () => accepted().length > n);
    return place?.[1];
  }

  scenario("a parameter that is renamed is followed into the files that call the function", async () => {
    await window.goTo("shop/network.py", 4, 26);
    await window.type("_s");
    assert.equal(await applyNext(), undefined);
    assert.equal(await window.save(), DEFINITION.replaceAll("timeout", "timeout_s"));
    await window.waitForMark(".py:");
    await window.screenshot(path.join(ARTIFACTS, "next-edit-call-sites.png"));
    const file = await applyNext();
    assert.ok(file === "daily" || file === "nightly", file);
    await window.waitForMark("⇥ apply");
    const [before, after] = [FILES[`shop/${file}.py`], await window.save()];
    const lines = after.split("\n").filter((line, index) => line !== before.split("\n")[index]);
    assert.equal(lines.length, 1);
    assert.match(lines[0], /timeout_s=\d\)$/);
  });

  scenario("one is rejected with Escape, does not come back, and the next one is shown", async () => {
    await window.press("Escape");
    rejected = await waitFor("the rejection", () => editor.events.outcomes().find(({ kind }) => kind === "rejected"));
    assert.ok(["daily.py", "nightly.py"].includes(path.basename(rejected.path)));
    const other = path.basename(rejected.path) === "daily.py" ? "nightly.py" : "daily.py";
    await window.waitForMark(`⇥ ${other}:`);
  });

  scenario("the rest is applied at once, after a look, and taken back with one undo", async () => {
    const front = path.basename(rejected.path);
    const [other, text] = front === "daily.py" ? ["nightly.py", NIGHTLY] : ["daily.py", DAILY];
    const before = onDisk(`shop/${front}`);
    await window.runCommand("Inkling: Apply All of This Kind");
    const preview = window.page.locator(".bulk-edit-panel");
    await preview.locator(".monaco-list-row", { hasText: other }).waitFor();
    await window.screenshot(path.join(ARTIFACTS, "next-edit-apply-all-real.png"));
    const n = accepted().length;
    await preview.getByRole("button", { name: "Apply" }).click();
    await waitFor("the acceptance", () => accepted().length > n);
    await window.openFile(`shop/${other}`);
    await waitFor("all calls", async () => (await window.save()) === text.replaceAll("timeout", "timeout_s"));
    assert.equal(onDisk(`shop/${front}`), before, "what was rejected stays as it was");
    await window.press("Control+KeyZ");
    await waitFor("the undo", () => editor.events.outcomes().some(({ kind }) => kind === "undone"));
    assert.equal(await window.save(), text);
    assert.equal(onDisk(`shop/${front}`), before);
  });

  scenario("each of them can be looked up", async () => {
    await window.runCommand("Inkling: Why (not) shown?");
    await window.webview.locator("li", { hasText: "Shown as a next edit" }).first().waitFor();
    await window.screenshot(path.join(ARTIFACTS, "next-edit-why.png"));
  });
});
