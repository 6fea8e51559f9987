# Every target does its own set-up: a machine with Python 3.11 and make is enough.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
SERVE ?= 1
REGION ?= South West
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.DEFAULT_GOAL := help
.PHONY: help demo real test pictures lint bench load chaos serve worker assets lock clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## build the fictional region, match it, print the result, serve it (SERVE=0 ends after the table)
	$(BIN)/marketplace demo $(if $(filter 0,$(SERVE)),--no-serve)

real: $(VENV)/.runtime ## match real settings of REGION="South West" from the public data beside the project
	$(BIN)/python -m benchmarks.real --region "$(REGION)"

test: $(VENV)/.dev ## run every test
	$(BIN)/python -m pytest -n auto

pictures: $(VENV)/.dev ## walk every page in a browser and leave a picture of each in screenshots/
	PICTURES=screenshots $(BIN)/python -m pytest tests/browser

lint: $(VENV)/.dev ## style, types and the import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: $(VENV)/.runtime ## time the optimiser and the price arithmetic, as ratios in one run, the ranked options and the benchmarks of prices
	$(BIN)/python -m benchmarks.match
	$(BIN)/python -m benchmarks.scale
	$(BIN)/python -m benchmarks.options
	$(BIN)/python -m benchmarks.comparison
	$(BIN)/python -m benchmarks.pricing

load: $(VENV)/.load ## many people at once on the demonstration beside a running solve, ten minutes; writes docs/performance.md
	$(BIN)/python -m tests.load

chaos: $(VENV)/.dev ## try contention, crashes, outages and many tenants at once, each with its control; writes docs/reliability.md
	$(BIN)/python -m tests.chaos

serve: $(VENV)/.runtime ## migrate the database and serve the pages on 127.0.0.1:8000
	$(BIN)/marketplace serve

worker: $(VENV)/.runtime ## work on queued runs until stopped
	$(BIN)/marketplace worker

assets: ## rebuild the vendored style sheets and scripts (needs Node; the output is committed)
	cd assets && npm ci --no-audit --no-fund && node build.mjs

lock: $(VENV)/.dev ## resolve the pinned requirements again
	$(BIN)/pip install --quiet uv
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header --extra build pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header --extra build --extra dev --constraint requirements.lock pyproject.toml --output-file requirements-dev.lock
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --universal --python-version 3.11 --no-emit-index-url --no-header --extra build --extra load --constraint requirements-dev.lock pyproject.toml --output-file requirements-load.lock

clean: ## remove the virtual environment and the data folder
	rm -rf $(VENV) data

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/bin/python
	$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-dev.lock
	@touch $@

$(VENV)/.load: requirements-load.lock $(VENV)/.dev
	$(BIN)/pip install --quiet --require-hashes --requirement requirements-load.lock
	@touch $@
