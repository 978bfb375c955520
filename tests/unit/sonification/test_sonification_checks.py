"""Known answers: sizes of layers, the explicit deconvnet, clips that begin later."""

import numpy as np
import pandas as pd
import pytest
import torch
from sonified_worlds import (
    BLOCKS,
    HEARD,
    WIDTHS,
    check_columns,
    loudest_map,
    one_sound,
    rows_of,
    written,
)

from tonotopy.sonification import explicit
from tonotopy.studies.sonification import checks
from tonotopy.studies.sonification.checks import exactness_table, layer_table, shifted
from tonotopy.studies.sonification.hearing import Geometry, geometry

ABOUT = {"network": "O", "run": "i", "layer": "O", "depth": "i"}
CLIP = {"clip": "O", "group": "O"}
OFFSETS = [1, 24, 36]


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Interiors of few samples."""
    monkeypatch.setattr(checks, "COMPARED", 128)


def test_layers_with_the_number_of_their_maps_and_where_they_lie(world):
    places = {name: Geometry(2 * number, 7 * number) for number, name in enumerate(BLOCKS)}
    table = layer_table(world.ear("contrastive", run=1), places)
    check_columns(table, {**ABOUT, "maps": "i", "stride": "i", "width_of_input": "i"})
    assert table["layer"].tolist() == BLOCKS and table["depth"].tolist() == list(range(1, 12))
    assert table["maps"].tolist() == WIDTHS and set(table["run"]) == {1}
    assert table["stride"].tolist() == [2 * number for number in range(11)]
    assert table["width_of_input"].tolist() == [7 * number for number in range(11)]


def test_the_product_is_the_explicit_deconvnet(world):
    positions = world.test[[4, 0, 7]]
    table = exactness_table(world.ear("supervised"), world.events, positions)
    check_columns(table, {**ABOUT, **CLIP, "length_error": "i", "explicit_error": "f"})
    rows = rows_of(table, "layer", "clip")
    assert len(rows) == 3 * len(BLOCKS)
    for position in positions:
        for layer in BLOCKS:
            row = rows[layer, world.events.clips[position]]
            assert row["length_error"] == 0 and 0 <= row["explicit_error"] < 1e-5
            assert row["group"] == world.events.groups[position]


def test_an_explicit_form_that_differs_is_told_clip_by_clip(world, monkeypatch):
    ear, positions = world.ear("supervised", ["block3"]), world.test[:3]
    plain, added = explicit.backward, np.array([0.0, 0.25, 0.5])

    def wrong(maps, steps):
        back = plain(maps, steps)
        back[:, 100] += torch.from_numpy(added).float() * back.abs().amax(dim=1)
        return back

    monkeypatch.setattr(explicit, "backward", wrong)
    table = exactness_table(ear, world.events, positions)
    for index, position in enumerate(positions):
        passed = written(ear, world.events, position)
        sonified = passed.sonify(2, loudest_map(passed, 2))
        largest = np.abs(sonified).max()
        changed = sonified.copy()
        changed[100] += added[index] * largest
        error = np.abs(changed - sonified).max() / np.abs(changed).max()
        assert table["explicit_error"][index] == pytest.approx(error, abs=1e-5)


def test_there_is_no_explicit_form_where_a_layer_is_reached_by_several_ways(world):
    table = exactness_table(world.ear("strided"), world.words, world.words.indices("test")[:2])
    errors = table.groupby("layer")["explicit_error"]
    assert errors.max()["stem"] < 1e-5  # strided and unpooled, but a chain
    for layer in ("beside", "down", "gate"):
        wrong = table[table["layer"] == layer]["explicit_error"]
        assert wrong.isna().all() or (layer == "beside" and wrong.max() < 1e-5)
    assert (table["length_error"] == 0).all()


# --- clips that begin later


def literal_pair(ear, sound, layer, offset, margin, window):
    """Sonifications of two windows of a repeated clip over the samples that both hold."""
    repeated = np.tile(sound, 1 + (window + offset) // len(sound))
    modules, maps = [ear.bundle.network.stem], None
    apart = []
    for begin in (0, offset):
        signal = torch.from_numpy(repeated[begin : begin + window]).double()[None, None]
        convolution = modules[0][0]
        weight = convolution.weight.detach().double()
        output = torch.nn.functional.conv1d(
            signal, weight, convolution.bias.detach().double(), stride=4
        ).relu()[0]
        maps = int(output.mean(dim=1).argmax()) if maps is None else maps
        single = torch.zeros_like(output)
        single[maps] = output[maps]
        back = torch.nn.functional.conv_transpose1d(single, weight, stride=4)[0].numpy()
        apart.append(np.concatenate([back, np.zeros(window - len(back))]))
    first = apart[0][offset + margin : window - margin]
    second = apart[1][margin : window - offset - margin]
    return first, second


@pytest.fixture(scope="module")
def moved(world):
    """Shifts of two layers of the strided network; one of them reaches further."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checks, "COMPARED", 128)
        ear = world.ear("strided", ["stem", "gate", "beside"], run=3)
        positions = world.words.indices("test")[[3, 0, 5]]
        return ear, positions, shifted(ear, world.words, positions, OFFSETS, geometry(ear))


