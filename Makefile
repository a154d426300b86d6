# `make` prints this help. `make run` and `make test` do all set-up in .venv; nothing outside the folder is changed but
# the system libraries that Qt needs, where root or sudo is at hand.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt
OUT ?= out

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

run: $(VENV)/.run ## set up and open the window (without a display: the tour, into out/)
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] || [ "$$(uname)" = Darwin ]; then $(BIN)/backflow; \
	else echo "There is no display: running 'backflow demo -o $(OUT)' instead."; $(BIN)/backflow demo -o $(OUT); fi

lint: $(VENV)/.dev ## ruff, strict types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

check: lint ## the linters and the fast tests
	QT_QPA_PLATFORM=offscreen timeout 300 $(BIN)/python -m pytest -q tests/core -m "not real_worker"

# Two parts at a time, the longest first; the window alone, because some of its tests count processor time.
test: $(VENV)/.dev ## all tests: core, each framework in a process of its own, the window
	@$(MAKE) --no-print-directory -j2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) \
		test-commands test-tensorflow test-core test-pytorch test-jax
	@$(MAKE) --no-print-directory test-window

test-core:
	timeout 700 $(BIN)/python -m pytest -q tests/core
test-pytorch test-tensorflow test-jax: test-%:
	timeout 900 $(BIN)/python -m pytest -q tests/adapters/test_$**.py
test-commands:
	timeout 900 $(BIN)/python -m pytest -q tests/commands
test-window:
	QT_QPA_PLATFORM=offscreen timeout 900 $(BIN)/python -m pytest -q tests/ui -m "not xvfb"
	timeout 300 $(BIN)/python -m pytest -q tests/ui -m xvfb

golden: $(VENV)/.dev ## write the golden texts anew; read the diff before committing it
	BACKFLOW_GOLDEN=1 $(BIN)/python -m pytest -q tests/adapters/test_pytorch*.py -k samples_look
	BACKFLOW_GOLDEN=1 $(BIN)/python -m pytest -q tests/adapters/test_tensorflow*.py -k samples_look
	BACKFLOW_GOLDEN=1 $(BIN)/python -m pytest -q tests/adapters/test_jax*.py -k samples_look

bench: $(VENV)/.dev ## every benchmark; each prints ratios against a peer in the same run
	for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file; done

screenshots: $(VENV)/.run ## the pictures of docs/images, from the real window with real workers
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m widgets.shots docs/images --size 1440x900

expressions: $(VENV)/.run ## write docs/expressions.md from the table of functions
	$(BIN)/python -m explorer.capture.document docs/expressions.md

clean: ## remove the environment and what tools left behind
	rm -rf $(VENV) $(OUT) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Backflow needs Python 3.11 or newer; choose one: make PYTHON=python3.12 run"; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { echo "Install venv first: sudo apt-get install python3-venv"; exit 1; }
	@touch $@

$(VENV)/.run: $(VENV)/.made pyproject.toml constraints.txt
	@sh .ci/system-packages
	@echo "Installing Backflow and the three frameworks into $(VENV) (about two minutes, 4 GB) ..."
	@$(PIP) -e ".[all]"
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@sh .ci/system-packages tests
	@$(PIP) -e ".[all,dev]"
	@touch $@

.PHONY: help run lint check test test-core test-pytorch test-tensorflow test-jax test-commands test-window golden bench screenshots expressions clean
.DEFAULT_GOAL := help
