"""Means that figures show, each with its interval over the units that it speaks of.

Every function returns a table indexed by the columns ``by``, with columns value, low and high.
"""

import numpy as np
import pandas as pd

from tonotopy.drawing.intervals import figure_bootstrap, resampled_clips, spread
from tonotopy.evidence.groups import Groups

FEW = 3  # trainings from which on these are resampled too
TRAINING = ("run", "repeat")


def unit_means(
    rows: pd.DataFrame, value: str, unit: list[str], by: list[str], about: dict, group: str = ""
) -> pd.DataFrame:
    """Return means over units such as clips or maps; several rows of a unit are averaged first.

    Args:
        rows: with the columns ``value``, ``unit``, ``by`` and ``group``.
        value: column that is averaged; nan counts for nothing.
        unit: columns that tell units apart.
        by: columns that tell means apart; all means are of the same resamples.
        about: resamples and confidence.
        group: column of what is drawn whole; units are drawn singly without it.
    """
    keys = [*unit, group] if group else unit
    wide = rows.groupby([*keys, *by], observed=True)[value].mean().unstack(by)
    labels = wide.index.get_level_values(group) if group else np.arange(len(wide))
    scores = wide.to_numpy(float)
    counts = resampled_clips(Groups(np.asarray(labels)), about)[1].astype(float)
    known = np.isfinite(scores)
    sums = np.where(known, scores, 0)
    (means,) = _ratio(sums.sum(axis=0, keepdims=True), known.sum(axis=0, keepdims=True))
    return _table(wide.columns, means, _ratio(counts @ sums, counts @ known), about)


def clip_means(rows: pd.DataFrame, value: str, by: list[str], about: dict) -> pd.DataFrame:
    """Return means over clips with intervals over groups of clips."""
    return unit_means(rows, value, ["clip"], by, about, "group")


def class_scores(rows: pd.DataFrame, by: list[str], about: dict) -> pd.DataFrame:
    """Return means of classes' scores: mean average precision, or accuracy.

    Average precisions count equally, recalls as often as the class has clips. Intervals are over
    classes, the same ones for all means; where a mean is of three or more trainings, these are
    drawn too.

    Args:
        rows: label, score, the columns ``by``, and those of run, repeat, measure and clips that
            there are.
        by: columns that tell means apart.
        about: resamples and confidence.
    """
    labels = sorted(rows["label"].astype(str).unique())
    bootstrap = figure_bootstrap(about)
    classes = bootstrap.draw(len(labels), "figure").counts.astype(float)
    weights = _class_weights(rows, labels)
    keys, means, draws = [], [], []
    for key, own in rows.groupby(by, observed=True):
        training = own[[column for column in TRAINING if column in own]].apply(tuple, axis=1)
        label = own["label"].astype(str).rename("label")
        wide = own.groupby([training.rename("training"), label])["score"].mean().unstack()
        scores = wide.reindex(columns=labels).to_numpy(float)
        drawn = np.ones((1, len(scores)))
        if len(scores) >= FEW:
            drawn = bootstrap.draw(len(scores), "figure", "trainings").counts.astype(float)
        known = np.isfinite(scores) * weights
        sums = np.where(np.isfinite(scores), scores, 0) * weights
        keys.append(key)
        means.append(_ratio(sums.sum(), known.sum()))
        over_classes = ((drawn @ part * classes).sum(axis=1) for part in (sums, known))
        draws.append(_ratio(*over_classes))
    index = pd.MultiIndex.from_tuples(keys, names=by)
    return _table(index, np.array(means), np.array(draws).T, about)


def pair_shares(
    rows: pd.DataFrame, wins: pd.Series, pair: tuple[str, str], by: list[str], about: dict
) -> pd.DataFrame:
    """Return shares of wins with intervals over classes.

    In a resample a pair of classes counts as often as both are drawn, multiplied.

    Args:
        rows: with the columns of the pair and ``by``.
        wins: 1 for a win and 0 for none, nan counts for nothing; indexed like the rows.
        pair: columns of the two classes.
        by: columns that tell shares apart.
        about: resamples and confidence.
    """
    names = [rows[column].astype(str) for column in pair]
    classes = pd.Index(sorted(set(names[0]) | set(names[1])))
    first, second = (classes.get_indexer(name) for name in names)
    counts = figure_bootstrap(about).draw(len(classes), "figure").counts.astype(float)
    known, won = wins.notna().to_numpy(float), wins.fillna(0).to_numpy(float)
    keys, means, draws = [], [], []
    for key, own in rows.groupby(by, observed=True).indices.items():
        sums, totals = np.zeros((2, len(classes), len(classes)))
        np.add.at(sums, (first[own], second[own]), won[own])
        np.add.at(totals, (first[own], second[own]), known[own])
        keys.append(key)
        means.append(_ratio(sums.sum(), totals.sum()))
        draws.append(_ratio(*((counts @ part * counts).sum(axis=1) for part in (sums, totals))))
    index = pd.MultiIndex.from_tuples(keys, names=by)
    return _table(index, np.array(means), np.array(draws).T, about)


def _class_weights(rows: pd.DataFrame, labels: list[str]) -> np.ndarray:
    """Return how much each class counts: its clips where scores are recalls, 1 otherwise."""
    if "measure" not in rows or rows["measure"].iloc[0] != "recall":
        return np.ones(len(labels))
    return rows.groupby(rows["label"].astype(str))["clips"].max().reindex(labels).to_numpy(float)


def _ratio(sums, totals) -> np.ndarray:
    """Return sums over totals; nan where nothing was counted."""
    sums, totals = np.asarray(sums, dtype=float), np.asarray(totals, dtype=float)
    return np.divide(sums, totals, out=np.full(sums.shape, np.nan), where=totals > 0)


def _table(index: pd.Index, means: np.ndarray, draws: np.ndarray, about: dict) -> pd.DataFrame:
    _, low, high = spread(draws, about["confidence"])
    return pd.DataFrame({"value": means, "low": low, "high": high}, index=index)
