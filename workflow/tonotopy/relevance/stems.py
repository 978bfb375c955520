"""Score 3 of study 3: does relevance lie on the stem that causes the answer?

A stem's lift is the share of positive relevance inside its ratio mask over the share of the grid
that the mask covers, in octaves (log2). Whether the network needs the stem is told by muting it.
"""

import numpy as np

from tonotopy.errors import InputError
from tonotopy.evidence.groups import Groups, Resampled
from tonotopy.evidence.resampling import Resamples
from tonotopy.relevance.localisation import relevance_mass_accuracy
from tonotopy.relevance.rank_correlation import rank_correlations, resampled_rank_correlations

LOWEST = -10.0  # lift of a stem with next to no relevance, so that means exist
LEVELS = ("peak", "mix")
SILENT = 2**-15  # of a clip's peak: what is left below it is the rounding of 16 bits


def areas(masks: np.ndarray) -> np.ndarray:
    """Return the mean of each ratio mask: (clips, stems, mels, frames) to (clips, stems)."""
    return np.mean(masks, axis=(2, 3), dtype=np.float64)


def lifts(heatmaps: np.ndarray, masks: np.ndarray) -> np.ndarray:
    """Return by how many octaves relevance prefers a stem over the rest of the grid.

    log2(share of positive relevance inside the mask / mean of the mask), at least `LOWEST`.

    Args:
        heatmaps: one for each clip, shape (clips, mels, frames).
        masks: ratio masks of the stems, shape (clips, stems, mels, frames).

    Returns:
        Shape (clips, stems); 0 where relevance is spread evenly, nan where the stem is silent or
        nothing is positive in the heatmap.

    Raises:
        InputError: see `localisation.check_grids`.
    """
    shares = relevance_mass_accuracy(np.asarray(heatmaps)[:, None], masks)[:, 0]
    ratio = shares / areas(masks)  # the share of a silent stem is nan
    return np.log2(np.maximum(ratio, 2**LOWEST))  # keeps nan


def lift_contrast(
    lift: np.ndarray,
    first: np.ndarray,
    second: np.ndarray,
    groups: Groups,
    resamples: Resamples,
) -> Resampled:
    """Return the mean lift of some clips minus that of others, with draws over groups of clips.

    Args:
        lift: of one stem, shape (clips,); nan is left out.
        first: which clips are on one side, such as those of instrument genres, bool, (clips,).
        second: which are on the other, bool, (clips,).
        groups: of the clips.
        resamples: of the groups, see `Groups.draw`.

    Returns:
        Draws are nan where a resample has no clip on one side; n counts groups on either side.

    Raises:
        InputError: a clip is on both sides, or one side has no clip with a lift.
    """
    if (first & second).any():
        raise InputError(f"clip {np.argmax(first & second)} is on both sides of the contrast")
    known = ~np.isnan(lift)
    sides = np.stack([first & known, second & known], axis=1)
    if not sides.any(axis=0).all():
        raise InputError("one side of the contrast has no clip with relevance and the stem in it")
    values = np.where(sides, np.nan_to_num(lift)[:, None], 0.0)
    totals, counts = groups.sums(values), groups.sums(sides)
    used = int(counts.any(axis=1).sum())
    value = _difference(totals.sum(axis=0), counts.sum(axis=0))
    draws = _difference(resamples.sums(totals), resamples.sums(counts))
    return Resampled(float(value), draws, used)


def _difference(totals: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return the mean of the first side minus that of the second, (..., 2) to (...)."""
    means = np.divide(totals, counts, out=np.full(totals.shape, np.nan), where=counts > 0)
    return means[..., 0] - means[..., 1]


def muted(clips: np.ndarray, parts: np.ndarray, level: str = "peak") -> np.ndarray:
    """Return clips without one of their parts.

    Args:
        clips: waveforms, shape (clips, samples).
        parts: what is taken away from each, shape (clips, samples).
        level: ``peak``: what is left has the clip's peak, as networks of peak-normalised clips
            expect; ``mix``: what is left is as loud as it was.

    Returns:
        Shape (clips, samples). Where nothing is left it is not amplified.

    Raises:
        InputError: no such level, or the shapes differ.
    """
    if level not in LEVELS:
        raise InputError(f"level: expected one of {', '.join(LEVELS)}, not '{level}'")
    if clips.shape != parts.shape:
        raise InputError(f"clips {clips.shape} and parts {parts.shape} differ in shape")
    rest = clips - parts
    if level == "mix":
        return rest
    peaks, left = (np.abs(sounds).max(axis=1, keepdims=True) for sounds in (clips, rest))
    gain = np.divide(peaks, left, out=np.ones_like(left), where=left > SILENT * peaks)
    return rest * gain


def logit_drops(logits: np.ndarray, muted_logits: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """Return by how much muting lowers the logit of each clip's class.

    Args:
        logits: shape (clips, classes).
        muted_logits: of every muted stem, shape (clips, stems, classes).
        classes: the explained class of each clip, int, (clips,).

    Returns:
        Shape (clips, stems); positive where the stem speaks for the class.
    """
    clips = np.arange(len(classes))
    return logits[clips, classes][:, None] - muted_logits[clips, :, classes]


def muting_correlation(
    lift: np.ndarray, drops: np.ndarray, groups: Groups, resamples: Resamples
) -> Resampled:
    """Return the rank correlation of lift and logit drop over pairs of a clip and a stem.

    Args:
        lift: shape (clips, stems); nan is left out.
        drops: shape (clips, stems), see `logit_drops`.
        groups: of the clips; all pairs of a group are drawn together.
        resamples: of the groups, see `Groups.draw`.

    Raises:
        InputError: lift and drops, or clips and groups, differ in number, or no lift is known.
    """
    if lift.shape != drops.shape or len(lift) != len(groups.index):
        raise InputError(
            f"lift {lift.shape}, drops {drops.shape} and groups of {len(groups.index)} clips: "
            "expected (clips, stems) twice, and the same clips"
        )
    clip, stem = np.nonzero(~np.isnan(lift))
    pairs = lift[clip, stem], drops[clip, stem]
    if not len(clip):
        raise InputError("no clip has relevance and a stem that sounds: nothing to correlate")
    draws = resampled_rank_correlations(*pairs, groups.clip_counts(resamples)[:, clip])
    used = len(np.unique(groups.index[clip]))
    return Resampled(float(rank_correlations(*pairs)), draws, used)
