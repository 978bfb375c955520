"""What a user writes and has, small: folders of tones, and entries of studies."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import soundfile

RATE = 8000
FOLDER = {"maker": "folder", "rate": RATE, "seconds": 0.5}
STEERED = {  # but for the network, the corpora and the pairs
    "unseen": None,
    "sweeps": ["test", "layers", "controls"],
    "probes": {"seeds": 2, "null_seeds": 2, "per_class": 10, "inverse_penalty": 0.1},
    "strengths": [-0.1, 0.1],
    "slope_range": 0.1,
    "clips": {"test": None, "unseen": None, "layers": None, "controls": None},
    "flat": None,
    "exhibits": 2,
}
COMPARED = {  # of a study of similarity, but for the networks, the corpus and known answers
    "unheard": None,
    "random": 2,
    "layers": None,
    "grids": {},
    "clips": 9,
    "probed": 12,
    "calibrated": 6,
    "folds": 3,
    "shown": 1,
    "exhibits": 2,
}


def write_tones(root: Path, classes: Mapping[str, float], seed: int = 0) -> None:
    """Write 80 tones for each class, a sub-folder each: 8 are tested, enough for an interval."""
    rng = np.random.default_rng(seed)
    time = np.arange(RATE // 2) / RATE
    for label, hertz in classes.items():
        (root / label).mkdir(parents=True)
        for take in range(80):
            wave = 0.3 * np.sin(2 * np.pi * hertz * rng.uniform(0.9, 1.1) * time)
            noise = rng.normal(0, 0.03, len(time))
            soundfile.write(root / label / f"{take:02d}.wav", wave + noise, RATE)
