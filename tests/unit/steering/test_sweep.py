"""Steering against equation 3.2, and the sweeps against one hooked forward at a time."""

import numpy as np
import pytest
import torch
from torch import nn
from transformers import ASTConfig, ASTForAudioClassification

from tonotopy.errors import InputError
from tonotopy.networks.ast import AST, CLASS_TOKENS
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer, with_view
from tonotopy.networks.vggish import VGGish
from tonotopy.studies.steering import sweep as sweeps
from tonotopy.studies.steering.sweep import (
    batch_rows,
    collapsed,
    entropy,
    steer,
    sweep,
    sweep_any,
    sweep_ast,
)


def network(depth: int = 3) -> AST:
    torch.manual_seed(0)
    made = AST(4, mels=16, frames=40, patch=(16, 4), stride=(16, 4), width=12, depth=depth, heads=2)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, 0, 0.3)
    return made.eval()


def one_at_a_time(model, spectrograms, directions, strengths) -> torch.Tensor:
    """Every (direction, strength) in its own forward, every block's output edited by hand."""
    rows = []
    for along in directions:
        row = []
        for strength in strengths:
            tokens = model.embed(spectrograms)
            for block, direction in zip(model.blocks, along, strict=True):
                tokens = block(tokens).clone()
                for token in range(CLASS_TOKENS):
                    h = tokens[:, token].clone()
                    v = direction / direction.norm()
                    tokens[:, token] = h + strength * v * h.norm(dim=-1, keepdim=True)
            row.append(model.classify(tokens).softmax(dim=-1))
        rows.append(torch.stack(row))
    return torch.stack(rows).detach()


def test_equation_3_2_in_float64():
    rng = np.random.default_rng(0)
    h, v = rng.normal(size=(5, 2, 7)), rng.normal(size=7)
    found = steer(torch.from_numpy(h), torch.from_numpy(v), torch.tensor(0.3, dtype=torch.float64))
    expected = np.empty_like(h)
    for i in range(5):
        for j in range(2):
            norm_h, norm_v = np.sqrt((h[i, j] ** 2).sum()), np.sqrt((v**2).sum())
            expected[i, j] = h[i, j] + 0.3 * v / norm_v * norm_h
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-12)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("rows", [1, 7, 4096])
def test_sweep_equals_one_hooked_forward_per_direction_and_strength(depth, rows):
    model, clips = network(depth), torch.randn(5, 16, 40)
    directions = torch.randn(3, depth, 12)
    strengths = torch.tensor([-0.5, 0.0, 0.2, 1.0])
    expected = one_at_a_time(model, clips, directions, strengths)
    found = sweep_ast(model, clips, directions, strengths, rows=rows)
    assert found.shape == (3, 4, 5, 4)
    assert (expected[:, 3] - expected[:, 1]).abs().max() > 0.05  # steering does something
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


def test_a_gpu_holds_a_batch_of_the_paper_size():
    gpu = torch.device("cuda")
    with torch.device("meta"):
        paper, small = AST(10), AST(10, mels=16, frames=40, width=12, depth=1, heads=2)
    rows = batch_rows(paper, gpu)
    hidden = rows * 1214 * 4 * 768 * 4  # bytes of the widest activation, 1212 patches and 2 tokens
    assert rows >= 100 and hidden < 4e9
    assert batch_rows(small, gpu) > 1000  # the smaller the network, the more it takes to be busy
    assert batch_rows(paper, torch.device("cpu")) == 128


def test_strength_0_leaves_the_answer_alone():
    model, clips = network(), torch.randn(4, 16, 40)
    found = sweep_ast(model, clips, torch.randn(2, 3, 12), torch.tensor([0.0]))
    plain = model(clips).softmax(dim=-1).detach()
    for direction in range(2):
        torch.testing.assert_close(found[direction, 0], plain)


# --- any network ---


def bundle_of(model, layers=None) -> Bundle:
    return Bundle(
        model.eval(), nn.Identity(), {"classes": [], **({"layers": layers} if layers else {})}
    )


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
@pytest.mark.parametrize("rows", [1, 7, 24, 4096])
def test_the_generic_sweep_equals_the_ast_s_fast_path(rows, activation):
    model, clips = network(), torch.randn(5, 16, 40)
    along = {name: torch.randn(4, 12) for name in model.layers}
    strengths = torch.tensor([-0.5, 0.0, 0.2, 1.0, 1.5])
    given = model.layers, clips, along, strengths, activation, rows
    generic = sweep_any(bundle_of(model), *given)
    stacked = torch.stack(list(along.values()), dim=1)
    fast = sweep_ast(model, clips, stacked, strengths, activation, rows)
    assert generic.shape == fast.shape == (4, 5, 5, 4)
    torch.testing.assert_close(generic, fast, rtol=0, atol=1e-5)
    assert (fast[:, 4] - fast[:, 1]).abs().amax(dim=(1, 2)).min() > 0.05


