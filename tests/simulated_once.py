"""Simulated tables that several cases in a row are judged on: drawn, and read, once."""

from collections.abc import Callable

import numpy as np

from tonotopy.evidence.tables import StudyTables

_LAST: dict = {"world": None, "tables": {}}


def drawn_once(
    world, rng: np.random.Generator, make: Callable[[np.random.Generator], StudyTables]
) -> StudyTables:
    """Return the tables of a world for one run; those of the last world are remembered.

    Cases of one world that follow one another share the tables, and what statistics keep with them.

    Args:
        world: what the tables are of, comparable.
        rng: source of the run.
        make: draws the tables.
    """
    if _LAST["world"] != world:
        _LAST.update(world=world, tables={})
    seed = int(rng.integers(2**63))
    if seed not in _LAST["tables"]:
        _LAST["tables"][seed] = make(np.random.default_rng(seed))
    return _LAST["tables"][seed]
