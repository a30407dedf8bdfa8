/** Reads what pip is doing from the lines that it prints. */

/** Returns what to show a person for a line of pip's, or undefined when the line is no step of its own. */
export function installationStep(line: string): string | undefined {
  const collected = /^Installing collected packages: (.+)$/.exec(line)?.[1]?.split(", ");
  if (collected !== undefined) {
    return collected.length === 1 ? `Installing ${collected.join()}` : `Installing ${collected.length} packages`;
  }
  const [, verb, subject] = /^\s*(Collecting|Downloading|Using cached) (\S+)/.exec(line) ?? [];
  if (verb === undefined || subject === undefined) {
    return undefined;
  }
  return verb === "Collecting" ? `Looking for ${projectOf(subject, /[^\w.-]/)}` : `Downloading ${projectOf(subject, /-\d/)}`;
}

/** Returns the name of the project before its version: of a requirement, of a file, or of a file at an address. */
function projectOf(subject: string, versionStart: RegExp): string {
  const file = subject.slice(subject.lastIndexOf("/") + 1);
  return file.split(versionStart)[0] ?? file;
}
