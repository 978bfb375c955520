"""From heatmaps to sound: what of a clip a component of relevance listens to.

The rectified heatmap is kept where it is above its 90th percentile, blurred, and multiplied with
the clip's mel spectrogram; magnitudes come from the mel matrix's pseudo-inverse, phases from the
clip (thesis section 3.3). Equation 3.11 as printed, max(tau, R), leaves a floor everywhere: R is
kept where R >= tau and is 0 elsewhere (spec/3).
"""

from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F
from torchvision.transforms.functional import gaussian_blur

from tonotopy.errors import InputError

PERCENTILE = 90.0
KERNEL, SIGMA = 5, 1.0  # cells of the mel grid


class InvertibleMel(Protocol):
    """What rendering asks of a front end. Mel spectrograms may be of magnitude or power."""

    def stft(self, waveforms: Tensor) -> Tensor:
        """Return complex spectra (clips, bins, frames) of waveforms (clips, samples)."""

    def mel(self, magnitudes: Tensor) -> Tensor:
        """Return mel spectrograms (clips, mels, frames) of magnitudes (clips, bins, frames)."""

    def from_mel(self, mel: Tensor) -> Tensor:
        """Return magnitudes (rows, bins, frames), not negative, of mel (rows, mels, frames)."""

    def istft(self, spectra: Tensor, length: int) -> Tensor:
        """Return waveforms (rows, length) of complex spectra (rows, bins, frames)."""


def salient(heatmaps: Tensor, percentile: float = PERCENTILE) -> Tensor:
    """Return rectified heatmaps, 0 where they are below their own percentile (equation 3.11).

    Args:
        heatmaps: shape (..., mels, frames).
        percentile: of each rectified heatmap, 0 to 100, between cells interpolated.

    Returns:
        Shape (..., mels, frames), at least 0.

    Raises:
        InputError: the percentile is not from 0 to 100.
    """
    if not 0 <= percentile <= 100:
        raise InputError(f"percentile: expected a number from 0 to 100, not {percentile:g}")
    positive = heatmaps.clamp(min=0)
    cells = positive.flatten(-2)
    position = percentile / 100 * (cells.shape[-1] - 1)
    above = cells.shape[-1] - int(position)  # cells from the lower neighbour upwards
    highest = cells.topk(above, dim=-1).values
    lower, upper = highest[..., -1], highest[..., max(above - 2, 0)]
    between = lower + (position - int(position)) * (upper - lower)
    threshold = torch.minimum(between, upper)  # rounding must not exclude the upper neighbour
    return torch.where(positive >= threshold[..., None, None], positive, 0.0)


def saliency_masks(
    heatmaps: Tensor, percentile: float = PERCENTILE, kernel: int = KERNEL, sigma: float = SIGMA
) -> Tensor:
    """Return what a mel spectrogram is multiplied with (equations 3.11 and 3.12).

    Args:
        heatmaps: shape (clips, components, mels, frames).
        percentile: see `salient`.
        kernel: side of the Gaussian kernel in cells, odd; it sums to 1 and mirrors at the edges.
        sigma: its standard deviation in cells.

    Returns:
        Shape (clips, components, mels, frames), at least 0, in the unit of the heatmaps.

    Raises:
        InputError: see `salient`; or the kernel is even, or does not fit the heatmaps.
    """
    if kernel % 2 == 0 or not 0 < kernel <= 2 * min(heatmaps.shape[-2:]) - 1:
        raise InputError(f"kernel: expected an odd number that fits the heatmaps, not {kernel}")
    return gaussian_blur(salient(heatmaps, percentile), [kernel, kernel], [sigma, sigma])


@torch.no_grad()
def render(
    heatmaps: Tensor,
    waveforms: Tensor,
    front_end: InvertibleMel,
    percentile: float = PERCENTILE,
    kernel: int = KERNEL,
    sigma: float = SIGMA,
) -> Tensor:
    """Return the sound of every component of several clips.

    Args:
        heatmaps: shape (clips, components, mels, frames). Frames after the last one, which the
            network is not given, are silent.
        waveforms: the clips that were explained, shape (clips, samples).
        front_end: that of the network.
        percentile: see `saliency_masks`.
        kernel: see `saliency_masks`.
        sigma: see `saliency_masks`.

    Returns:
        Shape (clips, components, samples), at the RMS of the clip and cut off at its peak; silent
        where a heatmap has nothing positive.

    Raises:
        InputError: heatmaps and clips differ in number, in mels or in frames; or see
            `saliency_masks`.
    """
    if heatmaps.ndim != 4 or waveforms.ndim != 2 or len(heatmaps) != len(waveforms):
        raise InputError(
            "expected heatmaps (clips, components, mels, frames) and as many waveforms "
            f"(clips, samples), not {tuple(heatmaps.shape)} and {tuple(waveforms.shape)}"
        )
    spectra = front_end.stft(waveforms)
    mel = front_end.mel(spectra.abs())
    missing = mel.shape[2] - heatmaps.shape[3]
    if mel.shape[1] != heatmaps.shape[2] or missing < 0:
        raise InputError(
            f"heatmaps of {heatmaps.shape[2]} mels and {heatmaps.shape[3]} frames do not fit mel "
            f"spectrograms of {mel.shape[1]} and {mel.shape[2]}: use the network's front end"
        )
    masks = F.pad(saliency_masks(heatmaps, percentile, kernel, sigma), (0, missing))
    magnitudes = front_end.from_mel((masks * mel[:, None]).flatten(0, 1))
    rows = magnitudes.unflatten(0, heatmaps.shape[:2]) * torch.sgn(spectra)[:, None]
    sounds = front_end.istft(rows.flatten(0, 1), waveforms.shape[1])
    return at_level(sounds.unflatten(0, heatmaps.shape[:2]), waveforms)


def at_level(sounds: Tensor, waveforms: Tensor) -> Tensor:
    """Return sounds at the RMS of their clip, cut off at its peak (equation 3.19).

    Args:
        sounds: shape (clips, components, samples).
        waveforms: shape (clips, samples).

    Returns:
        Shape (clips, components, samples); silence stays silent.
    """
    rms, wanted = (x.square().mean(dim=-1).sqrt() for x in (sounds, waveforms))
    gains = torch.where(rms > 0, wanted[:, None] / rms, 0.0)
    peaks = waveforms.abs().amax(dim=-1)[:, None, None]
    return (sounds * gains[..., None]).clamp(-peaks, peaks)
