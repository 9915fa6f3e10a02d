# make demo: set up and clean the bundled fixtures.  make test: set up and run the tests.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
SEEDS ?= $(NEWSDUMP_SEEDS)

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-scale check goldens docs bench fuzz explore train clean

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(READY): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
	@touch $@

demo: $(READY) ## clean the bundled fixtures and show one of them, before and after
	$(BIN)/cleaner clean fixtures/*/*/input.* -o .demo
	$(BIN)/cleaner explain fixtures/the-global-heroes/river-truce/input.txt

test: $(READY) ## run all tests
	$(BIN)/python -m pytest

test-fast: $(READY) ## run the tests but for the slow ones
	$(BIN)/python -m pytest -m 'not slow'

# Ray and Spark are large: they are installed for their own tests only.
SCALE := $(VENV)/.ready-scale
$(SCALE): $(READY) pyproject.toml constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[scale]'
	@touch $@

test-scale: $(SCALE) ## run the tests on Ray and Spark, two workers each (needs Java 17)
	@command -v java > /dev/null || { echo "Spark needs Java 17 or newer, and there is none"; exit 1; }
	$(BIN)/python -m pytest tests/scale

check: $(READY) ## lint, types, import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/cleaner rules lint
	$(BIN)/cleaner rules test

goldens: $(READY) ## rewrite the golden files: read the diff before you commit it
	$(BIN)/python -m pytest -q --tb=no tests/test_goldens.py --force-regen || \
		echo "What failed above was written anew (run it twice: then nothing fails). This is how it changed:"
	git diff --stat -- fixtures

docs: $(READY) ## rewrite the generated files in docs/: the JSON Schema and the README's picture
	$(BIN)/cleaner schema > docs/cleaned.schema.json
	$(BIN)/cleaner explain fixtures/the-global-heroes/river-truce/input.txt --svg docs/explain.svg > /dev/null

# The peers have requirements of their own (an older cssselect than the one pinned here): they get their own environment.
PEERS := $(VENV)-bench
$(PEERS)/.ready: pyproject.toml
	$(PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check 'pip>=24'
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	@touch $@

bench: $(PEERS)/.ready ## beside the peers: speed on dumps it generates; CORPUS=FILE: quality, errors, speed on real pages
	$(PEERS)/bin/python -m benchmarks.speed
	$(PEERS)/bin/python -m benchmarks.linearity
ifdef CORPUS
	$(PEERS)/bin/python -m benchmarks.quality --corpus $(CORPUS) --track text
	$(PEERS)/bin/python -m benchmarks.quality --corpus $(CORPUS) --track html
	$(PEERS)/bin/python -m benchmarks.quality --corpus $(CORPUS) --track meta
	$(PEERS)/bin/python -m benchmarks.errors --corpus $(CORPUS)
	$(PEERS)/bin/python -m benchmarks.pages_speed --corpus $(CORPUS)
endif

FUZZ_TIME ?= 120
fuzz: $(READY) ## any bytes as a document, an input file, a rule file, for FUZZ_TIME seconds each
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[fuzz]'
	for target in document file rules; do $(BIN)/python tests/fuzz.py $$target -max_total_time=$(FUZZ_TIME) || exit 1; done

EXPLORE ?= 20
explore: $(READY) ## the property tests on other examples than `make test` takes, EXPLORE times as many
	EXPLORE=$(EXPLORE) $(BIN)/python -m pytest tests/test_properties.py tests/test_markup.py \
		tests/test_matching.py tests/test_read.py tests/test_arrow.py

train: $(READY) ## train the score anew (CORPUS=FILE): minutes; writes cleaner/judge/weights
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train]'
	$(BIN)/python -m benchmarks.train --corpus $(CORPUS) --kind text
	$(BIN)/python -m benchmarks.train --corpus $(CORPUS) --kind html

clean: ## remove the environment and everything generated
	rm -rf $(VENV) $(PEERS) .demo .fuzz .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
