# Everything a person does in this checkout. `make` alone lists it.
.DEFAULT_GOAL := help
SHELL := /bin/sh
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input
INSTALL := $(PIP) install --quiet --require-hashes --only-binary :all:
COMPILE := $(BIN)/pip-compile --quiet --generate-hashes --strip-extras --allow-unsafe --no-annotate --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host
PORT := 8321
KILLS := 1000
SEED := 20260301
ARGS :=

##@ Use

.PHONY: help
help: ## what there is to make
	@awk 'BEGIN {FS = ":.*## "} \
	  /^##@ / {printf "\n%s\n", substr($$0, 5)} \
	  /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(VENV)/run.stamp ## install into .venv what running needs

.PHONY: run
run: setup ## start Remit with its sample organisation (PORT=8321)
	@exec $(BIN)/remit up --sample --port $(PORT)

##@ Develop

.PHONY: test
test: $(VENV)/dev.stamp ## install what tests need and run them all (ARGS="tests/kernel -x")
	@$(BIN)/python -m pytest -n 2 $(ARGS)

.PHONY: check
check: $(VENV)/dev.stamp ## lint, format, types, import contracts, migrations, locks
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m django makemigrations --check --dry-run --settings remit.settings
	$(BIN)/python requirements/check.py

.PHONY: lock
lock: $(VENV)/dev.stamp ## choose the newest dependencies again and write the locks
	$(COMPILE) --upgrade --build-deps-for editable --output-file requirements/run.txt pyproject.toml
	$(COMPILE) --upgrade --extra dev --constraint requirements/run.txt --output-file requirements/dev.txt pyproject.toml

.PHONY: pictures
pictures: $(VENV)/dev.stamp ## draw the pictures in docs/ again with headless Chromium
	$(BIN)/python docs/pictures.py

.PHONY: bench
bench: $(VENV)/dev.stamp ## measure what is promised to be fast
	$(BIN)/python -m bench

.PHONY: soak
soak: $(VENV)/dev.stamp ## kill imports, workers, sealers and deliveries (KILLS=1000 SEED=20260301), up to an hour
	REMIT_KILLS=$(KILLS) REMIT_SEED=$(SEED) $(BIN)/python -m pytest -n 0 --capture=no tests/faults

.PHONY: sbom
sbom: $(VENV)/run.stamp ## write build/remit.cdx.json, the CycloneDX document of what is shipped; check licences
	@$(BIN)/python requirements/sbom.py build/remit.cdx.json

.PHONY: clean
clean: ## remove .venv and caches; data folders stay
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# `python3` if it is new enough, else the newest by name.
$(BIN)/python:
	@for python in python3 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "Making $(VENV) with $$($$python --version) …"; \
	    $$python -m venv $(VENV) && exit 0; \
	    echo "Python's venv module does not work here; on Debian: apt install python3-venv" >&2; exit 1; \
	  fi; \
	done; \
	echo "Remit needs Python 3.11 or later; none was found on the PATH." >&2; exit 1

$(VENV)/run.stamp: requirements/run.txt pyproject.toml | $(BIN)/python
	@echo "Installing …"
	@$(INSTALL) --requirement requirements/run.txt
	@$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/dev.stamp: requirements/dev.txt $(VENV)/run.stamp
	@echo "Installing what tests need …"
	@$(INSTALL) --requirement requirements/dev.txt
	@touch $@
