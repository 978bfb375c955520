"""Subspaces are fitted to vectors of each class's own evidence; what was fitted is read back."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from explained_worlds import (
    CHOICES,
    CLASSES,
    COMPOSITE,
    OUTPUTS,
    SEED,
    WIDTHS,
    basis_of,
    heard_corpus,
    label_of,
    one_pass,
    small_batches,
)
from torch import nn

from tonotopy.errors import InputError
from tonotopy.networks.layers import Layer, describe
from tonotopy.relevance.subspaces import (
    Ascent,
    Problem,
    Subspaces,
    fit,
    load,
    principal_subspaces,
    random_subspaces,
)
from tonotopy.relevance.vectors import draw_locations
from tonotopy.studies.relevance import fitting
from tonotopy.studies.relevance.explaining import chosen_clips, subject
from tonotopy.studies.relevance.fitting import (
    POINTS,
    Fitted,
    Key,
    Vectors,
    collect,
    fit_all,
    objective_table,
    write,
)

METHODS = ("drsa", "dsa", "pca", "random")


@pytest.fixture(scope="module")
def vectors(world):
    return collect(world.explained, world.corpus, CHOICES, SEED)


# --- vectors


def literal_vectors(world, layer, label, locations, seed, clips):
    """Vectors of a class, clip after clip in the corpus's order, location after location."""
    activations, contexts = [], []
    for position in clips:
        if label_of(world.corpus, position) != label:
            continue
        passed = one_pass(world.explained, world.corpus, position)
        found = passed.contexts(OUTPUTS.index(label), [layer])
        _, _, _, columns = found.activation[layer].shape
        positions = found.activation[layer][0, 0].numel()
        names = [world.corpus.clips[position]]
        (places,) = draw_locations(names, positions, locations, seed, layer)
        for place in places:
            row, column = divmod(int(place), columns)
            for maps, rows in ((found.activation, activations), (found.context, contexts)):
                rows.append(maps[layer][0, :, row, column].numpy())
    scaled = []
    for rows in (np.array(activations), np.array(contexts)):
        rms = np.sqrt((rows**2).mean())
        scaled.append(rows / (rms * rows.shape[1] ** 0.25))
    return scaled


@pytest.mark.parametrize("size", [2, 18])
def test_vectors_are_each_classs_own_at_locations_that_its_clips_names_draw(
    world, size, monkeypatch, capsys
):
    monkeypatch.setattr(fitting, "batches", small_batches(size))
    found = collect(world.explained, world.corpus, CHOICES, SEED)
    assert capsys.readouterr().out == ""  # all classes have as many clips as are wanted
    clips = chosen_clips(world.corpus, "train", CHOICES.clips, SEED)
    assert list(found) == list(WIDTHS)
    for layer, width in WIDTHS.items():
        for vectors in found[layer]:
            assert vectors.shape == (3, CHOICES.clips * CHOICES.locations, width)
        for number, label in enumerate(CLASSES):
            expected = literal_vectors(world, layer, label, CHOICES.locations, SEED, clips)
            for vectors, rows in zip(found[layer], expected, strict=True):
                np.testing.assert_allclose(vectors[number], rows, rtol=2e-3, atol=2e-4)


def test_classes_are_as_large_as_the_smallest_and_the_log_says_so(world, capsys):
    found = collect(world.explained, world.corpus, replace(CHOICES, clips=7, locations=2), 3)
    told = capsys.readouterr().out
    assert told == "note: subspaces are fitted to 5 clips of each class, not 7\n"
    assert found["conv2"].contexts.shape == (3, 5 * 2, 6)
    clips = chosen_clips(world.corpus, "train", 5, 3)
    expected = literal_vectors(world, "conv2", "high", 2, 3, clips)
    np.testing.assert_allclose(found["conv2"].activations[0], expected[0], rtol=2e-3, atol=2e-4)


def test_layers_and_locations_are_those_that_are_asked_for(world):
    some = subject(world.explained.bundle, world.corpus, COMPOSITE, ["conv3"])
    found = collect(some, world.corpus, replace(CHOICES, clips=1, locations=24), SEED)
    assert list(found) == ["conv3"] and found["conv3"].activations.shape == (3, 24, 8)
    told = "layer 'conv3': 25 locations per map, expected 1 to 24"
    with pytest.raises(InputError, match=told):
        collect(some, world.corpus, replace(CHOICES, clips=1, locations=25), SEED)


class OneAxis(nn.Module):
    """Convolutions over frames alone: maps have one axis of positions."""

    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(16, 6, 3, padding=1), nn.ReLU())
        self.last = nn.Linear(6, 4)
        self.layers = {"only": Layer("body.1", "channels")}

    def forward(self, spectrograms):
        return self.last(self.body(spectrograms).mean(dim=2))


