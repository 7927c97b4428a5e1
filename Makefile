# Two commands do everything on a new machine: make run, make test.

VENV ?= .venv
BIN := $(VENV)/bin
# The newest Python here that the tests run on; one newer still only if there is no other.
NEW_ENOUGH := -c 'import sys; sys.exit(sys.version_info < (3, 11))'
TESTED := -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))'
first = $(shell for python in $(1); do $$python $(2) 2>/dev/null && { echo $$python; break; }; done)
PYTHON ?= $(or $(call first,python3.13 python3.12 python3.11 python3,$(TESTED)), \
  $(call first,python3 python3.14 python3.15 python3.16,$(NEW_ENOUGH)))
LOCK := uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet

# A package of its own, for development alone: both are gone where somebody deleted it.
EMULATOR := $(wildcard emulator/pyproject.toml)
EMULATOR_LOCK := $(wildcard requirements-emulator.txt)

.DEFAULT_GOAL := help
.PHONY: help run test quick doctor e2e fuzz soak docs translations specimens bench profile check serve fork forks lock clean

help: ## Say what there is to make
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo
	@echo "PORT=5001, EMULATOR_PORT=4101 and SMTP_PORT=2526 change ports (run, doctor, serve); BIND=0.0.0.0 lets"
	@echo "other machines reach serve; WEB_CONCURRENCY and THREADS are its size; VENV where the virtual"
	@echo "environment is; PYTHON which Python makes it. EMAIL_DELIVERY=workos (run) lets WorkOS send the mail."

run: $(VENV)/run ## Run the application and the emulator, ready to sign in
	@$(BIN)/python -m scripts.develop

test: $(VENV)/dev ## Run all tests; says what was skipped, and which program it needs
	@$(BIN)/python -m pytest -n auto --dist loadgroup -m "not fork" $(PYTEST)

quick: $(VENV)/dev ## Run the tests that start no browser and no server
	@$(BIN)/python -m pytest -n auto -m "not e2e and not server" $(PYTEST)

e2e: $(VENV)/dev ## Run the tests in a real Chromium and WebKit alone
	@$(BIN)/python -m pytest -m e2e $(PYTEST)

doctor: $(VENV)/run ## Check the settings and what they lead to; URL=https://… asks a running site
	@$(BIN)/python -m doctor $(if $(URL),--url $(URL))

fuzz: $(VENV)/dev ## Send 20,000 requests that nobody foresaw, twice (tests/attack): takes minutes
	@$(BIN)/python -m pytest -s -m fuzz tests/attack tests/serving --requests 20000 $(PYTEST)

soak: $(VENV)/dev ## Come and go for five minutes on each store, and show what grows
	@$(BIN)/python -m pytest -s -m soak tests/serving --soak 300 $(PYTEST)

docs: $(VENV)/dev ## Write the parts of docs/ that are generated
	@$(BIN)/python -m pytest -q -m docs --write-docs

translations: $(VENV)/dev ## Bring app/translations/ up to date with the words; NEW=it begins a language
	@$(BIN)/python -m scripts.translations $(if $(NEW),--new $(NEW))

specimens: $(VENV)/dev ## Keep what this release leaves in browsers and stores, once a format has changed
	@$(BIN)/python -m pytest -q tests/specimens -k can_be_made --write-specimens

bench: $(VENV)/dev ## Measure, as ratios, and write docs/performance.md; ROW=session_check measures one
	@PYTHONPATH=emulator $(BIN)/python -m bench $(or $(ROW),--write)

profile: $(VENV)/dev ## Draw where the time of one route goes, as a flame graph: ROUTE=/account
	@PYTHONPATH=emulator $(BIN)/python -m bench.profile $(or $(ROUTE),/account)

check: $(VENV)/dev ## Check style, format and types
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/hadolint Dockerfile $(wildcard emulator/Dockerfile)
	@$(BIN)/yamllint -s -d '{extends: relaxed, rules: {line-length: {max: 100}}}' compose.yaml .github/workflows

serve: $(VENV)/run ## Serve with gunicorn, as in production; settings from the environment or .env
	@$(BIN)/gunicorn

fork: $(VENV)/dev ## Make it yours: NAME="…" COLOUR=#0a7 LOGO=mark.svg DOORS=magic_auth LANGUAGES=en WITHOUT="doctor …"
	@$(BIN)/python -m scripts.fork --name "$(NAME)" --doors "$(DOORS)" --without "$(WITHOUT)" --colour "$(COLOUR)" --logo "$(LOGO)" --languages "$(LANGUAGES)"

forks: $(VENV)/dev ## Make every fork there is, and run its checks and tests: takes a while
	@$(BIN)/python -m pytest -n auto tests/fork $(PYTEST)

lock: $(VENV)/dev ## Lock the newest dependencies of both pyproject.toml, with hashes
	@$(BIN)/$(LOCK) --upgrade pyproject.toml -o requirements.txt
ifdef EMULATOR
	@$(BIN)/$(LOCK) --upgrade $(EMULATOR) -c requirements.txt -o requirements-emulator.txt
endif
	@$(BIN)/$(LOCK) --upgrade pyproject.toml $(EMULATOR) --extra dev -c requirements.txt $(EMULATOR_LOCK:%=-c %) \
	  -o requirements-dev.txt

clean: ## Remove what can be made again; .env and instance/ stay
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	@test -n "$(PYTHON)" && $(PYTHON) $(NEW_ENOUGH) || \
	  { echo "Python 3.11 or later is needed. If it is here: make PYTHON=/path/to/python3 ..."; exit 1; }
	@$(PYTHON) $(TESTED) || \
	  echo "The tests have only run on Python 3.11 to 3.13, and this is $$($(PYTHON) --version). If it fails, try one of those."
	@$(PYTHON) -m venv $(VENV) || \
	  { rm -f $@; echo "This Python cannot make virtual environments. On Debian or Ubuntu: apt install python3-venv"; exit 1; }

$(VENV)/run: requirements.txt $(EMULATOR_LOCK) $(BIN)/python
	@echo "Installing the dependencies, once ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt $(EMULATOR_LOCK:%=-r %)
	@touch $@

$(VENV)/dev: requirements-dev.txt $(BIN)/python
	@echo "Installing the dependencies of the tests, once ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@ $(VENV)/run
