"""Start an AST from DeiT's image weights, as Gong et al. (2021, section 2.2) do."""

from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from tonotopy import sums
from tonotopy.errors import InputError
from tonotopy.networks.ast import AST, CLASS_TOKENS


def read_deit(path: str | Path) -> dict[str, Tensor]:
    """Read a published DeiT checkpoint (a state dict, or one below the key ``model``)."""
    sums.check(path)
    weights = torch.load(path, map_location="cpu", weights_only=True)
    return weights.get("model", weights)


def adapt_positions(positions: Tensor, grid: tuple[int, int]) -> Tensor:
    """Cut or bilinearly stretch a square grid of positional embeddings, axis by axis.

    An axis that shrinks keeps its centre; an axis that grows is interpolated.

    Args:
        positions: shape (1, 2 + side * side, width).
        grid: wanted (rows, columns).

    Returns:
        Shape (1, 2 + rows * columns, width).
    """
    tokens, patches = positions[:, :CLASS_TOKENS], positions[:, CLASS_TOKENS:]
    side = round(patches.shape[1] ** 0.5)
    image = patches.transpose(1, 2).unflatten(2, (side, side))
    for axis, size in ((3, grid[1]), (2, grid[0])):
        if size <= image.shape[axis]:
            image = image.narrow(axis, (image.shape[axis] - size) // 2, size)
        else:
            size_after = [*image.shape[2:]]
            size_after[axis - 2] = size
            image = interpolate(image, size=size_after, mode="bilinear", align_corners=False)
    return torch.cat([tokens, image.flatten(2).transpose(1, 2)], dim=1)


def initialise_from_deit(network: AST, weights: dict[str, Tensor]) -> None:
    """Copy distilled DeiT weights into an AST; only its head keeps its own.

    Patch weights are summed over the colour channels, positions are adapted to the spectrogram's
    grid, both class tokens are kept.

    Args:
        network: must have DeiT's patch size, width and depth.
        weights: a distilled DeiT state dict in timm's names.

    Raises:
        InputError: any weight is missing, left over or of another shape.
    """
    weights = {k: v for k, v in weights.items() if not k.startswith(("head.", "head_dist."))}
    try:
        tokens = torch.cat([weights.pop("cls_token"), weights.pop("dist_token")], dim=1)
        converted = {
            "class_tokens": tokens,
            "positions": adapt_positions(weights.pop("pos_embed"), network.grid),
            "patches.weight": weights.pop("patch_embed.proj.weight").sum(dim=1, keepdim=True),
            "patches.bias": weights.pop("patch_embed.proj.bias"),
            **weights,
        }
    except KeyError as error:
        raise InputError(f"not a distilled DeiT checkpoint: {error} is missing") from error
    own = {k: v for k, v in network.state_dict().items() if k.startswith("head.")}
    try:
        network.load_state_dict({**converted, **own}, strict=True)
    except RuntimeError as error:
        raise InputError(f"DeiT weights do not fit this AST: {error}") from error
