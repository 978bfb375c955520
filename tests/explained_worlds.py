"""A small world to explain: clips whose parts are known, a chain of layers, a network that is none.

All sizes differ: the corpus has another rate than the front end, other classes than the network has
outputs, in another order, and unequal classes and groups; clips lie in it in no order.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import soxr
import torch
from torch import nn

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.frontends.log10_mel import Log10Mel, Log10MelSettings
from tonotopy.frontends.log_mel import LogMel, LogMelSettings
from tonotopy.networks.bundle import Bundle, load, save
from tonotopy.networks.genre_cnn import GenreCNN
from tonotopy.networks.layers import Layer
from tonotopy.relevance.attribution import component_heatmaps
from tonotopy.relevance.composites import parse
from tonotopy.relevance.lrp import LRP
from tonotopy.relevance.subspaces import Ascent, Subspaces
from tonotopy.studies.relevance.explaining import Batch, Subject, batches, subject
from tonotopy.studies.relevance.fitting import Choices, Fitted, Key, collect, fit_all, write

CLASSES = ["high", "low", "mid"]  # of the corpus
OUTPUTS = ["low", "other", "mid", "high"]  # of the network
PITCHES = {"high": 1500.0, "low": 300.0, "mid": 800.0}
PARTS = ["hum", "click", "noise", "tone"]
OBJECTS = ["tone", "click"]  # neither in the order of the corpus nor of the alphabet
COUNTS = {
    "train": {"high": 7, "low": 5, "mid": 6},
    "validation": {"high": 1, "low": 2, "mid": 1},
    "test": {"high": 8, "low": 4, "mid": 6},
}
RATE, SAMPLES = 5000, 1500
HEARD = Log10MelSettings(rate=4000, window=128, hop=48, mels=16, high_hz=2000.0, frames=24)
GRID = (16, 24)  # mels and frames; a clip has two more frames
WIDTHS = {"conv1": 4, "conv2": 6, "conv3": 8}
COMPOSITE = {"conv1": "w2", "conv": {"gamma": 0.4}, "dense": {"epsilon": 1e-7}}
SEED = 5
CHOICES = Choices(
    clips=5, locations=6, components=(4, 2), random=2, ascent=Ascent(starts=3, step=30.0, steps=14)
)


def sounds(rng: np.random.Generator, label: str) -> dict[str, np.ndarray]:
    """Parts of a clip; a third of the clips has no click, a fifth no hum."""
    time = np.arange(SAMPLES) / RATE
    begin, length = rng.uniform(0, 0.15), rng.uniform(0.08, 0.15)
    gate = (time > begin) & (time < begin + length)
    burst = np.exp(-((time - rng.uniform(0.05, 0.25)) ** 2) / 2e-4)
    pitch = PITCHES[label] * rng.uniform(0.9, 1.1)
    parts = {
        "click": 0.3 * burst * rng.normal(size=SAMPLES) / 3,
        "noise": 0.01 * rng.normal(size=SAMPLES),
        "tone": 0.4 * gate * np.sin(2 * np.pi * pitch * time),
        "hum": rng.uniform(0.02, 0.1) * np.sin(2 * np.pi * 120 * time + rng.uniform(0, 6)),
    }
    lacking = ["click"] * (rng.random() < 1 / 3) + ["hum"] * (rng.random() < 1 / 5)
    return {name: sound for name, sound in parts.items() if name not in lacking}


def heard_corpus(path: Path, counts=COUNTS, parts: bool = True, seed: int = 0) -> Corpus:
    """Write clips in no order; groups of a split have one, two or three clips, of any class."""
    rng = np.random.default_rng(seed)
    rows = [
        (split, label)
        for split, classes in counts.items()
        for label, number in classes.items()
        for _ in range(number)
    ]
    names = rng.permutation(1000)[: len(rows)]
    sizes = {split: sum(classes.values()) for split, classes in counts.items()}
    drawn = {split: iter(rng.permutation(size)) for split, size in sizes.items()}
    with CorpusWriter(path, CLASSES, RATE, SAMPLES, part_names=PARTS if parts else ()) as writer:
        for number, row in enumerate(rng.permutation(len(rows))):
            split, label = rows[row]
            apart = sounds(rng, label)
            place = int(next(drawn[split]))
            group = f"{split} {[0, 1, 1, 2, 2, 2][place % 6] + 3 * (place // 6)}"
            whole = sum(apart.values())
            kept = apart if parts else None
            writer.add(f"c{names[number]}", whole, label, split, group, kept)
    return Corpus(path)


def chain(seed: int = 0) -> GenreCNN:
    """A random network of three blocks whose biases are not 0."""
    torch.manual_seed(seed)
    network = GenreCNN(4, *GRID, filters=(4, 6, 8), dense=(7,), dropout=0.0).eval()
    for module in network.chain:
        if getattr(module, "bias", None) is not None:
            nn.init.normal_(module.bias, std=0.15)
    return network


@torch.no_grad()
def balance(network: nn.Module, last: nn.Linear, inputs: torch.Tensor) -> None:
    """Let all outputs have mean 0 and the same spread, so that any of them may be the largest."""
    answers = network(inputs)
    last.bias.sub_(answers.mean(dim=0)).div_(answers.std(dim=0))
    last.weight.div_(answers.std(dim=0)[:, None])


class Branched(nn.Module):
    """A convolution beside another one, an average of all positions: no chain."""

    def __init__(self):
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(1, 4, 3, padding=1), nn.ReLU())
        self.beside = nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU())
        self.pool = nn.MaxPool2d(2)
        self.last = nn.Linear(4, 4)
        self.layers = {
            "entry": Layer("first.1", "channels"),
            "branch": Layer("beside.1", "channels"),
        }

    def forward(self, spectrograms):
        """Return logits (clips, classes)."""
        first = self.first(spectrograms[:, None])
        return self.last(self.pool(first + self.beside(first)).mean(dim=(2, 3)))


def branched(seed: int = 0) -> Bundle:
    """A network that is no chain; its front end is another one, of 10 mels and 27 frames."""
    torch.manual_seed(seed)
    settings = LogMelSettings(
        rate=4000, n_fft=256, window_ms=30.0, hop_ms=11.0, mels=10, frames=27, mean=-3.0, std=2.0
    )
    return Bundle(Branched().eval(), LogMel(settings), {"classes": OUTPUTS})


@dataclass(frozen=True)
class World:
    """What there is to explain, in memory and on disk.

    Attributes:
        folder: with the corpus, ``network``, ``network-untrained`` and ``subspaces``.
        corpus: see `heard_corpus`.
        explained: the chain.
        untrained: its copy.
        subspaces: what was fitted, in memory.
        fitted: the same on disk.
    """

    folder: Path
    corpus: Corpus
    explained: Subject
    untrained: Subject
    subspaces: dict[Key, Subspaces]
    fitted: Fitted

    @property
    def test(self) -> np.ndarray:
        """Positions of the test clips, in no order."""
        return np.random.default_rng(7).permutation(self.corpus.indices("test"))

    def key(self, method="drsa", layer="conv3", components=4, draw=0, copy="trained") -> Key:
        """Return a key; by default that of what is shown."""
        return Key(copy, method, draw, layer, components)


def explained_world(folder: Path) -> World:
    """Make a world: networks are random, subspaces are fitted in a few steps."""
    corpus = heard_corpus(folder / "parted")
    front_end = Log10Mel(HEARD)
    info = {"architecture": "genre_cnn", "classes": OUTPUTS, "corpus": described(corpus)}
    info["arguments"] = {"filters": [4, 6, 8], "dense": [7], "dropout": 0.0}
    subjects = {}
    for copy, name in (("trained", "network"), ("untrained", "network-untrained")):
        network = chain(seed=int(copy == "untrained"))
        inputs = torch.stack([one_input(front_end, corpus, p) for p in range(len(corpus))])
        balance(network, network.chain[-1], inputs)
        save(folder / name, network, front_end, info)
        subjects[copy] = subject(load(folder / name), corpus, COMPOSITE)
    fitted = {}
    for copy, explained in subjects.items():
        vectors = collect(explained, corpus, CHOICES, SEED)
        fitted.update(fit_all(vectors, corpus.classes, CHOICES, SEED, copy))
    write(folder / "subspaces", fitted, {"seed": SEED})
    kept = Fitted(folder / "subspaces")
    return World(folder, corpus, *subjects.values(), fitted, kept)


def described(corpus: Corpus) -> dict:
    """What a network's description says of the corpus that it learned."""
    return {key: corpus.info[key] for key in ("name", "content_sha256")}


