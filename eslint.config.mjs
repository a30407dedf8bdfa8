import eslint from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  { ignores: ["**/node_modules", "**/dist", "server", ".venv", "tests/e2e", "scripts", "artifacts", "extension/esbuild.mjs", "eslint.config.mjs"] },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "@typescript-eslint/no-floating-promises": "error",
      eqeqeq: "error",
    },
  },
  {
    // The rest stays testable without an editor.
    files: ["extension/src/pure/**", "extension/src/node/**"],
    rules: {
      "no-restricted-imports": ["error", { paths: ["vscode"], patterns: ["vscode-languageclient*", "**/vscode/*"] }],
    },
  },
  {
    // A browser's names exist on the page alone.
    files: ["extension/src/{node,pure,vscode}/**", "extension/src/extension.ts"],
    rules: { "no-restricted-globals": ["error", "window", "document", "localStorage", "fetch", "navigator", "location"] },
  },
  {
    files: ["extension/src/insights/**"],
    rules: { "no-restricted-imports": ["error", { paths: ["vscode"], patterns: ["node:*", "vscode-languageclient*", "**/vscode/*", "**/node/*"] }] },
  },
  {
    files: ["extension/src/pure/**"],
    rules: { "no-restricted-imports": ["error", { paths: ["vscode"], patterns: ["node:*", "vscode-languageclient*", "**/vscode/*", "**/node/*"] }] },
  },
);
