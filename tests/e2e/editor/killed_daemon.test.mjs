/** A daemon that is killed in the middle of a session. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { OFFERED, TYPED, moduleBeforeTyping } from "./lib/situations.mjs";
import { TestEditor } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";

after(closeBrowser);

describe("a killed daemon", () => {
  /** @type {TestEditor} */
  let editor;
  let window;

  before(async () => {
    editor = await TestEditor.start("killed-daemon");
    const files = ["first", "second"].map((name) => [`tests/test_${name}.py`, moduleBeforeTyping(name)]);
    window = await editor.open(editor.addWorkspace("shop", Object.fromEntries(files)), "tests/test_first.py");
    await editor.watch("becomes ready", () => window.waitUntilReady());
  });
  after(() => editor.stop());

  test("comes back by itself, with every outcome once", { timeout: 120_000 }, () =>
    editor.watch("comes back", async () => {
      await window.press("Control+End");
      await window.insert(TYPED);
      await window.waitForGhostText(OFFERED);
      await editor.events.waitForOutcome("shown", "test_first.py");
      await window.press("Tab");
      const accepted = await editor.events.waitForOutcome("accepted", "test_first.py");

      const [killed] = editor.daemons();
      process.kill(killed.pid, "SIGKILL");
      await window.statusItem.locator(".codicon-sync").waitFor();
      // Typed while there is no server: the question waits for the next one.
      await window.openFile("tests/test_second.py");
      await window.insert(TYPED);
      const [another] = await waitFor("another daemon", () => {
        const daemons = editor.daemons().filter(({ pid }) => pid !== killed.pid);
        return daemons.length > 0 && daemons;
      });
      assert.notEqual(another.pid, killed.pid);
      await window.waitForGhostText(OFFERED);
      await editor.events.waitForOutcome("shown", "test_second.py");
      await window.press("Tab");
      await editor.events.waitForOutcome("accepted", "test_second.py");

      const outcomes = editor.events.outcomes();
      assert.ok(outcomes.some((row) => row.event_id === accepted.event_id));
      assert.equal(new Set(outcomes.map((row) => row.event_id)).size, outcomes.length);
      for (const name of ["test_first.py", "test_second.py"]) {
        const kinds = outcomes.filter((row) => row.path.endsWith(name)).map((row) => row.kind);
        assert.deepEqual(kinds, ["shown", "accepted"]);
      }
    }),
  );
});
