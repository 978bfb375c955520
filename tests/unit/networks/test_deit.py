"""DeiT initialisation against its recipe, cell by cell."""

import numpy as np
import pytest
import timm
import torch

from tonotopy.errors import InputError
from tonotopy.networks.ast import AST
from tonotopy.networks.deit import adapt_positions, initialise_from_deit, read_deit


def literal_bilinear(row: np.ndarray, size: int) -> np.ndarray:
    """One axis of bilinear interpolation with half-pixel centres (align_corners=False)."""
    out = np.zeros((size, row.shape[1]))
    for i in range(size):
        at = min(max((i + 0.5) * len(row) / size - 0.5, 0), len(row) - 1)
        low = int(np.floor(at))
        high = min(low + 1, len(row) - 1)
        out[i] = row[low] * (1 - (at - low)) + row[high] * (at - low)
    return out


def test_positions_keep_the_centre_of_a_shrinking_axis_and_stretch_a_growing_one():
    rng = np.random.default_rng(0)
    grid = rng.normal(size=(6, 6, 3))
    tokens = rng.normal(size=(2, 3))
    given = torch.from_numpy(np.concatenate([tokens, grid.reshape(36, 3)]))[None]
    found = adapt_positions(given, (4, 11))[0].numpy()
    np.testing.assert_allclose(found[:2], tokens)
    stretched = np.stack([literal_bilinear(grid[r], 11) for r in range(6)])
    np.testing.assert_allclose(found[2:].reshape(4, 11, 3), stretched[1:5], atol=1e-12)


@pytest.fixture
def deit():
    torch.manual_seed(1)
    network = timm.create_model(
        "deit_tiny_distilled_patch16_224",
        pretrained=False,
        img_size=96,
        embed_dim=24,
        depth=2,
        num_heads=3,
    )
    return {k: v.clone() for k, v in network.state_dict().items()}


def ast() -> AST:
    return AST(3, mels=48, frames=96, width=24, depth=2, heads=3)


def test_weights_arrive_where_the_recipe_puts_them(deit):
    network = ast()
    head = network.head[1].weight.clone()
    initialise_from_deit(network, deit)
    rgb = deit["patch_embed.proj.weight"]
    torch.testing.assert_close(network.patches.weight[:, 0], rgb[:, 0] + rgb[:, 1] + rgb[:, 2])
    torch.testing.assert_close(network.class_tokens[0, 0], deit["cls_token"][0, 0])
    torch.testing.assert_close(network.class_tokens[0, 1], deit["dist_token"][0, 0])
    weight = network.blocks[1].mlp.fc1.weight
    torch.testing.assert_close(weight, deit["blocks.1.mlp.fc1.weight"])
    torch.testing.assert_close(network.head[1].weight, head)


def test_any_mismatch_is_refused(deit):
    with pytest.raises(InputError, match="dist_token"):
        initialise_from_deit(ast(), {k: v for k, v in deit.items() if k != "dist_token"})
    with pytest.raises(InputError, match="Unexpected key"):
        initialise_from_deit(ast(), {**deit, "blocks.0.extra": torch.zeros(1)})
    with pytest.raises(InputError, match="do not fit"):
        initialise_from_deit(AST(3, mels=48, frames=96, width=24, depth=1, heads=3), deit)


def test_checkpoints_are_read_without_pickle(tmp_path, deit):
    torch.save({"model": deit}, tmp_path / "deit.pth")
    assert read_deit(tmp_path / "deit.pth").keys() == deit.keys()
    torch.save({"model": deit, "evil": object}, tmp_path / "evil.pth")
    with pytest.raises(Exception, match="[Ww]eights"):
        read_deit(tmp_path / "evil.pth")
