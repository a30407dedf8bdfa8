import * as vscode from "vscode";

import { hintText, placeText, spokenText, type EditPicture } from "../../pure/nextEditPicture";
import { isInView, type Presentation, type Scene } from "./scene";

type Attachment = vscode.ThemableDecorationAttachmentRenderOptions;

/** Draws the predicted edit itself: what would go and come where it would, and a hint at the cursor while that is elsewhere. */
export class Drawing implements Presentation {
  private readonly deletedText = vscode.window.createTextEditorDecorationType({
    backgroundColor: color("deletedTextBackground"),
    border: "1px solid",
    borderColor: color("deletedTextBorder"),
    textDecoration: "line-through",
  });
  private readonly insertedText = vscode.window.createTextEditorDecorationType({ rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed });
  private readonly insertedHere = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    borderColor: color("insertedLineMark"),
    borderStyle: "solid",
    borderWidth: "1px 0 0 0",
  });
  private readonly insertedAtEnd = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    borderColor: color("insertedLineMark"),
    borderStyle: "solid",
    borderWidth: "0 0 1px 0",
  });
  private readonly applyMark = vscode.window.createTextEditorDecorationType({
    after: { contentText: "⇥ apply", color: color("quietHintForeground"), margin: "0 0 0 2ch" },
  });
  private readonly hint = vscode.window.createTextEditorDecorationType({ rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed });
  /** Says the edit to whom the marks in the text say nothing; its role makes a screen reader read what changes in it. */
  private readonly spoken = vscode.window.createStatusBarItem("inkling.nextEdit", vscode.StatusBarAlignment.Right, 101);
  private readonly types = [this.deletedText, this.insertedText, this.insertedHere, this.insertedAtEnd, this.applyMark, this.hint];

  constructor() {
    this.spoken.name = "Inkling: Next Edit";
  }

  show(scene: Scene): boolean {
    const { edit, editor, picture } = scene;
    const isInSameFile = editor.document.uri.toString() === edit.uri;
    let isSeen = false;
    for (const visible of vscode.window.visibleTextEditors) {
      const isTarget = visible.document.uri.toString() === edit.uri;
      this.drawEdit(visible, isTarget ? picture : undefined, visible === editor && scene.step === "apply" && scene.isTabOurs);
      const hasHint = visible === editor && scene.step === "jump" && !scene.hasGhostText;
      visible.setDecorations(this.hint, hasHint ? [hintAt(visible, hintText(edit, isInSameFile, scene.isTabOurs), edit.words)] : []);
      isSeen ||= hasHint || (isTarget && isInView(visible, picture.firstLine));
    }
    this.speak(scene, isInSameFile);
    return isSeen;
  }

  hide(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      for (const type of this.types) {
        editor.setDecorations(type, []);
      }
    }
    this.spoken.hide();
  }

  dispose(): void {
    vscode.Disposable.from(this.spoken, ...this.types).dispose();
  }

  private drawEdit(editor: vscode.TextEditor, picture: EditPicture | undefined, hasMark: boolean): void {
    const { document } = editor;
    const markedLine = hasMark ? (picture?.box[0]?.line ?? picture?.firstLine) : undefined;
    editor.setDecorations(this.insertedText, picture === undefined ? [] : insertedMarks(document, picture));
    editor.setDecorations(this.applyMark, markedLine === undefined ? [] : [document.lineAt(markedLine).range]);
    editor.setDecorations(this.deletedText, picture?.deleted.map(({ line, start, end }) => new vscode.Range(line, start, line, end)) ?? []);
    const before = picture?.insertedBefore;
    const isAtEnd = before !== undefined && before >= document.lineCount;
    editor.setDecorations(this.insertedHere, before === undefined || isAtEnd ? [] : [new vscode.Range(before, 0, before, 0)]);
    editor.setDecorations(this.insertedAtEnd, isAtEnd ? [document.lineAt(document.lineCount - 1).range] : []);
  }

  private speak({ edit, step, isTabOurs }: Scene, isInSameFile: boolean): void {
    const keys = step === "jump" ? "Tab jumps there, Tab again applies it" : "Tab applies it";
    this.spoken.text = `$(arrow-right) ${placeText(edit, isInSameFile)}`;
    this.spoken.tooltip = `${spokenText(edit, isInSameFile)} Click to ${step === "jump" ? "go there" : "apply it"}.`;
    this.spoken.accessibilityInformation = {
      label: `${spokenText(edit, isInSameFile)}${isTabOurs ? ` ${keys}, Escape dismisses it.` : ""}`,
      role: "status",
    };
    this.spoken.command = step === "jump" ? "inkling.nextEdit.jump" : "inkling.nextEdit.apply";
    this.spoken.show();
  }
}

function insertedMarks(document: vscode.TextDocument, picture: EditPicture): vscode.DecorationOptions[] {
  const inLines = picture.inserted.map(({ line, character, text }) => ({
    range: new vscode.Range(line, character, line, character),
    renderOptions: { after: inserted(text) },
  }));
  const inBox = picture.box.map(({ line, gap, text }) => {
    const { end } = document.lineAt(line).range;
    return { range: new vscode.Range(end, end), renderOptions: { after: { ...inserted(text), margin: `0 0 0 ${gap}ch` } } };
  });
  return [...inLines, ...inBox];
}

function inserted(text: string): Attachment {
  return {
    contentText: text.replaceAll(" ", "\u00a0"), // Plain spaces would be drawn as one.
    color: color("insertedTextForeground"),
    backgroundColor: color("insertedTextBackground"),
    border: "1px solid",
    borderColor: color("insertedTextBorder"),
  };
}

function hintAt(editor: vscode.TextEditor, contentText: string, hoverMessage: string): vscode.DecorationOptions {
  const { end } = editor.document.lineAt(editor.selection.active.line).range;
  const after: Attachment = { contentText, color: color("quietHintForeground"), margin: "0 0 0 3ch" };
  return { range: new vscode.Range(end, end), hoverMessage, renderOptions: { after } };
}

function color(name: string): vscode.ThemeColor {
  return new vscode.ThemeColor(`inkling.${name}`);
}
