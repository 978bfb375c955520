"""What a full run costs, stage by stage: from a configuration, its jobs, and measured rates."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from tonotopy.costs.run import Run
from tonotopy.costs.stages import STAGES, Work
from tonotopy.errors import InputError


@dataclass(frozen=True)
class Cost:
    """What the jobs of one rule take together.

    Attributes:
        stage: the rule.
        jobs: how many.
        gpu_hours: hours in which a GPU is held.
        core_hours: processor hours.
        core_hours_alone: processor hours if there is no GPU.
        fetched: bytes that come over the network.
        kept: bytes on the disk, those of the largest job where they are deleted after each.
        basis: what it was computed from.
    """

    stage: str
    jobs: int
    gpu_hours: float
    core_hours: float
    core_hours_alone: float
    fetched: int
    kept: int
    basis: str


def read_rates(path: str | Path) -> dict[str, float]:
    """Return name -> value of every measured and assumed rate."""
    told = yaml.safe_load(Path(path).read_text())
    return {name: entry["value"] for kind in told.values() for name, entry in kind.items()}


def job_counts(told: str) -> dict[str, int]:
    """Return rule -> jobs from what Snakemake prints in a dry run."""
    rows = re.findall(r"^(\w+)\s+(\d+)$", told, flags=re.MULTILINE)
    return {rule: int(count) for rule, count in rows if rule not in ("total", "all")}


def costs(config: dict, jobs: dict[str, int], rates: dict[str, float]) -> list[Cost]:
    """Return the cost of every rule that has jobs, in their order.

    Args:
        config: the checked configuration.
        jobs: rule -> number of jobs.
        rates: name -> value, see benchmarks/throughputs.yaml.

    Raises:
        InputError: a rule whose cost is not known, or a corpus that is not of recordings.
    """
    unknown = [rule for rule in jobs if rule not in STAGES]
    if unknown:
        raise InputError(f"no cost is known for {', '.join(unknown)}: add it to costs.STAGES")
    run = Run(config, jobs, rates)
    return [_cost(run, rule, STAGES[rule](run)) for rule in jobs]


def _cost(run: Run, rule: str, work: Work) -> Cost:
    rates = run.rates
    host = work.cores + run.jobs[rule] * rates["job_s"]
    alone = host + (work.flops + work.training_flops) / rates["core_flops_per_s"]
    device = work.flops / (rates["gpu_tf32_flops_per_s"] * rates["gpu_inference_share"])
    device += work.training_flops / (rates["gpu_bf16_flops_per_s"] * rates["gpu_training_share"])
    if not work.holds_gpu:
        return Cost(rule, run.jobs[rule], 0.0, alone / 3600, alone / 3600, work.fetched, work.kept,
                    work.basis)  # fmt: skip
    # one core feeds the GPU while it computes
    held, busy = device + host + work.waiting, device + host
    return Cost(rule, run.jobs[rule], held / 3600, busy / 3600, alone / 3600, work.fetched,
                work.kept, work.basis)  # fmt: skip


def markdown(rows: Iterable[Cost]) -> str:
    """Return the stages and their sum as a Markdown table.

    Hours have two digits; sizes are in GB.
    """
    rows = list(rows)
    lines = [
        "| stage | jobs | GPU h | core h | core h without a GPU | download, GB | disk, GB | from |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [_line(row) for row in rows]
    lines.append(_line(total(rows)))
    return "\n".join(lines)


def total(rows: list[Cost]) -> Cost:
    """Return the sum of all stages."""
    names = ("jobs", "gpu_hours", "core_hours", "core_hours_alone", "fetched", "kept")
    return Cost("all", basis="", **{n: sum(getattr(row, n) for row in rows) for n in names})


def _line(row: Cost) -> str:
    hours = (row.gpu_hours, row.core_hours, row.core_hours_alone)
    sizes = (row.fetched / 1e9, row.kept / 1e9)
    numbers = [f"{value:,.1f}" if value >= 10 else f"{value:.2g}" for value in (*hours, *sizes)]
    shown = ["-" if float(n.replace(",", "")) < 0.005 else n for n in numbers]
    return f"| {row.stage} | {row.jobs} | {' | '.join(shown)} | {row.basis} |"
