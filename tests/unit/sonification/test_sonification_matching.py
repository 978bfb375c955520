"""Sonifications of the maps of events beside the events themselves, pair by pair."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from sonified_worlds import (
    BLOCKS,
    CLASSES,
    check_columns,
    labels_of,
    one_part,
    rows_of,
    write_events,
    written,
)

from tonotopy.errors import InputError
from tonotopy.studies.sonification.matching import correlations, match_table

SOME = ["block2", "block6"]
COLUMNS = {"network": "O", "run": "i", "layer": "O", "depth": "i", "clip": "O", "group": "O",
           "first": "O", "second": "O", "own": "f", "crossed": "f"}  # fmt: skip


def selected(layers=SOME, shift=0, **maps) -> pd.DataFrame:
    """A different map for every class and layer, in no order; -1 for a class that none has."""
    rows = [
        {"layer": layer, "label": label, "map": maps.get(label, (index + depth + shift) % 4)}
        for depth, layer in enumerate(layers)
        for index, label in enumerate(CLASSES)
    ]
    return pd.DataFrame(rows).sample(frac=1, random_state=2)


def likeness(sonified, part):
    """Absolute correlation of two sounds, 0 where one does not vary."""
    if np.ptp(sonified) == 0:
        return 0.0
    return abs(np.corrcoef(sonified, part)[0, 1])


def test_every_pair_of_events_of_every_clip(world):
    ear, maps = world.ear("supervised", SOME, run=1), selected()
    table = match_table(ear, world.events, world.test, maps)
    check_columns(table, COLUMNS)
    rows = rows_of(table, "layer", "clip", "first", "second")
    chosen = maps.set_index(["layer", "label"])["map"]
    seen = 0
    for position in world.test:
        passed = written(ear, world.events, position)
        for layer, (x, y) in (
            (layer, pair)
            for layer in SOME
            for pair in combinations(labels_of(world.events, position), 2)
        ):
            row = rows[layer, world.events.clips[position], x, y]
            parts = {name: one_part(world.events, position, name) for name in (x, y)}
            sonified = {
                name: passed.sonify(BLOCKS.index(layer), chosen[layer, name]) for name in (x, y)
            }
            own = likeness(sonified[x], parts[x]) + likeness(sonified[y], parts[y])
            crossed = likeness(sonified[x], parts[y]) + likeness(sonified[y], parts[x])
            assert row["own"] == pytest.approx(own, abs=1e-4)
            assert row["crossed"] == pytest.approx(crossed, abs=1e-4)
            assert row["group"] == world.events.groups[position] and row["run"] == 1
            assert row["depth"] == SOME.index(layer) + 1
            seen += 1
    assert seen == len(rows) == 2 * (5 + 3)  # five pairs of two, one clip of three


def test_clips_of_a_class_without_a_map_are_left_out(world):
    table = match_table(world.ear("supervised", SOME), world.events, world.test, selected(rare=-1))
    assert len(table) == 2 * 7 and "rare" not in {*table["first"], *table["second"]}
    unknown = selected()[lambda rows: rows["label"] != "rare"]  # classes of another corpus
    again = match_table(world.ear("supervised", SOME), world.events, world.test, unknown)
    pd.testing.assert_frame_equal(again, table)


def test_clips_of_one_event_give_an_empty_table(world):
    alone = [p for p in world.test if len(labels_of(world.events, p)) == 1]
    assert len(alone) == 3
    assert match_table(world.ear("supervised", SOME), world.events, alone, selected()).empty


def test_a_corpus_that_keeps_no_parts_is_refused(world, tmp_path):
    bare = write_events(tmp_path / "bare", parts=False)
    with pytest.raises(InputError, match="^corpus bare has no parts: set 'parts: true'"):
        match_table(world.ear("supervised", SOME), bare, bare.indices("test"), selected())


def test_correlations_are_absolute_without_means_and_0_for_silence():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(3, 50)) + 2, rng.normal(size=(4, 50)) - 5
    first[1], second[0] = 3.0, -first[0] * 2 + 1
    found = correlations(first.astype(np.float32), second.astype(np.float32))
    assert found.shape == (3, 4) and (found[1] == 0).all()
    for i in (0, 2):
        for j in range(4):
            assert found[i, j] == pytest.approx(likeness(first[i], second[j]), abs=1e-6)
    assert found[0, 0] == pytest.approx(1)
