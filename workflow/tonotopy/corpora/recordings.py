"""One file's sound, decoded to its real end in little memory."""

from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path

import numpy as np
import soundfile

from tonotopy.corpora.pieces import PieceFile
from tonotopy.corpora.streams import pieces_of
from tonotopy.errors import InputError

# formats and encodings of which a part can be sought and equals the part of the whole
EXACT_FORMATS = ("WAV", "WAVEX", "RF64", "W64", "FLAC", "AIFF", "AU", "CAF")
EXACT_ENCODINGS = ("PCM", "FLOAT", "DOUBLE", "ULAW", "ALAW")
BLOCK = 1 << 16  # frames that are decoded at a time
KEPT = 1 << 23  # values up to which what was decoded for its length is kept: 32 MiB


class Recording:
    """The sound of a file.

    Args:
        path: of the file.

    Attributes:
        path: of the file.
        rate: sampling rate in Hz.
        channels: their number.
        kept: all of it, shape (frames, channels), once it was decoded to know its length and is
            short; else None.
    """

    def __init__(self, path: str | Path):
        self.path = path
        self._pieces = pieces_of(path)
        with closing(self._files()) as files, next(files) as file:
            self.rate, self.channels = file.samplerate, file.channels
            self._announced = file.frames
        self._exact = not self._pieces and _is_exact(path)
        self.kept: np.ndarray | None = None

    @cached_property
    def frames(self) -> int:
        """Number of samples of each channel; counted by decoding all where it may be wrong."""
        if self._exact:
            return self._announced
        blocks: list[np.ndarray] | None = []
        count = 0
        for block in self.blocks():
            count += len(block)
            if blocks is not None:
                blocks.append(block)
            if count * self.channels > KEPT:
                blocks = None
        if blocks is not None:
            self.kept = self._joined(blocks)
        return count

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield all of the sound in turn: float32, shape (frames, channels), at most `BLOCK` each.

        Raises:
            InputError: a further stream has another rate or number of channels.
        """
        count = 0
        for opened_file in self._files():
            with opened_file as file:
                if (file.samplerate, file.channels) != (self.rate, self.channels):
                    raise InputError(
                        f"{self.path}: a further stream with {file.samplerate} Hz and "
                        f"{file.channels} channel(s) begins at {count / self.rate:.4g} s, after "
                        f"one with {self.rate} Hz and {self.channels}; save them as two files"
                    )
                while len(block := _read(file, BLOCK)):
                    yield block
                    count += len(block)

    def parts(self, spans: Sequence[tuple[int, int]]) -> list[np.ndarray]:
        """Return parts of the sound, float32, shape (frames, channels).

        Args:
            spans: first and last frame (excluded) of each; what lies beyond the end is left out.
        """
        if self.kept is not None:
            return [self.kept[start:stop] for start, stop in spans]
        return (self._sought if self._exact else self._decoded)(spans)

    def _sought(self, spans: Sequence[tuple[int, int]]) -> list[np.ndarray]:
        parts = []
        with soundfile.SoundFile(self.path) as file:
            for start, stop in spans:
                file.seek(min(start, file.frames))
                parts.append(_read(file, stop - start))
        return parts

    def _decoded(self, spans: Sequence[tuple[int, int]]) -> list[np.ndarray]:
        found: list[list[np.ndarray]] = [[] for _ in spans]
        at, last = 0, max((stop for _, stop in spans), default=0)
        with closing(self.blocks()) as blocks:
            for block in blocks:
                for (start, stop), parts in zip(spans, found, strict=True):
                    if start < at + len(block) and at < stop:
                        parts.append(block[max(0, start - at) : stop - at].copy())
                at += len(block)
                if at >= last:
                    break
        return [self._joined(parts) for parts in found]

    def _joined(self, parts: list[np.ndarray]) -> np.ndarray:
        return np.concatenate([np.empty((0, self.channels), np.float32), *parts])

    def _files(self) -> Iterator["_Onward"]:
        if not self._pieces:
            yield _Onward(self.path)
        for piece in self._pieces:
            with PieceFile(self.path, piece) as part:
                yield _Onward(part)


class _Onward(soundfile.SoundFile):
    """A sound file read from its beginning: nothing is sought between two blocks.

    What is sought in a compressed stream may differ from what is decoded.
    """

    def seekable(self) -> bool:
        return False


@contextmanager
def opened(path: str | Path) -> Iterator[Recording]:
    """Yield the recording in a file.

    Raises:
        InputError: it is empty or cannot be decoded; also where that is found out within the block.
    """
    if Path(path).is_file() and not Path(path).stat().st_size:
        raise InputError(f"{path}: is empty (0 bytes)")
    try:
        yield Recording(path)
    except (soundfile.LibsndfileError, OSError) as error:
        raise InputError(f"{path}: cannot be read as audio ({error})") from error


def _read(file: soundfile.SoundFile, frames: int) -> np.ndarray:
    return file.read(frames, dtype="float32", always_2d=True)


def _is_exact(path: str | Path) -> bool:
    """Whether parts can be sought, and the last frame is where the header says that it is."""
    with soundfile.SoundFile(path) as file:
        if file.format not in EXACT_FORMATS or not file.subtype.startswith(EXACT_ENCODINGS):
            return False
        if not file.frames:
            return True
        try:
            file.seek(file.frames - 1)
            return len(_read(file, 1)) == 1
        except soundfile.LibsndfileError:
            return False
