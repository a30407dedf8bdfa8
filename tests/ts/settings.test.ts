import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { DEFAULTS, readSettings } from "../../extension/src/pure/settings";

interface Manifest {
  readonly contributes: { readonly configuration: readonly { readonly properties: Readonly<Record<string, { readonly default: unknown }>> }[] };
}

const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const properties = Object.assign({}, ...manifest.contributes.configuration.map((section) => section.properties)) as Record<
  string,
  { readonly default: unknown }
>;

describe("the extension's settings", () => {
  it("fall back to what package.json declares", () => {
    expect(readSettings((name) => properties[`inkling.${name}`]?.default)).toEqual({ settings: DEFAULTS, problems: [] });
    expect(readSettings(() => undefined)).toEqual({ settings: DEFAULTS, problems: [] });
  });

  it("are read only under names that package.json declares", () => {
    const asked: string[] = [];
    readSettings((name) => void asked.push(`inkling.${name}`));
    expect(asked.filter((name) => !(name in properties))).toEqual([]);
  });

  it("take what is right and replace a wrong value alone, in words", () => {
    const values: Readonly<Record<string, unknown>> = {
      "completion.enabled": "yes",
      "completion.debounceMs": 100,
      "server.command": ["inkling", 3],
      "server.python": "/usr/bin/python3",
    };
    const { settings, problems } = readSettings((name) => values[name]);
    expect(settings).toEqual({ ...DEFAULTS, debounceMs: 100, serverPython: "/usr/bin/python3" });
    expect(problems).toEqual([
      "inkling.completion.enabled must be true or false; true is used.",
      "inkling.server.command must be a list of strings; [] is used.",
    ]);
  });

  it.each([-1, 2001, Number.NaN, "40", null])("never wait %j ms", (debounceMs) => {
    const { settings } = readSettings((name) => (name === "completion.debounceMs" ? debounceMs : undefined));
    expect(settings.debounceMs).toBe(DEFAULTS.debounceMs);
  });
});
