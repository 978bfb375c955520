"""Marks over several seeds of world and training: means, spreads, and the order of methods.

One seed is one observation: seeds are resampled with Student's widening (see
`evidence.trainings.widening`), and within each seed one of its own draws is taken, which are over
base clips and the methods' units.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from tonotopy.evidence.claims import Estimate, verdict
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.trainings import FEWEST, widening
from tonotopy.studies.validity.marks import PAIRS
from tonotopy.studies.validity.measures import MEASURES
from tonotopy.studies.validity.statistics import aurocs

ORDER = ("steering_probes", "tcav", "cosine")  # from the best agreement to the least
ABOVE = {"above": 0}
RANGES = {"spearman": (-1.0, 1.0), "pearson": (-1.0, 1.0)}  # of measures; others lie from 0 to 1
COLUMNS = ("instance", "quantity", "pairs", "measure")


def summary(rows: Sequence[Mapping], bootstrap: Bootstrap) -> pd.DataFrame:
    """Return what the seeds of every instance say together.

    Args:
        rows: one for each instance and seed: instance, scale (a seed is a scale of its own), slopes
            (the matrix of study 2's steering: estimate and planted), marks and draws (see
            `marks.mark`).
        bootstrap: how the run resamples.

    Returns:
        Columns instance, quantity (a method, a difference of two, or the order of several), pairs,
        measure, a column for each scale, mean, spread (standard deviation over seeds), low and high
        of the mean (within what a measure can be: widening may lead beyond), verdict (of
        differences and orders: whether they are above 0). Below three seeds, or where a seed lacks
        a method, the interval is nan and the verdict "not run".
    """
    instances = dict.fromkeys(row["instance"] for row in rows)
    scales = list(dict.fromkeys(row["scale"] for row in rows))
    lines = []
    for instance in instances:
        own = {row["scale"]: row for row in rows if row["instance"] == instance}
        for key, values in _quantities(own, scales):
            numbers, mean = hierarchical(values, bootstrap)
            if not _compares(key[0]):
                least, most = RANGES.get(key[2], (0.0, 1.0))
                numbers |= {end: np.clip(numbers[end], least, most) for end in ("low", "high")}
            cells = dict(zip(scales, values[:, 0].min(axis=-1), strict=True))
            named = dict(zip(COLUMNS, (instance, *key), strict=True))
            lines.append({**named, **cells, **numbers, "verdict": _judged(key[0], mean)})
    ends = ["mean", "spread", "low", "high", "verdict"]
    return pd.DataFrame(lines, columns=[*COLUMNS, *scales, *ends])


def _compares(quantity: str) -> bool:
    """Whether it is a difference or an order of methods."""
    return " minus " in quantity or " > " in quantity


def _judged(quantity: str, mean: Estimate | None) -> str:
    """Return the verdict on a difference or an order of methods, nothing for other quantities."""
    if not _compares(quantity):
        return ""
    return "not run" if mean is None else verdict(mean, ABOVE)


def _quantities(
    own: Mapping[str, Mapping], scales: Sequence[str]
) -> Iterator[tuple[tuple[str, str, str], np.ndarray]]:
    """Yield what it is, and its values for `hierarchical`."""
    slopes = [_slope_auroc(own[scale]["slopes"]) if scale in own else np.nan for scale in scales]
    yield ("slopes of study 2", "all", "auroc"), np.array(slopes)[:, None, None]
    tables = [own[scale]["draws"] if scale in own else None for scale in scales]
    methods = list(dict.fromkeys(n for t in tables if t is not None for n in t["method"]))
    for pairs in PAIRS:
        for measure in MEASURES:
            marks = {name: _stacked(tables, name, pairs, measure) for name in methods}
            for name, values in marks.items():
                yield (name, pairs, measure), values[..., None]
            if measure != "spearman" or not set(ORDER) <= set(marks):
                continue
            steps = np.stack([marks[a] - marks[b] for a, b in pairwise(ORDER)], axis=-1)
            for number, (better, worse) in enumerate(pairwise(ORDER)):
                yield (f"{better} minus {worse}", pairs, measure), steps[..., [number]]
            yield (" > ".join(ORDER), pairs, measure), steps


def _slope_auroc(matrix: pd.DataFrame) -> float:
    """Return study 2's AUROC of planted against unplanted pairs."""
    planted = matrix["planted"].to_numpy(dtype=bool)
    return float(aurocs(matrix["estimate"].to_numpy(dtype=float), planted))


def _stacked(tables, method: str, pairs: str, measure: str) -> np.ndarray:
    """Return a method's marks and draws, shape (seeds, 1 + draws), nan where a seed lacks it."""
    values = []
    for table in tables:
        rows = None
        if table is not None:
            chosen = (table["method"] == method) & (table["pairs"] == pairs)
            rows = table[chosen & (table["measure"] == measure)].sort_values("draw")["value"]
        values.append(np.array([np.nan]) if rows is None or rows.empty else rows.to_numpy(float))
    longest = max(map(len, values))
    return np.stack([v if len(v) == longest else np.full(longest, np.nan) for v in values])


def hierarchical(values: np.ndarray, bootstrap: Bootstrap) -> tuple[dict, Estimate | None]:
    """Return mean and spread over seeds, with the interval of the mean.

    Of several steps the least counts: that of the data, and that of each resample.

    Args:
        values: of every seed, the data and then its draws, shape (seeds, 1 + draws, steps); without
            draws the seeds alone are resampled.
        bootstrap: how the run resamples.

    Returns:
        mean, spread, low and high; and the mean as an estimate, None where it has no interval.
    """
    seeds, data = len(values), values[:, 0]
    mean = float(data.mean(axis=0).min())
    spread = float(data.min(axis=-1).std(ddof=1)) if seeds > 1 else np.nan
    numbers = {"mean": mean, "spread": spread, "low": np.nan, "high": np.nan}
    if seeds < FEWEST or np.isnan(values).any():
        return numbers, None
    counts = bootstrap.draw(seeds, "validity", "seeds").counts
    weights = (1 + widening(seeds, bootstrap.confidence) * (counts - 1)) / seeds
    draws = values[:, 1:] if values.shape[1] > 1 else values
    drawn = draws[:, np.arange(len(weights)) % draws.shape[1]]
    means = np.einsum("rs,srk->rk", weights, drawn).min(axis=-1)
    low, high = map(float, bootstrap.interval(means))
    estimate = Estimate(mean, low, high, seeds, means, "seed of world and training", seeds)
    return {**numbers, "low": low, "high": high}, estimate
