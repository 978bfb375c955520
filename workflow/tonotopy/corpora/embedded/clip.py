"""What a maker of embedded clips is given, and what it gives."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tonotopy.corpora.embedded.mixture import Mixture
from tonotopy.seeding import generator


@dataclass(frozen=True)
class Setting:
    """All that a corpus's clips have in common.

    Attributes:
        name: the corpus's name; it seeds the clips.
        seed: seed of the run.
        rate: sampling rate in Hz.
        seconds: length of a clip in s.
    """

    name: str
    seed: int
    rate: int
    seconds: float

    @property
    def length(self) -> int:
        """Samples per clip."""
        return round(self.seconds * self.rate)

    def rng(self, *names: str | int) -> np.random.Generator:
        """Return the random stream of a split and index, or of a song that several clips share."""
        return generator(self.seed, self.name, *names)


SOURCE = "source"  # the part of a clip that has a single source


@dataclass(frozen=True)
class Clip:
    """One clip of a corpus.

    Attributes:
        mixture: its sound in [-1, 1], shape (samples,), and the parts that it is the sum of.
        label: a class name, or a tuple of them in a tagging corpus.
        group: what must not be split, or None where clips have nothing in common.
        words: what else is known of the clip: column of the corpus -> word.
    """

    mixture: Mixture
    label: str | tuple[str, ...]
    group: str | None = None
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def samples(self) -> np.ndarray:
        """What is heard: float32 in [-1, 1], shape (samples,)."""
        return self.mixture.whole.astype(np.float32)
