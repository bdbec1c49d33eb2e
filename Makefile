# Every target sets itself up from nothing but Python 3.11+ and make, and is quick the second time.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SETTING_UP := $(VENV)/.setting-up
DEMO ?= demo
LOCK = $(BIN)/uv pip compile pyproject.toml --no-config --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" --quiet

# Where it is set, each of the many processes that the tests start would compile all sources again.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check bench docs lock

help: ## say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-6s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(READY) ## a year of real groceries to a running service (ARGS=--no-serve: to a tour)
	@$(BIN)/uptier demo $(DEMO) $(ARGS)

test: $(READY) ## run the tests (ARGS="-k history" for some of them)
	@$(BIN)/python -m pytest --numprocesses auto --dist loadscope --no-loadscope-reorder $(ARGS)

check: $(READY) ## lint, format, types, layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(READY) ## measure speed and memory against the budgets
	@$(BIN)/python -m tests.benchmarks $(ARGS)

docs: $(READY) ## write docs/features.md, docs/config.md and docs/api.md anew
	$(BIN)/python -m features.catalogue_docs
	$(BIN)/python -m models.settings_docs
	$(BIN)/python -m serving.api_docs

lock: $(READY) ## pin the requirements anew (ARGS=--upgrade for newest releases)
	$(LOCK) $(ARGS) --output-file requirements.txt
	$(LOCK) $(ARGS) --all-extras --output-file requirements-dev.txt

# An interrupted set-up leaves its marker behind, and the next one starts over.
$(READY): requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "uptier needs Python 3.11 or newer; '$(PYTHON)' is" \
			"$$($(PYTHON) --version 2>/dev/null || echo not there). Name one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@if [ -e $(SETTING_UP) ] || ! $(BIN)/python -m pip --version >/dev/null 2>&1; then \
		echo "setting up $(VENV) (once, about a minute)"; $(PYTHON) -m venv --clear $(VENV); fi
	@touch $(SETTING_UP)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@rm -f $(SETTING_UP)
	@touch $@
