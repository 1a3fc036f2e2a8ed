# The entrance. `make help` lists the targets.
PRESET ?= release
PYTHON ?= /usr/bin/python3# Debian's, which has the packages that scripts/setup installs
PYTEST = $(PYTHON) -m pytest -n 2 # two at a time; ARGS="-n 0" for one
BUILD = $(if $(filter dev debug asan tsan,$(PRESET)),build-$(PRESET),build)
LOCK = flock $(BUILD)/lock # two makes in one folder take turns
FUZZ_SECONDS ?= 60
ARGS ?=

.DEFAULT_GOAL := build
.PHONY: build run test unit check format format-check bench bench-peers fuzz clean help setup configure

help:            ## this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*##/  make \1\t/p' $(MAKEFILE_LIST) | expand -t 20
	@echo; echo '  PRESET=release|ci|dev|debug|asan|tsan chooses the build; ARGS are passed to pytest (make test ARGS="-k csv").'

setup:
	@scripts/setup $(if $(filter dev,$(PRESET)),--clang)

configure: setup
	@mkdir -p $(BUILD)
	@[ "$$(cat $(BUILD)/preset 2>/dev/null)" = $(PRESET) ] || { \
	  $(LOCK) cmake --preset $(PRESET) -DINGOT_WERROR=$(if $(filter ci,$(PRESET)),ON,OFF) && echo $(PRESET) >$(BUILD)/preset; }

build: configure ## the program, at build/ingot
	@$(LOCK) cmake --build $(BUILD)

run: build       ## load the products example into the embedded DuckDB and print the run's equation
	@scripts/run-example

unit: build      ## the unit tests
	@$(BUILD)/ingot_tests --gtest_brief=1

test: unit       ## all tests: units, then the built program against real servers
	@scripts/fetch-minio
	@INGOT=$(CURDIR)/$(BUILD)/ingot $(PYTEST) tests $(ARGS)

check: format-check unit ## the quick loop before a commit: format, unit and golden tests
	@INGOT=$(CURDIR)/$(BUILD)/ingot $(PYTEST) -q tests/golden $(ARGS)

format-check: setup
	@scripts/format --check

format: setup    ## format the C++ in place
	@scripts/format

bench: build     ## the measurements, ours and the others' side by side
	@bench/run

bench-peers: build ## Ingot beside other tools (bench/peers-setup installs them); writes docs/benchmarks.md
	@bench/run-peers $(or $(ARGS),--markdown)

fuzz:            ## each fuzzer for FUZZ_SECONDS
	@scripts/setup --clang
	@cmake --preset fuzz >/dev/null && cmake --build build-fuzz
	@scripts/run-fuzzers $(FUZZ_SECONDS)

clean:           ## remove what was built; downloads are kept
	@rm -rf build build-dev build-debug build-asan build-tsan build-fuzz
