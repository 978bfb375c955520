"""Effects of steering: how fast probabilities rise with lambda, with intervals (study 2)."""

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control, ttest_1samp

from tonotopy.evidence.resampling import Bootstrap

EACH = -1  # the layer of one-to-one steering: each layer is steered with its own vector


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


MATRIX = ("concept", "class", "estimate", "low", "high", "p", "p_adjusted", "n")


def clip_slopes(table: pd.DataFrame, reach: float) -> pd.DataFrame:
    """Return how fast each clip's probabilities rise with lambda near 0.

    Args:
        table: a sweep, see `sweep_table`.
        reach: slopes are fitted over |lambda| <= reach, without collapsed strengths.

    Returns:
        One row per (vectors, layer, concept, class, clip): label and slope (per unit of lambda).
        A direction that collapses everywhere gives no rows.
    """
    near = table[(table["strength"].abs() <= reach + 1e-9) & ~table["collapsed"]]
    keys = ["class", "clip", "label"]
    results = []
    for names, part in near.groupby(["vectors", "layer", "concept"], observed=True):
        wide = part.pivot_table(
            index="strength", columns=keys, values="probability", observed=True, sort=False
        )
        if len(wide) < 2:
            continue
        fitted = slopes(wide.index.to_numpy(), wide.to_numpy())
        frame = wide.columns.to_frame(index=False).assign(slope=fitted)
        for index, (column, value) in enumerate(
            zip(["vectors", "layer", "concept"], names, strict=True)
        ):
            frame.insert(index, column, value)
        results.append(frame)
    columns = ["vectors", "layer", "concept", *keys, "slope"]
    return pd.concat(results, ignore_index=True) if results else pd.DataFrame(columns=columns)


def slope_matrix(
    slopes_by_clip: pd.DataFrame, causes: pd.DataFrame | None, bootstrap: Bootstrap
) -> pd.DataFrame:
    """Return concept x class slopes with bootstrap intervals over clips.

    p-values are two-sided t-tests of the clips' slopes against 0, corrected over the whole matrix
    by Benjamini and Hochberg.

    Args:
        slopes_by_clip: one-to-one slopes of one sweep, see `clip_slopes`.
        causes: the causal matrix (concept, label, planted), or None where it is unknown.
        bootstrap: how the run resamples.

    Returns:
        Columns concept, class, estimate, low, high, p, p_adjusted, n and, with causes, planted; no
        rows where everything has collapsed.
    """
    if slopes_by_clip.empty:
        extra = ["planted"] if causes is not None else []
        return pd.DataFrame(columns=[*MATRIX, *extra])
    wide = slopes_by_clip.pivot_table(
        index="clip", columns=["concept", "class"], values="slope", observed=True
    )
    values = wide.to_numpy()
    resamples = bootstrap.draw(len(values), "slopes")
    low, high = resamples.interval(resamples.means(values))
    table = wide.columns.to_frame(index=False).astype(str)
    table["estimate"], table["low"], table["high"] = values.mean(axis=0), low, high
    with np.errstate(all="ignore"):
        p = ttest_1samp(values, 0.0, axis=0).pvalue
    table["p"] = np.nan_to_num(p, nan=1.0)
    table["p_adjusted"] = false_discovery_control(table["p"])
    table["n"] = len(values)
    if causes is not None:
        table = table.merge(
            causes.rename(columns={"label": "class"}), on=["concept", "class"], how="left"
        )
    return table
