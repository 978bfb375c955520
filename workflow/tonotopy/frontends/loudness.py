"""Sounds made equally loud, so that none is believed because it is louder."""

import math

import numpy as np
import torch
from scipy.signal import sosfilt
from torch import Tensor

BLOCK, STEP = 0.4, 0.1  # s: length of the blocks of ITU-R BS.1770, from one to the next
QUIETEST = -70.0  # LUFS: below its absolute gate nothing is measured
RELATIVE = -10.0  # LU: of its second gate
PRINTED = 48000  # Hz: the rate of its coefficients


def loudness(sounds: Tensor, rate: int) -> Tensor:
    """Return the loudness of sounds by ITU-R BS.1770-4.

    Args:
        sounds: shape (sounds, samples), in [-1, 1]; of fewer than 0.4 s are repeated.
        rate: in Hz.

    Returns:
        In LUFS, shape (sounds,); -inf where a sound is silent, or quieter than the standard's gate.
    """
    block, step = round(BLOCK * rate), round(STEP * rate)
    long = sounds.double().repeat(1, -(-block // sounds.shape[1]))
    weighted = sosfilt(_weighting(rate), long.cpu().numpy())
    powers = torch.from_numpy(weighted).square().unfold(1, block, step).mean(dim=2)
    heard = _level(powers) > QUIETEST
    heard &= _level(powers) > _level(_mean(powers, heard))[:, None] + RELATIVE
    return _level(_mean(powers, heard)).to(sounds)


def _level(powers: Tensor) -> Tensor:
    return -0.691 + 10 * powers.log10()


def _mean(powers: Tensor, chosen: Tensor) -> Tensor:
    """Return means over chosen blocks, 0 where there are none: (sounds, blocks) to (sounds,)."""
    return (powers * chosen).sum(dim=1) / chosen.sum(dim=1).clamp(min=1)


def _weighting(rate: int) -> np.ndarray:
    """Return the standard's two filters (a head's shelf, a high-pass) as second-order sections.

    The analogue filters are those of which its coefficients, printed for 48 kHz, are the bilinear
    transform.
    """
    shelf, gain = math.tan(math.pi * 1681.974450955533 / rate), 10 ** (3.999843853973347 / 20)
    damped, edge = shelf / 0.7071752369554196, gain**0.4996667741545416
    square, scale = shelf**2, 1 + damped + shelf**2
    rising = [gain + edge * damped + square, 2 * (square - gain), gain - edge * damped + square]
    head = np.array([*rising, scale, 2 * (square - 1), 1 - damped + square]) / scale
    damped, square = _high_pass(rate)
    falling = [1 + damped + square, 2 * (square - 1), 1 - damped + square]
    passing = np.array([1, -2, 1]) * (1 + sum(_high_pass(PRINTED)))  # whose gain is not quite 1
    return np.array([head, np.array([*passing, *falling]) / falling[0]])


def _high_pass(rate: int) -> tuple[float, float]:
    low = math.tan(math.pi * 38.13547087602444 / rate)
    return low / 0.5003270373238773, low**2


def equally_loud(sounds: Tensor, rate: int, peak: float = 0.99) -> Tensor:
    """Return sounds at one loudness, as loud as their peaks allow.

    Args:
        sounds: shape (sounds, samples).
        rate: in Hz.
        peak: that none exceeds; one reaches it.

    Returns:
        Shape (sounds, samples); those that are silent stay as they are.
    """
    measured = loudness(sounds, rate)
    heard = torch.isfinite(measured)
    if not heard.any():
        return sounds
    gains = torch.where(heard, 10 ** (-measured / 20), 0.0)  # to 0 LUFS
    levelled = sounds * gains[:, None]
    levelled = levelled * (peak / levelled.abs().max())
    return torch.where(heard[:, None], levelled, sounds)
