# The development loop: `make` sets up the environment, then checks style, types and tests.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: all lint format types test fast render reference lock bench clean
all: lint types test

.venv: requirements/dev.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install -q --require-hashes -r requirements/dev.txt
	$(BIN)/pip install -q --no-deps -e .
	touch .venv

lint: .venv
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

format: .venv
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: .venv
	$(BIN)/mypy

test: .venv
	$(BIN)/python -m pytest

fast: .venv
	$(BIN)/python -m pytest -m 'not slow'

render reference: .venv
	$(BIN)/doit $@

# Needs uv; writes names, versions and hashes, and no host.
lock:
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate pyproject.toml -o requirements/run.txt
	uv pip compile -q --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --extra dev pyproject.toml -o requirements/dev.txt

bench: .venv
	$(BIN)/python bench/render.py
	$(BIN)/python bench/validate.py

clean:
	rm -rf .venv build .mypy_cache .ruff_cache .pytest_cache .hypothesis
