"""A small world of partials: notes in several contexts, phrases, banks and networks that hear them.

All sizes differ; corpora have another rate than the networks, clips lie in no order.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from tonotopy.corpora.hearing import waveforms_at
from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.adoption import adopt
from tonotopy.networks.bundle import save
from tonotopy.networks.sample_cnn import SampleCNN
from tonotopy.networks.small_codec import SmallCodec
from tonotopy.partials.stimuli import hertz

RATE, HEARD = 9000, 8000  # Hz, of the corpora and of the networks
NOTES = {"reed": 9, "bell": 6, "string": 11}  # context -> clips
PHRASES = {"train": (7, 5), "test": (4, 3)}  # split -> clips of either class
CLASSES = ["low", "high"]
BANK = {"filters": 7, "taps": 256, "low_hz": 200.0, "high_hz": 1500.0, "rate": HEARD, "hop": 80}
WIDTHS = {"widths": [4, 5, 6, 7], "embedding": 9, "dropout": 0.0}
CODEC = {"widths": [4, 6, 8], "latent": 5, "books": 3, "entries": 8}


def tone(rng: np.random.Generator, semitone: float, samples: int, harmonics: int) -> np.ndarray:
    """A decaying note in a little noise."""
    time = np.arange(samples) / RATE
    waves = [np.sin(2 * np.pi * k * hertz(semitone) * time) / k for k in range(1, harmonics + 1)]
    return 0.2 * sum(waves) * np.exp(-3 * time) + 0.004 * rng.normal(size=samples)


def write_notes(path: Path, seed: int = 0) -> Corpus:
    """Write notes whose further column is what plays them."""
    rng = np.random.default_rng(seed)
    rows = [(name, number) for name, many in NOTES.items() for number in range(many)]
    with CorpusWriter(path, ["note"], RATE, 5400, words=("program",)) as writer:
        for index in rng.permutation(len(rows)):
            name, number = rows[index]
            sound = tone(rng, rng.integers(55, 90), 5400, len(name))
            split = ("train", "test")[number % 2]
            writer.add(
                f"n{(index * 17) % 101}",
                sound,
                "note",
                split,
                f"{name} {split}",
                words={"program": name},
            )
    return Corpus(path)


def write_phrases(path: Path, seed: int = 1) -> Corpus:
    """Write pairs of notes, low or high, one or two clips a group."""
    rng = np.random.default_rng(seed)
    rows = [
        (split, label, number)
        for split, counts in PHRASES.items()
        for label, many in zip(CLASSES, counts, strict=True)
        for number in range(many)
    ]
    with CorpusWriter(path, CLASSES, RATE, 7200) as writer:
        for index in rng.permutation(len(rows)):
            split, label, number = rows[index]
            low = {"low": 50, "high": 70}[label]
            notes = [tone(rng, rng.integers(low, low + 15), 3600, 5) for _ in range(2)]
            group = f"{split} {label} {number // 2}"
            writer.add(f"p{(index * 23) % 97}", np.concatenate(notes), label, split, group)
    return Corpus(path)


def write_bank(path: Path, kind: str, seed: int = 0, **changes) -> None:
    """Write the bundle of a filter bank."""
    settings = {
        "module": "tonotopy.networks.filter_bank:FilterBank",
        "arguments": {**BANK, "kind": kind, **changes},
        "layers": {"bank": {"path": "envelope", "read": "channels"}},
        "front_end": {"kind": "waveform", "rate": HEARD},
    }
    adopt(settings, None, path, seed)


def write_networks(folder: Path, phrases: Corpus) -> None:
    """Write bundles: tagger and tagger2 (have learned the phrases), codec, bank and noise."""
    front_end = Waveform(WaveformSettings(HEARD))
    learned = {"name": phrases.name, "content_sha256": phrases.info["content_sha256"]}
    for seed, name in enumerate(("tagger", "tagger2")):
        torch.manual_seed(seed)
        network = SampleCNN(2, **WIDTHS).eval()
        info = {"architecture": "sample_cnn", "arguments": WIDTHS, "classes": CLASSES}
        save(folder / name, network, front_end, {**info, "corpus": learned})
    torch.manual_seed(2)
    codec = SmallCodec(**CODEC).eval()
    with torch.no_grad():  # entries where latents are
        latents = codec.encode(torch.from_numpy(waveforms_at(phrases, np.arange(3), HEARD)))
        spread, middle = latents.std(dim=(0, 2)), latents.mean(dim=(0, 2))
        codec.quantiser.entries.mul_(spread)[0].add_(middle)
    info = {"architecture": "small_codec", "arguments": CODEC, "classes": []}
    save(folder / "codec", codec, front_end, info)
    write_bank(folder / "bank", "gammatone")
    write_bank(folder / "noise", "noise", filters=5, taps=33)


class World(NamedTuple):
    """Where everything lies.

    Attributes:
        folder: of the bundles.
        notes: natural sound.
        phrases: what directions and clusters are fitted to.
    """

    folder: Path
    notes: Corpus
    phrases: Corpus


def partials_world(folder: Path) -> World:
    """Make the world in an empty folder."""
    notes, phrases = write_notes(folder / "notes"), write_phrases(folder / "phrases")
    write_networks(folder, phrases)
    return World(folder, notes, phrases)
