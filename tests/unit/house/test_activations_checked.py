"""The store of activations tries a network on a few of the clips before it keeps anything."""

from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import nn
from worlds import RATE, tone_corpus

from tonotopy.activations import store
from tonotopy.errors import InputError
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.inference import outputs
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer


@pytest.fixture(scope="module")
def tones(tmp_path_factory):
    return tone_corpus(tmp_path_factory.mktemp("corpora") / "tones")


class Heard(nn.Module):
    """The waveform as it is made."""

    layers: ClassVar = {"waveform": Layer("first")}

    def __init__(self):
        super().__init__()
        self.first = nn.Identity()


class Mixed(Heard):
    """Takes the mean over the batch away."""

    def forward(self, waveforms):
        return self.first(waveforms - waveforms.mean(dim=0))


class Noisy(Heard):
    def forward(self, waveforms):
        return self.first(waveforms + 0.01 * torch.randn_like(waveforms))


@pytest.mark.parametrize(
    ("network", "told"), [(Mixed(), "alone than beside others"), (Noisy(), "when they are heard")]
)
@pytest.mark.parametrize("clips", [2, 84])
def test_what_is_not_a_clip_s_own_is_refused_before_anything_is_stored(
    tones, tmp_path, network, told, clips
):
    bundle = Bundle(network, Waveform(WaveformSettings(RATE)), {})
    with pytest.raises(InputError, match=rf"layer 'waveform' \(first\): .*{told}"):
        store(bundle, tones, tmp_path / "x", positions=np.arange(clips), batch=32)
    assert not (tmp_path / "x").exists()


class Pictures(Heard):
    """Hears spectrograms, not waveforms."""

    def forward(self, spectrograms):
        return self.first(nn.functional.conv2d(spectrograms[:, None], torch.ones(1, 1, 3, 3)))


@pytest.mark.parametrize("door", ["activations", "answers"])
def test_a_network_behind_the_wrong_front_end_is_told(tones, tmp_path, door):
    info = {"arguments": {"module": "mine.nets:Pictures"}, "front_end": {"kind": "waveform"}}
    bundle = Bundle(Pictures(), Waveform(WaveformSettings(RATE)), {**info, "classes": []})
    told = (
        r"^network mine.nets:Pictures on corpus tones, through its front end waveform: Pictures "
        r"cannot hear what it is given, shape \(3, \d+\) \(.*\): set 'front_end' of the network"
    )
    with pytest.raises(InputError, match=told):
        if door == "activations":
            store(bundle, tones, tmp_path / "x", batch=32)
        else:
            outputs(bundle, tones, np.arange(3))
    assert not (tmp_path / "x").exists()
