"""Held-out ridge regression against scikit-learn's, fold by fold and penalty by penalty."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from tonotopy.errors import InputError
from tonotopy.similarity.probes import (
    ALPHAS,
    MOST_ROWS,
    chosen_columns,
    clip_folds,
    held_out,
)


def plain(x, y, folds, alphas):
    """The same by scikit-learn: a fold's neighbours choose its penalty."""
    number = folds.max() + 1
    predicted, mean, chosen = np.empty_like(y), np.empty_like(y), []

    def fitted(rows, others, alpha):
        scaler = StandardScaler().fit(x[rows])
        ridge = Ridge(alpha=alpha).fit(scaler.transform(x[rows]), y[rows])
        return ridge.predict(scaler.transform(x[others])).reshape(len(y[others]), -1)

    for fold in range(number):
        errors = []
        for alpha in alphas:
            error = 0.0
            for neighbour in ((fold - 1) % number, (fold + 1) % number):
                rows = (folds != fold) & (folds != neighbour)
                guess = fitted(rows, folds == neighbour, alpha)
                error += ((guess - y[folds == neighbour]) ** 2).sum()
            errors.append(error)
        alpha = alphas[int(np.argmin(errors))]
        rows = folds != fold
        predicted[folds == fold] = fitted(rows, folds == fold, alpha)
        mean[folds == fold] = y[rows].mean(axis=0)
        chosen.append(alpha)
    return predicted, mean, chosen


@pytest.mark.parametrize("folds, width, outputs", [(3, 4, 2), (5, 30, 3), (4, 70, 1)])
def test_ridge_is_scikit_learns(folds, width, outputs):
    rng = np.random.default_rng(folds)
    rows = 83
    x = rng.normal(size=(rows, width)) * rng.uniform(0.1, 9, width) + rng.normal(0, 4, width)
    x[:, 1] = 3.0  # does not vary
    y = x[:, [0, 2, 3][:outputs]] + rng.normal(0, 3, (rows, outputs)) + 50
    of_row = rng.permutation(np.arange(rows) % folds)
    found = held_out(torch.from_numpy(x), torch.from_numpy(y), of_row)
    predicted, mean, chosen = plain(x, y, of_row, ALPHAS)
    assert found.alphas == pytest.approx(chosen)
    np.testing.assert_allclose(found.predicted, predicted, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.mean, mean, rtol=1e-9)


def test_the_penalty_is_chosen_by_what_is_held_out():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(90, 20))
    of_row = np.arange(90) % 5
    told = held_out(torch.from_numpy(x), torch.from_numpy(x[:, :1] * 3), of_row)
    noise = held_out(torch.from_numpy(x), torch.from_numpy(rng.normal(size=(90, 1))), of_row)
    assert max(told.alphas) < 10 and min(noise.alphas) > 10
    error = (told.predicted[:, 0] - torch.from_numpy(x[:, 0] * 3)).square().sum()
    assert error < 0.01 * (x[:, 0] ** 2).sum()


def test_penalties():
    np.testing.assert_allclose(ALPHAS, [1e-2, 1, 100, 1e4, 1e6])


def test_groups_stay_together_and_single_clips_are_shuffled():
    groups = np.array(["a", "b", "c", "a", "d", "e", "b", "a", "f", "g"], dtype=object)
    folds = clip_folds(groups, 4, np.random.default_rng(0))
    assert set(folds) == {0, 1, 2, 3}
    for group in set(groups):
        assert len(set(folds[groups == group])) == 1
    alone = np.array([f"clip{number}" for number in range(11)], dtype=object)
    first, same, other = (clip_folds(alone, 3, np.random.default_rng(s)) for s in (1, 1, 2))
    assert np.array_equal(first, same) and not np.array_equal(first, other)
    assert sorted(np.bincount(first)) == [3, 4, 4] and (np.diff(first) < 0).any()
    assert set(clip_folds(alone[:4], 9, np.random.default_rng(0))) == {0, 1, 2, 3}


def test_too_few_groups_are_refused():
    with pytest.raises(InputError, match="probed: 2 groups of clips are too few for probes"):
        clip_folds(np.array(["a", "a", "b"]), 5, np.random.default_rng(0))


def test_columns_of_every_clip_are_as_many_as_rows_may_be():
    rng = np.random.default_rng(0)
    chosen = chosen_columns(240, 150, rng)
    assert chosen.shape == (240, MOST_ROWS // 240) and MOST_ROWS == 6000
    assert (np.diff(chosen, axis=1) > 0).all() and chosen.min() == 0 and chosen.max() == 149
    assert len({tuple(row) for row in chosen}) == 240
    assert np.array_equal(chosen_columns(7, 5, rng), np.tile(np.arange(5), (7, 1)))
    assert chosen_columns(7000, 5, rng).shape == (7000, 1)
