"""Two-step attribution: each neuron and subspace by hand, sums, refusals."""

import numpy as np
import pytest
import torch
from relevance_loops import SIZE, literal_lrp, literal_rules, small_clips, small_network

from tonotopy.errors import InputError
from tonotopy.relevance.attribution import component_heatmaps, component_relevance
from tonotopy.relevance.composites import parse
from tonotopy.relevance.lrp import LRP

TARGETS = torch.tensor([3, 1, 0])
DECLARED = {"conv1": "w2", "conv": {"gamma": 0.4}, "dense": {"epsilon": 1e-7}}


def orthogonal(width, seed=0):
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(width, width)))[0]


def explained(**network):
    chain = small_network(**network)
    return chain, LRP(chain, parse(DECLARED)).explain(small_clips())


def literal_parts(a, c, U, components, printed=False):
    """R_jk = a_j (U_k U_k' c)_j, or equation 3.10, at each position of one clip."""
    width, height, columns = a.shape
    size = width // components
    parts = np.zeros((components, *a.shape))
    for k in range(components):
        block = U[:, k * size : (k + 1) * size]
        for y in range(height):
            for x in range(columns):
                av, cv = a[:, y, x], c[:, y, x]
                if not printed:
                    for j in range(width):
                        parts[k, j, y, x] = av[j] * sum(
                            block[j, d] * (block[:, d] @ cv) for d in range(size)
                        )
                    continue
                relevance = (block.T @ av) @ (block.T @ cv)
                sums = [block[j].sum() for j in range(width)]
                total = sum(av[j] * sums[j] for j in range(width))
                for j in range(width):
                    parts[k, j, y, x] = av[j] * sums[j] / total * relevance if total else 0
    return parts


@pytest.mark.parametrize(("layer", "components"), [("conv2", 2), ("conv3", 3), ("conv1", 1)])
def test_component_heatmaps_follow_the_equations(layer, components):
    chain, batch = explained()
    U = orthogonal({"conv1": 3, "conv2": 4, "conv3": 6}[layer])
    heatmaps = component_heatmaps(batch, layer, TARGETS, torch.from_numpy(U), components)
    assert heatmaps.shape == (3, components, *SIZE)
    clip = 1
    a = batch.activation(layer)[clip].numpy()
    start = np.zeros(5)
    start[TARGETS[clip]] = batch.logits[clip, TARGETS[clip]]
    whole, _ = literal_lrp(chain, small_clips()[clip : clip + 1], start, literal_rules(DECLARED))
    c = np.divide(whole[layer], a, out=np.zeros_like(a), where=a != 0)
    for k, part in enumerate(literal_parts(a, c, U, components)):
        expected, _ = literal_lrp(
            chain, small_clips()[clip : clip + 1], part, literal_rules(DECLARED), begin=layer
        )
        np.testing.assert_allclose(
            heatmaps[clip, k].numpy(),
            expected["input"][0],
            rtol=1e-6,
            atol=1e-9 * np.abs(expected["input"]).max(),
        )


@pytest.mark.parametrize("layer", ["conv1", "conv2", "conv3"])
@pytest.mark.parametrize("context", ["ratio", "reference"])
def test_components_sum_to_the_standard_heatmap_in_float32(layer, context):
    chain = small_network().float()
    batch = LRP(chain, parse(DECLARED)).explain(small_clips().float())
    width = batch.activation(layer).shape[1]
    basis, components = torch.from_numpy(orthogonal(width)), width if width == 3 else 2
    heatmaps = component_heatmaps(batch, layer, TARGETS, basis, components, context=context)
    standard = batch.heatmap(TARGETS)
    assert heatmaps.dtype == torch.float32
    difference = (heatmaps.sum(dim=1) - standard).abs().max() / standard.abs().max()
    assert difference < 1e-5
    assert heatmaps[:, 0].abs().max() > 0.05 * standard.abs().max()  # no component is all of it
    assert (heatmaps[:, 0] - standard).abs().max() > 0.05 * standard.abs().max()


def test_contexts_of_silent_neurons_change_components_alone():
    _, batch = explained()
    basis = torch.from_numpy(orthogonal(6))
    plain, modified = (
        component_heatmaps(batch, "conv3", TARGETS, basis, 2, context=context)
        for context in ("ratio", "reference")
    )
    assert not torch.allclose(plain, modified, rtol=1e-2)
    torch.testing.assert_close(plain.sum(dim=1), modified.sum(dim=1))


