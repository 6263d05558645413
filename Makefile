# One command for each thing one does here; `make` alone lists them.

PYTHON ?= python3
PACKAGES := bot handlers migrations qualification sandbox templates
ELSEWHERE := tests/browser tests/evidence tests/bench
MINUTES ?= 2
ARGS ?=

BIN := .venv/bin
RUNTIME := .venv/.runtime
DEMO := .venv/.demo
DEVELOPMENT := .venv/.development
PIP := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps
INSTALL := $(PIP) --require-hashes
# bandit warns of an exception once for each part of its line in which it finds nothing, and has no option against that.
BANDIT := $(BIN)/python -c "import logging; logging.disable(logging.WARNING); from bandit.cli.main import main; main()"

# The processes of a test run, and those that they start, compile each file once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo run init publish doctor test check browser screenshots evidence faults bench format words lock sbom audit clean

help:  ## List what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(DEMO)  ## Hand a lead over in a Slack of your own: prints one address to open
	@$(BIN)/python -m sandbox demo $(ARGS)

run: $(RUNTIME)  ## Run the bot against a real workspace, as .env says
	@$(BIN)/baton run $(ARGS)

init: $(RUNTIME)  ## Write playbook.yaml from the answers to a few questions
	@$(BIN)/baton init $(ARGS)

publish: $(RUNTIME)  ## Check playbook.yaml, and make it count
	@$(BIN)/baton playbook publish $(ARGS)

doctor: $(RUNTIME)  ## Check tokens, scopes, people, channels, schema and clocks
	@$(BIN)/baton doctor $(ARGS)

test: $(DEVELOPMENT)  ## Run the tests, on SQLite and PostgreSQL
	$(BIN)/python -m pytest tests $(ELSEWHERE:%=--ignore=%) --numprocesses=4 --dist=worksteal $(ARGS)

check: $(DEVELOPMENT)  ## Format, lint, Bandit, types, imports, drift between records and migrations
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BANDIT) --quiet --recursive $(PACKAGES)
	$(BIN)/mypy $(PACKAGES) tests .ci
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest tests/migrations/test_drift.py

browser: $(DEVELOPMENT)  ## Test the sandbox's page in Chromium
	$(BIN)/python -m pytest tests/browser --numprocesses=2 $(ARGS)

screenshots: $(DEVELOPMENT)  ## Take the pictures of docs/images anew
	$(BIN)/python -m tests.browser.screenshots

evidence: $(DEVELOPMENT)  ## Check Baton on real data: make evidence DATA=folder
	@test -n "$(DATA)" || { echo "make evidence needs the folder of the data: make evidence DATA=folder" >&2; exit 2; }
	@test -d "$(DATA)" || { echo "make evidence: $(DATA) is no folder" >&2; exit 2; }
	$(BIN)/python -m pytest tests/evidence --data="$(DATA)" --numprocesses=3 $(ARGS)

faults: $(DEVELOPMENT)  ## Act while everything breaks, and count what is lost, doubled or untrue: make faults MINUTES=2
	$(BIN)/python -W "ignore:XDG_RUNTIME_DIR is not set" -m tests.faults --minutes $(MINUTES) $(ARGS)

bench: $(DEVELOPMENT)  ## Measure, each figure beside its floor
	$(BIN)/python tests/bench $(ARGS)

format: $(DEVELOPMENT)  ## Format the code and mend what can be mended without thought
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

words: $(DEVELOPMENT)  ## Gather the words of the templates for translators
	$(BIN)/pybabel --quiet extract --mapping=pyproject.toml --keyword=gettext_noop --no-location --sort-output --omit-header --output=templates/locale/messages.pot templates
	$(BIN)/pybabel --quiet update --input-file=templates/locale/messages.pot --output-dir=templates/locale --no-fuzzy-matching --omit-header --ignore-obsolete

# Without UPGRADE what is locked stays, and only what pyproject.toml added or took away changes.
lock: COMPILE = $< pip compile --quiet $(if $(UPGRADE),--upgrade) --universal --generate-hashes --no-header --python-version 3.11
lock: .venv/lock/bin/uv  ## Lock what pyproject.toml asks for: make lock UPGRADE=1 for the newest versions
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) -c requirements.lock pyproject.toml --group dev -o requirements-dev.lock
	$(COMPILE) -c requirements-dev.lock --group build -o requirements-build.lock
	$(COMPILE) -c requirements-dev.lock --group demo -o requirements-demo.lock
	$(COMPILE) -c requirements-dev.lock --group audit -o requirements-audit.lock

sbom: $(RUNTIME)  ## List all packages that Baton runs with, in CycloneDX: reports/sbom.cdx.json
	@mkdir -p reports
	@$(BIN)/python .ci/sbom.py requirements.lock > reports/sbom.cdx.json
	@echo reports/sbom.cdx.json

audit: .venv/audit/bin/pip-audit  ## Ask PyPI and OSV for known vulnerabilities of all that is locked
	@$(BIN)/python .ci/audit.py $< $(wildcard requirements*.lock)

clean:  ## Remove what was installed and made
	rm -rf .venv .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache reports
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Baton needs Python 3.11 or newer: make PYTHON=python3.12 …" >&2; exit 2; }
	$(PYTHON) -m venv .venv

# The project itself comes last, as a link to this folder, built by the locked backend: pip fetches nothing for it.
$(RUNTIME): requirements.lock requirements-build.lock pyproject.toml | $(BIN)/python
	$(INSTALL) -r requirements.lock -r requirements-build.lock
	$(PIP) --no-index --no-build-isolation --editable .
	@touch $@

$(DEMO): requirements-demo.lock $(RUNTIME)
	$(INSTALL) -r $<
	@touch $@

$(DEVELOPMENT): requirements-dev.lock $(RUNTIME)
	$(INSTALL) -r $<
	@touch $@

.venv/lock/bin/uv: | $(BIN)/python
	$(PYTHON) -m venv .venv/lock
	.venv/lock/bin/pip install -qq --disable-pip-version-check uv

# A place of its own: pip-audit asks for a pip, which would replace that of .venv.
.venv/audit/bin/pip-audit: requirements-audit.lock | $(BIN)/python
	$(PYTHON) -m venv .venv/audit
	.venv/audit/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@
