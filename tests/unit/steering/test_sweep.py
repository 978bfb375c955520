"""Steering against equation 3.2, and the shared sweep against one hooked forward at a time."""

import numpy as np
import pytest
import torch

from tonotopy.activations import edit
from tonotopy.networks.ast import AST, CLASS_TOKENS
from tonotopy.studies.steering.sweep import batch_rows, collapsed, entropy, steer, sweep


def network(depth: int = 3) -> AST:
    torch.manual_seed(0)
    made = AST(4, mels=16, frames=40, patch=(16, 4), stride=(16, 4), width=12, depth=depth, heads=2)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, 0, 0.3)
    return made.eval()


def one_at_a_time(model, spectrograms, directions, strengths) -> torch.Tensor:
    """Every (direction, strength) in its own forward, every layer edited by its own hook."""

    def steered(direction, strength):
        def change(output):
            output = output.clone()
            for token in range(CLASS_TOKENS):
                h = output[:, token]
                v = direction / direction.norm()
                output[:, token] = h + strength * v * h.norm(dim=-1, keepdim=True)
            return output

        return change

    rows = []
    for along in directions:
        row = []
        for strength in strengths:
            edits = {n: steered(along[i], strength) for i, n in enumerate(model.layers)}
            with torch.no_grad(), edit(model, edits):
                row.append(model(spectrograms).softmax(dim=-1))
        rows.append(torch.stack(row))
    return torch.stack(rows)


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
    found = sweep(model, clips, directions, strengths, rows=rows)
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
    found = sweep(model, clips, torch.randn(2, 3, 12), torch.tensor([0.0]))
    plain = model(clips).softmax(dim=-1).detach()
    for direction in range(2):
        torch.testing.assert_close(found[direction, 0], plain)


def test_collapse_is_uniform_output_or_the_same_output_for_every_clip():
    rng = np.random.default_rng(0)
    sure = rng.dirichlet(np.full(5, 0.1), size=200)
    assert not collapsed(sure, sure)
    assert collapsed(sure, np.full((200, 5), 0.2) + rng.normal(0, 0.01, (200, 5)))
    assert collapsed(sure, np.tile([0.99, 0.0025, 0.0025, 0.0025, 0.0025], (200, 1)))
    assert entropy(np.full((1, 5), 0.2))[0] == pytest.approx(np.log(5))
