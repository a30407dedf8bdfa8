import * as vscode from "vscode";

import { ACTIVE, activityAt, readChoice, type Choice } from "../pure/activity";
import type { Clock } from "../pure/clock";
import type { Activity } from "../pure/status";
import { currentSettings } from "./configuration";

const STATE_KEY = "activity";

/** Holds whether suggestions are wanted in this workspace: active, paused, snoozed, or off by the setting. */
export class ActivitySwitch implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<Activity>();
  private readonly configured: vscode.Disposable;
  private choice: Choice;
  private callOffWake: (() => void) | undefined;
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly state: vscode.Memento,
    private readonly clock: Clock,
  ) {
    this.choice = readChoice(state.get<unknown>(STATE_KEY));
    this.wakeInTime();
    this.configured = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("inkling.completion.enabled")) {
        this.changed.fire(this.current);
      }
    });
  }

  get current(): Activity {
    return activityAt(this.choice, currentSettings().settings.isEnabled, this.clock.nowMs());
  }

  /** Whether the user wants quiet now, whatever single features are switched off. */
  get isWaiting(): boolean {
    return activityAt(this.choice, true, this.clock.nowMs()).kind !== "active";
  }

  async choose(choice: Choice): Promise<void> {
    this.choice = choice;
    this.wakeInTime();
    this.changed.fire(this.current);
    await this.state.update(STATE_KEY, choice);
  }

  snooze(minutes: number): Promise<void> {
    return this.choose({ kind: "snoozed", untilMs: this.clock.nowMs() + minutes * 60_000 });
  }

  resume(): Promise<void> {
    return this.choose(ACTIVE);
  }

  dispose(): void {
    this.callOffWake?.();
    this.configured.dispose();
    this.changed.dispose();
  }

  private wakeInTime(): void {
    this.callOffWake?.();
    this.callOffWake = undefined;
    if (this.choice.kind === "snoozed") {
      const delayMs = Math.max(0, this.choice.untilMs - this.clock.nowMs());
      this.callOffWake = this.clock.after(delayMs, () => {
        this.changed.fire(this.current);
      });
    }
  }
}
