/** Puts the sections into the document; the only part of the page that knows it is one. */

import {
  BarController,
  BarElement,
  CategoryScale,
  Chart as Canvas,
  Legend,
  LinearScale,
  LineController,
  LineElement,
  PointElement,
  ScatterController,
  Tooltip,
} from "chart.js";

import { PERIODS_DAYS, type PageRequest } from "../pure/insightsMessages";
import type { Insights } from "../pure/protocol";
import type { Palette } from "./charts";
import * as format from "./format";
import { period, sections, tiles, type Cell, type Chart, type Row, type Section, type Table } from "./sections";

Canvas.register(BarController, BarElement, CategoryScale, Legend, LinearScale, LineController, LineElement, PointElement, ScatterController, Tooltip);

const ACTION_WORDS = { retrain: "Retrain", reset: "Reset…", export: "Export…" } as const;

/** The editor behind the page; a report has none, and so no buttons. */
export type Ask = (request: PageRequest) => void;

export class Page {
  private readonly message = element("p", { id: "message", role: "status" });
  private readonly body = element("div", { id: "body" });
  private readonly select = element("select", { id: "period", "aria-label": "Period" });
  private insights: Insights | undefined;
  private charts: { readonly part: Chart; readonly canvas: HTMLCanvasElement; drawn: Canvas }[] = [];

  constructor(
    private readonly root: HTMLElement,
    private readonly ask: Ask | undefined,
    nDays: number,
  ) {
    const head = element("header", {}, element("h1", {}, ask === undefined ? "Inkling: Insights" : "Insights"));
    if (ask !== undefined) {
      this.select.append(...PERIODS_DAYS.map((days) => element("option", { value: String(days) }, `${days} days`)));
      this.select.value = String(nDays);
      this.select.addEventListener("change", () => {
        this.load();
      });
      const refresh = element("button", { id: "refresh", type: "button" }, "Refresh");
      refresh.addEventListener("click", () => {
        this.load();
      });
      head.append(this.message, element("div", { class: "buttons" }, this.select, refresh));
    }
    this.root.replaceChildren(head, this.body);
    watchTheme(() => {
      this.redraw();
    });
  }

  /** Asks for the figures of the chosen period, over a sketch of the page where there is none yet. */
  load(): void {
    this.working("Reading your log…");
    if (this.insights === undefined) {
      this.body.replaceChildren(sketch());
    }
    this.ask?.({ kind: "load", nDays: Number(this.select.value) });
  }

  working(words: string): void {
    this.root.setAttribute("aria-busy", "true");
    this.say(words, "working");
  }

  /** Says what came of something; what is on the page stays. */
  said(words: string): void {
    this.root.setAttribute("aria-busy", "false");
    this.say(words, "said");
  }

  failed(words: string): void {
    this.root.setAttribute("aria-busy", "false");
    if (this.insights === undefined) {
      this.body.replaceChildren();
    }
    this.say(words, "failed");
    const retry = element("button", { id: "retry", type: "button" }, "Try again");
    retry.addEventListener("click", () => {
      this.load();
    });
    this.message.append(" ", retry);
  }

  /** Shows the figures. Keeps what was unfolded and where the keyboard was. */
  show(insights: Insights): void {
    this.insights = insights;
    this.root.setAttribute("aria-busy", "false");
    if (this.message.className === "working") {
      this.say("", "");
    }
    // Without the keyboard in the page, taking it would take it from somebody.
    const focused = document.hasFocus() ? document.activeElement?.id : undefined;
    const unfolded = new Set([...this.body.querySelectorAll("details[open]")].map((details) => details.id));
    this.charts.forEach(({ drawn }) => {
      drawn.destroy();
    });
    this.charts = [];
    const pending: { part: Chart; canvas: HTMLCanvasElement }[] = [];
    this.body.replaceChildren(
      element("p", { class: "lead" }, period(insights)),
      ...insights.alarms.map((alarm) => element("p", { class: "alarm", role: "alert" }, alarm)),
      element(
        "dl",
        { id: "tiles" },
        ...tiles(insights).map(({ title, figure, note }) =>
          element("div", {}, element("dt", {}, title), element("dd", { class: "figure" }, figure), element("dd", { class: "note" }, note)),
        ),
      ),
      element("div", { id: "sections" }, ...sections(insights).map((section) => this.section(section, unfolded, pending))),
    );
    // A canvas has a size only once it is in the document.
    const palette = readPalette(this.root);
    this.charts = pending.map(({ part, canvas }) => ({ part, canvas, drawn: new Canvas(canvas, part.draw(palette)) }));
    if (focused !== undefined && focused !== "") {
      document.getElementById(focused)?.focus({ preventScroll: true });
    }
  }

  private say(words: string, className: string): void {
    this.message.className = className;
    this.message.replaceChildren(words);
  }

  private redraw(): void {
    const palette = readPalette(this.root);
    for (const chart of this.charts) {
      chart.drawn.destroy();
      chart.drawn = new Canvas(chart.canvas, chart.part.draw(palette));
    }
  }

