"""Recorded sounds inside the General MIDI sound font, by name.

The synthesizer cuts sounds that are not looped after a few milliseconds (drums, bird, gunshot),
therefore they are read from the file itself. A sound font is a RIFF file: the list ``sdta`` holds
all samples one after the other (``smpl``), the list ``pdta`` says where each begins (``shdr``).
"""

import struct
from dataclasses import dataclass
from functools import cache

import numpy as np
import soxr

from tonotopy.corpora.embedded.sound import FONT
from tonotopy.errors import InputError, nearest

HEADER = struct.Struct("<20s5I2B2H")  # name, start, end, loop start, loop end, rate, ...


@dataclass(frozen=True)
class Recording:
    """A recorded sound.

    Attributes:
        samples: float32 in [-1, 1], shape (samples,).
        rate: sampling rate in Hz at the recorded pitch.
        loop: first and last sample (exclusive) of the part that may repeat.
    """

    samples: np.ndarray
    rate: int
    loop: tuple[int, int]

    def play(self, rate: int, speed: float = 1.0, seconds: float | None = None) -> np.ndarray:
        """Return the sound: float32, shape (samples,).

        Args:
            rate: wanted sampling rate in Hz.
            speed: above 1 shorter and higher, by this factor.
            seconds: if given, repeat the loop up to this length, else play once through.
        """
        sound = self.samples
        if seconds is not None:
            start, end = self.loop
            length = round(seconds * self.rate * speed)
            repeats = max(0, -(-(length - end) // (end - start)))
            sound = np.concatenate([sound[:end], np.tile(sound[start:end], repeats)])[:length]
        return soxr.resample(sound, self.rate * speed, rate, quality="HQ")


def recording(name: str) -> Recording:
    """Return a recorded sound of the sound font.

    Raises:
        InputError: the sound font has no such sound, or is damaged.
    """
    recordings = _recordings()
    if name not in recordings:
        raise InputError(f"{FONT.name} has no sound '{name}'{nearest(name, recordings)}")
    return recordings[name]


@cache
def _recordings() -> dict[str, Recording]:
    content = memoryview(FONT.read_bytes())
    chunks = dict(_chunks(content[12:]))
    try:
        samples = np.frombuffer(chunks[b"smpl"], dtype="<i2")
        headers = list(HEADER.iter_unpack(chunks[b"shdr"]))
    except (KeyError, ValueError, struct.error) as error:
        raise InputError(
            f"{FONT}: damaged sound font ({error}); install pretty-midi again"
        ) from error
    recordings = {}
    for name, start, end, loop_start, loop_end, rate, *_ in headers[:-1]:
        wave = samples[start:end].astype(np.float32) / 32768
        loop = loop_start - start, loop_end - start
        recordings[name.split(b"\0")[0].decode("latin-1")] = Recording(wave, rate, loop)
    return recordings


def _chunks(content: memoryview):
    """Yield (name, content) of the chunks of a RIFF list, those of inner lists among them."""
    position = 0
    while position + 8 <= len(content):
        name, size = struct.unpack_from("<4sI", content, position)
        inner = content[position + 8 : position + 8 + size]
        if name == b"LIST":
            yield from _chunks(inner[4:])
        else:
            yield name, inner
        position += 8 + size + size % 2
