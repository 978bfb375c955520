"""Front ends: from waveforms to what a network hears, one object per convention.

A front end is built once from plain numbers and used alike in training, probing, steering and
rendering, so that no two stages can disagree about what the network was shown.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from tonotopy.frontends.mel import LogMelScale, htk_filters
from tonotopy.frontends.stages import FrontEnd

GROUPS = 4  # of mel filters


@dataclass(frozen=True)
class LogMelSettings:
    """The numbers of a log-mel front end (study 2: thesis section 3.2.1).

    Attributes:
        rate: sampling rate in Hz.
        n_fft: length of the transform in samples.
        window_ms: length of the Hann window in ms.
        hop_ms: step between frames in ms.
        mels: number of mel bands from 0 Hz to half the rate (HTK scale, unit peak).
        frames: number of frames; a shorter clip is padded with silence on the right.
        floor: power added before the logarithm, so that silence is log(floor).
        mean: mean of the log-mel values over the training split.
        std: their standard deviation; the network is given (x - mean) / (2 * std).
    """

    rate: int = 22500
    n_fft: int = 1024
    window_ms: float = 25.0
    hop_ms: float = 10.0
    mels: int = 128
    frames: int = 1024
    floor: float = 1e-6
    mean: float = 0.0
    std: float = 0.5


class LogMel(FrontEnd):
    """Normalised log-mel spectrogram of study 2, on any device.

    On the CPU clips are taken one by one, so that a clip's spectrum stays in the cache, and the mel
    filters in a few groups, so that low bands are not multiplied with high bins
    (benchmarks/bench_front_end.py). On a GPU the batch is one piece.
    """

    def __init__(self, settings: LogMelSettings):
        super().__init__()
        if settings.std <= 0:
            raise ValueError(f"std must be positive, not {settings.std}: is the corpus constant?")
        self.settings = settings
        self.hop = round(settings.hop_ms * settings.rate / 1000)
        length = min(settings.n_fft, round(settings.window_ms * settings.rate / 1000))
        before = (settings.n_fft - length) // 2
        window = nn.functional.pad(
            torch.hann_window(length), (before, settings.n_fft - length - before)
        )
        self.register_buffer("window", window, persistent=False)
        self._ranges = []
        filters = htk_filters(
            settings.mels, settings.n_fft, settings.rate, self.scale.low_hz, self.scale.high_hz
        )
        for index, group in enumerate(filters.split(-(-settings.mels // GROUPS), dim=1)):
            used = group.any(dim=1).nonzero()[:, 0]
            low, high = (int(used[0]), int(used[-1]) + 1) if len(used) else (0, 1)
            self._ranges.append((low, high))
            used_part = group[low:high].contiguous()
            self.register_buffer(f"filters{index}", used_part, persistent=False)

    @property
    def scale(self) -> LogMelScale:
        """Natural logarithm, bands from 0 Hz to half the rate."""
        return LogMelScale(0.0, self.settings.rate / 2, self.settings.floor, math.e)

    @property
    def samples(self) -> int:
        """Number of samples that fill the frames: (frames - 1) * hop."""
        return (self.settings.frames - 1) * self.hop

    def mel(self, waveforms: Tensor) -> Tensor:
        """Return mel power, shape (clips, mels, frames), of waveforms (clips, samples)."""
        return self._by_piece(waveforms, lambda power: power)

    def log_mel(self, waveforms: Tensor) -> Tensor:
        """Return log mel power before normalisation.

        Args:
            waveforms: shape (clips, samples), in [-1, 1]; padded with silence or cut on the right.

        Returns:
            Natural logarithm of mel power plus the floor, shape (clips, mels, frames).
        """
        return self._by_piece(waveforms, self._log)

    def normalise(self, log_mel: Tensor) -> Tensor:
        """Return (log_mel - mean) / (2 * std), as study 2 prints it."""
        return (log_mel - self.settings.mean) / (2 * self.settings.std)

    def features(self, waveforms: Tensor) -> Tensor:
        """Return log mel power before normalisation, see `log_mel`: no statistics are in it."""
        return self.log_mel(waveforms)

    def finish(self, features: Tensor) -> Tensor:
        """Return normalised features, see `normalise`."""
        return self.normalise(features)

    def fitted(self, features: Callable[[], Iterable[Tensor]]) -> "LogMel":
        """Return the front end that normalises by the statistics of features, see `statistics`."""
        return self.with_statistics(*statistics(features()))

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return what the network is given: shape (clips, mels, frames), see `log_mel`."""
        return self._by_piece(waveforms, self._finish)

    def _log(self, power: Tensor) -> Tensor:
        return power.add_(self.settings.floor).log_()

    def _finish(self, power: Tensor) -> Tensor:
        return self._log(power).sub_(self.settings.mean).div_(2 * self.settings.std)

    def _by_piece(self, waveforms: Tensor, finish: Callable[[Tensor], Tensor]) -> Tensor:
        if waveforms.ndim != 2:
            raise ValueError(f"waveforms must be (clips, samples), not {tuple(waveforms.shape)}")
        pieces = waveforms.split(1) if waveforms.device.type == "cpu" else [waveforms]
        return torch.cat([finish(self._mel(piece)) for piece in pieces]).transpose(1, 2)

    def _mel(self, waveforms: Tensor) -> Tensor:
        """Mel power, shape (clips, frames, mels); frames are centred, edges are reflected."""
        missing, half = self.samples - waveforms.shape[-1], self.settings.n_fft // 2
        if missing:
            waveforms = nn.functional.pad(waveforms, (0, missing))
        padded = nn.functional.pad(waveforms[:, None], (half, half), mode="reflect")[:, 0]
        frames = padded.unfold(1, self.settings.n_fft, self.hop) * self.window
        spectrum = torch.view_as_real(torch.fft.rfft(frames))
        power = spectrum[..., 0].square() + spectrum[..., 1].square()
        bands = [
            power[..., low:high] @ getattr(self, f"filters{index}")
            for index, (low, high) in enumerate(self._ranges)
        ]
        return torch.cat(bands, dim=-1)

    def mel_power(self, normalised: Tensor) -> Tensor:
        """Invert `normalise` and the logarithm: mel power at least 0, shape as given."""
        log_mel = normalised * (2 * self.settings.std) + self.settings.mean
        return (log_mel.exp() - self.settings.floor).clamp_min(0)

    def with_statistics(self, mean: float, std: float) -> "LogMel":
        """Return the same front end normalised by other statistics."""
        return LogMel(LogMelSettings(**{**asdict(self.settings), "mean": mean, "std": std}))


def statistics(log_mels) -> tuple[float, float]:
    """Return mean and standard deviation of log-mel values over batches.

    Padding counts, because the network sees it too. Sums are kept in float64.

    Args:
        log_mels: tensors of any shape, see `LogMel.log_mel`.

    Raises:
        ValueError: there are no batches.
    """
    count, total, squares = 0, 0.0, 0.0
    for values in log_mels:
        values = values.double()
        count += values.numel()
        total += values.sum().item()
        squares += values.square().sum().item()
    if not count:
        raise ValueError("no clips to take the front end's statistics from")
    mean = total / count
    return mean, max(squares / count - mean**2, 0.0) ** 0.5
