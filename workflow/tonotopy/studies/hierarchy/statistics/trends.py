"""Statistics of study 1 about profiles that agree: correlations over layers.

Correlations are those of the true profiles: the clips' noise, which two profiles of the same clips
share, is taken off their covariances. Clips (or their groups) are resampled, never layers.
"""

from itertools import combinations

import numpy as np

from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.studies.hierarchy.statistics.tables import Decoded, HierarchyTables

RELIABLE = 0.8  # share of a profile's variance over layers that must be more than noise


def k_agreement(tables: HierarchyTables, network: str, task: str) -> Estimate:
    """Correlation (Pearson) of the profiles of two ks, mean over all pairs of ks (figure 2.2)."""
    part = _trend(tables, network, task)
    if len(part.ks) < 2:
        raise NotRun("one k agrees with itself")
    by_k = np.moveaxis(part.over_resamples(part.right), -1, 1)
    table = correlations(by_k, part.resamples.factor)
    pairs = list(combinations(range(len(part.ks)), 2))
    return tables.of_parts(np.mean([table[:, i, j] for i, j in pairs], axis=0), part)


def profile_agreement(tables: HierarchyTables, network: str, task: str, **keys) -> Estimate:
    """Correlation (Pearson) over layers of the profile and its variant named by ``keys``.

    ``length: second`` is figure 2.3; ``probe: linear`` and ``folds: grouped`` go beyond the thesis.
    """
    parts = _trend(tables, network, task), tables.decoded(network, task, **keys)
    return tables.of_parts(_pair(*parts), *parts)


def tasks_agreement(tables: HierarchyTables, network: str, tasks: list[str]) -> Estimate:
    """Correlation (Pearson) over layers of a network's profiles of two tasks (section 2.3.3)."""
    for task in tasks:
        tables.tasks([task])
    parts = [_trend(tables, network, task) for task in tasks]
    return tables.of_parts(_pair(*parts), *parts)


def vggish_exception(tables: HierarchyTables, task: str) -> Estimate:
    """Correlation of CLAP's and MobileNetV3's profiles minus VGGish's mean one with the two.

    Above 0 where VGGish is the odd one out (section 2.2.3).
    """
    clap, mobilenet, vggish = (
        tables.networks([family])[0] for family in ("clap", "mobilenet", "vggish")
    )
    parts = [_trend(tables, name, task) for name in (clap, mobilenet)]
    parts.append(tables.profile(vggish, task, 3))
    table = correlations(_stacked(*parts), parts[0].resamples.factor)
    odd = table[:, 0, 1] - (table[:, 0, 2] + table[:, 1, 2]) / 2
    return tables.of_parts(odd, *parts)


def correlations(profiles: np.ndarray, factor: float) -> np.ndarray:
    """Return correlations over layers without the noise of the clips.

    The covariance over layers of two measured profiles is that of the true ones and of their noise;
    what resampling adds tells the latter. A resample has it twice, once for the data and once for
    the draw.

    Args:
        profiles: accuracies, shape (1 + resamples, profiles, layers), the data in row 0.
        factor: by which deviations of resamples are larger than those of plain counts.

    Returns:
        Shape (1 + resamples, profiles, profiles), from -1 to 1; NaN where a profile does not vary
        by more than its noise.
    """
    added = profiles[1:] - profiles[1:].mean(axis=0)
    noise = _covariances(added).mean(axis=0)
    # a flat profile leaves rounding errors, not zeros
    whole = _covariances(profiles).round(12)
    times = np.append(1 / factor**2, np.full(len(profiles) - 1, 1 + 1 / factor**2))
    true = whole - times[:, None, None] * noise
    variances = np.einsum("bii->bi", true)
    scale = np.sqrt(np.where(variances > 0, variances, np.nan))
    return np.clip(true / (scale[:, :, None] * scale[:, None, :]), -1, 1)


def _covariances(profiles: np.ndarray) -> np.ndarray:
    """Covariances over layers of each pair of profiles: (..., p, layers) to (..., p, p)."""
    centred = profiles - profiles.mean(axis=-1, keepdims=True)
    return centred @ np.swapaxes(centred, -1, -2) / (profiles.shape[-1] - 1)


def _pair(first: Decoded, second: Decoded) -> np.ndarray:
    return correlations(_stacked(first, second), first.resamples.factor)[:, 0, 1]


def _stacked(*parts: Decoded) -> np.ndarray:
    if len({len(part.right) for part in parts}) > 1:
        raise NotRun("the profiles differ in their number of layers")
    return np.stack([part.accuracies for part in parts], axis=1)


def _trend(tables: HierarchyTables, network: str, task: str) -> Decoded:
    """A profile whose layers differ by more than the noise of the clips, so that it can agree.

    The variance over layers is compared with what resampling alone puts there.
    """
    part = tables.profile(network, task, 3)
    profile = part.accuracies[:, None]
    noise = _covariances(profile[1:] - profile[1:].mean(axis=0)).mean() / part.resamples.factor**2
    if noise > (1 - RELIABLE) * part.accuracies[0].var(ddof=1):
        raise NotRun(f"the layers of {network} differ too little on {task} to show a trend")
    return part
