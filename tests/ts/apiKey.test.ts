import { describe, expect, it } from "vitest";

import { keyProblem, withoutKey } from "../../extension/src/pure/apiKey";

describe("the API key", () => {
  it.each(["sk-abc_123", " sk-abc "])("can be %j", (typed) => {
    expect(keyProblem(typed)).toBeUndefined();
  });

  it.each(["", "  ", "two words", "line\nbreak", "schlüssel", "\u202esk"])("cannot be %j", (typed) => {
    expect(keyProblem(typed)).toBeDefined();
  });

  it.each(["sk-abc", 'a"b\\c', "\\", ""])("does not get into a trace: %j", (apiKey) => {
    for (const indent of [undefined, 4]) {
      const traced = `Params: ${JSON.stringify({ isTrusted: true, apiKey, other: "kept" }, null, indent)}`;
      const shown = withoutKey(traced);
      expect(JSON.parse(shown.slice("Params: ".length))).toEqual({ isTrusted: true, apiKey: "(hidden)", other: "kept" });
    }
  });

  it("is not made up where there is none", () => {
    const traced = JSON.stringify({ apiKey: null, text: "apiKey" });
    expect(withoutKey(traced)).toBe(traced);
  });
});
