# Kith: `make run` and `make test` are all a newcomer needs. Everything lives in .venv and var/.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
export HOST PORT

.DEFAULT_GOAL := help
.PHONY: help run dev test test-postgres test-browser lint format types check bench clean

help: ## Show what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

run: $(VENV)/runtime.stamp ## Start Kith with sample data on SQLite (or DATABASE_URL)
	@$(BIN)/python manage.py prepare
	@exec $(BIN)/gunicorn --config deploy/gunicorn.conf.py crm.wsgi

dev: $(VENV)/dev.stamp ## Start the development server, which reloads
	@DEBUG=1 $(BIN)/python manage.py prepare
	DEBUG=1 $(BIN)/python manage.py runserver $(HOST):$(PORT)

test: $(VENV)/dev.stamp ## Run the tests on SQLite, in a browser too where there is one
	DATABASE_URL= $(BIN)/python -m pytest -n 2

test-postgres: $(VENV)/dev.stamp ## Run the same tests on DATABASE_URL, but for those that drive Chromium
	@case "$$DATABASE_URL" in postgres*) ;; *) echo "Set DATABASE_URL to a PostgreSQL server, such as postgres://user@127.0.0.1:5432/kith"; exit 2;; esac
	$(BIN)/python -m pytest -n 2 -m "not browser"

test-browser: $(VENV)/dev.stamp ## Run only the tests that drive Chromium, on DATABASE_URL
	REQUIRE_BROWSER=1 $(BIN)/python -m pytest tests/browser

lint: $(VENV)/dev.stamp ## Check style: Python, templates, import floors
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/lint-imports

format: $(VENV)/dev.stamp ## Format the Python code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: $(VENV)/dev.stamp ## Check types
	$(BIN)/mypy crm associations records

check: lint types ## Lint, types, Django's checks, missing migrations
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: $(VENV)/dev.stamp ## Measure the pages on a thousand and on a million records (OPTIONS="--help")
	$(BIN)/python -m bench.run $(OPTIONS)

clean: ## Remove the environment and everything in var/
	rm -rf $(VENV) var

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Kith needs Python 3.11 or newer; set PYTHON=python3.11"; exit 2; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/runtime.stamp: requirements.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	@touch $@

$(VENV)/dev.stamp: requirements.txt requirements-dev.txt | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@ $(VENV)/runtime.stamp
