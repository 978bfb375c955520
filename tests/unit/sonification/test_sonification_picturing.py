"""Pictures of clips and sonifications: which are shown, and every number in them."""

import numpy as np
import pandas as pd
import pytest
from scipy.signal import get_window
from sonified_worlds import (
    BLOCKS,
    DEAD,
    check_columns,
    labels_of,
    loudest_map,
    one_sound,
    unit_peak,
    written,
)

from tonotopy.seeding import generator
from tonotopy.studies.sonification.hearing import chosen_clips, mean_activations
from tonotopy.studies.sonification.maps import favourite_table, selection_table
from tonotopy.studies.sonification.picturing import (
    NONE,
    View,
    picture_table,
    spectrogram,
    views,
)

SOME = ["block2", "block9"]
SEED = 4
COLUMNS = {"set": "O", "network": "O", "run": "i", "layer": "O", "depth": "i", "map": "i",
           "rank": "i", "epoch": "i", "panel": "O", "clip": "O", "label": "O", "bands": "i",
           "frames": "i", "values": "O", "seconds": "f", "high_hz": "f"}  # fmt: skip


def decibels(sound):
    """Spectrogram of half-overlapping Hann windows, its ends padded with zeros, one by one."""
    padded = np.concatenate([np.zeros(128), sound, np.zeros(128 + -len(sound) % 128)])
    window = get_window("hann", 256)
    frames = [padded[i : i + 256] * window for i in range(0, len(padded) - 255, 128)]
    power = np.abs(np.array([np.fft.rfft(frame) for frame in frames]).T) ** 2
    return np.maximum(10 * np.log10(power / power.max() + 1e-30), -80)


def test_spectrograms_are_decibels_below_the_largest_value(world):
    sound = one_sound(world.events, world.test[0])
    for length in (4000, 3900):
        found = spectrogram(sound[:length])
        assert found.dtype == np.float32 and found.shape[0] == 129
        expected = decibels(sound[:length])
        assert found.shape[1] == expected.shape[1] and found.max() == 0 and found.min() >= -80
        np.testing.assert_allclose(found, expected, atol=1e-3)
    assert np.array_equal(spectrogram(3 * sound), spectrogram(sound)) or np.allclose(
        spectrogram(3 * sound), spectrogram(sound), atol=1e-3
    )
    silent = spectrogram(np.zeros(4000, dtype=np.float32))
    assert (silent == -80).all() and silent.shape == spectrogram(sound).shape


def test_pictures_of_the_most_active_and_of_given_maps(world):
    ear = world.ear("supervised", SOME, run=0)
    wanted = [
        View("active", "block9", NONE, int(world.test[3])),
        View("favourites", "block2", 1, int(world.test[0]), rank=2),
        View("evolution", "block9", 3, int(world.test[5]), 1, epoch=16),
    ]
    table = picture_table(ear, world.events, wanted)
    check_columns(table, COLUMNS)
    assert table["panel"].tolist() == ["input", "sonification"] * 3
    for index, view in enumerate(wanted):
        passed, block = written(ear, world.events, view.position), BLOCKS.index(view.layer)
        number = loudest_map(passed, block) if view.map == NONE else view.map
        sound = one_sound(world.events, view.position)
        sounds = (sound, unit_peak(passed.sonify(block, number), sound))
        for row, heard in zip((2 * index, 2 * index + 1), sounds, strict=True):
            own = table.iloc[row]
            assert own["map"] == number and own["layer"] == view.layer
            assert (own["set"], own["rank"], own["epoch"]) == (view.set, view.rank, view.epoch)
            assert own["depth"] == SOME.index(view.layer) + 1
            assert own["clip"] == world.events.clips[view.position]
            assert own["label"] == labels_of(world.events, view.position)[0]
            assert (own["seconds"], own["high_hz"]) == (0.5, 4000)
            picture = np.asarray(own["values"]).reshape(own["bands"], own["frames"])
            assert picture.dtype == np.float32
            np.testing.assert_allclose(picture, decibels(heard), atol=0.05)


