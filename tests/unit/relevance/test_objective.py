"""The objective of DRSA and its gradient against loops and finite differences in float64."""

import numpy as np
import pytest
import torch

from tonotopy.relevance import objective as module
from tonotopy.relevance.objective import objective

PROBLEMS, STARTS, WIDTH, PAIRS = 2, 3, 6, 11


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


def generalised_mean(values, power):
    return (sum(v**power for v in values) / len(values)) ** (1 / power)


def literal_relevances(u, a, c, blocks):
    """Positive relevance of each subspace (rows) and pair, by loops over every index."""
    width = len(u) // blocks
    relevances = []
    for k in range(blocks):
        row = []
        for a_n, c_n in zip(a, c, strict=True):
            total = 0.0
            for column in range(k * width, (k + 1) * width):
                of_a = sum(u[j, column] * a_n[j] for j in range(len(u)))
                of_c = sum(u[j, column] * c_n[j] for j in range(len(u)))
                total += of_a * of_c
            row.append(max(0.0, total))
        relevances.append(row)
    return relevances


def literal_value(u, a, c, blocks):
    per_block = [generalised_mean(row, 2) for row in literal_relevances(u, a, c, blocks)]
    return generalised_mean(per_block, 0.5)


def finite_differences(u, a, c, blocks, width=1e-6):
    gradient = np.zeros_like(u)
    for i in range(len(u)):
        for j in range(len(u)):
            up, down = u.copy(), u.copy()
            up[i, j] += width
            down[i, j] -= width
            rise = literal_value(up, a, c, blocks) - literal_value(down, a, c, blocks)
            gradient[i, j] = rise / (2 * width)
    return gradient


def computed(bases, a, c, blocks):
    columns = [None if x is None else torch.from_numpy(x).mT for x in (a, c)]
    return objective(*columns, torch.from_numpy(bases), blocks)


@pytest.mark.parametrize("blocks", [1, 2, 3])
@pytest.mark.parametrize("relevance", [True, False], ids=["drsa", "dsa"])
def test_value_and_gradient_of_every_start_and_problem(blocks, relevance):
    bases = drawn(PROBLEMS, STARTS, WIDTH, WIDTH)
    a, c = drawn(PROBLEMS, PAIRS, WIDTH, seed=1), drawn(PROBLEMS, PAIRS, WIDTH, seed=2)
    values, gradients = computed(bases, a, c if relevance else None, blocks)
    assert gradients.shape == bases.shape
    for p in range(PROBLEMS):
        context = c[p] if relevance else a[p]
        for s in range(STARTS):
            u = bases[p, s]
            assert values[p, s] == pytest.approx(literal_value(u, a[p], context, blocks))
            expected = finite_differences(u, a[p], context, blocks)
            np.testing.assert_allclose(gradients[p, s], expected, atol=1e-6)


@pytest.mark.parametrize("tile", [1, 100, 120, 2**19])
def test_tiles_change_nothing(tile, monkeypatch):
    bases = drawn(PROBLEMS, STARTS, WIDTH, WIDTH)
    a, c = drawn(PROBLEMS, PAIRS, WIDTH, seed=1), drawn(PROBLEMS, PAIRS, WIDTH, seed=2)
    expected = computed(bases, a, c, 3)
    monkeypatch.setattr(module, "TILE", tile)
    for one, other in zip(computed(bases, a, c, 3), expected, strict=True):
        torch.testing.assert_close(one, other)


def test_a_subspace_without_relevance_has_a_finite_slope_and_no_share():
    """Activations and contexts that meet in the first subspace alone."""
    a, c = np.zeros((1, PAIRS, 4)), np.zeros((1, PAIRS, 4))
    a[..., :2] = c[..., :2] = drawn(PAIRS, 2)
    values, gradients = computed(np.eye(4)[None, None], a, c, 2)
    of_first = np.sqrt(((a[0] ** 2).sum(axis=1) ** 2).mean())
    assert values.item() == pytest.approx(of_first / 4)  # (sqrt(J_1) / 2)^2
    assert gradients.isfinite().all()
    assert (gradients[..., 2:] == 0).all() and (gradients[..., :2] != 0).any()


def test_nothing_relevant_is_no_slope():
    a = drawn(1, PAIRS, 4)
    values, gradients = computed(np.eye(4)[None, None], a, -a, 2)  # every R_kn is negative
    assert values.item() == 0 and (gradients == 0).all()


@pytest.mark.parametrize("squared", [2.5e-7, 4e-6])
def test_the_slope_is_clamped_below_a_millionth_alone(squared):
    """The gradient is (sum_l J_l^.5) R / (K^2 N J_k^1.5) with each J at least 1e-6."""
    size = squared**0.5
    a = np.array([[[1.0, 0.0], [0.0, size]]])
    _, gradients = computed(np.eye(2)[None, None], a, a.copy(), 2)
    root_mean = np.sqrt(1 / 2)  # of one pair in two
    least = max(1e-6, squared * root_mean)
    outer = (np.sqrt(root_mean) + np.sqrt(least)) / 4
    expected = outer * squared / (2 * least**1.5) * 2 * squared
    assert gradients[0, 0, 1, 1].item() == pytest.approx(expected, rel=1e-9)
