"""How much null vectors do: what an effect has to exceed that is to be a concept's."""

from collections.abc import Sequence

import numpy as np

from tonotopy.evidence.claims import NotRun
from tonotopy.studies.steering.nulls import UNRELATED
from tonotopy.studies.steering.statistics.tables import (
    Clips,
    SteeringTables,
    of_part,
    weighted_means,
)

LEVEL = 0.95  # share of null vectors whose effect, in either direction, is smaller
FEWEST = 3  # null vectors that tell anything
NULL_UNIT = "{} and null vector"


def null_level(
    tables: SteeringTables,
    sweep: str,
    target: list[str],
    kinds: Sequence[str] = UNRELATED,
    part: str | None = None,
) -> np.ndarray:
    """Return what 95 % of null vectors do at most to the target, per unit of lambda.

    Of a vector, the size of its mean slope counts: a null vector has no preferred sign. Clips and
    vectors are both resampled; of several kinds the largest level counts.

    Args:
        tables: of the instance.
        sweep: "test" or "unseen", on whose clips null vectors were steered.
        target: classes.
        kinds: of null vectors.
        part: whose clips, see `of_part`.

    Returns:
        Shape (1 + resamples,), the data first.

    Raises:
        NotRun: there are no such vectors, or too few have not collapsed.
    """
    return np.max([_level(tables, sweep, target, kind, part) for kind in kinds], axis=0)


def _level(tables, sweep: str, target: list[str], kind: str, part: str | None) -> np.ndarray:
    wide = tables.null_slopes(sweep, kind, target)
    if wide.shape[1] < FEWEST:
        raise NotRun(f"{wide.shape[1]} {kind} vectors are left that have not collapsed")
    rows = of_part(wide.reset_index(), target, part)
    clips = Clips.of(rows)
    name = f"nulls {sweep} {kind} {part} {' '.join(target)}"
    weights = clips.weights(tables, name, widened=False)
    values = rows[list(wide.columns)].to_numpy(dtype=float)
    sizes = np.abs(weighted_means(weights, values))
    rng = tables.bootstrap.generator("null vectors", name)
    chosen = rng.integers(0, sizes.shape[1], sizes.shape)
    chosen[0] = np.arange(sizes.shape[1])
    return np.quantile(np.take_along_axis(sizes, chosen, axis=1), LEVEL, axis=1)
