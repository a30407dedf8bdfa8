// Bundles the extension into one file, everything but `vscode`, which the editor provides; and the Insights page, which
// the editor and `inkling report` share. `--page` builds the page alone.
import { cpSync, mkdirSync } from "node:fs";
import { build } from "esbuild";

const DIST = "extension/dist";
const REPORT_ASSETS = "server/inkling/app/insights/assets";
const common = { bundle: true, minify: true, sourcemap: false, logLevel: "warning" };

await build({
  ...common,
  entryPoints: { insights: "extension/src/insights/main.ts" },
  outdir: DIST,
  platform: "browser",
  format: "iife",
  target: "es2023",
});
await build({ ...common, entryPoints: { insights: "extension/src/insights/insights.css" }, outdir: DIST });
mkdirSync(REPORT_ASSETS, { recursive: true });
for (const name of ["insights.js", "insights.css"]) {
  cpSync(`${DIST}/${name}`, `${REPORT_ASSETS}/${name}`);
}

if (!process.argv.includes("--page")) {
  await build({
    ...common,
    entryPoints: ["extension/src/extension.ts"],
    outfile: `${DIST}/extension.js`,
    platform: "node",
    format: "cjs",
    target: "node20",
    external: ["vscode"],
  });
}
