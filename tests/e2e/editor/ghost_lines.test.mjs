/** Ghost text of several lines: drawn below the line, and whole when Tab is pressed behind a bracket that the editor closed. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { TestEditor } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";

const BODY = "total = compute_total(basket, rates)\n    log_total(total)\n    return total";
const BEFORE = `def paid(basket, rates):\n    ${BODY}\n\n\ndef owed(basket, rates):\n    `;
const TYPED = "total = compute_total(";
const SETTINGS = {
  "editor.autoClosingBrackets": "always",
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
};

after(closeBrowser);

describe("ghost text of several lines", () => {
  /** @type {TestEditor} */
  let editor;
  let window;

  before(async () => {
    editor = await TestEditor.start("ghost_lines", SETTINGS);
    const files = { "shop/owed.py": BEFORE, "shop/rest.py": BEFORE };
    window = await editor.open(editor.addWorkspace("shop", files), "shop/report.py");
    await editor.watch("becomes ready", () => window.waitUntilReady());
  });
  after(() => editor.stop());

  const scenario = (title, body) => test(title, { timeout: 120_000 }, () => editor.watch(title, body));
  const drawn = (part) => waitFor(`ghost text with ${part}`, async () => (await window.ghostText()).includes(part));

  scenario("goes on over the lines of a block like this one", async () => {
    await window.openFile("shop/owed.py");
    await window.type("t");
    await drawn("return total");
    await window.press("Tab");
    assert.equal(await window.save(), BEFORE + BODY);
  });

  scenario("takes the bracket into account that the editor closed", async () => {
    await window.openFile("shop/rest.py");
    for (const key of TYPED) {
      await window.type(key);
      await drawn("return total");
    }
    await window.press("Tab");
    assert.equal(await window.save(), BEFORE + BODY);
  });
});
