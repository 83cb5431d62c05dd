PYTHON ?= python

.PHONY: check fix test readme

check:  ## format, lint, tables of the README, bundled checkpoints
	$(PYTHON) -m ruff format --check .
	$(PYTHON) -m ruff check .
	$(PYTHON) -m docs.tables --check
	$(PYTHON) -m hub_models check

fix:  ## what check complains of and can be mended by itself
	$(PYTHON) -m ruff check --fix .
	$(PYTHON) -m ruff format .
	$(PYTHON) -m docs.tables

test:
	$(PYTHON) -m pytest

readme: fix
