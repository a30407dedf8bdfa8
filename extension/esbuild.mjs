// Bundles the extension into one file; everything but `vscode`, which the editor provides, goes in.
import { build } from "esbuild";

await build({
  entryPoints: ["extension/src/extension.ts"],
  outfile: "extension/dist/extension.js",
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "node20",
  external: ["vscode"],
  minify: true,
  sourcemap: false,
  logLevel: "warning",
});
