/** Which interpreter's installed packages are learned from. */

import type { ExtensionSettings } from "./settings";

/** What the choice depends on. */
export interface InterpreterSurroundings {
  readonly isWindows: boolean;
  readonly isTrusted: boolean;
  /** The interpreter selected in the Python extension. */
  readonly selectedInterpreter: string | undefined;
  /** The Python extension has not answered yet; what is guessed now would be indexed for nothing. */
  readonly isSelectionPending: boolean;
  readonly workspaceDirs: readonly string[];
  /** The editor's environment variables VIRTUAL_ENV and PATH. */
  readonly virtualEnv: string | undefined;
  readonly searchPath: string | undefined;
}

export type InterpreterChoice =
  | { readonly kind: "found"; readonly path: string; readonly origin: InterpreterOrigin }
  | { readonly kind: "none"; readonly reason: "untrusted" | "pending" | "not_found" }
  /** The setting names a file that cannot be run; nothing else is taken for it, so that a typing error is told. */
  | { readonly kind: "missing"; readonly configured: string };

export type InterpreterOrigin = "setting" | "python_extension" | "workspace" | "virtual_env" | "search_path";

/** Returns the first that there is: the setting, the Python extension's choice, the workspace's environment, VIRTUAL_ENV, the PATH. */
export function chooseInterpreter(
  settings: ExtensionSettings,
  surroundings: InterpreterSurroundings,
  isExecutable: (file: string) => boolean,
): InterpreterChoice {
  if (!surroundings.isTrusted) {
    return { kind: "none", reason: "untrusted" };
  }
  const configured = settings.interpreter;
  if (configured !== "") {
    return isExecutable(configured) ? { kind: "found", path: configured, origin: "setting" } : { kind: "missing", configured };
  }
  if (surroundings.selectedInterpreter !== undefined) {
    return { kind: "found", path: surroundings.selectedInterpreter, origin: "python_extension" };
  }
  if (surroundings.isSelectionPending) {
    return { kind: "none", reason: "pending" };
  }
  for (const [origin, files] of fallbacks(surroundings)) {
    const path = files.find(isExecutable);
    if (path !== undefined) {
      return { kind: "found", path, origin };
    }
  }
  return { kind: "none", reason: "not_found" };
}

function fallbacks(surroundings: InterpreterSurroundings): readonly (readonly [InterpreterOrigin, readonly string[]])[] {
  const { isWindows, workspaceDirs, virtualEnv, searchPath } = surroundings;
  const join = (...parts: readonly string[]): string => parts.join(isWindows ? "\\" : "/");
  const inEnvironment = (dir: string): string => (isWindows ? join(dir, "Scripts", "python.exe") : join(dir, "bin", "python"));
  const names = isWindows ? ["python.exe", "python3.exe"] : ["python3", "python"];
  // A relative folder on the PATH would mean another one with each working directory.
  const isAbsolute = (dir: string): boolean => (isWindows ? /^([A-Za-z]:)?[\\/]/.test(dir) : dir.startsWith("/"));
  const searched = (searchPath ?? "").split(isWindows ? ";" : ":").filter(isAbsolute);
  return [
    ["workspace", workspaceDirs.flatMap((dir) => [".venv", "venv"].map((name) => inEnvironment(join(dir, name))))],
    ["virtual_env", virtualEnv === undefined || virtualEnv === "" ? [] : [inEnvironment(virtualEnv)]],
    ["search_path", searched.flatMap((dir) => names.map((name) => join(dir, name)))],
  ];
}

const ORIGINS: Readonly<Record<InterpreterOrigin, string>> = {
  setting: "the setting inkling.interpreter",
  python_extension: "selected in the Python extension",
  workspace: "the workspace's environment",
  virtual_env: "from VIRTUAL_ENV",
  search_path: "the first Python on the PATH",
};

/** Returns one sentence that says whose packages are read. */
export function interpreterText(choice: InterpreterChoice): string {
  switch (choice.kind) {
    case "found":
      return `Reads the packages of ${choice.path} (${ORIGINS[choice.origin]}).`;
    case "missing":
      return `Reads no packages: ${missingInterpreterText(choice.configured)}`;
    case "none":
      switch (choice.reason) {
        case "untrusted":
          return "Reads no packages: the workspace is not trusted.";
        case "pending":
          return "Reads no packages yet: the Python extension is being asked for its interpreter.";
        case "not_found":
          return "Reads no packages: no Python was found. Name one with the setting inkling.interpreter.";
      }
  }
}

/** Returns the message for a setting that names no interpreter. */
export function missingInterpreterText(configured: string): string {
  return `\`${configured}\` cannot be run as an interpreter (inkling.interpreter).`;
}
