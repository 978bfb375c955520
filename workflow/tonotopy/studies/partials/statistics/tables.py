"""The tables of study 6 (partials): directions, filters and codes of networks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import pandas as pd

from tonotopy.evidence.claims import NotApplicable
from tonotopy.evidence.networks import Means, NetworkTables
from tonotopy.studies.partials.statistics.proportions import share_draws
from tonotopy.studies.partials.study import KNOWN, STUDIED, role_of
from tonotopy.studies.partials.study import ROLES as EXPECTED

ROLES = (STUDIED, *EXPECTED)
RANDOM = "random"  # kind of directions: the null of those that are learned
NETWORKS = (*ROLES, "coded", "decoding", "tagging")  # words for some of the networks
STEPS = ("narrow", "kept", "stable")


@dataclass(frozen=True)
class PartialsTables(NetworkTables):
    """The tables of one study of partials.

    Words of a claim's ``each``: ``network``; ``studied``, those without a known answer;
    ``positive`` and ``negative``, those with one; ``coded``, those whose codes are read;
    ``decoding``, those that decode; ``tagging``, those that name classes (all are the argument
    ``network``); ``kind`` of directions, or ``learned``, without random ones (both ``kind``);
    ``step``; ``book``, or ``later``, without the first one (both ``book``).
    """

    EACH: ClassVar = ("network", *NETWORKS, "kind", "learned", "step", "book", "later")
    ONLY: ClassVar = {"networks": None, "kinds": None, "steps": STEPS}
    ARGUMENTS: ClassVar = {
        **dict.fromkeys(NETWORKS, "network"),
        "learned": "kind",
        "later": "book",
    }
    STREAM: ClassVar = "partials"
    IDENTITY: ClassVar = (
        *("network", "run", "kind", "direction", "copy", "filter", "book", "clip", "frame"),
    )

    def named(self, word: str, only: Mapping[str, Sequence[str]]) -> list:
        """Return the networks, kinds, steps or books that a word stands for.

        Raises:
            NotRun: none.
        """
        known = {
            "network": lambda: list(self.setting("networks")),
            **{role: lambda role=role: self._of_role(role) for role in ROLES},
            "coded": lambda: list(self.setting("codes").get("networks") or []),
            "decoding": lambda: self._within("reconstructions"),
            "tagging": lambda: self._within("answers"),
            "kind": lambda: list(self.setting("directions")),
            "learned": lambda: [k for k in self.setting("directions") if k != RANDOM],
            "step": lambda: list(STEPS),
            "book": lambda: list(range(self.books)),
            "later": lambda: list(range(1, self.books)),
        }
        wanted = only.get(f"{self.ARGUMENTS.get(word, word)}s")
        names = [n for n in known[word]() if wanted is None or str(n) in wanted]
        if not names:
            asked = f" {' or '.join(wanted)}" if wanted else ""
            raise NotApplicable(f"the instance has no {_written(word)}{asked}")
        return names

    def _of_role(self, role: str) -> list[str]:
        return [n for n in self.setting("networks") if role_of(n, self.settings) == role]

    def _within(self, name: str) -> list[str]:
        there = set(self.table(name)["network"])
        return [name for name in self.setting("networks") if name in there]

    @cached_property
    def informations(self) -> dict[tuple[str, int], Means]:
        """What codes tell of pitch, by network and book, as far as it was computed."""
        return {}

    @property
    def books(self) -> int:
        """Number of codebooks that are read."""
        return int(self.setting("codes")["books"])

    def known(self) -> dict[str, Sequence[str]]:
        """Return the names of networks, and of the codes whose answer is known."""
        return {"network": [*self.setting("networks"), KNOWN]}

    def trained(self, rows: pd.DataFrame) -> int | None:
        """Return the number of trainings behind rows of one network; None without training.

        Networks whose answer is known, and codes whose answer is known, are not trained.
        """
        (network,) = rows["network"].unique()
        studied = network != KNOWN and role_of(network, self.settings) == STUDIED
        return rows["run"].nunique() if studied else None

    def share(
        self, name: str, inside: pd.Series, rows: pd.DataFrame, unit: str, *names: str
    ) -> Means:
        """Return the share of rows of one network that are inside, runs weighing the same.

        Args:
            name: of the table.
            inside: bool, indexed like the rows.
            rows: some of one network.
            unit: what a row is.
            names: tell the random stream from others.

        Returns:
            Shares, (1 + resamples,), see `proportions.share_draws`; units are rows.
        """
        self.refuse_twice(name, rows)
        number, weights = self.trainings(rows)
        rng = self.bootstrap.generator(self.STREAM, "shares", name, *names)
        draws = share_draws(inside.to_numpy(), number, weights, rng)
        return Means(draws, tuple(range(len(rows))), unit, self.trained(rows))


def _written(word: str) -> str:
    """Return a word of ``each`` as messages say it."""
    others = {"learned": "learned kind of directions", "later": "second book"}
    return f"{word} network" if word in NETWORKS else others.get(word, word)
