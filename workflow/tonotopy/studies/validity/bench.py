"""The bench: what every method is given, and the matrix of scores that it gives back.

A method is a module with ``matrix(bench: Bench) -> Scores``. The first line of its docstring is its
description in tables, ``KIND`` (one of `KINDS`) says what it looks at. A method that cannot be used
raises `DoesNotApply` with the reason, which is written down beside the others' scores.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.inference import activated, kept_columns, network_inputs, output_columns
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer, with_view
from tonotopy.probes.linear import balanced_draw
from tonotopy.seeding import generator

KINDS = (
    "steering",
    "gradient",
    "encoding",
    "attribution",
    "intervention",
    "sonification",
    "null",
    "own",
)
ALL = "all"  # the unit of a method that resamples nothing

Directions = dict[str, np.ndarray]  # layer -> (directions, width)


class DoesNotApply(Exception):
    """A method cannot be used with this network or these corpora; the message says why."""


@dataclass(frozen=True)
class Scores:
    """What a method says of attribute values and classes.

    Attributes:
        values: shape (sets, units, values, classes), finite; larger where the value speaks for the
            class. The method's matrix is the mean over units. Sets are independent repetitions,
            such as sets of random vectors; one elsewhere.
        unit: what was sampled, in the singular, such as "clip"; empty where nothing was.
        names: of the units; by default their numbers.
    """

    values: np.ndarray
    unit: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bench:
    """A network, corpora and vectors: all that methods may use. What is costly is made once.

    Attributes:
        bundle: the network, on its device.
        untrained: a copy with random weights.
        corpus: whose classes the network tells apart; methods average over test clips of it.
        concepts: corpus whose classes are the attribute's values.
        activations: of all clips of ``concepts``: layer -> (clips, width), from input to output.
        vectors: of the probes of study 2: trained, untrained, shuffled or classes -> layer ->
            (seeds, concepts or classes, width).
        probed: the concepts that the vectors are of, in their order.
        accuracy: layer -> mean macro-F1 of the trained network's concept probes.
        twins: corpus whose column ``value`` holds the attribute's values; see `embedded.twins`.
        parts: the same with the stems of every clip, or None.
        settings: attribute, clips, nulls, patched, seed, workers, and of the steering instance
            strengths, slope_range, probes, outputs, activation, read.
    """

    bundle: Bundle
    untrained: Bundle
    corpus: Corpus
    concepts: Corpus
    activations: Mapping[str, np.ndarray]
    vectors: Mapping[str, Mapping[str, np.ndarray]]
    probed: list[str]
    accuracy: Mapping[str, float]
    twins: Corpus
    parts: Corpus | None
    settings: Mapping

    @cached_property
    def values(self) -> list[str]:
        """The attribute's values, in the order of the twins.

        Raises:
            InputError: a value is no concept, so that it has no vector.
        """
        values = list(dict.fromkeys(self.twins.column("value")))
        missing = [value for value in values if value not in self.probed]
        if missing:
            raise InputError(
                f"corpus {self.twins.name}: value '{missing[0]}' of '{self.settings['attribute']}' "
                f"is no class of corpus {self.concepts.name} ({', '.join(self.probed)})"
            )
        return values

    @cached_property
    def _outputs(self) -> tuple[list[str], list[int]]:
        return output_columns(self.bundle, self.corpus, self.settings["outputs"])

    @property
    def classes(self) -> list[str]:
        """Names of the classes, in the order of the scores' last axis."""
        return self._outputs[0]

    @property
    def columns(self) -> list[int]:
        """The network's outputs that stand for the classes."""
        return self._outputs[1]

    @property
    def activation(self) -> str:
        """What turns logits into probabilities, see `inference.activated`."""
        return self.settings["activation"]

    @cached_property
    def layers(self) -> dict[str, Layer]:
        """The layers that vectors are of, from input to output, as they are read."""
        return with_view(self.bundle.layers, self.settings["read"])

    @cached_property
    def best_layer(self) -> str:
        """The layer whose probes tell the concepts best: no answer of the network is looked at."""
        return max(self.accuracy, key=self.accuracy.__getitem__)

    def generator(self, *names: str | int) -> np.random.Generator:
        """Return the random stream of this name, see `seeding.generator`."""
        return generator(self.settings["seed"], "validity", *names)

    @cached_property
    def indices(self) -> np.ndarray:
        """Positions of test clips of the class corpus, drawn by the seed, equally many a class."""
        return self.drawn("clips", self.settings["clips"])

    def drawn(self, name: str, number: int) -> np.ndarray:
        """Return positions of about so many test clips, equally many of every class, ascending."""
        positions = self.corpus.indices("test")
        labels = self.corpus.labels[positions]
        share = max(1, number // len(np.unique(labels)))
        return np.sort(positions[balanced_draw(labels, share, self.generator(name))])

    def inputs(self, indices: np.ndarray) -> Tensor:
        """Return what the network is given of clips of the class corpus, shape (clips, ...)."""
        key = tuple(indices.tolist())
        if key not in self._heard:
            parts = network_inputs(self.bundle, self.corpus, indices)
            self._heard[key] = torch.cat([part for _, part in parts])
        return self._heard[key]

    @cached_property
    def _heard(self) -> dict[tuple[int, ...], Tensor]:
        return {}

    def probabilities(self, logits: Tensor) -> np.ndarray:
        """Return the classes' probabilities, (clips, classes), of all logits (clips, outputs)."""
        values = activated(logits.float().cpu(), self.activation).numpy()
        return kept_columns(values, self.columns).astype(np.float64)

    def directions(self, kind: str) -> Directions:
        """Return the mean over probe seeds of each layer's vectors, layer -> (values, width).

        Args:
            kind: trained, untrained or shuffled.
        """
        rows = [self.probed.index(value) for value in self.values]
        return {name: v.mean(axis=0)[rows] for name, v in self.vectors[kind].items()}

    @cached_property
    def training(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions of the concept corpus's training clips, and the number of their value.

        The number is -1 where the class is no value.
        """
        positions = self.concepts.indices("train")
        number = {name: i for i, name in enumerate(self.values)}
        labels = [number.get(self.concepts.classes[c], -1) for c in self.concepts.labels[positions]]
        return positions, np.array(labels)

    def clip_names(self, indices: np.ndarray) -> tuple[str, ...]:
        """Return the names of clips of the class corpus."""
        return tuple(self.corpus.clips[indices])


def check_scores(scores: Scores, bench: Bench) -> None:
    """Refuse scores that are no matrix of values and classes.

    Raises:
        InputError: saying what was expected.
    """
    if not isinstance(scores, Scores):
        raise InputError(f"returned a {type(scores).__name__}, expected tonotopy's Scores")
    values, expected = np.asarray(scores.values), (len(bench.values), len(bench.classes))
    if values.ndim != 4 or values.shape[2:] != expected or 0 in values.shape:
        raise InputError(
            f"scores have shape {values.shape}, expected (sets, units, {expected[0]} values, "
            f"{expected[1]} classes)"
        )
    if not np.isfinite(values).all():
        row = np.argwhere(~np.isfinite(values))[0]
        where = f"'{bench.values[row[2]]}' and class '{bench.classes[row[3]]}'"
        raise InputError(f"scores are not finite, the first for value {where}")
    if scores.names and len(scores.names) != values.shape[1]:
        raise InputError(f"{len(scores.names)} names for {values.shape[1]} units")


def score_table(name: str, kind: str, scores: Scores, bench: Bench) -> pd.DataFrame:
    """Return scores with a row for each cell.

    Returns:
        Columns method, kind, set, unit, value, class, score (float32).
    """
    sets, units = scores.values.shape[:2]
    names = list(scores.names) or ([ALL] if units == 1 else [str(n) for n in range(units)])
    axes = [range(sets), names, bench.values, bench.classes]
    index = pd.MultiIndex.from_product(axes, names=["set", "unit", "value", "class"])
    table = pd.DataFrame({"score": np.asarray(scores.values, np.float32).ravel()}, index=index)
    table = table.reset_index()
    table.insert(0, "kind", kind)
    table.insert(0, "method", name)
    return table.astype(dict.fromkeys(("method", "kind", "unit", "value", "class"), "category"))
