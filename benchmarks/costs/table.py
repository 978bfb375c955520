"""What a full run costs, stage by stage: from a configuration, its jobs, and measured rates."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from costs.run import Run
from costs.shared import gpu_seconds
from costs.stages import work_of
from costs.work import NotKnown, Work

COLUMNS = (
    "stage",
    "jobs",
    "GPU h (computed)",
    "core h",
    "core h without a GPU",
    "download, GB",
    "disk, GB",
    "from",
)
SHOWN = 0.005  # numbers below are shown as a dash


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
        basis: what it was computed from, or why it is not known.
        known: whether it is; all numbers but the jobs are 0 where it is not.
    """

    stage: str
    jobs: int
    gpu_hours: float = 0.0
    core_hours: float = 0.0
    core_hours_alone: float = 0.0
    fetched: int = 0
    kept: int = 0
    basis: str = ""
    known: bool = True


def read_rates(path: str | Path) -> dict[str, float]:
    """Return name -> value of every measured and assumed rate."""
    kinds = yaml.safe_load(Path(path).read_text()).values()
    return {name: entry["value"] for kind in kinds for name, entry in kind.items()}


def job_counts(output: str) -> dict[str, int]:
    """Return rule -> jobs from what Snakemake prints in a dry run."""
    rows = re.findall(r"^(\w+)\s+(\d+)$", output, flags=re.MULTILINE)
    return {rule: int(count) for rule, count in rows if rule not in ("total", "all")}


def costs(config: dict, jobs: dict[str, int], rates: dict[str, float]) -> list[Cost]:
    """Return the cost of every rule that has jobs, in their order.

    Args:
        config: the checked configuration.
        jobs: rule -> number of jobs.
        rates: name -> value, see benchmarks/throughputs.yaml.
    """
    run = Run(config, jobs, rates)
    return [_cost(run, rule) for rule in jobs]


def _cost(run: Run, rule: str) -> Cost:
    try:
        work = work_of(rule, run)
    except NotKnown as reason:
        return Cost(rule, run.jobs[rule], basis=f"not known: {reason}", known=False)
    gpu, cores, alone = _hours(run, rule, work)
    return Cost(rule, run.jobs[rule], gpu, cores, alone, work.fetched, work.kept, work.basis)


def _hours(run: Run, rule: str, work: Work) -> tuple[float, float, float]:
    """Return hours of a GPU, of cores beside it, and of cores where there is no GPU."""
    rates = run.rates
    host = work.cores + run.jobs[rule] * rates["job_s"]
    alone = host + work.unaided + (work.flops + work.training_flops) / rates["core_flops_per_s"]
    if not work.holds_gpu:
        return 0.0, alone / 3600, alone / 3600
    device = gpu_seconds(rates, work.flops, work.training_flops) + work.slower + work.starting
    # one core feeds the GPU while it computes
    return (device + host + work.waiting) / 3600, (device + host) / 3600, alone / 3600


def markdown(rows: Iterable[Cost]) -> str:
    """Return the stages and their sum as a Markdown table.

    Hours have two digits; sizes are in GB; a question mark stands for what is not known.
    """
    rows = list(rows)
    lines = [_row(COLUMNS), _row(["---"] * len(COLUMNS)), *map(_line, rows), _line(total(rows))]
    return "\n".join(lines)


def total(rows: list[Cost]) -> Cost:
    """Return the sum of all stages, which names those that it lacks."""
    names = ("jobs", "gpu_hours", "core_hours", "core_hours_alone", "fetched", "kept")
    unknown = [row.stage for row in rows if not row.known]
    basis = f"without {', '.join(unknown)}" if unknown else ""
    return Cost("all", basis=basis, **{n: sum(getattr(row, n) for row in rows) for n in names})


def _line(row: Cost) -> str:
    hours = (row.gpu_hours, row.core_hours, row.core_hours_alone)
    sizes = (row.fetched / 1e9, row.kept / 1e9)
    numbers = [_number(value) if row.known else "?" for value in (*hours, *sizes)]
    return _row([row.stage, str(row.jobs), *numbers, row.basis])


def _number(value: float) -> str:
    text = f"{value:,.1f}" if value >= 10 else f"{value:.2g}"
    return "-" if value < SHOWN else text


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
