# `make help` lists the targets. Everything is installed into .venv, and nothing outside this folder changes. There is one
# exception: `make setup-system`, which `make test` calls, installs what some tests need if it runs as root and apt-get is there.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
MARKS  ?= not full_data
JOBS   ?= 2
COVERAGE ?=
COLAB_PYTHON ?=
PYODIDE ?=

.DEFAULT_GOAL := help
.PHONY: help setup setup-system demo test check build wheel docs lite colab pictures constraints clean

help:            ## list the targets
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/: [^#]*## */\t/' | expand -t 16

setup: $(VENV)/.dev  ## make the environment for all targets below, in .venv

setup-system:    ## install what some tests need (browser, container, database), with apt-get as root; lists it first
	@sh tools/system-packages

demo: $(VENV)/.grading   ## set up, then: build an assignment, simulate a class, grade it
	$(BIN)/hw demo

test: $(VENV)/.dev       ## set up, then run the tests (MARKS= to use the full data sets, COVERAGE=1 to measure coverage)
	@sh tools/system-packages || true
	$(if $(COVERAGE),COVERAGE_FILE=$(CURDIR)/.coverage) $(BIN)/python -m pytest -n $(JOBS) --dist loadfile -m "$(MARKS)" $(if $(COVERAGE),--cov)

check: $(VENV)/.dev      ## check style, types, imports, and whether source/ and release/ are up to date
	@sh -exc "$$(sed -n 's/^ *entry: *//p' .pre-commit-config.yaml)"

build: $(VENV)/.grading  ## build source/ and release/ from assignments/
	$(BIN)/hw build

wheel: $(VENV)/.grading  ## make dist/hwlib-….whl, the package for students and instructors
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir dist .

docs: $(VENV)/.dev       ## make the documentation as a site, build/site/index.html, which needs no network
	$(BIN)/python tools/docs_site.py

lite: $(VENV)/.dev       ## make a site that runs the NumPy assignments in the browser (PYODIDE= a folder with Pyodide)
	$(BIN)/python tools/lite_site.py $(if $(PYODIDE),--pyodide '$(PYODIDE)')

colab: $(VENV)/.grading  ## make an environment with Colab's versions for tests/test_colab.py (needs Python 3.13)
	$(BIN)/python tools/colab_environment.py $(COLAB_PYTHON)

pictures: $(VENV)/.dev   ## make the picture of a feedback page for the README (needs the browser)
	$(BIN)/python tools/pictures.py

constraints: $(VENV)/.dev  ## write the installed versions to constraints.txt
	(sed -n '/^#/p' constraints.txt; $(BIN)/python -m pip freeze --exclude-editable | grep -viE '^(nvidia|cuda|triton)|@ file') > constraints.new
	mv constraints.new constraints.txt

clean:           ## remove the environment and the files that demo, test and wheel made
	rm -rf $(VENV) demo dist build .hw .coverage .coverage.*

$(VENV)/.grading: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --editable '.[grading]'
	touch $@

$(VENV)/.dev: $(VENV)/.grading
	$(PIP) --editable '.[grading,otter,torch,cvxpy,docs,lite,dev]'
	touch $@
