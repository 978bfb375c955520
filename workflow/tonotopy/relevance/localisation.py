"""How much relevance lies on a part of the clip.

Heatmaps have the shape (clips, components, mels, frames), any real values; a single heatmap per
clip has one component. Supports are ratio masks in [0, 1] or bool, (clips, objects, mels, frames).
"""

import numpy as np

from tonotopy.errors import InputError


def check_grids(heatmaps: np.ndarray, masks: np.ndarray) -> None:
    """Refuse heatmaps and supports that are not of the same clips on the same grid.

    Raises:
        InputError: they have other than four axes, differ in clips, mels or frames, or a heatmap
            has a value that is not finite.
    """
    if heatmaps.ndim != 4 or masks.ndim != 4:
        raise InputError(
            "expected heatmaps (clips, components, mels, frames) and masks "
            f"(clips, objects, mels, frames), not {heatmaps.shape} and {masks.shape}"
        )
    if len(heatmaps) != len(masks) or heatmaps.shape[2:] != masks.shape[2:]:
        raise InputError(
            f"heatmaps {heatmaps.shape} and masks {masks.shape} differ in clips, mels or frames: "
            "make both with the network's front end"
        )
    finite = np.isfinite(heatmaps).all(axis=(1, 2, 3))
    if not finite.all():
        raise InputError(f"clip {np.argmin(finite)}: its heatmap has values that are not finite")


def positive_relevance(heatmaps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return the positive relevance on every support: sum over the grid of max(0, R) mask.

    Args:
        heatmaps: shape (clips, components, mels, frames).
        masks: shape (clips, objects, mels, frames).

    Returns:
        float64, shape (clips, components, objects).

    Raises:
        InputError: see `check_grids`.
    """
    heatmaps, masks = np.asarray(heatmaps), np.asarray(masks)
    check_grids(heatmaps, masks)
    positive = np.maximum(heatmaps, 0).reshape(*heatmaps.shape[:2], -1).astype(np.float64)
    supports = masks.reshape(*masks.shape[:2], -1).astype(np.float64)
    return positive @ supports.swapaxes(1, 2)


def relevance_mass_accuracy(heatmaps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return the share of positive relevance that lies inside each support.

    Relevance mass accuracy of Arras and others (2022), Quantus' ``RelevanceMassAccuracy`` on
    rectified heatmaps; a soft support counts as far as a cell is in it.

    Args:
        heatmaps: shape (clips, components, mels, frames).
        masks: shape (clips, objects, mels, frames).

    Returns:
        Shape (clips, components, objects), 0 to 1; nan where nothing is positive in a heatmap, or
        a support is empty.

    Raises:
        InputError: see `check_grids`.
    """
    inside = positive_relevance(heatmaps, masks)
    total = np.maximum(heatmaps, 0).sum(axis=(2, 3), dtype=np.float64)[:, :, None]
    defined = (total > 0) & (np.asarray(masks) > 0).any(axis=(2, 3))[:, None]
    return np.divide(inside, total, out=np.full(inside.shape, np.nan), where=defined)


def relevance_rank_accuracy(heatmaps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return the share of the most relevant cells that lie inside each support.

    Relevance rank accuracy of Arras and others (2022), Quantus' ``RelevanceRankAccuracy``: of the
    S cells of highest relevance, S the size of the support, the share inside it. Of equally
    relevant cells the lower and earlier one comes first.

    Args:
        heatmaps: shape (clips, components, mels, frames).
        masks: bool, shape (clips, objects, mels, frames), see `masks.binary_masks`.

    Returns:
        Shape (clips, components, objects), 0 to 1; nan where a support is empty.

    Raises:
        InputError: the masks are not bool; or see `check_grids`.
    """
    heatmaps, masks = np.asarray(heatmaps), np.asarray(masks)
    check_grids(heatmaps, masks)
    if masks.dtype != bool:
        raise InputError(f"rank accuracy needs masks of type bool, not {masks.dtype}")
    supports = masks.reshape(*masks.shape[:2], -1)
    flat = heatmaps.reshape(*heatmaps.shape[:2], -1)
    order = np.argsort(-flat, axis=-1, kind="stable")
    ranked = np.take_along_axis(supports[:, None], order[:, :, None], axis=-1)
    sizes = np.broadcast_to(supports.sum(axis=-1)[:, None], ranked.shape[:3])
    hits = np.cumsum(ranked, axis=-1, dtype=np.int32)
    top = np.take_along_axis(hits, np.maximum(sizes - 1, 0)[..., None], axis=-1)[..., 0]
    return np.divide(top, sizes, out=np.full(sizes.shape, np.nan), where=sizes > 0)
