"""An excerpt of any sound is explained as a clip of a corpus is."""

import numpy as np
import pytest
import torch
from explained_worlds import (
    CLASSES,
    COMPOSITE,
    HEARD,
    OUTPUTS,
    label_of,
    one_heatmap,
    one_sound,
    one_split,
)
from test_heatmap_rendering import literal_render

from tonotopy.excerpts import Excerpt, Known
from tonotopy.frontends.rendering import Renderer
from tonotopy.frontends.ticks import ticks
from tonotopy.networks.bundle import load
from tonotopy.studies.relevance.listening import prepare

SHOWN = {"layer": "conv2", "components": 2}


@pytest.fixture(scope="module")
def show(world):
    paths = {"subspaces": str(world.folder / "subspaces"), "corpus": str(world.folder / "parted")}
    settings = {"composite": COMPOSITE, "engine": "auto", "shown": SHOWN}
    known = Known("network", 0, paths, settings, 0)
    return prepare(load(world.folder / "network"), known)


def excerpt(world, position):
    return torch.from_numpy(one_sound(world.corpus.waveforms(position)))


def test_the_most_probable_class_with_subspaces_is_explained(world, show):
    bundle, found = load(world.folder / "network"), set()
    for position in range(len(world.corpus)):
        sound = excerpt(world, position)
        with torch.no_grad():
            answers = bundle.network(bundle.front_end(sound[None]))[0]
        best = max(CLASSES, key=lambda name: float(answers[OUTPUTS.index(name)]))
        shown = show(Excerpt(sound, OUTPUTS[int(answers.argmax())]))
        assert shown.facts == {"explained": best, **SHOWN}
        found.add((best, OUTPUTS[int(answers.argmax())]))
    assert len({best for best, _ in found}) > 1
    assert any(answer == "other" for _, answer in found)  # an output without subspaces


def test_heatmaps_and_their_sounds_are_those_of_a_clip(world, show):
    bundle, compared = load(world.folder / "network"), set()
    renderer, key = Renderer(bundle.front_end), world.key(layer="conv2", components=2)
    for position in world.test:
        sound, label = excerpt(world, position), label_of(world.corpus, position)
        shown = show(Excerpt(sound, ""))
        if shown.facts["explained"] != label or label in compared:
            continue
        compared.add(label)
        standard = one_heatmap(world.explained, world.corpus, position)
        expected = [standard, *one_split(world, position, key)]
        for track, heatmap in zip(shown.tracks[1:], expected, strict=True):
            np.testing.assert_allclose(track.heatmap, heatmap, atol=1e-4 * abs(standard).max())
            assert track.facts["relevance"] == pytest.approx(float(track.heatmap.double().sum()))
            heard = literal_render(track.heatmap.numpy(), sound, renderer, 90.0, 5, 1.0)
            np.testing.assert_allclose(track.sound, heard, atol=2e-5)
    assert len(compared) > 1


def test_pictures_are_the_networks_input_with_its_axes(world, show):
    sound, front_end = excerpt(world, world.test[0]), load(world.folder / "network").front_end
    shown = show(Excerpt(sound, ""))
    np.testing.assert_allclose(shown.picture, front_end(sound[None])[0].numpy(), atol=1e-6)
    names = ["original", "standard heatmap", "component 1", "component 2"]
    assert [track.name for track in shown.tracks] == names
    assert [track.kind for track in shown.tracks] == ["original", "map", *["component"] * 2]
    torch.testing.assert_close(shown.tracks[0].sound, sound)
    assert shown.ticks == ticks(front_end)
    assert shown.seconds == pytest.approx(HEARD.frames * HEARD.hop / HEARD.rate)