# --- the same, clip by clip


def one_sound(samples: np.ndarray, rate: int = RATE, heard: int = HEARD.rate) -> np.ndarray:
    """One sound at the front end's rate."""
    return samples if rate == heard else soxr.resample(samples, rate, heard, quality="HQ")


def one_input(front_end: nn.Module, corpus: Corpus, position: int) -> torch.Tensor:
    """What a network hears of one clip, (mels, frames)."""
    sound = one_sound(corpus.waveforms([position])[0], corpus.rate, front_end.settings.rate)
    with torch.no_grad():
        return front_end(torch.from_numpy(sound)[None])[0]


def one_part(corpus: Corpus, position: int, name: str) -> np.ndarray:
    """One part of one clip at the front end's rate, zeros where it lacks it."""
    silent = np.zeros(corpus.samples.shape[1], dtype=np.float32)
    return one_sound(corpus.parts(int(position))[0].get(name, silent))


def exact(explained: Subject, composite=COMPOSITE) -> LRP:
    """What explains a copy of a chain in float64."""
    network = GenreCNN(4, *GRID, filters=(4, 6, 8), dense=(7,), dropout=0.0).double().eval()
    network.load_state_dict(explained.bundle.network.state_dict())
    return LRP(network, parse(composite))


def one_pass(explained: Subject, corpus: Corpus, position: int, composite=COMPOSITE):
    """One clip's forward pass in float64."""
    inputs = one_input(explained.bundle.front_end, corpus, position).double()
    return exact(explained, composite).explain(inputs[None])


