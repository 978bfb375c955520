"""Mel filters whose triangles are straight on the mel axis, as HTK and Kaldi draw them."""

from torch import Tensor, nn
from torchaudio.compliance.kaldi import get_mel_banks


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
