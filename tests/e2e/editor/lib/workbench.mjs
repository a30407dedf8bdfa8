/** One window of the editor, as a person uses it: keys in, what can be seen out. */
import fs from "node:fs";
import path from "node:path";

import { browser } from "./browser.mjs";
import { waitFor } from "./wait.mjs";

const KEY_DELAY_MS = 30; // a fast typist; the editor must keep up, and asks while typing
const DEADLINE_MS = 30_000;
const OPEN_DEADLINE_MS = 120_000; // a busy machine may take longer than a minute for the editor's first page
const REOPEN_AFTER_MS = 3_000; // a quick input that cannot be filled in by then was closed

export class Workbench {
  #file;
  #refusals = [];

  /** Use `Workbench.open`. */
  constructor(page, workspace) {
    this.page = page;
    this.workspace = workspace;
    page.on("console", (message) => {
      if (/Content Security Policy/i.test(message.text())) {
        this.#refusals.push(message.text());
      }
    });
  }

  /**
   * Opens a window on a folder, with a file in front.
   *
   * @param {string} url The editor's address.
   * @param {string} workspace
   * @param {string} file The file's path in the workspace.
   */
  static async open(url, workspace, file) {
    const context = await (await browser()).newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    page.setDefaultTimeout(DEADLINE_MS);
    const uri = `vscode-remote://${new URL(url).host}${path.join(workspace, file)}`;
    const query = new URLSearchParams({ folder: workspace, payload: JSON.stringify([["openFile", uri]]) });
    await page.goto(`${url}/?${query}`, { timeout: OPEN_DEADLINE_MS });
    const workbench = new Workbench(page, workspace);
    await workbench.#isOpen(file);
    return workbench;
  }

  /** Opens another file of the workspace and puts the cursor at its end. */
  async openFile(file) {
    const tab = this.#tab(file);
    if ((await tab.count()) > 0) {
      await tab.click();
    } else {
      await this.#ask("Control+KeyP", file);
      // Its own row, not one of a file whose name ends the same.
      const row = this.page.locator(".quick-input-list .monaco-list-row");
      await row.filter({ has: this.page.getByText(path.basename(file), { exact: true }) }).first().click();
      // It fades out, and would swallow the keys of the next opening.
      await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
    }
    await this.#isOpen(file);
    await this.press("Control+End");
  }

  /** Inkling's item in the status bar. */
  get statusItem() {
    return this.page.locator('.statusbar-item[id^="inkling.inkling"]').first();
  }

  /** Waits until Inkling's item in the status bar shows that suggestions can come. */
  async waitUntilReady(deadlineMs = 60_000) {
    await this.statusItem.locator(".codicon-sparkle").waitFor({ timeout: deadlineMs });
  }

  /** Types as a person does, key by key. */
  async type(text) {
    await this.page.keyboard.type(text, { delay: KEY_DELAY_MS });
  }

  /** Enters a text at once: one change of the document, and so one question to Inkling. */
  async insert(text) {
    await this.page.keyboard.insertText(text);
  }

  async press(key) {
    await this.page.keyboard.press(key);
  }

  /** Returns the ghost text that can be seen now; empty when there is none. */
  async ghostText() {
    const parts = await this.page.locator('.monaco-editor [class*="ghost-text"]').allTextContents();
    return plain(parts.join(""));
  }

  /** Waits until the ghost text is this one. */
  async waitForGhostText(expected) {
    let seen;
    await waitFor(`the ghost text ${JSON.stringify(expected)}`, async () => {
      seen = await this.ghostText();
      return seen === expected;
    }).catch((error) => {
      throw new Error(`${error.message}; it was ${JSON.stringify(seen)}`);
    });
  }

  /** Returns the words that decorations put into the lines that can be seen, in the order of the page. */
  async marks() {
    const contents = await this.page.evaluate(() => {
      const words = (part, pseudo) => globalThis.getComputedStyle(part, pseudo).content;
      const parts = [...globalThis.document.querySelectorAll('.editor-instance .view-line [class*="ced-"]')];
      return parts.flatMap((part) => [words(part, "::before"), words(part, "::after")]);
    });
    return contents.filter((content) => content !== "none").map((content) => plain(JSON.parse(content)));
  }

  /** Waits until a decoration puts this into a line. */
  async waitForMark(text) {
    let seen;
    await waitFor(`the mark ${JSON.stringify(text)}`, async () => {
      seen = await this.marks();
      return seen.some((mark) => mark.includes(text));
    }).catch((error) => {
      throw new Error(`${error.message}; there were ${JSON.stringify(seen)}`);
    });
  }

  /** Waits until no decoration puts anything into a line. */
  async waitForNoMarks() {
    await waitFor("no marks", async () => (await this.marks()).length === 0);
  }

  /** Returns the line, counted from 1, of the edit that the editor itself shows; undefined where it shows none. */
  async inlineEditLine() {
    const marks = await this.page.locator(".editor-instance .inline-edits-view-gutter-indicator").allInnerTexts();
    const line = marks.map((mark) => mark.trim()).find((mark) => mark !== "");
    return line === undefined ? undefined : Number(line);
  }

