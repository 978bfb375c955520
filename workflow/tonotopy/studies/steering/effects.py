"""Effects of steering: what a direction does, and what any disturbance would do (study 2)."""

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from tonotopy.evidence.groups import Groups
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.steering.nulls import UNRELATED, permutation_p

EACH = -1  # the layer of one-to-one steering: each layer is steered with its own vector
DIRECTION = ["vectors", "layer", "concept"]
CLIP = ["class", "clip", "label", "group"]
COLUMNS = [*DIRECTION, *CLIP, "slope", "odd", "even", "reach"]
MATRIX = ("concept", "class", "estimate", "low", "high", "p", "p_adjusted", "nulls", "n")


def slopes(strengths: np.ndarray, outcomes: np.ndarray) -> np.ndarray:
    """Return the least-squares slope of outcomes over strengths, per unit of lambda.

    Args:
        strengths: shape (strengths,), at least two different ones.
        outcomes: shape (strengths, ...).

    Returns:
        Shape of one outcome.
    """
    centred = strengths - strengths.mean()
    if not centred.any():
        raise ValueError("a slope needs at least two different strengths")
    return np.tensordot(centred, outcomes, axes=1) / np.square(centred).sum()


def paired_strengths(strengths) -> list[float]:
    """Return the sizes of strengths that are there with both signs, ascending."""
    values = {round(float(s), 9) for s in strengths}
    return sorted(s for s in values if s > 0 and -s in values)


def clip_slopes(table: pd.DataFrame, reach: float) -> pd.DataFrame:
    """Return what steering near 0 does to each clip's probabilities.

    A change has an odd part, which turns round with the direction, [p(+l) - p(-l)] / 2, and an
    even part, which any disturbance has too, [p(+l) + p(-l)] / 2 - p(0). Only strengths that are
    there with both signs, neither of which has collapsed, are read.

    Args:
        table: a sweep, see `plans.sweep_table`.
        reach: strengths up to |lambda| <= reach are read.

    Returns:
        One row per (vectors, layer, concept, class, clip) with label and group: slope (least
        squares through 0 of the odd part, per unit of lambda: that of the probability itself),
        and odd and even, both at the largest strength that is read, ``reach``. A direction that
        collapses everywhere gives no rows.
    """
    near = table[table["strength"].abs() <= reach + 1e-9]
    parts = [
        _direction_slopes(part).assign(**dict(zip(DIRECTION, names, strict=True)))
        for names, part in near.groupby(DIRECTION, observed=True, sort=True)
    ]
    filled = [part for part in parts if len(part)]
    return (
        pd.concat(filled, ignore_index=True)[COLUMNS] if filled else pd.DataFrame(columns=COLUMNS)
    )


def _direction_slopes(part: pd.DataFrame) -> pd.DataFrame:
    kept = part.loc[~part["collapsed"], "strength"].unique()
    sizes = np.array(paired_strengths(kept))
    if not len(sizes):
        return pd.DataFrame(columns=COLUMNS)
    at = {round(float(s), 9): rows for s, rows in part.groupby("strength")}
    about = at[0.0].sort_values(["clip", "class"])
    p = {
        strength: at[strength].sort_values(["clip", "class"])["probability"].to_numpy()
        for strength in (0.0, *sizes, *-sizes)
    }
    odd = np.stack([(p[size] - p[-size]) / 2 for size in sizes])
    far = sizes[-1]
    return about[CLIP].assign(
        slope=sizes @ odd / np.square(sizes).sum(),
        odd=odd[-1],
        even=(p[far] + p[-far]) / 2 - p[0.0],
        reach=far,
    )


def slope_matrix(
    slopes_by_clip: pd.DataFrame,
    causes: pd.DataFrame | None,
    bootstrap: Bootstrap,
    nulls: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return concept x class slopes with bootstrap intervals over groups of clips.

    p-values are two-sided, of a slope against those of null vectors that know no concept on the
    same class (see `nulls.permutation_p`), on the clips that both steered; they are corrected over
    the whole matrix by Benjamini and Hochberg, and nan where no null vector was steered.

    Args:
        slopes_by_clip: one-to-one slopes of one sweep, see `clip_slopes`.
        causes: the causal matrix (concept, label, planted), or None where it is unknown.
        bootstrap: how the run resamples.
        nulls: slopes along null vectors, see `clip_slopes`, or None.

    Returns:
        Columns concept, class, estimate, low, high, p, p_adjusted, nulls (how many vectors), n
        (groups) and, with causes, planted; no rows where everything has collapsed.
    """
    if slopes_by_clip.empty:
        extra = ["planted"] if causes is not None else []
        return pd.DataFrame(columns=[*MATRIX, *extra])
    wide = slopes_by_clip.pivot_table(
        index=["clip", "group"], columns=["concept", "class"], values="slope", observed=True
    )
    values, groups = wide.to_numpy(), Groups(wide.index.get_level_values("group"))
    counts = groups.clip_counts(groups.draw(bootstrap, "slopes")).astype(float)
    low, high = bootstrap.interval(counts @ values / counts.sum(axis=1, keepdims=True))
    table = wide.columns.to_frame(index=False).astype(str)
    table["estimate"], table["low"], table["high"] = values.mean(axis=0), low, high
    table["p"], table["nulls"] = _null_p(wide, nulls)
    known = table["p"].notna()
    table["p_adjusted"] = np.nan
    if known.any():
        table.loc[known, "p_adjusted"] = false_discovery_control(table.loc[known, "p"])
    table["n"] = len(groups)
    table = table[list(MATRIX)]
    if causes is not None:
        table = table.merge(
            causes.rename(columns={"label": "class"}), on=["concept", "class"], how="left"
        )
    return table


def _null_p(wide: pd.DataFrame, nulls: pd.DataFrame | None) -> tuple[np.ndarray, int]:
    """Return the p-value of every column (concept, class), and the number of null vectors."""
    empty = np.full(wide.shape[1], np.nan), 0
    if nulls is None:
        return empty
    nulls = nulls[nulls["vectors"].isin(UNRELATED)]
    if nulls.empty:
        return empty
    by_vector = nulls.groupby(["vectors", "concept", "class"], observed=True)["slope"].mean()
    means = by_vector.unstack("class")
    both = wide[wide.index.get_level_values("clip").isin(set(nulls["clip"].astype(str)))]
    classes = wide.columns.get_level_values("class")
    return permutation_p(both.mean().to_numpy(), means[classes].to_numpy()), len(means)
