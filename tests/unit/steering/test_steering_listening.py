"""An excerpt is steered as a clip of a corpus is."""

import numpy as np
import pytest
import torch
from torch import nn
from worlds import RATE, TONES, tone_corpus

from tonotopy.excerpts import Excerpt, Known
from tonotopy.frontends.log_mel import LogMel, LogMelSettings
from tonotopy.networks.ast import AST
from tonotopy.networks.bundle import Bundle
from tonotopy.studies.steering.listening import prepare
from tonotopy.studies.steering.plans import write_vectors

CONCEPTS = ["guitar", "piano", "violin"]
STRENGTHS = [-0.3, 0.1, 0.2]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    root = tmp_path_factory.mktemp("steered")
    corpus = tone_corpus(root / "tones")
    settings = LogMelSettings(rate=RATE, n_fft=256, hop_ms=10.0, mels=16, frames=40)
    torch.manual_seed(0)
    network = AST(len(TONES), 16, 40, patch=(8, 8), stride=(8, 8), width=8, depth=2, heads=2)
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.4)
    bundle = Bundle(network.eval(), LogMel(settings), {"classes": list(corpus.classes)})
    rng = np.random.default_rng(0)
    vectors = {
        kind: {layer: rng.normal(size=(4, 3, 8)).astype(np.float32) for layer in network.layers}
        for kind in ("trained", "shuffled", "untrained", "classes")
    }
    write_vectors(root / "vectors.safetensors", vectors, CONCEPTS)
    return root, corpus, bundle, vectors


def shown(world, sound, **changes):
    root, corpus, bundle, _ = world
    pairs = [
        {"concept": "violin", "target": [corpus.classes[1]]},
        {"concept": "guitar", "target": [corpus.classes[0], corpus.classes[2]]},
        {"concept": "violin", "target": [corpus.classes[2]]},
    ]
    paths = {"vectors": str(root / "vectors.safetensors"), "corpus": str(root / "tones")}
    known = Known("net", 0, paths, {"strengths": STRENGTHS, "pairs": pairs, **changes}, 0)
    return prepare(bundle, known)(Excerpt(sound, ""))


def literal(world, sound, concept, strength):
    """Logits with every class token moved after each block."""
    _, _, bundle, vectors = world
    handles = []

    def steering(along):
        unit = torch.from_numpy(along / np.linalg.norm(along))

        def hook(module, inputs, output):
            moved = output.clone()
            for token in (0, 1):
                own = output[0, token]
                moved[0, token] = own + strength * unit * own.norm()
            return moved

        return hook

    for block, rows in zip(bundle.network.blocks, vectors["trained"].values(), strict=True):
        along = rows.mean(axis=0)[CONCEPTS.index(concept)]
        handles.append(block.register_forward_hook(steering(along)))
    with torch.no_grad():
        answer = bundle.network(bundle.front_end(sound[None]))[0]
    for handle in handles:
        handle.remove()
    return answer


@pytest.fixture(scope="module")
def sound(world):
    return torch.from_numpy(world[1].waveforms(3))


def test_sliders_have_the_probabilities_of_each_strength(world, sound):
    _, corpus, _, _ = world
    sliders = shown(world, sound).sliders
    concepts = ["violin", "guitar", "violin"]  # of the pairs
    assert [slider["name"] for slider in sliders] == [f"strength of {c}" for c in concepts]
    for slider, concept in zip(sliders, concepts, strict=True):
        assert slider["values"] == [-0.3, 0.0, 0.1, 0.2] and slider["start"] == 1
        expected = np.stack(
            [literal(world, sound, concept, s).softmax(0).numpy() for s in slider["values"]]
        )
        assert len(slider["curves"]) == len(corpus.classes)
        for curve in slider["curves"]:
            column = corpus.classes.index(curve["name"])
            np.testing.assert_allclose(curve["values"], expected[:, column], atol=2e-5)


def test_outputs_and_activation_are_those_of_the_instance(world, sound):
    _, corpus, _, _ = world
    outputs = {name: len(corpus.classes) - 1 - n for n, name in enumerate(corpus.classes)}
    violin, *_ = shown(world, sound, activation="sigmoid", outputs=outputs).sliders
    expected = literal(world, sound, "violin", 0.0).sigmoid()
    for curve in violin["curves"]:
        assert curve["values"][1] == pytest.approx(
            float(expected[outputs[curve["name"]]]), abs=1e-5
        )


def test_the_excerpt_itself_is_heard_and_seen(world, sound):
    front_end = world[2].front_end
    whole = shown(world, sound)
    (track,) = whole.tracks
    torch.testing.assert_close(track.sound, sound)
    np.testing.assert_allclose(whole.picture, front_end(sound[None])[0].numpy())
    assert whole.seconds == pytest.approx(0.4)
