# Each of these does its own set-up on a Debian machine with Rust, Node and make, and says what it installs.

target := $(or $(CARGO_TARGET_DIR),target)
export SATCHEL_CORPUS ?= $(abspath ../shared/corpus)

.PHONY: help demo run test check types bench fuzz build interface

help:
	@echo "make demo   a throwaway mail server with a sample mailbox, and the app on it"
	@echo "make run    the app, for your own account"
	@echo "make test   everything; make check: formatting, lints, layering, types"
	@echo "make bench  ratios against a bare client"
	@echo "make fuzz   the engine against the model server: 20,000 runs by seed, every cut of a first sync"

demo:
	@tests/setup/packages demo
	@$(MAKE) --no-print-directory build
	@$(target)/debug/satchel-demo

run:
	@tests/setup/packages build
	@$(MAKE) --no-print-directory build
	@$(target)/debug/satchel-app

test:
	@tests/setup/packages test
	@$(MAKE) --no-print-directory build
	@tests/setup/driver
	@tests/setup/browser
	@tests/setup/suites

check:
	@tests/setup/packages build
	@tests/setup/interface
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings
	cargo test --workspace --quiet --test layering --test typescript
	@if command -v cargo-deny >/dev/null; then cargo deny --log-level error check bans licenses sources; else echo "cargo-deny is not installed: bans and licences are not checked"; fi
	npm --prefix ui run --silent check
	npm --prefix ui run --silent lint

# The interface's types, written anew from the Rust ones.
types:
	SATCHEL_WRITE_TYPES=1 cargo test --workspace --quiet --test typescript

bench:
	@tests/setup/packages demo
	@$(MAKE) --no-print-directory build
	@$(target)/debug/satchel-bench

fuzz:
	@tests/setup/packages build
	SATCHEL_RUNS=$(or $(SATCHEL_RUNS),20000) cargo test --package satchel-engine --test truth --quiet -- --nocapture

# One set of features for everything, so that nothing is built twice.
build: interface
	@echo "building Satchel (the first time takes some minutes)"
	@cargo build --workspace --bins --quiet

interface:
	@tests/setup/interface
