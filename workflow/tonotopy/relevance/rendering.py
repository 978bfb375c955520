"""From heatmaps to sound: what of a clip a component of relevance listens to.

The rectified heatmap is kept where it is above its 90th percentile, blurred, and multiplied with
the clip's mel spectrogram, which a `frontends.rendering.Renderer` makes sound of (thesis section
3.3). Equation 3.11 as printed, max(tau, R), leaves a floor everywhere: R is
kept where R >= tau and is 0 elsewhere.
"""

import torch
from torch import Tensor

from tonotopy.errors import InputError
from tonotopy.frontends.rendering import Renderer

PERCENTILE = 90.0
KERNEL, SIGMA = 5, 1.0  # cells of the mel grid


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
    from torchvision.transforms.functional import gaussian_blur  # torchvision takes seconds

    return gaussian_blur(salient(heatmaps, percentile), [kernel, kernel], [sigma, sigma])


@torch.no_grad()
def render(
    heatmaps: Tensor,
    waveforms: Tensor,
    renderer: Renderer,
    percentile: float = PERCENTILE,
    kernel: int = KERNEL,
    sigma: float = SIGMA,
    convention: str = "printed",
) -> Tensor:
    """Return the sound of every component of several clips.

    Args:
        heatmaps: shape (clips, components, mels, frames).
        waveforms: the clips that were explained, shape (clips, samples).
        renderer: of the network's front end.
        percentile: see `saliency_masks`.
        kernel: see `saliency_masks`.
        sigma: see `saliency_masks`.
        convention: see `Renderer.render`.

    Returns:
        Shape (clips, components, samples), at the RMS of the clip and cut off at its peak; silent
        where a heatmap has nothing positive.

    Raises:
        InputError: heatmaps and clips differ in number, heatmaps and front end in mels or frames;
            or see `saliency_masks` and `Renderer.render`.
    """
    if heatmaps.ndim != 4 or waveforms.ndim != 2 or len(heatmaps) != len(waveforms):
        raise InputError(
            "expected heatmaps (clips, components, mels, frames) and as many waveforms "
            f"(clips, samples), not {tuple(heatmaps.shape)} and {tuple(waveforms.shape)}"
        )
    settings = renderer.front_end.settings
    if heatmaps.shape[2:] != (settings.mels, settings.frames):
        raise InputError(
            f"heatmaps of {heatmaps.shape[2]} mels and {heatmaps.shape[3]} frames do not fit mel "
            f"spectrograms of {settings.mels} and {settings.frames}: use the network's front end"
        )
    masks = saliency_masks(heatmaps, percentile, kernel, sigma)
    return at_level(renderer.render(waveforms, masks, convention), waveforms)


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
