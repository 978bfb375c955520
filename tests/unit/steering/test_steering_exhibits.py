"""Clips that are steered, to be heard: every probability beside a loop of single forward passes."""

import hashlib
import json
from collections import Counter
from types import SimpleNamespace

import matplotlib
import matplotlib.image
import numpy as np
import pandas as pd
import pytest
import soundfile
import torch
from rules import Rules
from torch import nn
from worlds import RATE, TONES, tone_corpus

from tonotopy.errors import InputError
from tonotopy.exhibiting import SCALE
from tonotopy.frontends.log_mel import LogMel, LogMelSettings
from tonotopy.frontends.ticks import ticks
from tonotopy.networks.ast import AST
from tonotopy.networks.bundle import Bundle, save
from tonotopy.studies.steering import inputs
from tonotopy.studies.steering.exhibits import CURVES, NOTE, shown_clips, slider, write_exhibits
from tonotopy.studies.steering.plans import Answers, one_to_one, write_vectors

CONCEPTS = ["guitar", "piano", "violin"]
PAIRS = [
    {"concept": "violin", "target": ["mid", "high"]},
    {"concept": "guitar", "target": ["low"]},
]
SETTINGS = {"strengths": [0.7, -0.4], "pairs": PAIRS, "exhibits": 4}
GRID = [-0.4, 0.0, 0.7]
ABOUT = {"study": "steering", "instance": "tiny", "scale": "some"}


@pytest.fixture(scope="module")
def tones(tmp_path_factory):
    return tone_corpus(tmp_path_factory.mktemp("corpora") / "tones", (6, 3, 18))


@pytest.fixture(scope="module")
def bundle():
    torch.manual_seed(0)
    network = AST(3, 16, 20, patch=(16, 4), stride=(16, 4), width=8, depth=3, heads=2)
    for parameter in network.parameters():
        nn.init.normal_(parameter, 0, 0.5)
    front_end = LogMel(LogMelSettings(RATE, 128, 25, 12.5, 16, 20))
    info = {
        "architecture": "ast",
        "arguments": {"patch": [16, 4], "stride": [16, 4], "width": 8, "depth": 3, "heads": 2},
        "classes": list(TONES),
    }
    return Bundle(network.eval(), front_end, info)


@pytest.fixture(scope="module")
def vectors(bundle):
    rng = np.random.default_rng(1)
    shape = (4, len(CONCEPTS), 8)
    return {
        kind: {name: rng.normal(size=shape).astype(np.float32) for name in bundle.network.layers}
        for kind in ("trained", "shuffled", "untrained")
    }


@pytest.fixture(scope="module")
def shown(tones, bundle, vectors, tmp_path_factory):
    path = tmp_path_factory.mktemp("shown") / "exhibits"
    clips = tones.indices("test")[[5, 0, 7]]
    return path, clips, written(path, tones, bundle, vectors, clips)


def written(path, tones, bundle, vectors, clips):
    (plan,) = one_to_one(vectors, CONCEPTS, [], 0)
    write_exhibits(path, bundle, tones, clips, plan, SETTINGS, Answers(), ABOUT, "net")
    return json.loads((path / "exhibits.json").read_text())


def one_answer(bundle, vectors, sound, concept, strength):
    """Probabilities of one clip, in one pass, with hooks on the blocks."""

    def push(layer):
        vector = vectors["trained"][layer].astype(np.float64).mean(axis=0)[CONCEPTS.index(concept)]
        unit = torch.from_numpy(vector / np.sqrt((vector**2).sum())).float()

        def hook(module, given, tokens):
            moved = tokens.clone()
            for token in (0, 1):  # those of the class
                length = tokens[0, token].square().sum().sqrt()
                moved[0, token] = tokens[0, token] + strength * length * unit
            return moved

        return hook

    blocks = list(bundle.network.blocks)
    handles = [
        block.register_forward_hook(push(layer))
        for block, layer in zip(blocks, bundle.network.layers, strict=True)
    ]
    try:
        with torch.no_grad():
            logits = bundle.network(bundle.front_end(torch.from_numpy(sound)[None]))[0].double()
    finally:
        for handle in handles:
            handle.remove()
    return (logits.exp() / logits.exp().sum()).tolist()


