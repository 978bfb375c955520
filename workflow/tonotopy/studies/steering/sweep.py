"""Steering a transformer along concept directions (study 2, thesis section 3.3)."""

import numpy as np
import torch
from torch import Tensor

from tonotopy.networks.ast import AST, CLASS_TOKENS

CPU_ROWS = 128  # token sequences in a batch: what fits into a processor's cache
GPU_FLOATS = 1 << 27  # tokens x width in a batch: half a GB, 2 GB in an MLP's hidden layer


def steer(tokens: Tensor, directions: Tensor, strengths: Tensor) -> Tensor:
    """Move activations along a direction in proportion to their own norm (equation 3.2).

    h' = h + strength * direction / |direction| * |h|

    Args:
        tokens: shape (..., width).
        directions: shape broadcastable to the tokens'; need not have unit norm.
        strengths: lambda, shape broadcastable to the tokens' without the last axis.
    """
    unit = directions / directions.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    return tokens + strengths[..., None] * unit * tokens.norm(dim=-1, keepdim=True)


@torch.no_grad()
def sweep(
    network: AST,
    spectrograms: Tensor,
    directions: Tensor,
    strengths: Tensor,
    rows: int | None = None,
) -> Tensor:
    """Return class probabilities under every direction and strength, all layers steered at once.

    Both class tokens are steered after every block and averaged by the head. Everything up to the
    first block is computed once for all directions and strengths, these share one batch, and the
    last block answers for the class tokens alone.

    Args:
        network: an AST in evaluation mode.
        spectrograms: shape (clips, mels, frames).
        directions: one per steered layer, shape (directions, layers, width).
        strengths: lambda, shape (strengths,).
        rows: the largest number of token sequences in one batch, by default `batch_rows`.

    Returns:
        Probabilities, shape (directions, strengths, clips, classes), on the CPU.
    """
    rows = rows or batch_rows(network, spectrograms.device)
    plan = torch.cartesian_prod(torch.arange(len(directions)), torch.arange(len(strengths)))
    results = []
    for clips in spectrograms.split(max(1, min(rows // 8, len(spectrograms)))):
        shared = _first_block(network, clips)
        parts = [
            _steered(network, shared, directions[part[:, 0]], strengths[part[:, 1]])
            for part in plan.split(max(1, rows // len(clips)))
        ]
        results.append(torch.cat(parts).cpu())
    return torch.cat(results, dim=1).unflatten(0, (len(directions), len(strengths)))


def batch_rows(network: AST, device: torch.device) -> int:
    """Return how many token sequences keep a device busy and fit into its memory."""
    if device.type == "cpu":
        return CPU_ROWS
    return max(1, GPU_FLOATS // network.positions.numel())


def _first_block(network: AST, clips: Tensor) -> Tensor:
    only = CLASS_TOKENS if len(network.blocks) == 1 else None
    return network.blocks[0](network.embed(clips), leading=only)


def _steered(network: AST, shared: Tensor, directions: Tensor, strengths: Tensor) -> Tensor:
    """Carry (pairs x clips) sequences through the remaining blocks: (pairs, clips, classes)."""
    pairs, clips = len(strengths), len(shared)
    tokens = shared.expand(pairs, *shared.shape).flatten(0, 1).clone()
    lambdas = strengths.repeat_interleave(clips)[:, None]
    for layer in range(len(network.blocks)):
        if layer:
            last = layer == len(network.blocks) - 1
            tokens = network.blocks[layer](tokens, leading=CLASS_TOKENS if last else None)
        along = directions[:, layer].repeat_interleave(clips, dim=0)[:, None]
        tokens[:, :CLASS_TOKENS] = steer(tokens[:, :CLASS_TOKENS], along, lambdas)
    return network.classify(tokens).softmax(dim=-1).unflatten(0, (pairs, clips))


def collapsed(unsteered: np.ndarray, steered: np.ndarray) -> bool:
    """Tell whether the output has collapsed, so that it is no effect to read.

    True if the mean entropy exceeds the 99th percentile of the unsteered clips' entropies, or if
    every clip gets the same distribution (total variation below 0.01 from their mean).

    Args:
        unsteered: probabilities without steering, shape (clips, classes).
        steered: probabilities under one direction and strength, same shape.
    """
    high = np.percentile(entropy(unsteered), 99)
    spread = np.abs(steered - steered.mean(axis=0)).sum(axis=1) / 2
    return bool(entropy(steered).mean() > high or spread.max() < 0.01)


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """Return the entropy in nats over the last axis."""
    return -(probabilities * np.log(np.clip(probabilities, 1e-12, None))).sum(axis=-1)
