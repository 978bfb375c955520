"""Reconstruct: a codec is trained to give back what it hears, at first without its codebooks."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.networks.residual_quantiser import Quantised, ResidualQuantiser
from tonotopy.networks.small_codec import SmallCodec
from tonotopy.training.listening import Batch
from tonotopy.training.settings import ReconstructionSettings
from tonotopy.training.shares import gathered


@dataclass(frozen=True)
class Reconstruct:
    """Waveform and spectra of what is decoded against what was heard.

    The first share of the training has continuous latents; then the codebooks start at the latents
    of a batch and follow those of every further one. In validation all codebooks are used from the
    beginning on, so that scores of different epochs can be compared.

    Attributes:
        settings: what the loss is made of.
    """

    settings: ReconstructionSettings
    metric = "validation_snr"
    whole = False
    answers_classes = False

    def targets(self, corpus: Corpus) -> np.ndarray:
        """Return zeros, int64, shape (clips,): the clips themselves are what is asked for."""
        return np.zeros(len(corpus), dtype=np.int64)

    def loss(self, network: SmallCodec, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the loss over the own clips, and the energies of each clip and of its error.

        In training the codebooks learn from the latents of all clips of the batch, those of other
        processes too.

        Returns:
            A number, and shape (clips, 2).

        Raises:
            InputError: clips that are shorter than a window.
        """
        view = batch.view()
        sounds = view.sounds
        self._check(sounds)
        latents, commitment = network.encode(sounds), sounds.new_zeros(())
        if not batch.training:
            latents, _ = network.quantiser(latents)
        elif batch.progress >= self.settings.unquantised:
            everyone = gathered(latents.detach(), view.share)
            latents, commitment = self._quantised(network.quantiser, latents, everyone, batch.rng)
        decoded = network.decode(latents, sounds.shape[1]).float()
        loss = self._difference(decoded, sounds) + self.settings.commitment * commitment
        return loss, energies(sounds, decoded.detach())

    def score(self, targets: np.ndarray, energies: np.ndarray) -> float:
        """Return the signal-to-noise ratio over all clips, in dB."""
        signal, error = energies.sum(axis=0, dtype=np.float64)
        return float(10 * np.log10(signal / error))

    def _quantised(
        self, quantiser: ResidualQuantiser, latents: Tensor, everyone: Tensor, rng: torch.Generator
    ) -> Quantised:
        """Return latents quantised, and let the quantiser learn from those of all clips."""
        if not quantiser.started:
            quantiser.start(everyone, rng)
        quantised = quantiser(latents)
        quantiser.learn(everyone, rng)
        return quantised

    def _difference(self, decoded: Tensor, sounds: Tensor) -> Tensor:
        """Return how much waveforms (clips, samples) differ, by themselves and by their spectra."""
        spectral = [
            l1_loss(magnitudes(decoded, window), magnitudes(sounds, window))
            for window in self.settings.windows
        ]
        return l1_loss(decoded, sounds) + self.settings.spectral * torch.stack(spectral).mean()

    def _check(self, sounds: Tensor) -> None:
        longest, samples = max(self.settings.windows), sounds.shape[1]
        if samples < longest:
            raise InputError(
                f"training.reconstruct.windows: a window of {longest} samples cannot be taken from "
                f"clips of {samples}; give shorter windows"
            )


def energies(sounds: Tensor, decoded: Tensor) -> Tensor:
    """Return the energy of each clip (clips, samples) and of its error, shape (clips, 2)."""
    return torch.stack([x.square().sum(dim=1) for x in (sounds, sounds - decoded)], dim=1)


def magnitudes(waveforms: Tensor, window: int) -> Tensor:
    """Return spectral magnitudes of waveforms (clips, samples).

    Hann windows, a quarter of a window apart, that lie inside the clip; scaled so that white noise
    has the same magnitudes at every window length.

    Returns:
        Shape (clips, window // 2 + 1, frames).
    """
    shape = torch.hann_window(window, dtype=waveforms.dtype, device=waveforms.device)
    spectra = torch.stft(
        waveforms, window, window // 4, window=shape, center=False, return_complex=True
    )
    return spectra.abs() / shape.square().sum().sqrt()
