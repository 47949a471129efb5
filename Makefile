# `make demo` and `make test` set up all they need; a second run reuses it.
# PYTHON=/path/to/python chooses the interpreter; otherwise the first one >= 3.11 is taken.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

BIN := .venv/bin
DIST := dist
UV := $(BIN)/uv
MERMAID := 11.17.2
MERMAID_JS := docs/theme/assets/mermaid.min.js
COMPILE := $(UV) pip compile --quiet --upgrade --universal --python-version 3.11 --no-header --no-annotate
LOADERS := target-postgres target-duckdb target-jsonl meltanolabs-target-csv target-csv \
	target-snowflake target-bigquery
CANDIDATES := python3 python3.14 python3.13 python3.12 python3.11 python

# uv takes the interpreter it is given: it neither downloads one nor follows an active venv.
export UV_PYTHON_DOWNLOADS := never
# Otherwise a process that may not write bytecode compiles the SDK anew at each start: a second.
export UV_COMPILE_BYTECODE := 1
# And pytest rewrites its plugins and all tests anew, in each of its processes: seven seconds.
unexport PYTHONDONTWRITEBYTECODE
export PIP_DISABLE_PIP_VERSION_CHECK := 1
unexport VIRTUAL_ENV

.PHONY: help
help: ## List these commands
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 22

.PHONY: install
install: .venv/.installed .venv-meltano/.installed .venv-dbt/.installed ## Make the venvs of the tap, Meltano and dbt

.PHONY: demo
demo: install ## Load emulated Kombo data into PostgreSQL, twice
	@$(BIN)/python -m scripts.demo

.PHONY: test
test: install lint ## Run every check and every test
	$(BIN)/pytest -n auto --dist loadgroup

.PHONY: check
check: .venv/.installed lint ## Run what needs neither Meltano nor a database: a minute or two
	$(BIN)/pytest -n $$((2 * $$(getconf _NPROCESSORS_ONLN))) --dist loadgroup -m "not system" # many wait

.PHONY: nightly
nightly: install test-loaders mutations ## Repeat the random tests at length: 10,000 programs, 20 kills, a million rows
	CONVERGENCE_EXAMPLES=10000 EXAMPLES=2000 KILL_MOMENTS=20 KILL_SEED=$$(date +%F) RESUME_ROWS=1000000 \
	$(BIN)/pytest -n auto --dist loadgroup --timeout 0 \
	  tests/test_convergence.py tests/test_kill.py tests/test_resume.py \
	  tests/test_documents.py tests/test_due.py tests/test_fuzz.py tests/test_limits_model.py
	$(BIN)/pytest -n auto --dist loadgroup -m "not system" -p randomly # in any order

.PHONY: mutations
mutations: .venv/.installed ## Break the core on purpose, and see that the tests notice
	$(BIN)/python -m scripts.mutations

.PHONY: test-loaders
test-loaders: install $(LOADERS:%=.venv-%/.installed) ## Run each loader of docs/loading.md and compare every cell
	$(BIN)/pytest -n auto --dist loadgroup -m loaders tests/loaders

.PHONY: soak
soak: install ## Run under random faults for MINUTES=5 and look for lost rows
	@$(BIN)/python -m scripts.soak $(MINUTES)

.PHONY: test-airflow
test-airflow: install .venv-airflow/.installed ## Run the Airflow example
	$(BIN)/pytest examples/airflow

.PHONY: test-webhooks
test-webhooks: install .venv-webhooks/.installed ## Run the webhooks example with a real Meltano
	$(BIN)/pytest examples/webhooks

.PHONY: test-pythons
test-pythons: $(UV) ## Run every check and every test on each Python from 3.11 to 3.14 that is here
	$(BIN)/python -m scripts.pythons

.PHONY: test-sdk
test-sdk: install ## Run the tests with the newest pre-release of the SDK; `make clean` undoes it
	$(UV) pip install --quiet --python $(BIN)/python --prerelease allow --upgrade-package singer-sdk "singer-sdk[msgspec,testing]"
	$(BIN)/pytest -n auto --dist loadgroup

