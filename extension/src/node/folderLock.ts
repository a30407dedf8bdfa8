/** One window at a time: a lock file that names its owner. */

import { open, readFile, rm } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

import { AbortedError } from "./process";

const ASK_AGAIN_MS = 300;

/** Waits until this process owns `path`, runs `action`, and gives it back. A lock whose owner is dead is broken. */
export async function withLock<T>(path: string, signal: AbortSignal, action: () => Promise<T>): Promise<T> {
  while (!(await tryLock(path))) {
    if (signal.aborted) {
      throw new AbortedError();
    }
    if (await isAbandoned(path)) {
      await rm(path, { force: true });
    } else {
      await sleep(ASK_AGAIN_MS);
    }
  }
  try {
    return await action();
  } finally {
    await rm(path, { force: true });
  }
}

async function tryLock(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) {
      return false;
    }
    throw error;
  }
}

async function isAbandoned(path: string): Promise<boolean> {
  const owner = Number(await readFile(path, "utf8").catch(() => ""));
  if (!Number.isInteger(owner) || owner <= 0) {
    // Its owner is between making and writing it, or has just given it back.
    return false;
  }
  try {
    process.kill(owner, 0);
    return false;
  } catch (error) {
    return hasCode(error, "ESRCH");
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
