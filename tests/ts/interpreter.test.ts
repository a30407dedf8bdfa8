import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { isExecutable } from "../../extension/src/node/executable";
import { chooseInterpreter, interpreterText, type InterpreterChoice, type InterpreterSurroundings } from "../../extension/src/pure/interpreter";
import { DEFAULTS } from "../../extension/src/pure/settings";

const NOTHING: InterpreterSurroundings = {
  isWindows: false,
  isTrusted: true,
  selectedInterpreter: undefined,
  isSelectionPending: false,
  workspaceDirs: [],
  virtualEnv: undefined,
  searchPath: undefined,
};
const EVERYTHING: InterpreterSurroundings = {
  ...NOTHING,
  selectedInterpreter: "/chosen/python",
  workspaceDirs: ["/w", "/other"],
  virtualEnv: "/active",
  searchPath: "relative:/local/bin:/usr/bin",
};

/** Returns what is chosen when only these files can be run. */
function choose(files: readonly string[], surroundings: InterpreterSurroundings, interpreter = ""): InterpreterChoice {
  return chooseInterpreter({ ...DEFAULTS, interpreter }, surroundings, (file) => files.includes(file));
}

describe("the interpreter to learn from", () => {
  const files = ["/opt/python", "/other/venv/bin/python", "/active/bin/python", "/usr/bin/python3", "/local/bin/python"];
  const unselected = { ...EVERYTHING, selectedInterpreter: undefined };

  it.each<[string, InterpreterChoice, InterpreterChoice]>([
    ["the setting", choose(files, EVERYTHING, "/opt/python"), { kind: "found", path: "/opt/python", origin: "setting" }],
    ["the Python extension's choice", choose(files, EVERYTHING), { kind: "found", path: "/chosen/python", origin: "python_extension" }],
    ["the workspace's", choose(files, unselected), { kind: "found", path: "/other/venv/bin/python", origin: "workspace" }],
    [
      "VIRTUAL_ENV's",
      choose(files, { ...unselected, workspaceDirs: [] }),
      { kind: "found", path: "/active/bin/python", origin: "virtual_env" },
    ],
    [
      "the first on the PATH",
      choose(files, { ...unselected, workspaceDirs: [], virtualEnv: "" }),
      { kind: "found", path: "/local/bin/python", origin: "search_path" },
    ],
    ["none when there is none", choose([], unselected), { kind: "none", reason: "not_found" }],
  ])("is %s", (_, choice, expected) => {
    expect(choice).toEqual(expected);
  });

  it("is .venv before venv", () => {
    expect(choose(["/w/venv/bin/python", "/w/.venv/bin/python"], unselected)).toMatchObject({ path: "/w/.venv/bin/python" });
  });

  it("is never in a relative folder of the PATH", () => {
    expect(choose(["relative/python3"], unselected)).toEqual({ kind: "none", reason: "not_found" });
  });

  it("is not guessed while the Python extension is being asked", () => {
    expect(choose(files, { ...unselected, isSelectionPending: true })).toEqual({ kind: "none", reason: "pending" });
  });

  it("is not another one when the setting names a file that is missing", () => {
    expect(choose(files, EVERYTHING, "/opt/pyton")).toEqual({ kind: "missing", configured: "/opt/pyton" });
  });

  it("is none in a workspace that is not trusted", () => {
    expect(choose(files, { ...EVERYTHING, isTrusted: false }, "/opt/python")).toEqual({ kind: "none", reason: "untrusted" });
  });

  it("is found on Windows", () => {
    const windows = { ...NOTHING, isWindows: true, workspaceDirs: ["C:\\w"], searchPath: "tools;C:\\Python312" };
    expect(choose(["C:\\w\\.venv\\Scripts\\python.exe"], windows)).toMatchObject({ origin: "workspace" });
    expect(choose(["C:\\Python312\\python.exe"], windows)).toMatchObject({ origin: "search_path" });
  });

  it("is told in words, with the setting where that helps", () => {
    expect(interpreterText(choose([], EVERYTHING, "/nope"))).toBe(
      "Reads no packages: `/nope` cannot be run as an interpreter (inkling.interpreter).",
    );
    expect(interpreterText(choose([], NOTHING))).toContain("inkling.interpreter");
    expect(interpreterText(choose([], { ...NOTHING, isTrusted: false }))).toContain("not trusted");
  });
});

describe("a file that may be run", () => {
  it("is neither a folder, nor a text, nor missing", async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), "inkling-executable-"));
    try {
      const [program, folder] = [path.join(dir, "python"), path.join(dir, "folder")];
      await writeFile(program, "#!/bin/sh\n");
      await chmod(program, 0o755);
      await mkdir(folder);
      expect([program, folder, path.join(dir, "missing")].map(isExecutable)).toEqual([true, false, false]);
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
