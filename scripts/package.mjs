// Builds dist/inkling-<version>.vsix: the bundled extension with the server's wheels and the versions it was tested with.
import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

const { version } = JSON.parse(readFileSync("package.json", "utf8"));
const venv = process.platform === "win32" ? path.join(".venv", "Scripts", "python.exe") : path.join(".venv", "bin", "python");
const python = existsSync(venv) ? venv : "python3";
const serverDir = path.join("extension", "dist", "server");
const vsix = path.join("dist", `inkling-${version}.vsix`);

function run(command, ...args) {
  execFileSync(command, args, { stdio: "inherit" });
}

rmSync(serverDir, { recursive: true, force: true });
mkdirSync(serverDir, { recursive: true });
mkdirSync("dist", { recursive: true });
run(process.execPath, path.join("extension", "esbuild.mjs"));
// The wheel for any platform; and where a C compiler is, one with the compiled core, which pip prefers where it fits.
process.env["INKLING_PURE"] = "1";
run(python, "-m", "build", "--wheel", "--no-isolation", "--outdir", serverDir);
delete process.env["INKLING_PURE"];
run(python, "-m", "build", "--wheel", "--no-isolation", "--outdir", serverDir);
copyFileSync("requirements.lock", path.join(serverDir, "requirements.lock"));
run(
  process.execPath,
  path.join("node_modules", "@vscode", "vsce", "vsce"),
  "package",
  "--no-dependencies",
  "--allow-missing-repository",
  "--no-rewrite-relative-links",
  "--out",
  vsix,
);
