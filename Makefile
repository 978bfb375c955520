# Each target does all the set-up it needs, in a virtual environment of its own.
CORES ?= 2
N ?= 20
SEED ?= 0
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: setup reproduce test test-slurm faults nightly lint format bench clean

setup: $(VENV)/installed

$(VENV)/installed: requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	touch $@

reproduce: setup
	$(BIN)/python workflow/resume.py --cores $(CORES)

test: setup
	$(BIN)/python -m pytest --cov --cov-report=term

# as root on Debian: installs SLURM's packages, starts a cluster of this machine, ends it again
test-slurm: setup
	SLURM_TESTS=1 $(BIN)/python -m pytest tests/slurm

# disturbs a small run N times: kills, damaged files, full disks; as root it plays all of them
faults: setup
	$(BIN)/python tests/faults/campaign.py --faults $(N) --seed $(SEED) --stages $(CORES)

# what takes too long for every change
nightly:
	$(MAKE) faults N=200

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint

format: setup
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow/rules

bench: setup
	for script in benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

clean:
	rm -rf results/mini* data/corpora/mini*
