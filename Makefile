# `make run` sets up and opens an editor with Inkling in it; `make test` sets up and passes all tests.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

.PHONY: setup run test test-python test-extension test-editor check types bench package lock clean

## Leaves the environments in .venv and node_modules, and the Insights page where the server looks for it.
setup: $(VENV)/.ready node_modules/.ready extension/dist/insights.js

$(VENV)/.ready: requirements-dev.lock pyproject.toml hatch_build.py $(wildcard server/inkling/engine/language/core/*)
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Inkling needs Python 3.11 or newer; set PYTHON=/path/to/python3")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

node_modules/.ready: package.json package-lock.json
	@node -e 'process.exit(Number(process.versions.node.split(".")[0]) >= 20 ? 0 : 1)' || { echo "Inkling needs Node 20 or newer"; exit 1; }
	npm ci --no-audit --no-fund --loglevel=error
	touch $@

extension/dist/insights.js: node_modules/.ready extension/esbuild.mjs $(wildcard extension/src/insights/* extension/src/pure/*)
	node extension/esbuild.mjs --page

## Builds the extension and opens it on the sample workspace.
run: package
	node scripts/run_editor.mjs "$$(ls -t dist/inkling-*.vsix | head -1)"

## Builds dist/inkling-VERSION.vsix with the wheel of the language server in it.
package: setup
	PATH="$(CURDIR)/$(BIN):$$PATH" npm run --silent package

## Everything that CI runs.
test: setup
	scripts/test_all.sh

test-python: setup
	$(BIN)/pytest -q -n logical --maxprocesses 4 --dist loadgroup --durations=10

test-extension: setup
	npm run --silent test

test-editor: package
	scripts/test_editor.sh

## Formatting, linting, types, import contracts; nothing is changed.
check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m inkling.lsp.generate_types --check
	npm run --silent check

## Writes the TypeScript types of the wire from the Python ones.
types: setup
	$(BIN)/python -m inkling.lsp.generate_types

bench: setup
	mkdir -p artifacts
	$(BIN)/inkling bench latency --json artifacts/latency.json
	$(BIN)/inkling bench acceptance --json artifacts/acceptance.json
	$(BIN)/inkling bench personal --json artifacts/personal.json
	$(BIN)/inkling bench store --json artifacts/store.json
	$(BIN)/inkling bench sandbox --json artifacts/sandbox.json
	$(BIN)/inkling bench typing --json artifacts/typing.json

## Pins the newest versions that pyproject.toml admits (needs uv).
lock:
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links -q -o requirements.lock
	uv pip compile pyproject.toml --all-extras --group dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links -q -o requirements-dev.lock

clean:
	rm -rf $(VENV) node_modules dist build artifacts extension/dist server/inkling/app/insights/assets