def test_maps_may_have_one_axis_of_positions(world):
    torch.manual_seed(0)
    bundle = replace(world.explained.bundle, network=OneAxis().eval(), info={"classes": OUTPUTS})
    explained = subject(bundle, world.corpus, COMPOSITE)
    found = collect(explained, world.corpus, replace(CHOICES, clips=2, locations=24), SEED)
    assert found["only"].activations.shape == (3, 2 * 24, 6)
    told = "layer 'only': 25 locations per map, expected 1 to 24"
    with pytest.raises(InputError, match=told):
        collect(explained, world.corpus, replace(CHOICES, clips=2, locations=25), SEED)


def test_a_class_without_training_clips_is_refused(world, tmp_path):
    lacking = heard_corpus(tmp_path / "lacking", {"train": {"high": 2, "mid": 3}})
    told = "corpus lacking: class 'low' has no training clip to fit subspaces to: give it some, or"
    with pytest.raises(InputError, match=told):
        collect(world.explained, lacking, CHOICES, SEED)


def test_a_layer_without_maps_or_without_life_is_refused(world):
    layers = {"conv1": Layer("chain.1", "channels"), "dense1": Layer("chain.11")}
    info = {**world.explained.bundle.info, "layers": describe(layers)}
    bundle = replace(world.explained.bundle, info=info)
    told = r"layer 'dense1' gives \(\d+, 7\), no maps \(clips, channels, positions ...\): name the"
    with pytest.raises(InputError, match=told):
        collect(subject(bundle, world.corpus, COMPOSITE), world.corpus, CHOICES, SEED)
    dead = subject(world.untrained.bundle, world.corpus, COMPOSITE, ["conv2"])
    weights = dead.bundle.network.chain[12].weight  # of dense1
    kept = weights.detach().clone()
    with torch.no_grad():
        weights.zero_()
    try:
        told = "contexts of layer 'conv2' for class 'high': all are zero; the layer is dead"
        with pytest.raises(InputError, match=told):
            collect(dead, world.corpus, CHOICES, SEED)
    finally:
        with torch.no_grad():
            weights.copy_(kept)


# --- subspaces


def expected_keys(copy):
    numbers = {"conv1": (4, 2), "conv2": (2,), "conv3": (4, 2)}
    methods = [("drsa", 0), ("dsa", 0), ("pca", 0), ("random", 0), ("random", 1)]
    return [
        Key(copy, method, draw, layer, components)
        for layer, some in numbers.items()
        for components in some
        for method, draw in (methods if copy == "trained" else methods[:1])
    ]


@pytest.mark.parametrize("copy", ["trained", "untrained"])
def test_all_is_fitted_in_order_and_the_untrained_copy_by_drsa_alone(vectors, copy, capsys):
    found = dict(fit_all(vectors, CLASSES, CHOICES, SEED, copy))
    assert list(found) == expected_keys(copy)
    assert capsys.readouterr().out == "note: layer 'conv2' has 6 channels, no multiple of 4\n"


@pytest.mark.parametrize("copy", ["trained", "untrained"])
def test_where_drsa_is_not_compared_it_is_fitted_alone(vectors, copy):
    found = list(dict(fit_all(vectors, CLASSES, replace(CHOICES, compared=(4,)), SEED, copy)))
    kept = [k for k in expected_keys(copy) if k.components == 4 or k.method == "drsa"]
    assert found == [k for k in kept if copy == "trained" or k.components == 4]


def alone(key, label, activations, contexts):
    """The subspaces of one class."""
    problem = [Problem(key.layer, label)]
    if key.method == "pca":
        return principal_subspaces(problem, activations, key.components)
    if key.method == "random":
        return random_subspaces(problem, WIDTHS[key.layer], key.components, SEED, key.draw)
    partners = None if key.method == "dsa" else contexts
    return fit(problem, activations, partners, key.components, CHOICES.ascent, SEED)


def test_every_class_has_the_subspaces_that_it_would_have_alone(world, vectors):
    for key, subspaces in world.subspaces.items():
        if key.copy == "untrained":
            continue
        assert subspaces.blocks == key.components
        assert subspaces.problems == tuple(Problem(key.layer, name) for name in CLASSES)
        for number, name in enumerate(CLASSES):
            own = (values[number : number + 1] for values in vectors[key.layer])
            expected = alone(key, name, *own)
            assert subspaces.method == key.method == expected.method
            torch.testing.assert_close(
                subspaces.bases[number], expected.bases[0], rtol=1e-3, atol=1e-3
            )


