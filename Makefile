# Each target does all the set-up it needs, in a virtual environment of its own.
CORES ?= 2
N ?= 20
SEED ?= 0
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
PARALLEL := --numprocesses $(CORES) --dist loadscope --no-loadscope-reorder

.PHONY: help setup reproduce example test simulate test-slurm test-browser faults nightly lint format bench clean

help:  ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(VENV)/installed  ## make the environment, from which `import tonotopy` works everywhere

$(VENV)/installed: requirements.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

reproduce: setup  ## run the workflow on CORES=2 cores; after a kill or a full disk, go on
	$(BIN)/python workflow/resume.py --cores $(CORES)

example: setup  ## own audio, then an own network, on recordings made here: docs/examples
	$(BIN)/python docs/examples/make_audio.py data/example
	$(BIN)/python workflow/resume.py --cores $(CORES) --configfile docs/examples/own_audio.yaml
	$(BIN)/python docs/examples/train_network.py data/example
	$(BIN)/python workflow/resume.py --cores $(CORES) --configfile docs/examples/own_network.yaml

test: setup  ## the workflow at smoke scale and unit tests, on CORES=2 cores; print line coverage
	$(BIN)/python -m pytest --cov --cov-report=term $(PARALLEL)

simulate: setup  ## judge every statistic on 400 simulated tables of its null; print the shares
	SIMULATED_TABLES=400 $(BIN)/python -m pytest tests/simulation $(PARALLEL)

# as root on Debian: installs SLURM's packages, starts a cluster of this machine, ends it again
test-slurm: setup  ## a small study on a SLURM cluster of this machine; as root on Debian
	SLURM_TESTS=1 $(BIN)/python -m pytest tests/slurm

# as root on Debian: installs Debian's chromium if there is none
test-browser: setup  ## open the pages in a headless browser; as root on Debian
	BROWSER_TESTS=1 $(BIN)/python -m pytest tests/browser

# as root it plays all of them
faults: setup  ## disturb a small run N=20 times: kills, damaged files, full disks
	$(BIN)/python tests/faults/campaign.py --faults $(N) --seed $(SEED) --stages $(CORES)

nightly:  ## what takes too long for every change: 200 faults
	$(MAKE) faults N=200

lint: setup  ## check style and the workflow's form
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow/rules
	$(BIN)/snakemake --lint

format: setup  ## bring code and rules into the style that `lint` checks
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow/rules

bench: setup  ## time the slow parts against their peers
	for script in benchmarks/bench_*.py; do $(BIN)/python $$script || exit 1; done

clean:  ## delete what the default scale has made
	rm -rf results/mini* data/corpora/mini*
