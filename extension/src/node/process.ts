/** Runs a program to its end. */

import { spawn } from "node:child_process";

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** Told each line of both streams as it comes. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  /** Undefined when the program could not be started or was ended by a signal. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Resolves whatever the program does; `stderr` also says why it could not be started. Rejects only when aborted. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
    const child = spawn(command, args, { env: cleanEnvironment(), stdio: ["ignore", "pipe", "pipe"], windowsHide: true, signal });
    const stdout = collect(child.stdout, options.onLine);
    const stderr = collect(child.stderr, options.onLine);
    let failure = "";
    child.on("error", (error) => {
      failure = error.message;
    });
    child.on("close", (code) => {
      if (options.signal.aborted) {
        reject(new AbortedError());
      } else {
        resolve({ exitCode: failure === "" ? (code ?? undefined) : undefined, stdout: stdout(), stderr: stderr() + failure });
      }
    });
  });
}

/** The user called it off. */
export class AbortedError extends Error {
  constructor() {
    super("called off");
  }
}

/** A PYTHONHOME or PYTHONPATH of the editor's shell would let another Python's packages into the environment. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const environment = { ...process.env };
  delete environment["PYTHONHOME"];
  delete environment["PYTHONPATH"];
  return environment;
}

function collect(stream: NodeJS.ReadableStream, onLine: RunOptions["onLine"]): () => string {
  let text = "";
  let nReported = 0;
  stream.setEncoding("utf8");
  stream.on("data", (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf("\n", nReported); end >= 0; end = text.indexOf("\n", nReported)) {
      onLine?.(text.slice(nReported, end).trimEnd());
      nReported = end + 1;
    }
  });
  return () => text;
}
