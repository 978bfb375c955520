"""Print what a full run of a scale costs, as Markdown: hours, downloads, disk, stage by stage.

The rates behind it, measured and assumed, are in `throughputs.yaml`.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

import yaml
from snakemake.utils import update_config

from tonotopy.config import check, read_schema
from tonotopy.costs.table import costs, job_counts, markdown, read_rates
from tonotopy.nested import run_snakemake

RATES = ROOT / "benchmarks/throughputs.yaml"
TITLES = {"hierarchy": "Study 1, layers", "steering": "Study 2, steering"}


def configured(overlay: Path) -> dict:
    """Return the default configuration with an overlay, checked."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(config, yaml.safe_load(overlay.read_text()))
    check(config, read_schema(ROOT / "workflow/schemas/config.schema.yaml"))
    return config


def alone(config: dict, room: str) -> dict:
    """Return a configuration that runs the studies of one kind only."""
    running = {name: studies if name == room else [] for name, studies in config["run"].items()}
    return {**config, "run": running}


def jobs_of(config: dict) -> dict[str, int]:
    """Return rule -> jobs of a run from nothing."""
    told = run_snakemake(config, str(ROOT / "Snakefile"), "--directory", str(ROOT), "--dry-run",
                         "--quiet", "all", "--forceall")  # fmt: skip
    return job_counts(told)


def main() -> None:
    """Print a table per study, then the sum of a run of both."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configfile", type=Path, default=ROOT / "workflow/scales/paper.yaml")
    config, rates = configured(parser.parse_args().configfile), read_rates(RATES)
    for room, title in TITLES.items():
        if config["run"][room]:
            part = alone(config, room)
            print(f"**{title}**\n\n{markdown(costs(part, jobs_of(part), rates))}\n")
    whole = markdown(costs(config, jobs_of(config), rates)).splitlines()
    print("\n".join(["**All studies in one run**", "", *whole[:2], whole[-1]]))


if __name__ == "__main__":
    main()
