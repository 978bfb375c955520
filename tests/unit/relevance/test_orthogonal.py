"""Orthogonal matrices: polar factors, principal components, angles between subspaces."""

from itertools import permutations

import numpy as np
import pytest
import torch

from tonotopy.errors import InputError
from tonotopy.relevance.orthogonal import (
    block_width,
    polar,
    principal_components,
    principal_cosines,
    random_orthogonal,
)


def matrices(*shape, seed=0) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).normal(size=shape))


def test_polar_is_the_inverse_root_of_equation_3_6():
    for matrix in matrices(4, 6, 6):
        values, vectors = np.linalg.eig((matrix.T @ matrix).numpy())
        root = vectors @ np.diag(values**-0.5) @ np.linalg.inv(vectors)
        np.testing.assert_allclose(polar(matrix), matrix.numpy() @ root, atol=1e-9)


def test_polar_of_a_batch_is_that_of_each():
    batch = matrices(2, 3, 5, 5)
    for i in range(2):
        for j in range(3):
            torch.testing.assert_close(polar(batch)[i, j], polar(batch[i, j]))


@pytest.mark.parametrize("rank", [0, 1, 4, 7])
def test_polar_of_a_singular_matrix_is_orthogonal_and_as_near_as_can_be(rank):
    singular = matrices(8, 8)
    singular[:, rank:] = 0
    both = polar(torch.stack([singular, matrices(8, 8, seed=1)]))
    torch.testing.assert_close(both.mT @ both, torch.eye(8).double().expand(2, 8, 8))
    torch.testing.assert_close(both[1], polar(matrices(8, 8, seed=1)))
    # the trace of U'V is the sum of singular values for the nearest U, and less for any other
    trace = (both[0] * singular).sum()
    assert trace == pytest.approx(torch.linalg.svdvals(singular).sum().item())


@pytest.mark.parametrize("ratio", [1e-2, 1e-3, 1e-4, 1e-7, 1e-12])
def test_polar_keeps_its_digits_near_singularity(ratio):
    left, right = random_pair(8)
    singular_values = torch.linspace(1, 2, 8).double()
    singular_values[0] = ratio
    matrix = left @ torch.diag(singular_values) @ right.T
    torch.testing.assert_close(polar(matrix), left @ right.T, atol=1e-6, rtol=0)


def random_pair(width):
    rng = np.random.default_rng(5)
    return random_orthogonal(width, rng), random_orthogonal(width, rng)


def test_polar_of_float32_is_float32_and_orthogonal():
    found = polar((30 * matrices(3, 64, 64)).float())
    assert found.dtype == torch.float32
    gram = found.double().mT @ found.double()
    assert (gram - torch.eye(64)).abs().max() < 1e-6


def test_principal_components_are_the_axes_of_variance_in_order():
    rng = np.random.default_rng(0)
    axes = random_orthogonal(4, rng)
    deviations = torch.tensor([0.5, 3.0, 1.5, 6.0]).double()
    vectors = (matrices(4000, 4) * deviations) @ axes.T + 40 * axes[:, 0]
    found = principal_components(vectors)
    for place, axis in enumerate([3, 1, 2, 0]):  # the mean along axis 0 is no variance
        assert abs(found[:, place] @ axes[:, axis]) > 0.99


def literal_cosines(u, v, blocks):
    """Mean principal-angle cosine of each subspace under the best of all pairings."""
    width = len(u) // blocks
    best = None
    for order in permutations(range(blocks)):
        means = []
        for k, partner in enumerate(order):
            one = u[:, k * width : (k + 1) * width]
            other = v[:, partner * width : (partner + 1) * width]
            # cosines squared are eigenvalues of the product of projections
            product = one @ one.T @ other @ other.T
            squares = np.sort(np.linalg.eigvals(product).real)[-width:]
            means.append(np.sqrt(squares.clip(0)).mean())
        if best is None or sum(means) > sum(best):
            best = means
    return best


@pytest.mark.parametrize("blocks", [2, 3, 4])
def test_principal_cosines_equal_the_search_over_pairings(blocks):
    u, v = random_pair(12)
    expected = literal_cosines(u.numpy(), v.numpy(), blocks)
    np.testing.assert_allclose(principal_cosines(u, v, blocks), expected, atol=1e-6)


def test_principal_cosines_see_neither_order_nor_rotation_inside_a_subspace():
    u, _ = random_pair(12)
    turned = torch.cat(
        [
            u[:, 4 * k : 4 * k + 4] @ random_orthogonal(4, np.random.default_rng(k))
            for k in (2, 0, 1)
        ],
        dim=1,
    )
    np.testing.assert_allclose(principal_cosines(u, turned, 3), np.ones(3))
    mixed = u[:, [0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 10, 11]]  # the first two share halves
    np.testing.assert_allclose(principal_cosines(u, mixed, 3), [0.5, 0.5, 1])


def test_random_orthogonal_matrices_are_seeded_and_have_no_preferred_sign():
    draws = torch.stack([random_orthogonal(3, np.random.default_rng(s)) for s in range(400)])
    torch.testing.assert_close(draws.mT @ draws, torch.eye(3).double().expand(400, 3, 3))
    assert draws.mean(dim=0).abs().max() < 5 / np.sqrt(3 * 400)
    assert torch.equal(draws[7], random_orthogonal(3, np.random.default_rng(7)))


@pytest.mark.parametrize("blocks", [0, 5, 24])
def test_unequal_subspaces_are_refused(blocks):
    with pytest.raises(InputError, match=f"12 channels cannot be split into {blocks} equal"):
        block_width(12, blocks)
    assert block_width(12, 4) == 3
