"""At every layer the class's map that an excerpt excites most is sonified."""

import numpy as np
import pandas as pd
import pytest
import torch
from sonified_worlds import HEARD, one_sound, unit_peak, written

from tonotopy.excerpts import Excerpt, Known
from tonotopy.frontends.spectrograms import spectrogram
from tonotopy.networks.bundle import load
from tonotopy.studies.sonification.listening import prepare, selected_maps

LAYERS = ["block2", "block5", "block11"]
ROWS = [  # network, run, layer, label, map
    ("supervised", 0, "block2", "buzz", 3),
    ("supervised", 0, "block2", "tap", 0),
    ("supervised", 0, "block2", "hiss", 3),
    ("supervised", 0, "block5", "buzz", -1),
    ("supervised", 0, "block11", "buzz", 6),
    ("supervised", 0, "block11", "hiss", 1),
    ("supervised", 1, "block5", "buzz", 2),
    ("contrastive", 0, "block2", "buzz", 1),
]


@pytest.fixture(scope="module")
def table():
    return pd.DataFrame(ROWS, columns=["network", "run", "layer", "label", "map"])


@pytest.fixture(scope="module")
def show(world, table, tmp_path_factory):
    path = tmp_path_factory.mktemp("selected") / "selected.parquet"
    table.to_parquet(path)
    known = Known("supervised", 0, {"selected": str(path)}, {"layers": LAYERS}, 0)
    return prepare(load(world.folder / "supervised"), known)


def test_maps_are_those_of_the_network_with_all_their_classes(world, table):
    maps = selected_maps(table, world.ear("supervised", LAYERS))
    assert maps == {
        "block2": {3: ["buzz", "hiss"], 0: ["tap"]},
        "block11": {6: ["buzz"], 1: ["hiss"]},
    }


def test_the_most_active_of_them_is_sonified(world, show):
    ear, chosen = world.ear("supervised"), set()
    for position in world.test[:4]:
        sound = one_sound(world.events, position)
        shown = show(Excerpt(torch.from_numpy(np.float32(sound)), ""))
        passed = written(ear, world.events, position)
        original, *tracks = shown.tracks
        assert [track.name for track in tracks] == ["layer block2", "layer block11"]
        for track, candidates in zip(tracks, ((0, 3), (1, 6)), strict=True):
            layer = track.facts["layer"]
            block = int(layer.removeprefix("block")) - 1
            means = passed.means(block)
            best = max(candidates, key=lambda number: means[number])
            assert track.facts["map"] == best
            assert track.facts["activation"] == pytest.approx(means[best], rel=1e-3, abs=1e-6)
            expected = unit_peak(passed.sonify(block, best), sound)
            np.testing.assert_allclose(track.sound, expected, atol=1e-4)
            np.testing.assert_allclose(track.picture, spectrogram(track.sound.numpy()))
            chosen.add((layer, best, track.facts["selective for"]))
        np.testing.assert_allclose(original.sound, sound, atol=1e-6)
        assert shown.seconds == pytest.approx(len(sound) / HEARD)
    assert {number for layer, number, _ in chosen if layer == "block2"} <= {0, 3}
    labels = {number: label for layer, number, label in chosen if layer == "block2"}
    assert labels.items() <= {3: "buzz, hiss", 0: "tap"}.items()
