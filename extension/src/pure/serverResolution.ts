/** Where the server comes from, and which Python may make its environment. */

import type { ExtensionSettings } from "./settings";

/** The oldest Python the server runs on; `requires-python` of the wheel. */
export const OLDEST_PYTHON: PythonVersion = { major: 3, minor: 11 };

export type ServerPlan =
  /** The user named a command. */
  | { readonly kind: "command"; readonly command: string; readonly args: readonly string[] }
  /** The extension keeps its own virtual environment, made with the first candidate that will do. */
  | { readonly kind: "own_environment"; readonly candidates: readonly PythonCandidate[] };

export interface PythonCandidate {
  readonly command: string;
  readonly args: readonly string[];
  readonly origin: "setting" | "python_extension" | "path";
}

export interface PythonVersion {
  readonly major: number;
  readonly minor: number;
}

export interface Surroundings {
  readonly isWindows: boolean;
  readonly isTrusted: boolean;
  /** The interpreter selected in the Python extension; it may lie in the workspace. */
  readonly selectedInterpreter: string | undefined;
}

export function planServer(settings: ExtensionSettings, surroundings: Surroundings): ServerPlan {
  const [command, ...args] = settings.serverCommand;
  if (command !== undefined && command !== "") {
    return { kind: "command", command, args };
  }
  return { kind: "own_environment", candidates: pythonCandidates(settings, surroundings) };
}

/** Returns the Pythons to try, best first; one that the user named is the only one, so that a typing error is told. */
function pythonCandidates(settings: ExtensionSettings, surroundings: Surroundings): readonly PythonCandidate[] {
  if (settings.serverPython !== "") {
    return [{ command: settings.serverPython, args: [], origin: "setting" }];
  }
  const candidates: PythonCandidate[] = [];
  // The selected interpreter may be an executable of the workspace, which is not run before it is trusted.
  if (surroundings.selectedInterpreter !== undefined && surroundings.isTrusted) {
    candidates.push({ command: surroundings.selectedInterpreter, args: [], origin: "python_extension" });
  }
  const names = ["python3.14", "python3.13", "python3.12", "python3.11", "python3", "python"];
  candidates.push(...names.map((command): PythonCandidate => ({ command, args: [], origin: "path" })));
  if (surroundings.isWindows) {
    candidates.push({ command: "py", args: ["-3"], origin: "path" });
  }
  return candidates;
}

/** Python code that prints what `readProbe` reads. */
export const PROBE = "import sys; print('inkling-probe', sys.version_info[0], sys.version_info[1])";

/** Returns the version in the probe's output; a start-up file may print lines of its own around it. */
export function readProbe(stdout: string): PythonVersion | undefined {
  const match = /^inkling-probe (\d+) (\d+)\r?$/m.exec(stdout);
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}

export function isNewEnough(version: PythonVersion): boolean {
  return version.major > OLDEST_PYTHON.major || (version.major === OLDEST_PYTHON.major && version.minor >= OLDEST_PYTHON.minor);
}

/** Returns the name of the environment's folder: another version of the extension or of the wheel is another folder. */
export function environmentName(extensionVersion: string, contentHash: string): string {
  return `server-${extensionVersion}-${contentHash.slice(0, 12)}`;
}

/** Tells whether a folder in the storage is an environment of another version, and may go. */
export function isOldEnvironment(name: string, current: string): boolean {
  return /^server-[^/\\]+-[0-9a-f]{12}$/.test(name) && name !== current;
}
