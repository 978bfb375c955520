"""A small world to sonify: clips of several events whose parts are known, networks that hear them.

All sizes differ: the corpus has another rate than the networks, groups and classes are unequal,
clips lie in no order, one class is in no training clip, one map is dead. The same is written out
for one clip, one layer and one map at a time, in float64.
"""

import copy
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soxr
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.ears import Ear, mapped_layers
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.bundle import load, save, untrained
from tonotopy.networks.cnn12 import CNN12
from tonotopy.networks.layers import Layer

CLASSES = ["buzz", "chirp", "hiss", "rare", "tap"]  # no training clip has "rare"
PARTS = ["hum", "tap", "chirp", "buzz", "hiss", "rare"]
WORDS = ["yes", "no", "maybe"]
RATE, SAMPLES = 10000, 5000
HEARD = 8000  # Hz, of the networks
WIDTHS = [3, 4, 5, 4, 6, 5, 6, 5, 7, 6, 8]
ARGUMENTS = {"widths": WIDTHS, "embedding": 5, "dropout": 0.3}
BLOCKS = [f"block{number}" for number in range(1, 12)]
SNAPSHOTS = [0, 1, 3]
DEAD = ("contrastive", "block9", 4)
SETS = {
    "train": ["buzz", "chirp", "hiss", "tap", "buzz chirp", "chirp hiss", "buzz tap", "hiss tap",
              "chirp", "buzz hiss", "chirp tap", "tap", "buzz", "hiss"],
    "validation": ["buzz", "chirp tap", "hiss", "chirp"],
    "test": ["buzz chirp", "chirp hiss tap", "buzz tap", "hiss", "rare tap", "buzz hiss", "chirp",
             "chirp tap", "buzz"],
}  # fmt: skip


class Strided(nn.Module):
    """Strided convolutions with a connection around one of them, no pooling; a part that hears all.

    Args:
        width: channels.
        outputs: of the last layer.
    """

    def __init__(self, width: int = 4, outputs: int = 3):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv1d(1, width, 8, 4), nn.ReLU())
        self.beside = nn.Sequential(nn.Conv1d(width, width, 5, padding=2), nn.ReLU())
        strided = nn.Conv1d(width, width + 1, 4, 3)
        self.down = nn.Sequential(strided, nn.BatchNorm1d(width + 1), nn.GELU())
        self.gate = nn.ReLU()
        self.last = nn.Linear(width + 1, outputs)
        for convolution in (self.stem[0], self.beside[0], self.down[0]):
            nn.init.normal_(convolution.weight, std=0.4)
            nn.init.normal_(convolution.bias, std=0.02)

    @property
    def layers(self) -> dict[str, Layer]:
        """Layers with maps, one that depends on the whole clip, and the answer."""
        mapped = {name: Layer(name, "channels") for name in ("stem", "beside", "down", "gate")}
        return {**mapped, "answer": Layer("last")}

    def forward(self, waveforms):
        """Return (clips, outputs)."""
        maps = self.stem(waveforms[:, None])
        maps = self.down(maps + self.beside(maps))
        maps = self.gate(maps - maps.mean(dim=2, keepdim=True))
        return self.last(maps.mean(dim=2))


def sounds(rng: np.random.Generator, labels: list[str]) -> dict[str, np.ndarray]:
    """Parts of a clip, of unequal loudness, each in a stretch of its own."""
    time = np.arange(SAMPLES) / RATE
    wave = {
        "buzz": np.sign(np.sin(2 * np.pi * rng.uniform(90, 130) * time)),
        "chirp": np.sin(2 * np.pi * (600 + 1800 * time) * time),
        "hiss": rng.normal(size=SAMPLES) / 3,
        "rare": np.sin(2 * np.pi * 3100 * time),
        "tap": np.exp(-(((time * 8) % 1) ** 2) * 60) * np.sin(2 * np.pi * 1900 * time),
    }
    parts = {"hum": 0.01 * np.sin(2 * np.pi * 50 * time + rng.uniform(0, 6))}
    for name in labels:
        begin = rng.uniform(0, 0.2)
        gate = (time > begin) & (time < begin + rng.uniform(0.15, 0.3))
        parts[name] = rng.uniform(0.08, 0.3) * gate * wave[name]
    return parts


