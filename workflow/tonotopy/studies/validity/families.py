"""Twins of one base: clips that differ in one attribute's value alone."""

from dataclasses import dataclass

import numpy as np

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError


@dataclass(frozen=True)
class Family:
    """The twins of a base.

    Attributes:
        base: its name.
        values: of the attribute, in the corpus's order.
        positions: of the clips, in the order of the values.
    """

    base: str
    values: tuple[str, ...]
    positions: np.ndarray


def families(corpus: Corpus) -> list[Family]:
    """Return the families of a corpus of twins, in its order.

    Raises:
        InputError: a base lacks a value that another has, or has one twice.
    """
    bases, values = corpus.column("base"), corpus.column("value")
    order = tuple(dict.fromkeys(values))
    found = []
    for base in dict.fromkeys(bases):
        positions = np.flatnonzero(bases == base)
        own = tuple(values[positions])
        if sorted(own) != sorted(order):
            raise InputError(
                f"corpus {corpus.name}: base '{base}' has the values {', '.join(own)}, expected "
                f"each of {', '.join(order)} once"
            )
        rank = np.argsort([order.index(value) for value in own])
        found.append(Family(base, order, positions[rank]))
    return found
