"""Areas under the curves of flipped patches: each clip alone, flipped by loops in float64."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from explained_worlds import (
    COMPOSITE,
    OUTPUTS,
    branched,
    check_clips,
    exact,
    label_of,
    one_heatmap,
    one_input,
    one_split,
    rows_of,
    small_batches,
)
from test_flipping import literal, literal_area

from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.genre_cnn import GenreCNN
from tonotopy.relevance.composites import parse
from tonotopy.relevance.flipping import Curves, Flipping, flip
from tonotopy.relevance.lrp import LRP
from tonotopy.relevance.zennit_engine import Zennit
from tonotopy.seeding import generator
from tonotopy.studies.relevance import flips
from tonotopy.studies.relevance.explaining import explaining_engine, subject
from tonotopy.studies.relevance.flips import (
    area_columns,
    area_table,
    exchange_table,
    gamma_table,
    silence,
)

PATCH = 4  # 24 patches of a grid of 16 x 24
AREAS = ["share", "step", "printed"]
CLIP = ["clip", "group", "label"]


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Batches of four clips."""
    monkeypatch.setattr(flips, "batches", small_batches(4))


def areas_of(explained, corpus, position, heatmaps, fill=0.0, most=True):
    """The three areas of one clip, by loops."""
    chain = exact(explained)
    inputs = one_input(explained.bundle.front_end, corpus, position).double()
    target = OUTPUTS.index(label_of(corpus, position))

    def network(clips):
        return chain.explain(clips).logits

    curves = literal(network, inputs, heatmaps, target, PATCH, fill, most)
    evidence, shares, steps = curves
    return {
        "share": literal_area(evidence, shares),
        "step": literal_area(evidence, steps),
        "printed": literal_area(evidence, shares, -1),
    }


def check_areas(row, expected):
    for area in AREAS:
        assert row[area] == pytest.approx(expected[area], rel=1e-3, abs=2e-4), area


def test_silence_is_what_the_front_end_makes_of_it(world):
    assert silence(world.explained, 1200) == -4.0
    other = replace(world.explained, bundle=branched())
    quiet = other.bundle.front_end(torch.zeros(1, 1500))
    assert silence(other, 1500) == pytest.approx(quiet.mean().item())
    assert silence(other, 1500) == pytest.approx((np.log(1e-6) + 3) / 4, abs=1e-3)
    heard = Waveform(WaveformSettings(4000))
    assert silence(replace(other, bundle=replace(other.bundle, front_end=heard)), 9) == 0


def test_all_areas_of_a_curve_are_told():
    evidence = np.array([[3.0, 1.0, 0.0], [4.0, 4.0, 2.0]])
    shares = np.array([[0, 0.5, 1], [0, 0.25, 1]])
    found = area_columns(Curves(evidence, shares, np.array([0, 0.1, 1])))
    assert {area: values.tolist() for area, values in found.items()} == {
        "share": pytest.approx([0.5 * 2 + 0.5 * 0.5, 0.25 * 4 + 0.75 * 3]),
        "step": pytest.approx([0.1 * 2 + 0.9 * 0.5, 0.1 * 4 + 0.9 * 3]),
        "printed": pytest.approx([0.5 * 1 + 0.5 * 0.5, 0.75 * 1]),
    }


def test_areas_of_standard_heatmaps_and_components(world):
    keys = [world.key(), world.key("random", "conv1", 2, draw=1), world.key("pca", "conv2", 2)]
    clips = world.test[:6]
    table = area_table(world.explained, world.corpus, clips, world.fitted, iter(keys), PATCH)
    about = ["method", "draw", "layer", "components", "fill", "order"]
    assert sorted(table.columns) == sorted([*about, *CLIP, *AREAS])
    check_clips(table, world.corpus)
    rows = rows_of(table, "clip", *about)
    assert len(rows) == 6 * (4 + 3)
    for position in clips:
        clip = world.corpus.clips[position]
        standard = one_heatmap(world.explained, world.corpus, position)[None]
        for fill, value in (("zero", 0.0), ("silence", -4.0)):
            for order in ("most", "least"):
                expected = areas_of(
                    world.explained, world.corpus, position, standard, value, order == "most"
                )
                check_areas(rows[clip, "standard", 0, "", 1, fill, order], expected)
        for key in keys:
            heatmaps = one_split(world, position, key)
            expected = areas_of(world.explained, world.corpus, position, heatmaps)
            check_areas(rows[(clip, *key[1:], "zero", "most")], expected)


def test_silence_is_as_long_as_the_clips(world, monkeypatch):
    asked = []
    monkeypatch.setattr(flips, "silence", lambda explained, samples: asked.append(samples) or -4.0)
    area_table(world.explained, world.corpus, world.test[:2], world.fitted, [world.key()], PATCH)
    assert set(asked) == {1200}  # 1500 samples at 5000 Hz, heard at 4000


@pytest.mark.parametrize("kind", ["cpu", "cuda"])
def test_a_processor_is_given_fewer_rows_at_once(world, kind):
    class There:
        device = torch.device(kind)

    flipping = flips._flipping(There(), 4, -4.0)
    assert (flipping.patch, flipping.fill) == (4, -4.0)
    assert flipping.rows == {"cpu": flips.CPU_ROWS, "cuda": flips.GPU_ROWS}[kind]
    assert flips.CPU_ROWS < flips.GPU_ROWS