def test_sliders_are_what_single_passes_answer(tones, bundle, vectors, shown):
    _, clips, index = shown
    moved = []
    for entry, position in zip(index["exhibits"], clips, strict=True):
        sound = tones.waveforms([position])[0]
        assert [one["name"] for one in entry["sliders"]] == [
            "strength of violin",
            "strength of guitar",
        ]
        for one, pair in zip(entry["sliders"], PAIRS, strict=True):
            assert one["values"] == GRID and one["start"] == 1
            assert one["note"].endswith(f"pair: {' and '.join(pair['target'])}")
            assert [curve["name"] for curve in one["curves"]] == list(TONES)
            for row, strength in enumerate(GRID):
                expected = one_answer(bundle, vectors, sound, pair["concept"], strength)
                found = [curve["values"][row] for curve in one["curves"]]
                assert found == pytest.approx(expected, abs=2e-5)
            moved += [np.ptp(curve["values"]) for curve in one["curves"]]
        plain = one_answer(bundle, vectors, sound, "piano", 0.0)
        best = int(np.argmax(plain))
        assert entry["facts"] == {
            "group": tones.groups[position],
            "predicted": list(TONES)[best],
            "probability": pytest.approx(plain[best], abs=1e-5),
        }
    assert max(moved) > 0.1


def test_the_index_says_what_there_is(tones, bundle, shown):
    path, clips, index = shown
    about = {key: value for key, value in index.items() if key != "exhibits"}
    assert about == {**ABOUT, "note": NOTE}
    assert [entry["folder"] for entry in index["exhibits"]] == list("012")
    for entry, position in zip(index["exhibits"], clips, strict=True):
        label = list(TONES)[tones.labels[position]]
        assert entry["title"] == f"{tones.clips[position]}, {label}"
        assert (entry["label"], entry["network"]) == (label, "net")
        assert entry["seconds"] == pytest.approx(20 * 0.0125)
        assert entry["ticks"] == ticks(bundle.front_end)
        (track,) = entry["tracks"]
        assert (track["kind"], track["audio"], track["picture"]) == (
            "original",
            "0.wav",
            "input.png",
        )
        heard, rate = soundfile.read(path / entry["folder"] / "0.wav")
        sound = tones.waveforms([position])[0]
        assert rate == RATE and np.corrcoef(heard, sound)[0, 1] > 0.9999
        image = matplotlib.image.imread(path / entry["folder"] / "input.png")
        seen = bundle.front_end(torch.from_numpy(sound)[None])[0].numpy()
        greys = matplotlib.colormaps["gray_r"]((seen - seen.min()) / np.ptp(seen))
        assert abs(image[::-1][::SCALE, ::SCALE] - greys).max() < 0.01


