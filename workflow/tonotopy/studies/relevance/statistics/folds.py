"""Answers under cross-validation (figure A.2), by clip as in the thesis, or by group.

Every clip is answered once, by the network that did not learn from its fold.
"""

import numpy as np

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.studies.relevance.statistics.extremes import highest, lead
from tonotopy.studies.relevance.statistics.proportions import proportion
from tonotopy.studies.relevance.statistics.tables import RelevanceTables

SIDES = {"above": 1, "below": -1}


@ranges.share
def fold_accuracy(tables: RelevanceTables, by: str = "clip") -> Estimate:
    """Share of clips that are answered rightly, 0 to 1; groups of clips are resampled.

    Args:
        tables: folds.
        by: what is never on both sides of a fold, ``clip`` or ``group``.
    """
    clips, right, _ = tables.grid("folds", "right", by=by)
    return tables.over(proportion(clips, right), clips, trainings=_trainings(tables, by))


@ranges.signed_share
def fold_leak(tables: RelevanceTables) -> Estimate:
    """Accuracy in folds by clip minus that in folds by group (-1 to 1)."""
    clips, by_clip, _ = tables.grid("folds", "right", by="clip")
    by_group = tables.grid("folds", "right", by="group").values
    one, other = (tables.grid("folds", "fold", by=by).values for by in ("clip", "group"))
    if (one == other).all():
        raise NotRun("both kinds of folds keep the same clips together")
    trainings = _trainings(tables, "clip")
    return tables.over(clips.means(by_clip - by_group), clips, trainings=trainings)


@ranges.share
def class_accuracy(tables: RelevanceTables, label: str, by: str = "clip") -> Estimate:
    """Share of a class's clips that are answered rightly, 0 to 1; arguments as above."""
    clips, right, _ = tables.grid("folds", "right", by=by)
    own = clips.of(label)
    return tables.over(
        proportion(clips, np.where(own, right, np.nan)),
        clips,
        clips.count(own),
        _trainings(tables, by),
    )


@ranges.signed_share
def class_accuracy_margin(
    tables: RelevanceTables, label: str, side: str, by: str = "clip"
) -> Estimate:
    """How far a class's accuracy lies beyond all others (-1 to 1).

    Args:
        tables: folds.
        label: the class.
        side: ``above`` the best of the others, or ``below`` the worst.
        by: see `fold_accuracy`.
    """
    clips, right, _ = tables.grid("folds", "right", by=by)
    clips.of(label)
    own, means = clips.classes.index(label), SIDES[side] * clips.label_means(right)
    return tables.over(lead(means, own), clips, trainings=_trainings(tables, by))


@ranges.share
def class_accuracy_deviation(tables: RelevanceTables, printed: dict, by: str = "clip") -> Estimate:
    """Largest distance of a class's accuracy from the printed one, 0 to 1.

    Args:
        tables: folds.
        printed: class -> its printed accuracy, 0 to 1.
        by: see `fold_accuracy`.
    """
    clips, right, _ = tables.grid("folds", "right", by=by)
    if sorted(printed) != clips.classes:
        raise NotApplicable("the classes are not those of the printed confusions")
    distances = np.abs(clips.label_means(right) - [printed[name] for name in clips.classes])
    return tables.over(highest(distances), clips, trainings=_trainings(tables, by))


def _trainings(tables: RelevanceTables, by: str) -> int:
    """Return how many networks answered: one for each fold."""
    folds = tables.grid("folds", "fold", by=by).values
    return len(np.unique(folds))
