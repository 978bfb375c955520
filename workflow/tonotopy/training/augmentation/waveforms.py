"""Transforms of waveforms, before any front end: `Clips` of shape (clips, samples)."""

import torch
from scipy.signal import firwin
from torch import Tensor
from torch.nn.functional import pad
from torchaudio.functional import fftconvolve

from tonotopy.errors import InputError
from tonotopy.training.augmentation.declared import (
    Crop,
    Gain,
    Noise,
    PassFilter,
    RelativeNoise,
    Silence,
)
from tonotopy.training.augmentation.draws import between, drawn, integers, uniform
from tonotopy.training.clips import Clips

ZERO_CROSSINGS = 8  # of a pass filter's sinc, on either side of its centre


def add_noise(clips: Clips, settings: Noise, rng: torch.Generator) -> Clips:
    """Add white noise of a drawn standard deviation to some clips (study 2: thesis table 3.2)."""
    scale, applied = drawn(settings, clips.share, rng)
    return _with_noise(clips, scale, applied, rng)


def add_relative_noise(clips: Clips, settings: RelativeNoise, rng: torch.Generator) -> Clips:
    """Add white noise to some clips, as loud as a drawn share of the clip (study 3: table A.1).

    What the table calls a signal-to-noise ratio of 0.001 to 0.1 is the inverse: in the package it
    was applied with (torchaudio-augmentations), the noise's standard deviation over the clip's, of
    20 to 60 dB below it.
    """
    share, applied = drawn(settings, clips.share, rng)
    scale = share * clips.sounds.std(dim=1, correction=0).cpu()
    return _with_noise(clips, scale, applied, rng)


def _with_noise(clips: Clips, scale: Tensor, applied: Tensor, rng: torch.Generator) -> Clips:
    """Return clips of which some have white noise of a standard deviation each.

    Each clip's noise has a generator of its own, on the device of the clips: samples are many, and
    a process need not draw those of others.
    """
    waveforms = clips.sounds
    seeds = torch.randint(2**62, (clips.share.total,), generator=rng)[clips.share.slice]
    noisy, own = waveforms.clone(), torch.Generator(waveforms.device)
    for clip in applied.nonzero().flatten().tolist():
        own.manual_seed(int(seeds[clip]))
        noise = torch.randn(waveforms.shape[1], generator=own, device=waveforms.device)
        noisy[clip] += float(scale[clip]) * noise
    return clips._replace(sounds=noisy)


def change_gain(clips: Clips, settings: Gain, rng: torch.Generator) -> Clips:
    """Make some clips louder or softer, clipped at full scale (study 3: thesis table A.1)."""
    waveforms = clips.sounds
    decibels, applied = drawn(settings, clips.share, rng)
    factor = (10 ** (decibels / 20))[:, None].to(waveforms)
    louder = (waveforms * factor).clamp(-1, 1)
    applied = applied[:, None].to(waveforms.device)
    return clips._replace(sounds=torch.where(applied, louder, waveforms))


def filter_pass(clips: Clips, settings: PassFilter, rng: torch.Generator) -> Clips:
    """High-pass or low-pass some clips (study 3: thesis table A.1).

    Per clip are drawn: which of the two, the cutoff, whether. The low-pass is a sinc of eight zero
    crossings on either side below a Hann window, of unit gain at 0 Hz and without delay; the
    high-pass is what it takes away. At the ends of a clip its first and last sample stand for what
    lies outside.

    Raises:
        InputError: a cutoff of half the rate or more.
    """
    top = max(settings.highpass[1], settings.lowpass[1])
    if top >= clips.rate / 2:
        raise InputError(
            f"augmentation 'pass_filter': a cutoff of {top:g} Hz is not below half the rate, "
            f"{clips.rate / 2:g} Hz"
        )
    share, waveforms = clips.share, clips.sounds
    high = uniform(share, rng) < 0.5
    at = uniform(share, rng)
    cutoff = torch.where(high, between(settings.highpass, at), between(settings.lowpass, at))
    applied = uniform(share, rng) < settings.p
    filtered = waveforms.clone()
    for clip in applied.nonzero().flatten().tolist():
        low = _lowpass(waveforms[clip], float(cutoff[clip]), clips.rate)
        filtered[clip] = waveforms[clip] - low if high[clip] else low
    return clips._replace(sounds=filtered)


def _lowpass(waveform: Tensor, cutoff: float, rate: int) -> Tensor:
    """What of a waveform (samples,) lies below a cutoff in Hz."""
    half = int(ZERO_CROSSINGS * rate / cutoff / 2)
    taps = torch.from_numpy(firwin(2 * half + 1, cutoff, window="hann", fs=rate)).to(waveform)
    outside = pad(waveform[None], (half, half), mode="replicate")[0]
    return fftconvolve(outside, taps, mode="valid")


def crop(clips: Clips, settings: Crop, rng: torch.Generator) -> Clips:
    """Keep a random stretch of every clip (study 4: thesis section 4.4.1).

    Its length is the same for all clips, its first sample is drawn evenly from all that leave room
    for it. Clips that are not longer stay as they are.

    Raises:
        InputError: the stretch is shorter than a sample.
    """
    length, samples = round(settings.seconds * clips.rate), clips.sounds.shape[1]
    if length < 1:
        raise InputError(
            f"augmentation 'crop': {settings.seconds:g} s are less than a sample at {clips.rate} Hz"
        )
    if samples <= length:
        return clips
    starts = integers(clips.share, samples - length, rng)
    return clips._replace(sounds=excerpts(clips.sounds, starts, length))


def excerpts(waveforms: Tensor, starts: Tensor, length: int) -> Tensor:
    """Return a stretch of each waveform.

    Args:
        waveforms: shape (clips, samples).
        starts: first sample of each stretch, int64 (clips,), on any device.
        length: of all stretches, in samples.

    Returns:
        Shape (clips, length).
    """
    every = torch.arange(len(waveforms), device=waveforms.device)
    return waveforms.unfold(1, length, 1)[every, starts.to(waveforms.device)]


def silence(clips: Clips, settings: Silence, rng: torch.Generator) -> Clips:
    """Set stretches of some clips to 0 (study 4: thesis section 4.3.1, random time masking).

    Per clip are drawn: how many stretches, the length and the place of each, whether. Stretches
    may overlap; none is longer than the clip.
    """
    share, samples = clips.share, clips.sounds.shape[1]
    longest = min(round(settings.seconds * clips.rate), samples)
    count = integers(share, settings.most, rng)
    position, silent = torch.arange(samples), torch.zeros(len(count), samples, dtype=torch.bool)
    for stretch in range(settings.most):
        size = integers(share, longest, rng)
        start = integers(share, samples - size, rng)
        inside = (position >= start[:, None]) & (position < (start + size)[:, None])
        silent |= inside & (stretch < count)[:, None]
    silent &= (uniform(share, rng) < settings.p)[:, None]
    return clips._replace(sounds=clips.sounds.masked_fill(silent.to(clips.sounds.device), 0.0))
