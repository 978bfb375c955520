"""How often simulated tables support a claim: under its null, and around a planted value.

A case is judged on many tables that are drawn from a known truth, each with its own resamples.
Under the null (no effect; the statistic on a bound of `within`) the share that is supported may
exceed the nominal one, half of what an interval leaves out, by no more than chance. Around a
planted value intervals that hold it may fall short of their confidence by three points, and their
share among the tables short of that by no more than chance. There are some 250 cases: chance is
what happens in one of 1000 checks of a statistic that is at its limit (binomial, one-sided), so
that a sound one seldom fails.
"""

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import gettempdir

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from study_tables import claims_of

from tonotopy.evidence.claims import Estimate, NotRun, verdict
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.tables import StudyTables
from tonotopy.seeding import generator

TABLES = int(os.environ.get("SIMULATED_TABLES", "40"))  # of a case; `make simulate` asks for 400
RESAMPLES = 200
CONFIDENCE = 0.95
NOMINAL = (1 - CONFIDENCE) / 2  # share of tables that support a true null
COVERED = 0.92  # three points less than the confidence: what coverage must be at least
CHANCE = 0.001  # of a case beyond its bound by chance alone
UNDEFINED = 0.5  # share of tables without a verdict from which on a case tells nothing


@dataclass(frozen=True)
class Simulated:
    """A statistic, and how the tables are drawn that it is judged on.

    Attributes:
        name: of the case.
        statistic: a function of a study's ``STATISTICS``.
        arguments: of the statistic.
        criterion: as in the study's claims, see `criterion`.
        draw: from a random stream and a folder for files to the tables of one simulated run.
        truth: the planted value of the statistic; None under the null.
    """

    name: str
    statistic: Callable[..., Estimate]
    arguments: dict
    criterion: dict
    draw: Callable[[np.random.Generator, Path], StudyTables]
    truth: float | None = None


@dataclass(frozen=True)
class Support:
    """How often the null is taken for an effect.

    Attributes:
        rate: share of tables whose verdict is "supported".
        bound: what it may be.
        undefined: share of tables without a verdict.
    """

    rate: float
    bound: float
    undefined: float

    @property
    def holds(self) -> bool:
        return self.rate <= self.bound and self.undefined < UNDEFINED


@dataclass(frozen=True)
class Coverage:
    """How often the interval holds the planted value, among the tables that have one.

    Attributes:
        rate: share of intervals that hold it.
        nominal: the intervals' confidence.
        power: share of tables whose verdict is "supported".
        bound: what the rate must be at least.
        undefined: share of tables without a verdict.
    """

    rate: float
    nominal: float
    power: float
    bound: float
    undefined: float

    @property
    def holds(self) -> bool:
        return self.rate >= self.bound and self.undefined < UNDEFINED


def support(case: Simulated, tables: int = TABLES) -> Support:
    """Return how often a null's simulated tables support the claim."""
    estimates = _estimates(case, tables)
    supported = [e is not None and verdict(e, case.criterion) == "supported" for e in estimates]
    undefined = [estimate is None for estimate in estimates]
    return Support(float(np.mean(supported)), support_bound(tables), float(np.mean(undefined)))


def coverage(case: Simulated, tables: int = TABLES) -> Coverage:
    """Return how often the intervals of simulated tables hold the planted value."""
    estimates = _estimates(case, tables)
    known = [estimate for estimate in estimates if estimate is not None]
    held = [estimate.low <= case.truth <= estimate.high for estimate in known]
    supported = [verdict(estimate, case.criterion) == "supported" for estimate in known]
    return Coverage(
        rate=float(np.mean(held)) if held else 0.0,
        nominal=CONFIDENCE,
        power=sum(supported) / tables,
        bound=coverage_bound(tables),
        undefined=1 - len(known) / tables,
    )


def support_bound(tables: int) -> float:
    """Return what share of so many tables a true null may support by chance."""
    return float(binom.ppf(1 - CHANCE, tables, NOMINAL)) / tables


def coverage_bound(tables: int) -> float:
    """Return what share of so many intervals must hold the truth: so few of `COVERED` by chance."""
    return float(binom.ppf(CHANCE, tables, COVERED)) / tables


def _estimates(case: Simulated, tables: int) -> list[Estimate | None]:
    folder = Path(gettempdir())
    estimates = []
    for number in range(tables):
        drawn = case.draw(generator(0, "simulation", number), folder)
        try:
            estimates.append(case.statistic(drawn, **case.arguments))
        except NotRun:
            estimates.append(None)
    return estimates


def bootstrap(rng: np.random.Generator, resamples: int = RESAMPLES) -> Bootstrap:
    """Return few resamples, others for every simulated run."""
    return Bootstrap(resamples, CONFIDENCE, int(rng.integers(2**31)))


