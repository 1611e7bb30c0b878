# make help says what there is. Everything is installed into .venv; nothing outside this folder is touched, except that `make test`
# installs system packages for the browser tests where it may (root, with apt).

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
MARKS  ?= not full_data
JOBS   ?= 2

.DEFAULT_GOAL := help
.PHONY: help demo test check build constraints clean

help:            ## this list
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/: [^#]*## */\t/' | expand -t 16

demo: $(VENV)/.grading   ## set up, then: build an assignment, simulate a class, grade it
	$(BIN)/hw demo

test: $(VENV)/.dev       ## set up, then run the tests (MARKS= to include those that need the full data sets)
	@sh tools/system-packages || true
	$(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "$(MARKS)"

check: $(VENV)/.dev      ## style, types, the direction of imports, and whether source/ and release/ are up to date
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/hw build --check

build: $(VENV)/.grading  ## assignments/ → source/ and release/
	$(BIN)/hw build

constraints: $(VENV)/.dev  ## write the versions that are installed now into constraints.txt
	(sed -n '/^#/p' constraints.txt; $(BIN)/python -m pip freeze --exclude-editable | grep -viE '^(nvidia|cuda|triton)|@ file') > constraints.new
	mv constraints.new constraints.txt

clean:           ## remove the environment and what the demo wrote
	rm -rf $(VENV) demo .hw

$(VENV)/.grading: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable '.[grading]'
	touch $@

$(VENV)/.dev: $(VENV)/.grading
	$(PIP) --editable '.[grading,torch,cvxpy,dev]'
	touch $@
