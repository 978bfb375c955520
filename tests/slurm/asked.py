"""What the SLURM profile asks for, read as snakemake reads it, and what is made with it."""

from collections import defaultdict
from pathlib import Path

import yaml
from snakemake.profiles import ProfileConfigFileParser

ROOT = Path(__file__).parents[2]
# what is made on the cluster: the controls' verdict, and one figure
TARGETS = ("results/smoke/verdict.txt", "results/smoke/figures/steering/world/matrix.svg")
PROFILE = ROOT / "profiles/slurm/config.yaml"


def options(path: Path = PROFILE) -> dict:
    """Return the command line options that a profile stands for."""
    with path.open() as file:
        return dict(ProfileConfigFileParser().parse(file))


def resources() -> dict[str, dict[str, str]]:
    """Return what is set for single rules: rule -> resource -> number or expression."""
    found = defaultdict(dict)
    for entry in options()["set-resources"]:
        rule, _, assigned = entry.partition(":")
        name, _, value = assigned.partition("=")
        found[rule][name] = value
    return dict(found)


def partitions() -> list[str]:
    """Return the names of the partitions without and with GPUs."""
    named = yaml.safe_load(PROFILE.read_text())["__variables__"]
    return [named["partition"], named["gpu_partition"]]
