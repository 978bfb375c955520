"""A clip is the sum of its parts: sounds mixed, dressed and set to a level, together or apart."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np

from tonotopy.corpora.embedded.sound import peak

NOISE = "noise"  # the part of every clip that is no source


@dataclass(frozen=True)
class Mixture:
    """Named sounds that are heard together.

    Attributes:
        whole: what is heard, shape (samples,).
        parts: returns each sound by name, all of shape (samples,); they sum to ``whole`` up to the
            rounding of float32. They are computed when asked for, never before.
    """

    whole: np.ndarray
    parts: Callable[[], dict[str, np.ndarray]]

    @classmethod
    def of(cls, parts: dict[str, np.ndarray]) -> "Mixture":
        """Return the sum of sounds, added up in their order."""
        return cls(reduce(np.add, parts.values()), lambda: dict(parts))

    def plus(self, name: str, sound: np.ndarray) -> "Mixture":
        """Return the mixture with one more sound in it."""
        return Mixture(self.whole + sound, lambda: {**self.parts(), name: sound})

    def through(self, linear: Callable[[np.ndarray], np.ndarray]) -> "Mixture":
        """Return the mixture after a linear function, such as a gain or a cut."""
        return Mixture(
            linear(self.whole),
            lambda: {name: linear(sound) for name, sound in self.parts().items()},
        )

    def heard(self, parts: bool = False) -> tuple[np.ndarray, dict[str, np.ndarray] | None]:
        """Return the whole and, if wanted, the parts by name: float32, shape (samples,)."""
        whole = self.whole.astype(np.float32)
        if not parts:
            return whole, None
        return whole, {name: sound.astype(np.float32) for name, sound in self.parts().items()}


@dataclass(frozen=True, eq=False)
class Dressing:
    """Faint noise and a random level: what no label may depend on.

    Attributes:
        hiss: Gaussian noise of variance 1, shape (samples,).
        hiss_level: RMS of the noise in dB relative to the sound's peak, -60 to -40.
        level: peak of the clip in dB relative to 1, -9 to -1.
    """

    hiss: np.ndarray
    hiss_level: float
    level: float

    @classmethod
    def draw(cls, length: int, rng: np.random.Generator) -> "Dressing":
        """Draw noise and level for a clip of ``length`` samples."""
        hiss_level = rng.uniform(-60, -40)
        hiss = rng.standard_normal(length)
        return cls(hiss, hiss_level, rng.uniform(-9, -1))


def dress(mixture: Mixture, dressing: Dressing) -> Mixture:
    """Add noise as one more part and set the peak to the dressing's level.

    Args:
        mixture: of ``len(dressing.hiss)`` samples and any peak.
        dressing: noise and level.

    Returns:
        the clip, in [-1, 1]. A part of it may exceed 1 where parts cancel.

    Raises:
        ValueError: nothing sounds.
    """
    top = peak(mixture.whole)
    hiss = 10 ** (dressing.hiss_level / 20) * dressing.hiss
    noisy = mixture.through(lambda sound: sound / top).plus(NOISE, hiss)
    loudest = np.abs(noisy.whole).max()
    level = 10 ** (dressing.level / 20)
    return noisy.through(lambda sound: level * sound / loudest)