def label_of(corpus: Corpus, position: int) -> str:
    """Class of a clip."""
    return corpus.classes[corpus.labels[position]]


def one_heatmap(explained: Subject, corpus: Corpus, position: int, **options) -> np.ndarray:
    """Standard heatmap of one clip for its own class, (mels, frames), float64."""
    target = OUTPUTS.index(label_of(corpus, position))
    return one_pass(explained, corpus, position, **options).heatmap(target)[0].numpy()


def one_split(
    world: World, position: int, key: Key, label: str | None = None, explained=None
) -> np.ndarray:
    """Component heatmaps of one clip, split by the subspaces of a class: (K, mels, frames)."""
    explained = explained or world.explained
    own = label_of(world.corpus, position)
    basis = basis_of(world, key, label or own).double()
    passed = one_pass(explained, world.corpus, position)
    target = OUTPUTS.index(own)
    return component_heatmaps(passed, key.layer, target, basis, key.components)[0].numpy()


def basis_of(world: World, key: Key, label: str) -> torch.Tensor:
    """The basis that was fitted for a class."""
    subspaces = world.subspaces[key]
    (basis,) = [
        basis
        for problem, basis in zip(subspaces.problems, subspaces.bases, strict=True)
        if problem.target == label
    ]
    return basis


def small_batches(size: int):
    """Return `explaining.batches` with batches of so many clips."""

    def small(explained: Subject, corpus: Corpus, positions: np.ndarray) -> list[Batch]:
        return batches(explained, corpus, positions, size)

    return small


def rows_of(table: pd.DataFrame, *keys: str) -> dict[tuple, dict]:
    """Rows by their keys, each of which there is once; rows are numbered."""
    assert list(table.index) == list(range(len(table)))
    rows = {tuple(row[key] for key in keys): row for row in table.to_dict("records")}
    assert len(rows) == len(table)
    return rows


def check_clips(table: pd.DataFrame, corpus: Corpus) -> None:
    """Every row has the group and the label of its clip."""
    where = {clip: position for position, clip in enumerate(corpus.clips)}
    assert len(table) and not table[["clip", "group", "label"]].isna().any().any()
    for row in table.to_dict("records"):
        position = where[row["clip"]]
        assert row["group"] == corpus.groups[position]
        assert row["label"] == label_of(corpus, position)