def test_exchanged_subspaces_lower_the_area_by_the_difference(world):
    key, classes = world.key(layer="conv1", components=4), ["mid", "high"]
    clips = world.test[:9]
    table = exchange_table(world.explained, world.corpus, clips, world.fitted, key, classes, PATCH)
    columns = [*CLIP, "subspaces", "layer", "components", *AREAS]
    assert sorted(table.columns) == sorted(columns)
    assert set(table["layer"]) == {"conv1"} and set(table["components"]) == {4}
    check_clips(table, world.corpus)
    own = [p for p in clips if label_of(world.corpus, p) in classes]
    assert 4 < len(own) < 9
    rows = rows_of(table, "clip", "subspaces")
    assert set(rows) == {(world.corpus.clips[p], name) for p in own for name in classes}
    for position in own:
        standard = one_heatmap(world.explained, world.corpus, position)[None]
        whole = areas_of(world.explained, world.corpus, position, standard)
        for name in classes:
            heatmaps = one_split(world, position, key, name)
            split = areas_of(world.explained, world.corpus, position, heatmaps)
            expected = {area: whole[area] - split[area] for area in AREAS}
            check_areas(rows[world.corpus.clips[position], name], expected)


def test_gammas_are_compared_with_random_orders(world):
    gammas, clips = [0.0, 0.5], world.test[:6]
    table = gamma_table(world.explained, world.corpus, clips, gammas, PATCH, seed=3)
    assert sorted(table.columns) == sorted(["kind", "gamma", *CLIP, *AREAS])
    check_clips(table, world.corpus)
    random = table[table["kind"] == "random"]
    assert len(random) == 6 and random["gamma"].isna().all()
    rows = rows_of(table.fillna({"gamma": -1}), "kind", "gamma", "clip")
    assert len(rows) == 6 * (2 * 2 + 1)
    for position in clips:
        clip = world.corpus.clips[position]
        for gamma in gammas:  # of three convolutions the last has not yet decreased
            rules = {"conv1": "w2", "conv": {"gamma": gamma}, "dense": {"epsilon": 1e-7}}
            heatmap = one_heatmap(world.explained, world.corpus, position, composite=rules)
            expected = areas_of(world.explained, world.corpus, position, heatmap[None])
            check_areas(rows["uniform", gamma, clip], expected)
            check_areas(rows["decreasing", gamma, clip], expected)
        noise = generator(3, "patch flipping", "random", clip).normal(size=(16, 24))
        expected = areas_of(world.explained, world.corpus, position, noise[None])
        check_areas(rows["random", -1, clip], expected)


def test_gammas_decrease_with_the_convolutions_that_there_are(world, monkeypatch):
    torch.manual_seed(1)
    network = GenreCNN(4, 16, 24, filters=(2, 3, 2, 3), dense=(5,), dropout=0.0).eval()
    bundle = replace(world.explained.bundle, network=network)
    other, asked = subject(bundle, world.corpus, COMPOSITE), []

    def engine(bundle, network, composite, kind):
        asked.append((bundle, network, composite, kind))
        return explaining_engine(bundle, network, composite, kind)

    monkeypatch.setattr(flips, "explaining_engine", engine)
    table = gamma_table(other, world.corpus, world.test[:9], [0.4, 0.8], PATCH, 0)
    assert table["kind"].value_counts().to_dict() == {"uniform": 18, "decreasing": 18, "random": 9}
    assert {(kind, found is network) for _, found, _, kind in asked} == {("auto", True)}
    assert all(given is bundle for given, _, _, _ in asked)
    gammas = {
        "uniform 0.4": (0.4, 0.4, 0.4),
        "uniform 0.8": (0.8, 0.8, 0.8),
        "decreasing 0.4": (0.4, 0.4, 0.2),
        "decreasing 0.8": (0.8, 0.8, 0.4),
    }
    assert [composite for _, _, composite, _ in asked] == [
        {
            "conv1": "w2",
            "conv2": {"gamma": second},
            "conv3": {"gamma": third},
            "conv4": {"gamma": fourth},
            "dense": {"epsilon": 1e-7},
        }
        for second, third, fourth in gammas.values()
    ]
    position, rows = world.test[6], rows_of(table.fillna({"gamma": -1}), "kind", "gamma", "clip")
    inputs = one_input(bundle.front_end, world.corpus, position)[None]
    target = OUTPUTS.index(label_of(world.corpus, position))
    for (_, _, composite, _), name in zip(asked, gammas, strict=True):
        heatmap = LRP(network, parse(composite)).explain(inputs).heatmap(target)
        curves = flip(network, inputs, heatmap, torch.tensor([target]), Flipping(PATCH))
        kind, gamma = name.split()
        row = rows[kind, float(gamma), world.corpus.clips[position]]
        check_areas(row, {area: curves.aupc(area)[0] for area in AREAS})


def test_a_network_that_is_no_chain_has_gammas_too(world):
    other = subject(branched(), world.corpus, COMPOSITE)
    assert isinstance(other.engine, Zennit)
    table = gamma_table(other, world.corpus, world.test[:2], [0.25], 1, 0)
    assert len(table) == 6 and np.isfinite(table[AREAS]).all().all()
