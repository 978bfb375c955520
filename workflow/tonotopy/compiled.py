"""Libraries that compile code while they are loaded: loaded by one process at a time.

numba keeps what it compiles beside a library. Two processes that compile its universal functions at
the same time leave files there that do not belong together, and whoever loads them later dies of a
segmentation fault (numba issue 10128). In a new environment that are any two jobs.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path


@contextlib.contextmanager
def alone(library: str) -> Iterator[None]:
    """Wait until no other process of this machine is in a block for the same library.

    Where the disk knows no locks, nobody waits.

    Args:
        library: name of an installed package.
    """
    folder = os.open(Path(find_spec(library).origin).parent, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


with alone("librosa"):
    import librosa.util.utils  # has all of its universal functions

__all__ = ["alone", "librosa"]
