#!/usr/bin/env bash
# Runs every test and check, goes on after a failure, and says at the end what failed and what was missing.
set -uo pipefail
cd "$(dirname "$0")/.."

failed=()
missing=()

stage() {
    local name=$1
    shift
    printf '\n== %s\n' "$name"
    local started=$SECONDS
    "$@"
    local code=$?
    printf -- '-- %s: %s in %d s\n' "$name" "$([ $code -eq 0 ] && echo ok || echo "FAILED ($code)")" $((SECONDS - started))
    [ $code -eq 0 ] || failed+=("$name")
}

stage "formatting, linting, types, import contracts" make --no-print-directory check
stage "unit, contract and daemon tests" .venv/bin/pytest -q --durations=5
stage "extension unit tests" npm run --silent test
stage "tests in a real editor" make --no-print-directory test-editor

data=${INKLING_BENCH_DATA:-../shared/data}
[ -d "$data" ] || missing+=("benchmark data ($data): tests that retrain on it were skipped")

printf '\n'
for line in ${missing[@]+"${missing[@]}"}; do echo "missing, optional: $line"; done
if [ ${#failed[@]} -gt 0 ]; then
    echo "FAILED: ${failed[*]}"
    exit 1
fi
echo "everything passed in $SECONDS s"
