"""From masked mel magnitudes back to sound (study 3: thesis section 3.3)."""

import numpy as np
import torch
from scipy.optimize import nnls
from torch import Tensor

from tonotopy.errors import InputError, nearest
from tonotopy.frontends.log10_mel import Log10Mel

CONVENTIONS = ("printed", "gain")


def mel_pseudo_inverse(filters: np.ndarray) -> np.ndarray:
    """Return the non-negative pseudo-inverse of mel filters (equation 3.14).

    Row k holds the non-negative weights of the mel bands whose weighted filters come closest, in
    least squares, to picking frequency bin k alone: min ||filters x_k - e_k||, x_k >= 0. It is
    solved once for a front end, bin by bin, and then is a matrix for all clips (equation 3.15).
    Non-negative least squares frame by frame (librosa's ``mel_to_stft``) fits each frame's mel
    magnitudes more closely, but costs a solution a frame, and its spectra are sparse: with an exact
    solver no more bins sound in a frame than there are bands.

    Args:
        filters: shape (bins, mels), at least 0.

    Returns:
        Shape (bins, mels), at least 0; a bin that no filter hears has a row of zeros.
    """
    filters = np.asarray(filters, dtype=np.float64)
    return np.stack([nnls(filters, unit)[0] for unit in np.eye(len(filters))])


class Renderer:
    """Renders what masks on the mel spectrogram leave of a clip.

    Args:
        front_end: whose mel spectrogram is masked; its pseudo-inverse is solved here, once.
    """

    def __init__(self, front_end: Log10Mel):
        self.front_end = front_end
        filters = front_end.filters
        solved = mel_pseudo_inverse(filters.T.cpu().numpy())
        self.pseudo_inverse = torch.from_numpy(solved).to(filters)

    def magnitudes(self, mel: Tensor) -> Tensor:
        """Return magnitudes (..., bins, frames) of mel magnitudes (..., mels, frames), eq. 3.15."""
        return self.pseudo_inverse.to(mel) @ mel

    def render(self, waveforms: Tensor, masks: Tensor, convention: str = "printed") -> Tensor:
        """Return the sound of masked mel spectrograms in the clips' own phase (3.13 to 3.18).

        Loudness is left as it comes out.

        Args:
            waveforms: shape (clips, samples), in [-1, 1].
            masks: shape (clips, masks, mels, frames), at least 0; what the mel magnitudes are
                multiplied by.
            convention: ``printed``: magnitudes are the pseudo-inverse of the masked mel magnitudes
                (equation 3.15), which smooths the spectrum even where the mask is 1. ``gain``: the
                clip's own magnitudes times the ratio of these to the pseudo-inverse of the mel
                magnitudes without the mask, so that a mask of 1 gives the clip back.

        Returns:
            Shape (clips, masks, samples); silence after the last frame's centre.

        Raises:
            InputError: unknown convention.
            ValueError: masks of another shape.
        """
        if convention not in CONVENTIONS:
            raise InputError(f"no rendering '{convention}'{nearest(convention, CONVENTIONS)}")
        spectrum = self.front_end.spectrum(waveforms)[:, None]
        mel = self.front_end.mel(spectrum)
        if masks.ndim != 4 or (len(masks), *masks.shape[2:]) != (len(mel), *mel.shape[2:]):
            expected = f"({len(mel)}, masks, {mel.shape[2]}, {mel.shape[3]})"
            raise ValueError(f"expected masks of {expected}, got {tuple(masks.shape)}")
        magnitudes = self.magnitudes(masks * mel)
        if convention == "printed":
            masked = magnitudes * spectrum.sgn()  # the clip's phase; 0 where the clip is silent
        else:
            whole = self.magnitudes(mel)
            masked = spectrum * torch.where(whole > 0, magnitudes / whole, 0.0)
        sounds = self.front_end.waveform(masked.flatten(0, 1), waveforms.shape[1])
        return sounds.unflatten(0, masked.shape[:2])
