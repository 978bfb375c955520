"""Rank correlations against scipy, one pair and one resample at a time."""

import numpy as np
import pytest
from scipy.stats import spearmanr

from tonotopy.relevance.rank_correlation import rank_correlations, resampled_rank_correlations

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")  # no division by zero


def test_many_pairs_equal_scipy_one_by_one():
    rng = np.random.default_rng(0)
    first = rng.normal(size=(3, 4, 30))
    second = np.round(first + rng.normal(size=first.shape), 0)  # ties
    found = rank_correlations(first, second)
    for index in np.ndindex(3, 4):
        expected = spearmanr(first[index], second[index]).statistic
        assert found[index] == pytest.approx(expected, abs=1e-12)
    assert rank_correlations(np.arange(5.0), np.exp(-np.arange(5.0))) == pytest.approx(-1)


def test_resamples_equal_scipy_on_repeated_pairs():
    rng = np.random.default_rng(1)
    first = np.round(rng.normal(size=25), 1)
    second = np.round(first + rng.normal(size=25), 1)
    counts = rng.multinomial(25, np.full(25, 1 / 25), size=40)
    counts[7] *= 3
    found = resampled_rank_correlations(first, second, counts)
    for row, value in zip(counts, found, strict=True):
        expected = spearmanr(first.repeat(row), second.repeat(row)).statistic
        assert value == pytest.approx(expected, abs=1e-12)


def test_what_does_not_vary_has_no_correlation():
    values = np.array([1.0, 2, 3, 3])
    assert np.isnan(rank_correlations(np.full((2, 4), 0.1), np.stack([values, values]))).all()
    counts = np.array([[0, 4, 0, 0], [0, 0, 2, 2], [0, 0, 0, 0], [1, 1, 1, 1]])
    found = resampled_rank_correlations(values, -values, counts)
    np.testing.assert_allclose(found, [np.nan, np.nan, np.nan, -1])
