"""Front ends through which the input of a network that hears waveforms is seen."""

import math

from tonotopy.errors import InputError
from tonotopy.frontends import registry as front_ends
from tonotopy.frontends.kaldi import KaldiFilterBank
from tonotopy.frontends.stages import FrontEnd
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.positions import Axis
from tonotopy.similarity.features import columns_of
from tonotopy.similarity.places import Seen

MELS, WINDOW_MS, HOP_MS = 64, 25.0, 10.0  # where nothing is said


def seen_front_end(bundle: Bundle, settings: dict | None, samples: int) -> FrontEnd | None:
    """Return the front end through which a network's input is seen, None where it hears one itself.

    Without settings it is the one whose bands a network's own spectrogram has (``seen_through`` of
    the network), or else log mel: 64 bands to half the rate, Hann windows of 25 ms every 10 ms in a
    transform of at least twice as many samples.

    Args:
        bundle: the network, at whose rate it is.
        settings: of the front end, but for ``rate`` and ``frames``.
        samples: of the clips, which it has as many frames as.

    Raises:
        InputError: the front end refuses the settings at the network's rate, or the network has
            bands of its own and settings are given all the same.
    """
    if not bundle.front_end.raw:
        return None
    own = getattr(bundle.network, "seen_through", None)
    if own and settings:
        raise InputError(
            "seen_through: the network makes a spectrogram of its own inside, whose bands its "
            "patches have: leave it out"
        )
    wanted = {**(settings or own or _log_mel(bundle.rate)), "rate": bundle.rate}
    built = front_ends.build(wanted)
    if not hasattr(built.settings, "frames"):
        return built.to(bundle.device)
    inside = samples - (_window(built) if isinstance(built, KaldiFilterBank) else 0)
    frames = max(inside, 0) // columns_of(built, 1).hop + 1
    return front_ends.build({**wanted, "frames": frames}).to(bundle.device)


def _log_mel(rate: int) -> dict:
    window = WINDOW_MS * rate / 1000
    length = 2 ** math.ceil(math.log2(2 * window))
    shape = {"mels": MELS, "window_ms": WINDOW_MS, "hop_ms": HOP_MS, "n_fft": length}
    return {"kind": "log_mel", **shape}


def seen_cells(front_end: FrontEnd, rows: int, number: int) -> Seen:
    """Return where the cells of so many rows and columns of a front end lie, and those of features.

    Frames have their middle at multiples of the hop; Kaldi's lie inside the clip.
    """
    columns = columns_of(front_end, number)
    first = (_window(front_end) - 1) / 2 if isinstance(front_end, KaldiFilterBank) else 0.0
    times = Axis(first, columns.hop, number)
    return Seen((rows, number), times, Axis(0.0, columns.hop, number))


def _window(front_end: KaldiFilterBank) -> int:
    """Return the samples of a window of Kaldi's."""
    return int(front_end.settings.rate * front_end.settings.window_ms / 1000)
