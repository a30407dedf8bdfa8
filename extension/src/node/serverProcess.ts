/** The process of a server: started here and not by the language client, so that one that hangs can be killed. */

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { existsSync } from "node:fs";

import { notStartedText, type ServerCommand } from "../pure/serverStart";

/** A server that was told to end has closed its files by then. */
const END_WITHIN_MS = 2000;

/** The system could not start the program; the message is for a person. */
export class NotStartedError extends Error {}

export class ServerProcess {
  private constructor(readonly child: ChildProcessWithoutNullStreams) {}

  /**
   * Starts the program; `onEnd` is told in words how it ended. Rejects with `NotStartedError`.
   *
   * `dir` is the working directory, if it exists.
   */
  static start(server: ServerCommand, dir: string | undefined, onEnd: (words: string) => void): Promise<ServerProcess> {
    const cwd = dir !== undefined && existsSync(dir) ? dir : undefined;
    return new Promise<ServerProcess>((resolve, reject) => {
      const child = spawn(server.command, [...server.args], { cwd, windowsHide: true });
      child.once("spawn", () => {
        resolve(new ServerProcess(child));
      });
      child.on("error", reject);
      child.on("exit", (code, signal) => {
        onEnd(signal === null ? `exited with code ${code ?? 0}` : `was ended by ${signal}`);
      });
      // What is written after the server's end fails, which its end has told already.
      child.stdin.on("error", () => undefined);
    }).catch((error: unknown) => {
      const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
      throw new NotStartedError(notStartedText(server, code, existsSync(server.command)), { cause: error });
    });
  }

  /** Ends it at once. */
  kill(): void {
    this.child.kill("SIGKILL");
    // A process that it started may hold the streams open; the client is to see their end all the same.
    this.child.stdout.destroy();
    this.child.stderr.destroy();
  }

  /** Kills it unless it ends by itself soon. */
  killUnlessItEnds(): void {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const timer = setTimeout(() => {
        this.kill();
      }, END_WITHIN_MS);
      this.child.once("exit", () => {
        clearTimeout(timer);
      });
    }
  }
}
