"""What networks say of files: the same as window by window, and equal bytes."""

import hashlib
import json
import sys
import types

import numpy as np
import pytest
import soundfile
import torch

from tonotopy.corpora.hearing import resampled
from tonotopy.excerpts import Shown, windows
from tonotopy.exhibiting import Track
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.listening.hearing import CURVES, _timeline, hear
from tonotopy.listening.reading import read_sounds
from tonotopy.networks.bundle import load, save
from tonotopy.networks.sample_cnn import SampleCNN

RATE, HEARD, SECONDS = 11025, 8000, 0.5
WIDTHS = {"widths": [4, 5, 6], "embedding": 6, "dropout": 0.0}
CLASSES = [f"class {n}" for n in range(CURVES + 2)]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """Files of 1.8 s, 0.2 s and no sound; a network with classes and one that is asked for none."""
    root = tmp_path_factory.mktemp("heard")
    rng = np.random.default_rng(0)
    time = np.arange(round(1.8 * RATE)) / RATE
    sweep = np.sin(2 * np.pi * (200 + 900 * time) * time) * (0.2 + 0.3 * time)
    soundfile.write(root / "a.wav", sweep, RATE)
    soundfile.write(root / "b.wav", rng.normal(size=round(0.2 * RATE)) / 10, RATE)
    (root / "c.wav").write_text("text")
    names = ("a.wav", "b.wav", "c.wav")
    files = [{"path": str(root / n), "name": n, "slug": n[0]} for n in names]
    assert read_sounds(root / "sounds", root / "whole", files, 60.0) == 1
    torch.manual_seed(0)
    network = SampleCNN(len(CLASSES), **WIDTHS).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.6)
    info = {"architecture": "sample_cnn", "arguments": WIDTHS, "classes": CLASSES}
    save(root / "net", network, Waveform(WaveformSettings(HEARD)), info)
    return root


@pytest.fixture
def study(monkeypatch):
    """A study that knows how loud an excerpt is."""
    module, asked = types.ModuleType("a_study_for_tests"), []

    def prepare(bundle, known):
        asked.append(known)

        def show(excerpt):
            sound = excerpt.sound
            facts = {"peak": float(sound.abs().max()), "label": excerpt.label}
            return Shown(np.eye(4), [Track("original", sound)], [], 0.5, [], facts)

        return show

    module.prepare = prepare
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return asked


def known(module="a_study_for_tests"):
    about = {"study": "s", "title": "Study 0", "instance": "one", "module": module}
    return {**about, "network": "kind", "run": 1, "paths": {"p": "q"}, "settings": {"x": 2}}


def described(root, activation, shown):
    about = {"name": "net", "folder": str(root / "net"), "seconds": SECONDS}
    return {**about, "activation": activation, "known": shown}


def heard(root, out, activation="softmax", shown=(), number=1):
    networks = [described(root, activation, list(shown))]
    hear(out, root / "sounds", root / "whole", networks, number, "cpu", 3)
    return json.loads((out / "heard.json").read_text())["files"]


def literal(root, file):
    """Answers of each window, one at a time."""
    sound, rate = soundfile.read(root / "sounds" / file, dtype="float32")
    own = resampled(sound[None], rate, HEARD)[0]
    cut = windows(own, round(SECONDS * HEARD))
    network = load(root / "net").network
    with torch.no_grad():
        logits = [network(torch.from_numpy(window)[None])[0].double() for window in cut]
    return np.stack([row.softmax(dim=0).numpy() for row in logits]), cut


def test_timelines_have_the_probabilities_of_each_window(root, tmp_path):
    (said,) = heard(root, tmp_path / "out")["0"]
    expected, _ = literal(root, "0.wav")
    line = said["timeline"]
    assert line["name"] == "class probabilities, net"
    starts = [0.25 * n for n in range(6)] + [1.3]
    np.testing.assert_allclose(line["seconds"], np.array(starts) + 0.25, atol=1e-3)
    best = np.argsort(-expected.max(axis=0))[:CURVES]
    assert [curve["name"] for curve in line["curves"]] == [CLASSES[n] for n in best]
    for number, curve in zip(best, line["curves"], strict=True):
        np.testing.assert_allclose(curve["values"], expected[:, number], atol=1e-5)
    top = expected.mean(axis=0).argmax()
    assert said["top"]["label"] == CLASSES[top]
    assert said["top"]["probability"] == pytest.approx(expected[:, top].mean(), abs=1e-5)


