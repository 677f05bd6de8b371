# The only interface: `make run` is what CI runs, on small data. `make help` lists the rest.
SHELL := /bin/sh
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help install run test validate lint format docs dbt-docs ui report doctor bench lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Made again only when the lock or the project's metadata change, so that a second run installs nothing.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
		{ echo "Python 3.11 is needed, but '$(PYTHON)' is another or not there: install it, or say make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "installing $$(grep -c '==' requirements.lock) libraries from requirements.lock into $(VENV); this takes a minute or two"
	@$(PYTHON) -m venv $(VENV)
	@# The lock is complete, so nothing is resolved: --no-deps.
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

install: $(INSTALLED) ## create the environment from the lock file

run: $(INSTALLED) ## run the main job and print where report, workbook and tables are
	@$(BIN)/voc-roi run

test: $(INSTALLED) ## run the tests (about five minutes on two cores)
	@# Two workers share two cores: each may use one thread for linear algebra.
	@OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not validate" -n 2 --dist loadgroup

validate: $(INSTALLED) ## run the gates of docs/methods.md and all slow checks, and print the gates' figures
	@$(BIN)/python -m pytest -m "validate or gate"

lint: $(INSTALLED) ## check style of Python and SQL
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/sqlfluff lint --disable-progress-bar --processes 2

format: $(INSTALLED) ## put Python and SQL into style
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .
	@$(BIN)/sqlfluff fix --disable-progress-bar --processes 2 dbt_project/models dbt_project/tests

docs: $(INSTALLED) ## write docs/metrics.md from the doc blocks
	@$(BIN)/python docs/metrics.py

dbt-docs: $(INSTALLED) ## write dbt's documentation of models, columns and lineage, and print where it is
	@$(BIN)/voc-roi dbt-docs

ui: $(INSTALLED) ## serve Dagster's web UI with its daemon, and the latest report beside it, on localhost
	@$(BIN)/voc-roi ui

report: $(INSTALLED) ## serve the latest report on localhost, without Dagster
	@$(BIN)/voc-roi report

doctor: $(INSTALLED) ## say what is installed, configured and published, and what is wrong
	@$(BIN)/voc-roi doctor

bench: $(INSTALLED) ## print where a run's time goes, how warehouse and models compare, and how fast case and page are
	@$(BIN)/python bench/overhead.py
	@$(BIN)/python bench/warehouse.py
	@$(BIN)/python bench/models.py
	@$(BIN)/python bench/business_case.py --report var/demo/published/latest/report.html

lock: $(INSTALLED) ## resolve the dependencies anew into requirements.lock
	@$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --python-version 3.11 --no-annotate \
		--no-strip-extras --no-emit-index-url --custom-compile-command "make lock" --upgrade --quiet -o requirements.lock

clean: ## remove the environment and scratch files; exports, raw zone, audit log and published runs stay
	rm -rf $(VENV) var/*/work var/*/dbt dbt_project/target
