"""The tables of study 5 (similarity): maps compared with features, clip by clip."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
import pandas as pd

from tonotopy.errors import InputError
from tonotopy.evidence.claims import NotApplicable, NotRun
from tonotopy.evidence.groups import Groups
from tonotopy.evidence.networks import NetworkTables
from tonotopy.evidence.tables import middle_third, one_third
from tonotopy.evidence.trainings import training_shares

FEATURES = ("harmonic", "percussive", "contrast", "chroma_stft", "chroma_cqt")
FEATURES += ("rms", "loudness", "onsets")
TARGETS = ("chroma", "loudness", "onsets", "onset_rate", "level")
DEPTHS: dict[str, Callable[[int], slice]] = {
    "first third": lambda layers: slice(0, one_third(layers)),
    "middle third": middle_third,
    "last third": lambda layers: slice(layers - one_third(layers), layers),
}
NETWORKS = ("random", "unheard")  # copies that the trained network is compared with as one of them
UNTRAINED = ("random", "input")  # copies
IDENTITY = ("network", "copy", "run", "layer", "map", "feature", "target", "set", "clip")


class Maps(NamedTuple):
    """The maps of all copies of a kind in a layer, compared with one feature.

    Attributes:
        rows: of `similarities`, by run and map.
        runs: number of the training or of the random copy, shape (maps,).
        values: similarity of every clip, shape (maps, clips), clips as in `clips`.
    """

    rows: pd.DataFrame
    runs: np.ndarray
    values: np.ndarray


@dataclass(frozen=True)
class SimilarityTables(NetworkTables):
    """The tables of one study of similarity.

    Words of a claim's ``each``: ``network``; ``layer``, those of the network that the claim is
    judged for; ``feature``; ``target``, of the probes; ``known``, hand-made layers (the argument
    ``layer``).
    """

    EACH: ClassVar = ("layer", "network", "feature", "target", "known")
    ONLY: ClassVar = {
        "layers": None,
        "depths": tuple(DEPTHS),
        "networks": None,
        "features": FEATURES,
        "targets": TARGETS,
    }
    ARGUMENTS: ClassVar = {"known": "layer"}
    STREAM: ClassVar = "similarity"
    IDENTITY: ClassVar = IDENTITY

    def combinations(self, row: dict) -> list[tuple[str, dict]]:
        """Return what a claim is judged for: of layers those alone that the network has.

        Raises:
            NotRun: the instance has nothing that the row asks for.
        """
        found = super().combinations(row)
        if "layer" not in row.get("each", []):
            return found
        depths = row.get("only", {}).get("depths", [])
        found = [(end, keys) for end, keys in found if self._has(depths, **keys)]
        if not found:
            raise NotApplicable("no network has such a layer")
        return found

    def _has(self, depths: Sequence[str], network: str, layer: str, **_) -> bool:
        layers = self.layers(network)
        parts = [layers[DEPTHS[depth](len(layers))] for depth in depths]
        return layer in layers and (not parts or any(layer in part for part in parts))

    def named(self, word: str, only: Mapping[str, Sequence[str]]) -> list:
        """Return the networks, layers, features ... that a word stands for.

        Raises:
            NotRun: none.
        """
        known = {
            "network": lambda: self.networks,
            "layer": self.all_layers,
            "feature": lambda: self._in_order("similarities", "feature", FEATURES),
            "target": lambda: self._in_order("probes", "target", TARGETS),
            "known": lambda: self._in_order("known", "layer", ()),
        }
        argument = self.ARGUMENTS.get(word, word)
        wanted = only.get(f"{argument}s")
        names = [name for name in known[word]() if wanted is None or name in wanted]
        if not names:
            asked = f" {' or '.join(wanted)}" if wanted else ""
            raise NotApplicable(f"the instance has no {argument}{asked}")
        return names

    def _in_order(self, name: str, column: str, order: Sequence[str]) -> list[str]:
        there = set(self.table(name)[column])
        return [known for known in order if known in there] + sorted(there - set(order))

    @property
    def networks(self) -> list[str]:
        """Names of the networks, in the order of the entry."""
        return list(self.setting("networks"))

    def known(self) -> dict[str, Sequence[str]]:
        """Return the names of networks."""
        return {"network": self.networks}

    def table(self, name: str) -> pd.DataFrame:
        """Return a table; one without rows has all columns that rows are told apart by.

        Raises:
            NotRun: the run did not make it.
        """
        table = super().table(name)
        lacking = [column for column in IDENTITY if column not in table]
        return table if len(table) else table.reindex(columns=[*table.columns, *lacking])

    def all_layers(self) -> list[str]:
        """Return the layers of all networks, those of each from input to output."""
        return list(dict.fromkeys(layer for name in self.networks for layer in self.layers(name)))

    def layers(self, network: str) -> list[str]:
        """Return the layers of a network that are compared, from input to output.

        Raises:
            NotRun: there is none.
        """
        return list(dict.fromkeys(self.rows("layers", network=network).sort_values("depth").layer))

    def layer(self, which: str, network: str) -> str:
        """Return a layer of a network by its name, or its ``first`` or ``deepest`` one.

        A layer that is called by one of these words is meant itself.
        """
        ends = {"first": 0, "deepest": -1}
        if which not in ends:
            return which
        layers = self.layers(network)
        return which if which in layers else layers[ends[which]]

    @cached_property
    def groups(self) -> Groups:
        """Groups of the clips that maps are compared on, in the order of their similarities."""
        clips = self.rows("clips").sort_values("number")
        return Groups(clips["group"].to_numpy())

    @cached_property
    def _places(self) -> dict[tuple, np.ndarray]:
        keys = ["network", "copy", "layer", "feature"]
        return self.table("similarities").groupby(keys).indices

    def compared_layers(self, network: str, feature: str) -> list[str]:
        """Return the layers whose maps are compared with a feature, sorted by name.

        Those on whose grid the feature has too few cells are not.
        """
        about = (network, "trained", feature)
        return sorted(key[2] for key in self._places if (*key[:2], key[3]) == about)

    def _reason(self, network: str, copy: str, layer: str, feature: str) -> NotRun:
        """Return why a feature is not compared with a layer."""
        elsewhere = {key[3] for key in self._places if key[1] == "trained"}
        here = {key[3] for key in self._places if key[:3] == (network, "trained", layer)}
        if here and feature in elsewhere - here:
            return NotApplicable(
                f"feature '{feature}' has too few cells on the grid of layer '{layer}' of network "
                f"'{network}', or tells rows apart where maps have one"
            )
        return NotRun(
            f"the table 'similarities' has nothing for network '{network}', copy '{copy}', "
            f"layer '{layer}', feature '{feature}'"
        )

    def maps(self, network: str, copy: str, layer: str, feature: str, column: str = "r") -> Maps:
        """Return the similarities of a layer's maps.

        Args:
            network: name of the network.
            copy: trained, phase, random, unheard or input.
            layer: its name.
            feature: its name.
            column: r, beyond the input, or raw.

        Raises:
            NotRun: the table has none; `NotApplicable` where the feature is not compared there.
            InputError: a map occurs twice, or lacks a finite value for each clip.
        """
        self._check_names({"network": network})
        key = (network, copy, layer, feature)
        if key not in self._places:
            raise self._reason(*key)
        rows = self.table("similarities").iloc[self._places[key]].sort_values(["run", "map"])
        self.refuse_twice("similarities", rows)
        clips = len(self.groups.index)
        lists = rows[column].to_list()
        if any(len(values) != clips or not np.isfinite(values).all() for values in lists):
            raise InputError(
                f"{self.paths['similarities']}: {', '.join(key)}: expected a number for each of "
                f"the {clips} clips in every map's '{column}'; make the table again"
            )
        return Maps(rows, rows["run"].to_numpy(), np.array(lists, dtype=float))

    @cached_property
    def _recent(self) -> dict:
        return {}

    def map_means(self, network: str, copy: str, layer: str, feature: str) -> tuple:
        """Return the `maps` of a copy by r, and their means, (1 + resamples, maps).

        Those of one layer and feature are kept until another one is asked for.

        Raises:
            NotRun: see `maps`.
            InputError: see `maps`.
        """
        where = (network, layer, feature)
        if self._recent.get("where") != where:
            self._recent.clear()
            self._recent["where"] = where
        if copy not in self._recent:
            maps = self.maps(network, copy, layer, feature)
            self._recent[copy] = maps, self.clip_means(maps.values.T)
        return self._recent[copy]

    def clip_means(self, values: np.ndarray, groups: Groups | None = None) -> np.ndarray:
        """Return means over clips, of which groups are resampled.

        Intervals of them are as wide as few groups ask for, see `widened_counts`.

        Args:
            values: shape (clips, ...).
            groups: of the clips; those of the table `clips` if None.

        Returns:
            Shape (1 + resamples, ...), the data in row 0.
        """
        groups = self.groups if groups is None else groups
        counts = self.widened_counts(len(groups), "group")
        clips = counts @ groups.sums(np.ones(len(values)))
        sums = np.tensordot(counts, groups.sums(values), axes=1)
        return sums / clips.reshape(-1, *[1] * (sums.ndim - 1))

    def trained(self, copy: str, runs) -> int | None:
        """Return the number of trainings that copies come from; None of those without training.

        Args:
            copy: trained, phase, random, unheard or input.
            runs: of their rows.
        """
        return None if copy in UNTRAINED else len(np.unique(runs))

    def copy_shares(self, runs: np.ndarray, network: str, copy: str) -> np.ndarray:
        """Return the weights of copies, (1 + resamples, copies): see `trainings.training_shares`.

        Args:
            runs: their numbers, each once.
            network: whose copies they are.
            copy: of which kind.
        """
        return training_shares(runs, self.bootstrap, self.STREAM, "runs", network, copy)
