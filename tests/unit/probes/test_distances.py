"""Distances between clips: against the sum over dimensions, where cancellation would bite."""

import tracemalloc

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist, squareform

from tonotopy.errors import InputError
from tonotopy.probes.distances import check_matrix, squared_distances


def vectors(clips=30, dimensions=300, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).normal(size=(clips, dimensions)).astype(dtype)


def literal(x):
    """The sum of squared differences, one pair and one dimension after the other."""
    x = np.asarray(x, dtype=np.float64)
    found = np.zeros((len(x), len(x)))
    for i in range(len(x)):
        for j in range(len(x)):
            for a, b in zip(x[i], x[j], strict=True):
                found[i, j] += (a - b) ** 2
    return found


def exact(x):
    return squareform(pdist(np.asarray(x, dtype=np.float64), "sqeuclidean"))


def assert_close(found, expected, rtol=1e-5):
    off = ~np.eye(len(expected), dtype=bool)
    np.testing.assert_allclose(found[off], expected[off], rtol=rtol)
    np.testing.assert_array_equal(found, found.T)
    assert (np.diagonal(found) == 0).all() and (found >= 0).all() and found.dtype == np.float64


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int16])
@pytest.mark.parametrize("block", [1, 7, 40, 64])
def test_equal_to_the_definition_whatever_the_type_and_block(dtype, block):
    x = (10 * vectors(9, 40)).astype(dtype)
    assert_close(squared_distances(x, block), literal(x))


@pytest.mark.parametrize("block", [999, 1000, 5000])
def test_equal_to_scipy(block):
    x = np.maximum(vectors(200, 5000), 0)
    assert_close(squared_distances(x, block), exact(x), rtol=2e-6)


@pytest.mark.parametrize(("dtype", "offset"), [(np.float32, 1e6), (np.float64, 1e9)])
def test_a_large_common_offset_costs_no_digits(dtype, offset):
    x = vectors(40, 500, np.float64)
    x = (x + offset * np.random.default_rng(1).uniform(0.5, 1, 500)).astype(dtype)
    assert_close(squared_distances(x, 128), exact(x))


def test_a_clip_far_from_all_others_leaves_them_their_digits():
    x = vectors(40, 500)
    x[3] += 1e5
    assert_close(squared_distances(x), exact(x))


def test_clips_in_tight_far_clusters_keep_their_digits():
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(4, 400))
    x = (centres[np.arange(40) % 4] + 1e-3 * rng.normal(size=(40, 400))).astype(np.float32)
    assert_close(squared_distances(x, 100), exact(x))


def test_the_same_vector_twice_is_at_distance_zero():
    x = vectors(60, 3001)
    x[50], x[[7, 9]] = x[1], x[2]
    found = squared_distances(x, 512)
    assert found[50, 1] == found[7, 2] == found[7, 9] == 0
    assert (found[~np.eye(60, dtype=bool)] < 1e-3 * found.max()).sum() == 2 + 6
    assert (squared_distances(np.full((5, 7), 0.1, dtype=np.float32)) == 0).all()
    assert squared_distances(np.ones((1, 3))).tolist() == [[0]]


def test_tiny_and_large_units_are_kept():
    x = vectors(20, 50, np.float64)
    for unit in (1e-14, 1e14):
        assert_close(squared_distances(x * unit) / unit**2, exact(x))


def test_a_mapped_layer_gives_the_same_and_needs_little_memory(tmp_path):
    x = vectors(64, 200_000)
    np.save(tmp_path / "layer.npy", x)
    mapped = np.load(tmp_path / "layer.npy", mmap_mode="r")
    tracemalloc.start()
    found = squared_distances(mapped, 4096)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(found, squared_distances(x, 4096))
    assert peak < 4 * 64 * 4096 * 4 < x.nbytes / 10


def test_one_layer_of_many_may_be_a_strided_view(tmp_path):
    x = vectors(12, 300).reshape(12, 3, 100)
    np.save(tmp_path / "tokens.npy", x)
    mapped = np.load(tmp_path / "tokens.npy", mmap_mode="r")
    assert_close(squared_distances(mapped[:, 1], 33), exact(x[:, 1]))


def test_changes_to_a_private_map_are_not_thrown_away(tmp_path):
    np.save(tmp_path / "layer.npy", vectors(5, 2000))
    mapped = np.load(tmp_path / "layer.npy", mmap_mode="c")
    mapped[:] *= 2
    assert_close(squared_distances(mapped, 100), exact(2 * vectors(5, 2000)))
    np.testing.assert_array_equal(mapped, 2 * vectors(5, 2000))


@pytest.mark.parametrize(
    "device",
    [
        "cpu",
        pytest.param(
            "cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
        ),
    ],
)
def test_torch_gives_the_same_in_full_float32(device):
    x = vectors(50, 3000)
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium")
    try:
        found = squared_distances(x, 512, device)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision(before)
    assert_close(found, exact(x))


def test_bad_vectors_are_named():
    x = vectors(5, 10)
    x[3, 4] = np.nan
    with pytest.raises(InputError, match="clip 3 holds NaN"):
        squared_distances(x)
    x[3, 4] = 1e25
    with pytest.raises(InputError, match="clip 0 is too large|clip 3 is too large"):
        squared_distances(x)
    with pytest.raises(InputError, match=r"shape \(5, 2, 5\).*flatten"):
        squared_distances(vectors(5, 10).reshape(5, 2, 5))
    with pytest.raises(InputError, match="shape"):
        squared_distances(np.empty((0, 3)))
    with pytest.raises(InputError, match="complex"):
        squared_distances(np.ones((3, 3), dtype=complex))
    with pytest.raises(InputError, match="block is 0"):
        squared_distances(vectors(5, 10), block=0)


def test_a_matrix_that_does_not_fit_its_labels_is_named():
    labels = folds = np.arange(3)
    check_matrix(np.zeros((3, 3)), labels, folds)
    with pytest.raises(InputError, match=r"\(3, 2\)"):
        check_matrix(np.zeros((3, 2)), labels, folds)
    with pytest.raises(InputError, match=r"folds \(2,\)"):
        check_matrix(np.zeros((3, 3)), labels, folds[:2])
    with pytest.raises(InputError, match="clip 1 hold NaN"):
        check_matrix(np.diag([0, np.nan, 0]), labels, folds)
