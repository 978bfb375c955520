"""A small world to compare maps in: tones with clicks in groups, networks on log-mel spectrograms.

All sizes differ: the corpus has another rate than the networks, groups are unequal, clips lie in no
order.
"""

from pathlib import Path

import numpy as np
import torch

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.frontends import registry as front_ends
from tonotopy.networks.bundle import save
from tonotopy.networks.registry import build

RATE, SAMPLES = 10000, 8000
CLASSES = ["high", "low", "middle"]
PITCHES = {"high": 1760.0, "low": 330.0, "middle": 740.0}
GROUPS = {"train": [3, 2, 4, 1], "validation": [2, 1], "test": [3, 1, 2, 4, 2, 3]}
FRONT_END = {
    "kind": "log_mel",
    "rate": 8000,
    "n_fft": 256,
    "hop_ms": 20.0,
    "mels": 24,
    "frames": 38,
    "mean": -4.0,
    "std": 2.0,
}
ARGUMENTS = {
    "widths": [3, 5],
    "pools": [[2, 2], [3, 5]],  # 38 frames are padded to 40
    "dense": 6,
    "dropout": 0.1,
}


def sound(rng: np.random.Generator, label: str) -> np.ndarray:
    """A tone that swells, clicks at chance times, and noise."""
    time = np.arange(SAMPLES) / RATE
    pitch = PITCHES[label] * 2 ** rng.uniform(-0.3, 0.3)
    wave = (
        0.3 * np.sin(2 * np.pi * pitch * time) * np.sin(np.pi * time / rng.uniform(0.5, 1.2)) ** 2
    )
    for begin in rng.integers(0, SAMPLES - 60, rng.integers(2, 6)):
        wave[begin : begin + 60] += rng.uniform(-0.4, 0.4, 60)
    return np.clip(wave + rng.normal(0, 0.005, SAMPLES), -1, 1)


def write_tones(path: Path, seed: int = 0, alone: bool = False) -> Corpus:
    """Write the corpus; ``alone``: every clip is its own group."""
    rng = np.random.default_rng(seed)
    rows = [
        (split, f"{split}-{group}", number)
        for split, sizes in GROUPS.items()
        for group, size in enumerate(sizes)
        for number in range(size)
    ]
    with CorpusWriter(path, CLASSES, RATE, SAMPLES) as writer:
        for index in rng.permutation(len(rows)):
            split, group, number = rows[index]
            label = CLASSES[(index + number) % 3]
            clip = f"{group}-{number}"
            writer.add(clip, sound(rng, label), label, split, clip if alone else group)
    return Corpus(path)


def save_vgg(path: Path, seed: int, classes: list[str], **front_end) -> None:
    """Write a network with random weights, whose batch norms are not those of untrained copies."""
    torch.manual_seed(seed)
    heard = front_ends.build({**FRONT_END, **front_end})
    network = build("vgg", ARGUMENTS, heard.settings, len(classes))
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.5, 0.5)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
    save(path, network, heard, {"architecture": "vgg", "arguments": ARGUMENTS, "classes": classes})
