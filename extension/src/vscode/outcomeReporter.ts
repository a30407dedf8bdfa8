import { randomUUID } from "node:crypto";

import type * as vscode from "vscode";

import type { Clock } from "../pure/clock";
import { OutcomeQueue, readSaved } from "../pure/outcomeQueue";
import { RECORD_OUTCOMES, type RecordOutcomesParams, type WireOutcome } from "../pure/protocol";
import type { TrackedOutcome } from "../pure/suggestionTracker";
import type { Server } from "./server";
import { ServerNotRunningError } from "./server";

const STATE_KEY = "unacknowledgedOutcomes";

/** Sends outcomes to the daemon; what it has not acknowledged survives a reload in the workspace's state. */
export class OutcomeReporter implements vscode.Disposable {
  private readonly queue: OutcomeQueue;
  private readonly started: vscode.Disposable;
  /** Saves follow one another, so that the last one to be asked for is the last one written. */
  private saved: Promise<void> = Promise.resolve();

  constructor(server: Server, state: vscode.Memento, clock: Clock, log: vscode.LogOutputChannel) {
    const onProblem = (error: unknown): void => {
      if (!(error instanceof ServerNotRunningError)) {
        log.warn("outcomes are kept and sent again later", error);
      }
    };
    const send = async (outcomes: readonly WireOutcome[]): Promise<void> => {
      const params: RecordOutcomesParams = { outcomes };
      await server.request(RECORD_OUTCOMES, params);
    };
    const save = (unacknowledged: readonly WireOutcome[]): void => {
      const copy = [...unacknowledged];
      this.saved = this.saved.then(() => state.update(STATE_KEY, copy)).catch(onProblem);
    };
    this.queue = new OutcomeQueue({ clock, send, save, onProblem }, readSaved(state.get<unknown>(STATE_KEY)));
    this.started = server.onDidStart(() => {
      void this.queue.flush();
    });
  }

  report(outcome: TrackedOutcome): void {
    this.queue.push({ eventId: randomUUID(), ...outcome });
  }

  /** Resolves once the server has all outcomes on disk, or could not be told of them. */
  async reported(): Promise<void> {
    await this.queue.flush();
  }

  /** Sends what is left while the server still runs, and waits until the rest is saved. */
  async finish(): Promise<void> {
    await this.queue.flush();
    await this.saved;
  }

  dispose(): void {
    this.started.dispose();
    this.queue.dispose();
  }
}