@pytest.mark.parametrize("convention", ["projected", "printed"])
def test_relevance_of_neurons_by_subspace_follows_the_equations(convention):
    rng = np.random.default_rng(5)
    a, c = np.maximum(rng.normal(size=(2, 6, 3, 4)), 0), rng.normal(size=(2, 6, 3, 4))
    U = orthogonal(6)
    parts = component_relevance(*map(torch.from_numpy, (a, c, U)), 3, convention).numpy()
    for clip in range(2):
        expected = literal_parts(a[clip], c[clip], U, 3, convention == "printed")
        np.testing.assert_allclose(parts[clip], expected, rtol=1e-6, atol=1e-9)


def test_a_subspace_keeps_its_relevance_and_the_printed_form_loses_the_neurons():
    """Sums over neurons are R_k of equation 3.9 in both; sums over k are a c in one alone."""
    rng = np.random.default_rng(6)
    a, c = (torch.from_numpy(rng.uniform(size=(3, 8, 5))) for _ in range(2))
    basis = torch.from_numpy(orthogonal(8))
    mapped = [torch.einsum("dj,ndp->njp", basis, v).unflatten(1, (4, 2)) for v in (a, c)]
    expected = (mapped[0] * mapped[1]).sum(dim=2)
    projected, printed = (
        component_relevance(a, c, basis, 4, convention) for convention in ("projected", "printed")
    )
    torch.testing.assert_close(projected.sum(dim=2), expected)
    torch.testing.assert_close(printed.sum(dim=2), expected, rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(projected.sum(dim=1), a * c)
    assert not torch.allclose(printed.sum(dim=1), a * c, rtol=0.1)


def test_each_clip_may_have_its_own_subspaces():
    _, batch = explained()
    bases = torch.from_numpy(np.stack([orthogonal(4, seed) for seed in range(3)]))
    together = component_heatmaps(batch, "conv2", TARGETS, bases, 2)
    for clip in range(3):
        alone = component_heatmaps(batch, "conv2", TARGETS, bases[clip], 2)
        torch.testing.assert_close(together[clip], alone[clip])
    assert not torch.allclose(together[1], alone[1])


def test_a_block_that_relevance_does_not_enter_has_none():
    """Neurons themselves as the basis: a component is its channels, and nothing else."""
    a, c = (torch.rand(2, 6, 3, dtype=torch.float64) for _ in range(2))
    parts = component_relevance(a, c, torch.eye(6, dtype=torch.float64), 3)
    for k in range(3):
        kept = torch.zeros(6, 1)
        kept[2 * k : 2 * k + 2] = 1
        torch.testing.assert_close(parts[:, k], a * c * kept)


def test_dense_layers_have_subspaces_too():
    _, batch = explained()
    basis = torch.from_numpy(orthogonal(7))
    heatmaps = component_heatmaps(batch, "dense1", TARGETS, basis, 7)
    torch.testing.assert_close(heatmaps.sum(dim=1), batch.heatmap(TARGETS))


def test_refusals():
    _, batch = explained()
    with pytest.raises(
        InputError, match="4 subspaces cannot be equal blocks of a layer of width 6"
    ):
        component_heatmaps(batch, "conv3", 0, torch.eye(6), 4)
    with pytest.raises(InputError, match="0 subspaces cannot be"):
        component_heatmaps(batch, "conv3", 0, torch.eye(6), 0)
    with pytest.raises(InputError, match=r"shape \(6, 6\); a layer of width 4 needs \(4, 4\)"):
        component_heatmaps(batch, "conv2", 0, torch.eye(6), 2)
    with pytest.raises(InputError, match=r"\(2, 4, 4\).*each of 3 clips"):
        component_heatmaps(batch, "conv2", 0, torch.eye(4).expand(2, 4, 4), 2)
    with pytest.raises(InputError, match=r"no convention 'print' \(did you mean 'printed'"):
        component_heatmaps(batch, "conv3", 0, torch.eye(6), 2, "print")
    with pytest.raises(InputError, match="no layer 'conv9'"):
        component_heatmaps(batch, "conv9", 0, torch.eye(6), 2)
