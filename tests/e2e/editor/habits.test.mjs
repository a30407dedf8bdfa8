/** A user's habits: ten of one kind accepted, twenty of another rejected, and what the gate makes of it. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { ARTIFACTS, SERVER_COMMAND } from "./lib/environment.mjs";
import { TYPED, moduleBeforeTyping } from "./lib/situations.mjs";
import { TestEditor } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";

const N_ACCEPTED = 10;
const N_REJECTED = 20;
const N_FILES = 80; // more than are opened until the last judgement is learned, ten seconds after it

/** Two kinds of lines: one that an import completes, and one that a call completes; each in files of its own. */
const IMPORT = {
  text: "from shop.models ",
  module: () => "import pytest\n\n",
  file: (n) => `test_import_${n}.py`,
};
const CALL = { text: TYPED, module: moduleBeforeTyping, file: (n) => `test_call_${n}.py` };

after(closeBrowser);

describe("habits", () => {
  /** @type {TestEditor} */
  let editor;
  let window;

  before(async () => {
    // The gate as it is by default, but for chance: nothing hidden is shown at random.
    editor = await TestEditor.start("habits", { "inkling.gate.policy": "loseAtMost", "inkling.gate.explore": 0 });
    const files = [IMPORT, CALL].flatMap(({ module, file }) =>
      Array.from({ length: N_FILES }, (_, n) => [`tests/${file(n)}`, module(n)]),
    );
    window = await editor.open(editor.addWorkspace("shop", Object.fromEntries(files)), "shop/report.py");
    await editor.watch("becomes ready", () => window.waitUntilReady());
  });
  after(() => editor.stop());

  const scenario = (title, body) => test(title, { timeout: 240_000 }, () => editor.watch(title, body));
  const outcomes = (kind) => editor.events.outcomes().filter((row) => row.kind === kind);
  const hidden = () => editor.events.decisions().filter((row) => row.reason === "low_probability");

  /** Types where something of a kind is offered, or hidden as improbable; returns which. */
  async function ask(kind, n) {
    await window.openFile(`tests/${kind.file(n)}`);
    const n_hidden = hidden().length;
    await window.insert(kind.text);
    return waitFor(`an answer in ${kind.file(n)}`, async () => {
      if ((await window.ghostText()) !== "") {
        return "offered";
      }
      return hidden().length > n_hidden && "hidden";
    });
  }

  scenario("ten accepted, twenty rejected of another kind", async () => {
    for (let n = 1; n <= N_ACCEPTED; n++) {
      assert.equal(await ask(IMPORT, n), "offered");
      await window.press("Tab");
      await waitFor(`accept ${n}`, () => outcomes("accepted").length === n);
    }
    for (let n = 1; n <= N_REJECTED && (await ask(CALL, n)) === "offered"; n++) {
      await window.press("Escape");
      await waitFor(`rejection ${n}`, () => outcomes("rejected").length === n);
    }
    assert.ok(outcomes("rejected").length >= 5, "a habit takes more than a few events");
  });

  scenario("a retraining says honestly what thirty events are worth", () => {
    const [inkling] = SERVER_COMMAND;
    const env = { ...process.env, INKLING_DATA_DIR: path.dirname(editor.events.file) };
    const { stdout } = spawnSync(inkling, ["model", "retrain"], { env, encoding: "utf8" });
    assert.match(stdout, /^Too (little|one-sided)/);
    assert.match(execFileSync(inkling, ["model", "show"], { env, encoding: "utf8" }), /that call something +-/);
  });

  scenario("then the kind is hidden, and the reason is told in words", async () => {
    // In a new file each time: at the same place again and again it would soon not be worth asking.
    let n = N_REJECTED + 1;
    while (n < N_FILES && (await ask(CALL, n)) === "offered") {
      await window.press("Escape");
      n += 1;
    }
    assert.ok(n < N_FILES, "nothing was ever hidden");
    await window.runCommand("Inkling: Why (not) shown?");
    await window.webview.locator("li", { hasText: "against it: your own habits" }).first().waitFor();
    await window.screenshot(path.join(ARTIFACTS, "habits.png"));
  });

  scenario("and the other kind is still offered", async () => {
    assert.equal(await ask(IMPORT, 0), "offered");
  });
});
