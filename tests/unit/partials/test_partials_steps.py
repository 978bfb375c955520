"""The three steps against plain loops over directions, tones, contexts and frames."""

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from tonotopy.partials import steps


def bump(centre, width, tones=40, height=1.0):
    return height * np.exp(-0.5 * ((np.arange(tones) - centre) / width) ** 2)


def sweep_of(row):
    """Step 1 of one direction, tone by tone."""
    median = np.median(row)
    answers = [value - median for value in row]
    peak = int(np.argmax(answers))
    squares = [max(a, 0) ** 2 for a in answers]
    near = sum(s for i, s in enumerate(squares) if abs(i - peak) <= 2)
    share = near / sum(squares) if sum(squares) else 0.0
    flanks = []
    for place in (peak - 5, peak + 5):
        there = 0 <= place < len(row) and answers[peak] > 0
        flanks.append(answers[place] / answers[peak] if there else np.nan)
    narrow = share > 0.5 and all(flank < 0.5 for flank in flanks)
    return median, peak, answers[peak], share, *flanks, narrow


RNG = np.random.default_rng(0)
ROWS = np.array(
    [
        bump(20, 1.2) + 0.5,
        bump(20, 6),
        bump(4, 1),  # no flank below
        bump(35, 1),  # no flank above
        bump(5, 1),
        bump(34, 1),
        bump(12, 1.0) + bump(25, 1.5, height=0.95),
        np.zeros(40),
        np.full(40, 3.0),
        1.0 / (1 + np.exp(-(np.arange(40) - 36))),  # high-pass
        RNG.normal(size=40),
        RNG.normal(size=40) ** 2,
        -bump(18, 1.5),
    ]
)


def test_sweeps_are_those_of_the_plain_loop():
    found = steps.sweep(ROWS)
    for row, values in enumerate(ROWS):
        for mine, wanted in zip(found, sweep_of(values), strict=True):
            assert mine[row] == pytest.approx(wanted, nan_ok=True)
    assert found.narrow.tolist() == [
        *(True, False, False, False, True, True, False),
        *(False, False, False, False, False, False),
    ]


def test_narrow_needs_more_than_half_of_the_answer_and_fallen_flanks():
    row = np.zeros(30)
    row[10] = 1
    for value, narrow in ((0.499, True), (0.5, False)):
        for place in (5, 15):
            flanked = row.copy()
            flanked[place] = value
            assert steps.sweep(flanked[None]).narrow[0] == narrow
    for value, narrow in ((0.4999, True), (0.5, False)):  # four others of the same power: one half
        spread = row.copy()
        spread[[2, 20, 23, 26]] = value
        found = steps.sweep(spread[None])
        assert found.narrow[0] == narrow and found.share[0] == pytest.approx(1 / (1 + 4 * value**2))
    inside = row.copy()
    inside[[8, 12]] = 0.9
    outside = row.copy()
    outside[[7, 13]] = 0.9
    assert steps.sweep(inside[None]).share[0] == 1 and steps.sweep(outside[None]).share[0] < 0.5


def test_rank_correlations_are_spearmans_with_ties():
    rng = np.random.default_rng(1)
    responses = rng.integers(0, 6, (7, 23)).astype(float)
    levels = np.maximum(rng.integers(-70, -40, (7, 23)), -60).astype(float)
    found = steps.rank_correlations(responses, levels)
    for row in range(7):
        wanted = spearmanr(responses[row], levels[row]).statistic
        assert found[row] == pytest.approx(wanted, abs=1e-12)


def test_contexts_in_which_the_level_hardly_varies_say_nothing():
    rng = np.random.default_rng(2)
    responses, levels = rng.normal(size=(4, 12)), np.full((4, 12), -60.0)
    levels[1, :4], levels[2, :5], levels[3, :6] = -20, -20, -20
    responses[3] = 0.25
    found = steps.rank_correlations(responses, levels)
    assert np.isnan(found[:2]).all() and not np.isnan(found[2])
    assert found[3] == 0  # it answers nothing, where there was something to answer


def test_the_least_of_contexts():
    contexts = np.array(
        [[0.5, np.nan, 0.2, np.nan], [0.4, 0.7, np.nan, np.nan], [0.6, 0.9, 0.3, np.nan]]
    )
    found = steps.least(contexts)
    assert found[:3].tolist() == [0.4, 0.7, 0.2] and np.isnan(found[3])


def residual(values, by):
    """What least squares leaves of values beside an intercept and another variable."""
    design = np.column_stack([np.ones(len(by)), by])
    return values - design @ np.linalg.lstsq(design, values, rcond=None)[0]


def test_partial_correlations_are_those_of_least_squares():
    rng = np.random.default_rng(3)
    energies = rng.normal(size=31)
    activations = rng.normal(size=(5, 31)) + 2 * energies
    levels = rng.normal(size=(5, 31)) - energies + 0.5 * activations
    found = steps.partial_correlations(activations, levels, energies)
    for row in range(5):
        parts = residual(activations[row], energies), residual(levels[row], energies)
        assert found[row] == pytest.approx(pearsonr(*parts).statistic, abs=1e-10)


def test_what_follows_the_energy_alone_follows_nothing():
    rng = np.random.default_rng(4)
    energies = rng.normal(size=50)
    activations = np.array([3 * energies + 1, rng.normal(size=50), np.full(50, 0.1), 2 * energies])
    levels = np.array([rng.normal(size=50), -energies, rng.normal(size=50), energies + 3])
    assert np.isnan(steps.partial_correlations(activations, levels, energies)).all()
    flat = steps.partial_correlations(activations[1:2], levels[:1], np.full(50, 7.0))
    assert flat[0] == pytest.approx(pearsonr(activations[1], levels[0]).statistic)


def test_correlations_of_rows_that_do_not_vary():
    first = np.array([[0.1, 0.1, 0.1], [1, 2, 3.0], [1e-9, 2e-9, 3e-9]])
    second = np.array([[1, 2, 3.0], [0.3, 0.3, 0.3], [3, 2, 1.0]])
    found = steps.correlations(first, second)
    assert np.isnan(found[:2]).all() and found[2] == pytest.approx(-1)


def test_missing_ratios_are_answers_over_answers():
    found = steps.sweep(ROWS[:3])
    missing = np.arange(21.0).reshape(3, 7) / 10
    ratios = steps.missing_ratios(found, missing, np.array([2, -1, 6]))
    first = (missing[0, 2] - np.median(ROWS[0])) / (ROWS[0].max() - np.median(ROWS[0]))
    third = (missing[2, 6] - np.median(ROWS[2])) / (ROWS[2].max() - np.median(ROWS[2]))
    assert ratios[0] == pytest.approx(first) and ratios[2] == pytest.approx(third)
    assert np.isnan(ratios[1])
    silent = steps.sweep(np.zeros((1, 20)))
    assert np.isnan(steps.missing_ratios(silent, missing[:1], np.array([0])))
