/** Starts and stops code-server: VS Code in a web page, on loopback only. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";

import { editorParts } from "./setup_editor.mjs";

const HOST = "127.0.0.1";
const HEALTH_POLL_MS = 50;
const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 5_000; // the extension host gives its extensions as long to stop their servers

/**
 * Where an editor keeps its things. Every path is absolute.
 *
 * @typedef {object} EditorHome
 * @property {string} editor What `setUpEditor` returned.
 * @property {string} userData The user data directory; settings are in `User/settings.json`.
 * @property {string} extensions The extensions directory.
 * @property {string} config The configuration file of code-server itself.
 * @property {NodeJS.ProcessEnv} env The environment of code-server and of all that it starts.
 */

/**
 * Installs a packaged extension.
 *
 * @param {EditorHome} home
 * @param {string} vsix
 * @throws {Error} code-server refused it; the message holds what it said.
 */
export function installExtension(home, vsix) {
  const { nodePath, codeServerPath } = editorParts(home.editor);
  const args = [codeServerPath, ...homeArguments(home), "--install-extension", vsix, "--force"];
  const done = spawnSync(nodePath, args, { env: home.env, encoding: "utf8" });
  if (done.status !== 0 || !done.stdout.includes("successfully installed")) {
    throw new Error(`${vsix} could not be installed: ${done.stdout}${done.stderr}`);
  }
}

/** A running code-server with everything that it started. */
export class CodeServer {
  #processGroup;
  #kill;

  /** Use `startCodeServer`. */
  constructor(child, port) {
    this.#processGroup = child.pid;
    this.port = port;
    this.url = `http://${HOST}:${port}`;
    /** Resolves when the server has ended, by itself or not. */
    this.ended = once(child, "exit");
    // If this process ends before `stop`, the server must not stay behind.
    this.#kill = () => signalGroup(child.pid, "SIGKILL");
    process.once("exit", this.#kill);
  }

  /** Stops the server and all that it started; returns when nothing of it is left. */
  async stop() {
    signalGroup(this.#processGroup, "SIGTERM");
    const deadline = Date.now() + STOP_DEADLINE_MS;
    while (groupIsAlive(this.#processGroup)) {
      if (Date.now() > deadline) {
        this.#kill();
      }
      await delay(HEALTH_POLL_MS);
    }
    process.off("exit", this.#kill); // The number may be another group's by then.
  }
}

/**
 * Starts code-server and returns it when it answers.
 *
 * @param {EditorHome} home
 * @param {number} port
 * @param {string} log The file that takes what it prints.
 * @param {string[]} options Further options of code-server.
 * @throws {Error} It ended or was silent for a minute; the message names the log.
 */
export async function startCodeServer(home, port, log, options = []) {
  const { nodePath, codeServerPath } = editorParts(home.editor);
  fs.mkdirSync(path.dirname(log), { recursive: true });
  fs.writeFileSync(home.config, "auth: none\n");
  const output = fs.openSync(log, "a");
  const args = [
    codeServerPath,
    ...homeArguments(home),
    ...["--auth", "none", "--bind-addr", `${HOST}:${port}`],
    ...["--disable-telemetry", "--disable-update-check", "--ignore-last-opened"],
    ...options,
  ];
  // Detached gives it a process group of its own, which can be stopped as a whole.
  const child = spawn(nodePath, args, { env: home.env, detached: true, stdio: ["ignore", output, output] });
  fs.closeSync(output);
  const server = new CodeServer(child, port);
  const deadline = Date.now() + START_DEADLINE_MS;
  while (!(await answers(server.url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await server.stop();
      throw new Error(`the editor did not start; see ${log}`);
    }
    await delay(HEALTH_POLL_MS);
  }
  return server;
}

/**
 * Returns the first port from `first` on that nothing listens at; 0 asks the system for any.
 *
 * @param {number} first
 */
export async function freePort(first) {
  for (let port = first; port <= 65_535; port += 1) {
    const server = net.createServer();
    const bound = await new Promise((resolve) => {
      server.once("error", () => resolve(undefined));
      server.listen(port, HOST, () => resolve(server.address().port));
    });
    if (bound !== undefined) {
      server.close();
      await once(server, "close");
      return bound;
    }
  }
  throw new Error(`no free port from ${first} on`);
}

/** Resolves after `ms` milliseconds. */
export function delay(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function homeArguments(home) {
  return ["--config", home.config, "--user-data-dir", home.userData, "--extensions-dir", home.extensions];
}

async function answers(url) {
  try {
    return (await fetch(`${url}/healthz`)).ok;
  } catch {
    return false;
  }
}

function signalGroup(group, signal) {
  try {
    process.kill(-group, signal);
  } catch (error) {
    if (error.code !== "ESRCH") {
      throw error;
    }
  }
}

/** Tells whether a process of the group still runs; one that has ended but was not waited for does not count. */
function groupIsAlive(group) {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        // After the name in parentheses: state, parent, process group (proc(5), /proc/pid/stat).
        const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
        const [state, , processGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return Number(processGroup) === group && state !== "Z";
      } catch {
        return false; // It ended while we looked.
      }
    });
}
