import { describe, expect, it } from "vitest";

import { activityAt, readChoice, type Choice } from "../../extension/src/pure/activity";
import type { InterpreterChoice } from "../../extension/src/pure/interpreter";
import type { ModelStatusParams } from "../../extension/src/pure/protocol";
import { RestartPolicy, WINDOW_MS } from "../../extension/src/pure/restartPolicy";
import { isOnItsWay, modelText, statusText, type Activity, type ServerState } from "../../extension/src/pure/status";

const ACTIVE: Activity = { kind: "active" };
const INTERPRETER: InterpreterChoice = { kind: "found", path: "/w/.venv/bin/python", origin: "workspace" };
const running = (state: "starting" | "indexing" | "ready" | "degraded", nFilesDone = 0, nFilesTotal = 0): ServerState => ({
  kind: "running",
  status: { state, message: "words", nFilesDone, nFilesTotal },
  model: undefined,
});

const RUNNING = { kind: "running", status: { state: "ready", message: "words" }, model: undefined } as const;

describe("the status bar", () => {
  it.each<[string, ServerState, Activity, string]>([
    ["stopped", { kind: "stopped" }, ACTIVE, "$(circle-slash) Inkling"],
    ["installing", { kind: "installing", step: "Looking" }, ACTIVE, "$(sync~spin) Inkling: installing"],
    ["starting", { kind: "starting" }, ACTIVE, "$(sync~spin) Inkling: starting"],
    ["started, no word yet", { kind: "running", status: undefined, model: undefined }, ACTIVE, "$(sync~spin) Inkling: starting"],
    ["indexing", running("indexing", 1, 3), ACTIVE, "$(sync~spin) Inkling: 33%"],
    ["indexing nothing known", running("indexing"), ACTIVE, "$(sync~spin) Inkling: 0%"],
    ["ready", running("ready"), ACTIVE, "$(sparkle) Inkling"],
    ["degraded", running("degraded"), ACTIVE, "$(warning) Inkling"],
    ["restarting", { kind: "waiting_to_restart" }, ACTIVE, "$(sync~spin) Inkling: restarting"],
    ["paused", running("ready"), { kind: "paused" }, "$(debug-pause) Inkling: paused"],
    ["snoozed", running("ready"), { kind: "snoozed", untilMs: 7 }, "$(bell-slash) Inkling: until 7 ms"],
    ["off", running("ready"), { kind: "off" }, "$(circle-slash) Inkling: off"],
    ["a problem, though paused", { kind: "problem", message: "m" }, { kind: "paused" }, "$(warning) Inkling"],
  ])("says %s", (_, server, activity, text) => {
    expect(statusText(server, activity, INTERPRETER, (atMs) => `${atMs} ms`).text).toBe(text);
  });

  it("says in the tooltip whose packages are read", () => {
    expect(statusText(running("ready"), ACTIVE, INTERPRETER, String).tooltip).toBe(
      "words\nReads the packages of /w/.venv/bin/python (the workspace's environment).",
    );
  });

  it.each<[ModelStatusParams["state"], string | undefined, boolean]>([
    ["off", undefined, false],
    ["ready", "Language model: words", false],
    ["down", "Language model: words", false],
    ["budget", "Language model: words", false],
    ["refused", "Language model: words", true],
  ])("says of an endpoint that is %s", (state, line, isWarning) => {
    const server: ServerState = { ...RUNNING, model: { state, words: "words" } };
    const text = statusText(server, ACTIVE, INTERPRETER, String);
    expect(text.tooltip.split("\n")[2]).toBe(line);
    expect(text.isWarning).toBe(isWarning);
    expect(modelText(server)).toBe(line);
  });

  it("warns of what needs a person only", () => {
    const isWarning = (server: ServerState): boolean => statusText(server, ACTIVE, INTERPRETER, String).isWarning;
    expect(isWarning({ kind: "problem", message: "m" })).toBe(true);
    expect(isWarning(running("ready"))).toBe(false);
  });
});

describe("a question to a server", () => {
  const status = (state: "starting" | "indexing" | "ready" | "degraded"): ServerState => ({
    kind: "running",
    status: { state, message: "" },
    model: undefined,
  });

  it("waits while the server is on its way", () => {
    const onTheirWay: ServerState[] = [
      { kind: "installing", step: "" },
      { kind: "starting" },
      { kind: "waiting_to_restart" },
      { kind: "running", status: undefined, model: undefined },
      status("starting"),
    ];
    expect(onTheirWay.map(isOnItsWay)).toEqual(onTheirWay.map(() => true));
  });

  it("is asked, or given up, at once otherwise", () => {
    const settled: ServerState[] = [
      { kind: "stopped" },
      { kind: "problem", message: "" },
      status("indexing"),
      status("ready"),
      status("degraded"),
    ];
    expect(settled.map(isOnItsWay)).toEqual(settled.map(() => false));
  });
});

describe("what the user chose", () => {
  it("ends by itself when it is a snooze", () => {
    const snooze: Choice = { kind: "snoozed", untilMs: 100 };
    expect(activityAt(snooze, true, 99)).toEqual(snooze);
    expect(activityAt(snooze, true, 100)).toEqual(ACTIVE);
  });

  it("gives way to the setting", () => {
    expect(activityAt({ kind: "paused" }, false, 0)).toEqual({ kind: "off" });
  });

  it.each([{ kind: "active" }, { kind: "paused" }, { kind: "snoozed", untilMs: 5 }] satisfies Choice[])("survives a reload: %j", (choice) => {
    expect(readChoice(JSON.parse(JSON.stringify(choice)))).toEqual(choice);
  });

  it.each([undefined, null, "paused", {}, { kind: "off" }, { kind: "snoozed", untilMs: "soon" }])("is active when %j was saved", (saved) => {
    expect(readChoice(saved)).toEqual(ACTIVE);
  });
});

describe("a server that dies", () => {
  it("is started at once, then ever later, then no more", () => {
    const policy = new RestartPolicy();
    const decisions = Array.from({ length: 6 }, (_, n) => policy.died(n));
    expect(decisions.map((decision) => (decision.kind === "restart" ? decision.delayMs : decision.kind))).toEqual([
      0,
      1000,
      3000,
      10_000,
      30_000,
      "give_up",
    ]);
  });

  it("is forgiven with time, or when the user restarts it", () => {
    const policy = new RestartPolicy();
    policy.died(0);
    expect(policy.died(WINDOW_MS)).toEqual({ kind: "restart", delayMs: 0 });
    policy.died(WINDOW_MS + 1);
    policy.reset();
    expect(policy.died(WINDOW_MS + 2)).toEqual({ kind: "restart", delayMs: 0 });
  });
});
