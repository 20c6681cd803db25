# Every target makes the environment it needs, in .venv, from nothing but python3 and the locks in requirements/.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet install
COMPILE := $(BIN)/uv pip compile pyproject.toml --group build --universal --python-version 3.11 \
	--generate-hashes --no-annotate --quiet --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: agents help demo test check static format lint types contracts fix bench fuzz prove prove-fast sim cover lock upgrade clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/demo.stamp ## See failover happen, on this machine, without any key
	@$(BIN)/understudy demo

test: $(VENV)/dev.stamp ## Run the tests
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: static test ## Everything that CI runs: format, lint, types, contracts, tests

static: format lint types contracts ## The part of check that runs nothing: format, lint, types, contracts

format: $(VENV)/dev.stamp
	$(BIN)/ruff format --check .

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .

types: $(VENV)/dev.stamp
	$(BIN)/mypy

contracts: $(VENV)/dev.stamp
	$(BIN)/lint-imports --no-cache

fix: $(VENV)/dev.stamp ## Format, and mend what lint can mend by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev.stamp ## Run the benchmarks and print their figures
	$(BIN)/python -m bench
	$(BIN)/python -m bench.pairs

prove: $(VENV)/dev.stamp ## Measure every figure of docs/reliability.md, and write it (about an hour)
	$(BIN)/python -m prove; status=$$?; $(BIN)/python -m prove --write docs/reliability.md; exit $$status

prove-fast: $(VENV)/dev.stamp ## The same proofs in small (a few minutes), written nowhere
	$(BIN)/python -m prove --fast

agents: $(VENV)/dev.stamp ## Point Claude Code, Codex, opencode and aider at the gateway (fetches a gigabyte)
	$(BIN)/python -m agents $(AGENT)

SEED ?= 0
SEEDS ?= 500
FOR ?= 40
sim: $(VENV)/dev.stamp ## Run random cases in the simulated world: SEED=7 SEEDS=1 shows one again
	@$(BIN)/python -m understudy.cli.swarm --seed $(SEED) --seeds $(SEEDS) --seconds $(FOR) --jobs 2

fuzz: $(VENV)/fuzz.stamp ## Fuzz one target, guided by coverage: make fuzz TARGET=sse SECONDS=60
	$(BIN)/python -m fuzz $(or $(TARGET),list) --seconds $(or $(SECONDS),60)

cover: $(VENV)/dev.stamp ## Run the tests with branch coverage
	$(BIN)/python -m pytest -n 2 --dist worksteal --cov --cov-report=term-missing:skip-covered

lock: $(VENV)/dev.stamp ## Write the locks anew from pyproject.toml, moving no version without need
	$(COMPILE) --extra dev -o requirements/dev.txt
	$(COMPILE) --extra demo -c requirements/dev.txt -o requirements/demo.txt
	$(COMPILE) -c requirements/dev.txt -o requirements/runtime.txt
	$(subst pyproject.toml --group build,--group fuzz,$(COMPILE)) -o requirements/fuzz.txt

upgrade: $(VENV)/dev.stamp ## Move every lock to the newest versions that fit
	$(COMPILE) --extra dev --upgrade -o requirements/dev.txt
	$(COMPILE) --extra demo --upgrade -c requirements/dev.txt -o requirements/demo.txt
	$(COMPILE) --upgrade -c requirements/dev.txt -o requirements/runtime.txt
	$(subst pyproject.toml --group build,--group fuzz,$(COMPILE)) --upgrade -o requirements/fuzz.txt

clean: ## Remove the environment and every cache
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage htmlcov build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The demo needs a third of what a developer needs, so a first look installs only that.
$(VENV)/demo.stamp: requirements/demo.txt | $(VENV)/pyvenv.cfg
	@echo "Installing Understudy into $(VENV) (once; well under a minute on most networks) ..."
	@$(PIP) --require-hashes -r requirements/demo.txt
	@$(PIP) --no-build-isolation --no-deps -e .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt | $(VENV)/pyvenv.cfg
	@echo "Installing the developer's environment into $(VENV) (once; a minute or two) ..."
	@$(PIP) --require-hashes -r requirements/dev.txt
	@$(PIP) --no-build-isolation --no-deps -e .
	@touch $@ $(VENV)/demo.stamp

$(VENV)/fuzz.stamp: requirements/fuzz.txt $(VENV)/dev.stamp
	@$(PIP) --require-hashes -r requirements/fuzz.txt
	@touch $@

# A Debian python3 without python3-venv starts a venv and then fails, leaving half of one behind.
$(VENV)/pyvenv.cfg:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "Understudy needs Python 3.11 or newer, and '$(PYTHON)' is not (or is not there)."; \
	  echo "Name another one:  make PYTHON=python3.12 ..."; exit 1; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 \
	  || { rm -rf $(VENV); $(PYTHON) -m virtualenv --quiet $(VENV) 2>/dev/null; } \
	  || { rm -rf $(VENV); \
	    echo "'$(PYTHON)' can make no virtual environment: its venv module is missing."; \
	    echo "  Debian, Ubuntu:  sudo apt-get install python3-venv"; \
	    echo "  elsewhere:       $(PYTHON) -m pip install --user virtualenv"; \
	    echo "Then run make again."; exit 1; }
