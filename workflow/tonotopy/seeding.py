"""One seed, many independent random streams."""

import zlib

import numpy as np


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return the random stream that belongs to ``(seed, *names)``.

    Streams of different names are statistically independent, and a stream does not depend on how
    many others are drawn or in which order: adding clips, seeds or workers changes no other clip.

    Args:
        seed: the seed of the run, at least 0.
        names: what the stream is for, such as a corpus name, a split and a clip's index.

    Raises:
        ValueError: the seed is negative.
    """
    if seed < 0:
        raise ValueError(f"seed must be at least 0, not {seed}")
    keys = [name if isinstance(name, int) else zlib.crc32(name.encode()) for name in names]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, *keys])))
