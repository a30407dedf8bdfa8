/** The settings that the extension itself reads; the daemon pulls the others and tells what is wrong with them. */

import type { SettingsTree } from "./protocol";

/** Whether the completion popup gets our names; `auto` leaves it to another Python extension that fills it. */
export type PopupSetting = "auto" | "on" | "off";

export interface ExtensionSettings {
  readonly isEnabled: SettingsTree["completion"]["enabled"];
  readonly debounceMs: SettingsTree["completion"]["debounceMs"];
  readonly predictsEdits: SettingsTree["nextEdit"]["enabled"];
  readonly nextEditDebounceMs: SettingsTree["nextEdit"]["debounceMs"];
  readonly interpreter: SettingsTree["interpreter"];
  readonly popup: PopupSetting;
  /** Command and arguments that start the server; empty for the own environment. */
  readonly serverCommand: readonly string[];
  readonly serverPython: string;
}

export interface ReadSettings {
  readonly settings: ExtensionSettings;
  /** One sentence for each setting that could not be used. */
  readonly problems: readonly string[];
}

/** Used where a value has a wrong type; a test holds them to package.json. */
export const DEFAULTS: ExtensionSettings = {
  isEnabled: true,
  debounceMs: 40,
  predictsEdits: true,
  nextEditDebounceMs: 150,
  interpreter: "",
  popup: "auto",
  serverCommand: [],
  serverPython: "",
};

const LONGEST_DEBOUNCE_MS = 2000;
const LONGEST_NEXT_EDIT_DEBOUNCE_MS = 5000;

/** Reads the settings by their names below `inkling.`; a wrong value falls back alone. */
export function readSettings(get: (name: string) => unknown): ReadSettings {
  const problems: string[] = [];
  function read<T>(name: string, isRight: (value: unknown) => value is T, fallback: T, wanted: string): T {
    const value = get(name);
    if (value === undefined || value === null) {
      return fallback;
    }
    if (isRight(value)) {
      return value;
    }
    problems.push(`inkling.${name} must be ${wanted}; ${JSON.stringify(fallback)} is used.`);
    return fallback;
  }
  const settings: ExtensionSettings = {
    isEnabled: read("completion.enabled", isBoolean, DEFAULTS.isEnabled, "true or false"),
    debounceMs: read("completion.debounceMs", upTo(LONGEST_DEBOUNCE_MS), DEFAULTS.debounceMs, `a number from 0 to ${LONGEST_DEBOUNCE_MS}`),
    predictsEdits: read("nextEdit.enabled", isBoolean, DEFAULTS.predictsEdits, "true or false"),
    nextEditDebounceMs: read(
      "nextEdit.debounceMs",
      upTo(LONGEST_NEXT_EDIT_DEBOUNCE_MS),
      DEFAULTS.nextEditDebounceMs,
      `a number from 0 to ${LONGEST_NEXT_EDIT_DEBOUNCE_MS}`,
    ),
    interpreter: read("interpreter", isString, DEFAULTS.interpreter, "a string"),
    popup: read("popup.enabled", isPopupSetting, DEFAULTS.popup, '"auto", "on" or "off"'),
    serverCommand: read("server.command", isStrings, DEFAULTS.serverCommand, "a list of strings"),
    serverPython: read("server.python", isString, DEFAULTS.serverPython, "a string"),
  };
  return { settings, problems };
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === "boolean";
}

function upTo(longest: number): (value: unknown) => value is number {
  return (value): value is number => typeof value === "number" && value >= 0 && value <= longest;
}

function isPopupSetting(value: unknown): value is PopupSetting {
  return value === "auto" || value === "on" || value === "off";
}

function isString(value: unknown): value is string {
  return typeof value === "string";
}

function isStrings(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every(isString);
}
