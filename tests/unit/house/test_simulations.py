"""The harness of simulations: it lets sound statistics pass and stops those that are not."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import simulations
from simulations import Simulated

from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.tables import StudyTables

CLIPS, LAYERS = 40, 12


def drawn(effect: float):
    """Simulated runs: values of clips at layers, all with the same mean."""

    def draw(rng, folder):
        values = pd.DataFrame(rng.normal(effect, 1, (CLIPS, LAYERS)))
        tables = {"values": values}
        return simulations.in_memory(StudyTables, tables, {}, simulations.bootstrap(rng))

    return draw


def mean(tables, layer=0):
    """A sound statistic: the mean of one layer over clips."""
    return tables.mean(tables.read("values")[layer], "mean", unit="clip")


def best(tables):
    """The layer with the highest mean, judged on the clips that it was chosen on."""
    values = tables.read("values").to_numpy()
    return tables.mean(values[:, values.mean(axis=0).argmax()], "best", unit="clip")


def repeated(tables):
    """A mean over clips that are taken for five times as many."""
    return tables.mean(np.repeat(tables.read("values")[0], 5), "repeated", unit="clip")


def outlier(tables):
    return tables.estimate(1.0, np.ones(5), 3)


def case(statistic, effect=0.0, criterion=None, truth=None):
    criterion = {"above": 0.0} if criterion is None else criterion
    return Simulated("a case", statistic, {}, criterion, drawn(effect), truth)


def test_a_sound_statistic_passes():
    found = simulations.support(case(mean), tables=400)
    assert found.holds and 0 < found.rate <= found.bound and found.undefined == 0


@pytest.mark.parametrize("tables", [40, 400])
@pytest.mark.parametrize("bad", [best, repeated])
def test_a_bad_statistic_exceeds_the_bound(bad, tables):
    found = simulations.support(case(bad), tables)
    assert found.rate > found.bound and not found.holds


def test_on_a_bound_of_an_equivalence_is_its_null():
    on_bound = case(mean, effect=2.0, criterion={"within": [-2.0, 2.0]})
    assert simulations.support(on_bound, tables=400).holds
    inside = replace(on_bound, draw=drawn(1.0))
    assert simulations.support(inside, tables=40).rate == 1.0


def test_intervals_of_a_sound_statistic_hold_the_truth():
    found = simulations.coverage(case(mean, effect=0.5, truth=0.5), tables=400)
    assert found.holds and found.nominal == 0.95 and found.bound == 0.875
    assert 0.8 < found.power < 1


@pytest.mark.parametrize("tables", [40, 400])
def test_intervals_that_are_too_narrow_or_elsewhere_are_found(tables):
    assert not simulations.coverage(case(repeated, 0.5, truth=0.5), tables).holds
    assert not simulations.coverage(case(mean, 0.5, truth=1.0), tables).holds


def test_a_statistic_that_is_never_defined_does_not_pass():
    never = case(outlier)
    with pytest.raises(NotRun):
        outlier(never.draw(np.random.default_rng(0), None))
    assert simulations.support(never, 10) == simulations.Support(0.0, 0.3, 1.0)
    assert not simulations.support(never, 10).holds
    assert not simulations.coverage(replace(never, truth=0.0), 10).holds
    for check in (simulations.check_support, simulations.check_coverage):
        with pytest.raises(AssertionError, match="a case: 100% without a verdict"):
            check(replace(never, truth=0.0), lambda name, found: None)


def test_checks_note_what_they_found_and_name_the_case():
    noted = []
    simulations.check_support(case(mean), lambda *found: noted.append(found))
    simulations.check_coverage(
        case(mean, effect=2.0, truth=2.0), lambda *found: noted.append(found)
    )
    (_, null), (_, planted) = noted
    assert null[:2] == ["a case", "null"] and null[3:] == [simulations.support_bound(40), None, 0]
    assert planted[:2] == ["a case", "coverage"] and planted[4] == 1.0
    with pytest.raises(AssertionError, match=r"a case: [\d.]+ are supported"):
        simulations.check_support(case(best), lambda name, found: None)
    with pytest.raises(AssertionError, match=r"a case: [\d.]+ hold the truth"):
        simulations.check_coverage(case(mean, truth=1.0), lambda name, found: None)


@pytest.mark.parametrize(
    "tables, bound, least",
    [(400, 21 / 400, 350 / 400), (40, 5 / 40, 31 / 40)],
)
def test_bounds_allow_for_the_number_of_tables(tables, bound, least):
    assert simulations.support_bound(tables) == bound
    assert simulations.coverage_bound(tables) == least


def test_every_table_has_its_own_resamples_and_the_same_ones_again():
    first, again = (drawn(0.0)(np.random.default_rng(3), None) for _ in range(2))
    other = drawn(0.0)(np.random.default_rng(4), None)
    counts = [tables.bootstrap.draw(9, "x").counts for tables in (first, again, other)]
    assert np.array_equal(counts[0], counts[1]) and not np.array_equal(counts[0], counts[2])
    assert first.bootstrap.confidence == 0.95


def test_tables_in_memory_are_copies_and_absent_ones_were_not_made():
    tables = drawn(0.0)(np.random.default_rng(0), None)
    values = tables.read("values")
    values["new"] = 1
    assert "new" not in tables.read("values")
    with pytest.raises(NotRun, match="the table 'others' is not part of this run"):
        tables.read("others")
    assert isinstance(tables, StudyTables)


def test_criteria_are_those_of_the_claims():
    assert simulations.criterion("relevance.conservation") == {"below": 1.0e-5}
    with pytest.raises(KeyError):
        simulations.criterion("relevance.nothing")


def test_what_is_not_simulated_is_named():
    statistics = {"mean": mean, "best": best, "outlier": outlier}
    assert simulations.missing(statistics, [case(mean)], {"outlier": "a count"}) == ["best"]


def test_the_printed_table_has_a_line_for_every_case():
    rows = [("one", "b", "null", 0.02, 0.045, None, 0.0), ("one", "a", "coverage", 0.9, 0.92, 1, 0)]
    head, first, second = simulations.result_lines(rows)
    assert head.split() == ["study", "statistic", "kind", "share", "bound", "power", "none"]
    assert first.split() == ["one", "a", "coverage", "0.900", ">=0.920", "1.00", "0.00"]
    assert second.split() == ["one", "b", "null", "0.020", "<=0.045", "0.00"]
