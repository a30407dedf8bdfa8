/** A server that is not there, and one that never answers: told at once, and replaced as soon as the setting is mended. */
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { SERVER_COMMAND } from "./lib/environment.mjs";
import { TestEditor } from "./lib/test_editor.mjs";

after(closeBrowser);

describe("a broken server", () => {
  /** @type {TestEditor} */
  let editor;
  let window;

  before(async () => {
    editor = await TestEditor.start("broken-server", {}, ["/nowhere/inkling", "serve"]);
    window = await editor.open(editor.addWorkspace("shop"), "shop/report.py");
  });
  after(() => editor.stop());

  test("that is not there is named, with its setting", { timeout: 60_000 }, () =>
    editor.watch("names what is missing", () =>
      window.page
        .getByText("`/nowhere/inkling` was not found (inkling.server.command)")
        .first()
        .waitFor({ state: "attached", timeout: 40_000 }),
    ),
  );

  test("is told on the Insights page, too, which can be asked again", { timeout: 60_000 }, () =>
    editor.watch("tells on the page", async () => {
      await window.runCommand("Inkling: Insights");
      const failed = window.webview.locator("#message.failed", { hasText: "server is not running" });
      await failed.waitFor();
      await failed.evaluate((element) => {
        element.firstChild.data = "";
      });
      await window.webview.locator("#retry").click();
      await failed.waitFor();
    }),
  );

  test("that never answers does not stand in the way of one that does", { timeout: 90_000 }, () =>
    editor.watch("replaces what hangs", async () => {
      editor.setServerCommand(["/bin/sleep", "100"]);
      await window.statusItem.locator(".codicon-sync").waitFor({ timeout: 40_000 });
      editor.setServerCommand(SERVER_COMMAND);
      await window.waitUntilReady();
      // The page that had nothing to show is filled as soon as there is somebody to ask.
      await window.webview.locator("#tiles").waitFor();
    }),
  );
});
