"""Print what a full run of a scale costs, as Markdown: hours, downloads, disk, stage by stage.

Hours of GPUs are computed from rates that were measured on one NVIDIA H200. The rates behind all
hours, measured and assumed, are in `throughputs.yaml`; the work of each rule is in `costs/`.
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "workflow"))

import yaml
from costs.table import costs, job_counts, markdown, read_rates
from snakemake.utils import update_config

from tonotopy.config import check, config_schema
from tonotopy.instances import running
from tonotopy.nested import run_snakemake
from tonotopy.studies import STUDIES

RATES = ROOT / "benchmarks/throughputs.yaml"


def configured(overlay: Path) -> dict:
    """Return the default configuration with an overlay, checked."""
    config = yaml.safe_load((ROOT / "config.yaml").read_text())
    update_config(config, yaml.safe_load(overlay.read_text()))
    check(config, config_schema(ROOT / "workflow/schemas"))
    return config


def alone(config: dict, study: str) -> dict:
    """Return a configuration that runs the instances of one study only."""
    names = [one.name for one in running(config) if one.study.name == study]
    return {**config, "run": [f"{study}/{name}" for name in names]}


def jobs_of(config: dict) -> dict[str, int]:
    """Return rule -> jobs of a run from nothing."""
    arguments = ["--directory", str(ROOT), "--dry-run", "--quiet", "all", "--forceall"]
    return job_counts(run_snakemake(config, str(ROOT / "Snakefile"), *arguments))


def main() -> None:
    """Print a table per study, then the sum of a run of all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configfile", type=Path, default=ROOT / "workflow/scales/paper.yaml")
    config, rates = configured(parser.parse_args().configfile), read_rates(RATES)
    for study in STUDIES.values():
        part = alone(config, study.name)
        if part["run"]:
            print(f"**{study.title}**\n\n{markdown(costs(part, jobs_of(part), rates))}\n")
    whole = markdown(costs(config, jobs_of(config), rates)).splitlines()
    print("\n".join(["**All studies in one run**", "", *whole[:2], whole[-1]]))


if __name__ == "__main__":
    main()
