"""From probed layers to a study's tables."""

import numpy as np
import pandas as pd

from tonotopy.studies.hierarchy.profiles import accuracies, best_k, centre_interval, profile_table

CURVE = ["network", "family", "task", "level", "copy", "length", "folds", "probe"]


def profiles(correct: pd.DataFrame, resamples: int, confidence: float, seed: int) -> pd.DataFrame:
    """Return the accuracy of every layer, k and probe with its interval over clips.

    Args:
        correct: see `probing.probe_task`, of all networks and tasks.
        resamples: bootstrap resamples; networks share those of a task.
        confidence: level of the intervals.
        seed: seed of the run.

    Returns:
        Columns of CURVE, layer, position, depth, dims, k, accuracy, low, high, chance, clips,
        seconds (of a whole clip).
    """
    tables = []
    true = correct[correct["labels"] == "true"]
    for keys, rows in true.groupby(CURVE, sort=False, observed=True):
        right, ks = by_layer(rows)
        chance = 1 / rows["classes"].iloc[0]
        table = profile_table(right, ks, chance, resamples, confidence, seed, keys[2])
        layers = rows.drop_duplicates("layer").set_index("layer")
        table["position"] = layers.loc[table["layer"], "position"].to_numpy()
        table["dims"] = layers.loc[table["layer"], "dims"].to_numpy()
        tables.append(table.assign(**dict(zip(CURVE, keys, strict=True)),
                                   clips=len(rows["correct"].iloc[0]),
                                   seconds=rows["seconds"].iloc[0]))  # fmt: skip
    return pd.concat(tables, ignore_index=True)


def centres(correct: pd.DataFrame, resamples: int, confidence: float, seed: int) -> pd.DataFrame:
    """Return the centre of mass of every curve at the k whose peak is best.

    Returns:
        Columns of CURVE, k, value, low, high, defined (see `profiles.Centre`).
    """
    found = []
    true = correct[correct["labels"] == "true"]
    for keys, rows in true.groupby(CURVE, sort=False, observed=True):
        right, ks = by_layer(rows)
        k = best_k(accuracies(right), ks)
        chosen = np.stack([layer[ks.index(k)] for layer in right.values()])
        chance = 1 / rows["classes"].iloc[0]
        centre = centre_interval(chosen, chance, resamples, confidence, seed, keys[2])
        told = {n: getattr(centre, n) for n in ("value", "low", "high", "defined")}
        found.append({**dict(zip(CURVE, keys, strict=True)), "k": k, **told})
    return pd.DataFrame(found)


def by_layer(rows: pd.DataFrame) -> tuple[dict[str, np.ndarray], tuple[int, ...]]:
    """Return layer -> bool (ks, clips) from input to output, and the ks, of one curve's rows."""
    ordered = rows.sort_values(["position", "k"], kind="stable")
    ks = tuple(sorted(ordered["k"].unique().tolist()))
    right = {
        layer: np.stack(part["correct"].to_list())
        for layer, part in ordered.groupby("layer", sort=False, observed=True)
    }
    return right, ks


def split_groups(fold: np.ndarray, groups: np.ndarray) -> int:
    """Return how many groups are in more than one fold."""
    pairs = pd.DataFrame({"group": groups, "fold": fold}).drop_duplicates()
    return int((pairs["group"].value_counts() > 1).sum())
