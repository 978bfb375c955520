"""Intervals of shares and correlations stay within what is possible."""

import inspect
from importlib import import_module

import numpy as np
import pytest

from tonotopy.evidence import ranges
from tonotopy.evidence.claims import Estimate, verdict
from tonotopy.evidence.resampling import p_value

DRAWS = np.linspace(-0.5, 1.4, 201)


def estimate(value=0.42):
    return Estimate(value, -0.5, 1.4, 9, DRAWS, "clip", 1)


def test_interval_and_draws_are_cut_and_the_rest_is_kept():
    found = ranges.signed_share(lambda tables, value: estimate(value))("tables", value=0.42)
    assert (found.value, found.low, found.high) == (0.42, -0.5, 1)
    assert (found.n, found.unit, found.trainings) == (9, "clip", 1)
    np.testing.assert_array_equal(found.draws, np.minimum(DRAWS, 1))
    found = ranges.share(estimate)()
    assert (found.low, found.high) == (0, 1)
    assert (found.draws.min(), found.draws.max()) == (0, 1)
    assert ranges.at_least_0(estimate)().high == 1.4 and ranges.at_most_1(estimate)().low == -0.5


@pytest.mark.parametrize("criterion", [{"above": 0.3}, {"below": 0.9}, {"within": [-0.3, 0.3]}])
def test_a_cut_changes_no_verdict_on_a_bound_inside_the_range(criterion):
    for low, high in ((-0.5, 0.2), (0.35, 1.4), (0.95, 1.4), (-1.2, -0.4)):
        draws = np.linspace(low, high, 101)
        value = float(np.clip((low + high) / 2, -1, 1))
        whole = Estimate(value, low, high, 9, draws)
        cut = ranges.signed_share(lambda whole=whole: whole)()
        assert verdict(cut, criterion) == verdict(whole, criterion)
        assert p_value(cut.draws, criterion) == p_value(draws, criterion)


def test_a_range_that_an_estimate_leaves_is_wrong():
    with pytest.raises(ValueError, match=r"literal is 1.2, declared within \[0, 1\]"):

        @ranges.share
        def literal():
            return estimate(1.2)

        literal()
    rounded = ranges.share(lambda: estimate(1 + 1e-9))()
    assert rounded.value == 1


SLOPES = "probabilities per unit of lambda"
FREE = {  # statistics without a range, and why
    "steering": {
        "pair_effect": SLOPES,
        "over_control": SLOPES,
        "unseen_gain": SLOPES,
        "plus_acts_outside": SLOPES,
        "minus_acts_inside": SLOPES,
        "late_over_early": SLOPES,
        "early_negligible": SLOPES,
        "flat_ratio": "a ratio of slopes",
        "damage": "resamples of means of probabilities, which are not widened",
        "steering_after_cosine": "layers",
    },
    "hierarchy": {
        "constant_off_chance": "clips",
        "clips_over_thesis": "a ratio of clips",
        "share_lost": "a ratio of accuracies above chance",
        "leak": "a ratio of accuracies above chance",
        "k_agreement": "correlations that are computed within their range",
        "profile_agreement": "correlations that are computed within their range",
        "tasks_agreement": "correlations that are computed within their range",
        "vggish_exception": "correlations that are computed within their range",
    },
}


@pytest.mark.parametrize("study", FREE)
def test_every_statistic_has_a_range_or_a_reason_for_none(study):
    statistics = import_module(f"tonotopy.studies.{study}.statistics").STATISTICS
    free = {name for name, function in statistics.items() if inspect.unwrap(function) is function}
    assert free == set(FREE[study])
