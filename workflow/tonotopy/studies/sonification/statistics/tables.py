"""The tables of study 4 (sonification): means over resampled clips, classes, filters or maps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd

from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.evidence.networks import Means, NetworkTables
from tonotopy.evidence.tables import middle_third, one_third
from tonotopy.evidence.units import clip_unit

UNTRAINED = "untrained"
WHOLE = "whole"  # layer of `transfers`: the whole encoder
LEARN = ("head", "all")
DEPTHS: dict[str, Callable[[int], slice]] = {
    "first third": lambda layers: slice(0, one_third(layers)),
    "middle third": middle_third,
    "last third": lambda layers: slice(layers - one_third(layers), layers),
    "all but the final two": lambda layers: slice(0, max(layers - 2, 0)),
    "final two": lambda layers: slice(max(layers - 2, 0), layers),
}
UNITS = {"label": "class", "filter": "filter"}  # column that is resampled -> what it is
IDENTITY = ("task", "network", "run", "repeat", "learn", "kind", "layer", "clip", "label")
IDENTITY += ("offset", "filter", "target", "other", "first", "second")  # what tells rows apart


@dataclass(frozen=True)
class SonificationTables(NetworkTables):
    """The tables of one sonification study.

    Words of a claim's ``each``: ``layer``, those that have maps; ``network``, the untrained copy
    among them, or ``trained``, without it (both are the argument ``network``); ``task``, or
    ``few``, those that are taught with few labels in every part of the network (both are the
    argument ``task``); ``learn``; ``offset``.
    """

    EACH: ClassVar = ("layer", "network", "trained", "task", "few", "learn", "offset")
    ONLY: ClassVar = {
        "layers": None,
        "depths": tuple(DEPTHS),
        "networks": None,
        "tasks": None,
        "learns": LEARN,
    }
    ARGUMENTS: ClassVar = {"trained": "network", "few": "task"}
    STREAM: ClassVar = "sonification"
    IDENTITY: ClassVar = IDENTITY

    def named(self, word: str, only: Mapping[str, Sequence[str]]) -> list:
        """Return the layers, networks, tasks ... that a word stands for.

        Raises:
            NotRun: none.
        """
        known = {
            "layer": self.layers,
            "network": lambda: self.networks,
            "trained": lambda: self.networks[:-1],
            "task": lambda: list(self.setting("transfers")),
            "few": self.few,
            "learn": lambda: list(LEARN),
            "offset": lambda: sorted(int(n) for n in self.table("shifts")["offset"].unique()),
        }
        names = known[word]()
        if word == "layer" and "depths" in only:
            within = [names[DEPTHS[depth](len(names))] for depth in only["depths"]]
            names = [name for name in names if any(name in part for part in within)]
        wanted = only.get(f"{self.ARGUMENTS.get(word, word)}s")
        names = [name for name in names if wanted is None or str(name) in wanted]
        if not names and word == "few":
            raise NotRun("no task is taught to whole networks with few labels")
        if not names:
            asked = f" {' or '.join(wanted)}" if wanted else ""
            raise NotApplicable(f"the instance has no {self.ARGUMENTS.get(word, word)}{asked}")
        return names

    @property
    def networks(self) -> list[str]:
        """Names of the networks in the tables, the untrained copy last."""
        return [*self.setting("networks"), UNTRAINED]

    def few(self) -> list[str]:
        """Return the tasks that are taught with few labels, also to the whole network."""
        transfers = self.settings.get("transfers") or {}
        return [n for n, how in transfers.items() if how.get("labels") and "all" in how["learn"]]

    def known(self) -> dict[str, Sequence[str]]:
        """Return the names of networks and tasks."""
        transfers = self.settings.get("transfers")
        return {"network": self.networks, **({"task": list(transfers)} if transfers else {})}

    def means(
        self,
        name: str,
        column: str | Callable[[pd.DataFrame], pd.Series],
        unit: str,
        axes: Mapping[str, Sequence] | None = None,
        weight: str | None = None,
        **keys,
    ) -> Means:
        """Return means as `NetworkTables.means` does, which say what is resampled."""
        means = super().means(name, column, unit, axes, weight, **keys)
        return means._replace(unit=UNITS.get(unit) or clip_unit(self.rows(name, **keys)))

    def of(self, means: Means) -> Estimate:
        """Return the estimate of means, (1 + resamples,)."""
        return self.over(means.values, len(means.units), means.unit, means.trainings)

    def number_of_trainings(self, rows: pd.DataFrame) -> int:
        """Return how many trainings of networks rows are of."""
        columns = [column for column in ("network", "run", "repeat") if column in rows]
        return len(rows[columns].drop_duplicates())

    def layers(self, name: str = "layers", **keys) -> list[str]:
        """Return the layers with maps that a table has rows of, from input to output.

        Args:
            name: of the table.
            keys: see `rows`.

        Raises:
            NotRun: there is none.
        """
        mapped = self.table("layers")
        mapped = set(mapped.loc[mapped["maps"] > 0, "layer"])
        rows = self.rows(name, **keys)
        rows = rows[rows["layer"].isin(mapped)].sort_values("depth", kind="stable")
        if rows.empty:
            raise NotRun(f"the table '{name}' has no layer with maps")
        return list(dict.fromkeys(rows["layer"]))

    def layer(self, which: str, name: str, **keys) -> str:
        """Return a layer of a table by its name, or its ``first`` or ``deepest`` one with maps.

        Args:
            which: first, deepest or a name.
            name: of the table.
            keys: see `rows`.
        """
        layers = self.layers(name, **keys)
        if which in layers:  # it may be called by one of the words
            return which
        return {"first": layers[0], "deepest": layers[-1]}.get(which, which)