def write_events(path: Path, parts: bool = True, sets=SETS, seed: int = 0) -> Corpus:
    """Write clips of several events in no order; groups have one, two or three clips."""
    rng = np.random.default_rng(seed)
    rows = [(split, labels.split()) for split, own in sets.items() for labels in own]
    kept = PARTS if parts else ()
    with CorpusWriter(path, CLASSES, RATE, SAMPLES, tags=True, part_names=kept) as writer:
        for number, row in enumerate(rng.permutation(len(rows))):
            split, labels = rows[row]
            apart = sounds(rng, labels)
            group = f"{split} {[0, 1, 1, 2, 2, 2][row % 6] + 3 * (row // 6)}"
            whole = sum(apart.values())
            writer.add(
                f"e{(number * 37) % 101}", whole, labels, split, group, apart if parts else None
            )
    return Corpus(path)


def write_words(path: Path, seed: int = 1) -> Corpus:
    """Write clips of one of three words, unequally many, at the networks' own rate."""
    rng = np.random.default_rng(seed)
    time = np.arange(4000) / HEARD
    rows = [
        (split, word)
        for split, counts in {
            "train": (6, 3, 4),
            "validation": (1, 2, 1),
            "test": (4, 2, 3),
        }.items()
        for word, count in zip(WORDS, counts, strict=True)
        for _ in range(count)
    ]
    with CorpusWriter(path, WORDS, HEARD, 4000) as writer:
        for number, row in enumerate(rng.permutation(len(rows))):
            split, word = rows[row]
            pitch = {"yes": 300, "no": 900, "maybe": 2100}[word] * rng.uniform(0.8, 1.2)
            sound = 0.3 * np.sin(2 * np.pi * pitch * time) + 0.03 * rng.normal(size=4000)
            writer.add(f"w{(number * 17) % 61}", sound, word, split)
    return Corpus(path)


def cnn12(seed: int, **options) -> CNN12:
    """A random network whose biases are not 0."""
    torch.manual_seed(seed)
    network = CNN12(**ARGUMENTS, **options).eval()
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.normal_(module.bias, mean=0.03, std=0.05)
    return network


def save_network(path: Path, seed: int, corpus: Corpus | None, snapshots=(), **options) -> None:
    """Write a bundle; it has classes where it has a corpus. The last snapshot is the network."""
    classes = corpus.classes if corpus is not None else []
    network = cnn12(seed, classes=len(classes), **options)
    if path.name == DEAD[0]:
        kill(network, DEAD[1], DEAD[2])
    info = {"architecture": "cnn12", "arguments": {**ARGUMENTS, **options}, "classes": classes}
    if corpus is not None:
        info |= {"corpus": {"name": corpus.name}, "trained": True}
    files = {}
    for epoch in snapshots:
        then = (
            network
            if epoch == max(snapshots)
            else cnn12(seed + 100 * (epoch + 1), classes=len(classes))
        )
        files[epoch] = path.parent / f"{path.name}-{epoch}"
        weights = {key: value.contiguous() for key, value in then.state_dict().items()}
        save_file(weights, files[epoch])
    save(path, network, Waveform(WaveformSettings(HEARD)), info, files)


@torch.no_grad()
def kill(network: CNN12, layer: str, number: int) -> None:
    """Make a map that is never positive."""
    convolution = network.features[BLOCKS.index(layer)][0]
    convolution.weight[number] = 0
    convolution.bias[number] = -1


def save_strided(path: Path, seed: int = 3) -> None:
    """Write a bundle of a user's own network, whose outputs are the words."""
    torch.manual_seed(seed)
    arguments = {"module": "sonified_worlds:Strided", "arguments": {"width": 4, "outputs": 3}}
    info = {"architecture": "own", "arguments": arguments, "classes": WORDS}
    save(path, Strided().eval(), Waveform(WaveformSettings(HEARD)), info)


@dataclass(frozen=True)
class World:
    """What there is to sonify.

    Attributes:
        folder: of the bundles: supervised (has snapshots), contrastive, untrained, strided.
        events: clips of several classes, with parts.
        words: clips of one class.
    """

    folder: Path
    events: Corpus
    words: Corpus

    def ear(self, network: str, layers: list[str] | None = None, run: int = 0) -> Ear:
        """Return a network with its layers, all that have maps by default."""
        bundle = load(self.folder / network)
        return Ear(network, run, bundle, mapped_layers(bundle.layers, layers))

    @property
    def test(self) -> np.ndarray:
        """Positions of the test clips of the events, in no order."""
        return np.random.default_rng(7).permutation(self.events.indices("test"))


