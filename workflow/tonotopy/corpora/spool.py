"""Clips that have been read and wait until it is known which of them the corpus takes."""

import hashlib
import tempfile
from pathlib import Path

import numpy as np

from tonotopy.corpora.levels import steps
from tonotopy.corpora.schema import FULL_SCALE
from tonotopy.files import naming


class Spool:
    """Samples on the disk, as a corpus will have them: memory stays flat.

    The file has no name, so that nothing of it is left whatever happens to the process. To be used
    as a context manager.

    Args:
        path: the corpus that is built; the samples lie beside it.
        length: of a clip in samples.

    Attributes:
        digests: clip -> hash of its samples.
    """

    def __init__(self, path: str | Path, length: int):
        self._path, self._length = Path(path), length
        self._places: dict[str, int] = {}
        self.digests: dict[str, bytes] = {}

    def __enter__(self) -> "Spool":
        with naming(self._path):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = tempfile.TemporaryFile(dir=self._path.parent)
        return self

    def __exit__(self, *error) -> None:
        self._file.close()

    def put(self, clip: str, samples: np.ndarray) -> None:
        """Keep a clip.

        Args:
            clip: its id.
            samples: in [-1, 1], shape (length,).

        Raises:
            InputError: the disk is full.
        """
        whole = np.clip(steps(samples), -FULL_SCALE, FULL_SCALE - 1)
        data = whole.astype(np.int16).tobytes()
        self.digests[clip] = hashlib.blake2b(data, digest_size=16).digest()
        with naming(self._path):
            self._file.seek(0, 2)
            self._places[clip] = self._file.tell()
            self._file.write(data)

    def get(self, clip: str) -> np.ndarray:
        """Return a clip's samples: float32 in [-1, 1), shape (length,)."""
        self._file.seek(self._places[clip])
        data = np.frombuffer(self._file.read(2 * self._length), dtype=np.int16)
        return data.astype(np.float32) / FULL_SCALE
