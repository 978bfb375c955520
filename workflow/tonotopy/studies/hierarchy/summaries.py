"""From probed layers to a study's tables."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from tonotopy.evidence.tables import too_few
from tonotopy.probes.folds import folds, impossible
from tonotopy.studies.hierarchy.clip_groups import ClipResamples
from tonotopy.studies.hierarchy.profiles import (
    accuracies,
    best_k,
    centre_interval,
    profile_table,
)

CURVE = ["network", "family", "task", "level", "copy", "length", "folds", "probe"]


def profiles(correct: pd.DataFrame, resamples: Mapping[str, ClipResamples]) -> pd.DataFrame:
    """Return the accuracy of every layer, k and probe with its interval over clips.

    Args:
        correct: see `probing.probe_task`, of all networks and tasks.
        resamples: task -> resamples of its clips, which networks share.

    Returns:
        Columns of CURVE, layer, position, depth, dims, k, accuracy, low, high, chance, groups,
        reason (see `profiles.profile_table`), clips, seconds (of a whole clip).
    """
    tables = []
    true = correct[correct["labels"] == "true"]
    for keys, rows in true.groupby(CURVE, sort=False, observed=True):
        curve = dict(zip(CURVE, keys, strict=True))
        right, ks = by_layer(rows)
        clips = len(rows["correct"].iloc[0])
        table = profile_table(right, ks, 1 / rows["classes"].iloc[0], resamples[curve["task"]])
        layers = rows.drop_duplicates("layer").set_index("layer")
        table["position"] = layers.loc[table["layer"], "position"].to_numpy()
        table["dims"] = layers.loc[table["layer"], "dims"].to_numpy()
        tables.append(table.assign(**curve, clips=clips, seconds=rows["seconds"].iloc[0]))
    return pd.concat(tables, ignore_index=True)


def centres(correct: pd.DataFrame, resamples: Mapping[str, ClipResamples]) -> pd.DataFrame:
    """Return the centre of mass of every curve at the k whose peak is best.

    Returns:
        Columns of CURVE, k, value, low, high, defined (see `profiles.Centre`), groups and reason
        (see `profiles.profile_table`).
    """
    table = []
    true = correct[correct["labels"] == "true"]
    for keys, rows in true.groupby(CURVE, sort=False, observed=True):
        curve = dict(zip(CURVE, keys, strict=True))
        right, ks = by_layer(rows)
        k = best_k(accuracies(right), ks)
        best = np.stack([layer[ks.index(k)] for layer in right.values()])
        drawn = resamples[curve["task"]]
        centre = centre_interval(best, 1 / rows["classes"].iloc[0], drawn)
        values = {name: getattr(centre, name) for name in ("value", "low", "high", "defined")}
        values |= {"groups": drawn.units, "reason": too_few(drawn.units)}
        table.append({**curve, "k": k, **values})
    return pd.DataFrame(table)


def by_layer(rows: pd.DataFrame) -> tuple[dict[str, np.ndarray], tuple[int, ...]]:
    """Return layer -> bool (ks, clips) from input to output, and the ks, of one curve's rows."""
    ordered = rows.sort_values(["position", "k"], kind="stable")
    ks = tuple(sorted(ordered["k"].unique().tolist()))
    right = {
        layer: np.stack(part["correct"].to_list())
        for layer, part in ordered.groupby("layer", sort=False, observed=True)
    }
    return right, ks


def clip_table(corpora: Mapping) -> pd.DataFrame:
    """Return a row per clip of every task: task, position (in its corpus, from 0), clip, group.

    Args:
        corpora: task -> corpus, with the clips and groups of `corpora.schema.Corpus`.
    """
    tables = []
    for task, corpus in corpora.items():
        columns = {"position": range(len(corpus.clips)), "clip": corpus.clips}
        tables.append(pd.DataFrame({"task": task, **columns, "group": corpus.groups}))
    return pd.concat(tables, ignore_index=True)


def split_groups(fold: np.ndarray, groups: np.ndarray) -> int:
    """Return how many groups are in more than one fold."""
    pairs = pd.DataFrame({"group": groups, "fold": fold}).drop_duplicates()
    return int((pairs["group"].value_counts() > 1).sum())


def fold_row(corpus, kind: str, **options) -> dict:
    """Return what is known of a corpus's folds of a kind.

    Args:
        corpus: with the labels, classes and groups of `corpora.schema.Corpus`.
        kind: of folds.
        options: of `folds.folds`.

    Returns:
        groups, split_groups (NaN where the folds cannot be drawn) and reason (why not, or "").
    """
    options["names"] = corpus.classes
    row = {"groups": len(set(corpus.groups)), "split_groups": np.nan}
    row["reason"] = impossible(corpus.labels, corpus.groups, kind, **options) or ""
    if not row["reason"]:
        fold = folds(corpus.labels, corpus.groups, kind, **options)
        row["split_groups"] = split_groups(fold, corpus.groups)
    return row
