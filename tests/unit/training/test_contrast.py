"""The contrast of two views against double loops in float64."""

import math
from itertools import product

import numpy as np
import pytest
import torch
from small_batches import rng

from tonotopy.training import contrast
from tonotopy.training.contrast import nt_xent, placements, retrieval
from tonotopy.training.shares import Share


def views(count: int, width: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Views of which the second resembles the first, none of them normalised."""
    source = np.random.default_rng(seed)
    first = source.normal(size=(count, width)) * source.uniform(0.3, 4, (count, 1))
    second = first + source.normal(size=(count, width))
    return first, 2.5 * second


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    return dot / math.sqrt(sum(x * x for x in a)) / math.sqrt(sum(y * y for y in b))


def literal_loss(first, second, temperature: float, decoupled: bool) -> float:
    """Equation 4.1 for every ordered positive pair, averaged over 2 N."""
    every, count = [*first, *second], len(first)
    total = 0.0
    for i in range(2 * count):
        j = i + count if i < count else i - count
        denominator = 0.0
        for k in range(2 * count):
            if k == i or (decoupled and k == j):
                continue
            denominator += math.exp(cosine(every[i], every[k]) / temperature)
        total -= math.log(math.exp(cosine(every[i], every[j]) / temperature) / denominator)
    return total / (2 * count)


CASES = [
    (count, temperature, decoupled)
    for count, temperature, decoupled in product(range(1, 6), (0.1, 0.5, 2.0), (False, True))
    if count > 1 or not decoupled
]


@pytest.mark.parametrize(("count", "temperature", "decoupled"), CASES)
def test_the_loss_is_the_double_loop(count, temperature, decoupled):
    first, second = views(count, seed=count)
    found = nt_xent(torch.from_numpy(first), torch.from_numpy(second), temperature, decoupled)
    expected = literal_loss(first, second, temperature, decoupled)
    assert found.dtype == torch.float64 and abs(found.item() - expected) < 1e-10
    swapped = nt_xent(torch.from_numpy(second), torch.from_numpy(first), temperature, decoupled)
    assert abs(swapped.item() - expected) < 1e-10  # both directions count alike


@pytest.mark.parametrize(("count", "decoupled"), [(1, False), (3, False), (3, True)])
def test_the_gradient_is_that_of_the_double_loop(count, decoupled):
    arrays = views(count, 4, seed=9)
    given = [torch.from_numpy(a.copy()).requires_grad_() for a in arrays]
    nt_xent(*given, 0.3, decoupled).backward()
    for side, clip, n in product(range(2), range(count), range(4)):
        around = []
        for step in (-1e-5, 1e-5):
            moved = [a.copy() for a in arrays]
            moved[side][clip, n] += step
            around.append(literal_loss(*moved, 0.3, decoupled))
        expected = (around[1] - around[0]) / 2e-5
        assert given[side].grad[clip, n].item() == pytest.approx(expected, abs=1e-8)


def test_known_losses():
    same = torch.ones(7, 3, dtype=torch.float64)
    assert nt_xent(same, 4 * same, 0.1).item() == pytest.approx(math.log(13))
    assert nt_xent(same, same, 0.1, decoupled=True).item() == pytest.approx(math.log(12))
    apart = torch.eye(4, dtype=torch.float64)
    expected = math.log(math.exp(2.0) + 6) - 2.0
    assert nt_xent(apart, 3 * apart, 0.5).item() == pytest.approx(expected)
    assert nt_xent(apart, apart, 0.5, decoupled=True).item() == pytest.approx(math.log(6) - 2.0)
    assert nt_xent(apart[:1], apart[1:2], 0.1).item() == 0.0
    with pytest.raises(ValueError, match="needs 2 clips or more, not 1"):
        nt_xent(apart[:1], apart[:1], 0.1, decoupled=True)


def test_random_views_lose_as_much_as_guessing():
    first, second = (torch.randn(400, 512, generator=rng(seed)) for seed in (1, 2))
    assert nt_xent(first, second, 1.0).item() == pytest.approx(math.log(799), abs=0.01)


def test_half_precision_is_not_used_for_similarities():
    first, second = (torch.from_numpy(v).float() for v in views(5, 64))
    exact = nt_xent(first, second, 0.1)
    assert exact.item() == pytest.approx(literal_loss(*views(5, 64), 0.1, False), abs=1e-5)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(nt_xent(first, second, 0.1), exact)
    halves = [v.bfloat16() for v in (first, second)]
    assert torch.equal(nt_xent(*halves, 0.1), nt_xent(*(v.float() for v in halves), 0.1))


# --- where the views lie


def counted(samples: int, length: int, overlapping: bool, count: int = 40_000) -> dict:
    pairs = placements(Share.of(count), samples, length, overlapping, rng(5))
    keys, numbers = np.unique(np.stack(pairs, axis=1), axis=0, return_counts=True)
    return dict(zip(map(tuple, keys.tolist()), numbers.tolist(), strict=True))


@pytest.mark.parametrize(
    ("samples", "length", "overlapping"),
    [
        (7, 2, False),
        (8, 3, False),
        (4, 2, False),
        (5, 1, False),
        (2, 1, False),
        (7, 4, True),
        (3, 3, True),
    ],
)
def test_every_admissible_placement_is_as_likely(samples, length, overlapping):
    admissible = []
    for first, second in product(range(samples - length + 1), repeat=2):
        shared = set(range(first, first + length)) & set(range(second, second + length))
        if overlapping or not shared:
            admissible.append((first, second))
    found, expected = counted(samples, length, overlapping), 40_000 / len(admissible)
    assert sorted(found) == admissible
    assert all(abs(number - expected) < 5 * math.sqrt(expected) for number in found.values())


@pytest.mark.parametrize("overlapping", [False, True])
def test_placements_are_those_of_the_batch_in_any_share(overlapping):
    whole = placements(Share.of(7), 900, 40, overlapping, rng(2))
    parts = [placements(Share.of(7, r, 3), 900, 40, overlapping, rng(2)) for r in range(3)]
    for side in range(2):
        assert torch.equal(torch.cat([part[side] for part in parts]), whole[side])
    assert len(set(whole[0].tolist())) > 3 and not torch.equal(*whole)


# --- how many views are found


def literal_retrieval(first, second) -> float:
    right = 0
    for views_of, among in ((first, second), (second, first)):
        for clip, view in enumerate(views_of):
            found = [cosine(view, other) for other in among]
            right += found.index(max(found)) == clip
    return right / (2 * len(first))


def normalised(array: np.ndarray) -> np.ndarray:
    return array / np.linalg.norm(array, axis=1, keepdims=True)


@pytest.mark.parametrize(("block", "largest"), [(4096, 2**26), (3, 2**26), (4096, 40), (5, 1)])
def test_retrieval_is_the_loop_in_blocks_of_any_size(block, largest, monkeypatch):
    monkeypatch.setattr(contrast, "BLOCK", block)
    monkeypatch.setattr(contrast, "LARGEST", largest)
    first, second = (normalised(v) for v in views(17, 3, seed=4))
    found = retrieval(first, second)
    assert found == pytest.approx(literal_retrieval(first, second)) and 0.2 < found < 0.9


def test_both_directions_are_asked():
    """Views at 0 and 30 degrees, the others at -20 and 18: the nearest to 0 is the one at 18."""
    first, second = (
        np.array([[math.cos(math.radians(at)), math.sin(math.radians(at))] for at in degrees])
        for degrees in ((0, 30), (-20, 18))
    )
    assert literal_retrieval(first, second) == retrieval(first, second) == 0.75


def test_known_retrievals():
    apart = np.eye(6)
    assert retrieval(apart, apart) == 1.0 and retrieval(apart, np.roll(apart, 1, axis=0)) == 0.0
    assert retrieval(np.ones((8, 2)), np.ones((8, 2))) == 1 / 8
    source = np.random.default_rng(0)
    first, second = (normalised(source.normal(size=(3000, 8))) for _ in range(2))
    assert retrieval(first, second) < 0.003
