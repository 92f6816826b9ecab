# Everything that is done with this project, from one place. `make` alone lists it.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
PYTHON_BIN := .venv/bin/python
FUZZ_SECONDS ?= 60

.PHONY: help demo test build check prove bench peers coverage lint format docs clean
# Each target first sets up, then builds; ninja makes the parallelism.
.NOTPARALLEL:

help: ## this list
	@echo "Walras: backtests that you can trust, on your own data, in seconds"; echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo; echo "The command is .venv/bin/walras, the interpreter .venv/bin/python; both exist after make build."

demo: setup-base core-release ## install what is missing, build, and run the main job on real prices
	@$(PYTHON_BIN) examples/demo.py

test: setup-test core-release core-dev ## every test: C++ under ASan and UBSan, then Python
	@ctest --preset dev --no-tests=error
	@$(PYTHON_BIN) -m pytest

build: setup-base core-release ## build the Python extension and the walras command

check: ## what CI runs: format, layers, headers, lint of what changed, types, stubs, fuzz for seconds, tests
	@tools/check

prove: setup-prove core-release ## everything at full length: ThreadSanitizer, lint of all, long properties and fuzzing
	@tools/prove $(FUZZ_SECONDS)

bench: setup-bench core-release ## benchmarks, C++ and whole path, with make peers beside others; ARGS=--publish fills PERFORMANCE.md
	@tools/bench $(ARGS)

peers: setup-base ## a second environment, .venv-peers, with the engines that the benchmarks compare with
	@tools/peers

coverage: setup-prove core-release ## line coverage of C++ and Python, 85 % at least of each
	@tools/coverage

lint: setup-check core-release ## clang-tidy on every source, ruff, mypy
	@$(PYTHON_BIN) tools/lint.py --all
	@$(PYTHON_BIN) -m ruff check --quiet .
	@$(PYTHON_BIN) -m mypy

format: setup-check ## rewrite C++ and Python in the project's format
	@tools/format

docs: setup-docs core-release ## build the documentation into site/
	@NO_MKDOCS_2_WARNING=1 $(PYTHON_BIN) -m mkdocs build --strict --quiet && echo "documentation: site/index.html"

clean: ## remove what was built; the virtual environments stay
	@rm -rf build site .coverage python/walras/_core*.so

setup-%:
	@tools/setup $*

core-%:
	@tools/build $*
