"""Tables that grow network by network."""

import pandas as pd

from tonotopy.ears import Ear

KEYS = ("network", "run", "layer", "depth", "clip", "label", "learn", "kind", "offset", "filter")
KEYS += ("map", "epoch", "target", "other", "first", "second")  # what rows are asked for by


class Tables:
    """Parts of tables by name, and what they add up to."""

    def __init__(self):
        self._parts: dict[str, list[pd.DataFrame]] = {}

    def add(self, name: str, part: pd.DataFrame) -> None:
        """Add rows to a table."""
        self._parts.setdefault(name, []).append(part)

    def table(self, name: str) -> pd.DataFrame:
        """Return all rows of a table; without any it has the columns `KEYS`, empty."""
        parts = [part for part in self._parts.get(name, []) if len(part)]
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(KEYS))


def of_network(table: pd.DataFrame, ear: Ear) -> pd.DataFrame:
    """Return the rows of a network."""
    return table[(table["network"] == ear.network) & (table["run"] == ear.run)]
