"""How well encoders are transferred to tasks (tables 4.2, 4.4, 4.7 and 4.9).

The score of a task is the mean of its classes' average precisions, or the accuracy, which is the
mean of their recalls weighted by clips; 0 to 1. Classes are resampled, and trainings where there
are three or more. ``learn`` is what learns: the ``head`` alone, or ``all`` of the network; the
untrained network of which all learns is the one from scratch.
"""

from collections.abc import Mapping, Sequence

import pandas as pd

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.networks import Means, difference
from tonotopy.studies.sonification.statistics.tables import WHOLE, SonificationTables


def scores(
    tables: SonificationTables,
    task: str,
    network: str,
    learn: str,
    layers: Sequence[str] = (WHOLE,),
    column: str = "score",
    labels: Sequence[str] | None = None,
) -> Means:
    """Return scores at layers, (1 + resamples, layers).

    Args:
        tables: transfers.
        task: name of the transfer.
        network: name of the network.
        learn: head or all.
        layers: after which the classifier stands; ``whole`` is the whole encoder.
        column: score or auc.
        labels: classes that do not count are left out; None for all.

    Raises:
        NotRun: there is no such transfer.
    """

    def values(rows: pd.DataFrame) -> pd.Series:
        return rows[column] if labels is None else rows[column].where(rows["label"].isin(labels))

    about = {"task": task, "network": network, "learn": learn}
    weight = _weight(tables, tables.rows("transfers", **about))
    axes = {"layer": list(layers)}
    return tables.means("transfers", values, "label", axes, weight, **about)


def _weight(tables: SonificationTables, rows: pd.DataFrame) -> str | None:
    """Return what classes are weighted by: clips where the score is an accuracy."""
    measures = rows["measure"].unique()
    if len(measures) > 1:
        raise NotRun(f"the scores are of several measures: {', '.join(map(str, measures))}")
    return "clips" if measures[0] == "recall" else None


def _whole(tables: SonificationTables, task: str, network: str, learn: str, column: str) -> Means:
    means = scores(tables, task, network, learn, column=column)
    return means._replace(values=means.values[:, 0])


def score(
    tables: SonificationTables, task: str, network: str, learn: str, column: str = "score"
) -> Estimate:
    """Score of the whole encoder on a task; arguments as for `scores`."""
    means = _whole(tables, task, network, learn, column)
    return tables.of(means)


@ranges.signed_share
def score_difference(
    tables: SonificationTables,
    task: str,
    network: str,
    learn: str,
    than: Mapping[str, str],
    column: str = "score",
) -> Estimate:
    """Score of the whole encoder minus that of another, on the same classes.

    Args:
        tables: transfers.
        task: name of the transfer.
        network: name of the network.
        learn: head or all.
        than: in what the other differs: ``{network: untrained}``, ``{learn: all}`` or both.
        column: score or auc.
    """
    which = {"network": network, "learn": learn}
    pair = (_whole(tables, task, column=column, **w) for w in (which, {**which, **than}))
    return difference(tables, *pair)


@ranges.signed_share
def answers_difference(
    tables: SonificationTables,
    network: str,
    than: str,
    learn: str = "head",
    column: str = "score",
) -> Estimate:
    """Score of a network's own classifier minus that of another network's on the same corpus.

    Args:
        tables: answers, and the transfer that the instance names as its ``answers``.
        network: trained with classes.
        than: the other network.
        learn: what of the other learns, head or all.
        column: score or auc.
    """
    other = _whole(tables, tables.setting("answers"), than, learn, column)
    return difference(tables, _answers(tables, network, column), other)


def answers_score(tables: SonificationTables, network: str, column: str = "score") -> Estimate:
    """Score of a network's own classifier on the test clips of its corpus.

    Args:
        tables: answers, and the transfer that the instance names as its ``answers``, which tells
            how scores are averaged.
        network: trained with classes.
        column: score or auc.
    """
    means = _answers(tables, network, column)
    return tables.of(means)


def _answers(tables: SonificationTables, network: str, column: str) -> Means:
    weight = _weight(tables, tables.rows("transfers", task=tables.setting("answers")))
    return tables.means("answers", column, "label", weight=weight, network=network)
