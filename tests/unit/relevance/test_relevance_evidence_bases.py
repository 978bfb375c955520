"""Random bases of study 3 against plain loops: their means, the best of them, their noise."""

from math import sqrt

import numpy as np
import pytest

from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.relevance.statistics.bases import best_of_bases, mean_of_bases
from tonotopy.studies.relevance.statistics.tables import RelevanceTables

RESAMPLES, CLASSES, BASES = 30, 3, 4
TABLES = RelevanceTables({}, {}, Bootstrap(RESAMPLES, 0.95, 5))


@pytest.fixture
def scores():
    return np.random.default_rng(0).uniform(0.1, 0.9, (1 + RESAMPLES, CLASSES, BASES))


def plain_noise(scores, share, *names):
    """Deviations of resamples, one at a time: bases of the data alone say how large they are."""
    variance = 0.0
    for own in scores[0]:
        mean = sum(own) / BASES
        variance += sum((one - mean) ** 2 for one in own) / (BASES - 1) / CLASSES**2
    rng = TABLES.bootstrap.generator("relevance", "bases", *names)
    drawn = rng.standard_t(CLASSES * (BASES - 1), RESAMPLES)
    return [0.0] + [sqrt(share * variance) * one for one in drawn]


@pytest.mark.parametrize(("one_more", "share"), [(False, 1 / BASES), (True, 1 + 1 / BASES)])
def test_the_mean_is_as_uncertain_as_its_standard_error_or_as_one_more(scores, one_more, share):
    found = mean_of_bases(TABLES, scores, "conv3", "4", one_more=one_more)
    noise = plain_noise(scores, share, "conv3", "4")
    for row, value in enumerate(found):
        mean = sum(scores[row, k, b] for k in range(CLASSES) for b in range(BASES))
        assert value == pytest.approx(mean / CLASSES / BASES + noise[row], abs=1e-12)


def test_the_best_base_of_each_class_is_chosen_anew_and_has_a_floor(scores):
    scores[0] = np.linspace(0.1, 0.9, BASES)  # far apart: some draws fall below the worst
    scores[1:] *= 0.5
    found = best_of_bases(TABLES, scores, "conv3", "4")
    noise = plain_noise(scores, 1 + 1 / BASES, "conv3", "4")
    worst = sum(min(own) for own in scores[0]) / CLASSES
    plain = [sum(max(own) for own in row) / CLASSES for row in scores]
    expected = [max(value + noise[row], worst) for row, value in enumerate(plain)]
    np.testing.assert_allclose(found, expected, atol=1e-12)
    assert found[0] == pytest.approx(0.9) and (found == worst).any() and (found > worst).any()


def test_noise_is_that_of_its_names_and_of_no_other(scores):
    first, again, other = (mean_of_bases(TABLES, scores, n) for n in ("a", "a", "b"))
    assert (first == again).all() and (first[1:] != other[1:]).all() and first[0] == other[0]


def test_equal_bases_add_nothing(scores):
    scores[:] = scores[:, :, :1]
    np.testing.assert_allclose(
        mean_of_bases(TABLES, scores, one_more=True), scores[:, :, 0].mean(axis=1)
    )
    np.testing.assert_allclose(best_of_bases(TABLES, scores)[0], scores[0, :, 0].mean(), atol=1e-12)


@pytest.mark.parametrize("statistic", [mean_of_bases, best_of_bases])
def test_one_base_has_no_spread(scores, statistic):
    with pytest.raises(NotRun, match="two or more"):
        statistic(TABLES, scores[:, :, :1])


def test_the_mean_of_bases_holds_the_truth():
    """Bases of three classes, whose true mean is 0: intervals at 95 %."""
    held = []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        drawn = rng.normal(size=(1, CLASSES, BASES)) * np.ones((401, 1, 1))
        tables = RelevanceTables({}, {}, Bootstrap(400, 0.95, seed))
        low, high = np.quantile(mean_of_bases(tables, drawn)[1:], [0.025, 0.975])
        held.append(low <= 0 <= high)
    assert 0.92 <= np.mean(held) <= 0.98
