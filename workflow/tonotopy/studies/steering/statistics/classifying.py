"""The classifier: its scores, and which classes it takes for which."""

import numpy as np
import pandas as pd

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.studies.steering.statistics.tables import Clips, SteeringTables, weighted_means


def _of_role(tables: SteeringTables, role: str) -> pd.DataFrame:
    rows = tables.table("predictions")
    rows = rows[rows["role"] == role].sort_values("clip")
    if rows.empty:
        raise NotRun(f"no predictions for '{role}'")
    return rows.assign(label=rows["label"].astype(str), predicted=rows["predicted"].astype(str))


def _confusions(tables: SteeringTables, role: str, name: str):
    """Return clips, class names, and counts (1 + resamples, true class, predicted class)."""
    rows = _of_role(tables, role)
    names = sorted({*rows["label"], *rows["predicted"]})
    size, clips = len(names), Clips.of(rows)
    codes = [pd.Index(names).get_indexer(rows[column]) for column in ("label", "predicted")]
    cells = np.zeros((len(rows), size**2))
    cells[np.arange(len(rows)), codes[0] * size + codes[1]] = 1
    counts = clips.weights(tables, f"{name} {role}", widened=False) @ cells
    return clips, names, counts.reshape(-1, size, size)


@ranges.share
def macro_f1(tables: SteeringTables, role: str = "test", classes: int | None = None) -> Estimate:
    """Macro-F1 of the classifier on a split.

    Args:
        tables: of the instance.
        role: test or validation.
        classes: how many a bound is meant for; None for any.

    Raises:
        NotApplicable: the clips are of another number of classes.
    """
    clips, _, counts = _confusions(tables, role, "macro_f1")
    present = int((counts[0].sum(axis=1) > 0).sum())
    if classes not in (None, present):
        raise NotApplicable(f"its bound is for {classes} classes, these are {present}")
    right = np.diagonal(counts, axis1=1, axis2=2)
    both = counts.sum(axis=1) + counts.sum(axis=2)
    scores = 2 * right / both.clip(1)
    return tables.of(scores.sum(axis=1) / (both > 0).sum(axis=1), clips)


@ranges.share
def accuracy(tables: SteeringTables, role: str = "test") -> Estimate:
    """Share of clips that the classifier gets right on a split."""
    rows = _of_role(tables, role)
    clips, right = Clips.of(rows), (rows["label"] == rows["predicted"]).to_numpy(dtype=float)
    return tables.of(weighted_means(clips.weights(tables, f"accuracy {role}"), right), clips)


def _recalls(tables: SteeringTables, name: str):
    """Return clips, names of the classes that there are, and recalls (1 + resamples, classes)."""
    clips, names, counts = _confusions(tables, "test", name)
    totals = counts.sum(axis=2)
    real = totals[0] > 0
    with np.errstate(invalid="ignore"):
        recalls = np.diagonal(counts, axis1=1, axis2=2) / totals
    return clips, [n for n, there in zip(names, real, strict=True) if there], recalls[:, real]


@ranges.at_least_0
def least_recall(tables: SteeringTables) -> Estimate:
    """Share of its clips that the worst class gets right, as a multiple of chance (figure 3.1)."""
    clips, names, recalls = _recalls(tables, "least")
    return tables.of(recalls.min(axis=1) * len(names), clips)


@ranges.signed_share
def weakest_classes(tables: SteeringTables, classes: list[str]) -> Estimate:
    """Share right of the best of some classes, minus that of the worst of the others (fig. 3.1)."""
    clips, names, recalls = _recalls(tables, "weakest")
    weak = np.isin(names, classes)
    if not set(classes) <= set(names) or weak.all():
        raise NotRun("the corpus has other classes")
    return tables.of(recalls[:, weak].max(axis=1) - recalls[:, ~weak].min(axis=1), clips)


@ranges.signed_share
def near_confusion(tables: SteeringTables, near: list[list[str]]) -> Estimate:
    """How much more often near classes are confused than others: difference of mean rates."""
    clips, names, counts = _confusions(tables, "test", "near_confusion")
    if not {c for pair in near for c in pair} <= set(names):
        raise NotRun("the corpus has other classes")
    close = np.array([[[a, b] in near or [b, a] in near for b in names] for a in names])
    apart = ~close & ~np.eye(len(names), dtype=bool)
    rates = counts / counts.sum(axis=-1, keepdims=True).clip(1)
    return tables.of(rates[:, close].mean(axis=1) - rates[:, apart].mean(axis=1), clips)