def test_shifts_are_compared_over_what_both_windows_hold(world, moved):
    ear, positions, found = moved
    columns = {"offset": "i", "stride": "i", "correlation": "f", "error": "f", "multiple": "b"}
    check_columns(found.table, {**ABOUT, **CLIP, **columns})
    assert set(found.table["layer"]) == {"stem", "beside"}  # not that which hears all of a clip
    rows = rows_of(found.table, "layer", "clip", "offset")
    assert len(rows) == 2 * 3 * len(OFFSETS)
    margin, window = 24, 2 * 24 + 36 + 128
    for position in positions:
        sound = one_sound(world.words, position)
        for offset in OFFSETS:
            first, second = literal_pair(ear, sound, "stem", offset, margin, window)
            row = rows["stem", world.words.clips[position], offset]
            likeness = first @ second / np.sqrt((first @ first) * (second @ second))
            error = np.abs(first - second).max() / np.abs(first).max()
            assert row["correlation"] == pytest.approx(likeness, abs=1e-5)
            assert row["error"] == pytest.approx(error, abs=1e-5)
            assert row["stride"] == 4 and row["multiple"] == (offset % 4 == 0)
            assert row["group"] == world.words.groups[position] and row["run"] == 3
    exact = found.table[found.table["multiple"]]
    assert len(exact) == 2 * 3 * 2 and exact["error"].max() < 1e-5
    assert found.table[~found.table["multiple"]]["error"].min() > 1e-3


def test_the_map_is_that_of_the_first_window_alone(world, monkeypatch):
    ear = world.ear("strided", ["stem"])
    asked = []
    plain = checks.most_active

    def noted(activations):
        asked.append(activations.shape)
        return plain(activations)

    monkeypatch.setattr(checks, "most_active", noted)
    shifted(ear, world.words, world.words.indices("test")[:2], [3, 5, 9], geometry(ear))
    assert len(asked) == 1


def test_excerpts_show_the_first_clip_around_its_largest_value(world, moved, monkeypatch):
    ear, positions, found = moved
    columns = {"offset": "i", "sample": "i", "seconds": "f", "original": "f", "shifted": "f"}
    check_columns(found.excerpts, {**ABOUT, **columns})
    sound = one_sound(world.words, positions[0])
    window = 2 * 24 + 36 + 128
    for offset in OFFSETS:
        first, second = literal_pair(ear, sound, "stem", offset, 24, window)
        table = found.excerpts
        own = table[(table["layer"] == "stem") & (table["offset"] == offset)]
        start = max(0, int(np.abs(first).argmax()) - 200)
        largest = np.abs(first).max()
        np.testing.assert_allclose(own["original"], first[start : start + 400] / largest, atol=1e-5)
        np.testing.assert_allclose(own["shifted"], second[start : start + 400] / largest, atol=1e-5)
        assert own["sample"].tolist() == list(range(len(own)))
        np.testing.assert_allclose(own["seconds"], own["sample"] / HEARD)


def test_an_excerpt_has_400_samples_from_200_before_the_largest(world, monkeypatch):
    ear = world.ear("strided", ["stem"])
    first, second = np.zeros(1500), np.arange(1500.0)
    first[700] = -4.0
    own = checks._excerpt(ear, "stem", 7, first, second)
    assert len(own) == 400 and own["original"].idxmin() == 200 and own["original"].min() == -1
    assert own["shifted"].tolist() == [value / 4 for value in range(500, 900)]
    silent = checks._excerpt(ear, "stem", 7, np.zeros(50), second[:50])
    assert silent["original"].tolist() == [0] * 50 and silent["shifted"].max() == 49


def test_windows_of_a_network_that_pools_are_exact_at_multiples_of_its_stride(world, monkeypatch):
    monkeypatch.setattr(checks, "COMPARED", 2300)
    ear = world.ear("contrastive", ["block2", "block4"])
    places = geometry(ear)
    found = shifted(ear, world.events, world.test[:2], [4, 16, 7], places).table
    assert found[["layer", "stride"]].drop_duplicates().values.tolist() == [
        ["block2", 4],
        ["block4", 16],
    ]
    assert found[found["multiple"]]["error"].max() < 1e-5
    assert set(found[found["multiple"]]["offset"]) == {4, 16}
    assert found[~found["multiple"] & (found["layer"] == "block4")]["error"].min() > 1e-4


def test_layers_that_hear_all_of_a_clip_give_empty_tables(world):
    ear = world.ear("strided", ["gate"])
    found = shifted(ear, world.words, world.words.indices("test")[:2], [1], geometry(ear))
    assert isinstance(found.table, pd.DataFrame) and found.table.empty and found.excerpts.empty
