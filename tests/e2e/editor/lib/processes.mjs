/** Finds processes by a mark in their environment, which children inherit. */
import fs from "node:fs";

/**
 * Returns the living processes whose environment holds `mark`, as numbers and command lines.
 *
 * @param {string} mark A whole entry: `NAME=value`.
 */
export function processesWith(mark) {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => ({ pid: Number(pid), environment: read(pid, "environ"), command: read(pid, "cmdline") }))
    .filter(({ environment, command }) => command.length > 0 && environment.includes(mark))
    .map(({ pid, command }) => ({ pid, command: command.join(" ") }));
}

/**
 * Returns the living processes that a process started, and those that they started, as numbers and command lines.
 *
 * @param {number} pid
 */
export function descendantsOf(pid) {
  const parents = new Map(
    fs
      .readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((name) => [Number(name), parentOf(name)]),
  );
  const descends = (child) => child !== undefined && child > 1 && (parents.get(child) === pid || descends(parents.get(child)));
  return [...parents.keys()].filter(descends).map((child) => ({ pid: child, command: read(child, "cmdline").join(" ") }));
}

/** Returns the parent of a process; undefined when it has ended (proc(5), /proc/pid/stat). */
function parentOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return undefined;
  }
}

/** Returns the entries of a file of `/proc`; none when the process has ended. */
function read(pid, name) {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, "utf8").split("\0").filter(Boolean);
  } catch {
    return [];
  }
}
