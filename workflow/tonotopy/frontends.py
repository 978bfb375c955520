"""Front ends: from waveforms to what a network hears, one object per convention.

A front end is built once from plain numbers and used alike in training, probing, steering and
rendering, so that no two stages can disagree about what the network was shown.
"""

import warnings
from dataclasses import asdict, dataclass

import torch
import torchaudio
from torch import Tensor, nn


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


class LogMel(nn.Module):
    """Normalised log-mel spectrogram of study 2, batched, on any device."""

    def __init__(self, settings: LogMelSettings):
        super().__init__()
        if settings.std <= 0:
            raise ValueError(f"std must be positive, not {settings.std}: is the corpus constant?")
        self.settings = settings
        self.hop = round(settings.hop_ms * settings.rate / 1000)
        with warnings.catch_warnings():
            # 128 bands over 513 bins leave a few low bands empty; they are constant, hence harmless
            warnings.filterwarnings("ignore", message="At least one mel filterbank")
            self.mel = torchaudio.transforms.MelSpectrogram(
                sample_rate=settings.rate,
                n_fft=settings.n_fft,
                win_length=min(settings.n_fft, round(settings.window_ms * settings.rate / 1000)),
                hop_length=self.hop,
                n_mels=settings.mels,
                power=2.0,
            )

    @property
    def samples(self) -> int:
        """Number of samples that fill the frames: (frames - 1) * hop."""
        return (self.settings.frames - 1) * self.hop

    def log_mel(self, waveforms: Tensor) -> Tensor:
        """Return log mel power before normalisation.

        Args:
            waveforms: shape (clips, samples), in [-1, 1]; padded with silence or cut on the right.

        Returns:
            Natural logarithm of mel power plus the floor, shape (clips, mels, frames).
        """
        if waveforms.ndim != 2:
            raise ValueError(f"waveforms must be (clips, samples), not {tuple(waveforms.shape)}")
        missing = self.samples - waveforms.shape[-1]
        waveforms = nn.functional.pad(waveforms, (0, missing))
        return (self.mel(waveforms) + self.settings.floor).log()

    def normalise(self, log_mel: Tensor) -> Tensor:
        """Return (log_mel - mean) / (2 * std), as study 2 prints it."""
        return (log_mel - self.settings.mean) / (2 * self.settings.std)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return what the network is given: shape (clips, mels, frames), see `log_mel`."""
        return self.normalise(self.log_mel(waveforms))

    def mel_power(self, normalised: Tensor) -> Tensor:
        """Invert `normalise` and the logarithm: mel power at least 0, shape as given."""
        log_mel = normalised * (2 * self.settings.std) + self.settings.mean
        return (log_mel.exp() - self.settings.floor).clamp_min(0)

    def with_statistics(self, mean: float, std: float) -> "LogMel":
        """Return the same front end normalised by other statistics."""
        return LogMel(LogMelSettings(**{**asdict(self.settings), "mean": mean, "std": std}))


@torch.no_grad()
def statistics(front_end: LogMel, batches) -> tuple[float, float]:
    """Return mean and standard deviation of log-mel values over batches of waveforms.

    Padding counts, because the network sees it too. Sums are kept in float64.

    Args:
        front_end: only its `log_mel` is used.
        batches: tensors of shape (clips, samples).

    Raises:
        ValueError: there are no batches.
    """
    count, total, squares = 0, 0.0, 0.0
    for waveforms in batches:
        values = front_end.log_mel(waveforms).double()
        count += values.numel()
        total += values.sum().item()
        squares += values.square().sum().item()
    if not count:
        raise ValueError("no clips to take the front end's statistics from")
    mean = total / count
    return mean, max(squares / count - mean**2, 0.0) ** 0.5
