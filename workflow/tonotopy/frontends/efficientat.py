"""Log-mel spectrogram of EfficientAT's MobileNets, as they hear it in evaluation."""

from dataclasses import dataclass

import torch
from torch import Tensor

from tonotopy.frontends.mel import kaldi_filters
from tonotopy.frontends.samples import at_least
from tonotopy.frontends.stages import FrontEnd


@dataclass(frozen=True)
class EfficientATSettings:
    """The numbers of EfficientAT's front end (Schmid et al. 2023; models/preprocess.py).

    Attributes:
        rate: sampling rate in Hz.
        n_fft: length of the transform in samples.
        window: length of the symmetric Hann window in samples.
        hop: step between frames in samples.
        mels: number of mel bands (Kaldi's triangles).
        low_hz: lower edge of the lowest band.
        high_hz: upper edge of the highest band.
        pre_emphasis: share of the sample before that is taken off every sample.
        floor: power added before the logarithm.
        mean: the network is given (x - mean) / scale.
        scale: see mean.
    """

    rate: int = 32000
    n_fft: int = 1024
    window: int = 800
    hop: int = 320
    mels: int = 128
    low_hz: float = 0.0
    high_hz: float = 15000.0
    pre_emphasis: float = 0.97
    floor: float = 1e-5
    mean: float = -4.5
    scale: float = 5.0


class EfficientATLogMel(FrontEnd):
    """Scaled log-mel power of the pre-emphasised clip, on any device.

    Training in EfficientAT jitters the bands' edges and masks; nothing here is random.
    """

    def __init__(self, settings: EfficientATSettings):
        super().__init__()
        if settings.scale <= 0:
            raise ValueError(f"scale must be positive, not {settings.scale}")
        self.settings = settings
        window = torch.hann_window(settings.window, periodic=False)
        self.register_buffer("window", window, persistent=False)
        filters = kaldi_filters(
            settings.mels, settings.n_fft, settings.rate, settings.low_hz, settings.high_hz
        )
        self.register_buffer("filters", filters, persistent=False)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return (log(mel power + floor) - mean) / scale.

        Args:
            waveforms: shape (clips, samples), in [-1, 1]; pre-emphasis drops the first sample,
                frames are centred, edges reflected, so a clip of n_fft // 2 + 1 samples or fewer
                is padded with silence on the right.

        Returns:
            Shape (clips, mels, 1 + (samples - 1) // hop).

        Raises:
            ValueError: the waveforms have another number of axes.
        """
        settings = self.settings
        waveforms = at_least(waveforms, settings.n_fft // 2 + 2)
        sharpened = waveforms[:, 1:] - settings.pre_emphasis * waveforms[:, :-1]
        spectrum = torch.stft(
            sharpened,
            settings.n_fft,
            settings.hop,
            settings.window,
            self.window,
            center=True,
            pad_mode="reflect",
            return_complex=True,
        )
        power = spectrum.real.square() + spectrum.imag.square()
        log_mel = (self.filters @ power + settings.floor).log()
        return (log_mel - settings.mean) / settings.scale
