# Recovery Outcomes: every target sets up what it needs. `make help` lists them.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready
ARGS   ?=

export DAGSTER_HOME := $(CURDIR)
export DO_NOT_TRACK := 1
export GX_ANALYTICS_ENABLED := false

.DEFAULT_GOAL := help
.PHONY: help refresh test test-slow lint dev simulate lock clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | sort | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

# Made once, and again only when the lock or the project's own metadata changes.
$(READY): requirements/lock.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or later is needed; found $$($(PYTHON) --version). Set PYTHON=..."; exit 1; }
	@echo "Setting up $(VENV) from requirements/lock.txt (once; a few minutes)"
	@echo "$$(grep -c '==' requirements/lock.txt) packages, without a word until they are installed"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements/lock.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

refresh: $(READY)  ## extracts to published report, on data/raw (ARGS="--quarter 2026Q3")
	@$(BIN)/recovery-outcomes refresh $(ARGS)

test: $(READY)  ## all tests but the heavy simulations; x is a known miss (ARGS="-k codebook")
	@$(BIN)/python -m pytest -n auto $(ARGS)

test-slow: $(READY)  ## the heavy simulations as well
	@$(BIN)/python -m pytest -n auto -m "slow or not slow" $(ARGS)

lint: $(READY)  ## style, types and the direction of imports
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

dev: $(READY)  ## the Dagster UI at localhost:3000
	@$(BIN)/dagster dev

simulate: $(READY)  ## write the demo extracts anew from their seed
	@$(BIN)/recovery-outcomes simulate $(ARGS)

lock: $(READY)  ## resolve requirements/lock.txt anew (needs uv)
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --all-extras pyproject.toml --output-file requirements/lock.txt

clean:  ## remove caches and Dagster's storage; keeps data, reports and .venv
	@rm -rf .dagster logs .logs_queue .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
