"""Two-step attribution: a heatmap for every subspace of a layer (study 3, section 3.2.3).

The relevance of a layer is split among the subspaces U_k of an orthogonal U = (U_1 | ... | U_K),
and all parts go on to the input at once.
"""

from typing import Protocol

import torch
from torch import Tensor

from tonotopy.errors import InputError, nearest
from tonotopy.relevance.composites import TINY
from tonotopy.relevance.lrp import Contexts

CONVENTIONS = ("projected", "printed")


class Explained(Protocol):
    """A forward pass that `lrp.LRP` or `zennit_engine.Zennit` explains."""

    def contexts(self, target: int | Tensor, layers: list[str], convention: str) -> Contexts:
        """Return activations, relevance and contexts of layers."""

    def descend(self, layer: str, relevance: Tensor) -> Tensor:
        """Return the inputs' relevance (clips, maps, ...) for maps of a layer."""


def component_heatmaps(
    explained: Explained,
    layer: str,
    target: int | Tensor,
    subspaces: Tensor,
    components: int,
    convention: str = "projected",
    context: str = "ratio",
) -> Tensor:
    """Return a heatmap per subspace; together they are the standard heatmap.

    Args:
        explained: forward pass of a batch of clips.
        layer: where the subspaces are.
        target: class that is explained, one for all or one per clip, shape (clips,).
        subspaces: orthogonal U, shape (D, D), D being the layer's width, or one per clip,
            (clips, D, D).
        components: K, the number of equal blocks of U's columns.
        convention: see `component_relevance`.
        context: convention of the context vectors, see `lrp.Pass.contexts`.

    Returns:
        shape (clips, K, mels, frames).

    Raises:
        InputError: no such layer, target or convention, or U does not fit the layer.
    """
    found = explained.contexts(target, [layer], context)
    activation = explained.activation(layer)
    parts = component_relevance(activation, found.context[layer], subspaces, components, convention)
    return explained.descend(layer, parts)


@torch.no_grad()
def component_relevance(
    activation: Tensor,
    context: Tensor,
    subspaces: Tensor,
    components: int,
    convention: str = "projected",
) -> Tensor:
    """Return the relevance of a layer's neurons by subspace.

    Args:
        activation: a, shape (clips, D, ...).
        context: c, of the same shape.
        subspaces: see `component_heatmaps`.
        components: K.
        convention: ``projected``: R_jk = a_j (U_k U_k' c)_j, whose sum over k is a_j c_j, and over
            j the relevance R_k of equation 3.9. ``printed``: equation 3.10 as it stands, which
            shares R_k by the sums of U_k's rows; its components do not add up to a_j c_j.

    Returns:
        shape (clips, K, D, ...).

    Raises:
        InputError: no such convention, or U does not fit the layer or K.
    """
    if convention not in CONVENTIONS:
        raise InputError(f"no convention '{convention}'{nearest(convention, CONVENTIONS)}")
    blocks = _blocks(subspaces, components, activation).to(activation)
    a, c = (values.reshape(*values.shape[:2], -1)[:, None] for values in (activation, context))
    mapped = blocks.mT @ c
    if convention == "projected":
        parts = a * (blocks @ mapped)
    else:
        relevance = ((blocks.mT @ a) * mapped).sum(dim=2, keepdim=True)
        weighted = a * blocks.sum(dim=-1, keepdim=True)
        total = weighted.sum(dim=2, keepdim=True)
        parts = weighted * relevance / torch.where(total < 0, total - TINY, total + TINY)
    return parts.reshape(*parts.shape[:3], *activation.shape[2:])


def _blocks(subspaces: Tensor, components: int, activation: Tensor) -> Tensor:
    """Return U's blocks of columns, shape (clips or 1, K, D, D / K)."""
    clips, width = activation.shape[:2]
    stacked = subspaces if subspaces.ndim == 3 else subspaces[None]
    if stacked.shape[-2:] != (width, width) or len(stacked) not in (1, clips):
        raise InputError(
            f"subspaces have shape {tuple(subspaces.shape)}; a layer of width {width} needs "
            f"({width}, {width}), or one such matrix for each of {clips} clips"
        )
    if components < 1 or width % components:
        raise InputError(
            f"{components} subspaces cannot be equal blocks of a layer of width {width}: take a "
            "divisor of it"
        )
    return stacked.unflatten(-1, (components, width // components)).movedim(-2, 1)
