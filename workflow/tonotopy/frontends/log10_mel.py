"""Base-10 log-mel magnitudes of study 3, and the spectrum that sound is rendered from."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tonotopy.frontends.mel import LogMelScale, htk_filters
from tonotopy.frontends.samples import at_least
from tonotopy.frontends.stages import FrontEnd

WINDOWS = {"hamming": torch.hamming_window, "hann": torch.hann_window}  # periodic


@dataclass(frozen=True)
class Log10MelSettings:
    """The numbers of study 3's front end (thesis appendix A.1; the defaults are the music's).

    The tones of the thesis's section 4.1 are heard with window 400, hop 240, 64 mels and 64 frames.

    Attributes:
        rate: sampling rate in Hz.
        window: length of the window and of the transform in samples.
        hop: step between frames in samples, shorter than the window.
        window_function: hamming (equation 2.25) or hann, which the author's code has.
        mels: number of mel bands (HTK scale, triangles of peak 1).
        low_hz: lower edge of the lowest band.
        high_hz: upper edge of the highest band.
        frames: the clip's frames are cut or padded with silence to this number.
        floor: mel magnitude added before the logarithm.
        clamp: smallest log10 magnitude that the network is given.
    """

    rate: int = 16000
    window: int = 800
    hop: int = 360
    window_function: str = "hamming"
    mels: int = 128
    low_hz: float = 0.0
    high_hz: float = 8000.0
    frames: int = 128
    floor: float = 1e-7
    clamp: float = -4.0


class Log10Mel(FrontEnd):
    """max(log10(mel magnitude + floor), clamp), on any device.

    The spectrum is its magnitude, not its power: so appendix A.1 and equation 2.27 have it,
    although section 2.3.1.2 speaks of squares, and only so a clip of unit peak stays within the
    range of -4 to 3 that A.1 reports. Frames are centred, edges are reflected. Features are all
    frames of the clip before the clamp, so that a stretch in time has frames to draw on.
    """

    def __init__(self, settings: Log10MelSettings):
        super().__init__()
        _check(settings)
        self.settings = settings
        window = WINDOWS[settings.window_function](settings.window)
        self.register_buffer("window", window, persistent=False)
        filters = htk_filters(
            settings.mels, settings.window, settings.rate, settings.low_hz, settings.high_hz
        )
        self.register_buffer("filters", filters.T.contiguous(), persistent=False)

    @property
    def scale(self) -> LogMelScale:
        """Base 10, the settings' bands and floor."""
        settings = self.settings
        return LogMelScale(settings.low_hz, settings.high_hz, settings.floor, 10.0)

    def spectrum(self, waveforms: Tensor) -> Tensor:
        """Return the complex spectrum of what the network hears (equation 2.21).

        Args:
            waveforms: shape (clips, samples), in [-1, 1].

        Returns:
            Shape (clips, window // 2 + 1, frames): cut, or padded with zeros on the right.

        Raises:
            ValueError: the waveforms have another number of axes.
        """
        return self._fitted(self._spectrum(waveforms), 0.0)

    def mel(self, spectrum: Tensor) -> Tensor:
        """Return mel magnitudes (..., mels, frames) of (..., window // 2 + 1, frames), eq. 2.27."""
        return self.filters @ spectrum.abs()

    def mel_power(self, waveforms: Tensor) -> Tensor:
        """Return the filters' sums of power, not magnitude, on the network's grid.

        Args:
            waveforms: shape (clips, samples).

        Returns:
            Shape (clips, mels, frames): parts that do not cohere have powers that add up.
        """
        return self.filters @ self.spectrum(waveforms).abs().square()

    def waveform(self, spectrum: Tensor, samples: int) -> Tensor:
        """Return the sound of a complex spectrum by overlap-add (equations 3.17 and 3.18).

        Args:
            spectrum: shape (clips, window // 2 + 1, frames).
            samples: length of the clips.

        Returns:
            Shape (clips, samples); silence after the last frame's centre, (frames - 1) * hop.
        """
        settings = self.settings
        sound = torch.istft(spectrum, settings.window, settings.hop, window=self.window)
        return nn.functional.pad(sound, (0, samples - sound.shape[-1]))  # negative: cut

    def features(self, waveforms: Tensor) -> Tensor:
        """Return log10(mel magnitude + floor) of all frames.

        Args:
            waveforms: shape (clips, samples), in [-1, 1]; a clip of window // 2 samples or fewer is
                padded with silence on the right.

        Returns:
            Shape (clips, mels, 1 + samples // hop).

        Raises:
            ValueError: the waveforms have another number of axes.
        """
        return self.scale.log(self.mel(self._spectrum(waveforms)))

    def finish(self, features: Tensor) -> Tensor:
        """Return features cut or padded with silence to the frames, and clamped."""
        silence = math.log10(self.settings.floor)
        return self._fitted(features, silence).clamp_min(self.settings.clamp)

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return what the network is given, shape (clips, mels, frames), see `features`."""
        return self.finish(self.features(waveforms))

    def _spectrum(self, waveforms: Tensor) -> Tensor:
        """All frames of the clips, shape (clips, window // 2 + 1, 1 + samples // hop)."""
        settings = self.settings
        return torch.stft(
            at_least(waveforms, settings.window // 2 + 1),
            settings.window,
            settings.hop,
            window=self.window,
            center=True,
            pad_mode="reflect",
            return_complex=True,
        )

    def _fitted(self, frames: Tensor, silence: float) -> Tensor:
        missing = self.settings.frames - frames.shape[-1]
        return nn.functional.pad(frames, (0, missing), value=silence)  # negative: cut


def _check(settings: Log10MelSettings) -> None:
    if settings.window_function not in WINDOWS:
        raise ValueError(
            f"no window_function '{settings.window_function}', expected {' or '.join(WINDOWS)}"
        )
    if not 0 < settings.hop < settings.window:
        raise ValueError(
            f"hop {settings.hop} must lie between 0 and the window, {settings.window} samples"
        )
    if not 0 <= settings.low_hz < settings.high_hz <= settings.rate / 2:
        raise ValueError(
            f"bands from {settings.low_hz} to {settings.high_hz} Hz do not fit below half the "
            f"rate, {settings.rate / 2} Hz"
        )
    if settings.floor <= 0:
        raise ValueError(f"floor must be positive, not {settings.floor}")
