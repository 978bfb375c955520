"""Mel filters as HTK and Kaldi draw them, and the scale of a log-mel spectrogram."""

import math
import warnings
from dataclasses import dataclass

from torch import Tensor, nn
from torchaudio.compliance.kaldi import get_mel_banks
from torchaudio.functional import melscale_fbanks


@dataclass(frozen=True)
class LogMelScale:
    """What the values and bands of a log-mel spectrogram mean: log_base(mel + floor).

    Attributes:
        low_hz: lower edge of the lowest band (HTK's mel scale).
        high_hz: upper edge of the highest band.
        floor: added before the logarithm, so that silence is log(floor).
        base: of the logarithm.
    """

    low_hz: float
    high_hz: float
    floor: float
    base: float

    def log(self, mel: Tensor) -> Tensor:
        """Return log_base(mel + floor), shape as given, of mel values of at least 0."""
        return (mel + self.floor).log() / math.log(self.base)

    def mel(self, log_mel: Tensor) -> Tensor:
        """Return mel values of at least 0, shape as given, of their logarithm; inverts `log`."""
        return ((log_mel * math.log(self.base)).exp() - self.floor).clamp_min(0)


def htk_filters(mels: int, n_fft: int, rate: int, low_hz: float, high_hz: float) -> Tensor:
    """Return triangular filters, straight in Hz between centres even in HTK's mel, of peak 1.

    Args:
        mels: number of bands.
        n_fft: length of the transform in samples.
        rate: sampling rate in Hz.
        low_hz: lower edge of the lowest band.
        high_hz: upper edge of the highest band, at most half the rate.

    Returns:
        Shape (n_fft // 2 + 1, mels).
    """
    with warnings.catch_warnings():
        # many bands over few bins leave a few low bands empty; they are constant, hence harmless
        warnings.filterwarnings("ignore", message="At least one mel filterbank")
        return melscale_fbanks(n_fft // 2 + 1, low_hz, high_hz, mels, rate)


def kaldi_filters(mels: int, n_fft: int, rate: int, low_hz: float, high_hz: float) -> Tensor:
    """Return triangular filters, straight in mel = 1127 ln(1 + f / 700), of peak 1.

    Args:
        mels: number of bands.
        n_fft: length of the transform in samples.
        rate: sampling rate in Hz.
        low_hz: lower edge of the lowest band.
        high_hz: upper edge of the highest band, at most half the rate.

    Returns:
        Shape (mels, n_fft // 2 + 1); the bin at half the rate is zero.
    """
    unused = (100.0, -500.0, 1.0)  # no warping of the vocal tract's length
    filters, _ = get_mel_banks(mels, n_fft, float(rate), low_hz, high_hz, *unused)
    return nn.functional.pad(filters, (0, 1))
