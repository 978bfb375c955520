"""Pictures of clips that the seed draws: which are shown, and what each shows."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from explained_worlds import (
    CLASSES,
    COMPOSITE,
    HEARD,
    OBJECTS,
    branched,
    label_of,
    one_heatmap,
    one_input,
    one_part,
    one_split,
    rows_of,
    small_batches,
)

from tonotopy.errors import InputError
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.studies.relevance import picturing
from tonotopy.studies.relevance.explaining import chosen_clips
from tonotopy.studies.relevance.picturing import Plan, axes, example_table, plans

COLUMNS = ["set", "label", "subspaces", "clip", "layer", "components", "panel", "relevance"]
COLUMNS += ["mels", "frames", "values", "seconds", "high_hz"]


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Batches of two clips."""
    monkeypatch.setattr(picturing, "batches", small_batches(2))


def test_what_is_shown(world):
    sets = plans(world.corpus, world.fitted, "conv3", 4, ["mid", "low", "high"], 2)
    assert [plan.name for plan in sets] == ["own", "random", "exchanged", "layers", "numbers"]
    own, random, exchanged, layers, numbers = sets
    two = chosen_clips(world.corpus, "test", 2, 2).tolist()
    one = chosen_clips(world.corpus, "test", 1, 2).tolist()
    assert own.positions.tolist() == random.positions.tolist() == two
    assert own.keys == [world.key()] and random.keys == [world.key("random", draw=0)]
    assert exchanged.keys == [world.key()] and exchanged.classes == "high"
    assert exchanged.positions.tolist() == [p for p in one if label_of(world.corpus, p) == "mid"]
    assert len(exchanged.positions) == 1
    assert layers.positions.tolist() == numbers.positions.tolist() == one[-1:]
    assert layers.keys == [world.key(layer="conv1"), world.key(layer="conv3")]
    assert numbers.keys == [world.key(), world.key(components=2)]
    assert all(plan.classes is None for plan in sets if plan.name != "exchanged")


def test_sets_that_would_show_nothing_new_are_left_out(world):
    class Fitted:
        def __init__(self, layers, numbers):
            self.all = [
                world.key(method, layer, number)
                for layer in layers
                for number in numbers
                for method in ("drsa", "random")
            ] + [world.key(copy="untrained", layer="conv9", components=4)]

        def keys(self, **wanted):
            return [key for key in self.all if all(getattr(key, k) == v for k, v in wanted.items())]

        def shown(self, layer, components):
            return world.key("drsa", layer, components)

    def names(layers, numbers, exchanged):
        sets = plans(world.corpus, Fitted(layers, numbers), "a", 4, exchanged, 0)
        return [plan.name for plan in sets]

    assert names(["a"], [4], None) == ["own", "random"]
    assert names(["a", "b"], [4], None) == ["own", "random", "layers"]
    assert names(["a"], [4, 2], ["low", "mid"]) == ["own", "random", "exchanged", "numbers"]
    with pytest.raises(InputError, match="shown: layer 'conv2' has no 4 subspaces"):
        plans(world.corpus, world.fitted, "conv2", 4, None, 0)


@pytest.mark.parametrize(("classes", "clips"), [(4, 2), (5, 1)])
def test_of_many_classes_one_clip_is_shown(world, classes, clips, monkeypatch):
    asked = []

    class Many:
        def __init__(self, corpus):
            self.classes, self.labels = list("abcde")[:classes], corpus.labels

    def chosen(corpus, split, per_class, seed):
        asked.append((split, per_class, seed))
        return np.array([0])

    monkeypatch.setattr(picturing, "chosen_clips", chosen)
    plans(Many(world.corpus), world.fitted, "conv3", 4, None, 8)
    assert asked == [("test", clips, 8), ("test", 1, 8)]


def panel(row):
    return np.array(row["values"]).reshape(row["mels"], row["frames"])


def near(row, expected):
    assert row["values"].dtype == np.float32 and (row["mels"], row["frames"]) == (16, 24)
    scale = abs(expected).max()
    np.testing.assert_allclose(panel(row), expected, atol=2e-4 * scale, rtol=1e-3)


