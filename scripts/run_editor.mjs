#!/usr/bin/env node
/**
 * Opens an editor with Inkling in it on the sample workspace: what `make run` does.
 *
 *     node scripts/run_editor.mjs VSIX [WORKSPACE]
 *
 * With `code` on the PATH that is the user's own VS Code. Else it is VS Code as code-server, on loopback: its address is
 * printed, and it runs until Ctrl-C. Settings and extensions of that editor are kept from run to run, apart from any
 * other editor's. `INKLING_PORT` is the port to try first, 8765 when it is not set.
 */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { freePort, installExtension, startCodeServer } from "./code_server.mjs";
import { SetupError, onPath, runMain, setUpEditor } from "./setup_editor.mjs";

const REPOSITORY = path.join(path.dirname(fileURLToPath(import.meta.url)), "..");
const SAMPLE = path.join(REPOSITORY, "examples", "sample");
const DEFAULT_PORT = 8765;

/** What the editor starts with; the user may change it, and the change is kept. */
const FIRST_SETTINGS = {
  "files.autoSave": "off", // The sample belongs to the repository: only what the user saves should change it.
  "security.workspace.trust.enabled": false, // The sample is Inkling's own code.
  "telemetry.telemetryLevel": "off",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
  "chat.disableAIFeatures": true, // No other ghost text beside Inkling's.
};

/** Installs the extension into the user's VS Code and opens the workspace there. */
function openInVsCode(code, vsix, workspace) {
  for (const args of [["--install-extension", vsix, "--force"], [workspace]]) {
    const done = spawnSync(code, args, { stdio: "inherit" });
    if (done.error !== undefined || done.status !== 0) {
      throw new SetupError(`${code} ${args.join(" ")} failed`);
    }
  }
  console.log(`Inkling is installed in VS Code, which opens ${workspace}`);
}

/** Installs the extension into code-server and serves the workspace until a signal ends it. */
async function openInCodeServer(vsix, workspace) {
  const port = Number(process.env.INKLING_PORT || DEFAULT_PORT);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new SetupError(`INKLING_PORT is ${process.env.INKLING_PORT}, and no port from 1 to 65535`);
  }
  const state = process.env.XDG_STATE_HOME || path.join(os.homedir(), ".local", "state");
  const folder = path.join(state, "inkling", "editor");
  const home = {
    editor: setUpEditor(),
    userData: path.join(folder, "user-data"),
    extensions: path.join(folder, "extensions"),
    config: path.join(folder, "code-server.yaml"),
    env: process.env,
  };
  const settings = path.join(home.userData, "User", "settings.json");
  if (!fs.existsSync(settings)) {
    fs.mkdirSync(path.dirname(settings), { recursive: true });
    fs.writeFileSync(settings, `${JSON.stringify(FIRST_SETTINGS, null, 2)}\n`);
  }
  installExtension(home, vsix);
  const log = path.join(folder, "code-server.log");
  const server = await startCodeServer(home, await freePort(port), log);
  const stopped = new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      process.once(signal, resolve);
    }
  });
  console.log(`Inkling runs at ${server.url}/?folder=${encodeURIComponent(workspace).replaceAll("%2F", "/")} - open it in a browser; Ctrl-C ends it`);
  await Promise.race([stopped, server.ended]);
  await server.stop();
}

await runMain(async () => {
  const [vsix, workspace = SAMPLE] = process.argv.slice(2);
  if (vsix === undefined || !fs.existsSync(vsix)) {
    throw new SetupError(`usage: run_editor.mjs VSIX [WORKSPACE]; ${vsix ?? "no VSIX"} is no file: run \`make package\``);
  }
  const code = onPath("code");
  if (code === undefined) {
    await openInCodeServer(path.resolve(vsix), path.resolve(workspace));
  } else {
    openInVsCode(code, path.resolve(vsix), path.resolve(workspace));
  }
});
