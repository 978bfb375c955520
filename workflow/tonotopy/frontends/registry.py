"""Front ends by the name that config.yaml and network.json give them."""

from dataclasses import asdict, fields

from tonotopy.errors import InputError, nearest
from tonotopy.frontends.domains import DEFAULT
from tonotopy.frontends.efficientat import EfficientATLogMel, EfficientATSettings
from tonotopy.frontends.kaldi import KaldiFilterBank, KaldiSettings
from tonotopy.frontends.log10_mel import Log10Mel, Log10MelSettings
from tonotopy.frontends.log_mel import LogMel, LogMelSettings
from tonotopy.frontends.panns import PANNsLogMel, PANNsSettings
from tonotopy.frontends.picture import Picture, PictureSettings
from tonotopy.frontends.stages import FrontEnd
from tonotopy.frontends.vggish import VGGishPatches, VGGishSettings
from tonotopy.frontends.waveform import Waveform, WaveformSettings

FRONT_ENDS = {
    "log_mel": (LogMelSettings, LogMel),
    "log10_mel": (Log10MelSettings, Log10Mel),
    "kaldi": (KaldiSettings, KaldiFilterBank),
    "vggish": (VGGishSettings, VGGishPatches),
    "panns": (PANNsSettings, PANNsLogMel),
    "efficientat": (EfficientATSettings, EfficientATLogMel),
    "waveform": (WaveformSettings, Waveform),
    "picture": (PictureSettings, Picture),
}


def build(settings: dict) -> FrontEnd:
    """Build a front end from plain settings.

    Args:
        settings: ``kind`` (log_mel if absent) and any of that kind's settings; the others keep
            their published defaults.

    Returns:
        A module from waveforms (clips, samples) in [-1, 1] to network input, with ``settings``.

    Raises:
        InputError: unknown kind or key, or a value that the front end refuses.
    """
    values = dict(settings)
    kind = values.pop("kind", DEFAULT)
    if kind not in FRONT_ENDS:
        raise InputError(f"no front end of kind '{kind}'{nearest(kind, FRONT_ENDS)}")
    declared, front_end = FRONT_ENDS[kind]
    allowed = [field.name for field in fields(declared)]
    for key in values:
        if key not in allowed:
            raise InputError(f"front end '{kind}' has no setting '{key}'{nearest(key, allowed)}")
    try:
        return front_end(declared(**values))
    except (TypeError, ValueError, AssertionError) as error:  # torchaudio asserts
        raise InputError(f"front end '{kind}' with {values}: {error}") from error


def describe(front_end: FrontEnd) -> dict:
    """Return plain settings, with their kind, from which `build` makes the same front end.

    Raises:
        InputError: the front end is of no registered kind.
    """
    for kind, (_, kind_class) in FRONT_ENDS.items():
        if type(front_end) is kind_class:
            return {"kind": kind, **asdict(front_end.settings)}
    raise InputError(
        f"{type(front_end).__name__} is no registered front end (known: {', '.join(FRONT_ENDS)})"
    )
