"""Says what is resampled, as the scorecard's columns `unit` and `trainings` have it."""

import pandas as pd

from tonotopy.evidence.claims import Estimate
from tonotopy.evidence.networks import Means, NetworkTables


def clip_unit(rows: pd.DataFrame) -> str:
    """Return what groups of clips are resampled as: clips, where each is a group of its own.

    Args:
        rows: of a table with the columns clip and group.
    """
    alone = rows["clip"].nunique() == rows["group"].nunique()
    return "clip" if alone else "group of clips"


def over_means(tables: NetworkTables, means: Means) -> Estimate:
    """Return the estimate of means without further axes, (1 + resamples,)."""
    return tables.over(means.values, len(means.units), unit=means.unit, trainings=means.trainings)