def test_a_class_that_is_probable_for_a_moment_is_on_the_timeline():
    answers = np.full((4, len(CLASSES)), 0.05)
    answers[:, : CURVES + 1] += 0.02
    answers[2, CURVES + 1] = 0.3
    own = types.SimpleNamespace(
        name="n", length=4, bundle=types.SimpleNamespace(classes=CLASSES, rate=2)
    )
    line = _timeline(own, np.array([0, 2, 4, 5]), answers, 4.5)
    names = [curve["name"] for curve in line["curves"]]
    assert names == [CLASSES[CURVES + 1], *CLASSES[: CURVES - 1]]
    assert line["seconds"] == [1.0, 2.0, 3.0, 3.5]


def test_a_sound_shorter_than_a_window_has_one_answer_from_end_to_end(root, tmp_path):
    (said,) = heard(root, tmp_path / "out")["1"]
    assert said["timeline"]["seconds"] == pytest.approx([0.0, 0.2], abs=1e-3)
    for curve in said["timeline"]["curves"]:
        assert curve["values"][0] == curve["values"][1]


def test_bad_files_are_not_heard(root, tmp_path):
    assert list(heard(root, tmp_path / "out")) == ["0", "1"]


def test_studies_show_the_most_probable_window(root, study, tmp_path):
    (said,) = heard(root, tmp_path / "out", shown=[known()])["0"]
    expected, cut = literal(root, "0.wav")
    window = expected.max(axis=1).argmax()
    (shown,) = said["exhibits"]
    assert shown["facts"]["peak"] == pytest.approx(float(np.abs(cut[window]).max()))
    label = CLASSES[expected[window].argmax()]
    assert shown["label"] == shown["facts"]["label"] == label
    assert shown["facts"]["probability"] == pytest.approx(expected[window].max(), abs=1e-5)
    begin = [0, 0.25, 0.5, 0.75, 1, 1.25, 1.3][window]
    assert shown["title"] == f"Study 0 (one): net, {begin:.1f} to {begin + 0.5:.1f} s"
    assert (tmp_path / "out" / shown["folder"] / shown["tracks"][0]["audio"]).is_file()
    (asked,) = study
    assert (asked.network, asked.run, asked.seed) == ("kind", 1, 3)
    assert asked.paths == {"p": "q"} and asked.settings == {"x": 2}


def test_without_classes_the_loudest_window_is_shown(root, study, tmp_path):
    (said,) = heard(root, tmp_path / "out", activation=None, shown=[known()])["0"]
    assert said["top"] is None and said["timeline"] is None
    _, cut = literal(root, "0.wav")
    loudest = (cut.astype(float) ** 2).sum(axis=1).argmax()
    (shown,) = said["exhibits"]
    assert shown["facts"]["peak"] == pytest.approx(float(np.abs(cut[loudest]).max()))
    assert shown["label"] == "" and "probability" not in shown["facts"]


def test_as_many_windows_are_shown_as_asked_for(root, study, tmp_path):
    files = heard(root, tmp_path / "out", shown=[known(), known()], number=2)
    (said,) = files["0"]
    folders = [shown["folder"] for shown in said["exhibits"]]
    (short,) = files["1"]
    folders += [shown["folder"] for shown in short["exhibits"]]
    assert len(folders) == len(set(folders)) == 2 + 1  # instances of one title are one
    none = heard(root, tmp_path / "none", shown=[known()], number=0)
    assert none["0"][0]["exhibits"] == []


def test_the_same_sound_and_seed_give_equal_bytes(root, study, tmp_path):
    digests = []
    for name in "ab":
        heard(root, tmp_path / name, shown=[known()])
        files = sorted(p for p in (tmp_path / name).rglob("*") if p.is_file())
        digests.append(
            {
                str(p.relative_to(tmp_path / name)): hashlib.sha256(p.read_bytes()).hexdigest()
                for p in files
            }
        )
    assert digests[0] == digests[1] and len(digests[0]) > 4
