import { describe, expect, it } from "vitest";

import {
  environmentName,
  isNewEnough,
  isOldEnvironment,
  planServer,
  readProbe,
  type Surroundings,
} from "../../extension/src/pure/serverResolution";
import { DEFAULTS } from "../../extension/src/pure/settings";

const LINUX: Surroundings = { isWindows: false, isTrusted: true, selectedInterpreter: undefined };

function commands(settings: Partial<typeof DEFAULTS>, surroundings: Partial<Surroundings>): string[] {
  const plan = planServer({ ...DEFAULTS, ...settings }, { ...LINUX, ...surroundings });
  return plan.kind === "command" ? ["explicit"] : plan.candidates.map(({ command, args }) => [command, ...args].join(" "));
}

describe("where the server comes from", () => {
  it("is the command of the setting", () => {
    const plan = planServer({ ...DEFAULTS, serverCommand: ["/opt/inkling", "serve"] }, LINUX);
    expect(plan).toEqual({ kind: "command", command: "/opt/inkling", args: ["serve"] });
  });

  it.each([[], [""]])("is the own environment when the command is %j", (...serverCommand) => {
    expect(planServer({ ...DEFAULTS, serverCommand }, LINUX).kind).toBe("own_environment");
  });
});

describe("the Pythons to try", () => {
  it("are the newest on the PATH first", () => {
    expect(commands({}, {})).toEqual(["python3.14", "python3.13", "python3.12", "python3.11", "python3", "python"]);
  });

  it("end with the launcher on Windows", () => {
    expect(commands({}, { isWindows: true }).at(-1)).toBe("py -3");
  });

  it("begin with the Python extension's choice in a trusted workspace", () => {
    expect(commands({}, { selectedInterpreter: "/w/.venv/bin/python" })[0]).toBe("/w/.venv/bin/python");
  });

  it("never hold the workspace's own Python before it is trusted", () => {
    expect(commands({}, { selectedInterpreter: "/w/.venv/bin/python", isTrusted: false })).not.toContain("/w/.venv/bin/python");
  });

  it("are only the one that the user named", () => {
    expect(commands({ serverPython: "/opt/python" }, { selectedInterpreter: "/w/python" })).toEqual(["/opt/python"]);
  });
});

describe("a Python's version", () => {
  it.each([
    ["inkling-probe 3 11\n", true],
    ["inkling-probe 3 14\r\n", true],
    ["hello from sitecustomize\ninkling-probe 4 0\n", true],
    ["inkling-probe 3 10\n", false],
    ["inkling-probe 2 7\n", false],
  ])("%j is new enough: %j", (stdout, isEnough) => {
    const version = readProbe(stdout);
    expect(version !== undefined && isNewEnough(version)).toBe(isEnough);
  });

  it.each(["", "Python 3.12.1", "inkling-probe three"])("is not read from %j", (stdout) => {
    expect(readProbe(stdout)).toBeUndefined();
  });
});

describe("the environment's folder", () => {
  const hash = "0123456789abcdef";

  it("is another one for another version of the extension or the wheel", () => {
    const names = new Set([environmentName("0.1.0", hash), environmentName("0.2.0", hash), environmentName("0.1.0", `f${hash}`)]);
    expect(names.size).toBe(3);
  });

  it("is old only when it is an environment and not the current one", () => {
    const current = environmentName("0.2.0", hash);
    const names = [current, environmentName("0.1.0", hash), "install.lock", "server-notes", "../server-0.1.0-0123456789ab"];
    expect(names.filter((name) => isOldEnvironment(name, current))).toEqual(["server-0.1.0-0123456789ab"]);
  });
});
