"""Statistics of study 1 about the hierarchy in one number: centres of mass over depth."""

import numpy as np

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.orders import over_size, with_ends
from tonotopy.studies.hierarchy.profiles import centre_difference
from tonotopy.studies.hierarchy.statistics.tables import Decoded, HierarchyTables

CNNS = ("vggish", "clap", "mobilenet")
ABOVE = 2.5  # standard errors that a task must be above chance: noise draws a centre to the middle


@ranges.signed_share
def centre_low_minus_high(tables: HierarchyTables, network: str, **keys) -> Estimate:
    """Mean centre of mass of low-level tasks minus that of high-level tasks.

    The hierarchy in one number: depths from -1 to 1, below 0 where low-level tasks sit earlier.

    Raises:
        NotRun: a task is so close to chance that its centre is one of noise.
    """
    low, high = (
        {t: tables.decoded(network, t, **keys) for t in tables.tasks(levels=[level])}
        for level in ("low", "high")
    )
    parts = {**low, **high}
    for task, part in parts.items():
        _refuse_chance(network, task, part)
    difference = centre_difference(
        {task: part.best for task, part in low.items()},
        {task: part.best for task, part in high.items()},
        {task: part.chance for task, part in parts.items()},
        {task: part.resamples for task, part in parts.items()},
    )
    values = np.append(difference.value, difference.draws)
    return tables.of_parts(values, *parts.values())


@ranges.within(-2, 2)
def centre_by_training(tables: HierarchyTables, network: str, copy: str = "untrained") -> Estimate:
    """What training adds to the hierarchy: low minus high, trained minus the copy's (-2 to 2).

    Below 0 where training, not the architecture, puts low-level tasks before high-level ones. Both
    are of the same resampled clips.
    """
    own, copied = _paired(tables, (network, {}), (network, {"copy": copy}))
    return _gap(tables, own, own.value - copied.value, own.draws - copied.draws)


@ranges.within(-2, 1)
def centre_without_training(
    tables: HierarchyTables, network: str, copy: str = "untrained", share: float = 0.5
) -> Estimate:
    """A share of the trained order (low minus high) minus the copy's, whichever way it goes.

    Above 0 where the copy's order, in either direction, is less than ``share`` of the trained one:
    an equivalence test whose bound is the effect itself.
    """
    own, copied = _paired(tables, (network, {}), (network, {"copy": copy}))
    of_own, of_copy = (np.append(gap.value, gap.draws) for gap in (own, copied))
    order = over_size(-share * of_own, of_copy, tables.bootstrap.confidence)
    return with_ends(_gap(tables, own, order.value, order.draws), order)


@ranges.within(-2, 2)
def centre_gap_over_cnns(tables: HierarchyTables, network: str) -> Estimate:
    """A network's centre_low_minus_high minus its mean over the three CNNs (figure 2.4).

    Above 0 where the hierarchy is less pronounced than in the CNNs.
    """
    cnns = tables.networks(list(CNNS))
    own, *theirs = _paired(tables, (network, {}), *((name, {}) for name in cnns))
    value = own.value - np.mean([estimate.value for estimate in theirs])
    return _gap(tables, own, value, own.draws - np.mean([e.draws for e in theirs], axis=0))


def _paired(tables: HierarchyTables, *variants) -> list[Estimate]:
    """The gap of each (network, variant), all of the same resamples."""
    gaps = [centre_low_minus_high(tables, network, **keys) for network, keys in variants]
    if any(len(gap.draws) < tables.bootstrap.resamples for gap in gaps):
        raise NotRun("some resamples have no centre of mass")
    return gaps


def _refuse_chance(network: str, task: str, part: Decoded) -> None:
    above = part.accuracies.mean(axis=1) - part.chance
    if above[0] <= ABOVE * above[1:].std() / part.resamples.factor:
        raise NotRun(f"{network} is hardly above chance on {task}, which has no centre then")


def _gap(tables: HierarchyTables, like: Estimate, value: float, draws: np.ndarray) -> Estimate:
    return tables.estimate(value, draws, like.n, unit=like.unit, trainings=like.trainings)