  /** Waits until the editor itself shows an edit in a line, counted from 1, or none. */
  async waitForInlineEdit(line) {
    let seen;
    await waitFor(`the inline edit in line ${line}`, async () => {
      seen = await this.inlineEditLine();
      return seen === line;
    }).catch((error) => {
      throw new Error(`${error.message}; it was in line ${seen}`);
    });
  }

  /** Waits until the editor says, beside the edit that it shows, that Tab applies it. */
  async waitUntilTabApplies() {
    await this.page.locator(".editor-instance .inline-edits-view-gutter-indicator .codicon-keyboard-tab").first().waitFor();
  }

  /** Opens a file and puts the cursor somewhere, both counted from 1. */
  async goTo(file, line, column) {
    await this.openFile(file);
    await this.press("Control+KeyG");
    await this.page.locator(".quick-input-widget input").fill(`:${line}:${column}`);
    await this.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
    await this.waitUntilInFront(file);
    await this.waitForPosition(line, column);
  }

  /** Returns what the status bar says of the cursor, such as "Ln 3, Col 20 (3 selected)". */
  async position() {
    return this.page.locator('[id="status.editor.selection"]').innerText();
  }

  /** Waits until the cursor is somewhere, both counted from 1. */
  async waitForPosition(line, column) {
    await waitFor(`the cursor at ${line}:${column}`, async () => (await this.position()) === `Ln ${line}, Col ${column}`);
  }

  /** Waits until a file that someone else opens is in front and the keyboard is its own. */
  async waitUntilInFront(file) {
    await this.#tab(file, ".active").waitFor();
    await this.page.locator(".monaco-editor.focused").first().waitFor();
    this.#file = file;
  }

  /** Runs a command from the command palette by its whole title; one that `opensInput` puts its own in the palette's place. */
  async runCommand(title, { opensInput = false } = {}) {
    await this.#ask("F1", `>${title}`);
    await this.page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first().waitFor();
    await this.press("Enter");
    if (!opensInput) {
      await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
    }
  }

  /** Opens the quick input with a key and fills it in; an editor that takes the focus meanwhile closes it, so it is opened again. */
  async #ask(key, text) {
    const input = this.page.locator(".quick-input-widget input");
    const deadline = Date.now() + DEADLINE_MS;
    for (;;) {
      await this.press(key);
      try {
        await input.fill(text, { timeout: REOPEN_AFTER_MS });
        return;
      } catch (error) {
        if (Date.now() > deadline) {
          throw error;
        }
      }
    }
  }

  /** Saves the file in front and returns what is on disk then. */
  async save() {
    const file = path.join(this.workspace, this.#file);
    const writtenAt = () => fs.statSync(file, { bigint: true }).mtimeNs;
    const before = writtenAt();
    await this.press("Control+KeyS");
    // A tab looks saved as soon as saving begins, and a file is empty before it is written: what counts is that it rests.
    let last = before;
    await waitFor(`${this.#file} to be written`, () => {
      const previous = last;
      last = writtenAt();
      return last !== before && last === previous;
    });
    await this.page.locator(".tab.active:not(.dirty)").waitFor();
    return fs.readFileSync(file, "utf8");
  }

  /** Writes a picture of the window. */
  async screenshot(file) {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    await this.page.screenshot({ path: file });
  }

  /** Chooses another colour theme, as a person does. */
  async chooseTheme(name) {
    await this.press("Control+KeyK");
    await this.press("Control+KeyT");
    await this.page.locator('.quick-input-widget input[placeholder*="Color Theme"]').fill(name);
    await this.page.locator(".quick-input-list .monaco-list-row.focused", { hasText: name }).waitFor();
    await this.press("Enter");
    await this.page.locator(".quick-input-widget").waitFor({ state: "hidden" });
  }

  /** The document of the page that an extension shows in front. */
  get webview() {
    return this.page.locator("iframe.webview.ready:visible").contentFrame().locator("iframe#active-frame").contentFrame();
  }

  /** What the browser refused to load or run, of the editor and of all pages in it. */
  get refusals() {
    return this.#refusals;
  }

  async close() {
    await this.page.context().close();
  }

  /** A file's own tab; that of a diff names the same resource, and says more. */
  #tab(file, state = "") {
    const name = path.basename(file);
    const tabs = this.page.locator(`.tab${state}[data-resource-name="${name}"]`);
    return tabs.filter({ has: this.page.getByText(name, { exact: true }) });
  }

  /** Waits until a file is in front and the keyboard is its own. */
  async #isOpen(file) {
    await this.#tab(file, ".active").waitFor();
    await this.page.locator(".editor-instance .view-lines .view-line").first().waitFor();
    await this.page.locator(".editor-instance .view-lines").first().click();
    await this.page.locator(".monaco-editor.focused").first().waitFor();
    this.#file = file;
  }
}

/** Returns a text with the plain spaces that the editor draws as no-break ones. */
function plain(text) {
  return text.replaceAll("\u00a0", " ");
}
