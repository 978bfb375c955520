"""Log-mel patches of VGGish."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tonotopy.frontends.mel import kaldi_filters
from tonotopy.frontends.samples import at_least
from tonotopy.frontends.stages import FrontEnd


@dataclass(frozen=True)
class VGGishSettings:
    """The numbers of VGGish's front end (Hershey et al. 2017, section 3; vggish_params.py).

    Attributes:
        rate: sampling rate in Hz.
        window: length of the periodic Hann window in samples.
        hop: step between frames in samples.
        n_fft: length of the transform in samples.
        mels: number of mel bands.
        low_hz: lower edge of the lowest band.
        high_hz: upper edge of the highest band.
        floor: magnitude added before the logarithm.
        frames: frames of a patch; 96 frames step over 0.96 s.
    """

    rate: int = 16000
    window: int = 400
    hop: int = 160
    n_fft: int = 512
    mels: int = 64
    low_hz: float = 125.0
    high_hz: float = 7500.0
    floor: float = 0.01
    frames: int = 96


class VGGishPatches(FrontEnd):
    """Log of mel magnitudes (not power) in patches that do not overlap, on any device."""

    def __init__(self, settings: VGGishSettings):
        super().__init__()
        self.settings = settings
        self.register_buffer("window", torch.hann_window(settings.window), persistent=False)
        filters = kaldi_filters(
            settings.mels, settings.n_fft, settings.rate, settings.low_hz, settings.high_hz
        )
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the patches of every clip in temporal order.

        Args:
            waveforms: shape (clips, samples), in [-1, 1]. A remainder shorter than a patch is
                dropped; a clip shorter than one patch is padded with silence on the right.

        Returns:
            Natural logarithm of mel magnitude plus the floor: (clips, chunks, frames, mels).

        Raises:
            ValueError: the waveforms have another number of axes.
        """
        settings = self.settings
        shortest = (settings.frames - 1) * settings.hop + settings.window
        frames = at_least(waveforms, shortest).unfold(1, settings.window, settings.hop)
        chunks = frames.shape[1] // settings.frames
        frames = frames[:, : chunks * settings.frames] * self.window
        magnitude = torch.fft.rfft(frames, n=settings.n_fft).abs()
        log_mel = (magnitude @ self.filters.T + settings.floor).log()
        return log_mel.unflatten(1, (chunks, settings.frames))
