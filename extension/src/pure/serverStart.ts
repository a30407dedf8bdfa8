/** How the start of a server ends, and what is told when it ended badly. */

import type { Clock } from "./clock";

/** A cold Python on a slow disk answers within a few seconds; one that took longer than this hangs, and a person waits. */
export const START_DEADLINE_MS = 30_000;

export type StartEnd =
  | { readonly kind: "answered" }
  | { readonly kind: "failed"; readonly error: unknown }
  | { readonly kind: "no_answer" }
  /** Something newer was asked for. */
  | { readonly kind: "called_off" };

/** Resolves with what comes first: the answer, the failure, the deadline or the signal. Never rejects. */
export function awaitStart(starting: Promise<void>, clock: Clock, signal: AbortSignal): Promise<StartEnd> {
  return new Promise((resolve) => {
    const end = (how: StartEnd): void => {
      callOffDeadline();
      signal.removeEventListener("abort", onAbort);
      resolve(how);
    };
    const onAbort = (): void => {
      end({ kind: "called_off" });
    };
    const callOffDeadline = clock.after(START_DEADLINE_MS, () => {
      end({ kind: "no_answer" });
    });
    starting.then(
      () => {
        end({ kind: "answered" });
      },
      (error: unknown) => {
        end({ kind: "failed", error });
      },
    );
    if (signal.aborted) {
      onAbort();
    } else {
      signal.addEventListener("abort", onAbort);
    }
  });
}

/** The program that is the server. */
export interface ServerCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** `setting`: the user named it in `inkling.server.command`. */
  readonly origin: "setting" | "own_environment";
}

/** Returns the message for a server that starts and does not answer. */
export function noAnswerText(server: ServerCommand): string {
  const line = [server.command, ...server.args].join(" ");
  const setting =
    server.origin === "setting" ? "inkling.server.command" : "another can be named with the setting inkling.server.command";
  return `Inkling's server did not answer within ${START_DEADLINE_MS / 1000} s and was ended: \`${line}\` (${setting}).`;
}

/**
 * Returns the message for a program that the system could not start.
 *
 * `code` is the system's, such as ENOENT; `isThere` tells whether the file of the command exists all the same.
 */
export function notStartedText(server: ServerCommand, code: string | undefined, isThere: boolean): string {
  const setting = server.origin === "setting" ? "inkling.server.command" : "the server's own environment";
  return `\`${server.command}\` ${reason(code, isThere)} (${setting}).`;
}

function reason(code: string | undefined, isThere: boolean): string {
  switch (code) {
    case "ENOENT":
      // The system names the script, though it is the program in its first line that is missing: a moved environment.
      return isThere ? "names a program in its first line that was not found" : "was not found";
    case "EACCES":
      return "may not be run";
    case undefined:
      return "could not be started";
    default:
      return `could not be started: ${code}`;
  }
}
