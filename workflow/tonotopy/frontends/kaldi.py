"""Kaldi filter banks as the Audio Spectrogram Transformer hears them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torchaudio.compliance.kaldi import fbank

from tonotopy.frontends.samples import at_least
from tonotopy.frontends.stages import FrontEnd


@dataclass(frozen=True)
class KaldiSettings:
    """The numbers of AST's front end (Gong et al. 2021, section 2.1; YuanGongND/ast).

    Attributes:
        rate: sampling rate in Hz.
        mels: number of mel bands from 20 Hz to half the rate.
        frames: number of frames; fewer are filled up with zeros before the normalisation, more are
            cut off.
        window_ms: length of the Hann window in ms.
        hop_ms: step between frames in ms.
        mean: mean of the log-mel values of AudioSet; Speech Commands has -6.845978, ESC-50
            -6.6268077.
        std: their standard deviation; the network is given (x - mean) / (2 * std). Speech Commands
            has 5.5654526, ESC-50 5.358466.
        subtract_mean: take the mean of all samples of a clip off first, as the original code does;
            transformers' ASTFeatureExtractor does not.
    """

    rate: int = 16000
    mels: int = 128
    frames: int = 1024
    window_ms: float = 25.0
    hop_ms: float = 10.0
    mean: float = -4.2677393
    std: float = 4.5689974
    subtract_mean: bool = True


class KaldiFilterBank(FrontEnd):
    """Normalised log-mel filter bank energies of Kaldi without dither, on any device.

    Frames lie inside the clip (no padding at its edges), each with its mean removed and a
    pre-emphasis of 0.97.
    """

    def __init__(self, settings: KaldiSettings):
        super().__init__()
        if settings.std <= 0:
            raise ValueError(f"std must be positive, not {settings.std}")
        self.settings = settings

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return what the network is given.

        Args:
            waveforms: shape (clips, samples), in [-1, 1]; a clip shorter than one window is padded
                with silence on the right.

        Returns:
            Shape (clips, mels, frames); absent frames are (0 - mean) / (2 * std).

        Raises:
            ValueError: the waveforms have another number of axes.
        """
        settings = self.settings
        window = int(settings.rate * settings.window_ms / 1000)
        if settings.subtract_mean:
            waveforms = waveforms - waveforms.mean(dim=-1, keepdim=True)
        banks = torch.stack([self._bank(wave) for wave in at_least(waveforms, window)])
        missing = settings.frames - banks.shape[1]
        filled = nn.functional.pad(banks, (0, 0, 0, missing))  # negative where frames are cut
        return ((filled - settings.mean) / (2 * settings.std)).transpose(1, 2)

    def _bank(self, wave: Tensor) -> Tensor:
        """Log-mel energies (frames, mels) of one clip (samples,)."""
        settings = self.settings
        return fbank(
            wave[None],
            sample_frequency=settings.rate,
            frame_length=settings.window_ms,
            frame_shift=settings.hop_ms,
            num_mel_bins=settings.mels,
            window_type="hanning",
            htk_compat=True,
            use_energy=False,
            dither=0.0,
        )