def test_panels_show_inputs_heatmaps_components_and_objects(world):
    key, other = world.key(), world.key("random", "conv1", 2, draw=1)
    sets = [
        Plan("own", world.test[:3], [key]),
        Plan("random", world.test[4:5], [other]),
        Plan("exchanged", world.test[5:8], [key], "mid"),
    ]
    table = example_table(world.explained, world.corpus, world.fitted, sets, OBJECTS)
    assert sorted(table.columns) == sorted(COLUMNS)
    rows = rows_of(table, "set", "clip", "panel")
    assert len(rows) == 3 * (2 + 4 + 2) + (2 + 2) + 3 * (2 + 4)
    for plan in sets:
        shown = plan.keys[0]
        for position in plan.positions:
            clip, label = world.corpus.clips[position], label_of(world.corpus, position)
            subspaces = plan.classes or label
            front_end = world.explained.bundle.front_end
            expected = {
                "input": one_input(front_end, world.corpus, position).numpy(),
                "standard": one_heatmap(world.explained, world.corpus, position),
            }
            components = one_split(world, position, shown, subspaces)
            expected |= {f"component {k + 1}": part for k, part in enumerate(components)}
            if plan.name == "own":
                for name in OBJECTS:
                    sound = torch.from_numpy(one_part(world.corpus, position, name))
                    expected[f"object: {name}"] = front_end(sound[None])[0].numpy()
            for name, values in expected.items():
                row = rows[plan.name, clip, name]
                near(row, values)
                assert (row["label"], row["subspaces"]) == (label, subspaces)
                assert (row["layer"], row["components"]) == (shown.layer, shown.components)
                if name == "input" or name.startswith("object"):
                    assert np.isnan(row["relevance"])
                else:
                    mass = abs(values).sum()
                    assert row["relevance"] == pytest.approx(values.sum(), abs=1e-3 * mass)
    assert set(table["seconds"]) == {24 * 48 / 4000} and set(table["high_hz"]) == {2000.0}
    silent = [r for r in rows.values() if r["panel"] == "object: click" and (panel(r) == -4).all()]
    assert len(silent) < 3


def test_one_clip_is_shown_at_all_layers_or_numbers(world):
    keys = [world.key(layer="conv1"), world.key(layer="conv3"), world.key(components=2)]
    sets = [Plan("layers", world.test[2:3], keys)]
    table = example_table(world.explained, world.corpus, world.fitted, sets, None)
    assert len(table) == 6 + 6 + 4 and set(table["set"]) == {"layers"}
    for key in keys:
        own = table[(table["layer"] == key.layer) & (table["components"] == key.components)]
        numbers = [f"component {k + 1}" for k in range(key.components)]
        assert own["panel"].tolist() == ["input", "standard", *numbers]
        for row in own.to_dict("records"):
            if row["panel"] in numbers:
                expected = one_split(world, world.test[2], key)
                near(row, expected[numbers.index(row["panel"])])


def test_objects_are_shown_beside_the_first_set_alone(world):
    sets = [Plan("random", world.test[:1], [world.key("random")]), Plan("own", world.test[1:3], [])]
    sets[1] = Plan("own", world.test[1:3], [world.key()])
    table = example_table(world.explained, world.corpus, world.fitted, sets, ["tone"])
    objects = table[table["panel"] == "object: tone"]
    assert objects["clip"].tolist() == [world.corpus.clips[world.test[0]]]
    assert objects["set"].tolist() == ["random"]
    with pytest.raises(InputError, match="objects: corpus parted has no part 'ton'"):
        example_table(world.explained, world.corpus, world.fitted, sets, ["ton"])


def test_axes_are_those_of_the_shown_frames(world):
    assert axes(world.explained, world.corpus, 24) == (24 * 48 / 4000, 2000.0)
    assert axes(world.explained, world.corpus, 10) == (10 * 48 / 4000, 2000.0)
    low = type(world.explained.bundle.front_end)(replace(HEARD, high_hz=1700.0))
    narrow = replace(world.explained, bundle=replace(world.explained.bundle, front_end=low))
    assert axes(narrow, world.corpus, 24)[1] == 1700.0
    heard = Waveform(WaveformSettings(3000))
    plain = replace(world.explained, bundle=replace(world.explained.bundle, front_end=heard))
    assert axes(plain, world.corpus, 24) == (1500 / 5000, 1500.0)


def test_frames_of_a_front_end_that_counts_its_hop_in_ms(world):
    other = replace(world.explained, bundle=branched())
    assert axes(other, world.corpus, 27) == (pytest.approx(27 * 0.011), 2000.0)


def test_a_picture_is_kept_as_it_is_drawn():
    values = torch.arange(6.0).reshape(2, 3).requires_grad_() * 1e-3
    told = picturing._panel("x", values.double())
    assert told["values"].dtype == np.float32
    np.testing.assert_allclose(told["values"], np.arange(6) * 1e-3, rtol=1e-6)
    assert told["relevance"] == pytest.approx(15e-3) and (told["mels"], told["frames"]) == (2, 3)
    assert np.isnan(picturing._panel("x", values, total=False)["relevance"])


def test_every_class_is_shown(world):
    (own, *_) = plans(world.corpus, world.fitted, "conv1", 2, None, 0)
    labels = [label_of(world.corpus, p) for p in own.positions]
    assert sorted(labels) == sorted(CLASSES * 2) and COMPOSITE
