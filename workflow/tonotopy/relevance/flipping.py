"""Patch flipping: how fast the evidence goes when what a heatmap marks is taken from the input.

Study 3, section 4.2.3. At step tau the tau^2 patches that each component ranks first are flipped,
together over components; at the last step all are. The heatmap that ranks them well leaves little
area under the curve of the evidence.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from tonotopy.errors import InputError, nearest
from tonotopy.relevance.lrp import LRP
from tonotopy.relevance.zennit_engine import Zennit
from tonotopy.seeding import generator

AREAS = ("share", "step", "printed")
FILLS = ("zero", "silence")
ORDERS = ("most", "least")
ROWS = 256  # altered inputs in a forward pass
RANDOM = "random"  # the baseline among curves


@dataclass(frozen=True)
class Flipping:
    """How inputs are altered.

    Attributes:
        patch: edge of a square patch, in mels and frames; a divisor of both.
        fill: what a flipped patch holds, see `fill_value`.
        rows: altered inputs in a forward pass, which is what bounds the memory.
    """

    patch: int = 16
    fill: float = 0.0
    rows: int = ROWS

    def __post_init__(self):
        if self.patch < 1 or self.rows < 1:
            raise InputError(
                f"patch flipping: patch {self.patch} and rows {self.rows} must be at least 1"
            )


@dataclass(frozen=True)
class Curves:
    """Evidence of clips while their inputs are flipped, from step 0 (nothing) to T (all).

    Attributes:
        evidence: logit of each clip's target, float64, shape (clips, T + 1).
        shares: of the input that is flipped, float64, shape (clips, T + 1).
        steps: the same for a single component, float64, shape (T + 1,).
    """

    evidence: np.ndarray
    shares: np.ndarray
    steps: np.ndarray

    def aupc(self, area: str = "share") -> np.ndarray:
        """Return the area under each clip's curve (equation 4.4), lower is better, shape (clips,).

        Args:
            area: ``share``: trapezoids over the share that is flipped. ``step``: over the share
                that a single component would have flipped at that step, whatever is flipped.
                ``printed``: as ``share``, with the minus of equation 4.4 between the heights.

        Raises:
            InputError: there is no such area.
        """
        if area not in AREAS:
            raise InputError(f"area: '{area}' is not possible{nearest(area, AREAS)}")
        before, after = self.evidence[:, :-1], self.evidence[:, 1:]
        heights = (before - after if area == "printed" else before + after) / 2
        widths = np.diff(self.steps if area == "step" else self.shares)
        return (widths * heights).sum(axis=1)


def fill_value(fill: str, silence: float | None = None) -> float:
    """Return what flipped patches hold.

    Args:
        fill: ``zero``, near the mean of the data, or ``silence``.
        silence: what the front end makes of silence, in its unit.

    Raises:
        InputError: there is no such fill, or the value of silence is not given.
    """
    if fill not in FILLS:
        raise InputError(f"fill: '{fill}' is not possible{nearest(fill, FILLS)}")
    if fill == "zero":
        return 0.0
    if silence is None or not math.isfinite(silence):
        raise InputError(
            f"fill: 'silence' needs what the front end makes of silence, such as -4, not {silence}"
        )
    return float(silence)


@torch.no_grad()
def flip(
    network: Callable[[Tensor], Tensor],
    inputs: Tensor,
    heatmaps: Tensor,
    targets: Tensor,
    flipping: Flipping,
    order: str = "most",
) -> Curves:
    """Flip the inputs of a batch of clips, patch by patch, and watch the evidence.

    Args:
        network: maps inputs (rows, mels, frames) to logits (rows, classes); in evaluation mode.
        inputs: shape (clips, mels, frames).
        heatmaps: shape (clips, K, mels, frames), of the components; or (clips, mels, frames), of a
            single one, such as standard heatmaps. A patch's relevance is its sum; of equals, the
            patch of lower mels, then of earlier frames goes first.
        targets: class of each clip, shape (clips,).
        flipping: patches, fill and memory.
        order: whether the ``most`` or the ``least`` relevant patches go first.

    Raises:
        InputError: shapes do not fit each other or the patch, or there is no such order.
        ValueError: the network is in training mode.
    """
    if isinstance(network, nn.Module) and network.training:
        raise ValueError("the network is in training mode, its logits would be random: .eval() it")
    heatmaps = heatmaps[:, None] if heatmaps.ndim == 3 else heatmaps
    _check(inputs, heatmaps, targets, flipping, order)
    ranks = _ranks(heatmaps, flipping.patch, order)
    patches = ranks.shape[1]
    counts = np.minimum(np.arange(math.isqrt(patches - 1) + 2) ** 2, patches)
    masks = ranks[:, None] < torch.as_tensor(counts, device=ranks.device)[:, None]
    logits = _altered_logits(network, inputs, masks, targets, flipping)
    return Curves(
        logits.double().cpu().numpy(), masks.double().mean(dim=2).cpu().numpy(), counts / patches
    )


def relevance_gain(most: Curves, least: Curves, area: str = "share") -> np.ndarray:
    """Return the symmetric relevance gain of each clip, higher is better, shape (clips,).

    It is the area with the least relevant patches first, less that with the most relevant first
    (Blücher et al. 2024).

    Args:
        most: curves of order ``most``.
        least: curves of order ``least``, of the same clips.
        area: see `Curves.aupc`.

    Raises:
        InputError: there is no such area.
    """
    return least.aupc(area) - most.aupc(area)


def composite_curves(
    network: nn.Module,
    inputs: Tensor,
    targets: Tensor,
    engines: Mapping[str, LRP | Zennit],
    flipping: Flipping,
    clips: Sequence[str],
    seed: int,
) -> dict[str, Curves]:
    """Return curves of standard heatmaps by composite, and of random ones (figure B.1).

    Args:
        network: maps inputs to logits, in evaluation mode.
        inputs: shape (clips, mels, frames).
        targets: class of each clip, shape (clips,).
        engines: what explains the network by each composite, by name, see `engines.explainer`;
            ``random`` is the baseline's, in which patches go in random order.
        flipping: patches, fill and memory.
        clips: their names, which the random orders are drawn by.
        seed: of the run, for the baseline.

    Raises:
        InputError: a composite is called random; see `flip`.
    """
    if RANDOM in engines:
        raise InputError(f"composite '{RANDOM}': that is the baseline's name, take another")
    heatmaps = {name: engine.explain(inputs).heatmap(targets) for name, engine in engines.items()}
    drawn = (generator(seed, "patch flipping", RANDOM, clip) for clip in clips)
    noise = np.stack([rng.normal(size=tuple(inputs.shape[1:])) for rng in drawn])
    heatmaps[RANDOM] = torch.as_tensor(noise, dtype=inputs.dtype, device=inputs.device)
    return {
        name: flip(network, inputs, heatmap, targets, flipping)
        for name, heatmap in heatmaps.items()
    }


def best_composite(curves: Mapping[str, Curves], area: str = "share") -> str:
    """Return the name of the composite with the least mean area, the baseline left out.

    Args:
        curves: see `composite_curves`.
        area: see `Curves.aupc`.

    Raises:
        InputError: there is no such area, or no composite.
    """
    scores = {name: c.aupc(area).mean() for name, c in curves.items() if name != RANDOM}
    if not scores:
        raise InputError("there are no curves of composites to choose from: name one at least")
    return min(scores, key=scores.__getitem__)


def _ranks(heatmaps: Tensor, patch: int, order: str) -> Tensor:
    """Return the best rank of each patch over components, from 0 on, shape (clips, patches)."""
    rows, columns = (size // patch for size in heatmaps.shape[2:])
    relevance = heatmaps.double().unflatten(3, (columns, patch)).unflatten(2, (rows, patch))
    relevance = relevance.sum(dim=(3, 5)).flatten(2)
    first = torch.argsort(relevance, dim=2, descending=order == "most", stable=True)
    return torch.argsort(first, dim=2).amin(dim=1)


def _altered_logits(
    network: Callable[[Tensor], Tensor],
    inputs: Tensor,
    masks: Tensor,
    targets: Tensor,
    flipping: Flipping,
) -> Tensor:
    """Return the targets' logits for inputs flipped by masks (clips, T + 1, patches)."""
    clips, steps = masks.shape[:2]
    grid = [size // flipping.patch for size in inputs.shape[1:]]
    masks = masks.reshape(clips * steps, *grid)
    logits = []
    for rows in torch.arange(clips * steps, device=inputs.device).split(flipping.rows):
        flipped = masks[rows].repeat_interleave(flipping.patch, dim=1)
        flipped = flipped.repeat_interleave(flipping.patch, dim=2)
        found = network(inputs[rows // steps].masked_fill(flipped, flipping.fill))
        logits.append(found.gather(1, targets[rows // steps][:, None])[:, 0])
    return torch.cat(logits).unflatten(0, (clips, steps))


def _check(
    inputs: Tensor, heatmaps: Tensor, targets: Tensor, flipping: Flipping, order: str
) -> None:
    if order not in ORDERS:
        raise InputError(f"order: '{order}' is not possible{nearest(order, ORDERS)}")
    shape = tuple(inputs.shape)
    if inputs.ndim != 3 or heatmaps.ndim != 4 or heatmaps[:, 0].shape != inputs.shape:
        raise InputError(
            f"inputs must have shape (clips, mels, frames), and heatmaps (clips, components, mels, "
            f"frames): they have {shape} and {tuple(heatmaps.shape)}"
        )
    if targets.shape != shape[:1]:
        raise InputError(
            f"targets must be one class per clip, {shape[0]}, not {tuple(targets.shape)}"
        )
    if shape[1] % flipping.patch or shape[2] % flipping.patch:
        raise InputError(
            f"patch {flipping.patch} is no divisor of {shape[1]} mels and {shape[2]} frames: take "
            "one that is"
        )
    broken = ~torch.isfinite(heatmaps).flatten(1).all(dim=1)
    if broken.any():
        raise InputError(
            f"heatmap of clip {int(broken.nonzero()[0])} has values that are not finite"
        )
