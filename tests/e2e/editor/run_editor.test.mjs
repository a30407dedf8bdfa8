/** `make run`, as a person on a fresh machine has it: nothing is set, Inkling makes its own environment. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { freePort } from "../../../scripts/code_server.mjs";
import { closeBrowser } from "./lib/browser.mjs";
import { ARTIFACTS, REPOSITORY, VSIX } from "./lib/environment.mjs";
import { EventStore } from "./lib/event_store.mjs";
import { OFFERED, TYPED, moduleBeforeTyping } from "./lib/situations.mjs";
import { assertNothingRuns, copySample, testEnvironment } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";
import { Workbench } from "./lib/workbench.mjs";

after(closeBrowser);

const SCRIPT = path.join(REPOSITORY, "scripts", "run_editor.mjs");

describe("make run", () => {
  const mark = `INKLING_TEST_MARK=${randomUUID()}`;
  let folder;
  let workspace;
  let env;

  before(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), "inkling-run-"));
    workspace = path.join(folder, "shop");
    copySample(workspace);
    fs.writeFileSync(path.join(workspace, "tests", "test_run.py"), moduleBeforeTyping("run"));
    const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache");
    const withoutCode = (process.env.PATH ?? "").split(":").filter((entry) => !fs.existsSync(path.join(entry, "code")));
    // The editor is in the cache, and so are the packages of an earlier run; all else is fresh.
    env = { ...testEnvironment(folder, mark), XDG_CACHE_HOME: cache, PATH: withoutCode.join(":") };
  });
  after(() => fs.rmSync(folder, { recursive: true, force: true }));

  test("serves an editor in which Inkling sets itself up and suggests, until Ctrl-C", { timeout: 300_000 }, async () => {
    const port = await freePort(0);
    const running = spawn(process.execPath, [SCRIPT, VSIX, workspace], {
      env: { ...env, INKLING_PORT: String(port) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(running, "exit");
    let window;
    try {
      let said = "";
      running.stdout.setEncoding("utf8").on("data", (text) => (said += text));
      await waitFor("the address", () => /http:\S+/.test(said) || running.exitCode !== null, 120_000);
      const url = new URL(said.match(/http:\S+/)?.[0] ?? "");
      assert.equal(url.port, String(port));
      assert.equal(url.searchParams.get("folder"), workspace);

      window = await Workbench.open(url.origin, workspace, "tests/test_run.py");
      await window.statusItem.filter({ hasText: "installing" }).waitFor();
      await window.screenshot(path.join(ARTIFACTS, "setting-up.png"));
      await window.waitUntilReady(240_000);
      await window.press("Control+End");
      await window.insert(TYPED);
      await window.waitForGhostText(OFFERED);
      const events = new EventStore(path.join(folder, "home", ".local", "share", "inkling", "events.db"));
      await events.waitForOutcome("shown", "test_run.py");
      await window.press("Tab");
      await events.waitForOutcome("accepted", "test_run.py");
      assert.ok((await window.save()).endsWith(`    ${TYPED}${OFFERED}`));
    } catch (error) {
      const kept = path.join(ARTIFACTS, "make-run");
      await window?.screenshot(path.join(kept, "window.png"));
      fs.cpSync(path.join(folder, "home", ".local", "state", "inkling", "editor", "user-data", "logs"), kept, {
        recursive: true,
      });
      throw error;
    } finally {
      await window?.close();
      running.kill("SIGINT");
      const [code] = await ended;
      assert.equal(code, 0);
      await assertNothingRuns(mark);
    }
  });

  test("uses the user's own VS Code where there is one", () => {
    const bin = path.join(folder, "bin");
    const calls = path.join(folder, "calls");
    fs.mkdirSync(bin);
    fs.writeFileSync(path.join(bin, "code"), `#!/bin/sh\necho "$@" >>'${calls}'\n`, { mode: 0o755 });
    const done = spawnSync(process.execPath, [SCRIPT, VSIX, workspace], {
      env: { ...env, PATH: `${bin}:${env.PATH}` },
      encoding: "utf8",
    });
    assert.equal(done.status, 0, done.stderr);
    assert.deepEqual(fs.readFileSync(calls, "utf8").trim().split("\n"), [
      `--install-extension ${VSIX} --force`,
      workspace,
    ]);
  });

  test("says what is missing when there is no extension to open", () => {
    const done = spawnSync(process.execPath, [SCRIPT, path.join(folder, "none.vsix")], { env, encoding: "utf8" });
    assert.equal(done.status, 1);
    assert.match(done.stderr, /^error: .*make package/);
  });
});
