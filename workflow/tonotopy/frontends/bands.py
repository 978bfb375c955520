"""The frequencies of mel bands, for every front end that has them."""

import numpy as np

from tonotopy.compiled import librosa
from tonotopy.frontends.panns import PANNsLogMel
from tonotopy.frontends.stages import FrontEnd


def band_centres(front_end: FrontEnd) -> np.ndarray:
    """Return the centre frequency of every mel band in Hz, shape (mels,).

    Centres are even on HTK's mel scale, which is Kaldi's too, or on Slaney's (PANNs).
    """
    settings = front_end.settings
    low, high = 20.0, settings.rate / 2  # what Kaldi's front end hears, which says neither
    if front_end.scale is not None:
        low, high = front_end.scale.low_hz, front_end.scale.high_hz
    elif hasattr(settings, "low_hz"):
        low, high = settings.low_hz, settings.high_hz
    htk = not isinstance(front_end, PANNsLogMel)
    return librosa.mel_frequencies(settings.mels + 2, fmin=low, fmax=high, htk=htk)[1:-1]
