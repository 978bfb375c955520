"""Patch flipping against plain loops, areas that are known, and what is refused."""

import math

import numpy as np
import pytest
import torch
from relevance_loops import small_clips, small_network
from torch import nn

from tonotopy.errors import InputError
from tonotopy.relevance.composites import parse
from tonotopy.relevance.flipping import (
    Curves,
    Flipping,
    best_composite,
    composite_curves,
    fill_value,
    flip,
    relevance_gain,
)
from tonotopy.relevance.lrp import LRP
from tonotopy.seeding import generator

MELS, FRAMES, CLASSES = 8, 12, 4


def network(seed=0):
    torch.manual_seed(seed)
    return (
        nn.Sequential(nn.Flatten(), nn.Linear(MELS * FRAMES, 9), nn.ReLU(), nn.Linear(9, CLASSES))
        .double()
        .eval()
    )


def batch(clips=3, components=2, seed=0):
    rng = np.random.default_rng(seed)
    inputs = torch.from_numpy(rng.normal(size=(clips, MELS, FRAMES)) + 1)
    heatmaps = torch.from_numpy(rng.normal(size=(clips, components, MELS, FRAMES)))
    return inputs, heatmaps, torch.from_numpy(rng.integers(CLASSES, size=clips))


def literal(network, clip, heatmaps, target, patch, fill, most):
    """Evidence and share of the input that is flipped after each step, for one clip."""
    rows, columns = clip.shape[0] // patch, clip.shape[1] // patch
    patches = [(r, c) for r in range(rows) for c in range(columns)]

    def cells(place):
        r, c = place
        return slice(r * patch, (r + 1) * patch), slice(c * patch, (c + 1) * patch)

    evidence, shares, steps, step = [], [], [], 0
    while True:
        count = min(step**2, len(patches))
        flipped = set()
        for heatmap in heatmaps:
            relevance = {place: float(heatmap[cells(place)].sum()) for place in patches}
            ranked = sorted(patches, key=relevance.get, reverse=most)
            flipped |= set(ranked[:count])
        altered = clip.clone()
        for place in flipped:
            altered[cells(place)] = fill
        evidence.append(network(altered[None])[0, target].item())
        shares.append(len(flipped) / len(patches))
        steps.append(count / len(patches))
        if count == len(patches):
            return evidence, shares, steps
        step += 1


def literal_area(evidence, widths_of, sign=1):
    total = 0.0
    for step in range(1, len(evidence)):
        width = widths_of[step] - widths_of[step - 1]
        total += width * (evidence[step - 1] + sign * evidence[step]) / 2
    return total


@pytest.mark.parametrize("components", [1, 2, 4])
@pytest.mark.parametrize("patch", [1, 2, 4])
@pytest.mark.parametrize("order", ["most", "least"])
def test_curves_and_areas_equal_the_loops(components, patch, order):
    model, (inputs, heatmaps, targets) = network(), batch(components=components)
    curves = flip(model, inputs, heatmaps, targets, Flipping(patch, -0.7), order)
    for clip in range(3):
        evidence, shares, steps = literal(
            model, inputs[clip], heatmaps[clip], targets[clip], patch, -0.7, order == "most"
        )
        np.testing.assert_allclose(curves.evidence[clip], evidence)
        np.testing.assert_allclose(curves.shares[clip], shares)
        np.testing.assert_allclose(curves.steps, steps)
        assert shares[-1] == 1
        for area, expected in (
            ("share", literal_area(evidence, shares)),
            ("step", literal_area(evidence, steps)),
            ("printed", literal_area(evidence, shares, -1)),
        ):
            assert curves.aupc(area)[clip] == pytest.approx(expected)