def test_numbers_that_divide_no_layer_are_refused(vectors, capsys):
    def keys(components):
        choices = replace(CHOICES, components=components, ascent=Ascent(1, 1.0, 1))
        return list(dict(fit_all(vectors, CLASSES, choices, SEED, "untrained")))

    assert [key.layer for key in keys((8,))] == ["conv3"]
    assert capsys.readouterr().out.splitlines() == [
        "note: layer 'conv1' has 4 channels, no multiple of 8",
        "note: layer 'conv2' has 6 channels, no multiple of 8",
    ]
    widths = r"\{'conv1': 4, 'conv2': 6, 'conv3': 8\}"
    told = f"components: 5 equal subspaces divide the width of no layer: {widths}"
    with pytest.raises(InputError, match=told):
        keys((2, 5))


# --- objectives


def curves_of(*lengths):
    """Curves of starts (problems, starts, steps) that end, some of them early."""
    rng = np.random.default_rng(0)
    longest = max(n for problem in lengths for n in problem)
    curves = torch.from_numpy(rng.uniform(1, 2, (len(lengths), len(lengths[0]), longest)))
    for problem, starts in enumerate(lengths):
        for start, length in enumerate(starts):
            curves[problem, start, length:] = torch.nan
    return curves


def test_objectives_of_all_starts_are_told_to_their_last_step():
    lengths = [(4, 251), (100, 1)]
    curves = curves_of(*lengths)
    problems = (Problem("conv2", "low"), Problem("conv2", "high"))
    ascent = Ascent(2, 1.0, 250)
    fitted = {
        Key("trained", "pca", 0, "conv2", 3): Subspaces(
            problems, torch.eye(6).expand(2, 6, 6), 3, "pca", None, None, torch.empty(2, 0, 0)
        ),
        Key("untrained", "drsa", 0, "conv2", 3): Subspaces(
            problems, torch.eye(6).expand(2, 6, 6), 3, "drsa", 0, ascent, curves
        ),
    }
    table = objective_table(fitted)
    columns = ["copy", "method", "layer", "components", "label", "start", "step", "objective"]
    assert list(table.columns) == columns
    for problem, (label, ends) in enumerate(zip(("low", "high"), lengths, strict=True)):
        for start, length in enumerate(ends):
            rows = table[(table["label"] == label) & (table["start"] == start)]
            if length <= POINTS:
                assert rows["step"].tolist() == list(range(length))
            else:
                assert len(rows) == POINTS and set(np.diff(rows["step"])) == {2, 3}
                assert rows["step"].iloc[[0, -1]].tolist() == [0, length - 1]
            for row in rows.to_dict("records"):
                assert row["objective"] == curves[problem, start, row["step"]]
    about = table[["copy", "method", "layer", "components"]].drop_duplicates()
    assert about.values.tolist() == [["untrained", "drsa", "conv2", 3]]


def test_objectives_are_those_of_drsa_and_dsa(world):
    table = objective_table(world.subspaces)
    assert set(table["method"]) == {"drsa", "dsa"}
    assert set(table["copy"]) == {"trained", "untrained"}
    grouped = table.groupby(["copy", "method", "layer", "components", "label"], sort=False)
    assert list(grouped["layer"].first()[:4]) == ["conv1"] * 4
    for (copy, method, layer, components, label), rows in grouped:
        subspaces = world.subspaces[Key(copy, method, 0, layer, components)]
        number = CLASSES.index(label)
        last = rows.groupby("start")["objective"].last()
        np.testing.assert_allclose(last, subspaces.finals[number], rtol=1e-6)


# --- on disk


def some(seed=0, curves=False):
    rng = np.random.default_rng(seed)
    bases = torch.from_numpy(np.linalg.qr(rng.normal(size=(3, 6, 6)))[0]).float()
    problems = tuple(Problem("conv2", name) for name in ("mid", "high", "low"))
    empty = torch.empty(3, 0, 0)
    fitted = {
        Key("trained", "random", 1, "conv2", 3): Subspaces(
            problems, bases, 3, "random", 4, None, empty
        ),
        Key("trained", "drsa", 0, "conv2", 2): Subspaces(
            problems, bases.flip(0), 2, "drsa", 4, Ascent(2, 3.0, 5), torch.ones(3, 2, 6)
        ),
    }
    return fitted


def test_what_was_fitted_is_read_back(world):
    assert world.fitted.keys() == expected_keys("trained") + expected_keys("untrained")
    labels = np.array(["mid", "high", "mid", "low"], dtype=object)
    for key in world.fitted.keys():  # noqa: SIM118, a method of its own
        found = world.fitted.bases(key, labels)
        expected = torch.stack([basis_of(world, key, label) for label in labels])
        assert torch.equal(found, expected)
    key = world.key()
    assert torch.equal(world.fitted.bases(key, labels[:1])[0], basis_of(world, key, "mid"))


def test_keys_are_chosen_by_what_they_are(world):
    found = world.fitted.keys(copy="trained", method="random", layer="conv3")
    assert [(key.draw, key.components) for key in found] == [(0, 4), (1, 4), (0, 2), (1, 2)]
    assert world.fitted.keys(method="drsa", components=4, copy="untrained") == [
        Key("untrained", "drsa", 0, "conv1", 4),
        Key("untrained", "drsa", 0, "conv3", 4),
    ]
    assert world.fitted.keys(layer="conv9") == []


