import * as vscode from "vscode";

import type { WireFileEdits } from "../../pure/protocol";
import { rangeOf, type DocumentChanges } from "../documentChanges";

/** The edits no longer fit; the message says where and is for the user. */
export class MovedError extends Error {}

/**
 * Returns edits as one change that the editor shows before it makes it.
 *
 * The editor shows a change when a part of it needs a confirmation, and leaves such parts unticked at first. So the one
 * part that needs it makes a file that is there already, which is neither shown nor done.
 *
 * @param madeAtMs When the texts were read that the edits were made for.
 * @throws {MovedError} A file was changed where an edit belongs.
 */
export async function previewedEdit(
  files: readonly WireFileEdits[],
  label: string,
  changes: DocumentChanges,
  madeAtMs: number,
): Promise<vscode.WorkspaceEdit> {
  const edit = new vscode.WorkspaceEdit();
  for (const file of files) {
    const uri = vscode.Uri.parse(file.uri);
    const isOpen = vscode.workspace.textDocuments.some((document) => document.uri.toString() === uri.toString());
    const edits = isOpen ? await changes.place(file, madeAtMs) : await onDisk(file, uri, madeAtMs);
    if (edits === undefined) {
      throw new MovedError(`${vscode.workspace.asRelativePath(uri)} was changed meanwhile, so nothing was applied.`);
    }
    for (const single of edits) {
      edit.replace(uri, rangeOf(single), single.newText, { label, needsConfirmation: false });
    }
  }
  const [first] = files;
  if (first !== undefined) {
    edit.createFile(vscode.Uri.parse(first.uri), { ignoreIfExists: true }, { label, needsConfirmation: true });
  }
  return edit;
}

async function onDisk(file: WireFileEdits, uri: vscode.Uri, madeAtMs: number): Promise<WireFileEdits["edits"] | undefined> {
  if (file.version !== null) {
    return undefined; // It was open when it was read, and closed since.
  }
  try {
    return (await vscode.workspace.fs.stat(uri)).mtime > madeAtMs ? undefined : file.edits;
  } catch {
    return undefined; // It is gone.
  }
}
