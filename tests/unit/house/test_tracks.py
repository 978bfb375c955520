"""What a clip's folder has: a picture and facts for each track, files of their own."""

import json

import matplotlib
import matplotlib.image
import numpy as np
import pytest
import soundfile
import torch

from tonotopy.errors import InputError
from tonotopy.exhibiting import PIXELS, SCALE, Track, exhibit, write_clip, write_index
from tonotopy.places import EXHIBITS

RATE = 4000
CLIP = np.arange(12.0).reshape(3, 4)
OWN = np.array([[5.0, 1.0], [2.0, 0.0], [4.0, 3.0], [7.0, 6.0]])  # of another shape
SOUND = 0.1 * torch.sin(torch.arange(4000.0))


@pytest.fixture
def written(tmp_path):
    heatmap = torch.tensor([[0.5, -1.0, 0.0, 0.25], [0.0] * 4, [2.0, 0.0, 0.0, 0.0]])
    tracks = [
        Track("original", SOUND, facts={"depth": 0}),
        Track("seen alone", None, OWN, kind="map", facts={"map": np.int64(17), "name": "other"}),
        Track("heard and seen", 0.25 * SOUND.flip(0), 2 * OWN.T, kind="part", ticks=[[100, 0.5]]),
        Track("all", SOUND, OWN, heatmap, ticks=[], facts={"known": np.nan, "none": None}),
        Track("heatmap alone", None, heatmap=heatmap),
    ]
    return tmp_path / "clip", write_clip(tmp_path / "clip", CLIP, tracks, RATE)


def test_the_index_names_the_files_of_each_track(written):
    folder, listed = written
    expected = [
        {"name": "original", "picture": "input.png", "audio": "0.wav"},
        {"name": "seen alone", "picture": "picture1.png", "audio": None},
        {"name": "heard and seen", "picture": "picture2.png", "audio": "2.wav"},
        {"name": "all", "picture": "picture3.png", "audio": "3.wav", "overlay": "3.png"},
        {"name": "heatmap alone", "picture": "input.png", "audio": None, "overlay": "4.png"},
    ]
    kinds = ("original", "map", "part", "original", "original")
    facts = ({"depth": 0}, {"map": 17, "name": "other"}, {}, {}, {})
    for entry, kind, told in zip(expected, kinds, facts, strict=True):
        entry |= {"kind": kind, "facts": told}
    expected[2]["ticks"], expected[3]["ticks"] = [[100, 0.5]], []
    assert listed == expected and json.loads(json.dumps(listed)) == expected
    files = {
        entry[kind] for entry in listed for kind in ("picture", "audio", "overlay") if kind in entry
    }
    assert {file.name for file in folder.iterdir()} == files - {None}


def assert_greys(path, values):
    """Cells of a spectrogram as squares, the lowest band at the bottom, dark where it is large."""
    image = matplotlib.image.imread(path)
    bands, frames = values.shape
    assert image.shape == (bands * SCALE, frames * SCALE, 4)
    greys = matplotlib.colormaps["gray_r"]((values - values.min()) / np.ptp(values))
    for band, frame in np.ndindex(bands, frames):
        row, column = (bands - 1 - band) * SCALE, frame * SCALE
        cell = image[row : row + SCALE, column : column + SCALE]
        assert abs(cell - greys[band, frame]).max() < 0.01


def test_a_track_has_its_own_picture_or_that_of_the_clip(written):
    folder, _ = written
    assert_greys(folder / "input.png", CLIP)
    assert_greys(folder / "picture1.png", OWN)
    assert_greys(folder / "picture2.png", OWN.T)
    assert_greys(folder / "picture3.png", OWN)  # the overlay beside it is another file
    overlay = matplotlib.image.imread(folder / "3.png")
    assert overlay.shape == (3 * SCALE, 4 * SCALE, 4) and overlay[0, 0, 3] == 1


def test_sounds_go_to_the_tracks_they_are_of(written):
    """And are equally loud."""
    folder, listed = written
    for number, known in ((0, SOUND), (2, SOUND.flip(0)), (3, SOUND)):
        heard, rate = soundfile.read(folder / listed[number]["audio"])
        gain = heard @ known.numpy() / (known @ known).item()
        assert rate == RATE and gain > 1
        np.testing.assert_allclose(heard, gain * known.numpy(), atol=1e-3)


@pytest.mark.parametrize(
    ("shape", "side"), [((3, PIXELS // 4), 4), ((2, PIXELS // 4 + 1), 3), ((2, 5000), 1)]
)
def test_large_pictures_have_fewer_pixels_a_cell(tmp_path, shape, side):
    values = np.arange(shape[0] * shape[1], dtype=float).reshape(shape)
    over = torch.from_numpy(values)
    write_clip(tmp_path / "x", values, [Track("original", SOUND, heatmap=over)], RATE)
    for name in ("input.png", "0.png"):
        image = matplotlib.image.imread(tmp_path / "x" / name)
        assert image.shape[:2] == (shape[0] * side, shape[1] * side)


@pytest.mark.parametrize(("seconds", "left"), [(0.25, 1000), (2.0, 4000), (None, 4000)])
def test_what_comes_after_the_picture_is_not_heard(tmp_path, seconds, left):
    """Loudness is that of what is left."""
    late = SOUND * (torch.arange(4000) >= 1000) * 1.5 + 0.02 * SOUND
    write_clip(tmp_path / "x", CLIP, [Track("a", SOUND), Track("b", late)], RATE, seconds)
    heard = [soundfile.read(tmp_path / "x" / name)[0] for name in ("0.wav", "1.wav")]
    for found, known in zip(heard, (SOUND, late), strict=True):
        assert len(found) == left
        assert np.corrcoef(found, known[:left].numpy())[0, 1] > 0.999
    ratio = abs(heard[0]).max() / abs(heard[1]).max()
    assert ratio == pytest.approx(1, abs=0.05) if left == 1000 else ratio < 0.95


def test_no_other_kinds_of_tracks(tmp_path):
    with pytest.raises(InputError, match="track 'x': kind 'sound', expected original, component"):
        write_clip(tmp_path / "x", CLIP, [Track("x", SOUND, kind="sound")], RATE)
    assert not (tmp_path / "x").exists()


def test_an_exhibit_has_all_that_players_read(tmp_path):
    bare = exhibit("7", "a clip", [], np.float32(0.5), [[100, 0.25]])
    assert bare == {
        "folder": "7", "title": "a clip", "network": "", "label": "", "facts": {}, "seconds": 0.5,
        "ticks": [[100, 0.25]], "tracks": [], "sliders": [], "timelines": [],
    }  # fmt: skip
    facts = {"a": np.float64(2), "b": np.bool_(True), "c": float("nan"), "d": None, "e": "<b>"}
    slider, line = {"name": "s"}, {"name": "t"}
    full = exhibit("7", "a", [], 1, [], "net", "low", facts, (slider,), [line])
    assert full["facts"] == {"a": 2.0, "b": True, "e": "<b>"}
    assert (full["network"], full["label"]) == ("net", "low")
    assert (full["sliders"], full["timelines"]) == ([slider], [line])
    write_index(tmp_path, {"study": "s", "instance": "i", "scale": "mini"}, [bare, full], "words")
    index = json.loads((tmp_path / EXHIBITS).read_text())
    about = {"study": "s", "instance": "i", "scale": "mini", "note": "words"}
    assert index == {**about, "exhibits": [bare, full]}
