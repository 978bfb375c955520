"""Where sound can be augmented on its way through each front end.

Imports nothing heavy, so that a configuration is checked without torch.
"""

from tonotopy.errors import InputError, nearest

DEFAULT = "log_mel"  # entries and bundles that do not name a kind mean this one

# in the order in which a front end passes them
ORDER = ("waveform", "log_mel", "spectrogram")
MEANING = {
    "waveform": "the samples",
    "log_mel": "the log mel spectrum before normalisation, on HTK's scale",
    "spectrogram": "the network's input where it is (mels, frames) and 0 lies near the mean",
}
DOMAINS = {
    "log_mel": ("waveform", "log_mel", "spectrogram"),
    "log10_mel": ("waveform", "log_mel", "spectrogram"),
    "kaldi": ("waveform", "spectrogram"),
    "efficientat": ("waveform", "spectrogram"),
    "panns": ("waveform",),  # decibels: 0 is loud, not the mean
    "vggish": ("waveform",),  # patches of (frames, mels)
    "waveform": ("waveform",),
    "picture": (),  # no sound
}


def domains(front_end: dict) -> tuple[str, ...]:
    """Return the domains that a front end passes, in order.

    Args:
        front_end: its settings; ``kind`` is log_mel if absent.

    Raises:
        InputError: unknown kind.
    """
    kind = front_end.get("kind", DEFAULT)
    if kind not in DOMAINS:
        raise InputError(f"no front end of kind '{kind}'{nearest(kind, DOMAINS)}")
    return DOMAINS[kind]
