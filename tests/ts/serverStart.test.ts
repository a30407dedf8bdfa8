import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";

import { describe, expect, it } from "vitest";

import { NotStartedError, ServerProcess } from "../../extension/src/node/serverProcess";
import { awaitStart, noAnswerText, notStartedText, START_DEADLINE_MS, type ServerCommand } from "../../extension/src/pure/serverStart";
import { ManualClock } from "./manualClock";

const HANGING = new Promise<void>(() => undefined);

function named(command: string, ...args: string[]): ServerCommand {
  return { command, args, origin: "setting" };
}

describe("the start of a server", () => {
  it("ends with the answer or the failure, and leaves no timer", async () => {
    const clock = new ManualClock();
    const { signal } = new AbortController();
    expect(await awaitStart(Promise.resolve(), clock, signal)).toEqual({ kind: "answered" });
    const error = new Error("broken");
    expect(await awaitStart(Promise.reject(error), clock, signal)).toEqual({ kind: "failed", error });
    expect(clock.nTimers).toBe(0);
  });

  it("ends at the deadline", async () => {
    const clock = new ManualClock();
    const end = awaitStart(HANGING, clock, new AbortController().signal);
    clock.advance(START_DEADLINE_MS);
    expect(await end).toEqual({ kind: "no_answer" });
  });

  it("ends at once when something newer is asked for", async () => {
    const clock = new ManualClock();
    const abort = new AbortController();
    const end = awaitStart(HANGING, clock, abort.signal);
    abort.abort();
    expect(await end).toEqual({ kind: "called_off" });
    expect(await awaitStart(HANGING, clock, abort.signal)).toEqual({ kind: "called_off" });
    expect(clock.nTimers).toBe(0);
  });
});

describe("what is told of a server that does not start", () => {
  it("names the command and the setting", () => {
    expect(noAnswerText(named("/bin/sleep", "100"))).toBe(
      "Inkling's server did not answer within 30 s and was ended: `/bin/sleep 100` (inkling.server.command).",
    );
    expect(notStartedText(named("/x"), "EMFILE", true)).toBe("`/x` could not be started: EMFILE (inkling.server.command).");
  });
});

describe("a server's process", () => {
  it("is not there when the command is not", async () => {
    const starting = ServerProcess.start(named("/nope/x"), undefined, () => undefined);
    await expect(starting).rejects.toThrow(new NotStartedError("`/nope/x` was not found (inkling.server.command)."));
  });

  it("is not there when the file may not be run, or when its first line leads nowhere", async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), "inkling-process-"));
    try {
      const [text, script] = [path.join(dir, "text"), path.join(dir, "script")];
      await writeFile(text, "");
      await writeFile(script, "#!/nope/python\n", { mode: 0o755 });
      const reasonOf = (file: string): Promise<unknown> =>
        ServerProcess.start(named(file), dir, () => undefined).catch((error: unknown) => (error as Error).message);
      expect(await reasonOf(text)).toBe(`\`${text}\` may not be run (inkling.server.command).`);
      expect(await reasonOf(script)).toBe(
        `\`${script}\` names a program in its first line that was not found (inkling.server.command).`,
      );
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  it("starts though the workspace's folder is gone", async () => {
    const ends: string[] = [];
    const server = await ServerProcess.start(named(process.execPath, "-e", "0"), "/nope/folder", (words) => ends.push(words));
    await once(server.child, "exit");
    expect(ends).toEqual(["exited with code 0"]);
  });

  it("is killed with its streams, though a process of its own holds them open", async () => {
    const script = "const child = require('child_process').spawn('sleep', ['60'], { stdio: 'inherit' }); console.log(child.pid)";
    const server = await ServerProcess.start(named(process.execPath, "-e", script), undefined, () => undefined);
    const [line] = (await once(server.child.stdout, "data")) as [Buffer];
    try {
      const closed = once(server.child.stdout, "close");
      const exited = once(server.child, "exit");
      server.kill();
      await closed;
      expect((await exited)[1]).toBe("SIGKILL");
    } finally {
      process.kill(Number(line.toString()));
    }
  });
});
