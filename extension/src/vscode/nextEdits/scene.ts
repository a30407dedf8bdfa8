import * as vscode from "vscode";

import { isTabOurs, nextStep, wasBrought, type Arrival, type Cursor, type TabAction } from "../../pure/nextEditKeys";
import { pictureOf, type DrawnDocument, type EditPicture } from "../../pure/nextEditPicture";
import type { LiveEdit } from "../../pure/nextEditTracker";

/** What there is to show, and to whom. */
export interface Scene {
  readonly edit: LiveEdit;
  readonly picture: EditPicture;
  /** The editor with the cursor. */
  readonly editor: vscode.TextEditor;
  /** What is next from where the cursor is. */
  readonly step: TabAction;
  readonly isTabOurs: boolean;
  /** Whether the cursor is still where we put it on the way to an edit. */
  readonly wasBrought: boolean;
  /** Whether ghost text of ours stands at the cursor: then Tab is its own, and so is the place of a hint. */
  readonly hasGhostText: boolean;
}

/** A way of showing the one predicted edit. */
export interface Presentation {
  /** Shows a scene in place of the one before; returns whether it can be seen. */
  show(scene: Scene): boolean;
  hide(): void;
  dispose(): void;
}

/** Returns the scene of an edit in an editor. */
export function sceneOf(
  edit: LiveEdit,
  editor: vscode.TextEditor,
  { hasGhostText, arrival }: { readonly hasGhostText: boolean; readonly arrival: Arrival | undefined },
): Scene {
  const uri = editor.document.uri.toString();
  const { line, character } = editor.selection.active;
  const cursor: Cursor = { uri, position: { line, character }, lineText: editor.document.lineAt(line).text };
  const picture = pictureIn(editor, edit);
  const { firstLine, lastLine } = picture;
  const target = { uri: edit.uri, firstLine, lastLine, isInView: uri === edit.uri && isInView(editor, firstLine) };
  const isPlainCursor = editor.selections.length === 1 && editor.selection.isEmpty;
  return {
    edit,
    editor,
    picture,
    step: nextStep(cursor, target),
    wasBrought: wasBrought(cursor, arrival),
    isTabOurs: isPlainCursor && !hasGhostText && isTabOurs(cursor, target, arrival),
    hasGhostText,
  };
}

export function isInView(editor: vscode.TextEditor, line: number): boolean {
  return editor.visibleRanges.some(({ start, end }) => start.line <= line && line <= end.line);
}

function pictureIn(editor: vscode.TextEditor, edit: LiveEdit): EditPicture {
  const document = vscode.workspace.textDocuments.find((open) => open.uri.toString() === edit.uri);
  const tabSize = Number(editor.options.tabSize);
  const drawn: DrawnDocument = {
    // Of a file that is not open only the place is shown.
    nLines: document?.lineCount ?? 0,
    tabSize: Number.isInteger(tabSize) ? tabSize : 4,
    line: (line) => document?.lineAt(line).text ?? "",
  };
  return pictureOf(edit, drawn);
}
