"""How long jobs took, as Snakemake's benchmark files have it, and how long others will take."""

import csv
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from statistics import fmean


def measured(folder: str | Path) -> dict[str, float]:
    """Return what every job with a benchmark file below a folder took.

    Args:
        folder: of the benchmarks of a scale; it may be missing.

    Returns:
        Rule and wildcards, as in ``train_network/genre_ast``, -> seconds, all repeats together.
    """
    seconds = {}
    for path in sorted(Path(folder).rglob("*.tsv")):
        with path.open(newline="") as file:
            times = [float(row["s"]) for row in csv.DictReader(file, delimiter="\t")]
        seconds[path.relative_to(folder).with_suffix("").as_posix()] = sum(times)
    return seconds


def by_rule(seconds: Mapping[str, float]) -> dict[str, float]:
    """Return rule -> mean seconds of its jobs, of jobs' seconds as `measured` returns them."""
    times = defaultdict(list)
    for job, duration in seconds.items():
        times[job.partition("/")[0]].append(duration)
    return {rule: fmean(durations) for rule, durations in times.items()}


def in_words(seconds: float) -> str:
    """Return a duration in words, such as ``1 h 05 min``; below a minute in seconds."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
