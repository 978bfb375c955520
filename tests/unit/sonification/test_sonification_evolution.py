"""How sonifications came about while a network learned, epoch by epoch."""

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.signal import welch
from sonified_worlds import BLOCKS, SNAPSHOTS, Written, check_columns, labels_of, one_sound, rows_of
from test_sonification_picturing import COLUMNS, decibels

from tonotopy.errors import InputError
from tonotopy.networks.bundle import load
from tonotopy.studies.sonification.maps import favourite_table
from tonotopy.studies.sonification.picturing import _drawn_maps, evolution_tables

LAYERS, SEED = ["block7", "block1"], 2
SETTINGS = {"epochs": [3, 0, 1], "layers": LAYERS, "maps": 2}
NUMBERS = {"network": "O", "run": "i", "layer": "O", "depth": "i", "map": "i", "epoch": "i",
           "clip": "O", "similarity": "f", "flatness": "f", "peak": "f", "dead": "b"}  # fmt: skip


@pytest.fixture(scope="module")
def evolved(world):
    ear = world.ear("supervised", ["block1", "block4", "block7"])
    favourites = favourite_table(ear, world.events, world.events.indices("test"))
    folder = world.folder / "supervised"
    return ear, favourites, evolution_tables(ear, folder, world.events, favourites, SETTINGS, SEED)


def literal(world, layer, number, epoch, clip):
    """What a map sounds like on a clip after an epoch."""
    network = load(world.folder / "supervised", epoch).network
    position = list(world.events.clips).index(clip)
    passed = Written(network.features, one_sound(world.events, position))
    return passed.sonify(BLOCKS.index(layer), number)


def likeness(first, second):
    first, second = (decibels(sound).ravel() for sound in (first, second))
    return np.corrcoef(first, second)[0, 1]


def test_each_map_is_shown_on_its_first_clip_at_every_epoch(world, evolved):
    _, favourites, (numbers, _) = evolved
    check_columns(numbers, NUMBERS)
    rows = rows_of(numbers, "layer", "map", "epoch")
    first = favourites[favourites["rank"] == 1].set_index(["layer", "map"])["clip"]
    maps = {layer: _drawn_maps(favourites, layer, 2, SEED) for layer in LAYERS}
    keys = {(layer, m, e) for layer in LAYERS for m in maps[layer] for e in SNAPSHOTS}
    assert set(rows) == keys and len(keys) == 12
    for (layer, number, epoch), row in rows.items():
        assert (
            row["clip"] == first[layer, number]
            and row["depth"] == {"block1": 1, "block7": 3}[layer]
        )
        sound = literal(world, layer, number, epoch, row["clip"])
        last = literal(world, layer, number, 3, row["clip"])
        assert row["peak"] == pytest.approx(np.abs(sound).max(), rel=1e-3) and row["dead"] is False
        if not sound.any():
            assert np.isnan(row["flatness"]) and np.isnan(row["similarity"])
            continue
        power = welch(sound, nperseg=256)[1]
        flat = np.exp(np.log(power + 1e-20 * power.mean()).mean()) / power.mean()
        assert row["flatness"] == pytest.approx(flat, rel=5e-3)
        assert row["similarity"] == pytest.approx(likeness(sound, last), abs=2e-3)
        if epoch == 3:
            assert row["similarity"] == pytest.approx(1, abs=1e-6)


def test_its_pictures_are_those_of_the_same_maps(world, evolved):
    _, _, (numbers, pictures) = evolved
    check_columns(pictures, COLUMNS)
    assert set(pictures["set"]) == {"evolution"} and set(pictures["rank"]) == {1}
    heard = pictures[pictures["panel"] == "sonification"]
    assert len(heard) == 12 and len(pictures) == 24
    for row in heard.to_dict("records"):
        sound = literal(world, row["layer"], row["map"], row["epoch"], row["clip"])
        np.testing.assert_allclose(
            row["values"], decibels(sound).ravel() if sound.any() else -80, atol=0.05
        )
        position = list(world.events.clips).index(row["clip"])
        assert row["label"] == labels_of(world.events, position)[0]
    keys = ["layer", "map", "epoch"]
    assert set(map(tuple, heard[keys].values)) == set(map(tuple, numbers[keys].values))


def test_a_map_that_is_dead_in_the_end_is_told_so(world):
    ear = world.ear("supervised", ["block2"])
    favourites = favourite_table(ear, world.events, world.events.indices("test"))
    maps = _drawn_maps(favourites, "block2", 4, 0)
    plain = load

    def killed(folder, epoch):
        bundle = plain(folder, epoch)
        if epoch == 3:
            with torch.no_grad():
                bundle.network.features[1][0].bias[maps[0]] = -1e3
        return bundle

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tonotopy.studies.sonification.picturing.load", killed)
        settings = {"epochs": [0, 3], "layers": ["block2"], "maps": 4}
        folder = world.folder / "supervised"
        numbers, _ = evolution_tables(ear, folder, world.events, favourites, settings, 0)
    dead = numbers[numbers["map"] == maps[0]]
    assert dead["dead"].all() and dead["similarity"].isna().all()
    assert not numbers[numbers["map"] != maps[0]]["dead"].any()
    assert dead.set_index("epoch")["peak"][3] == 0


def test_a_network_without_such_layers_or_live_maps_has_no_rows(world, evolved):
    ear, favourites, _ = evolved
    folder = world.folder / "supervised"
    for table, layers in ((favourites, ["conv1"]), (favourites.assign(activation=0.0), LAYERS)):
        settings = {**SETTINGS, "layers": layers}
        found = evolution_tables(ear, folder, world.events, table, settings, SEED)
        assert all(isinstance(part, pd.DataFrame) and part.empty for part in found)


def test_an_epoch_that_was_not_kept_is_refused(world, evolved):
    ear, favourites, _ = evolved
    with pytest.raises(InputError, match="no snapshot of epoch 2 is kept .kept: 0, 1, 3"):
        evolution_tables(
            ear,
            world.folder / "supervised",
            world.events,
            favourites,
            {**SETTINGS, "epochs": [2, 3]},
            0,
        )
