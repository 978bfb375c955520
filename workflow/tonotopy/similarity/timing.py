"""Times of a layer's positions, found out by changes of the sound at known times.

Noise is exchanged for other noise, as loud, for a short while: the positions that move most are of
that time. Positions are taken to be evenly spaced, as those of convolutions and patches are.
"""

from collections.abc import Hashable

import numpy as np
import torch
from scipy.stats import theilslopes
from torch import nn

from tonotopy.networks.positions import Axis
from tonotopy.networks.tracing import trace
from tonotopy.similarity.grids import Layout

Name = Hashable  # of a layer, read in one way
BURSTS, TAKES = 16, 3  # of a take; each with noise of its own
LEVEL = 0.1  # root mean square of the noise
WIDTH = 2.0  # of a burst, in positions if these are spread over the whole clip
WIDEST = 1 / 8  # of a burst, of the clip
MOVED = 0.25  # of what the position that moves most does: others that count
FEWEST = 8  # bursts that move anything
FAR = 3.0  # of the median distance from a first line: what lies farther is left out of the last
ASTRAY = 1.0  # positions, from where a burst should be seen
SLOWEST, QUICKEST = 0.25, 4.0  # positions over the clip, of the number that there are


@torch.no_grad()
def measured_times(
    network: nn.Module, found: dict[Name, Layout], samples: int, device: torch.device
) -> dict[Name, Axis | str]:
    """Return the times of the columns of layers' maps, in samples.

    Args:
        network: hears waveforms.
        found: where the values of its layers lie, all columns of whose maps follow one another.
        samples: of the clips.
        device: where the network is.

    Returns:
        Layer -> its axis; or why it cannot be told.
    """
    told: dict[Name, Axis | str] = {}
    numbers = {name: layout.grid[1] for name, layout in found.items()}
    for number in sorted(set(numbers.values())):
        alike = {name: found[name] for name, own in numbers.items() if own == number}
        if number < 2:
            told |= dict.fromkeys(alike, "it has one position for a whole clip")
            continue
        times, moved = _bursts(network, alike, samples, number, device)
        told |= {name: _axis(times, own, samples) for name, own in moved.items()}
    return {name: told[name] for name in found}


def _bursts(
    network: nn.Module, found: dict[Name, Layout], samples: int, number: int, device: torch.device
) -> tuple[np.ndarray, dict[Name, np.ndarray]]:
    """Return the middles of bursts in samples, and how far each moves every column.

    Returns:
        Shape (bursts,), and layer -> float64, (bursts, columns).
    """
    layers = {name: layout.layer for name, layout in found.items()}
    rng = torch.Generator().manual_seed(number)
    width = max(2, round(min(WIDTH / number, WIDEST) * samples))
    times, moved = [], {name: [] for name in layers}
    for _ in range(TAKES):
        base = LEVEL * torch.randn(1, samples, generator=rng)
        changed = base.repeat(BURSTS, 1)
        places = (torch.arange(BURSTS) + torch.rand(BURSTS, generator=rng)) / BURSTS
        for clip, begin in zip(changed, (places * (samples - width)).long().tolist(), strict=True):
            clip[begin : begin + width] = LEVEL * torch.randn(width, generator=rng)
            times.append(begin + (width - 1) / 2)
        traced, _ = trace(network, layers, torch.cat([base, changed]).to(device))
        for name, values in traced.items():
            maps = found[name].maps_of(values).double()
            moved[name].append((maps[1:] - maps[:1]).square().sum(dim=(1, 2)).cpu().numpy())
    return np.array(times), {name: np.concatenate(own) for name, own in moved.items()}


def _axis(times: np.ndarray, moved: np.ndarray, samples: int) -> Axis | str:
    """Return the axis of positions that bursts move, or why there is none."""
    number = moved.shape[1]
    largest = moved.max(axis=1, keepdims=True)
    felt = (largest > 0)[:, 0]
    if felt.sum() < FEWEST:
        return "hardly any change of the sound moves it"
    times, weights = times[felt], np.where(moved >= MOVED * largest, moved, 0.0)[felt]
    whole = (weights[:, 0] == 0) & (weights[:, -1] == 0)  # not cut off by the ends of the clip
    if whole.sum() >= FEWEST:
        times, weights = times[whole], weights[whole]
    middles = weights @ np.arange(number) / weights.sum(axis=1)
    slope, start, _, _ = theilslopes(middles, times, method="joint")
    away = np.abs(middles - start - slope * times)
    astray = np.median(away)
    if not SLOWEST < slope * samples / number < QUICKEST or astray > ASTRAY:
        return "what moves when the sound changes is not where it changes"
    near = away <= FAR * astray
    slope, start = np.polyfit(times[near], middles[near], 1)
    return Axis(float(-start / slope), float(1 / slope), number)


def kept_of_clip(times: Axis, samples: int) -> tuple[int, int]:
    """Return the first cell whose middle is in a clip, and the one after the last.

    A quarter of a cell may be missing: times that are measured are not exact.
    """
    middles = times.first + times.step * np.arange(times.number)
    slack = times.step / 4
    inside = np.flatnonzero((middles >= -slack) & (middles <= samples - 1 + slack))
    return int(inside[0]), int(inside[-1]) + 1