def test_steps_flip_squares_of_patches():
    """64 patches are flipped in 8 steps; 24 and 6 have a last step that is no square."""
    expected = {2: [0, 1, 4, 9, 16, 24], 4: [0, 1, 4, 6]}
    inputs, heatmaps, targets = batch(components=1)
    for patch, counts in expected.items():
        curves = flip(network(), inputs, heatmaps, targets, Flipping(patch))
        assert (curves.steps * counts[-1]).round(9).tolist() == counts
        np.testing.assert_allclose(curves.shares, np.tile(curves.steps, (3, 1)))
    clips = torch.zeros(1, 64, 64)
    curves = flip(
        lambda x: x.sum(dim=(1, 2))[:, None], clips, clips, torch.tensor([0]), Flipping(8)
    )
    assert (curves.steps * 64).tolist() == [tau**2 for tau in range(9)]
    one = flip(lambda x: x.sum(dim=(1, 2))[:, None], clips, clips, torch.tensor([0]), Flipping(64))
    assert one.steps.tolist() == [0, 1]


def test_areas_that_are_known():
    """Two components that agree flip as one; two that disagree flip twice as much a step."""
    clip = torch.zeros(1, 2, 2)
    clip[0] = torch.tensor([[8.0, 4.0], [2.0, 1.0]])
    targets = torch.tensor([0])

    def total(x):
        return x.sum(dim=(1, 2))[:, None]

    agreeing = flip(total, clip, clip[:, None].repeat(1, 2, 1, 1), targets, Flipping(1))
    assert agreeing.evidence.tolist() == [[15, 7, 0]] and agreeing.shares.tolist() == [[0, 0.25, 1]]
    assert agreeing.aupc("share")[0] == agreeing.aupc("step")[0] == 0.25 * 11 + 0.75 * 3.5
    assert agreeing.aupc("printed")[0] == 0.25 * 4 + 0.75 * 3.5
    other = torch.stack([clip, torch.tensor([[[1.0, 9.0], [0.0, 0.0]]])], dim=1)
    apart = flip(total, clip, other, targets, Flipping(1))
    assert apart.evidence.tolist() == [[15, 3, 0]] and apart.shares.tolist() == [[0, 0.5, 1]]
    assert apart.aupc("share")[0] == 0.5 * 9 + 0.5 * 1.5
    assert apart.aupc("step")[0] == 0.25 * 9 + 0.75 * 1.5
    assert apart.aupc("printed")[0] == 0.5 * 6 + 0.5 * 1.5
    assert apart.aupc()[0] == apart.aupc("share")[0]


def test_the_relevance_of_a_patch_is_its_sum():
    """One large value against many small ones that sum to more."""
    clip = torch.arange(8.0).reshape(1, 2, 4)
    heatmap = torch.tensor([[[0.0, 5.0, 2.0, 2.0], [0.0, 0.0, 2.0, 2.0]]])
    curves = flip(
        lambda x: x.sum(dim=(1, 2))[:, None], clip, heatmap, torch.tensor([0]), Flipping(2)
    )
    assert curves.evidence.tolist() == [[28, 28 - (2 + 3 + 6 + 7), 0]]


@pytest.mark.parametrize("order", ["most", "least"])
def test_of_equal_patches_the_first_goes_first(order):
    clip = torch.tensor([[[1.0, 2.0, 4.0], [8.0, 16.0, 32.0]]])
    curves = flip(
        lambda x: x.sum(dim=(1, 2))[:, None],
        clip,
        torch.zeros(1, 2, 3),
        torch.tensor([0]),
        Flipping(1),
        order,
    )
    assert curves.evidence.tolist() == [[63, 62, 63 - 15, 0]]


