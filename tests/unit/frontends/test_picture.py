"""Pictures are laid out row by row from the top, which becomes the highest band."""

import pytest
import torch

from tonotopy.errors import InputError
from tonotopy.frontends.domains import domains
from tonotopy.frontends.picture import Picture, PictureSettings
from tonotopy.frontends.registry import build, describe
from tonotopy.training.augmentation.declared import steps


def stretched(rows, mels, frames):
    """Bilinear interpolation between the centres of pixels, place by place."""
    side = len(rows)
    out = torch.empty(mels, frames)
    for band in range(mels):
        for frame in range(frames):
            y = min(max((band + 0.5) * side / mels - 0.5, 0), side - 1)
            x = min(max((frame + 0.5) * side / frames - 0.5, 0), side - 1)
            top, left = int(y), int(x)
            below, right = min(top + 1, side - 1), min(left + 1, side - 1)
            upper = (1 - x + left) * rows[top][left] + (x - left) * rows[top][right]
            lower = (1 - x + left) * rows[below][left] + (x - left) * rows[below][right]
            out[band, frame] = (1 - y + top) * upper + (y - top) * lower
    return out


def test_it_is_bilinear_interpolation_of_the_picture_upside_down():
    pictures = torch.rand(3, 16, generator=torch.Generator().manual_seed(0))
    found = build({"kind": "picture", "side": 4, "mels": 11, "frames": 7})(pictures)
    assert found.shape == (3, 11, 7)
    for picture, image in zip(pictures, found, strict=True):
        rows = [picture[4 * i : 4 * i + 4].tolist() for i in range(4)]
        torch.testing.assert_close(image, stretched(rows[::-1], 11, 7))


def test_the_first_row_is_the_highest_band_and_the_first_column_the_first_frame():
    picture = torch.zeros(1, 64)
    picture[0, :8] = torch.linspace(0, 1, 8)  # along the top, from left to right
    found = build({"kind": "picture"})(picture)[0]
    assert found.shape == (96, 150)
    assert found[-1, -1] == 1 and found[-1, 0] == 0 and not found[:48].any()
    assert (found[-1].diff() >= 0).all()


def test_nothing_else_is_done_to_it():
    front_end = build({"kind": "picture", "side": 3, "mels": 3, "frames": 3})
    picture = torch.arange(9.0)[None]
    expected = torch.tensor([[6.0, 7, 8], [3, 4, 5], [0, 1, 2]])
    assert torch.equal(front_end(picture)[0], expected)
    assert torch.equal(front_end.finish(front_end.features(picture))[0], expected)
    assert front_end.scale is None and not front_end.raw


def test_it_is_registered_and_passes_no_kind_of_sound():
    settings = {"kind": "picture", "rate": 8000, "side": 8, "mels": 24, "frames": 10}
    front_end = build(settings)
    assert isinstance(front_end, Picture) and describe(front_end) == settings
    assert domains(settings) == ()
    masks = [{"transform": "time_mask", "range": [2, 4], "p": 0.5}]
    with pytest.raises(InputError, match="'picture' does not have; possible here: none$"):
        steps(masks, settings)


@pytest.mark.parametrize("shape", [(2, 63), (64,), (2, 8, 8)])
def test_pictures_of_another_size_are_refused(shape):
    told = r"^pictures must be \(clips, 64\), 8 x 8 pixels, not \("
    with pytest.raises(ValueError, match=told):
        Picture(PictureSettings())(torch.zeros(shape))


@pytest.mark.parametrize("name", ["side", "mels", "frames"])
def test_sizes_of_nothing_are_refused(name):
    with pytest.raises(InputError, match="side, mels and frames must be at least 1, not "):
        build({"kind": "picture", name: 0})