def test_no_views_no_pictures(world):
    assert picture_table(world.ear("supervised", SOME), world.events, []).empty


# --- which are shown


@pytest.fixture(scope="module")
def prepared(world):
    ear = world.ear("contrastive", SOME)
    favourites = favourite_table(ear, world.events, world.events.indices("test"))
    return ear, favourites, selection_table(ear, world.events, None, SEED)


def chosen_views(world, prepared, seed=SEED, **shown):
    ear, favourites, selected = prepared
    shown = {"layers": ["block9", "embedding"], "maps": 3, **shown}
    return views(ear, world.events, favourites, selected, shown, seed)


def of_set(found, name):
    return [view for view in found if view.set == name]


def test_one_clip_is_shown_with_its_most_active_maps_in_the_named_layers(world, prepared):
    one = chosen_clips(world.events, "test", 1, SEED)[0]
    assert of_set(chosen_views(world, prepared), "active") == [View("active", "block9", NONE, one)]
    both = of_set(chosen_views(world, prepared, layers=["block9", "block2"]), "active")
    assert [view.layer for view in both] == SOME and {view.position for view in both} == {one}


def test_the_selective_map_is_that_of_the_class_of_a_drawn_clip_and_active(world, prepared):
    ear, _, selected = prepared
    maps = selected.set_index(["layer", "label"])["map"]
    test = world.events.indices("test")
    activations, _ = mean_activations(ear, world.events, test)
    silent = 0
    for seed in range(8):
        found = of_set(chosen_views(world, prepared, seed=seed), "selective")
        for view in found:
            for row in generator(seed, "selective", view.layer).permutation(len(test)):
                label = labels_of(world.events, test[row])[0]
                if label == "rare":  # no training clip has it
                    continue
                if activations[view.layer][row, maps[view.layer, label]] > 0:
                    break
                silent += 1
            assert view.position == test[row]
            assert view.map == maps[view.layer, label]
            assert view.rank == view.epoch == NONE
    assert found and silent


def test_favourites_are_the_first_three_clips_of_drawn_live_maps(world, prepared):
    _, favourites, _ = prepared
    found = of_set(chosen_views(world, prepared), "favourites")
    for layer in SOME:
        own = [view for view in found if view.layer == layer]
        live = sorted(
            {row["map"] for row in favourites.to_dict("records")
             if row["layer"] == layer and row["activation"] > 0}
        )  # fmt: skip
        assert (layer, DEAD[2]) != (DEAD[1], DEAD[2]) or DEAD[2] not in live
        drawn = generator(SEED, "shown maps", layer).choice(live, min(3, len(live)), replace=False)
        assert sorted({view.map for view in own}) == sorted(drawn)
        assert len(own) == 3 * len(drawn)
        for view in own:
            rows = favourites[(favourites["layer"] == layer) & (favourites["map"] == view.map)]
            clip = rows.set_index("rank")["clip"][view.rank]
            assert world.events.clips[view.position] == clip and 1 <= view.rank <= 3
    assert all(view.map != DEAD[2] for view in found if view.layer == DEAD[1])


def test_a_dead_layer_and_classes_without_maps_show_nothing(world, prepared):
    ear, favourites, selected = prepared
    dead = favourites.assign(activation=0.0)
    none = selected.assign(map=-1)
    found = views(ear, world.events, dead, none, {"layers": ["block4"], "maps": 3}, SEED)
    assert found == []


def test_a_shuffled_table_of_favourites_shows_the_same(world, prepared):
    ear, favourites, selected = prepared
    shuffled = favourites.sample(frac=1, random_state=1)
    again = chosen_views(world, (ear, shuffled, selected.sample(frac=1, random_state=2)))
    assert again == chosen_views(world, prepared)
    assert isinstance(shuffled, pd.DataFrame)
