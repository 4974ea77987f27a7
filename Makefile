SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL:
.DEFAULT_GOAL := help

LANGS ?= rust c cpp go python node
# The languages that this tree has a binding for.
TREE := rust c cpp go python $(if $(wildcard bindings/node/package.json),node)
CHOSEN := $(filter $(LANGS),$(TREE))

export CARGO_TARGET_DIR := $(CURDIR)/target
STAGE := target/stage
VENV := target/venv
export HMSFFI_LIB_DIR := $(CURDIR)/$(STAGE)/lib
export PKG_CONFIG_PATH := $(CURDIR)/$(STAGE)/lib/pkgconfig:$(PKG_CONFIG_PATH)
export HMSFFI_LANGS := $(CHOSEN)
# What is made and tested here does not meet what else runs on the machine.
export HMSFFI_DOMAIN := $(or $(HMSFFI_DOMAIN),make-$(shell echo $$PPID))
export CARGO_ENCODED_RUSTFLAGS := $(shell scripts/rustflags.sh)

# Only for what has no rpath of its own: a wheel must find the library that it carries.
WITH_STAGED_LIBRARY := LD_LIBRARY_PATH=$(CURDIR)/$(STAGE)/lib
WITHOUT_COMPONENT := python node
WHEEL := $(patsubst python,wheel,$(filter python,$(CHOSEN)))
NODE := $(filter node,$(CHOSEN))
EXTENSIONS = $(foreach language,$(CHOSEN),$(EXTENSION_$(language)))
EXTENSION_python = $(VENV)/lib/python3*/site-packages/hmsffi/_native*.so
EXTENSION_node = bindings/node/*.node
EXTENSION_go = target/components/go.so
EXTENSION_rust = target/components/rust.so
EXTENSION_c = target/components/c.so
EXTENSION_cpp = target/components/cpp.so

NODE_PACKAGES = bindings/node/node_modules/.package-lock.json
PROTOBUF_PACKAGES = tests/protobuf/node/node_modules/.package-lock.json
PYTEST = $(VENV)/bin/python -m pytest
CARGO_EXTENSIONS = --manifest-path extensions/Cargo.toml
CARGO_PEERS = --manifest-path benches/shm/rust/Cargo.toml
CARGO_TYPES = --manifest-path benches/types/Cargo.toml
CARGO_MODELS = --manifest-path models/Cargo.toml
# What maturin sets: without it cargo compiles PyO3 anew at each turn from one to the other.
LIKE_MATURIN = PYO3_PYTHON=$(CURDIR)/$(VENV)/bin/python PYO3_BUILD_EXTENSION_MODULE=1 \
	PYO3_ENVIRONMENT_SIGNATURE=cpython-$$(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')-64bit
GO_FOLDERS = go examples/component/go examples/demo/go benches/go benches/shm/hmsffi/go tests/oneprocess/relay/go \
	tests/soak/go tests/protobuf/go
C_FILES = git ls-files -co --exclude-standard '*.c' '*.h' '*.cc' '*.cpp' '*.hpp' ':!*include/hmsffi/hmsffi.h'

define run_script
	@test -x $(1) || { echo "$(1): not in this tree yet" >&2; exit 1; }
	$(1)
endef

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z -]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo 'LANGS="python go" limits a target to these languages; all: rust c cpp go python node'

.PHONY: setup languages toolchain venv
setup: languages toolchain venv ## install what the languages need, or name what is missing

languages:
	@$(foreach language,$(filter-out rust c cpp go python node,$(LANGS)),\
		echo 'LANGS: unknown language $(language)' >&2; exit 1;)
	@$(foreach language,$(filter-out $(LANGS),$(TREE)),echo '$(language): left out by LANGS';)
	@$(foreach language,$(filter-out $(TREE),$(LANGS)),echo '$(language): binding not in this tree yet';)

toolchain:
	@scripts/toolchain.sh $(CHOSEN)

venv:
	@scripts/venv.sh

.PHONY: stage install header snapshots
stage: ## build the library and lay it out in target/stage
	cargo build --release -p hmsffi-artifact
	@scripts/stage.sh $(STAGE)

install: ## install library, headers, pkg-config and CMake files, and hms: make install PREFIX=...
	$(if $(PREFIX),,$(error PREFIX is not set: make install PREFIX=/where/to))
	@$(MAKE) --no-print-directory cli
	@scripts/install.sh $(DESTDIR)$(PREFIX)

header: ## write include/hmsffi/hmsffi.h and Go's copy anew
	@scripts/check-header.sh --write

snapshots: stage ## write the lists of exports and struct layouts anew
	@scripts/check-exports.sh --write
	@scripts/check-layout.sh --write

.PHONY: components wheel node cli hosts
components: stage ## build the component of each language
	@scripts/components.sh $(filter-out $(WITHOUT_COMPONENT),$(CHOSEN))

wheel: cli venv ## build the Python wheel, with hms, and install it into target/venv
	@scripts/wheel.sh

node: stage $(NODE_PACKAGES) ## build the Node addon
	npm --prefix bindings/node run build

cli: stage ## build hms, the command line
	cargo build --release $(CARGO_EXTENSIONS) -p hmsffi-cli

hosts: components cli $(WHEEL) $(NODE) ## build the hosts of the demo, and what they load
	@scripts/hosts.sh $(CHOSEN)

$(NODE_PACKAGES) $(PROTOBUF_PACKAGES): %/node_modules/.package-lock.json: %/package-lock.json
	npm --prefix $* ci --no-audit --no-fund
	@touch $@

.PHONY: check check-tree check-rust check-c check-cpp check-go check-python check-node check-abi check-one-core
check: setup check-tree $(addprefix check-,$(CHOSEN)) check-abi check-one-core ## format, lint, header, exports, layout, one core
	@echo "check: all passed"

check-tree:
	@scripts/check-length.sh
	@scripts/check-demo.sh

check-rust: stage venv
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	cargo fmt --all --check $(CARGO_EXTENSIONS)
	cargo fmt --check $(CARGO_PEERS)
	cargo fmt --check $(CARGO_TYPES)
	cargo fmt --check $(CARGO_MODELS)
	$(LIKE_MATURIN) cargo clippy --release --workspace --all-targets $(CARGO_EXTENSIONS) -- -D warnings

check-c:
	@scripts/check-alone.sh $${CC:-cc} c -std=c11

check-cpp:
	@scripts/check-alone.sh $${CXX:-c++} c++ -std=c++17
	@scripts/check-alone.sh $${CXX:-c++} c++ -std=c++17 -fno-exceptions

check-go: cli venv
	@examples/demo/stubs.sh go
	@tests/oneprocess/messages.sh go
	@test -z "$$(gofmt -l $(GO_FOLDERS) | tee -a /dev/stderr)" || { echo "gofmt: make fmt" >&2; exit 1; }
	$(foreach folder,$(GO_FOLDERS),go -C $(folder) vet ./... &&) true

check-python: venv
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy --strict --exclude /examples/ python/hmsffi

check-node: node
	cd bindings/node && npx --no-install tsc --noEmit

check-abi: stage
	@scripts/check-header.sh
	@scripts/check-exports.sh
	@scripts/check-layout.sh

check-one-core: components $(WHEEL) $(NODE)
	@scripts/check-one-core.sh $(EXTENSIONS)

.PHONY: test test-rust test-c test-cpp test-go test-python test-node test-cli test-oneprocess test-twoprocess \
	test-protobuf test-stubs test-demo test-packaging test-soak
TESTS = $(addprefix test-,$(CHOSEN)) $(if $(filter rust,$(CHOSEN)),models) test-oneprocess test-twoprocess test-cli $(if $(NODE),test-protobuf) test-stubs \
	test-demo test-packaging test-soak
test: setup $(TESTS) ## the tests of every language, and across them
	@echo "test: all passed"

test-rust: ## unit and integration tests of the Rust crates
	@scripts/json-schema-suite.sh
	@scripts/json-parsing-suite.sh
	cargo test --profile tests --workspace
	HMSFFI_SHM_BACKEND=named HMSFFI_KILLS=$(or $(HMSFFI_KILLS),100) cargo test --profile tests -p hmsffi-core \
		--test processes --test kills -- --skip hostile:: --skip returning:: --skip stepped::

test-c test-cpp: test-%: stage ## C and C++ programs against the staged library
	@scripts/cmake.sh bindings/$* target/cmake/$*
	ctest --test-dir target/cmake/$* --output-on-failure --no-tests=error

test-go: stage ## the Go module
	cd go && $(WITH_STAGED_LIBRARY) go test -count=1 ./...
	cd go && $(WITH_STAGED_LIBRARY) GOEXPERIMENT=cgocheck2 go test -race -count=1 .
	cd examples/component/go && $(WITH_STAGED_LIBRARY) go test -count=1 ./...

test-python: wheel ## the Python package, as installed from its wheel
	$(PYTEST) python/tests

test-node: node ## the Node package
	npm --prefix bindings/node test

test-cli: components $(WHEEL) ## hms, with services in other processes
	cargo test --release $(CARGO_EXTENSIONS) -p hmsffi-cli

test-protobuf: cli venv $(PROTOBUF_PACKAGES) ## messages beside the stock runtimes of Python, Go and Node, changes beside buf
	$(PYTEST) tests/protobuf

test-oneprocess: components venv $(WHEEL) $(NODE) ## several languages in one process share one core
	$(PYTEST) tests/oneprocess

test-twoprocess: components venv $(WHEEL) $(NODE) ## languages in processes of their own call each other
	$(PYTEST) tests/twoprocess

# What they call is in Python.
test-stubs: components cli $(WHEEL) $(NODE) ## typed clients in each language call another process
	$(if $(WHEEL),$(PYTEST) tests/stubs)

test-demo: hosts venv ## each host of the demo prints what is expected
	$(PYTEST) tests/demo

test-packaging: dist venv ## what make dist makes, used from an empty folder
	$(PYTEST) tests/packaging

test-soak: components venv $(WHEEL) $(NODE) ## the short form of the long tests
	tests/soak/run --short

.PHONY: demo bench bench-shm bench-types models soak fuzz
demo: languages ## 442 patient records through five languages, in one process and in many
	@scripts/demo.sh $(CHOSEN)

bench: components venv $(WHEEL) $(NODE) ## figures of calls between the languages
	$(call run_script,benches/run)

bench-shm: stage venv $(WHEEL) ## figures of calls between processes, beside floors and peers
	$(call run_script,benches/shm/run)

bench-types: stage venv $(WHEEL) ## what validation and Python's codec cost beside their peers
	$(call run_script,benches/types/run)

models: ## run the lane between two processes through all orders of a few threads, and long at random
	cargo run --release $(CARGO_MODELS)
	cargo run --release $(CARGO_MODELS) --features shuttle

soak: components venv $(WHEEL) $(NODE) ## the long tests: exits, leaks, pairs of processes, 10,000 kills
	$(call run_script,tests/soak/run)

fuzz: components venv $(WHEEL) $(NODE) ## what a peer may write and send, a minute each, and values in all languages, at random
	$(call run_script,tests/fuzz/run)
	HMSFFI_FUZZ=1 $(PYTEST) tests/twoprocess/test_random_values.py

.PHONY: dist fmt clean
dist: cli $(WHEEL) $(NODE) ## wheel, npm tarball, Go module, prefix in dist/
	@scripts/dist.sh $(CHOSEN)

fmt: venv ## format all code
	cargo fmt --all
	cargo fmt --all $(CARGO_EXTENSIONS)
	cargo fmt $(CARGO_PEERS)
	cargo fmt $(CARGO_TYPES)
	cargo fmt $(CARGO_MODELS)
	gofmt -w $(GO_FOLDERS)
	$(VENV)/bin/ruff check --fix-only --quiet .
	$(VENV)/bin/ruff format .
	@if command -v clang-format >/dev/null; then $(C_FILES) | xargs -r clang-format -i; \
		else echo "C and C++ are not formatted; to install the tool: apt-get install clang-format"; fi

clean: ## remove all that was built
	rm -rf target dist python/hmsffi/{_bin,_lib,include,examples} examples/demo/go/stub
