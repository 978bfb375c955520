"""A small encoder of waveforms with classifiers on its layers, for tests of transfers."""

import torch
from torch import nn

from tonotopy.networks.layers import Layer
from tonotopy.networks.transferred import Transferred

TAPS = {"maps": Layer("maps", "channels"), "dense": Layer("dense")}
SIZES = {"maps": 4, "dense": 3}
CLASSES = 5


class Encoder(nn.Module):
    """Four maps with batch norm, a dense layer of three, a dropout behind both."""

    def __init__(self):
        super().__init__()
        self.maps = nn.Sequential(nn.Conv1d(1, 4, 5, 2), nn.BatchNorm1d(4), nn.ReLU())
        self.dense, self.drop = nn.Linear(4, 3), nn.Dropout(0.5)

    def forward(self, sounds):
        return self.drop(self.dense(self.maps(sounds[:, None]).mean(dim=2)))


def transfer(frozen: bool, taps=tuple(TAPS), classes: int = CLASSES) -> Transferred:
    torch.manual_seed(0)
    chosen = {name: TAPS[name] for name in taps}
    return Transferred(Encoder(), chosen, SIZES, classes, frozen)
