"""Log-mel spectrogram of PANNs, in decibels, which Microsoft's CLAP of 2022 took over."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torchaudio.functional import melscale_fbanks

from tonotopy.frontends.samples import at_least, repeated
from tonotopy.frontends.stages import FrontEnd


@dataclass(frozen=True)
class PANNsSettings:
    """The numbers of CLAP-2022's front end (Elizalde et al. 2023, section 3; torchlibrosa).

    PANNs' own networks (Kong et al. 2020, section III) hear the same at a rate of 32000.

    Attributes:
        rate: sampling rate in Hz.
        n_fft: length of the transform and of the periodic Hann window in samples.
        hop: step between frames in samples.
        mels: number of mel bands (Slaney's scale and area normalisation, as librosa's).
        low_hz: lower edge of the lowest band.
        high_hz: upper edge of the highest band.
        floor: smallest mel power before the logarithm.
        seconds: shorter clips are repeated until they are this long, as Microsoft's CLAP does; None
            leaves them as they are.
    """

    rate: int = 44100
    n_fft: int = 1024
    hop: int = 320
    mels: int = 64
    low_hz: float = 50.0
    high_hz: float = 14000.0
    floor: float = 1e-10
    seconds: float | None = None


class PANNsLogMel(FrontEnd):
    """Mel power in decibels; the network's first batch normalisation scales it. On any device."""

    def __init__(self, settings: PANNsSettings):
        super().__init__()
        if not 0 <= settings.low_hz < settings.high_hz <= settings.rate / 2:
            raise ValueError(
                f"bands from {settings.low_hz} to {settings.high_hz} Hz do not fit below half the "
                f"rate, {settings.rate / 2} Hz"
            )
        if settings.seconds is not None and settings.seconds <= 0:
            raise ValueError(f"clips cannot be repeated to {settings.seconds} s")
        self.settings = settings
        self.register_buffer("window", torch.hann_window(settings.n_fft), persistent=False)
        filters = melscale_fbanks(
            settings.n_fft // 2 + 1,
            settings.low_hz,
            settings.high_hz,
            settings.mels,
            settings.rate,
            norm="slaney",
            mel_scale="slaney",
        )
        self.register_buffer("filters", filters.T.contiguous(), persistent=False)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return 10 log10(max(mel power, floor)).

        Args:
            waveforms: shape (clips, samples), in [-1, 1]; frames are centred, edges reflected, so
                a clip of n_fft // 2 samples or fewer is padded with silence on the right.

        Returns:
            Shape (clips, mels, 1 + samples // hop), in dB; samples are those after repeating.

        Raises:
            ValueError: the waveforms have another number of axes.
        """
        settings = self.settings
        if settings.seconds is not None:
            waveforms = repeated(waveforms, round(settings.seconds * settings.rate))
        spectrum = torch.stft(
            at_least(waveforms, settings.n_fft // 2 + 1),
            settings.n_fft,
            settings.hop,
            window=self.window,
            center=True,
            pad_mode="reflect",
            return_complex=True,
        )
        power = spectrum.real.square() + spectrum.imag.square()
        return 10 * (self.filters @ power).clamp_min(settings.floor).log10()
