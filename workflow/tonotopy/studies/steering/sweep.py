"""Steering a network along concept directions (study 2, thesis section 3.3)."""

import numpy as np
import torch
from torch import Tensor

from tonotopy.inference import activated, check_answers
from tonotopy.networks.ast import AST, CLASS_TOKENS
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.containers import logits
from tonotopy.networks.layers import Change, Layer
from tonotopy.networks.tracing import writing

ROWS = 128  # inputs in a batch: on a CPU what fits into a processor's cache
GPU_FLOATS = 1 << 27  # tokens x width in a batch: half a GB, 2 GB in an MLP's hidden layer
SAME_OUTPUT = 0.01  # distance from the clips' mean below which clips get the same output
MOST = 0.95  # share of clips with the same output, so that no outlier decides
FLAT = 0.99  # quantile of the unsteered clips' entropies above which an output is flat
RISE = (
    0.01  # by which it has to be above, as a share of the largest entropy: alike clips differ less
)


def steer(vectors: Tensor, directions: Tensor, strengths: Tensor) -> Tensor:
    """Move activations along a direction in proportion to their own norm (equation 3.2).

    h' = h + strength * direction / |direction| * |h|

    Args:
        vectors: shape (..., width).
        directions: shape broadcastable to the vectors'; need not have unit norm.
        strengths: lambda, shape broadcastable to the vectors' without the last axis.
    """
    unit = directions / directions.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    return vectors + strengths[..., None] * unit * vectors.norm(dim=-1, keepdim=True)


def sweep(
    bundle: Bundle,
    layers: dict[str, Layer],
    inputs: Tensor,
    directions: dict[str, Tensor],
    strengths: Tensor,
    activation: str = "softmax",
    rows: int | None = None,
) -> Tensor:
    """Return probabilities under every direction and strength, all layers steered at once.

    Args:
        bundle: any network that classifies, in evaluation mode.
        layers: by name, in the view in which they are steered.
        inputs: of the network, shape (clips, ...).
        directions: steered layer -> shape (directions, width of the layer).
        strengths: lambda, shape (strengths,).
        activation: see `inference.activated`; over all outputs.
        rows: the largest number of inputs in one batch; by default what keeps the device busy.

    Returns:
        Shape (directions, strengths, clips, outputs), on the CPU.

    Raises:
        InputError: a layer cannot be steered, or the network does not return logits.
    """
    network = bundle.network
    if isinstance(network, AST) and layers == network.layers and set(directions) == set(layers):
        stacked = torch.stack([directions[name] for name in network.layers], dim=1)
        return sweep_ast(network, inputs, stacked, strengths, activation, rows)
    return sweep_any(bundle, layers, inputs, directions, strengths, activation, rows or ROWS)


