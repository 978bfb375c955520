"""Layers of patches in study 6: one vector for each time, without what is no time of the sound."""

import pytest
import torch
from torch import nn

from tonotopy.ears import Ear
from tonotopy.errors import InputError
from tonotopy.frontends import registry as front_ends
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer
from tonotopy.networks.positions import Axis, Positions
from tonotopy.studies.partials.hearing import activations, silence

ROWS, COLUMNS, STEP = 3, 5, 100


class Patches(nn.Module):
    """Two class tokens, then patches of three rows and five columns of 100 samples; padded."""

    def __init__(self, chunks: int = 1):
        super().__init__()
        self.chunks, self.tokens = chunks, nn.Identity()

    def forward(self, sounds):
        heard = nn.functional.pad(sounds, (0, 1000))[:, : self.chunks * COLUMNS * STEP]
        means = heard.unflatten(1, (self.chunks, 1, COLUMNS, STEP)).mean(dim=4)
        patches = means * torch.arange(1, ROWS + 1)[None, None, :, None] + 1000
        extra = torch.full((len(sounds), 2 if self.chunks == 1 else 0), -1e6)
        flat = torch.cat([extra, patches.flatten(1)], dim=1)
        return self.tokens(flat[:, :, None].expand(-1, -1, 4))

    def positions(self, path, number, samples):
        inside = min(self.chunks * COLUMNS, -(-samples // STEP))
        times = Axis((STEP - 1) / 2, STEP, inside)
        return Positions(times, Axis(0.5, 2, ROWS), COLUMNS, self.chunks)


def ear(layer: Layer | None = None, chunks: int = 1) -> Ear:
    front_end = front_ends.build({"kind": "waveform", "rate": 8000})
    bundle = Bundle(Patches(chunks), front_end, {"classes": []})
    return Ear("patches", 0, bundle, {"x": layer or Layer("tokens", "tokens")})


@pytest.mark.parametrize("chunks", [1, 2])
def test_times_are_means_over_rows_of_the_columns_of_the_sound(chunks):
    sounds = torch.randn(2, 400, generator=torch.Generator().manual_seed(0))
    found = activations(ear(chunks=chunks), sounds)
    assert found.shape == (2, 4, 4)
    for clip in range(2):
        for time in range(4):
            mean = sounds[clip, STEP * time : STEP * (time + 1)].mean()
            expected = sum(row * mean + 1000 for row in (1, 2, 3)) / 3
            torch.testing.assert_close(found[clip, time, 1], expected)
    assert silence(ear(chunks=chunks), 400).tolist() == 4 * [1000.0]


def test_chosen_tokens_are_what_they_are():
    chosen = activations(ear(Layer("tokens", "tokens", tokens=(0, 1))), torch.zeros(1, 400))
    assert chosen.shape == (1, 2, 4) and (chosen == -1e6).all()


def test_sounds_longer_than_a_network_hears_are_refused():
    assert activations(ear(), torch.zeros(1, 600)).shape == (1, 5, 4)
    with pytest.raises(
        InputError, match=r"network 'patches' hears the first 0.0812 s, at most, of"
    ):
        activations(ear(), torch.zeros(1, 900))
