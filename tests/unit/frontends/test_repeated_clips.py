"""Short clips are repeated until they are as long as CLAP was taught with, as msclap does it."""

import math

import pytest
import torch

from tonotopy.errors import InputError
from tonotopy.frontends import registry
from tonotopy.frontends.panns import PANNsLogMel, PANNsSettings
from tonotopy.frontends.samples import repeated
from tonotopy.networks.published import PUBLISHED

SMALL = {"kind": "panns", "rate": 8000, "n_fft": 256, "hop": 80, "mels": 8, "high_hz": 4000.0}


def literally(clip: list[float], samples: int) -> list[float]:
    """Sample by sample: after the last one comes the first one again."""
    if len(clip) >= samples:
        return clip
    return [clip[n % len(clip)] for n in range(samples)]


@pytest.mark.parametrize("length", [1, 3, 7, 10, 11, 25])
def test_it_is_the_clip_again_and_again(length):
    waveforms = torch.randn(3, length, dtype=torch.float64)
    expected = [literally(clip.tolist(), 10) for clip in waveforms]
    assert repeated(waveforms, 10).tolist() == expected


def test_what_cannot_be_repeated_is_refused():
    with pytest.raises(ValueError, match="without samples"):
        repeated(torch.zeros(2, 0), 5)
    with pytest.raises(ValueError, match=r"\(clips, samples\), not \(5,\)"):
        repeated(torch.zeros(5), 5)
    with pytest.raises(InputError, match=r"cannot be repeated to 0 s"):
        registry.build({**SMALL, "seconds": 0})


def test_the_front_end_hears_the_repeated_clip():
    torch.manual_seed(0)
    plain, long = (registry.build({**SMALL, "seconds": seconds}) for seconds in (None, 0.5))
    clip = 0.1 * torch.randn(2, 1500)
    by_hand = torch.cat([clip] * math.ceil(4000 / 1500), dim=1)[:, :4000]
    heard = long(clip)
    assert heard.shape == (2, 8, 1 + 4000 // 80)
    torch.testing.assert_close(heard, plain(by_hand))
    assert plain(clip).shape[-1] == 1 + 1500 // 80  # without a length nothing is repeated
    lengthy = 0.1 * torch.randn(1, 5000)
    torch.testing.assert_close(long(lengthy), plain(lengthy))  # and a longer clip stays whole


def test_published_clap_hears_five_seconds():
    declared = PUBLISHED["clap"]
    assert declared.front_end["seconds"] == declared.seconds == 5.0
    front_end = PANNsLogMel(PANNsSettings(seconds=5.0))
    assert front_end(torch.randn(1, 30_000)).shape == (1, 64, 1 + 5 * 44100 // 320)
    assert registry.describe(front_end)["seconds"] == 5.0
    assert PANNsSettings().seconds is None