  private section(section: Section, unfolded: ReadonlySet<string>, pending: { part: Chart; canvas: HTMLCanvasElement }[]): HTMLElement {
    const titleId = `${section.id}-title`;
    const shown = element("section", { id: section.id, class: section.isWide ? "wide" : "", "aria-labelledby": titleId });
    shown.append(element("h2", { id: titleId }, section.title), element("p", { class: "lead" }, section.lead));
    if (section.chart !== undefined) {
      const canvas = element("canvas", { role: "img", "aria-label": section.chart.label });
      const frame = element("div", { class: "chart" }, canvas);
      frame.style.height = `${section.chart.heightPx}px`;
      pending.push({ part: section.chart, canvas });
      shown.append(frame);
    }
    if (section.table !== undefined) {
      const table = this.table(section.table);
      shown.append(section.chart === undefined ? table : folded(`${section.id}-numbers`, "The numbers", table, unfolded));
    }
    if (section.facts !== undefined && section.facts.length > 0) {
      shown.append(element("dl", { class: "facts" }, ...section.facts.flatMap(({ title, text }) => [element("dt", {}, title), element("dd", {}, text)])));
    }
    const { ask } = this;
    if (ask !== undefined && section.actions !== undefined) {
      const buttons = section.actions.map((kind) => {
        const button = element("button", { id: kind, type: "button", class: "secondary" }, ACTION_WORDS[kind]);
        button.addEventListener("click", () => {
          ask({ kind });
        });
        return button;
      });
      shown.append(element("div", { class: "buttons" }, ...buttons));
    }
    return shown;
  }

  private table({ caption, columns, rows }: Table): HTMLElement {
    const canChoose = this.ask !== undefined && rows.some((row) => row.policy !== undefined);
    const hasMarks = canChoose || rows.some((row) => row.isInForce === true);
    const marks = hasMarks ? [element("th", { scope: "col" }, element("span", { class: "unseen" }, "Choice"))] : [];
    const head = columns.map(({ title, isNumber }) => element("th", { scope: "col", class: isNumber ? "number" : "" }, title));
    const body = rows.map((row) => {
      const cells = row.cells.map((cell, index) => tableCell(cell, columns[index]?.isNumber ?? false, index === 0));
      const mark = hasMarks ? [element("td", { class: "choice" }, this.mark(row))] : [];
      return element("tr", { class: row.isInForce === true ? "in-force" : "" }, ...cells, ...mark);
    });
    const table = element("table", {}, element("caption", { class: "unseen" }, caption), element("thead", {}, element("tr", {}, ...head, ...marks)), element("tbody", {}, ...body));
    return element("div", { class: "scroll" }, table);
  }

  private mark({ cells, isInForce, policy }: Row): HTMLElement | string {
    if (isInForce === true) {
      return element("span", { class: "badge" }, "in force");
    }
    const { ask } = this;
    if (ask === undefined || policy === undefined) {
      return "";
    }
    const [name] = cells;
    const label = `Choose ${typeof name === "string" ? name : (name?.text ?? policy)}`;
    const button = element("button", { id: `choose-${policy}`, type: "button", class: "secondary", "aria-label": label }, "Choose");
    button.addEventListener("click", () => {
      ask({ kind: "choose", policy });
    });
    return button;
  }
}

function tableCell(cell: Cell | string, isNumber: boolean, isHead: boolean): HTMLElement {
  const { text, note, share } = typeof cell === "string" ? { text: cell, note: undefined, share: undefined } : cell;
  const shown = element(isHead && !isNumber ? "th" : "td", { class: isNumber ? "number" : "" });
  if (isHead && !isNumber) {
    shown.scope = "row";
  }
  if (share !== undefined) {
    const bar = element("span", { class: "bar", title: format.interval(share, format.percent) });
    bar.style.setProperty("--value", String(share.value));
    bar.style.setProperty("--low", String(share.low));
    bar.style.setProperty("--high", String(share.high));
    shown.append(bar, " ");
  }
  shown.append(text);
  if (note !== undefined) {
    shown.append(element("span", { class: "note" }, note));
  }
  return shown;
}

function folded(id: string, title: string, content: HTMLElement, unfolded: ReadonlySet<string>): HTMLElement {
  const details = element("details", { id }, element("summary", {}, title), content);
  details.open = unfolded.has(id);
  return details;
}

/** The page's outline while its figures are computed, so that nothing jumps when they come. */
function sketch(): HTMLElement {
  const blocks = ["tiles", "wide", "wide", "", ""].map((kind) => element("div", { class: `block ${kind}` }));
  return element("div", { id: "sketch", "aria-hidden": "true" }, ...blocks);
}

/** Returns the theme's colours; Chart.js draws on a canvas, which knows no style sheet. */
function readPalette(root: HTMLElement): Palette {
  const style = getComputedStyle(root);
  const color = (name: string): string => style.getPropertyValue(`--ink-${name}`).trim();
  return {
    text: color("text"),
    muted: color("muted"),
    grid: color("grid"),
    background: color("raised"),
    font: style.fontFamily,
    accepted: color("accepted"),
    kept: color("kept"),
    counts: color("counts"),
    hidden: color("hidden"),
    against: color("against"),
  };
}

/** VS Code changes the attributes of the root and the body with the theme; a browser tells of its own. */
function watchTheme(changed: () => void): void {
  const observer = new MutationObserver(changed);
  for (const watched of [document.documentElement, document.body]) {
    observer.observe(watched, { attributes: true, attributeFilter: ["class", "style"] });
  }
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>>,
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== "") {
      made.setAttribute(attribute, value);
    }
  }
  made.append(...children);
  return made;
}