def test_the_fast_path_is_taken_for_our_ast_read_as_it_declares(monkeypatch):
    model, clips = network(), torch.randn(2, 16, 40)
    taken = []
    monkeypatch.setattr(sweeps, "sweep_ast", lambda *given: taken.append(("ast", *given)))
    monkeypatch.setattr(sweeps, "sweep_any", lambda *given: taken.append(("any", *given)))
    along = {name: torch.full((1, 12), float(i)) for i, name in enumerate(model.layers)}
    backwards = dict(reversed(list(along.items())))
    lambdas = torch.tensor([0.1])
    sweep(bundle_of(model), model.layers, clips, backwards, lambdas, "sigmoid", 9)
    sweep(bundle_of(model), model.layers, clips, {"layer2": along["layer2"]}, lambdas)
    sweep(bundle_of(model), with_view(model.layers, "tokens"), clips, along, lambdas)
    other = bundle_of(nn.Sequential(nn.Flatten(), nn.Linear(640, 3)))
    sweep(other, {"x": Layer("1")}, clips, {"x": torch.ones(1, 3)}, lambdas)
    assert [kind for kind, *_ in taken] == ["ast", "any", "any", "any"]
    _, _, _, stacked, _, activation, rows = taken[0]
    assert stacked[0, :, 0].tolist() == [0, 1, 2] and (activation, rows) == ("sigmoid", 9)
    assert taken[1][-2:] == ("softmax", 128)


class Wrapped(nn.Module):
    """transformers' AST behind our order of axes; returns a ModelOutput."""

    def __init__(self):
        super().__init__()
        config = ASTConfig(
            hidden_size=12,
            num_hidden_layers=3,
            num_attention_heads=2,
            intermediate_size=24,
            patch_size=8,
            frequency_stride=8,
            time_stride=8,
            num_mel_bins=16,
            max_length=40,
            num_labels=5,
        )
        self.model = ASTForAudioClassification(config)
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0, 0.7)

    def forward(self, spectrograms):
        return self.model(spectrograms.transpose(1, 2))