def test_a_linear_network_is_flipped_best_by_its_own_relevance():
    """LRP of a linear network is the share of each input: no order does better, noise gains 0."""
    model = nn.Sequential(nn.Flatten(), nn.Linear(MELS * FRAMES, CLASSES, bias=False)).double()
    inputs, _, targets = batch(clips=6)
    heatmap = LRP(model, parse({"dense": "zero"})).explain(inputs).heatmap(targets)
    rng = np.random.default_rng(3)
    curves = {
        order: flip(model.eval(), inputs, heatmap, targets, Flipping(1), order)
        for order in ("most", "least")
    }
    gains = relevance_gain(curves["most"], curves["least"])
    assert gains.shape == (6,) and (gains > 0).all()
    for _ in range(20):
        noise = torch.from_numpy(rng.normal(size=tuple(inputs.shape)))
        shuffled = flip(model, inputs, noise, targets, Flipping(1))
        assert (shuffled.aupc() > curves["most"].aupc()).all()
        assert (shuffled.aupc() < curves["least"].aupc()).all()


def test_the_gain_is_the_difference_of_areas_and_none_where_nothing_depends_on_the_input():
    most = Curves(np.array([[4.0, 1.0, 0.0]]), np.array([[0, 0.4, 1]]), np.array([0, 0.2, 1]))
    least = Curves(np.array([[4.0, 3.0, 0.0]]), np.array([[0, 0.3, 1]]), np.array([0, 0.2, 1]))
    assert relevance_gain(most, least)[0] == pytest.approx((1.05 + 1.05) - (1.0 + 0.3))
    assert relevance_gain(most, least, "step")[0] == pytest.approx((0.7 + 1.2) - (0.5 + 0.4))
    inputs, heatmaps, targets = batch()
    constant = [
        flip(lambda x: torch.ones(len(x), CLASSES), inputs, heatmaps, targets, Flipping(2), o)
        for o in ("most", "least")
    ]
    np.testing.assert_allclose(relevance_gain(*constant), 0)
    np.testing.assert_allclose(constant[0].aupc(), 1)


@pytest.mark.parametrize("rows", [1, 4, 5, 6, 1000])
def test_pieces_of_any_size_give_the_same_and_are_not_exceeded(rows):
    model, (inputs, heatmaps, targets) = network(), batch()
    sizes = []

    def counted(x):
        sizes.append(len(x))
        return model(x)

    curves = flip(counted, inputs, heatmaps, targets, Flipping(4, rows=rows))
    whole = flip(model, inputs, heatmaps, targets, Flipping(4))
    np.testing.assert_allclose(curves.evidence, whole.evidence)
    assert max(sizes) <= rows and sum(sizes) == 3 * 4
    assert len(sizes) == math.ceil(12 / rows)


def test_inputs_and_heatmaps_stay_as_they_were():
    inputs, heatmaps, targets = batch()
    kept = inputs.clone(), heatmaps.clone()
    flip(network(), inputs, heatmaps, targets, Flipping(2, 3.0))
    assert torch.equal(inputs, kept[0]) and torch.equal(heatmaps, kept[1])


def test_fills():
    assert fill_value("zero") == 0 and fill_value("zero", -4) == 0
    assert fill_value("silence", -4) == -4
    with pytest.raises(
        InputError, match=r"fill: 'silent' is not possible \(did you mean 'silence'"
    ):
        fill_value("silent")
    for value in (None, float("nan")):
        with pytest.raises(InputError, match="'silence' needs what the front end makes of silence"):
            fill_value("silence", value)


def test_composites_are_compared_with_random_heatmaps():
    chain, inputs, targets = small_network(), small_clips(), torch.tensor([0, 3, 2])
    composites = {
        "low": parse({"conv": {"gamma": 0.1}, "dense": {"epsilon": 1e-7}}),
        "flat": parse({"conv": "flat", "dense": {"epsilon": 1e-7}}),
    }

    def model(x):
        return chain(x[:, None])

    class Network(nn.Module):
        def __init__(self):
            super().__init__()
            self.chain = chain

        def forward(self, x):
            return self.chain(x[:, None])

    engines = {name: LRP(chain, composite) for name, composite in composites.items()}
    args, names = (Network().eval(), inputs, targets), ["a", "b", "c"]
    curves = composite_curves(*args, engines, Flipping(4), names, seed=1)
    assert list(curves) == ["low", "flat", "random"]
    for name, composite in composites.items():
        heatmap = LRP(chain, composite).explain(inputs).heatmap(targets)
        expected = flip(model, inputs, heatmap, targets, Flipping(4))
        np.testing.assert_allclose(curves[name].evidence, expected.evidence)
    again, other = (composite_curves(*args, {}, Flipping(4), names, seed=s) for s in (1, 2))
    np.testing.assert_array_equal(again["random"].evidence, curves["random"].evidence)
    assert not np.allclose(other["random"].evidence, curves["random"].evidence)
    with pytest.raises(InputError, match="'random': that is the baseline's name"):
        composite_curves(*args, {"random": engines["low"]}, Flipping(4), names, seed=1)


