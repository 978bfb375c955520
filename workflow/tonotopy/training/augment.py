"""Augmentation of study 2 (thesis table 3.2), batched and on the device of the data.

Sizes, scales and steps are uniform per clip; each transform is then applied with its probability.
All parameters come from a generator, so that a resumed training sees the same sounds. Where several
processes share a batch each draws for all of it and keeps what is its own: a clip sounds the same
however many they are.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from tonotopy.training.shares import Share


@dataclass(frozen=True)
class Transform:
    """A uniform range and the probability of being applied to a clip."""

    range: tuple[float, float]
    p: float


@dataclass(frozen=True)
class Augmentation:
    """The four transforms of table 3.2.

    Attributes:
        noise: standard deviation of white noise added to the waveform (full scale is 1).
        pitch_mask: number of mel bands hidden.
        time_mask: number of frames hidden.
        pitch_shift: semitones.
    """

    noise: Transform = field(default_factory=lambda: Transform((0.01, 0.1), 0.5))
    pitch_mask: Transform = field(default_factory=lambda: Transform((2, 4), 0.25))
    time_mask: Transform = field(default_factory=lambda: Transform((4, 64), 0.25))
    pitch_shift: Transform = field(default_factory=lambda: Transform((-0.5, 0.5), 0.5))

    @classmethod
    def from_config(cls, settings: dict) -> "Augmentation":
        """Build from ``{noise: {range: [a, b], p: x}, ...}``; a missing transform never applies."""
        names = ("noise", "pitch_mask", "time_mask", "pitch_shift")
        off = {"range": (0.0, 0.0), "p": 0.0}
        chosen = {name: {**off, **settings.get(name, {})} for name in names}
        return cls(**{n: Transform(tuple(s["range"]), s["p"]) for n, s in chosen.items()})

    @property
    def alters_waveforms(self) -> bool:
        """Whether spectrograms must be computed anew every epoch."""
        return self.noise.p > 0


def _uniform(share: Share, rng: torch.Generator) -> Tensor:
    """Return a number in [0, 1) per clip of the share."""
    return torch.rand(share.total, generator=rng)[share.slice]


def _draw(transform: Transform, share: Share, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    low, high = transform.range
    value = low + (high - low) * _uniform(share, rng)
    return value, _uniform(share, rng) < transform.p


def add_noise(
    waveforms: Tensor, transform: Transform, rng: torch.Generator, share: Share | None = None
) -> Tensor:
    """Add white noise to some clips.

    Each clip's noise has a generator of its own, on the device of the clips: samples are many, and
    a process need not draw those of others.

    Args:
        waveforms: shape (clips, samples).
        transform: standard deviation.
        rng: source of the parameters.
        share: of the batch, if this is not all of it.
    """
    share = share or Share.of(len(waveforms))
    scale, applied = _draw(transform, share, rng)
    seeds = torch.randint(2**62, (share.total,), generator=rng)[share.slice]
    noisy, own = waveforms.clone(), torch.Generator(waveforms.device)
    for clip in applied.nonzero().flatten().tolist():
        own.manual_seed(int(seeds[clip]))
        noise = torch.randn(waveforms.shape[1], generator=own, device=waveforms.device)
        noisy[clip] += float(scale[clip]) * noise
    return noisy


def shift_pitch(
    log_mel: Tensor,
    transform: Transform,
    rng: torch.Generator,
    rate: int,
    share: Share | None = None,
) -> Tensor:
    """Shift the pitch of some clips along the mel axis, without changing time.

    A sound shifted by s semitones has at frequency f what it had at f * 2 ** (-s / 12); bands are
    interpolated linearly between their centres (HTK mel scale) and the lowest and highest band
    stand for what lies outside.

    Args:
        log_mel: shape (clips, mels, frames), bands from 0 Hz to half of ``rate``.
        transform: semitones.
        rng: source of the parameters.
        rate: sampling rate in Hz.
        share: of the batch, if this is not all of it.
    """
    steps, applied = _draw(transform, share or Share.of(len(log_mel)), rng)
    mels = log_mel.shape[1]
    top = 2595 * torch.log10(torch.tensor(1 + rate / 2 / 700))
    spacing = top / (mels + 1)
    centres = 700 * (10 ** (torch.arange(1, mels + 1) * spacing / 2595) - 1)
    ratio = 2 ** (-(steps * applied) / 12)
    sources = 2595 * torch.log10(1 + centres * ratio[:, None] / 700) / spacing - 1
    sources = sources.clamp(0, mels - 1)
    below = sources.floor().long().clamp(max=mels - 2)
    weight = (sources - below)[..., None].to(log_mel)
    below = below[..., None].expand_as(log_mel).to(log_mel.device)
    return log_mel.gather(1, below) * (1 - weight) + log_mel.gather(1, below + 1) * weight


def mask(
    spectrograms: Tensor,
    transform: Transform,
    rng: torch.Generator,
    axis: int,
    share: Share | None = None,
) -> Tensor:
    """Hide a run of bands (axis 1) or frames (axis 2) of some clips behind 0, the training mean.

    Args:
        spectrograms: normalised, shape (clips, mels, frames).
        transform: size of the run, rounded to a whole number.
        rng: source of the parameters.
        axis: 1 or 2.
        share: of the batch, if this is not all of it.
    """
    share = share or Share.of(len(spectrograms))
    size, applied = _draw(transform, share, rng)
    length = spectrograms.shape[axis]
    size = size.round().clamp(max=length) * applied
    start = (_uniform(share, rng) * (length - size + 1)).floor()
    place = torch.arange(length)
    hidden = (place >= start[:, None]) & (place < (start + size)[:, None])
    hidden = hidden[:, :, None] if axis == 1 else hidden[:, None, :]
    return spectrograms.masked_fill(hidden.to(spectrograms.device), 0.0)