def sonified_world(folder: Path) -> World:
    """Make a world: networks are random."""
    events = write_events(folder / "events")
    words = write_words(folder / "words")
    save_network(folder / "supervised", 0, events, SNAPSHOTS)
    save_network(folder / "contrastive", 1, None, projection=[6, 4])
    bare = untrained(load(folder / "supervised"), 2)
    save(folder / "untrained", bare.network, bare.front_end, bare.info)
    save_strided(folder / "strided")
    return World(folder, events, words)


# --- the same, one clip, one layer and one map at a time


def one_sound(corpus: Corpus, position: int, rate: int = HEARD) -> np.ndarray:
    """One clip as it is heard, float32 (samples,)."""
    sound = corpus.waveforms([position])[0]
    return sound if corpus.rate == rate else soxr.resample(sound, corpus.rate, rate, quality="HQ")


def one_part(corpus: Corpus, position: int, name: str) -> np.ndarray:
    """One part of a clip as it is heard."""
    return soxr.resample(corpus.parts(int(position))[0][name], corpus.rate, HEARD, quality="HQ")


def labels_of(corpus: Corpus, position: int) -> list[str]:
    """Classes of a clip, in the order of the corpus."""
    if corpus.tags:
        return [
            name for name, own in zip(corpus.classes, corpus.targets[position], strict=True) if own
        ]
    return [corpus.classes[corpus.labels[position]]]


class Written:
    """CNN12 written out for one clip in float64: what blocks give, and the way back from a map.

    Args:
        features: the blocks of a network.
        sound: shape (samples,).
    """

    def __init__(self, features: nn.Sequential, sound: np.ndarray):
        self._weights = [block[0].weight.detach().double().squeeze(2) for block in features]
        self._pooled, self._given, self.outputs = [], [], []
        signal = torch.from_numpy(sound).double()[None]
        for block, weight in zip(features, self._weights, strict=True):
            self._given.append(signal.shape[1])
            signal = functional.conv1d(signal, weight, block[0].bias.detach().double()).relu()
            switches = None
            if len(block) == 3:
                before = signal.shape[1]
                signal, switches = functional.max_pool1d(signal, 2, return_indices=True)
                switches = (switches, before)
            self._pooled.append(switches)
            self.outputs.append(signal)

    def means(self, block: int) -> np.ndarray:
        """Mean of each map over time."""
        return self.outputs[block].mean(dim=1).numpy()

    def sonify(self, block: int, number: int) -> np.ndarray:
        """Sonification of one map, as large as it comes (thesis algorithm 1)."""
        signal = torch.zeros_like(self.outputs[block])
        signal[number] = self.outputs[block][number]
        for index in reversed(range(block + 1)):
            if self._pooled[index] is not None:
                switches, before = self._pooled[index]
                signal = functional.max_unpool1d(signal, switches, 2, output_size=(before,))
            signal = functional.conv_transpose1d(signal.relu(), self._weights[index])
        assert signal.shape == (1, self._given[0])
        return signal[0].numpy()


def written(ear: Ear, corpus: Corpus, position: int) -> Written:
    """A clip, heard by the encoder of a CNN12 that is written out."""
    network = getattr(ear.bundle.network, "encoder", None)
    network = network if isinstance(network, CNN12) else ear.bundle.network
    return Written(network.features, one_sound(corpus, position))


def unit_peak(sonification: np.ndarray, sound: np.ndarray) -> np.ndarray:
    """A sonification as loud at its peak as its clip."""
    largest = max(abs(value) for value in sonification)
    return (
        sonification * (max(abs(value) for value in sound) / largest) if largest else sonification
    )


def loudest_map(passed: Written, block: int) -> int:
    """The map with the largest mean."""
    means = passed.means(block)
    return max(range(len(means)), key=lambda number: means[number])


def exact(network: nn.Module) -> nn.Module:
    """A copy of a network in float64."""
    return copy.deepcopy(network).double().eval()


def rows_of(table, *keys: str) -> dict[tuple, dict]:
    """Rows by their keys, each of which there is once; rows are numbered."""
    assert list(table.index) == list(range(len(table)))
    rows = {tuple(row[key] for key in keys): row for row in table.to_dict("records")}
    assert len(rows) == len(table)
    return rows


def check_columns(table, types: dict[str, str]) -> None:
    """A table has these columns and no other; i, f, b, O: kinds of their types."""
    found = {
        name: "O" if table[name].dtype.kind not in "ifb" else table[name].dtype.kind
        for name in table
    }
    assert found == types