.PHONY: dist
dist: .venv/.installed ## Build the wheel and the sdist with pinned tools, and check them
	$(UV) build --quiet --clear --no-build-isolation --out-dir $(DIST)
	$(BIN)/check-wheel-contents $(DIST)

.PHONY: test-dagster
test-dagster: install .venv-dagster/.installed ## Run the Dagster example
	$(BIN)/pytest examples/dagster

.PHONY: test-github-actions
test-github-actions: install .venv-github-actions/.installed ## Run the GitHub Actions example
	$(BIN)/pytest examples/github-actions

.PHONY: docs
docs: .venv-docs/.installed $(MERMAID_JS) ## Build the documentation site into site/
	@NO_MKDOCS_2_WARNING=1 .venv-docs/bin/mkdocs build --strict

.PHONY: bench
bench: install .venv-dlt/.installed ## Measure against a bare loop; SCENARIOS="limit scale" picks some
	@$(BIN)/python -m benchmarks $(SCENARIOS)

.PHONY: lint
lint: .venv/.installed ## Check style, types, layers, dependencies, prose and workflows
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/deptry tap_kombo
	$(BIN)/python -m scripts.prose
	$(BIN)/zizmor --quiet --offline .github

.PHONY: constraints
constraints: $(UV) ## Pin the newest versions of all development tools
	$(COMPILE) pyproject.toml --group dev --output-file constraints/dev.txt
	$(COMPILE) --group docs --output-file constraints/docs.txt
	$(COMPILE) --group meltano --output-file constraints/meltano.txt
	$(COMPILE) --group airflow --output-file constraints/airflow.txt
	$(COMPILE) --group dbt --output-file constraints/dbt.txt
	$(COMPILE) --group dagster --output-file constraints/dagster.txt
	$(COMPILE) --group webhooks --output-file constraints/webhooks.txt
	$(COMPILE) --group dlt --output-file constraints/dlt.txt
	$(COMPILE) --group github-actions --output-file constraints/github-actions.txt
	for name in $(LOADERS); do $(COMPILE) --group $$name --output-file constraints/$$name.txt; done

.PHONY: clean
clean: ## Remove what these commands made, the venvs included
	rm -rf .venv .venv-* .demo dist site $(dir $(MERMAID_JS)) .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(UV):
	@python="$(PYTHON)"; \
	for candidate in $${python:-$(CANDIDATES)}; do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
			echo "Making .venv with $$("$$candidate" --version)"; \
			"$$candidate" -m venv .venv; \
			exec $(BIN)/python -m pip install -qq --constraint constraints/dev.txt uv; \
		fi; \
	done; \
	echo "Found no Python 3.11 or newer among: $${python:-$(CANDIDATES)}." >&2; \
	echo "Install it, or say where it is: make PYTHON=/path/to/python" >&2; \
	exit 1

.venv/.installed: pyproject.toml constraints/dev.txt | $(UV)
	$(UV) pip install --quiet --python $(BIN)/python --editable . --group dev --constraint constraints/dev.txt
	@touch $@

.venv-%/.installed: pyproject.toml constraints/%.txt | $(UV)
	$(UV) venv --quiet --allow-existing --python $(BIN)/python .venv-$*
	$(UV) pip install --quiet --python .venv-$*/bin/python --group $* --constraint constraints/$*.txt
	@touch $@

# The theme would load Mermaid from elsewhere; npm's package has the same file.
$(MERMAID_JS): .venv-docs/mermaid-$(MERMAID).tgz
	@mkdir -p $(@D)
	tar -xzmf $< -C $(@D) --strip-components=2 package/dist/mermaid.min.js

.venv-docs/mermaid-$(MERMAID).tgz: | .venv-docs/.installed
	cd .venv-docs && PATH="$$PWD/bin:$$PATH" npm pack --silent mermaid@$(MERMAID)
