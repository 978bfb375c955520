"""Banks of fixed filters over the waveform: known answers of study 6, which learn nothing."""

import numpy as np
import torch
from scipy import signal
from scipy.fft import next_fast_len
from torch import Tensor, nn

KINDS = ("gammatone", "cqt", "noise")


class FilterBank(nn.Module):
    """Filters, rectified and averaged over time: how loud each of them hears a sound (ours).

    Without ``envelope`` what they give is read as it is, once in a while: it swings about 0 as the
    latents of a codec do.

    - ``gammatone``: scipy.signal.gammatone, finite, causal, half-wave rectified;
    - ``cqt``: complex exponentials under Hann windows of a constant number of periods (Brown 1991,
      "Calculation of a constant Q spectral transform"), the lowest as long as ``taps`` allow,
      centred; their modulus;
    - ``noise``: Gaussian noise of unit norm, drawn from torch's seed, causal, half-wave rectified.

    Centres are equally spaced in semitones. Nothing compresses: an answer is proportional to the
    amplitude. Filters are as `torch.nn.Conv1d` takes them, latest sample last; sounds go through
    them by FFT.

    Args:
        kind: of the filters.
        filters: how many, which is the width of the output.
        taps: length of a filter in samples.
        low_hz: lowest centre; of no meaning for noise, as the highest.
        high_hz: highest centre, below half the rate.
        rate: sampling rate in Hz.
        hop: samples that a frame of the output is the mean of; without envelope, from one value
            that is read to the next.
        envelope: whether answers are rectified and averaged; if not, of a cqt the cosines are read.

    Attributes:
        filters: ``Conv1d`` whose weight is the bank, shape (filters, 1, taps); of a cqt twice as
            many, first all cosines, then all sines.
        centres_hz: centres, float64, shape (filters,); None for noise.
        envelope: passes the output on, for layers to be read from.

    Raises:
        ValueError: an unknown kind, or numbers that make no bank.
    """

    def __init__(
        self,
        kind: str,
        filters: int = 64,
        taps: int = 1024,
        low_hz: float = 220.0,
        high_hz: float = 3520.0,
        rate: int = 16000,
        hop: int = 200,
        envelope: bool = True,
    ):
        super().__init__()
        _check(kind, filters, taps, hop, low_hz, high_hz, rate)
        self.kind, self.hop, self.averages = kind, hop, envelope
        self.centres_hz = None
        if kind == "noise":
            noise = torch.randn(filters, taps)
            bank = noise / noise.norm(dim=1, keepdim=True)
        else:
            centres = np.geomspace(low_hz, high_hz, filters)
            make = {"gammatone": gammatones, "cqt": constant_q}[kind]
            bank = torch.from_numpy(make(centres, taps, rate)).float()
            self.centres_hz = torch.from_numpy(centres)
        self.filters = nn.Conv1d(1, len(bank), taps, bias=False)
        self.filters.weight = nn.Parameter(bank[:, None], requires_grad=False)
        self.envelope = nn.Identity()

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return envelopes, at least 0, or what is read of the filters: (clips, filters, frames).

        Args:
            waveforms: shape (clips, samples), at least ``hop`` samples; what is left over a
                multiple of ``hop`` is in no frame. There is silence before and after.

        Raises:
            ValueError: waveforms of another shape, or shorter.
        """
        if waveforms.ndim != 2 or waveforms.shape[1] < self.hop:
            raise ValueError(
                f"expected waveforms of (clips, {self.hop} samples or more), got "
                f"{tuple(waveforms.shape)}"
            )
        bank = self.filters.weight[:, 0]
        size = next_fast_len(waveforms.shape[1] + bank.shape[1] - 1, real=True)
        # a filter that is turned round convolves as the filter itself correlates
        spectra = torch.fft.rfft(bank.flip(1), size)
        # clip by clip: all filters of all clips would take far more memory, and no less time
        answers = [self._answers(clip, spectra, size) for clip in waveforms]
        return self.envelope(torch.stack(answers))

    def _answers(self, clip: Tensor, spectra: Tensor, size: int) -> Tensor:
        """Return what the filters answer to a clip, (filters, frames)."""
        ahead = (self.filters.weight.shape[-1] - 1) // 2 if self.kind == "cqt" else 0
        filtered = torch.fft.irfft(torch.fft.rfft(clip, size) * spectra, size)
        frames = len(clip) // self.hop
        heard = filtered[:, ahead : ahead + frames * self.hop]
        if not self.averages:
            return heard[: heard.shape[0] // (2 if self.kind == "cqt" else 1), :: self.hop]
        if self.kind == "cqt":
            cosines, sines = heard.chunk(2)
            rectified = torch.hypot(cosines, sines)
        else:
            rectified = heard.clamp(min=0)
        return rectified.reshape(-1, frames, self.hop).mean(dim=2)


def gammatones(centres: np.ndarray, taps: int, rate: float) -> np.ndarray:
    """Return gammatone filters of order 4, turned round for correlation, shape (centres, taps).

    Args:
        centres: in Hz.
        taps: length in samples; 1024 at 16 kHz hold a filter of 100 Hz.
        rate: sampling rate in Hz.
    """
    found = [signal.gammatone(hz, "fir", order=4, numtaps=taps, fs=rate)[0] for hz in centres]
    return np.stack(found)[:, ::-1].copy()


def constant_q(centres: np.ndarray, taps: int, rate: float) -> np.ndarray:
    """Return filters of a constant number of periods, shape (2 * centres, taps): cosines, sines.

    Each window is as long as Q periods of its centre, where Q = taps * lowest centre / rate; it
    stands in the middle of the taps, and its weights sum to 1.

    Args:
        centres: in Hz, ascending.
        taps: length in samples of the longest window.
        rate: sampling rate in Hz.
    """
    times = np.arange(taps) - (taps - 1) / 2
    lengths = taps * centres[0] / centres[:, None]
    inside = np.abs(times) < lengths / 2
    windows = np.where(inside, np.cos(np.pi * times / lengths) ** 2, 0)
    windows /= windows.sum(axis=1, keepdims=True)
    angles = 2 * np.pi * centres[:, None] * times / rate
    return np.concatenate([windows * np.cos(angles), windows * np.sin(angles)])


def _check(
    kind: str, filters: int, taps: int, hop: int, low_hz: float, high_hz: float, rate: float
) -> None:
    if kind not in KINDS:
        raise ValueError(f"kind: {', '.join(KINDS[:-1])} or {KINDS[-1]} is needed, not {kind}")
    for name, number in (("filters", filters), ("taps", taps), ("hop", hop)):
        if number < 1:
            raise ValueError(f"{name}: at least 1 is needed, not {number}")
    if not 0 < low_hz <= high_hz < rate / 2:
        raise ValueError(
            f"low_hz and high_hz: 0 < {low_hz:g} <= {high_hz:g} < {rate / 2:g} (half the rate) "
            "does not hold"
        )
