/** Numbers and dates as the page writes them; its words are English, and so are they. */

import type { Interval } from "../pure/protocol";

const LOCALE = "en";
const COUNT = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 0 });
const THREE_DIGITS = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 3 });
const TWO_DIGITS = new Intl.NumberFormat(LOCALE, { maximumSignificantDigits: 2 });
const PERCENT = new Intl.NumberFormat(LOCALE, { style: "percent", maximumFractionDigits: 0 });
const DAY = new Intl.DateTimeFormat(LOCALE, { month: "short", day: "numeric", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short", hourCycle: "h23" });
const MS_PER_DAY = 86_400_000;

/** Returns a whole number: "1,234". */
export function count(n: number): string {
  return COUNT.format(n);
}

/** Returns a number and its noun: "1 suggestion", "1,234 suggestions". */
export function countOf(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** Returns a number with three significant digits: "0.523", "12.3". */
export function decimal(value: number): string {
  return THREE_DIGITS.format(value);
}

/** Returns a share as whole percents: "43%". */
export function percent(share: number): string {
  return PERCENT.format(share);
}

/** Returns the share that a part is of a whole: "43%"; a dash of nothing. */
export function percentOf(part: number, whole: number): string {
  return whole === 0 ? "–" : percent(part / whole);
}

/** Returns a time: "7.3 ms", "1.2 s". */
export function duration(ms: number): string {
  return ms < 1000 ? `${TWO_DIGITS.format(ms)} ms` : `${TWO_DIGITS.format(ms / 1000)} s`;
}

/** Returns a size: "1.2 MB". */
export function size(bytes: number): string {
  return bytes < 1e6 ? `${count(Math.ceil(bytes / 1e3))} kB` : `${THREE_DIGITS.format(bytes / 1e6)} MB`;
}

/** Returns a calendar day, given as YYYY-MM-DD: "Nov 21". */
export function day(date: string): string {
  return DAY.format(new Date(`${date}T00:00:00Z`));
}

/** Returns a moment in the user's time zone: "Nov 21, 2026, 14:05". */
export function moment(atMs: number): string {
  return MOMENT.format(new Date(atMs));
}

/** Returns an estimate and its interval: "43% (40–46%)"; the estimate alone where no interval is known. */
export function interval({ value, low, high }: Interval, format: (value: number) => string): string {
  return low === high ? format(value) : `${format(value)} (${format(low).replace(/%$/, "")} to ${format(high)})`;
}

/** Returns all days from the first to the last one, YYYY-MM-DD. */
export function calendar(first: string, last: string): readonly string[] {
  const from = Date.parse(`${first}T00:00:00Z`);
  const n = Math.round((Date.parse(`${last}T00:00:00Z`) - from) / MS_PER_DAY) + 1;
  return Array.from({ length: n }, (_, index) => new Date(from + index * MS_PER_DAY).toISOString().slice(0, 10));
}
