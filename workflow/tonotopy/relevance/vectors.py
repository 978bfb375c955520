"""Pairs of activation and context vectors, the data that subspaces are fitted to."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from tonotopy.errors import InputError
from tonotopy.seeding import generator


def sample_vectors(
    activations: Tensor,
    contexts: Tensor,
    clips: Sequence[str],
    locations: int,
    seed: int,
    layer: str,
) -> tuple[Tensor, Tensor]:
    """Return normalised activation and context vectors at random locations of maps.

    A vector is all channels at one location. Both maps of a clip are read at the same locations
    (section 3.2.2.1 of the thesis that study 3 reproduces). Where a corpus comes in batches, use
    `draw_locations` and `vectors_at` on each and `normalised` on all of them together.

    Args:
        activations: shape (clips, D, H, W), after the ReLU.
        contexts: of the same shape, relevance over activation.
        clips: name of each clip, which its locations are drawn by.
        locations: per clip, at most H * W.
        seed: of the run.
        layer: its name; layers are sampled at locations of their own.

    Returns:
        Two tensors (clips * locations, D), clip after clip.

    Raises:
        InputError: shapes differ, there are too few locations, or values that are not finite or
            all zero.
    """
    if activations.ndim != 4 or activations.shape != contexts.shape:
        raise InputError(
            f"layer '{layer}': activations {tuple(activations.shape)} and contexts "
            f"{tuple(contexts.shape)} must both be maps of shape (clips, channels, height, width)"
        )
    if len(clips) != len(activations):
        raise InputError(f"layer '{layer}': {len(activations)} maps, but {len(clips)} clips")
    positions = activations.shape[2] * activations.shape[3]
    chosen = draw_locations(clips, positions, locations, seed, layer)
    return (
        normalised(vectors_at(activations, chosen), f"activations of layer '{layer}'"),
        normalised(vectors_at(contexts, chosen), f"contexts of layer '{layer}'"),
    )


def draw_locations(
    clips: Sequence[str], positions: int, locations: int, seed: int, layer: str
) -> np.ndarray:
    """Return indices of locations, shape (clips, locations), none of them twice in a clip.

    A clip's locations depend on its name, the layer's and the seed, not on the other clips.

    Args:
        clips: their names.
        positions: of a map, H * W; row y and column x have index y * W + x.
        locations: per clip.
        seed: of the run.
        layer: its name.

    Raises:
        InputError: a map has fewer positions than locations.
    """
    if not 1 <= locations <= positions:
        raise InputError(
            f"layer '{layer}': {locations} locations per map, expected 1 to {positions}, as many "
            "as its maps have positions; set fewer or choose an earlier layer"
        )
    return np.stack(
        [
            generator(seed, "locations", layer, clip).choice(positions, locations, replace=False)
            for clip in clips
        ]
    )


def vectors_at(maps: Tensor, locations: np.ndarray) -> Tensor:
    """Return the vectors over channels at locations, shape (clips * locations, D).

    Args:
        maps: shape (clips, D, H, W).
        locations: shape (clips, locations), see `draw_locations`.
    """
    index = torch.from_numpy(locations).to(maps.device)[:, None, :]
    columns = maps.flatten(2).gather(2, index.expand(-1, maps.shape[1], -1))
    return columns.mT.flatten(0, 1)


def normalised(vectors: Tensor, what: str) -> Tensor:
    """Return v / (D^(1/4) rms), one rms of all entries of all vectors (equation 3.4).

    Args:
        vectors: shape (N, D).
        what: they are, for the message.

    Raises:
        InputError: values are not finite, or all are zero.
    """
    rms = vectors.double().square().mean().sqrt().item()
    if not np.isfinite(rms):
        raise InputError(f"{what}: values that are not finite; look at the network's weights")
    if rms == 0:
        raise InputError(f"{what}: all are zero; the layer is dead or the class never evident")
    return vectors / (vectors.shape[1] ** 0.25 * rms)
