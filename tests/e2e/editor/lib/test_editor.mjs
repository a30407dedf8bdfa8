/** A code-server with Inkling in it for one suite of tests: all that it writes lies in one temporary folder. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { freePort, installExtension, startCodeServer } from "../../../../scripts/code_server.mjs";
import { ARTIFACTS, EDITOR, SAMPLE, SERVER_COMMAND, VSIX } from "./environment.mjs";
import { EventStore } from "./event_store.mjs";
import { processesWith } from "./processes.mjs";
import { waitFor } from "./wait.mjs";
import { Workbench } from "./workbench.mjs";

/** Keeps everything out of the way that is not under test, and out of the pictures. */
const QUIET_SETTINGS = {
  "chat.disableAIFeatures": true,
  "editor.accessibilitySupport": "off",
  "editor.autoIndent": "none", // A text that is entered at once brings its own.
  "editor.minimap.enabled": false,
  "editor.quickSuggestions": { other: "off", comments: "off", strings: "off" },
  "editor.stickyScroll.enabled": false,
  "editor.wordBasedSuggestions": "off",
  "extensions.autoCheckUpdates": false,
  "extensions.autoUpdate": false,
  "extensions.ignoreRecommendations": true,
  "files.autoSave": "off",
  "files.hotExit": "off",
  "git.enabled": false,
  "security.workspace.trust.enabled": false,
  "telemetry.telemetryLevel": "off",
  "update.mode": "none",
  "workbench.colorTheme": "Dark Modern",
  "workbench.layoutControl.enabled": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.startupEditor": "none",
};

/** The gate lets every checked candidate through. */
const INKLING_SETTINGS = {
  "inkling.gate.policy": "threshold",
  "inkling.gate.threshold": 0,
  "inkling.completion.deadlineMs": 5_000, // A busy machine must not decide what is shown.
  "inkling.index.includeEnvironment": false, // What happens to be installed must not either.
  "inkling.nextEdit.enabled": false, // Where ghost text is under test, its keys and its log are its own.
};

/** An extension host ends soon after its page, and a server that nobody could stop soon after its last page. */
const SHORT_LIVED = ["--reconnection-grace-time", "1", "--idle-timeout-seconds", "120"];

export class TestEditor {
  #server;
  #workbenches = [];
  #machineSettings = {};

