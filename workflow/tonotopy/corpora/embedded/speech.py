"""Speech from the espeak-ng library that the package espeakng-loader ships.

The library keeps state between utterances (the flutter of the voice runs on), speaks for one thread
at a time and cannot be reset: it is unloaded and loaded again for every utterance, so that one
depends on its own arguments alone. Call it in worker processes, not in a process with other users
of the library: then it would stay loaded.
"""

import _ctypes
import ctypes
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from tonotopy.errors import InputError, nearest

RATE = 22050  # Hz
SYNCHRONOUS, DONT_EXIT = 2, 0x8000
SPEED, VOLUME, PITCH, SPAN = 1, 2, 3, 4  # espeak_PARAMETER
UTF8, PHONEMES = 0x1, 0x100
CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)

# Variants of a voice are our speakers. Left out: breathy and Klatt voices, which draw on the C
# library's random numbers, robots, and voices that need more than a second for a word. Kin (steph,
# steph2) stay in one split.
NAMES = {
    "train": "Andrea Andy Annie Diogo Gene Gene2 Henrique Michael Mike Nguyen RicishayMax "
    "RicishayMax2 RicishayMax3 Tweaky anika antonio belinda croak ed grandma grandpa gustave ian "
    "iven iven2 iven3 iven4 john m1 m4 m5 m6 marcelo max michel miguel pedro quincy robert steph "
    "steph2 steph3",
    "validation": "f1 aunty m2 m8 paul Denis Lee kaukovalta travis Mario zac",
    "test": "f4 shelby m3 m7 pablo Alex boris Jacky linda rob Hugo norbert",
}
SPEAKERS = {split: tuple(names.split()) for split, names in NAMES.items()}


@dataclass(frozen=True)
class Voice:
    """Who speaks.

    Attributes:
        language: a language of espeak-ng, such as en-us or fa.
        variant: the speaker, a voice variant such as m3 or f1.
        speed: words per minute, 80 to 450.
        pitch: 0 to 99; 50 is the variant's own.
        span: range of the intonation, 0 to 99; 50 is the variant's own.
    """

    language: str
    variant: str
    speed: int = 175
    pitch: int = 50
    span: int = 50


def say(text: str, voice: Voice) -> np.ndarray:
    """Speak a text; the same arguments always give the same samples.

    Args:
        text: what is said; ``[[...]]`` holds phoneme mnemonics of the language.
        voice: who says it.

    Returns:
        float32 samples in [-1, 1] at 22050 Hz, shape (samples,), with a short silence at the end.

    Raises:
        InputError: the library cannot be loaded, or has no such language or variant.
        ValueError: the text gives no sound.
    """
    _check_unloading()
    return _say(text, voice)


def _say(text: str, voice: Voice) -> np.ndarray:
    library = _fresh()
    parts = []

    @CALLBACK
    def collect(samples, count, _events):
        if count > 0:
            parts.append(ctypes.string_at(samples, 2 * count))
        return 0

    library.espeak_SetSynthCallback(collect)
    _choose(library, voice)
    spoken = text.encode()
    library.espeak_Synth(spoken, len(spoken) + 1, 0, 0, 0, UTF8 | PHONEMES, None, None)
    library.espeak_Synchronize()
    sound = np.frombuffer(b"".join(parts), dtype=np.int16)
    if not sound.any():
        raise ValueError(f"'{text}' gives no sound in {voice.language}+{voice.variant}")
    return sound.astype(np.float32) / 32768


def _choose(library, voice: Voice) -> None:
    variants = _variants()
    if voice.variant not in variants:
        raise InputError(
            f"espeak-ng has no voice variant '{voice.variant}'{nearest(voice.variant, variants)}"
        )
    if library.espeak_SetVoiceByName(f"{voice.language}+{voice.variant}".encode()):
        raise InputError(f"espeak-ng has no language '{voice.language}'; en-us and fa are two")
    settings = {SPEED: voice.speed, VOLUME: 100, PITCH: voice.pitch, SPAN: voice.span}
    for parameter, value in settings.items():
        library.espeak_SetParameter(parameter, value, 0)


def _fresh():
    """Load the library as if for the first time."""
    global _loaded
    path, data = _library_paths()
    if _loaded is not None:
        _loaded.espeak_Terminate()
        _ctypes.dlclose(_loaded._handle)
        _loaded = None
    try:
        library = ctypes.CDLL(path)
    except OSError as error:
        raise _unavailable(error) from error
    if (rate := library.espeak_Initialize(SYNCHRONOUS, 0, data.encode(), DONT_EXIT)) != RATE:
        raise _unavailable(f"its data in {data} gave {rate} instead of {RATE} Hz")
    _loaded = library
    return library


_loaded = None


@cache
def _library_paths() -> tuple[str, str]:
    """Paths of the library and of its data."""
    try:
        import espeakng_loader

        return espeakng_loader.get_library_path(), espeakng_loader.get_data_path()
    except (ImportError, RuntimeError) as error:
        raise _unavailable(error) from error


@cache
def _variants() -> frozenset[str]:
    folder = Path(_library_paths()[1], "voices", "!v")
    return frozenset(path.name for path in folder.iterdir())


@cache
def _check_unloading() -> None:
    """Speech repeats only where unloading works; some C libraries merely pretend to unload."""
    first, second = (_say("unloaded", Voice("en-us", "m3")) for _ in range(2))
    if not np.array_equal(first, second):
        raise _unavailable("this system does not unload it, so that clips would depend on order")


def _unavailable(reason) -> InputError:
    return InputError(
        f"speech: the espeak-ng library cannot be used ({reason}); install the pinned "
        "espeakng-loader: pip install --requirement requirements.txt"
    )
