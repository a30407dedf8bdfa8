/** The Insights page: what it counts, that its charts are drawn in both themes, and what can be done on it. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { ARTIFACTS, REPOSITORY } from "./lib/environment.mjs";
import { OFFERED, TYPED, moduleBeforeTyping } from "./lib/situations.mjs";
import { TestEditor } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";

after(closeBrowser);

/** Each differs from the one before; the first differs from the one that the tests begin with. */
const THEMES = [
  ["Light Modern", "vscode-light", "light"],
  ["Dark High Contrast", "vscode-high-contrast", "contrast"],
  ["Dark Modern", "vscode-dark", "dark"],
];
const CHARTS = ["acceptance", "reliability", "hidden", "latency", "latency-by-day", "learned"];

describe("insights", () => {
  /** @type {TestEditor} */
  let editor;
  let window;
  let workspace;

  before(async () => {
    editor = await TestEditor.start("insights");
    const files = ["accepted", "rejected"].map((name) => [`tests/test_${name}.py`, moduleBeforeTyping(name)]);
    workspace = editor.addWorkspace("shop", Object.fromEntries(files));
    window = await editor.open(workspace, "shop/report.py");
    await window.page.setViewportSize({ width: 1180, height: 1240 });
    await editor.watch("becomes ready", () => window.waitUntilReady());
  });
  after(() => editor.stop());

  const scenario = (title, body) => test(title, { timeout: 120_000 }, () => editor.watch(title, body));

  const tile = async (title) => {
    const rows = window.webview.locator("#tiles > div");
    return rows.filter({ has: window.webview.getByText(title, { exact: true }) }).locator(".figure").textContent();
  };
  const isIdle = () => window.webview.locator('#insights[aria-busy="false"] #sections').waitFor();
  const refresh = async () => {
    await window.webview.locator("#refresh").click();
    await isIdle();
  };

  scenario("a new user reads why there is nothing to see", async () => {
    await window.press("Control+KeyB"); // The side bar takes a third of the pictures.
    const begunMs = Date.now();
    await window.runCommand("Inkling: Insights");
    await isIdle();
    console.log(`Insights of an empty log were there after ${Date.now() - begunMs} ms`);
    assert.match(await window.webview.locator("#acceptance").textContent(), /Nothing was judged yet: accept a suggestion with Tab/);
    assert.match(await window.webview.locator("#reviews").textContent(), /No review comment was read in the editor yet/);
    assert.equal(await tile("Judged"), "0");
    assert.equal(await window.webview.locator("#acceptance canvas").count(), 0);
  });

  scenario("what was accepted and rejected is counted", async () => {
    await window.openFile("tests/test_accepted.py");
    await window.insert(TYPED);
    await window.waitForGhostText(OFFERED);
    await editor.events.waitForOutcome("shown", "test_accepted.py");
    await window.press("Tab");
    await editor.events.waitForOutcome("accepted", "test_accepted.py");
    await window.save();
    await window.openFile("tests/test_rejected.py");
    await window.insert(TYPED);
    await window.waitForGhostText(OFFERED);
    await editor.events.waitForOutcome("shown", "test_rejected.py");
    await window.press("Escape");
    await editor.events.waitForOutcome("rejected", "test_rejected.py");
    await window.save();

    await window.runCommand("Inkling: Insights");
    await isIdle();
    assert.equal(await tile("Suggested"), String(editor.events.decisions().filter((row) => row.was_offered).length));
    assert.equal(await tile("Judged"), "2");
    assert.equal(await tile("Accepted"), "50%");
    const files = await window.webview.locator("#by-file tbody tr").allTextContents();
    assert.equal(files.length, 2);
  });

  scenario("the charts of a long log are drawn, and say the same as the tables", async () => {
    const dataDir = path.dirname(editor.events.file);
    const script = path.join(REPOSITORY, "tests", "e2e", "editor", "lib", "synthetic_log.py");
    execFileSync(path.join(REPOSITORY, ".venv", "bin", "python"), [script, dataDir]);
    const begunMs = Date.now();
    await refresh();
    console.log(`Insights of ${editor.events.decisions().length} decisions were there after ${Date.now() - begunMs} ms`);
    const offered = editor.events.decisions().filter((row) => row.was_offered).length;
    assert.equal(await tile("Suggested"), new Intl.NumberFormat("en").format(offered));
    for (const id of CHARTS) {
      await assertDrawn(id);
      assert.ok((await window.webview.locator(`#${id} details tbody tr`).count()) > 0, `${id} has no table`);
    }
  });

  scenario("another model is trained on request, and what came of it is said", async () => {
    await window.webview.locator("#retrain").click();
    await window.webview.locator("#message.said", { hasText: /\w/ }).waitFor();
  });

  scenario("a setting of the knob is chosen after its forecast was read", async () => {
    assert.equal(await window.webview.locator("#knob tr.in-force", { hasText: "Balanced" }).count(), 0);
    assert.match(await window.webview.locator("#knob tbody tr", { hasText: "Balanced" }).textContent(), /\d+%/);
    await window.webview.locator("#choose-balanced").click();
    await window.webview.locator("#knob tr.in-force", { hasText: "Balanced" }).waitFor();
    await waitFor("the setting", () => editor.settings()["inkling.gate.policy"] === "balanced");
  });

  for (const [theme, kind, name] of THEMES) {
    scenario(`the charts have the colours of ${theme}`, async () => {
      const before = await colorsOf("acceptance");
      await window.chooseTheme(theme);
      await window.webview.locator(`body.${kind}`).waitFor();
      await waitFor("the charts to be drawn anew", async () => (await colorsOf("acceptance")) !== before);
      for (const id of CHARTS) {
        await assertDrawn(id);
      }
      await window.webview.locator("h1").scrollIntoViewIfNeeded();
      await window.screenshot(path.join(ARTIFACTS, `insights-${name}.png`));
      await screenshotOfAll(`insights-${name}-all.png`);
    });
  }

  scenario("the period is another one, and is remembered while the page is away", async () => {
    await window.webview.locator("#period").selectOption("7");
    await window.webview.getByText("The last 7 days").waitFor();
    await window.openFile("shop/report.py");
    await window.runCommand("Inkling: Insights");
    await window.webview.getByText("The last 7 days").waitFor();
    assert.equal(await window.page.locator(".tab", { hasText: "Inkling: Insights" }).count(), 1);
  });

  scenario("the events are written where the user says", async () => {
    const file = path.join(workspace, "inkling-events.jsonl");
    await window.webview.locator("#export").click();
    const name = window.page.locator(".quick-input-widget input");
    await waitFor("the place that is proposed", async () => (await name.inputValue()) === file);
    await window.press("Enter");
    await window.webview.locator("#message.said", { hasText: "inkling-events.jsonl" }).waitFor();
    const rows = fs.readFileSync(file, "utf8").trimEnd().split("\n");
    assert.ok(rows.length > editor.events.decisions().length);
    JSON.parse(rows.at(-1));
  });

  scenario("the page waits for a server that is restarted, and is filled anew", async () => {
    await window.webview.locator("#sections").evaluate((element) => {
      element.dataset.isOld = "true";
    });
    await window.runCommand("Inkling: Restart Server");
    await window.webview.locator('#insights[aria-busy="false"] #sections:not([data-is-old])').waitFor();
  });

  scenario("the model is forgotten only after a question", async () => {
    await window.webview.locator("#reset").click();
    const dialog = window.page.locator(".monaco-dialog-box");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await isIdle();
    assert.notEqual(await tile("Learned from"), "0");
    await window.webview.locator("#reset").click();
    await dialog.getByRole("button", { name: "Reset" }).click();
    await window.webview.locator("#message.said", { hasText: /\w/ }).waitFor();
    assert.equal(await tile("Learned from"), "0");
  });

  scenario("nothing in the page was stopped by its security policy", () => {
    assert.deepEqual(window.refusals, []);
  });

  async function assertDrawn(id) {
    const n = await window.webview.locator(`#${id} canvas`).evaluate((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let drawn = 0;
      for (let index = 3; index < data.length; index += 4) {
        drawn += data[index] > 0 ? 1 : 0;
      }
      return drawn;
    });
    assert.ok(n > 1000, `the chart ${id} has ${n} pixels`);
  }

  /** Returns the colours that a chart draws much with. */
  function colorsOf(id) {
    return window.webview.locator(`#${id} canvas`).evaluate((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      const counts = new Map();
      for (let index = 0; index < data.length; index += 4) {
        if (data[index + 3] === 255) {
          const color = data.slice(index, index + 3).join(",");
          counts.set(color, (counts.get(color) ?? 0) + 1);
        }
      }
      return [...counts].sort(([, a], [, b]) => b - a).slice(0, 3).map(([color]) => color).sort().join(" ");
    });
  }

  /** Writes a picture of the whole page, higher than any screen. */
  async function screenshotOfAll(name) {
    const before = window.page.viewportSize();
    await window.page.setViewportSize({ width: before.width, height: 3400 });
    await window.screenshot(path.join(ARTIFACTS, name));
    await window.page.setViewportSize(before);
  }
});
