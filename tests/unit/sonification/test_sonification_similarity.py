"""How sonifications resemble their inputs: every number of every clip and layer, one by one."""

import numpy as np
import pytest
import torch
from scipy.signal import coherence, welch
from sonified_worlds import (
    BLOCKS,
    check_columns,
    labels_of,
    loudest_map,
    one_sound,
    rows_of,
    unit_peak,
    written,
)

from tonotopy.ears import even_batches
from tonotopy.studies.sonification import hearing, similarity
from tonotopy.studies.sonification.similarity import most_active, similarity_table

SEGMENT, STRONGEST = 64, 3
COLUMNS = {"network": "O", "run": "i", "layer": "O", "depth": "i", "clip": "O", "group": "O",
           "label": "O", "map": "i", "coherence": "f", "null_coherence": "f", "density": "f",
           "live": "f", "energy": "f", "high": "f", "flatness": "f"}  # fmt: skip


@pytest.fixture(scope="module")
def tables(world):
    """Tables of two networks, and the batches that their clips were heard in."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(similarity, "even_batches", lambda positions: even_batches(positions, 4))
        return {
            name: similarity_table(
                world.ear(name, run=run), world.events, world.test, SEGMENT, STRONGEST
            )
            for name, run in (("supervised", 0), ("contrastive", 2))
        }


def coherent(first, second):
    """Mean of the largest coherences (thesis equations 6.1 and 6.2)."""
    _, values = coherence(first, second, nperseg=SEGMENT)
    return np.mean(sorted(values)[-STRONGEST:])


def literal(ear, corpus, positions, index):
    """Rows of one clip; the null is the sonification of the clip before it in its batch."""
    batch = next(b for b in even_batches(positions, 4) if positions[index] in b)
    place = list(batch).index(positions[index])
    position, other = batch[place], batch[place - 1]
    sound, passed = one_sound(corpus, position).astype(float), written(ear, corpus, position)
    beside = written(ear, corpus, other)
    for block, name in enumerate(BLOCKS):
        number = loudest_map(passed, block)
        sonified = unit_peak(passed.sonify(block, number), sound)
        stranger = beside.sonify(block, loudest_map(beside, block))
        outputs = passed.outputs[block].numpy()
        power = welch(sonified, nperseg=SEGMENT)[1]
        yield (
            name,
            {
                "map": number,
                "coherence": coherent(sound, sonified),
                "null_coherence": coherent(sound, stranger),
                "density": np.mean([value > 0 for value in outputs.ravel()]),
                "live": np.mean([(own > 0).any() for own in outputs]),
                "energy": sum(sonified**2) / sum(sound**2),
                "high": sum(power[SEGMENT // 4 :]) / sum(power),
                "flatness": np.exp(np.mean(np.log(power))) / np.mean(power),
            },
        )


@pytest.mark.parametrize("network", ["supervised", "contrastive"])
def test_every_number_is_that_of_its_clip_and_layer(world, tables, network):
    rows = rows_of(tables[network], "layer", "clip")
    assert len(rows) == len(BLOCKS) * len(world.test)
    ear = world.ear(network)
    for index in (0, 2, 4, 8):
        position = world.test[index]
        for layer, expected in literal(ear, world.events, world.test, index):
            row = rows[layer, world.events.clips[position]]
            assert row["map"] == expected.pop("map")
            for name, value in expected.items():
                assert row[name] == pytest.approx(value, rel=2e-3, abs=1e-6), (layer, name)


def test_columns_and_what_every_row_says_of_its_clip(world, tables):
    for run, (network, table) in zip((0, 2), tables.items(), strict=True):
        check_columns(table, COLUMNS)
        assert set(table["network"]) == {network} and set(table["run"]) == {run}
        assert dict(zip(table["layer"], table["depth"], strict=True)) == {
            name: number for number, name in enumerate(BLOCKS, start=1)
        }
        where = {clip: position for position, clip in enumerate(world.events.clips)}
        for clip, group, label in table[["clip", "group", "label"]].itertuples(index=False):
            assert group == world.events.groups[where[clip]]
            assert label == labels_of(world.events, where[clip])[0]


def test_some_layers_in_the_order_of_the_network(world, tables):
    ear = world.ear("supervised", ["block9", "block3"])
    table = similarity_table(ear, world.events, world.test[:2], SEGMENT, STRONGEST)
    assert dict(zip(table["layer"], table["depth"], strict=True)) == {"block3": 1, "block9": 2}
    whole = tables["supervised"].set_index(["layer", "clip"])
    part = table.set_index(["layer", "clip"])
    np.testing.assert_allclose(part["energy"], whole.loc[part.index, "energy"], rtol=1e-4)


def test_the_most_active_map_has_the_largest_mean_not_the_largest_value():
    maps = torch.tensor(
        [[[0.0, 1.0, 0.4], [0.0, 0.0, 0.7]], [[-2.0, -1.0, -3.0], [-2.0, -1.5, 3.0]]]
    )
    assert most_active(maps).tolist() == [2, 2 if (-3 + 3) / 2 > -1.25 else 1]


class Silence:
    """The clips of a corpus, the first of which is silent."""

    def __init__(self, corpus, position):
        self._corpus, self._position = corpus, position

    def __getattr__(self, name):
        return getattr(self._corpus, name)

    def waveforms(self, positions):
        sounds = self._corpus.waveforms(positions)
        sounds[np.asarray(positions) == self._position] = 0
        return sounds


def test_silent_clips_and_dead_layers_have_no_shares_but_zeros(world):
    ear = world.ear("contrastive", ["block2", "block9"])
    for parameter in ear.bundle.network.features[8].parameters():
        torch.nn.init.constant_(parameter, -1.0)  # no map of block9 is ever positive
    silent = Silence(world.events, world.test[0])
    table = similarity_table(ear, silent, world.test[:3], SEGMENT, STRONGEST)
    dead = table[table["layer"] == "block9"]
    assert (dead[["coherence", "density", "live"]] == 0).all().all()
    assert dead["energy"].iloc[1:].tolist() == [0, 0] and dead["map"].tolist() == [0, 0, 0]
    assert dead[["high", "flatness"]].isna().all().all()
    one = table[table["layer"] == "block2"].iloc[0]
    assert one["clip"] == world.events.clips[world.test[0]]
    assert np.isnan(one["energy"]) and one["coherence"] == 0


def test_a_corpus_of_single_classes(world):
    positions = world.words.indices("test")
    table = similarity_table(world.ear("strided"), world.words, positions, SEGMENT, STRONGEST)
    assert set(table["layer"]) == {"stem", "beside", "down", "gate"}
    own = table[table["layer"] == "stem"]
    assert own["label"].tolist() == [labels_of(world.words, p)[0] for p in positions]
    assert own["clip"].tolist() == list(world.words.clips[positions])
    assert hearing.even_batches(positions, 16)[0].tolist() == positions.tolist()