def test_subspaces_that_were_not_fitted_are_refused(world):
    key = world.key(layer="conv2")
    with pytest.raises(InputError, match=r"subspaces: no subspaces were fitted for Key.*'conv2'"):
        world.fitted.bases(key, np.array(["mid"]))
    told = r"subspaces: no subspaces were fitted for class 'midd' .did you mean 'mid'"
    with pytest.raises(InputError, match=told):
        world.fitted.bases(world.key(), np.array(["mid", "midd"]))


def test_what_is_shown_is_drsa_of_the_trained_network(world):
    assert world.fitted.shown("conv3", 4) == Key("trained", "drsa", 0, "conv3", 4)
    assert world.fitted.shown(components=2, layer="conv2") == Key("trained", "drsa", 0, "conv2", 2)
    known = r"\(known: conv1 4, conv1 2, conv2 2, conv3 4, conv3 2\)$"
    told = rf"shown: layer 'conv2' has no 4 subspaces {known}"
    with pytest.raises(InputError, match=told):
        world.fitted.shown("conv2", 4)


def test_the_index_says_what_there_is_and_files_hold_it(tmp_path):
    write(tmp_path / "s", some(), {"network": "net", "seed": 4})
    index = json.loads((tmp_path / "s/subspaces.json").read_text())
    assert {key: index[key] for key in index if key != "subspaces"} == {"network": "net", "seed": 4}
    whole = {"layer": "conv2", "width": 6, "classes": ["mid", "high", "low"], "copy": "trained"}
    ascent = {"starts": 2, "step": 3.0, "steps": 5, "tolerance": 1e-4}
    first = {"method": "random", "draw": 1, "components": 3, "ascent": None}
    second = {"method": "drsa", "draw": 0, "components": 2, "ascent": ascent}
    assert index["subspaces"] == [
        {"file": "0000.safetensors", **whole, **first},
        {"file": "0001.safetensors", **whole, **second},
    ]
    for file, subspaces in zip(("0000", "0001"), some().values(), strict=True):
        found = load(tmp_path / "s" / f"{file}.safetensors")
        assert (found.problems, found.ascent) == (subspaces.problems, subspaces.ascent)
        assert torch.equal(found.bases, subspaces.bases)
        assert torch.equal(found.curves, subspaces.curves)


def test_equal_subspaces_make_equal_files(tmp_path):
    for name in ("one", "two"):
        write(tmp_path / name, some(), {"seed": 4})
    files = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert files == ["0000.safetensors", "0001.safetensors", "subspaces.json"]
    for file in files:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_folder_is_whole_or_not_there(tmp_path, monkeypatch):
    written = []

    def full(subspaces, path):
        written.append(path)
        if len(written) == 2:
            raise OSError("no")
        path.write_text("x")

    monkeypatch.setattr(fitting, "save", full)
    with pytest.raises(OSError, match="no"):
        write(tmp_path / "s", some(), {})
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match="s/subspaces.json: file not found"):
        Fitted(tmp_path / "s")
    monkeypatch.undo()
    write(tmp_path / "s", some(), {"seed": 1})
    before = (tmp_path / "s/subspaces.json").read_bytes()
    monkeypatch.setattr(fitting, "save", full)
    written.clear()
    with pytest.raises(OSError, match="no"):
        write(tmp_path / "s", some(1), {"seed": 2})
    assert (tmp_path / "s/subspaces.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".sums", "s"]
    monkeypatch.undo()
    write(tmp_path / "s", dict(list(some(2).items())[:1]), {"seed": 3})
    assert len(Fitted(tmp_path / "s").keys()) == 1  # nothing of the old folder is left
    assert not (tmp_path / "s/0001.safetensors").exists()


def test_damage_is_told(tmp_path):
    write(tmp_path / "s", some(), {})
    (tmp_path / "s/0001.safetensors").write_bytes(b"no")
    kept = Fitted(tmp_path / "s")
    first, second = some()
    assert kept.bases(first, np.array(["low"])).shape == (1, 6, 6)
    with pytest.raises(InputError, match="0001.safetensors: its content differs"):
        kept.bases(second, np.array(["low"]))
    (tmp_path / "s/subspaces.json").write_text("{")
    with pytest.raises(InputError, match="subspaces.json: its content differs"):
        Fitted(tmp_path / "s")


def test_no_method_is_forgotten(world):
    assert tuple(dict.fromkeys(key.method for key in world.subspaces)) == METHODS
    assert isinstance(pd.DataFrame(world.fitted.keys()), pd.DataFrame)
    assert Vectors._fields == ("activations", "contexts")
