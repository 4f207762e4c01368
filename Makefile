# make book    the book, executed and rendered        make book SCALE=real DATA=DIR    on the real data
# make test    every check that CI runs               make serve                       look at the book
#
# Needed beforehand: Python 3.11 to 3.13, make, git, and Chromium for the browser tests.

PYTHON ?= python3
SCALE ?= $(or $(FEWBITS_SCALE),smoke)
DATA ?= $(FEWBITS_DATA)
PORT ?= 8000
JOBS ?= 2

BIN := .venv/bin
INSTALLED := .venv/.installed
HTML := _build/html
# --dist loadfile: one notebook, one worker; a kernel is started once a notebook.
PARALLEL := -n $(JOBS) --dist loadfile
# What has run and is right goes into the book's cache, so that `make book` need not run it again.
NBVAL := -p keep_outputs --nbval-lax --nbval-current-env --nbval-cell-timeout 7200 \
         --nbval-sanitize-with tests/nbval_sanitize.cfg

export FEWBITS_SCALE := $(SCALE)
ifneq ($(DATA),)
export FEWBITS_DATA := $(abspath $(DATA))
endif
# The environment's own kernel, not one of the same name in the user's home.
export JUPYTER_PREFER_ENV_PATH := 1
export PYDEVD_DISABLE_FILE_VALIDATION := 1
# Kernels read a profile of their own: no start-up files of the user's, and no word on each start
# about a connection that never leaves this machine.
export IPYTHONDIR := $(CURDIR)/.venv/ipython

.DEFAULT_GOAL := help
.PHONY: help install book serve test lint types imports unit notebooks browser \
        gpu cold first-cells tidy record format screenshot layers constraints clean

help:
	@sed -n '1,4p' Makefile

install: $(INSTALLED)

# Ranges are in pyproject.toml; constraints.txt says which versions inside them this release was
# tested with. It is resolved on Python 3.11, the oldest, whose versions install on 3.12 and 3.13 too.
$(INSTALLED): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' || { \
	  echo "make: $(PYTHON) is $$($(PYTHON) -V 2>&1), Python 3.11 to 3.13 is needed: make PYTHON=python3.12"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { \
	  echo "make: no virtual environment could be made; on Debian and Ubuntu: apt install python3-venv"; exit 1; }
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@mkdir -p .venv/ipython/profile_default
	@echo 'c.IPKernelApp.log_level = "ERROR"' > .venv/ipython/profile_default/ipython_kernel_config.py
	@touch $@

# Sphinx remembers a page it has read even if the page's notebook failed, and would be content the next
# time. So only what a whole, successful build left is built upon; notebooks that ran stay in the cache.
book: install
	@test -e _build/.sound || rm -rf _build/.doctrees
	@rm -f _build/.sound
	@echo "Rendering the book at scale $(SCALE). Notebooks that have to run take a minute or two each."
	@$(BIN)/jupyter-book build . -W --keep-going --quiet
	@touch _build/.sound
	@echo "The book: file://$(CURDIR)/$(HTML)/index.html"

serve: book
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory $(HTML) $(PORT)

# Every check, those first that fail fastest. The last line is pytest's.
test: lint types imports unit notebooks book browser
.NOTPARALLEL:

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tools/first_cell.py --check
	$(BIN)/python tools/tidy_notebooks.py --check
	$(BIN)/python tools/layers_picture.py --check

types: install
	$(BIN)/mypy

imports: install
	$(BIN)/lint-imports

# One thread a worker: two workers with two threads each only get in each other's way.
unit notebooks record browser: export OMP_NUM_THREADS := 1

unit: install
	$(BIN)/pytest $(PARALLEL) -m 'not browser'

notebooks gpu: export PYTHONPATH := $(CURDIR)/tools:$(CURDIR)/book/_ext:$(PYTHONPATH)

# Every notebook in a kernel of its own; a cell tagged nbval-check-output must print what it printed.
notebooks: install
	$(BIN)/pytest $(PARALLEL) $(NBVAL) book

browser: install
	$(BIN)/pytest $(PARALLEL) -m browser

# The same at real scale, one notebook at a time, so that the accelerator belongs to it alone.
gpu: install
	@test "$(SCALE)" != real || $(BIN)/fewbits data get mnist
	$(BIN)/fewbits doctor
	$(BIN)/pytest $(NBVAL) --durations 20 --junitxml _build/reports/notebooks-$(SCALE).xml book

# Each notebook alone in an empty folder, under any Python that has torch: here, or Colab's.
# It fetches fewbits the way a reader's would, and must change no installed version.
cold:
	$(PYTHON) tools/cold_run.py $(if $(REPORT),--report $(REPORT)) $(NOTEBOOKS)

first-cells: install
	$(BIN)/python tools/first_cell.py

tidy: install
	$(BIN)/python tools/first_cell.py
	$(BIN)/python tools/tidy_notebooks.py

# Store what the checked cells print; look at the diff before committing it.
record: install
	$(BIN)/python tools/record_outputs.py $(NOTEBOOKS)

format: install
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

screenshot: book
	$(BIN)/python tools/screenshot.py

layers: install
	$(BIN)/python tools/layers_picture.py

constraints: install
	$(BIN)/python tools/constraints.py

clean:
	rm -rf _build .pytest_cache .ruff_cache .mypy_cache .import_linter_cache