def test_bytes_are_equal_again_and_an_error_leaves_nothing(
    tones, bundle, vectors, shown, tmp_path, monkeypatch
):
    def digest(path):
        files = [file for file in sorted(path.rglob("*")) if file.is_file()]
        return {str(f.relative_to(path)): hashlib.sha256(f.read_bytes()).digest() for f in files}

    path, clips, _ = shown
    written(tmp_path / "again", tones, bundle, vectors, clips)
    assert digest(tmp_path / "again") == digest(path) and len(digest(path)) == 1 + 3 * 2
    monkeypatch.setattr("tonotopy.studies.steering.exhibits.slider", lambda *given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        written(tmp_path / "broken", tones, bundle, vectors, clips)
    assert not (tmp_path / "broken").exists()


def test_a_clip_that_none_knows_is_refused(tones, bundle, vectors, tmp_path):
    (plan,) = one_to_one(vectors, CONCEPTS, [], 0)
    answers = Answers({"low": "low", "mid": "mid", "high": 9})
    with pytest.raises(InputError, match=r"outputs\.high: no output 9"):
        write_exhibits(tmp_path / "x", bundle, tones, [0], plan, SETTINGS, answers, ABOUT)


# --- clips


def test_clips_are_balanced_over_classes_and_drawn_by_the_seed(tones):
    test = set(tones.indices("test"))
    for number in (1, 2, 3, 4, 8, 18):
        clips = shown_clips(tones, number, 5)
        assert len(clips) == len(set(clips)) == number and set(clips) <= test
        assert clips.tolist() == sorted(clips)
        counts = Counter(tones.labels[clips])
        shares = [counts.get(label, 0) for label in range(3)]
        assert max(shares) - min(shares) <= 1
    assert set(shown_clips(tones, 100, 5)) == test
    assert np.array_equal(shown_clips(tones, 6, 5), shown_clips(tones, 6, 5))
    assert len({tuple(shown_clips(tones, 3, seed)) for seed in range(8)}) > 5
    assert {tuple(tones.labels[shown_clips(tones, 1, seed)]) for seed in range(20)} == {
        (0,), (1,), (2,),
    }  # fmt: skip


# --- sliders


def test_of_many_classes_the_pair_and_the_most_probable_stay():
    """In the order of the network; one that is high at one strength alone is among them."""
    names = [f"class {number}" for number in range(CURVES + 5)]
    rng = np.random.default_rng(0)
    values = rng.uniform(0.1, 0.2, (3, len(names)))
    values[:, [3, 12]] = 0.0  # 3 is the target
    values[:, [1, 4, 9]] = 0.05
    values[2, 12] = 0.3
    rows = pd.DataFrame(
        [
            {"concept": c, "strength": s, "class": name, "probability": sign * values[row, n]}
            for c, sign in (("x", 1), ("y", -1))
            for row, s in enumerate((0.5, -0.5, 0.0))
            for n, name in enumerate(names)
        ]
    ).astype({"class": "category", "concept": "category"})
    found = slider(rows, {"concept": "x", "target": ["class 3", "unheard"]})
    assert found["values"] == [-0.5, 0.0, 0.5] and found["start"] == 1
    kept = [names.index(curve["name"]) for curve in found["curves"]]
    assert len(kept) == CURVES and kept == sorted(kept)
    assert {3, 12} <= set(kept) and not {1, 4, 9} & set(kept)
    for curve, number in zip(found["curves"], kept, strict=True):
        assert curve["values"] == pytest.approx(values[[1, 2, 0], number], abs=1e-5)


# --- the rule


def test_the_rule_reads_the_vectors_of_the_study(tones, bundle, vectors, tmp_path, monkeypatch):
    entry = {
        **SETTINGS, "network": "net", "classes": "tones", "concepts": "sounds", "read": None,
    }  # fmt: skip
    config = {
        "seed": 3,
        "accelerator": "cpu",
        "networks": {"net": {"corpus": "tones"}},
        "steering": {"tiny": entry},
    }
    rules = Rules("steering", inputs, config, {"scale": "some", "instance": "tiny"})
    monkeypatch.chdir(tmp_path)
    save("results/some/networks/net", bundle.network, bundle.front_end, bundle.info)
    write_vectors("results/some/steering/tiny/vectors.safetensors", vectors, CONCEPTS)
    corpora = tmp_path / "data/corpora/some"
    corpora.mkdir(parents=True)
    (corpora / "tones").symlink_to(tones.path)
    (folder,) = rules.run("render_steering", monkeypatch)
    assert folder == "results/some/steering/tiny/exhibits"
    found = json.loads((tmp_path / folder / "exhibits.json").read_text())
    direct = written(tmp_path / "direct", tones, bundle, vectors, shown_clips(tones, 4, 3))
    assert found == direct and len(found["exhibits"]) == 4
    read = inputs.settings("pairs", "exhibits")(SimpleNamespace(instance="tiny"), config)
    assert read == {"pairs": PAIRS, "exhibits": 4}
