/** One headless Chromium for all tests. */
import { createRequire } from "node:module";

import { findChromium } from "../../../../scripts/setup_editor.mjs";
import { EDITOR_PACKAGE } from "./environment.mjs";

const { chromium } = createRequire(EDITOR_PACKAGE)("playwright-core");

const ARGUMENTS = [
  "--no-sandbox", // Chromium's own sandbox does not work as root; the only pages are ours.
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

let launched;

/** Returns the browser, started at the first call. */
export function browser() {
  launched ??= chromium.launch({ executablePath: findChromium(), headless: true, args: ARGUMENTS });
  return launched;
}

/** Stops the browser, if it was started. */
export async function closeBrowser() {
  await (await launched)?.close();
  launched = undefined;
}
