# `make demo` and `make test` set up what they need; nothing else has to be installed but Python 3.11 or newer.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin

.DEFAULT_GOAL := help
.PHONY: help demo test check train weights samples bench reproduce development clean

help:  ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/reading  ## Install what reading needs (no torch) and read the sample strips
	@echo; echo '$$ sdnn read data/samples/*.png'
	@$(BIN)/sdnn read data/samples/*.png
	@echo; echo '$$ sdnn eval data/samples'
	@$(BIN)/sdnn eval data/samples
	@mkdir -p build
	@echo '$$ sdnn read data/samples/00003.png --explain build/explain.png'
	@$(BIN)/sdnn read data/samples/00003.png --explain build/explain.png
	@echo; echo 'Look at build/explain.png: the strip, its class map, the best path, the digits.'

test: $(VENV)/everything  ## Install everything and run the tests
	$(BIN)/python -m pytest

check: $(VENV)/everything  ## Lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

train: $(VENV)/everything  ## Train a model with the defaults (about three minutes on two cores)
	$(BIN)/sdnn train

weights: $(VENV)/everything  ## Train the bundled model again and put it into sdnn/weights
	rm -rf build/sdnn-digits
	$(BIN)/sdnn train --seed 0 --run build/sdnn-digits
	cp build/sdnn-digits/model.onnx sdnn/weights/sdnn.onnx
	cp build/sdnn-digits/model.safetensors sdnn/weights/sdnn.safetensors
	cp build/sdnn-digits/run.json build/sdnn-digits/metrics.jsonl sdnn/weights/

samples: $(VENV)/everything  ## Draw data/samples again
	rm -rf build/samples
	$(BIN)/sdnn synth --source pen --digits 3-8 --gap=-1:8 --count 12 --seed 1992 --out build/samples
	cp build/samples/* data/samples/
	$(BIN)/sdnn read data/samples/00003.png --explain data/reading.png

bench: $(VENV)/everything  ## Time the commands; writes benchmarks/startup.json
	$(BIN)/python benchmarks/startup.py

reproduce: $(VENV)/everything  ## Train three seeds and write benchmarks/digit_stage.{json,md} (about 15 minutes)
	$(BIN)/python benchmarks/digit_stage.py

development: $(VENV)/everything  ## Score folders of real strips: make development STRINGS="DIR..."
	$(BIN)/python benchmarks/development.py $(STRINGS)

clean:  ## Remove the environment and everything built
	rm -rf $(VENV) build runs .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/reading: requirements-read.txt pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-read.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

$(VENV)/everything: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/reading
