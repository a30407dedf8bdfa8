import { execFileSync } from "node:child_process";
import { access, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { EnvironmentError, findEnvironment, makeEnvironment, type EnvironmentRequest } from "../../extension/src/node/environment";
import { withLock } from "../../extension/src/node/folderLock";
import { AbortedError } from "../../extension/src/node/process";
import type { PythonCandidate } from "../../extension/src/pure/serverResolution";

const SLOW_MS = 180_000; // a real virtual environment on a busy machine

/** Writes the smallest wheel that has a command called `inkling`, which says a word; it needs no package index. */
const WHEEL = `
import sys, sysconfig, zipfile
folder, tag, word = sys.argv[1:]
tag = tag.replace("HERE", sysconfig.get_platform().translate(str.maketrans("-.", "__")))
with zipfile.ZipFile(f"{folder}/inkling_ls-0.1.0-{tag}.whl", "w") as wheel:
    info = "inkling_ls-0.1.0.dist-info/"
    wheel.writestr("tiny_inkling.py", f"def main():\\n    print('{word}')\\n")
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: inkling-ls\\nVersion: 0.1.0\\n")
    wheel.writestr(info + "WHEEL", f"Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: {tag}\\n")
    wheel.writestr(info + "entry_points.txt", "[console_scripts]\\ninkling = tiny_inkling:main\\n")
    wheel.writestr(info + "RECORD", "")
`;

const python = projectPython() ?? "python3";

function projectPython(): string | undefined {
  try {
    const venv = path.join(".venv", "bin", "python");
    execFileSync(venv, ["-c", ""]);
    return path.resolve(venv);
  } catch {
    return undefined;
  }
}

let dir: string;

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), "inkling environment ")); // paths with spaces must do
  await mkdir(path.join(dir, "bundle"));
});

afterEach(async () => {
  await rm(dir, { recursive: true, force: true });
});

function candidate(command: string, origin: PythonCandidate["origin"] = "path"): PythonCandidate {
  return { command, args: [], origin };
}

function addWheel(tag: string, word: string): void {
  execFileSync(python, ["-c", WHEEL, path.join(dir, "bundle"), tag, word]);
}

async function bundle(): Promise<void> {
  addWheel("py3-none-any", "served");
  await writeFile(path.join(dir, "bundle", "requirements.lock"), "");
}

function request(changes: Partial<EnvironmentRequest> = {}): EnvironmentRequest & { readonly steps: string[] } {
  const steps: string[] = [];
  return {
    storageDir: path.join(dir, "storage"),
    bundleDir: path.join(dir, "bundle"),
    extensionVersion: "0.1.0",
    candidates: [candidate("no-such-python"), candidate(python)],
    signal: new AbortController().signal,
    onStep: (step) => steps.push(step),
    onLog: () => undefined,
    ...changes,
    steps,
  };
}

describe("the server's own environment", () => {
  it(
    "is made once for two windows, found again, and made anew when its Python is gone",
    async () => {
      await bundle();
      const old = path.join(dir, "storage", "server-0.0.9-0123456789ab");
      await mkdir(old, { recursive: true });
      const [first, second] = [request(), request()];
      expect(await findEnvironment(first)).toBeUndefined();
      const commands = await Promise.all([makeEnvironment(first), makeEnvironment(second)]);
      expect(new Set(commands).size).toBe(1);
      expect([first, second].filter(({ steps }) => steps.includes("Making a virtual environment"))).toHaveLength(1);
      expect(execFileSync(commands[0], { encoding: "utf8" }).trim()).toBe("served");
      expect(await findEnvironment(request())).toBe(commands[0]);
      expect(await readdir(path.join(dir, "storage"))).toEqual([path.basename(path.resolve(commands[0], "..", ".."))]);
      await rm(path.resolve(commands[0], "..", "python"));
      expect(await findEnvironment(request())).toBeUndefined();
    },
    SLOW_MS,
  );

  it.each([
    ["for any platform where no other fits", ["py3-none-plan9_vax"], "served"],
    ["made for this platform", ["py3-none-plan9_vax", "py3-none-HERE"], "served by py3-none-HERE"],
  ])(
    "has the wheel %s",
    async (_, tags, words) => {
      await bundle();
      for (const tag of tags) {
        addWheel(tag, `served by ${tag}`);
      }
      const command = await makeEnvironment(request());
      expect(execFileSync(command, { encoding: "utf8" }).trim()).toBe(words);
    },
    SLOW_MS,
  );

  it("says what to do when there is no Python", async () => {
    await bundle();
    const failing = makeEnvironment(request({ candidates: [candidate("no-such-python")] }));
    await expect(failing).rejects.toThrow(/needs Python 3\.11 or later, and none was found.*inkling\.server\.python/s);
  });

  it("names the setting when the Python it names will not do", async () => {
    await bundle();
    const failing = makeEnvironment(request({ candidates: [candidate("/no/such/python", "setting")] }));
    await expect(failing).rejects.toThrow('inkling.server.python is "/no/such/python", which is not Python 3.11 or later.');
  });

  it(
    "is not complete when pip fails, and the lock is given back",
    async () => {
      await bundle();
      await writeFile(path.join(dir, "bundle", "inkling_ls-0.1.0-py3-none-any.whl"), "no wheel at all");
      await expect(makeEnvironment(request())).rejects.toThrow(/pip could not install the server/);
      expect(await findEnvironment(request())).toBeUndefined();
      await expect(access(path.join(dir, "storage", "install.lock"))).rejects.toThrow();
    },
    SLOW_MS,
  );

  it("can be called off", async () => {
    await bundle();
    const abort = new AbortController();
    abort.abort();
    await expect(makeEnvironment(request({ signal: abort.signal }))).rejects.toThrow(AbortedError);
    await expect(access(path.join(dir, "storage", "install.lock"))).rejects.toThrow();
  });

  it("needs a bundle", async () => {
    await expect(findEnvironment(request())).rejects.toThrow(EnvironmentError);
  });
});

describe("the lock between windows", () => {
  it("is broken when its owner is dead, and waited for when it lives", async () => {
    const lock = path.join(dir, "install.lock");
    const dead = execFileSync(python, ["-c", "import os; print(os.getpid())"], { encoding: "utf8" }).trim();
    await writeFile(lock, dead);
    const { signal } = new AbortController();
    expect(await withLock(lock, signal, () => Promise.resolve("mine"))).toBe("mine");
    await expect(access(lock)).rejects.toThrow();

    await writeFile(lock, String(process.pid));
    const abort = new AbortController();
    const waiting = withLock(lock, abort.signal, () => Promise.resolve("mine"));
    abort.abort();
    await expect(waiting).rejects.toThrow(AbortedError);
    await access(lock);
  });

  it("is given back after an error", async () => {
    const lock = path.join(dir, "install.lock");
    const { signal } = new AbortController();
    await expect(withLock(lock, signal, () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(await withLock(lock, signal, () => Promise.resolve(1))).toBe(1);
  });
});