def in_memory(
    kind: type[StudyTables],
    frames: Mapping[str, pd.DataFrame],
    settings: dict,
    resampled: Bootstrap,
) -> StudyTables:
    """Return a study's tables that are read from memory, not from files.

    Args:
        kind: the study's class of tables.
        frames: name -> table; what is not among them was not made by the run.
        settings: of the instance.
        resampled: how the run resamples, see `bootstrap`.
    """
    return _held(kind)(frames, settings, resampled)


@cache
def _held(kind: type[StudyTables]) -> type[StudyTables]:
    def read(self, name: str) -> pd.DataFrame:
        if name not in self.paths:
            raise NotRun(f"the table '{name}' is not part of this run")
        return self.paths[name].copy(deep=False)

    return type(f"Held{kind.__name__}", (kind,), {"read": read})


def criterion(row: str) -> dict:
    """Return the criterion of a row of the claims, by its id.

    Raises:
        KeyError: there is no such row.
    """
    return _criteria(row.partition(".")[0])[row]


@cache
def _criteria(study: str) -> dict[str, dict]:
    return {row["id"]: row["criterion"] for row in claims_of(study)}


def missing(
    statistics: Mapping[str, Callable],
    cases: Iterable[Simulated],
    exact: Mapping[str, str],
) -> list[str]:
    """Return the names of statistics that are neither simulated nor listed as exact.

    Args:
        statistics: of the study.
        cases: of the study, under the null.
        exact: statistic -> why it has no null to be simulated: an exact count or an identity.
    """
    simulated = {case.statistic for case in cases}
    return [n for n, f in statistics.items() if f not in simulated and n not in exact]


def check_support(case: Simulated, record: Callable[[str, object], None]) -> None:
    """Assert that a null is supported no more often than chance allows, and note it for the table.

    Args:
        case: under its null.
        record: pytest's fixture ``record_property``.
    """
    found = support(case)
    record("simulated", [case.name, "null", found.rate, found.bound, None, found.undefined])
    assert found.undefined < UNDEFINED, f"{case.name}: {found.undefined:.0%} without a verdict"
    assert found.holds, f"{case.name}: {found.rate:.3f} are supported, not {found.bound:.3f}"


def check_coverage(case: Simulated, record: Callable[[str, object], None]) -> None:
    """Assert that intervals hold the planted value often enough, and note it for the table.

    Args:
        case: with its planted value.
        record: pytest's fixture ``record_property``.
    """
    found = coverage(case)
    numbers = [found.rate, found.bound, found.power, found.undefined]
    record("simulated", [case.name, "coverage", *numbers])
    assert found.undefined < UNDEFINED, f"{case.name}: {found.undefined:.0%} without a verdict"
    assert found.holds, f"{case.name}: {found.rate:.3f} hold the truth, not {found.bound:.3f}"


def result_lines(rows: Collection[Sequence]) -> list[str]:
    """Return the table that is printed at the end: a line for each case.

    Args:
        rows: study, case, kind ("null" or "coverage"), share, its bound, power, share undefined.
    """
    head = f"{'study':13}{'statistic':42}{'kind':10}{'share':>7}{'bound':>8}{'power':>7}{'none':>6}"
    lines = [head]
    for study, name, kind, rate, bound, power, undefined in sorted(rows):
        sign = "<=" if kind == "null" else ">="
        told = "" if power is None else f"{power:.2f}"
        line = f"{study:13}{name:42}{kind:10}{rate:7.3f} {sign}{bound:.3f}{told:>7}{undefined:6.2f}"
        lines.append(line)
    return lines


def simulated_tests(
    statistics: Mapping[str, Callable],
    nulls: Sequence[Simulated],
    planted: Sequence[Simulated],
    exact: Mapping[str, str],
) -> tuple[Callable, Callable, Callable]:
    """Return a study's tests: of nulls, of planted values, and that every statistic is simulated.

    Args:
        statistics: STATISTICS of the study.
        nulls: cases without an effect.
        planted: cases whose truth is known.
        exact: statistics that are not simulated -> the reason.
    """

    @pytest.mark.parametrize("case", nulls, ids=lambda case: case.name)
    def a_null_is_supported_no_more_than_by_chance(case, record_property):
        check_support(case, record_property)

    @pytest.mark.parametrize("case", planted, ids=lambda case: case.name)
    def an_interval_holds_the_planted_value(case, record_property):
        check_coverage(case, record_property)

    def every_statistic_is_simulated():
        assert not missing(statistics, nulls, exact)

    return (
        a_null_is_supported_no_more_than_by_chance,
        an_interval_holds_the_planted_value,
        every_statistic_is_simulated,
    )
