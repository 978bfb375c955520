"""A tiny world for study 7: leads over pulses, twins with parts, networks of three kinds.

All sizes differ, concepts lie in another order than values, one concept is no value, and the
network has outputs in another order than the corpus has classes.
"""

from pathlib import Path

import numpy as np
import torch
from torch import nn

from tonotopy.activations import store
from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.frontends.log_mel import LogMel, LogMelSettings
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.ast import AST
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.genre_cnn import GenreCNN
from tonotopy.networks.layers import Layer
from tonotopy.studies.validity.bench import Bench

RATE, SAMPLES = 4000, 1000
VALUES = {"low": 300.0, "high": 1500.0, "mid": 800.0}
CONCEPTS = ["high", "other", "mid", "low"]  # of the probes
CLASSES = ["slow", "fast"]
OUTPUTS = ["fast", "third", "slow"]  # of the networks; "third" is no class of the corpus
PARTS = ("drums", "lead", "noise")
MEL = LogMelSettings(rate=RATE, n_fft=128, window_ms=25.0, hop_ms=10.0, mels=16, frames=25)
BASES = 5


class Ears(nn.Module):
    """Two convolutions over samples, a mean over time, a dense layer."""

    def __init__(self, outputs: int = 3):
        super().__init__()
        self.first = nn.Sequential(nn.Conv1d(1, 5, 16, 4), nn.ReLU())
        self.second = nn.Sequential(nn.Conv1d(5, 6, 8, 4), nn.ReLU())
        self.last = nn.Linear(6, outputs)

    @property
    def layers(self) -> dict[str, Layer]:
        return {name: Layer(name, "channels") for name in ("first", "second")}

    def forward(self, waveforms):
        return self.last(self.second(self.first(waveforms[:, None])).mean(dim=2))


def parts_of(value: str, label: str, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A lead, pulses whose number tells the class, and noise."""
    time = np.arange(SAMPLES) / RATE
    pulses = {"slow": 2, "fast": 6, "third": 3}[label]
    hz = VALUES.get(value, 1100.0)
    lead = 0.3 * np.sin(2 * np.pi * hz * time + rng.uniform(0, 6))
    drums = 0.3 * (np.sin(2 * np.pi * pulses * 4 * time) > 0.8) * np.sin(2 * np.pi * 150 * time)
    return {"drums": drums, "lead": lead, "noise": rng.normal(0, 0.02, SAMPLES)}


def class_corpus(path: Path, clips: int = 14) -> Corpus:
    """Clips of two classes with any lead."""
    rng = np.random.default_rng(1)
    with CorpusWriter(path, CLASSES, RATE, SAMPLES) as writer:
        for split in ("train", "test"):
            for i in range(clips):
                label = CLASSES[i % 2]
                parts = parts_of(list(VALUES)[i % 3], label, rng)
                writer.add(f"{split}-{i}", sum(parts.values()), label, split)
    return Corpus(path)


def concept_corpus(path: Path, clips: int = 41) -> Corpus:
    """Clips of four leads, one of which is no value; the last split is heard, never learned."""
    rng = np.random.default_rng(2)
    classes = ["low", "mid", "other", "high"]
    with CorpusWriter(path, classes, RATE, SAMPLES) as writer:
        for i in range(clips):
            label = classes[i % 4]
            parts = parts_of(label, CLASSES[i % 2], rng)
            writer.add(f"c{i}", sum(parts.values()), label, "test" if i % 5 == 0 else "train")
    return Corpus(path)


def twin_corpus(path: Path, parts: bool, bases: int = BASES) -> Corpus:
    """Every base with every lead; with parts the values of a base lie in an order of its own."""
    rng = np.random.default_rng(3 + parts)
    words, names = ("base", "value"), PARTS if parts else ()
    with CorpusWriter(path, CLASSES, RATE, SAMPLES, words=words, part_names=names) as writer:
        for base in range(bases):
            label = CLASSES[base % 2]
            order = np.roll(list(VALUES), base if parts else 0)
            common = parts_of("low", label, rng)
            for value in order:
                apart = {**common, "lead": parts_of(value, label, rng)["lead"]}
                told = {"base": f"b{base}", "value": str(value)}
                sound = sum(apart.values())
                kept = apart if parts else None
                writer.add(f"b{base}-{value}", sound, label, "test", f"b{base}", kept, told)
    (path / "causes.csv").write_text(
        "concept,label,planted\nlow,slow,True\nhigh,fast,True\nmid,fast,False\n"
    )
    return Corpus(path)


def ast_network() -> nn.Module:
    torch.manual_seed(0)
    network = AST(3, mels=16, frames=25, patch=(16, 4), stride=(16, 4), width=12, depth=3, heads=2)
    for parameter in network.parameters():
        nn.init.normal_(parameter, 0, 0.3)
    return network.eval()


def cnn_network() -> nn.Module:
    torch.manual_seed(1)
    network = GenreCNN(3, mels=16, frames=25, filters=(4, 5), dense=(6,), dropout=0.0)
    for module in network.chain:
        if isinstance(module, nn.Conv2d):
            nn.init.constant_(module.bias, 4.0)  # no pooling chooses among zeros
    return network.eval()


def raw_network() -> nn.Module:
    torch.manual_seed(2)
    network = Ears()
    for parameter in network.parameters():
        nn.init.normal_(parameter, 0, 0.4)
    return network.eval()


NETWORKS = {"ast": ast_network, "cnn": cnn_network, "raw": raw_network}


def bundle(kind: str) -> Bundle:
    front_end = Waveform(WaveformSettings(rate=RATE)) if kind == "raw" else LogMel(MEL)
    return Bundle(NETWORKS[kind](), front_end, {"classes": OUTPUTS})


SETTINGS = {
    "attribute": "lead",
    "clips": 8,
    "nulls": 3,
    "patched": 4,
    "seed": 5,
    "workers": 1,
    "strengths": [-0.3, -0.1, 0.1, 0.2],
    "slope_range": 0.2,
    "probes": {"seeds": 2, "null_seeds": 2, "per_class": 5, "inverse_penalty": 0.1},
    "outputs": {"slow": "slow", "fast": "fast"},  # in another order than the network's
    "activation": "softmax",
    "read": None,
}


def random_vectors(layers: dict[str, np.ndarray]) -> dict:
    """Vectors of every kind, of other numbers for every seed, concept and layer."""
    rng, numbers = np.random.default_rng(4), {"classes": len(CLASSES)}
    return {
        kind: {
            name: rng.normal(size=(2, numbers.get(kind, len(CONCEPTS)), v.shape[1])).astype("f4")
            for name, v in layers.items()
        }
        for kind in ("trained", "untrained", "shuffled", "classes")
    }


def make_bench(folder: Path, kind: str, **changes) -> Bench:
    """A bench of one of the three networks, in a folder that holds its corpora."""
    made = bundle(kind)
    concepts = concept_corpus(folder / "concepts")
    activations = store(made, concepts, folder / f"activations-{kind}", batch=16)
    accuracy = {name: 0.5 + 0.1 * (n % 2) for n, name in enumerate(activations)}  # the second
    return Bench(
        bundle=made,
        untrained=bundle(kind),
        corpus=class_corpus(folder / "classes"),
        concepts=concepts,
        activations=activations,
        vectors=random_vectors(activations),
        probed=CONCEPTS,
        accuracy=accuracy,
        twins=twin_corpus(folder / "twins", False),
        parts=twin_corpus(folder / "parts", True),
        settings={**SETTINGS, **changes},
    )
