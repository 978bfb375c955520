"""Pictures of sounds as networks hear them, and of sounds that are heard as plain samples."""

import numpy as np
import torch
from scipy.signal import stft
from torch import Tensor

from tonotopy.frontends.stages import FrontEnd

SEGMENT = 256  # samples of a spectrogram's window
FLOOR = -80.0  # dB below the largest value, the least that is shown


def spectrogram(sound: np.ndarray) -> np.ndarray:
    """Return decibels below the largest value, at least `FLOOR`: (samples,) to (bands, frames).

    Bands are linear in frequency, the lowest first. A silent sound is `FLOOR` everywhere.
    """
    _, _, values = stft(sound.astype(np.float64), nperseg=SEGMENT, noverlap=SEGMENT // 2)
    power = np.abs(values) ** 2
    largest = power.max()
    if not largest:
        return np.full(power.shape, FLOOR, dtype=np.float32)
    decibels = 10 * np.log10(np.maximum(power / largest, 10 ** (FLOOR / 10)))
    return decibels.astype(np.float32)


@torch.no_grad()
def picture(front_end: FrontEnd, sound: Tensor) -> np.ndarray:
    """Return a sound as a front end gives it to a network, the lowest band first.

    Args:
        front_end: of any kind; of plain samples the picture is their `spectrogram`.
        sound: shape (samples,), in [-1, 1], on the front end's device.

    Returns:
        Shape (bands, frames), float32; patches one after the other.
    """
    if front_end.raw:
        return spectrogram(sound.cpu().numpy())
    given = front_end(sound[None])[0]
    if given.ndim == 3:  # patches of (frames, mels)
        given = given.flatten(0, 1).T
    return given.float().cpu().numpy()


def width(front_end: FrontEnd, frames: int, samples: float) -> float:
    """Return the length in s of a picture, see `picture`.

    Args:
        front_end: that it is of.
        frames: of the picture.
        samples: of the sound, which is as long as the picture where the front end has no hop.
    """
    settings = front_end.settings
    if hasattr(settings, "hop"):
        return frames * settings.hop / settings.rate
    if hasattr(settings, "hop_ms"):
        return frames * settings.hop_ms / 1000
    return samples / settings.rate
