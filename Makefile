# `make demo` and `make test` set up what they need; nothing else has to be installed but Python 3.11 or newer.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV   := .venv
BIN    := $(VENV)/bin

# Licences of packages for reading: permissive, or, as for Mozilla's, of single files.
LICENCES := MIT;BSD;Apache;ISC;PSF;Python Software Foundation;HPND;MPL;Mozilla

.DEFAULT_GOAL := help
.PHONY: help demo test unit check docs package browser train lock sbom audit weights samples finetune loop bench bench-peers training sweep strips hands pages thresholds batches bombs faults serve scale ablation constraints development card fuzz kills reproduce clean

help:  ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/reading  ## Install what reading needs (no torch) and read the sample strips
	@echo; echo '$$ sdnn read data/pages/*.png --exit-zero'
	@$(BIN)/sdnn read data/pages/*.png --exit-zero
	@echo; echo '$$ sdnn read data/form.jpg --exit-zero'
	@$(BIN)/sdnn read data/form.jpg --exit-zero
	@echo; echo '$$ sdnn eval data/samples data/pages'
	@$(BIN)/sdnn eval data/samples data/pages
	@mkdir -p build
	@echo '$$ sdnn read data/pages/00005.png --explain build/explain.png --exit-zero'
	@$(BIN)/sdnn read data/pages/00005.png --explain build/explain.png --exit-zero
	@echo; echo 'Look at build/explain.png: the strip, its class map, the best path, the digits.'

test: $(VENV)/everything  ## Install everything and run the tests
	$(BIN)/python -m pytest -n auto

unit: $(VENV)/everything  ## The unit tests alone, less than a minute: no commands, benchmarks, study, trainings or processes
	$(BIN)/python -m pytest -n auto -m 'not slow' --ignore tests/cli --ignore tests/benchmarks --ignore tests/reproduction

check: $(VENV)/everything  ## Lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

docs: $(VENV)/book  ## Build the book into build/docs
	$(BIN)/mkdocs build --strict --quiet

package: $(VENV)/everything  ## Build sdist and wheel into build/dist, and read with the wheel in clean environments
	rm -rf build/dist
	$(BIN)/python -m build --outdir build/dist . > /dev/null
	.ci/try-package build/dist

lock: build/venv-supply/ready  ## Pin every package of development with its checksums, in requirements-dev.lock
	build/venv-supply/bin/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --upgrade \
	--generate-hashes --no-annotate --no-header --no-emit-index-url --quiet -o requirements-dev.lock

sbom: build/venv-supply/ready build/venv-base/ready  ## List what reading consists of, and its licences: build/sbom.json, licences.md
	build/venv-supply/bin/cyclonedx-py environment --output-reproducible --output-file build/sbom.json \
	build/venv-base/bin/python
	build/venv-supply/bin/pip-licenses --python build/venv-base/bin/python --from=mixed --with-urls \
	--format=markdown --output-file=build/licences.md --partial-match --allow-only='$(LICENCES)'

audit: build/venv-supply/ready build/venv-base/ready  ## Ask for known vulnerabilities of what reading consists of: build/audit.json
	@rm -f build/audit.json
	-@build/venv-supply/bin/pip-audit --progress-spinner off --timeout 20 --format json --output build/audit.json --path \
	"$$(build/venv-base/bin/python -c 'import site; print(site.getsitepackages()[0])')" > /dev/null 2>&1
	@.ci/read-audit build/audit.json

train: $(VENV)/everything  ## Train a model with the defaults
	$(BIN)/sdnn train

weights: $(VENV)/everything  ## Train the bundled detector and then the reader, and put them into sdnn/weights (hours)
	[ -e build/detector/detector.onnx ] || [ ! -e build/detector/run.json ] || \
	$(BIN)/sdnn train --resume build/detector
	[ -e build/detector/run.json ] || \
	$(BIN)/sdnn train --net detector --seed 1 --run build/detector
	cp build/detector/detector.onnx build/detector/detector.safetensors sdnn/weights/
	cp build/detector/run.json sdnn/weights/detector-run.json
	cp build/detector/metrics.jsonl sdnn/weights/detector-metrics.jsonl
	[ -e build/first/model.safetensors ] || [ ! -e build/first/run.json ] || \
	$(BIN)/sdnn train --resume build/first
	[ -e build/first/run.json ] || \
	$(BIN)/sdnn train --source hands --seed 7 --strips 2048000 --run build/first
	[ ! -e build/sdnn/run.json ] || $(BIN)/sdnn train --resume build/sdnn
	[ -e build/sdnn/run.json ] || \
	$(BIN)/sdnn train --source hands --init-from build/first/model.safetensors --seed 12 --strips 230400 --run build/sdnn
	cp build/sdnn/model.onnx sdnn/weights/sdnn.onnx
	cp build/sdnn/model.safetensors sdnn/weights/sdnn.safetensors
	cp build/sdnn/run.json build/sdnn/metrics.jsonl sdnn/weights/

samples: $(VENV)/everything  ## Draw data/samples and data/pages again
	rm -rf build/samples build/pages
	$(BIN)/sdnn synth --source pen --digits 3-8 --gap=-1:8 --count 12 --seed 1992 --out build/samples
	$(BIN)/sdnn synth --source pen --paper --digits 3-8 --count 12 --seed 1992 --out build/pages
	cp build/samples/* data/samples/
	cp build/pages/* data/pages/
	$(BIN)/sdnn read data/pages/00005.png --explain data/reading.png --exit-zero
	$(BIN)/python benchmarks/bench_pages.py --picture data/form.jpg
	$(BIN)/sdnn read data/form.jpg --explain data/form-read.jpg --exit-zero

browser: build/axe-core/package/axe.min.js  ## Fetch what the browser tests need: chromium (Debian, Ubuntu; as root) and axe-core
	@command -v chromium > /dev/null || command -v chromium-browser > /dev/null || command -v google-chrome > /dev/null || \
	{ apt-get update --quiet=2 && DEBIAN_FRONTEND=noninteractive apt-get install --quiet=2 --yes chromium > /dev/null; }

bench: $(VENV)/everything  ## Time commands, decoding and batches, beside peers if there; writes benchmarks/results.json
	$(BIN)/python benchmarks/bench_startup.py
	$(BIN)/python benchmarks/bench_decoding.py
	$(BIN)/python benchmarks/bench_speed.py
	$(BIN)/python benchmarks/bench_report.py

bench-peers: build/venv-peers/rapidocr-3  ## Install RapidOCR, in build/venv-peers, for make bench to compare with
	@command -v tesseract > /dev/null || echo 'Tesseract is not there; to compare with it, too: apt-get install tesseract-ocr'

sweep: $(VENV)/everything  ## The sweep against single windows; writes benchmarks/sweep.{json,md,png}
	$(BIN)/python benchmarks/bench_sweep.py

training: $(VENV)/everything  ## How long learning single digits takes (a quarter of an hour); benchmarks/training.*
	$(BIN)/python benchmarks/bench_training.py

strips: $(VENV)/everything  ## Read strips of MNIST test digits; writes benchmarks/strips.{json,md}
	$(BIN)/python benchmarks/bench_strips.py

hands: $(VENV)/everything  ## Read digits and words of writers that no net has seen; writes benchmarks/hands.{json,md}
	$(BIN)/python benchmarks/bench_hands.py

pages: $(VENV)/everything  ## Find and read strings on documents; writes benchmarks/pages.{json,md}
	$(BIN)/python benchmarks/bench_pages.py

thresholds: $(VENV)/everything  ## Where the default thresholds come from; writes benchmarks/thresholds.{json,md}
	$(BIN)/python benchmarks/bench_thresholds.py

bombs: $(VENV)/everything  ## Read small files that decode to a lot of work; writes benchmarks/bombs.{json,md}
	$(BIN)/python benchmarks/bench_bombs.py

faults: $(VENV)/everything  ## Read 20,000 pictures, 20 of which end their worker; writes benchmarks/faults.{json,md}
	$(BIN)/python benchmarks/bench_faults.py

batches: $(VENV)/everything  ## Read folders, killed and gone on with; writes benchmarks/batches.{json,md}
	$(BIN)/python benchmarks/bench_batches.py

serve: $(VENV)/everything  ## Latency, throughput and memory of sdnn serve; writes benchmarks/serve.{json,md}
	$(BIN)/python benchmarks/bench_serve.py

scale: $(VENV)/everything  ## Sizes of extras, Ray, faults, costs, a plan for clusters (up to an hour); benchmarks/scale*: make scale PRICE=0.05
	$(BIN)/python benchmarks/bench_extras.py
	$(BIN)/python benchmarks/bench_scale.py $(if $(PRICE),--price $(PRICE))

ablation: $(VENV)/everything  ## What each part of the training is worth (hours): make ablation STRINGS="DIR..."
	$(BIN)/python benchmarks/bench_ablation.py $(STRINGS)

constraints: $(VENV)/everything  ## What constraints and rejection are worth: make constraints STRINGS="DIR..."
	$(BIN)/python benchmarks/bench_constraints.py $(STRINGS)

finetune: $(VENV)/everything  ## What fine-tuning buys, in folds (hours; resumes): make finetune STRINGS="DIR..."
	$(BIN)/python benchmarks/bench_finetune.py $(STRINGS)

loop: $(VENV)/everything  ## Read, review the worst, fine-tune, read again (minutes): make loop STRINGS=DIR
	$(BIN)/python benchmarks/bench_loop.py $(STRINGS)

development: $(VENV)/everything  ## Score folders of real strips: make development STRINGS="DIR..."
	$(BIN)/python benchmarks/bench_development.py $(STRINGS)

card: $(VENV)/everything  ## Measure the bundled model and write MODEL_CARD.md: make card STRINGS="DIR..."
	$(BIN)/python benchmarks/model_card.py $(addprefix --strings ,$(STRINGS))

fuzz: $(VENV)/everything  ## Fuzz each door: make fuzz SECONDS=60 [TARGET=name] [SEED=1] [JOBS=2] [REPLAY=number]
	PYTHONPATH=tests:benchmarks $(BIN)/python -m fuzz --seconds $(or $(SECONDS),60) --seed $(or $(SEED),1) \
	--jobs $(or $(JOBS),2) $(if $(TARGET),--target $(TARGET)) $(if $(REPLAY),--replay $(REPLAY)) $(if $(DRY),--dry)

kills: $(VENV)/everything  ## Kill commands that write, and resume: make kills [KILLS=200] [SEED=1]; benchmarks/kills.*
	PYTHONPATH=tests:benchmarks $(BIN)/python benchmarks/bench_kills.py --kills $(or $(KILLS),200) --seed $(or $(SEED),1)

reproduce: $(VENV)/everything  ## The paper's ten experiments (80 minutes; QUICK=1: six); writes reproduction/README.md's tables
	$(BIN)/python -m reproduction $(if $(QUICK),--quick)

clean:  ## Remove the environment and everything built
	rm -rf $(VENV) build runs .pytest_cache .mypy_cache .ruff_cache .hypothesis

build/axe-core/package/axe.min.js:
	mkdir -p build/axe-core
	cd build/axe-core && npm pack axe-core@4 --silent > /dev/null && tar -xzf axe-core-*.tgz

build/venv-peers/rapidocr-3:
	$(PYTHON) -m venv build/venv-peers
	build/venv-peers/bin/python -m pip install --quiet --disable-pip-version-check 'rapidocr>=3.10,<4' onnxruntime
	@touch $@

build/venv-base/ready: pyproject.toml
	$(PYTHON) -m venv --clear build/venv-base
	build/venv-base/bin/python -m pip install --quiet --disable-pip-version-check .
	@touch $@

build/venv-supply/ready: pyproject.toml
	$(PYTHON) -m venv --clear build/venv-supply
	build/venv-supply/bin/python -m pip install --quiet --disable-pip-version-check '.[supply]'
	@touch $@

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/reading: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/book: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	@touch $@ $(VENV)/reading

$(VENV)/everything: pyproject.toml | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@ $(VENV)/reading $(VENV)/book
