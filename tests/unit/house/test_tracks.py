"""What a clip's folder has: a picture and facts for each track, files of their own."""

import matplotlib
import matplotlib.image
import numpy as np
import pytest
import soundfile
import torch

from tonotopy.exhibiting import SCALE, Track, write_clip

RATE = 4000
CLIP = np.arange(12.0).reshape(3, 4)
OWN = np.array([[5.0, 1.0], [2.0, 0.0], [4.0, 3.0], [7.0, 6.0]])  # of another shape
SOUND = 0.1 * torch.sin(torch.arange(4000.0))


@pytest.fixture
def written(tmp_path):
    heatmap = torch.tensor([[0.5, -1.0, 0.0, 0.25], [0.0] * 4, [2.0, 0.0, 0.0, 0.0]])
    tracks = [
        Track("original", SOUND, facts={"depth": 0}),
        Track("seen alone", None, OWN, facts={"depth": 3, "map": 17, "name": "renamed"}),
        Track("heard and seen", 0.25 * SOUND.flip(0), 2 * OWN.T),
        Track("all", SOUND, OWN, heatmap),
        Track("heatmap alone", None, heatmap=heatmap),
    ]
    return tmp_path / "clip", write_clip(tmp_path / "clip", CLIP, tracks, RATE)


def test_the_index_names_the_files_of_each_track(written):
    folder, listed = written
    expected = [
        {"name": "original", "picture": "input.png", "audio": "0.wav", "depth": 0},
        {"name": "renamed", "picture": "picture1.png", "audio": None, "depth": 3, "map": 17},
        {"name": "heard and seen", "picture": "picture2.png", "audio": "2.wav"},
        {"name": "all", "picture": "picture3.png", "audio": "3.wav", "overlay": "3.png"},
        {"name": "heatmap alone", "picture": "input.png", "audio": None, "overlay": "4.png"},
    ]
    assert listed == expected
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
