/** Two windows on two folders: two extension hosts, two daemons, one event store. */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { OFFERED, TYPED, moduleBeforeTyping } from "./lib/situations.mjs";
import { TestEditor } from "./lib/test_editor.mjs";

after(closeBrowser);

describe("two windows", () => {
  const names = ["left", "right"];
  /** @type {TestEditor} */
  let editor;
  let windows;

  before(async () => {
    editor = await TestEditor.start("two-windows");
    windows = await Promise.all(
      names.map((name) => {
        const workspace = editor.addWorkspace(name, { [`tests/test_${name}.py`]: moduleBeforeTyping(name) });
        return editor.open(workspace, `tests/test_${name}.py`);
      }),
    );
    await editor.watch("both become ready", () => Promise.all(windows.map((window) => window.waitUntilReady())));
  });
  after(() => editor.stop());

  test("both accept at the same time and nothing is lost", { timeout: 120_000 }, () =>
    editor.watch("both accept", async () => {
      assert.equal(editor.daemons().length, 2);
      await Promise.all(
        windows.map(async (window) => {
          await window.press("Control+End");
          await window.insert(TYPED);
          await window.waitForGhostText(OFFERED);
        }),
      );
      await Promise.all(names.map((name) => editor.events.waitForOutcome("shown", `test_${name}.py`)));
      await Promise.all(windows.map((window) => window.press("Tab")));
      for (const [index, name] of names.entries()) {
        const accepted = await editor.events.waitForOutcome("accepted", `test_${name}.py`);
        assert.equal(accepted.accepted_chars ?? null, null);
        assert.ok((await windows[index].save()).endsWith(`    ${TYPED}${OFFERED}`));
        const kinds = editor.events.outcomes(`test_${name}.py`).map((row) => row.kind);
        assert.deepEqual(kinds, ["shown", "accepted"]);
      }
    }),
  );
});