class CNN(nn.Module):
    """Maps of two widths, then a hidden layer; returns a tuple."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(1, 3, 3), nn.ReLU(inplace=True), nn.Conv2d(3, 5, 3, stride=2), nn.ReLU()
        )
        self.hidden, self.head = nn.Linear(5, 7), nn.Linear(7, 6)
        for parameter in self.parameters():
            nn.init.normal_(parameter, 0, 0.4)

    def forward(self, spectrograms):
        maps = self.body(spectrograms[:, None])
        return self.head(self.hidden(maps.mean(dim=(2, 3))).relu()), maps


def blocks(read: str, tokens=None) -> dict:
    path = "model.audio_spectrogram_transformer.layers"
    return {f"b{i}": Layer(f"{path}.{i}", read, tokens) for i in range(3)}


CASES = {
    "class tokens of transformers' AST": (Wrapped, blocks("tokens", (0, 1))),
    "all tokens of transformers' AST": (Wrapped, blocks("tokens")),
    "channels of a CNN": (
        CNN,
        {
            "c1": Layer("body.0", "channels"),
            "c2": Layer("body.2", "channels"),
            "h": Layer("hidden"),
        },
    ),
    "one layer of a CNN": (CNN, {"c2": Layer("body.2", "channels")}),
    "whole maps of a CNN": (CNN, {"c1": Layer("body.0")}),
}


def hooked(model, layers, inputs, directions, strengths) -> torch.Tensor:
    """Equation 3.2 in plain hooks, one clip, direction and strength at a time."""

    def steered(h, v, strength):  # vectors along the last axis
        return h + strength * v / v.norm() * h.norm(dim=-1, keepdim=True)

    def change(output, layer, v, strength):
        h = output.clone()
        if layer.read == "all":
            return steered(h.flatten(1), v, strength).reshape(h.shape)
        if layer.read == "channels":
            return steered(h.movedim(1, -1), v, strength).movedim(-1, 1)
        for token in range(h.shape[1]) if layer.tokens is None else layer.tokens:
            h[:, token] = steered(h[:, token], v, strength)
        return h

    directions_count = len(next(iter(directions.values())))
    found = torch.empty(directions_count, len(strengths), len(inputs), 0)
    rows = []
    for d in range(directions_count):
        for strength in strengths:
            for clip in inputs:
                handles = [
                    model.get_submodule(layer.path).register_forward_hook(
                        lambda m, i, o, layer=layer, v=directions[name][d], s=strength: change(
                            o, layer, v, s
                        )
                    )
                    for name, layer in layers.items()
                ]
                output = model(clip[None])
                for handle in handles:
                    handle.remove()
                logits = output[0] if isinstance(output, tuple) else output.logits
                rows.append(logits[0].softmax(dim=-1))
    return torch.stack(rows).unflatten(0, found.shape[:3])


@torch.no_grad()
@pytest.mark.parametrize("rows", [5, 128])
@pytest.mark.parametrize("case", CASES)
def test_any_network_is_steered_as_plain_hooks_would(case, rows):
    kind, layers = CASES[case]
    torch.manual_seed(1)
    model, inputs = kind().eval(), torch.randn(4, 16, 40)
    widths = {"c1": 3, "c2": 5, "h": 7} if kind is CNN else dict.fromkeys(layers, 12)
    if case == "whole maps of a CNN":
        widths = {"c1": 3 * 14 * 38}
    directions = {name: torch.randn(3, widths[name]) for name in layers}
    strengths = torch.tensor([-0.6, 0.0, 0.4, 1.1])
    expected = hooked(model, layers, inputs, directions, strengths)
    found = sweep(bundle_of(model), layers, inputs, directions, strengths, rows=rows)
    outputs = 6 if kind is CNN else 5
    assert found.shape == expected.shape == (3, 4, 4, outputs)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)
    assert (found[:, 3] - found[:, 1]).abs().amax(dim=(1, 2)).min() > 0.01  # it does something
    assert sum(len(m._forward_hooks) for m in model.modules()) == 0


@torch.no_grad()
def test_a_network_that_folds_chunks_is_steered_clip_by_clip():
    torch.manual_seed(0)
    model = VGGish(4, 16, 32, (2, 2, 3, 3, 4, 4), hidden=6, embedding=5).eval()
    inputs = torch.randn(3, 2, 32, 16)
    layers = with_view({n: model.layers[n] for n in ("conv2", "fc1")}, "channels")
    directions = {"conv2": torch.randn(2, 2), "fc1": torch.randn(2, 6)}
    strengths = torch.tensor([0.0, 0.8])
    found = sweep(bundle_of(model), layers, inputs, directions, strengths, rows=6)
    for clip in range(3):  # alone and together
        alone = sweep(bundle_of(model), layers, inputs[clip : clip + 1], directions, strengths)
        torch.testing.assert_close(found[:, :, clip : clip + 1], alone, rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(found[0, 0], model(inputs).softmax(dim=-1))


def test_a_network_without_logits_cannot_be_steered():
    model = nn.Sequential(nn.Flatten(), nn.Linear(640, 3), nn.Unflatten(1, (3, 1)))
    given = {"x": Layer("1")}, torch.randn(2, 16, 40), {"x": torch.ones(1, 3)}, torch.ones(1)
    with pytest.raises(
        InputError, match=r"Sequential answers with shape \(2, 3, 1\), expected \(2,"
    ):
        sweep(bundle_of(model), *given)


# --- collapse ---


def test_collapse_is_uniform_output_or_the_same_output_for_every_clip():
    rng = np.random.default_rng(0)
    sure = rng.dirichlet(np.full(5, 0.1), size=200)
    assert not collapsed(sure, sure)
    assert collapsed(sure, np.full((200, 5), 0.2) + rng.normal(0, 0.01, (200, 5)))
    assert collapsed(sure, np.tile([0.99, 0.0025, 0.0025, 0.0025, 0.0025], (200, 1)))
    assert entropy(np.full((1, 5), 0.2))[0] == pytest.approx(np.log(5))


@pytest.mark.parametrize(
    ("percentile", "rise", "expected"),
    [(98, 0.0, False), (99, 0.0, False), (99, 0.0099, False), (99, 0.0101, True)],
)
def test_collapse_begins_above_the_99th_percentile_of_the_unsteered_entropies(
    percentile, rise, expected
):
    """Steered entropies are all the same; the rise is a share of the largest there is."""
    rng = np.random.default_rng(0)
    unsteered = rng.dirichlet(np.full(4, 0.4), size=1001)
    level = np.percentile(entropy(unsteered), percentile) + rise * np.log(4)
    low, high = 0.25, 1.0  # the first output's probability; entropy falls along the way
    for _ in range(60):
        middle = (low + high) / 2
        even = np.array([middle, *[(1 - middle) / 3] * 3])
        low, high = (middle, high) if entropy(even) > level else (low, middle)
    steered = np.stack([np.roll(even, i % 4) for i in range(1001)])
    assert entropy(steered).mean() == pytest.approx(level)
    assert collapsed(unsteered, steered) is expected


@pytest.mark.parametrize(("moved", "expected"), [(0.0099, True), (0.0101, False)])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_outputs_within_a_hundredth_of_their_mean_are_the_same(moved, expected, activation):
    unsteered = np.full((4, 3), 1 / 3)  # entropies as high as can be
    if activation == "sigmoid":
        unsteered = np.full((4, 3), 0.5)
    steered = np.tile([0.7, 0.2, 0.1], (4, 1))
    steered[::2] += [moved, -moved, 0]
    steered[1::2] -= [moved, -moved, 0]
    # the distance from the mean: |moved| twice over two under softmax, at most |moved| otherwise
    assert collapsed(unsteered, steered, activation) is expected


@pytest.mark.parametrize(("share", "expected"), [(0.002, False), (0.49, False), (0.51, True)])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_half_of_the_clips_must_be_flat(share, expected, activation):
    rng = np.random.default_rng(0)
    unsteered = rng.dirichlet(np.full(5, 0.1), size=1000)
    steered = unsteered.copy()
    flat = rng.permutation(1000)[: round(share * 1000)]
    steered[flat] = 0.2 if activation == "softmax" else 0.5
    assert entropy(steered[flat], activation).min() > entropy(unsteered, activation).max()
    assert collapsed(unsteered, steered, activation) is expected


@pytest.mark.parametrize(("share", "expected"), [(0.94, False), (0.96, True), (0.998, True)])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_a_few_clips_of_their_own_do_not_save_an_output_that_is_the_same(
    share, expected, activation
):
    rng = np.random.default_rng(0)
    unsteered = np.full((1000, 3), 1 / 3 if activation == "softmax" else 0.5)
    steered = np.tile([0.7, 0.2, 0.1], (1000, 1))
    others = rng.permutation(1000)[round(share * 1000) :]
    moved = np.where(np.arange(len(others)) % 2, 0.1, -0.1)  # the mean of all stays
    steered[others] += moved[:, None] * [1, -1, 0]
    assert collapsed(unsteered, steered, activation) is expected


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_clips_that_are_alike_do_not_collapse_by_a_breath(activation):
    """Where unsteered clips differ by nothing, the least change leads beyond all of them."""
    unsteered = np.tile([[0.83, 0.17], [0.17, 0.83]], (8, 1))
    toward = np.tile([[-0.002, 0.002], [0.002, -0.002]], (8, 1))
    assert not collapsed(unsteered, unsteered + toward, activation)
    assert collapsed(unsteered, unsteered + 10 * toward, activation)


def test_collapse_equals_a_loop():
    rng, found = np.random.default_rng(0), []
    for _ in range(60):
        unsteered = rng.dirichlet(np.full(4, 0.3), size=101)
        even = rng.uniform(0.7, 1)
        kept = rng.random(101) < rng.uniform(0.4, 0.6)
        steered = np.where(kept[:, None], unsteered, (1 - even) * unsteered + even / 4)
        entropies = [
            [-sum(p * np.log(max(p, 1e-12)) for p in row) for row in table]
            for table in (unsteered, steered)
        ]
        high, typical = sorted(entropies[0])[99], sorted(entropies[1])[50]  # of 101
        mean = [sum(row[k] for row in steered) / 101 for k in range(4)]
        far = sorted(sum(abs(p - m) for p, m in zip(row, mean, strict=True)) / 2 for row in steered)
        expected = bool(typical > high + 0.01 * np.log(4) or far[95] < 0.01)
        assert collapsed(unsteered, steered) is expected
        found.append(expected)
    assert 5 < sum(found) < 55


def test_sigmoid_outputs_have_an_entropy_each():
    p = np.array([[0.9, 0.5, 0.01]])
    expected = -sum(q * np.log(q) + (1 - q) * np.log(1 - q) for q in p[0])
    assert entropy(p, "sigmoid")[0] == pytest.approx(expected)
    sure = np.array([[0.99, 0.01, 0.01], [0.01, 0.99, 0.01]] * 5)
    assert not collapsed(sure, sure, "sigmoid")
    assert collapsed(sure, np.where(sure > 0.5, 0.6, 0.4), "sigmoid")
