"""Known answers: layers made by hand, whose similarity with features is known.

Means are over clips of all sets, of which groups are resampled.
"""

import numpy as np

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.groups import Groups
from tonotopy.evidence.units import clip_unit
from tonotopy.studies.similarity.statistics.tables import SimilarityTables


@ranges.signed_share
def known_similarity(
    tables: SimilarityTables, layer: str, feature: str, column: str = "r"
) -> Estimate:
    """Mean similarity of a hand-made layer with a feature (-1 to 1).

    Args:
        tables: known.
        layer: name of the hand-made layer.
        feature: its name.
        column: r, beyond the input, raw, or phase, see `known_over_phase`.
    """
    return _estimate(tables, *similarity_draws(tables, layer, feature, column))


@ranges.within(-2, 2)
def known_contrast(tables: SimilarityTables, layer: str) -> Estimate:
    """Mean r of a hand-made layer with the harmonic part minus that with the percussive one.

    Args:
        tables: known.
        layer: name of the hand-made layer.
    """
    return _estimate(tables, *contrast_draws(tables, layer))


@ranges.within(-2, 2)
def known_over_phase(tables: SimilarityTables, layer: str, feature: str) -> Estimate:
    """Mean r of a hand-made layer minus that of the layer made of the clip with random phases.

    Both are compared with the feature of the clip itself: where a layer finds what its clip has,
    the difference is above 0, and the null of random phases lets it pass.

    Args:
        tables: known.
        layer: name of the hand-made layer; not the chroma bank, which has no such null.
        feature: its name.

    Raises:
        NotRun: the layer was not compared with the feature, or has no such null.
    """
    own, groups = _clips(tables, layer, feature, "r")
    turned, _ = _clips(tables, layer, feature, "phase")
    if np.isnan(turned).all():
        raise NotRun(f"layer '{layer}' was not made of clips with random phases")
    return _estimate(tables, tables.clip_means(own - turned, groups), len(groups))


def similarity_draws(
    tables: SimilarityTables, layer: str, feature: str, column: str
) -> tuple[np.ndarray, int]:
    """Return what `known_similarity` estimates, (1 + resamples,), and the number of groups.

    Raises:
        NotRun: the layer was not compared with the feature.
    """
    values, groups = _clips(tables, layer, feature, column)
    return tables.clip_means(values, groups), len(groups)


def contrast_draws(tables: SimilarityTables, layer: str) -> tuple[np.ndarray, int]:
    """Return what `known_contrast` estimates, (1 + resamples,), and the number of groups."""
    harmonic, groups = _clips(tables, layer, "harmonic", "r")
    percussive, _ = _clips(tables, layer, "percussive", "r")
    return tables.clip_means(harmonic - percussive, groups), len(groups)


def _estimate(tables: SimilarityTables, draws: np.ndarray, groups: int) -> Estimate:
    return tables.over(draws, groups, unit=clip_unit(tables.table("known")))


def _clips(tables, layer: str, feature: str, column: str) -> tuple[np.ndarray, Groups]:
    rows = tables.rows("known", layer=layer, feature=feature)
    tables.refuse_twice("known", rows)
    rows = rows.sort_values(["set", "clip"])
    return rows[column].to_numpy(float), Groups(rows["group"].to_numpy())
