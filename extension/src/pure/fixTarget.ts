/** What *Fix with Feedback* is about, told from where it was called. */

import { functionAt, isTestName, outlineFunctions } from "./functionOutline";
import { functionOf } from "./nodeIds";
import type { FixParams, WireFailingPlace, WireRange } from "./protocol";

/** One thing that can be fixed, with words for the user to choose it by. */
export interface FixTarget {
  readonly label: string;
  /** Further words, such as the file; may be empty. */
  readonly detail: string;
  readonly params: Pick<FixParams, "folderUri" | "nodeIds" | "traceback" | "place">;
}

export interface FailingTest {
  readonly folderUri: string;
  readonly nodeId: string;
  readonly uri: string;
  /** The first line of what pytest said. */
  readonly words: string;
}

export interface DiagnosticHere {
  readonly range: WireRange;
  readonly message: string;
  readonly code: string;
}

/** The editor in front. */
export interface EditorSituation {
  readonly uri: string;
  /** The file's path relative to its folder, with slashes; undefined outside of the workspace. */
  readonly path: string | undefined;
  readonly isPython: boolean;
  readonly text: string;
  readonly selection: WireRange;
  readonly selectedText: string;
  /** Diagnostics at the cursor. */
  readonly diagnostics: readonly DiagnosticHere[];
}

/** Returns what a folder has to fix where the place of the cursor does not say it. */
export function targetsIn(folderUri: string, folderName: string, failing: readonly FailingTest[]): readonly FixTarget[] {
  return [
    ...failing.map(targetOfTest),
    { label: `Whatever fails in ${folderName}`, detail: "Runs all its tests in the sandbox", params: { folderUri } },
  ];
}

export function targetOfTest({ folderUri, nodeId, words }: Omit<FailingTest, "uri">): FixTarget {
  return { label: nodeId, detail: words, params: { folderUri, nodeIds: [nodeId] } };
}

export function targetOfTraceback(folderUri: string, traceback: string, label: string): FixTarget {
  return { label, detail: lastWords(traceback), params: { folderUri, traceback } };
}

export function targetOfPlace(folderUri: string, place: WireFailingPlace, label: string): FixTarget {
  return { label, detail: "", params: { folderUri, place } };
}

/** Returns what the place of the cursor says is meant, if it does. */
export function targetInEditor(folderUri: string, editor: EditorSituation, failing: readonly FailingTest[]): FixTarget | undefined {
  const traceback = tracebackIn(editor.selectedText);
  if (traceback !== undefined) {
    return targetOfTraceback(folderUri, traceback, "Selected traceback");
  }
  if (!editor.isPython || editor.path === undefined) {
    return undefined;
  }
  const [diagnostic] = editor.diagnostics;
  const within = functionAt(outlineFunctions(editor.text), editor.selection.start.line);
  const failingHere = within === undefined ? [] : failing.filter((test) => test.uri === editor.uri && functionOf(test.nodeId) === within.name);
  if (failingHere.length > 0) {
    const nodeIds = failingHere.map(({ nodeId }) => nodeId);
    return { label: nodeIds.join(", "), detail: failingHere[0]?.words ?? "", params: { folderUri, nodeIds } };
  }
  if (diagnostic !== undefined) {
    return targetOfPlace(folderUri, { uri: editor.uri, ...diagnostic }, diagnostic.message);
  }
  if (within !== undefined && isTestName(within.name)) {
    return targetOfTest({ folderUri, nodeId: `${editor.path}::${within.name}`, words: "" });
  }
  if (editor.selectedText.trim() !== "") {
    return targetOfPlace(folderUri, { uri: editor.uri, range: editor.selection }, "Selected code");
  }
  return undefined;
}

const MAX_TRACEBACK_CHARS = 100_000; // a traceback of the deepest recursion that Python prints is shorter

/** Returns the part of a text from a traceback on, as Python or pytest prints it; undefined when there is none. */
export function tracebackIn(text: string): string | undefined {
  const from = text.search(/^.*Traceback \(most recent call last\):/m);
  if (from !== -1 && /^\s*File ".+", line \d+/m.test(text.slice(from))) {
    return text.slice(from, from + MAX_TRACEBACK_CHARS).trimEnd();
  }
  const isPytest = /^E {2,}\S/m.test(text) && /^\S+\.py:\d+: /m.test(text);
  return isPytest ? text.slice(-MAX_TRACEBACK_CHARS).trim() : undefined;
}

/** Returns the line of a traceback that names the exception. */
function lastWords(traceback: string): string {
  const lines = traceback.split(/\r?\n/).map((line) => line.replace(/^E\s+/, "").trim());
  return lines.findLast((line) => /^[\w.]+(Error|Exception|Exit|Interrupt|Warning)\b/.test(line)) ?? lines.at(-1) ?? "";
}
