"""Whether a sonification moves with its input (thesis section 5.2.1 and figure 5.1)."""

import numpy as np


def interiors(
    original: np.ndarray, shifted: np.ndarray, offset: int, margin: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the stretch that the sonifications of two windows of a clip have in common.

    Args:
        original: sonification of the clip's samples from 0 on, shape (..., samples).
        shifted: of as many samples from ``offset`` on, same shape.
        offset: in samples, from 0 on.
        margin: samples at either end of a window that its edges may have changed.

    Returns:
        Both over the same samples of the clip, shape (..., samples - offset - 2 * margin).

    Raises:
        ValueError: nothing is left.
    """
    samples = original.shape[-1]
    if samples - offset - 2 * margin < 1:
        raise ValueError(
            f"windows of {samples} samples that are {offset} apart have no interior beyond "
            f"{margin} samples from their ends"
        )
    first = original[..., offset + margin : samples - margin]
    return first, shifted[..., margin : samples - offset - margin]


def correlation(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the correlation of two signals without removing their means: (..., samples) to (...).

    -1 to 1; nan where one of them is silent.
    """
    first, second = first.astype(np.float64), second.astype(np.float64)
    product = (first * second).sum(axis=-1)
    size = np.sqrt((first**2).sum(axis=-1) * (second**2).sum(axis=-1))
    return np.divide(product, size, out=np.full(product.shape, np.nan), where=size > 0)


def largest_difference(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the largest difference over the largest value of the first: (..., samples) to (...).

    0 where both are silent.
    """
    largest = np.abs(first).max(axis=-1)
    difference = np.abs(first - second).max(axis=-1)
    fraction = np.divide(difference, largest, out=np.full(largest.shape, np.inf), where=largest > 0)
    return np.where((largest == 0) & (difference == 0), 0.0, fraction)
