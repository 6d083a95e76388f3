# Everything here makes what it needs: a bare Python 3.11 is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

# dbt and Great Expectations send nothing; compiled code stays private to this folder.
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
export PYTENSOR_FLAGS ?= base_compiledir=$(CURDIR)/.cache/pytensor
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: help install demo test lint lint-merges lint-python lint-sql bench verify clean

help:
	@echo "make demo    a simulated market from raw events to a budget plan"
	@echo "make test    all tests"
	@echo "make lint    ruff, mypy, sqlfluff"
	@echo "make bench   speed and memory against peers and bare limits"
	@echo "make verify  the long statistical checks"
	@echo "make clean   remove everything that was made here"

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or later is needed; $$($(PYTHON) --version) was found. Name another: make PYTHON=python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked packages into $(VENV) (about two minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes -r requirements.lock
	@# pip would do it on one core; what does not compile fails where it is imported
	@$(BIN)/python -m compileall -qq -j 0 $(VENV)/lib || true
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@echo "Compiling the numerical kernels ..."
	@$(MAKE) --no-print-directory --jobs 2 kernels-estimation kernels-optimization
	@touch $@

kernels-%:
	@$(BIN)/python -m conversionflow.$*

demo: install
	conversionflow demo
	dbt build
	conversionflow show

test: install
	pytest -n 2 --dist loadfile --no-loadscope-reorder

lint: install lint-merges
	@$(MAKE) --no-print-directory --jobs 2 --output-sync lint-python lint-sql

# the marks of a merge that was left undone
lint-merges:
	! git grep -nE '^(<<<<<<<|>>>>>>>) '

lint-python: install
	ruff check .
	ruff format --check .
	mypy

# on a warehouse without tables: one that another version built may not compile, and such models are passed over
lint-sql: export CONVERSIONFLOW_DUCKDB_PATH = $(CURDIR)/.cache/lint.duckdb
lint-sql: install
	mkdir -p .cache && rm -f $(CONVERSIONFLOW_DUCKDB_PATH)
	sqlfluff lint models tests/data --disable-progress-bar
	cd examples/shop && dbt deps --quiet && sqlfluff lint models --config ../../.sqlfluff --disable-progress-bar

bench: install
	python -m benchmarks.build
	python -m benchmarks.estimation
	python -m benchmarks.journeys
	python -m benchmarks.warehouse
	python -m benchmarks.optimization

verify: install
	pytest -m verify

clean:
	rm -rf $(VENV) .cache target logs dbt_packages build *.egg-info conversionflow.duckdb conversionflow.duckdb.wal \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis
	cd examples/shop && rm -rf data target logs dbt_packages package-lock.yml shop.duckdb shop.duckdb.wal