  /** Use `TestEditor.start`. */
  constructor(name) {
    this.name = name;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), `inkling-${name}-`));
    this.mark = `INKLING_TEST_MARK=${randomUUID()}`;
    this.home = {
      editor: EDITOR,
      userData: path.join(this.folder, "user-data"),
      extensions: path.join(this.folder, "extensions"),
      config: path.join(this.folder, "code-server.yaml"),
      env: testEnvironment(this.folder, this.mark),
    };
    this.events = new EventStore(path.join(this.folder, "home", ".local", "share", "inkling", "events.db"));
  }

  /**
   * Starts an editor.
   *
   * @param {string} name Names the temporary folder and what is kept of a failure.
   * @param {Record<string, unknown>} settings The user's settings, beside those of all tests.
   * @param {string[]} serverCommand By default the server in the repository's environment.
   * @param {string[]} options Further options of the editor's command line.
   */
  static async start(name, settings = {}, serverCommand = SERVER_COMMAND, options = []) {
    const editor = new TestEditor(name);
    const { userData } = editor.home;
    writeJson(editor.#settingsFile, { ...QUIET_SETTINGS, ...INKLING_SETTINGS, ...settings });
    editor.setServerCommand(serverCommand);
    installExtension(editor.home, VSIX);
    const log = path.join(userData, "logs", "code-server.log");
    editor.#server = await startCodeServer(editor.home, await freePort(0), log, [...SHORT_LIVED, ...options]);
    return editor;
  }

  /**
   * Copies the sample into a workspace of its own and adds files to it.
   *
   * @param {string} name
   * @param {Record<string, string>} files Texts by path in the workspace.
   * @returns {string} The workspace's folder.
   */
  addWorkspace(name, files = {}) {
    const folder = path.join(this.folder, name);
    copySample(folder);
    for (const [file, text] of Object.entries(files)) {
      fs.writeFileSync(path.join(folder, file), text);
    }
    return folder;
  }

  /** The user's settings as they are on disk; none while the file is being written. */
  settings() {
    return JSON.parse(fs.readFileSync(this.#settingsFile, "utf8") || "{}");
  }

  get #settingsFile() {
    return path.join(this.home.userData, "User", "settings.json");
  }

  /** Names the endpoint of a language model in the machine's settings, where alone one may stand. */
  setModelEndpoint(baseUrl) {
    Object.assign(this.#machineSettings, { "inkling.model.baseUrl": baseUrl, "inkling.model.completionModel": "test-model" });
    writeJson(path.join(this.home.userData, "Machine", "settings.json"), this.#machineSettings);
  }

  /** Sets what starts the server, as the user would; settings of scope "machine" count only in this file. */
  setServerCommand(command) {
    this.#machineSettings["inkling.server.command"] = command;
    writeJson(path.join(this.home.userData, "Machine", "settings.json"), this.#machineSettings);
  }

  /** Opens a window on a workspace. */
  async open(workspace, file) {
    const workbench = await Workbench.open(this.#server.url, workspace, file);
    this.#workbenches.push(workbench);
    return workbench;
  }

  /** Returns the daemons that run now. */
  daemons() {
    return processesWith(this.mark).filter(({ command }) => command.endsWith(SERVER_COMMAND.join(" ")));
  }

  /** Runs a test's body; when it fails, keeps a picture of each window and the logs. */
  async watch(title, body) {
    try {
      await body();
    } catch (error) {
      const kept = path.join(ARTIFACTS, `${this.name}-${title.replace(/\W+/g, "-")}`);
      fs.rmSync(kept, { recursive: true, force: true });
      for (const [index, workbench] of this.#workbenches.entries()) {
        await workbench.screenshot(path.join(kept, `window-${index}.png`)).catch(() => undefined);
      }
      fs.cpSync(path.join(this.home.userData, "logs"), path.join(kept, "logs"), { recursive: true });
      writeJson(path.join(kept, "events.json"), {
        decisions: this.events.decisions(),
        silences: this.events.silences(),
        outcomes: this.events.outcomes(),
      });
      error.message += ` (see ${path.relative(process.cwd(), kept)})`;
      throw error;
    }
  }

  /** Stops the editor and checks that no process of it is left. */
  async stop() {
    try {
      await Promise.all(this.#workbenches.map((workbench) => workbench.close()));
    } finally {
      await this.#server?.stop();
      await assertNothingRuns(this.mark);
    }
    assert.equal(this.events.integrity() ?? "ok", "ok");
    fs.rmSync(this.folder, { recursive: true, force: true });
  }
}

/**
 * Copies the sample without the caches of tools that someone ran in it.
 *
 * @param {string} folder
 */
export function copySample(folder) {
  fs.cpSync(SAMPLE, folder, { recursive: true, filter: (file) => !/^(\.|__pycache__)/.test(path.basename(file)) });
}

/**
 * Checks that every process with this mark ends by itself now that its editor has ended.
 *
 * @param {string} mark
 */
export async function assertNothingRuns(mark) {
  try {
    await waitFor("the editor's processes to end", () => processesWith(mark).length === 0, 15_000);
  } catch {
    const left = processesWith(mark);
    left.forEach(({ pid }) => process.kill(pid, "SIGKILL"));
    assert.deepEqual(left, [], "processes were left behind");
  }
}

/**
 * Returns an environment whose home is in `folder`, so that nothing of the user's is read or written.
 *
 * @param {string} folder
 * @param {string} mark
 */
export function testEnvironment(folder, mark) {
  const foreign = /^(XDG_|VSCODE_|INKLING_|NODE_TEST_|VIRTUAL_ENV$|NODE_OPTIONS$|PYTHONPATH$)/;
  const kept = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  const [name, value] = mark.split("=");
  const home = path.join(folder, "home");
  fs.mkdirSync(home, { recursive: true });
  return { ...Object.fromEntries(kept), HOME: home, [name]: value };
}

function writeJson(file, value) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  fs.writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);
}
