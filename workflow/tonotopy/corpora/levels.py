"""Samples as a corpus keeps them, 16 bits each, and what is silent there."""

import numpy as np

from tonotopy.corpora.schema import FULL_SCALE


def steps(samples: np.ndarray) -> np.ndarray:
    """Return samples in steps of 16 bits, rounded but not limited; same shape and type."""
    return np.round(samples * FULL_SCALE)


def is_silent(samples: np.ndarray) -> bool:
    """Return whether nothing is left of samples in 16 bits: none exceeds half a step."""
    return not steps(samples).any()