def test_random_orders_are_drawn_by_the_names_of_clips():
    """A clip's order is the same, whichever clips it is flipped with."""
    chain, inputs, targets = small_network(), small_clips(), torch.tensor([0, 3, 2])

    def model(x):
        return chain(x[:, None])

    found = composite_curves(model, inputs, targets, {}, Flipping(4), ["a", "b", "a"], seed=1)
    for clip, name in enumerate("aba"):
        rng = generator(1, "patch flipping", "random", name)
        heatmap = torch.from_numpy(rng.normal(size=tuple(inputs.shape[1:])))
        one = slice(clip, clip + 1)
        expected = flip(model, inputs[one], heatmap[None], targets[one], Flipping(4))
        np.testing.assert_allclose(found["random"].evidence[one], expected.evidence)


def test_the_best_composite_has_the_least_mean_area():
    def curve(*last):
        ends = np.array(last, dtype=float)
        evidence = np.stack([np.ones(len(ends)), ends], axis=1)
        return Curves(evidence, np.tile([0.0, 1.0], (len(ends), 1)), np.array([0.0, 1.0]))

    curves = {"a": curve(4, 4), "b": curve(0, 6), "c": curve(9, 0), "random": curve(-9, -9)}
    assert best_composite(curves) == "b"
    assert best_composite(curves, "printed") == "c"
    with pytest.raises(InputError, match="no curves of composites"):
        best_composite({"random": curve(1)})


def test_refusals():
    inputs, heatmaps, targets = batch()
    model = network()
    with pytest.raises(InputError, match=r"order: 'mosst' is not possible \(did you mean 'most'"):
        flip(model, inputs, heatmaps, targets, Flipping(2), "mosst")
    with pytest.raises(InputError, match="patch 8 is no divisor of 8 mels and 12 frames"):
        flip(model, inputs, heatmaps, targets, Flipping(8))
    with pytest.raises(InputError, match="patch 3 is no divisor"):
        flip(model, inputs, heatmaps, targets, Flipping(3))
    with pytest.raises(InputError, match=r"they have \(3, 8, 12\) and \(3, 2, 8, 11\)"):
        flip(model, inputs, heatmaps[..., :-1], targets, Flipping(2))
    with pytest.raises(InputError, match=r"inputs must have shape.*\(3, 1, 8, 12\)"):
        flip(model, inputs[:, None], heatmaps, targets, Flipping(2))
    with pytest.raises(InputError, match=r"one class per clip, 3, not \(2,\)"):
        flip(model, inputs, heatmaps, targets[:2], Flipping(2))
    heatmaps[1, 0, 3, 4] = float("nan")
    with pytest.raises(InputError, match="heatmap of clip 1 has values that are not finite"):
        flip(model, inputs, heatmaps, targets, Flipping(2))
    with pytest.raises(ValueError, match="training mode"):
        flip(network().train(), *batch(), Flipping(2))
    with pytest.raises(InputError, match=r"area: 'steps' is not possible \(did you mean 'step'"):
        flip(model, *batch(), Flipping(2)).aupc("steps")
    for wrong in ({"patch": 0}, {"rows": 0}):
        with pytest.raises(InputError, match="must be at least 1"):
            Flipping(**wrong)
