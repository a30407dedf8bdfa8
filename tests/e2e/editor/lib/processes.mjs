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

/** Returns the entries of a file of `/proc`; none when the process has ended. */
function read(pid, name) {
  try {
    return fs.readFileSync(`/proc/${pid}/${name}`, "utf8").split("\0").filter(Boolean);
  } catch {
    return [];
  }
}
