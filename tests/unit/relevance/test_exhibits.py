"""What can be heard and seen of clips: whole folders, right sounds, right pictures, equal bytes."""

import hashlib
import json
from dataclasses import replace

import matplotlib
import matplotlib.image
import numpy as np
import pytest
import soundfile
import torch
from explained_worlds import (
    CLASSES,
    COMPOSITE,
    HEARD,
    OBJECTS,
    OUTPUTS,
    PARTS,
    RATE,
    SAMPLES,
    branched,
    label_of,
    one_heatmap,
    one_input,
    one_part,
    one_sound,
    one_split,
    small_batches,
    sounds,
)
from test_heatmap_rendering import literal_render

from tonotopy import exhibiting
from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError
from tonotopy.exhibiting import INK, SCALE
from tonotopy.frontends.log10_mel import Log10Mel
from tonotopy.frontends.loudness import loudness
from tonotopy.frontends.rendering import Renderer
from tonotopy.frontends.ticks import ticks
from tonotopy.studies.relevance import exhibits
from tonotopy.studies.relevance.exhibits import write_exhibits
from tonotopy.studies.relevance.explaining import subject

ABOUT = {"study": "relevance", "instance": "tones", "scale": "mini"}
TRACKS = [
    "original",
    "standard heatmap",
    "component 1",
    "component 2",
    "component 3",
    "component 4",
]


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Batches of two clips."""
    monkeypatch.setattr(exhibits, "batches", small_batches(2))


def written(world, path, clips=None, objects=OBJECTS, explained=None, **options):
    clips = world.test[:5] if clips is None else clips
    explained, key = explained or world.explained, options.pop("key", world.key())
    corpus, fitted = options.pop("corpus", world.corpus), options.pop("fitted", world.fitted)
    write_exhibits(path, explained, corpus, clips, fitted, key, objects, ABOUT, "net")
    return json.loads((path / "exhibits.json").read_text())


@pytest.fixture(scope="module")
def shown(world, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exhibits, "batches", small_batches(2))
        path = tmp_path_factory.mktemp("shown") / "exhibits"
        return path, written(world, path)


def test_the_index_says_what_there_is(world, shown):
    path, index = shown
    about = {key: value for key, value in index.items() if key != "exhibits"}
    note = "Heatmaps of the clip's class, split into 4 components at layer conv3."
    assert about == {**ABOUT, "note": note}
    axis = ticks(world.explained.bundle.front_end)
    assert len(axis) >= 4
    assert [entry["folder"] for entry in index["exhibits"]] == list("01234")
    for entry, position in zip(index["exhibits"], world.test, strict=False):
        clip, label = world.corpus.clips[position], label_of(world.corpus, position)
        inputs = one_input(world.explained.bundle.front_end, world.corpus, position)
        with torch.no_grad():
            answers = world.explained.bundle.network(inputs[None])[0]
        shares = answers.exp() / answers.exp().sum()
        known = {name: shares[OUTPUTS.index(name)].item() for name in CLASSES}
        predicted = max(known, key=known.get)
        assert entry == {
            "folder": entry["folder"],
            "title": f"{clip}, {label}",
            "network": "net",
            "label": label,
            "facts": {
                "group": world.corpus.groups[position],
                "predicted": predicted,
                "probability": pytest.approx(known[predicted], abs=1e-5),
            },
            "seconds": 24 * 48 / 4000,
            "ticks": axis,
            "tracks": entry["tracks"],
            "sliders": [],
            "timelines": [],
        }
        parts = world.corpus.parts(int(position))[0]
        heard = [f"object: {name}" for name in OBJECTS if name in parts]
        assert [track["name"] for track in entry["tracks"]] == TRACKS + heard
        standard = one_heatmap(world.explained, world.corpus, position)
        sums = [None, standard, *one_split(world, position, world.key()), *[None] * len(heard)]
        for number, (track, heatmap) in enumerate(zip(entry["tracks"], sums, strict=True)):
            assert track["picture"] == "input.png" and track["audio"] == f"{number}.wav"
            kinds = ["original", "map", *["component"] * 4, *["part"] * len(heard)]
            assert track["kind"] == kinds[number]
            if heatmap is None:
                assert track["facts"] == {} and "overlay" not in track
            else:
                mass = abs(heatmap).sum()
                assert track["facts"] == {
                    "relevance": pytest.approx(heatmap.sum(), abs=1e-3 * mass)
                }
                assert track["overlay"] == f"{number}.png"
        named = {
            track[kind] for track in entry["tracks"] for kind in track.keys() & {"audio", "overlay"}
        }
        files = {file.name for file in (path / entry["folder"]).iterdir()}
        assert files == {"input.png", *named}
    assert {entry["facts"]["predicted"] for entry in index["exhibits"]} != {"mid"}
    assert any(len(entry["tracks"]) < 8 for entry in index["exhibits"])  # lacks its click


def test_tracks_sound_as_they_should_and_equally_loud(world, shown):
    path, index = shown
    renderer = Renderer(Log10Mel(HEARD))
    for entry, position in zip(index["exhibits"], world.test, strict=False):
        sound = torch.from_numpy(one_sound(world.corpus.waveforms([position])[0]))
        expected = {"original": sound.numpy()}
        heatmaps = [one_heatmap(world.explained, world.corpus, position)]
        heatmaps += list(one_split(world, position, world.key()))
        for name, heatmap in zip(TRACKS[1:], heatmaps, strict=True):
            if (heatmap > 0).any():
                expected[name] = literal_render(heatmap, sound, renderer, 90.0, 5, 1.0)
        for name in OBJECTS:
            expected[f"object: {name}"] = one_part(world.corpus, position, name)
        levels, peaks = [], []
        for track in entry["tracks"]:
            file = path / entry["folder"] / track["audio"]
            facts = soundfile.info(file)
            assert (facts.samplerate, facts.channels, facts.frames) == (4000, 1, 24 * 48)
            assert facts.subtype == "PCM_16" and facts.format == "WAV"
            heard, _ = soundfile.read(file)
            peaks.append(abs(heard).max())
            levels.append(loudness(torch.from_numpy(heard)[None], 4000).item())
            known = expected[track["name"]][: 24 * 48]  # what the network hears
            gain = (heard @ known) / (known @ known)
            assert gain > 0, track["name"]
            np.testing.assert_allclose(heard, gain * known, atol=0.01 * abs(heard).max() + 5e-5)
        assert np.ptp(levels) < 0.1
        assert max(peaks) == pytest.approx(0.99, abs=1e-4)


def test_pictures_are_the_right_way_up_and_as_large_as_they_should_be(world, shown):
    path, index = shown
    for entry, position in zip(index["exhibits"], world.test, strict=False):
        folder = path / entry["folder"]
        image = matplotlib.image.imread(folder / "input.png")
        assert image.shape == (16 * SCALE, 24 * SCALE, 4)
        inputs = one_input(world.explained.bundle.front_end, world.corpus, position).numpy()
        scaled = (inputs - inputs.min()) / (inputs.max() - inputs.min())
        greys = matplotlib.colormaps["gray_r"](scaled)
        heatmaps = {"standard heatmap": one_heatmap(world.explained, world.corpus, position)}
        parts = one_split(world, position, world.key())
        heatmaps |= {f"component {k + 1}": part for k, part in enumerate(parts)}
        overlays = {
            track["name"]: matplotlib.image.imread(folder / track["overlay"])
            for track in entry["tracks"]
            if "overlay" in track
        }
        assert set(overlays) == set(heatmaps)
        for mel, frame in np.ndindex(16, 24):
            row, column = (15 - mel) * SCALE, frame * SCALE  # low bands at the bottom
            cell = image[row : row + SCALE, column : column + SCALE]
            assert abs(cell - greys[mel, frame]).max() < 0.01
            for name, heatmap in heatmaps.items():
                cell = overlays[name][row : row + SCALE, column : column + SCALE]
                assert overlays[name].shape == (64, 96, 4) and abs(cell[..., :3] - INK).max() < 0.01
                opacity = np.sqrt(max(heatmap[mel, frame], 0) / max(heatmap.max(), 1e-30))
                assert abs(cell[..., 3] - opacity).max() < 0.02


def digests(path):
    files = sorted(file for file in path.rglob("*") if file.is_file())
    return {
        str(file.relative_to(path)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files
    }


def test_equal_seeds_make_equal_bytes(world, shown, tmp_path):
    written(world, tmp_path / "again")
    assert digests(tmp_path / "again") == digests(shown[0])
    assert len(digests(shown[0])) > 5 * (1 + 6 + 5)
    written(world, tmp_path / "other", key=world.key("random"))
    assert digests(tmp_path / "other") != digests(shown[0])


def test_subspaces_are_those_that_are_asked_for(world, tmp_path):
    key = world.key("pca", "conv1", 2)
    index = written(world, tmp_path / "x", world.test[:1], None, key=key)
    assert "2 components at layer conv1" in index["note"]
    tracks = index["exhibits"][0]["tracks"]
    assert [track["name"] for track in tracks] == TRACKS[:4]
    for track, heatmap in zip(tracks[2:], one_split(world, world.test[0], key), strict=True):
        mass = abs(heatmap).sum()
        assert track["facts"]["relevance"] == pytest.approx(heatmap.sum(), abs=1e-3 * mass)


# --- folders


def test_an_error_in_the_middle_leaves_what_was_there(world, tmp_path, monkeypatch):
    place, write, calls = tmp_path / "exhibits", soundfile.write, []

    def full(*args):
        calls.append(args)
        if len(calls) == 9:
            raise OSError("no")
        write(*args)

    monkeypatch.setattr(exhibiting.soundfile, "write", full)
    with pytest.raises(OSError, match="no"):
        written(world, place)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    monkeypatch.setattr(exhibits, "batches", small_batches(2))
    written(world, place, world.test[:2])
    before = digests(place)
    calls.clear()
    monkeypatch.setattr(exhibiting.soundfile, "write", full)
    with pytest.raises(OSError, match="no"):
        written(world, place)
    assert digests(place) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [".sums", "exhibits"]
    calls = [None] * 10
    written(world, place, world.test[2:3])
    assert sorted(path.name for path in place.iterdir()) == ["0", "exhibits.json"]


def test_objects_that_there_are_not_leave_nothing(world, tmp_path):
    with pytest.raises(InputError, match="objects: corpus parted has no part 'clik'"):
        written(world, tmp_path / "exhibits", objects=["clik"])
    assert list(tmp_path.iterdir()) == []


HOSTILE = [
    "../../out",
    "/etc/x",
    "a/b",
    "<script>alert(1)</script>",
    'q"uote\n',
    "ü ⇒ 音.wav",
]


def test_no_name_of_a_clip_or_part_becomes_a_path(world, tmp_path):
    rng = np.random.default_rng(0)
    parts = ["../up", "tone"]
    with CorpusWriter(tmp_path / "corpus", CLASSES, RATE, SAMPLES, part_names=parts) as writer:
        for number, clip in enumerate(HOSTILE):
            apart = sounds(rng, CLASSES[number % 3])
            apart = {"../up": apart["noise"], "tone": apart["tone"]}
            whole = sum(apart.values())
            writer.add(clip, whole, CLASSES[number % 3], "test", f"../{clip}", apart)
    corpus, place = Corpus(tmp_path / "corpus"), tmp_path / "in" / "exhibits"
    index = written(world, place, np.arange(len(HOSTILE)), parts, corpus=corpus)
    labels = [CLASSES[number % 3] for number in range(len(HOSTILE))]
    titles = [f"{clip}, {label}" for clip, label in zip(HOSTILE, labels, strict=True)]
    assert [entry["title"] for entry in index["exhibits"]] == titles
    groups = [entry["facts"]["group"] for entry in index["exhibits"]]
    assert groups == [f"../{clip}" for clip in HOSTILE]
    assert index["exhibits"][0]["tracks"][-2]["name"] == "object: ../up"
    assert sorted(p.name for p in place.iterdir()) == [*"012345", "exhibits.json"]
    allowed = {"input.png", *(f"{n}.wav" for n in range(8)), *(f"{n}.png" for n in range(1, 6))}
    assert {
        file.name for folder in place.iterdir() if folder.is_dir() for file in folder.iterdir()
    } == allowed
    assert sorted(p.name for p in tmp_path.iterdir()) == [".sums", "corpus", "in"]
    assert sorted(p.name for p in (tmp_path / "in").iterdir()) == [".sums", "exhibits"]


# --- other networks


def test_a_front_end_that_cannot_be_made_sound_of_shows_what_it_can(world, tmp_path):
    other = subject(branched(), world.corpus, COMPOSITE)

    class Fitted:
        def bases(self, key, labels):
            return torch.eye(4).expand(len(labels), 4, 4)

    key, clips = world.key(layer="branch", components=2), world.test[:3]
    index = written(world, tmp_path / "x", clips, None, other, key=key, fitted=Fitted())
    for entry, position in zip(index["exhibits"], clips, strict=True):
        assert entry["seconds"] == pytest.approx(27 * 0.011)
        assert entry["ticks"] == ticks(other.bundle.front_end)
        assert [track["audio"] for track in entry["tracks"]] == ["0.wav", None, None, None]
        assert [track["name"] for track in entry["tracks"]] == TRACKS[:4]
        folder = tmp_path / "x" / entry["folder"]
        assert matplotlib.image.imread(folder / "3.png").shape == (10 * SCALE, 27 * SCALE, 4)
        heard, _ = soundfile.read(folder / "0.wav")
        sound = one_sound(world.corpus.waveforms([position])[0])[: round(27 * 0.011 * 4000)]
        np.testing.assert_allclose(heard / abs(heard).max(), sound / abs(sound).max(), atol=1e-3)
        files = {file.name for file in folder.iterdir()}
        assert files == {"input.png", "0.wav", "1.png", "2.png", "3.png"}


def test_a_heatmap_without_positive_relevance_is_transparent(tmp_path):
    exhibiting._write_overlay(tmp_path / "x.png", np.full((2, 3), -1.0))
    image = matplotlib.image.imread(tmp_path / "x.png")
    assert image.shape == (2 * SCALE, 3 * SCALE, 4) and (image[..., 3] == 0).all()
    exhibiting._write_overlay(tmp_path / "x.png", np.array([[1e-30, 4e-30], [-1.0, 0.0]]))
    opacity = matplotlib.image.imread(tmp_path / "x.png")[..., 3][::SCALE, ::SCALE]
    np.testing.assert_allclose(opacity, [[0, 0], [0.5, 1]], atol=0.01)


def test_what_is_predicted_is_among_the_classes_that_can_be_explained(world):
    outputs = {"mid": 3, "low": 1, "high": 2}
    other = replace(world.explained, outputs=outputs)
    for batch in small_batches(18)(other, world.corpus, world.test):
        with torch.no_grad():
            answers = other.bundle.network(batch.inputs)
        expected = [
            max(outputs, key=lambda name, row=row: row[outputs[name]].item()) for row in answers
        ]
        found = [answer["predicted"] for answer in exhibits._answers(other, batch)]
        assert found == expected and len(set(expected)) == 3


def test_all_parts_may_be_shown(world, tmp_path):
    index = written(world, tmp_path / "x", world.test[:2], PARTS)
    for entry, position in zip(index["exhibits"], world.test, strict=False):
        parts = world.corpus.parts(int(position))[0]
        names = [f"object: {name}" for name in PARTS if name in parts]
        assert [track["name"] for track in entry["tracks"][6:]] == names
