"""Euclidean distances between clips whose vectors are too large to be held twice.

|x - y|^2 = |x|^2 + |y|^2 - 2 x.y turns all distances into one matrix product, which is summed over
blocks of dimensions. Its weakness is cancellation; three things keep it from biting: every block is
centred on its mean, which no distance notices; blocks are added in float64; and clips that lie much
nearer to each other than to the centre are measured once more, in float64, around a centre of
their own.
"""

import mmap
from collections.abc import Callable, Iterator

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from tonotopy.errors import InputError

# with 1800 clips on two cores, 4096 to 32768 take the same time within 15 %, 2048 twice as long; a
# row of a block is 32 KB of float32, several pages of a memory-mapped file
BLOCK = 8192

# clips that are read before the pages of a mapped file are let go of: the system may map a megabyte
# around every row it touches
ROWS = 64

# float32 products are off by up to 3e-7 of the squared norms: below this share of them, a squared
# distance could be known to fewer than four digits
NEAR = 1e-2


def squared_distances(
    vectors: np.ndarray, block: int = BLOCK, device: str | None = None
) -> np.ndarray:
    """Return the squared Euclidean distances between all clips (study 1, thesis section 2.2).

    Besides the vectors, memory holds two blocks (2 x 4 x block x clips bytes) and a few matrices
    of clips x clips. Of vectors that are memory-mapped read-only (``np.load(path, mmap_mode="r")``)
    no more than a block stays in memory either.

    Args:
        vectors: shape (clips, dimensions), any real type, in any unit; the spread within a
            dimension must lie between about 1e-15 and 1e15, as products are taken in float32.
        block: dimensions that are read and multiplied at a time.
        device: torch device for the matrix products, such as "cuda"; None multiplies with numpy,
            which is quicker than torch on a CPU.

    Returns:
        float64 (clips, clips), symmetric, at least 0, exactly 0 on the diagonal; off by about 1e-6
        of the value (1e-4 at worst), and 0 to float64 rounding for clips with the same vector.

    Raises:
        InputError: vectors are not a matrix of finite numbers, or too large for float32 products.
    """
    _check(vectors, block)
    multiply = _multiplier(device)
    gram = np.zeros((len(vectors), len(vectors)))
    with np.errstate(over="ignore", invalid="ignore"):  # told below, with the clip's number
        for part in _blocks(vectors, block):
            gram += multiply(_centred(part))
    norms = np.diagonal(gram)
    if not np.isfinite(norms).all():
        clip = int(np.flatnonzero(~np.isfinite(norms))[0])
        raise InputError(
            f"vector of clip {clip} is too large to be squared in float32: divide all vectors of "
            "this layer by one number"
        )
    squared = _from_gram(gram)
    _measure_near_clips(vectors, squared, norms, block)
    return squared


def check_matrix(distances: np.ndarray, labels: np.ndarray, folds: np.ndarray) -> None:
    """Check that there is one finite row and column, one label and one fold per clip.

    Args:
        distances: shape (clips, clips).
        labels: shape (clips,).
        folds: shape (clips,).

    Raises:
        InputError: it is not so; the message names the shapes or the clip.
    """
    clips = len(labels)
    if distances.shape != (clips, clips) or folds.shape != (clips,):
        raise InputError(
            f"distances have shape {distances.shape} and folds {folds.shape}, expected "
            f"({clips}, {clips}) and ({clips},) for {clips} labels: use the same clips for all"
        )
    if not np.isfinite(distances).all():
        clip = int(np.flatnonzero(~np.isfinite(distances).all(axis=1))[0])
        raise InputError(f"distances of clip {clip} hold NaN or infinity: rebuild the matrix")


def _check(vectors: np.ndarray, block: int) -> None:
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise InputError(
            f"vectors have shape {vectors.shape}, expected (clips, dimensions): flatten each "
            "clip's activations to one row"
        )
    if vectors.dtype.kind not in "fiu":
        raise InputError(f"vectors are of type {vectors.dtype}, expected real numbers")
    if block < 1:
        raise InputError(f"block is {block} dimensions, expected at least 1")


def _blocks(vectors: np.ndarray, block: int) -> Iterator[np.ndarray]:
    """Yield the columns in blocks, copied, shape (clips, at most block)."""
    mapped = isinstance(vectors, np.memmap) and vectors.mode == "r"
    for start in range(0, vectors.shape[1], block):
        columns = slice(start, start + block)
        part = np.empty(vectors[:, columns].shape, dtype=vectors.dtype)
        for first in range(0, len(vectors), ROWS):
            rows = slice(first, first + ROWS)
            part[rows] = vectors[rows, columns]
            if mapped:
                # what was read stays in the file cache but leaves the memory of this process
                vectors._mmap.madvise(mmap.MADV_DONTNEED)
        yield part


def _centred(part: np.ndarray) -> np.ndarray:
    """Return a block in float32 with mean 0 in every dimension."""
    if part.dtype not in (np.float16, np.float32):
        part = part.astype(np.float64, copy=False)
    mean = part.mean(axis=0, dtype=np.float64)
    if not np.isfinite(mean).all():
        clip = int(np.flatnonzero(~np.isfinite(part).all(axis=1))[0])
        raise InputError(
            f"vector of clip {clip} holds NaN or infinity: see whether its audio or the network's "
            "weights are damaged"
        )
    if part.dtype == np.float64:
        return (part - mean).astype(np.float32)
    # float32 minus a float32 nearby is exact, so a large common offset costs no digits
    return part.astype(np.float32, copy=False) - mean.astype(np.float32)


def _multiplier(device: str | None) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function that multiplies a float32 block by its own transpose."""
    if device is None:
        return lambda part: part @ part.T
    import torch

    def multiply(part: np.ndarray) -> np.ndarray:
        """Return part part' in full float32."""
        precision = torch.get_float32_matmul_precision()
        # TF32 keeps three digits only
        torch.set_float32_matmul_precision("highest")
        try:
            moved = torch.from_numpy(part).to(device)
            return (moved @ moved.T).cpu().numpy()
        finally:
            torch.set_float32_matmul_precision(precision)

    return multiply


def _from_gram(gram: np.ndarray) -> np.ndarray:
    """Return squared distances from the inner products of vectors around any common centre."""
    norms = np.diagonal(gram)
    squared = norms[:, None] + norms - gram - gram.T
    np.maximum(squared, 0, out=squared)
    np.fill_diagonal(squared, 0)
    return squared


def _measure_near_clips(
    vectors: np.ndarray, squared: np.ndarray, norms: np.ndarray, block: int
) -> None:
    """Replace, in place, the distances within every set of clips that are linked by near pairs."""
    near = squared <= NEAR * (norms[:, None] + norms)
    _, member = connected_components(csr_array(near), directed=False)
    sets = [np.flatnonzero(member == i) for i in np.flatnonzero(np.bincount(member) > 1)]
    if not sets:
        return
    grams = [np.zeros((len(rows), len(rows))) for rows in sets]
    for part in _blocks(vectors, block):
        for rows, gram in zip(sets, grams, strict=True):
            values = part[rows].astype(np.float64)
            values -= values.mean(axis=0)
            gram += values @ values.T
    for rows, gram in zip(sets, grams, strict=True):
        squared[np.ix_(rows, rows)] = _from_gram(gram)
