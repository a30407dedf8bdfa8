/** The virtual environment that the extension keeps for its server. */

import { createHash } from "node:crypto";
import { access, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";

import { installationStep } from "../pure/installationStep";
import {
  environmentName,
  isNewEnough,
  isOldEnvironment,
  OLDEST_PYTHON,
  PROBE,
  readProbe,
  type PythonCandidate,
} from "../pure/serverResolution";
import { withLock } from "./folderLock";
import { run, type RunResult } from "./process";

const PROBE_TIMEOUT_MS = 15_000;
const VENV_TIMEOUT_MS = 180_000;
const INSTALL_TIMEOUT_MS = 900_000;

/** Written last: an environment without it was cut off in the making, and is made again. */
const DISTRIBUTION = "inkling-ls";
const COMPLETE_MARK = "inkling-complete";

export interface EnvironmentPlace {
  /** The extension's own storage on this machine. */
  readonly storageDir: string;
  /** Holds wheels and `requirements.lock`. */
  readonly bundleDir: string;
  readonly extensionVersion: string;
}

export interface EnvironmentRequest extends EnvironmentPlace {
  readonly candidates: readonly PythonCandidate[];
  readonly signal: AbortSignal;
  readonly onStep: (step: string) => void;
  readonly onLog: (line: string) => void;
}

/** The environment cannot be made; the message is for a person and says what to do. */
export class EnvironmentError extends Error {}

interface Bundle {
  readonly lock: string;
  readonly contentHash: string;
}

/** Returns the path of the `inkling` command if the environment is there already. Rejects with `EnvironmentError`. */
export async function findEnvironment(place: EnvironmentPlace): Promise<string | undefined> {
  const { contentHash } = await readBundle(place.bundleDir);
  const dir = path.join(place.storageDir, environmentName(place.extensionVersion, contentHash));
  return (await isComplete(dir)) ? commandIn(dir) : undefined;
}

/**
 * Makes the environment, unless another window has made it by then, and returns the path of its `inkling` command.
 *
 * Rejects with `EnvironmentError` or `AbortedError`.
 */
export async function makeEnvironment(request: EnvironmentRequest): Promise<string> {
  const bundle = await readBundle(request.bundleDir);
  const name = environmentName(request.extensionVersion, bundle.contentHash);
  const dir = path.join(request.storageDir, name);
  await mkdir(request.storageDir, { recursive: true });
  request.onStep("Waiting for another window that is installing");
  return withLock(path.join(request.storageDir, "install.lock"), request.signal, async () => {
    if (!(await isComplete(dir))) {
      await make(dir, bundle, request);
    }
    await removeOld(request.storageDir, name);
    return commandIn(dir);
  });
}

async function make(dir: string, bundle: Bundle, request: EnvironmentRequest): Promise<void> {
  request.onStep("Looking for Python");
  const python = await findPython(request);
  // A virtual environment cannot be moved once it is made, so it is made in its place and marked when complete.
  await rm(dir, { recursive: true, force: true });
  request.onStep("Making a virtual environment");
  const made = await runLogged(request, python.command, [...python.args, "-m", "venv", dir], VENV_TIMEOUT_MS);
  if (made.exitCode !== 0) {
    throw new EnvironmentError(
      `${python.command} could not make a virtual environment. On Debian and Ubuntu, install the package python3-venv; ` +
        "or choose another Python with the setting inkling.server.python.",
    );
  }
  request.onStep("Installing the server");
  const pip = ["-m", "pip", "install", "--disable-pip-version-check", "--no-input"];
  // The lock names every package the server needs, with its hash; the server comes from the extension itself, which
  // holds a wheel for any platform and may hold one with compiled parts: pip takes the one that fits best.
  let installed = await runLogged(request, pythonIn(dir), [...pip, "--require-hashes", "-r", bundle.lock], INSTALL_TIMEOUT_MS);
  if (installed.exitCode === 0) {
    const own = ["--no-deps", "--no-index", "--find-links", request.bundleDir, DISTRIBUTION];
    installed = await runLogged(request, pythonIn(dir), [...pip, ...own], INSTALL_TIMEOUT_MS);
  }
  if (installed.exitCode !== 0) {
    throw new EnvironmentError(
      "pip could not install the server. The log has its words; often the network or a proxy is in the way. " +
        "An Inkling that is installed already can be named with the setting inkling.server.command.",
    );
  }
  await writeFile(path.join(dir, COMPLETE_MARK), "");
}

async function findPython(request: EnvironmentRequest): Promise<PythonCandidate> {
  for (const candidate of request.candidates) {
    const probe = await run(candidate.command, [...candidate.args, "-c", PROBE], {
      signal: request.signal,
      timeoutMs: PROBE_TIMEOUT_MS,
    });
    const version = probe.exitCode === 0 ? readProbe(probe.stdout) : undefined;
    const words = version === undefined ? `not usable: ${probe.stderr.trim()}` : `Python ${version.major}.${version.minor}`;
    request.onLog(`${[candidate.command, ...candidate.args].join(" ")}: ${words}`);
    if (version !== undefined && isNewEnough(version)) {
      return candidate;
    }
  }
  const wanted = `Python ${OLDEST_PYTHON.major}.${OLDEST_PYTHON.minor} or later`;
  const [only] = request.candidates;
  throw new EnvironmentError(
    only?.origin === "setting"
      ? `inkling.server.python is "${only.command}", which is not ${wanted}.`
      : `Inkling's server needs ${wanted}, and none was found. Install one, or name it with the setting inkling.server.python.`,
  );
}

function runLogged(request: EnvironmentRequest, command: string, args: readonly string[], timeoutMs: number): Promise<RunResult> {
  request.onLog(`$ ${[command, ...args].join(" ")}`);
  const onLine = (line: string): void => {
    request.onLog(line);
    const step = installationStep(line);
    if (step !== undefined) {
      request.onStep(step);
    }
  };
  return run(command, args, { signal: request.signal, timeoutMs, onLine });
}

async function readBundle(bundleDir: string): Promise<Bundle> {
  const names: readonly string[] = await readdir(bundleDir).catch(() => []);
  const wheels = names.filter((name) => name.endsWith(".whl")).sort();
  if (wheels.length === 0 || !names.includes("requirements.lock")) {
    throw new EnvironmentError(
      `${bundleDir} does not hold the server. Install the extension again, or name a server with the setting inkling.server.command.`,
    );
  }
  const lock = path.join(bundleDir, "requirements.lock");
  const hash = createHash("sha256");
  for (const file of [...wheels.map((name) => path.join(bundleDir, name)), lock]) {
    hash.update(await readFile(file));
  }
  return { lock, contentHash: hash.digest("hex") };
}

/** An environment whose Python was uninstalled is not complete: its link leads nowhere. */
async function isComplete(dir: string): Promise<boolean> {
  try {
    await Promise.all([path.join(dir, COMPLETE_MARK), pythonIn(dir), commandIn(dir)].map((file) => access(file)));
    return true;
  } catch {
    return false;
  }
}

async function removeOld(storageDir: string, current: string): Promise<void> {
  const old = (await readdir(storageDir)).filter((name) => isOldEnvironment(name, current));
  // A window with the older version may still run from it; on Windows its files are then in use and stay for a later time.
  await Promise.allSettled(old.map((name) => rm(path.join(storageDir, name), { recursive: true, force: true })));
}

function pythonIn(dir: string): string {
  return process.platform === "win32" ? path.join(dir, "Scripts", "python.exe") : path.join(dir, "bin", "python");
}

function commandIn(dir: string): string {
  return process.platform === "win32" ? path.join(dir, "Scripts", "inkling.exe") : path.join(dir, "bin", "inkling");
}
