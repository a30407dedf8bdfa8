import { accessSync, constants, statSync } from "node:fs";

/** Tells whether the path is that of a file that may be run. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
