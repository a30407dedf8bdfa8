/** A workspace that the user did not trust: Inkling works from its text and runs nothing that it names. */
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { OFFERED, TYPED, moduleBeforeTyping } from "./lib/situations.mjs";
import { TestEditor } from "./lib/test_editor.mjs";

after(closeBrowser);

const TRUST_SETTINGS = {
  "security.workspace.trust.enabled": true,
  "security.workspace.trust.startupPrompt": "never",
};

describe("restricted mode", () => {
  /** @type {TestEditor} */
  let editor;
  let window;
  let trap;

  before(async () => {
    editor = await TestEditor.start("restricted-mode", TRUST_SETTINGS);
    const workspace = editor.addWorkspace("shop", { "tests/test_restricted.py": moduleBeforeTyping("restricted") });
    trap = path.join(workspace, "trap-was-run");
    const script = path.join(workspace, "python3");
    fs.writeFileSync(script, `#!/bin/sh\ntouch '${trap}'\nexec python3 "$@"\n`, { mode: 0o755 });
    fs.mkdirSync(path.join(workspace, ".vscode"));
    const settings = { "inkling.interpreter": script, "inkling.server.python": script, "inkling.server.command": [script] };
    fs.writeFileSync(path.join(workspace, ".vscode", "settings.json"), JSON.stringify(settings));
    window = await editor.open(workspace, "tests/test_restricted.py");
    await editor.watch("becomes ready", () => window.waitUntilReady());
  });
  after(() => editor.stop());

  test("there is ghost text, and no program of the workspace was run", { timeout: 120_000 }, () =>
    editor.watch("ghost text", async () => {
      assert.match(await window.page.locator('[id="status.workspaceTrust"]').textContent(), /Restricted/);
      await window.press("Control+End");
      await window.insert(TYPED);
      await window.waitForGhostText(OFFERED);
      await window.press("Tab");
      await editor.events.waitForOutcome("accepted", "test_restricted.py");
      assert.ok(!fs.existsSync(trap));
    }),
  );

  test("no test is run, and it is said why", { timeout: 120_000 }, () =>
    editor.watch("no test is run", async () => {
      await window.runCommand("Inkling: Fix with Feedback");
      const message = window.page.locator(".notification-toast", { hasText: "in trusted workspaces only" });
      await message.locator("a.monaco-button", { hasText: "Manage Workspace Trust" }).waitFor();
      assert.ok(!fs.existsSync(trap));
    }),
  );
});