@torch.no_grad()
def sweep_any(
    bundle: Bundle,
    layers: dict[str, Layer],
    inputs: Tensor,
    directions: dict[str, Tensor],
    strengths: Tensor,
    activation: str = "softmax",
    rows: int = ROWS,
) -> Tensor:
    """Return what `sweep` does, through whole forward passes of (pairs x clips) inputs."""
    count = len(next(iter(directions.values())))
    results = []
    for clips in inputs.split(max(1, min(rows // 8, len(inputs)))):
        parts = []
        for part in _pairs(count, len(strengths)).split(max(1, rows // len(clips))):
            repeated = clips.expand(len(part), *clips.shape).flatten(0, 1)
            lambdas = strengths[part[:, 1]].repeat_interleave(len(clips))[:, None]
            changes = {
                layers[name]: _steering(along[part[:, 0]], lambdas, len(clips))
                for name, along in directions.items()
            }
            with writing(bundle.network, changes):
                answers = logits(bundle.network(repeated)).float()
            check_answers(bundle, answers, len(repeated))
            parts.append(activated(answers, activation).unflatten(0, (len(part), len(clips))))
        results.append(torch.cat(parts).cpu())
    return torch.cat(results, dim=1).unflatten(0, (count, len(strengths)))


@torch.no_grad()
def sweep_ast(
    network: AST,
    spectrograms: Tensor,
    directions: Tensor,
    strengths: Tensor,
    activation: str = "softmax",
    rows: int | None = None,
) -> Tensor:
    """Return what `sweep` does, for the class tokens of our AST, faster.

    Both class tokens are steered after every block and averaged by the head. Everything up to the
    first block is computed once for all directions and strengths, these share one batch, and the
    last block answers for the class tokens alone.

    Args:
        network: an AST in evaluation mode.
        spectrograms: shape (clips, mels, frames).
        directions: one per block, shape (directions, blocks, width).
        strengths: lambda, shape (strengths,).
        activation: see `inference.activated`.
        rows: the largest number of token sequences in one batch, by default `batch_rows`.

    Returns:
        Probabilities, shape (directions, strengths, clips, classes), on the CPU.
    """
    rows = rows or batch_rows(network, spectrograms.device)
    results = []
    for clips in spectrograms.split(max(1, min(rows // 8, len(spectrograms)))):
        shared = _first_block(network, clips)
        parts = []
        for part in _pairs(len(directions), len(strengths)).split(max(1, rows // len(clips))):
            answers = _steered(network, shared, directions[part[:, 0]], strengths[part[:, 1]])
            parts.append(activated(answers, activation).unflatten(0, (len(part), len(clips))))
        results.append(torch.cat(parts).cpu())
    return torch.cat(results, dim=1).unflatten(0, (len(directions), len(strengths)))


def batch_rows(network: AST, device: torch.device) -> int:
    """Return how many token sequences keep a device busy and fit into its memory."""
    if device.type == "cpu":
        return ROWS
    return max(1, GPU_FLOATS // network.positions.numel())


def _pairs(directions: int, strengths: int) -> Tensor:
    """Return all (direction, strength), as indices, shape (pairs, 2)."""
    return torch.cartesian_prod(torch.arange(directions), torch.arange(strengths))


def _steering(along: Tensor, lambdas: Tensor, clips: int) -> Change:
    """Return the change of a layer's vectors (pairs x clips, positions, width)."""
    rows = along.repeat_interleave(clips, dim=0)[:, None]
    return lambda vectors: steer(vectors, rows, lambdas)


def _first_block(network: AST, clips: Tensor) -> Tensor:
    only = CLASS_TOKENS if len(network.blocks) == 1 else None
    return network.blocks[0](network.embed(clips), leading=only)


def _steered(network: AST, shared: Tensor, directions: Tensor, strengths: Tensor) -> Tensor:
    """Carry (pairs x clips) sequences through the remaining blocks: logits of each."""
    pairs, clips = len(strengths), len(shared)
    tokens = shared.expand(pairs, *shared.shape).flatten(0, 1).clone()
    lambdas = strengths.repeat_interleave(clips)[:, None]
    for layer in range(len(network.blocks)):
        if layer:
            last = layer == len(network.blocks) - 1
            tokens = network.blocks[layer](tokens, leading=CLASS_TOKENS if last else None)
        along = directions[:, layer].repeat_interleave(clips, dim=0)[:, None]
        tokens[:, :CLASS_TOKENS] = steer(tokens[:, :CLASS_TOKENS], along, lambdas)
    return network.classify(tokens)


def collapsed(unsteered: np.ndarray, steered: np.ndarray, activation: str = "softmax") -> bool:
    """Tell whether the output has collapsed, so that it is no effect to read.

    True if half of the clips have a higher entropy than 99 % of the unsteered ones, by at least a
    hundredth of the largest entropy there is, or if 95 % of the clips get the same output: their
    distance from the clips' mean is below 0.01. It is the total variation under softmax; under
    sigmoid, where outputs are probabilities of their own, the largest difference of an output.

    Args:
        unsteered: probabilities of all outputs without steering, shape (clips, outputs).
        steered: probabilities under one direction and strength, same shape.
        activation: that the probabilities come from.
    """
    high = np.quantile(entropy(unsteered, activation), FLAT)
    differences = np.abs(steered - steered.mean(axis=0))
    softmax = activation == "softmax"
    spread = differences.sum(axis=1) / 2 if softmax else differences.max(axis=1)
    outputs = steered.shape[1]
    most = np.log(outputs) if softmax else outputs * np.log(2)
    flat = np.median(entropy(steered, activation)) > high + RISE * most
    return bool(flat or np.quantile(spread, MOST) < SAME_OUTPUT)


def entropy(probabilities: np.ndarray, activation: str = "softmax") -> np.ndarray:
    """Return the entropy in nats over the last axis: of a distribution (softmax), or summed over
    independent outputs (sigmoid)."""
    result = _surprise(probabilities)
    if activation == "sigmoid":
        result = result + _surprise(1 - probabilities)
    return result


def _surprise(probabilities: np.ndarray) -> np.ndarray:
    return -(probabilities * np.log(np.clip(probabilities, 1e-12, None))).sum(axis=-1)
