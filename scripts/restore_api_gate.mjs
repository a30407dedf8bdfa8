/**
 * Makes code-server refuse proposed APIs to extensions that did not ask for them, as VS Code on the desktop does.
 *
 * code-server switches every proposed API on for every extension, so an extension that uses one by mistake works
 * there and fails for everyone else.
 */
import fs from "node:fs";
import path from "node:path";

/** `function isProposedApiEnabled(extension, proposal) { return true }`, followed by the check that calls it. */
const GATE = /function (\w+)\((\w+),(\w+)\)\{return!0\}(?=function \w+\(\w+,\w+\)\{if\(!\1\()/g;
const GATE_RESTORED = "function $1($2,$3){return!!$2.enabledApiProposals&&$2.enabledApiProposals.includes($3)}";

/** The workbench's own switch, which hands every extension all proposals. */
const SWITCH = /this\._envEnablesProposedApiForAll=!0/g;
const SWITCH_RESTORED = "this._envEnablesProposedApiForAll=!1";

/** How often each pattern occurs in each file of code-server 4.139.1; another count means another version. */
const HITS = [
  { file: "vs/code/browser/workbench/workbench.js", gate: 1, switch: 1 },
  { file: "vs/workbench/api/node/extensionHostProcess.js", gate: 1, switch: 0 },
  { file: "vs/workbench/api/worker/extensionHostWorkerMain.js", gate: 1, switch: 0 },
];

/**
 * Rewrites the three scripts that decide about proposed APIs.
 *
 * @param {string} out The folder `lib/vscode/out` of code-server.
 * @throws {Error} A pattern does not occur as often as it should: this is not the version the patch was made for.
 */
export function restoreApiGate(out) {
  for (const expected of HITS) {
    const file = path.join(out, expected.file);
    // Latin-1 keeps every byte as it is; the patterns are ASCII.
    const before = fs.readFileSync(file, "latin1");
    const counts = { gate: before.match(GATE)?.length ?? 0, switch: before.match(SWITCH)?.length ?? 0 };
    if (counts.gate !== expected.gate || counts.switch !== expected.switch) {
      throw new Error(
        `${expected.file}: found gate ${counts.gate} and switch ${counts.switch} times, ` +
          `expected ${expected.gate} and ${expected.switch}: the patch does not fit this version of code-server`,
      );
    }
    fs.writeFileSync(file, before.replace(GATE, GATE_RESTORED).replace(SWITCH, SWITCH_RESTORED), "latin1");
  }
}
