# `make demo` and `make test` are all a new machine with a Swift toolchain needs.

SWIFT ?= swift
PREFIX ?= /usr/local
PYTHON ?= python3
DESTDIR ?=

# Symbols are most of the file and nothing reads them.
RELEASE = -c release --static-swift-stdlib --product lossctl -Xlinker -s
BINARY = .build/release/lossctl
FIXTURE = Tests/Fixtures/breast-cancer
# An interpreter with PyTorch and NumPy; where there is none, bench makes one.
BENCH_PYTHON = $(shell command -v "$(LOSSCTL_BENCH_PYTHON)")

.PHONY: help dependencies build demo test check lint drift man fixtures bench bench-files format install uninstall clean

help:  ## Show what can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /  make \1	/' | expand -t 20

dependencies:
	@Scripts/dependencies

build: dependencies  ## Build the release binary
	$(SWIFT) build $(RELEASE)

demo: build  ## Compute the binary cross entropy of real predictions
	@echo
	@echo "Binary cross entropy of a classifier on the 569 samples of the Wisconsin breast-cancer data:"
	@echo
	@echo '$$ lossctl bce --pred $(FIXTURE)/logits.npy --label $(FIXTURE)/labels.npy'
	@$(BINARY) bce --pred $(FIXTURE)/logits.npy --label $(FIXTURE)/labels.npy
	@echo
	@echo "The same from a CSV table, checked against what PyTorch computed for it:"
	@echo
	@echo '$$ lossctl bce --pred $(FIXTURE)/predictions.csv:score --label $(FIXTURE)/predictions.csv:label --expect-grad $(FIXTURE)/gradient.npy --format text'
	@$(BINARY) bce --pred $(FIXTURE)/predictions.csv:score --label $(FIXTURE)/predictions.csv:label --expect-grad $(FIXTURE)/gradient.npy --format text

test: dependencies  ## Run the tests
	$(SWIFT) test

# What CI runs. Warnings are errors here and only here.
check: export LOSSCTL_WARNINGS_AS_ERRORS = 1
check: dependencies lint  ## Lint, build with warnings as errors, look for drift, test
	$(SWIFT) build --build-tests
	$(PYTHON) man/generate.py --check .build/debug/lossctl
	$(SWIFT) test --skip-build

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

format:  ## Format the sources
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

man: dependencies  ## Write the manual pages anew
	$(SWIFT) build
	$(PYTHON) man/generate.py .build/debug/lossctl

# PyTorch is large; it goes into a virtual environment of its own.
fixtures: .venv/.installed  ## Compute the expected values of the tests anew, with PyTorch
	.venv/bin/python Tests/Fixtures/make_all.py

# make bench BENCH="--only bce-* --rounds 15"; benchmarks/README.md has the rest.
bench: build $(if $(BENCH_PYTHON),,benchmarks/.venv/.installed)  ## Measure against reading the bytes, PyTorch and NumPy
	$(or $(BENCH_PYTHON),benchmarks/.venv/bin/python) -B benchmarks/bench.py $(BENCH)

bench-files: build $(if $(BENCH_PYTHON),,benchmarks/.venv/.installed)  ## Measure reading files against polars, pandas and unzip
	$(or $(BENCH_PYTHON),benchmarks/.venv/bin/python) -B benchmarks/files.py $(BENCH)

benchmarks/.venv/.installed: benchmarks/requirements.txt
	$(PYTHON) -m venv benchmarks/.venv
	benchmarks/.venv/bin/python -m pip install --quiet --requirement benchmarks/requirements.txt
	touch benchmarks/.venv/.installed

.venv/.installed: Tests/Fixtures/requirements.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --requirement Tests/Fixtures/requirements.txt
	touch .venv/.installed

install: build  ## Install the binary, manual pages and completions under PREFIX
	install -d "$(DESTDIR)$(PREFIX)/bin" "$(DESTDIR)$(PREFIX)/share/man/man1" \
	  "$(DESTDIR)$(PREFIX)/share/bash-completion/completions" \
	  "$(DESTDIR)$(PREFIX)/share/zsh/site-functions" \
	  "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d"
	install -m 755 $(BINARY) "$(DESTDIR)$(PREFIX)/bin/lossctl"
	install -m 644 man/*.1 "$(DESTDIR)$(PREFIX)/share/man/man1/"
	$(BINARY) --generate-completion-script bash \
	  > "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/lossctl"
	$(BINARY) --generate-completion-script zsh \
	  > "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_lossctl"
	$(BINARY) --generate-completion-script fish \
	  > "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/lossctl.fish"

uninstall:  ## Remove what install put under PREFIX
	rm -f "$(DESTDIR)$(PREFIX)/bin/lossctl" "$(DESTDIR)$(PREFIX)/share/man/man1/lossctl.1" \
	  "$(DESTDIR)$(PREFIX)/share/man/man1/"lossctl-*.1 \
	  "$(DESTDIR)$(PREFIX)/share/bash-completion/completions/lossctl" \
	  "$(DESTDIR)$(PREFIX)/share/zsh/site-functions/_lossctl" \
	  "$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/lossctl.fish"

clean:  ## Remove what was built
	rm -rf .build .venv benchmarks/.venv benchmarks/data
