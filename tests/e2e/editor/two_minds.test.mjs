/** The embedded mind and a model beside each other in a real window: late answers, and several to choose from. */
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { closeBrowser } from "./lib/browser.mjs";
import { ARTIFACTS } from "./lib/environment.mjs";
import { ModelEndpoint, promised } from "./lib/model_endpoint.mjs";
import { OFFERED, TYPED, moduleBeforeTyping } from "./lib/situations.mjs";
import { TestEditor } from "./lib/test_editor.mjs";
import { waitFor } from "./lib/wait.mjs";

after(closeBrowser);

const LONGER = `${OFFERED} or None`;

describe("two minds", () => {
  const endpoint = new ModelEndpoint();
  /** @type {TestEditor} */
  let editor;
  let window;

  before(async () => {
    editor = await TestEditor.start("two-minds");
    editor.setModelEndpoint(await endpoint.start());
    const names = ["warm", "longer", "typed", "other", "rejected", "several"];
    const files = Object.fromEntries(names.map((name) => [`tests/test_${name}.py`, moduleBeforeTyping(name)]));
    window = await editor.open(editor.addWorkspace("shop", files), "tests/test_warm.py");
    await window.waitUntilReady();
    await window.openFile("tests/test_warm.py");
    const isAsked = () => endpoint.received.length > 0;
    await waitFor("the endpoint to be asked", async () => {
      await window.insert(" ");
      // The next space comes only after a pause: whoever types on is not asked about.
      return waitFor("a question", isAsked, 2000).catch(isAsked);
    });
  });
  after(async () => {
    await editor.stop();
    await endpoint.stop();
  });

  const scenario = (title, body) => test(title, { timeout: 120_000 }, () => editor.watch(title, body));

  /** Shows the embedded mind's text while the model's is still to come; returns what lets that come. */
  async function showFirst(name) {
    const said = promised();
    const n = endpoint.received.length;
    endpoint.script = () => said.promise;
    await window.openFile(`tests/test_${name}.py`);
    await window.insert(TYPED);
    await window.waitForGhostText(OFFERED);
    await waitFor("the endpoint to be asked", () => endpoint.received.length > n);
    return said.keep;
  }

  scenario("anything else that it says later changes nothing", async () => {
    const say = await showFirst("other");
    say(["None"]);
    await waitFor("the model's text to be dropped", () =>
      editor.events.decisions("test_other.py").some(({ reason, source }) => reason === "too_late" && source === "model"),
    );
    assert.equal(await window.ghostText(), OFFERED);
    await window.press("Tab");
    assert.ok((await window.save()).endsWith(TYPED + OFFERED));
  });

  scenario("what was rejected does not come back longer", async () => {
    const say = await showFirst("rejected");
    await window.press("Escape");
    await window.waitForGhostText("");
    await editor.events.waitForOutcome("rejected", "test_rejected.py");
    say([LONGER]);
    await waitFor("the model's text to be judged", () =>
      editor.events.decisions("test_rejected.py").some(({ source }) => source === "model"),
    );
    assert.equal(await window.ghostText(), "");
    await window.save();
  });

  /** Goes on to the next suggestion, and returns it once it is there; while there is one alone it stays. */
  async function next() {
    const before = await window.ghostText();
    await window.press("Alt+BracketRight");
    await waitFor("another suggestion", async () => ![before, ""].includes(await window.ghostText()), 1000).catch(() => undefined);
    return window.ghostText();
  }

  scenario("who asks explicitly cycles through what both say", async () => {
    endpoint.script = () => ["None", '"first"', "'first'", '"second"', ")"];
    await window.openFile("tests/test_several.py");
    await window.insert(TYPED);
    await window.waitForGhostText(OFFERED);
    await window.runCommand("Trigger Inline Suggestion");
    const seen = new Set();
    await waitFor("each suggestion once", async () => {
      seen.add(await next());
      return [OFFERED, "None", '"first"', '"second"'].every((text) => seen.has(text));
    });
    // The embedded mind may have another one of its own; five are the most.
    assert.ok(!seen.has("'first'") && !seen.has(")") && seen.size <= 5, [...seen].join(" "));
    await waitFor("the one to accept", async () => (await next()) === '"second"');
    await window.press("Tab");
    assert.ok((await window.save()).endsWith(`${TYPED}"second"`));
    const accepted = await editor.events.waitForOutcome("accepted", "test_several.py");
    const decision = editor.events.decisions("test_several.py").find((row) => row.suggestion_id === accepted.suggestion_id);
    assert.equal(decision.source, "model");
    const judged = editor.events.outcomes("test_several.py").filter(({ kind }) => kind === "ignored" || kind === "rejected");
    assert.deepEqual(judged, []);
  });

  scenario("what the model says later makes the text on display longer, also where it was typed along with", async () => {
    const say = await showFirst("typed");
    await window.type(OFFERED.slice(0, 7));
    await window.waitForGhostText(OFFERED.slice(7));
    say([LONGER]);
    await window.waitForGhostText(LONGER.slice(7));
    // What is accepted is learned at once; the next one begins as this one did.
    await window.press("Escape");
    await window.press("Control+Backspace");
    await window.save();
  });

  scenario("and it is one suggestion when it is accepted", async () => {
    const say = await showFirst("longer");
    say([LONGER]);
    await window.waitForGhostText(LONGER);
    await window.screenshot(path.join(ARTIFACTS, "late-suggestion.png"));
    await window.press("Tab");
    assert.ok((await window.save()).endsWith(TYPED + LONGER));
    const accepted = await editor.events.waitForOutcome("accepted", "test_longer.py");
    const rows = editor.events.decisions("test_longer.py").filter((row) => row.was_offered);
    assert.equal(rows.find((row) => row.suggestion_id === accepted.suggestion_id).source, "model");
    const [embedded] = rows.filter((row) => row.source === "embedded");
    const ends = editor.events.outcomes("test_longer.py").filter((row) => row.suggestion_id === embedded.suggestion_id && row.kind !== "shown");
    assert.deepEqual(ends.map(({ kind }) => kind), ["superseded"]);
  });
});
