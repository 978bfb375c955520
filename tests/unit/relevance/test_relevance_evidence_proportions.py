"""Shares of right answers in study 3, against plain loops and the tails of the binomial."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq
from scipy.stats import binom

from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.groups import Groups
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.relevance.statistics.proportions import proportion
from tonotopy.studies.relevance.statistics.tables import Clips

RESAMPLES = 200
LEVELS = [(number + 0.5) / RESAMPLES for number in range(RESAMPLES)]


def clips_of(groups) -> Clips:
    groups = Groups(np.asarray(groups))
    ids = pd.Index([f"{number:03d}" for number in range(len(groups.index))])
    labels = np.full(len(ids), "one", dtype=object)
    return Clips(ids, labels, groups, groups.draw(Bootstrap(RESAMPLES, 0.95, 2), "relevance"))


def plain_shares(clips, right):
    """Share of right answers of the data and of each resample, answer by answer."""
    shares = []
    for times in [np.ones(len(clips.groups)), *clips.resamples.counts]:
        ones = answers = 0.0
        for clip, row in enumerate(right):
            for answer in np.atleast_1d(row):
                if not np.isnan(answer):
                    ones += times[clips.groups.index[clip]] * answer
                    answers += times[clips.groups.index[clip]]
        shares.append(ones / answers)
    return shares


def clopper_pearson(ones: int, number: int, tail: float) -> tuple[float, float]:
    """Ends at which so many ones or more, or so many or fewer, have a chance of ``tail``."""
    low = brentq(lambda p: binom.sf(ones - 1, number, p) - tail, 0, 1) if ones else 0.0
    high = brentq(lambda p: binom.cdf(ones, number, p) - tail, 0, 1) if ones < number else 1.0
    return low, high


def check(found, share, ones, number):
    assert found[0] == pytest.approx(share) and len(found) == 1 + RESAMPLES
    half = RESAMPLES // 2
    for row in (0, 4, half - 1):
        low, high = clopper_pearson(ones, number, LEVELS[row])
        assert found[1 + row] == pytest.approx(low, abs=1e-9)
        assert found[RESAMPLES - row] == pytest.approx(high, abs=1e-9)


@pytest.mark.parametrize("ones", [0, 30])
def test_answers_that_are_all_alike_are_as_many_as_clips(ones):
    right = np.repeat([1.0, 0.0], [ones, 30 - ones])
    check(proportion(clips_of(range(30)), right), ones / 30, ones, 30)


def test_answers_that_are_all_alike_are_as_many_as_groups():
    check(proportion(clips_of(np.arange(60) // 4), np.ones(60)), 1.0, 15, 15)


def test_what_is_not_answered_does_not_count():
    right = np.where(np.arange(40) < 12, 1.0, np.nan)
    check(proportion(clips_of(range(40)), right), 1.0, 12, 12)
    with pytest.raises(NotRun, match="no answer"):
        proportion(clips_of(range(40)), np.full(40, np.nan))


@pytest.mark.parametrize("sizes", [(1,), (1, 2, 1, 3)])
@pytest.mark.parametrize("axes", [(), (3,)])
def test_there_are_as_many_independent_answers_as_have_the_spread_of_resamples(sizes, axes):
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(50), np.resize(sizes, 50))
    right = (rng.random((len(groups), *axes)) < 0.8).astype(float)
    right[3] = np.nan
    clips = clips_of(groups)
    shares = plain_shares(clips, right)
    mean = sum(shares[1:]) / RESAMPLES
    spread = sum((share - mean) ** 2 for share in shares[1:]) / RESAMPLES
    number = min((~np.isnan(right)).sum(), shares[0] * (1 - shares[0]) / spread)
    found = proportion(clips, right)
    assert found[0] == pytest.approx(shares[0])
    # a number that is not whole has tails between those of its neighbours
    for row in (0, 10, 50):
        around = []
        for whole in (np.floor(number), np.ceil(number)):
            ones = shares[0] * whole
            below = clopper_pearson(int(np.floor(ones)), int(whole), LEVELS[row])[0]
            above = clopper_pearson(int(np.ceil(ones)), int(whole), LEVELS[row])[0]
            around += [below, above]
        assert min(around) - 0.01 <= found[1 + row] <= max(around) + 0.01


def test_groups_that_answer_as_one_widen_the_interval():
    rng = np.random.default_rng(5)
    whole = (rng.random(25) < 0.7).astype(float)[np.arange(100) // 4]
    joint, apart = (
        np.ptp(np.quantile(proportion(clips_of(groups), whole)[1:], [0.025, 0.975]))
        for groups in (np.arange(100) // 4, np.arange(100))
    )
    assert 1.5 < joint / apart < 2.6  # four answers of a group are one


def test_intervals_hold_the_truth_where_nearly_all_are_right():
    held = []
    for seed in range(200):
        right = (np.random.default_rng(seed).random(60) < 0.97).astype(float)
        low, high = np.quantile(proportion(clips_of(range(60)), right)[1:], [0.025, 0.975])
        held.append(low <= 0.97 <= high)
    assert np.mean(held) >= 0.93
