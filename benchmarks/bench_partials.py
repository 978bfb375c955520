"""Sweeps of all directions by all stimuli at once against a loop over tones and directions."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import numpy as np
import torch
from scipy.stats import spearmanr
from timing import compare

from tonotopy.ears import Ear
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.sample_cnn import SampleCNN
from tonotopy.partials import steps
from tonotopy.partials.stimuli import COMPLEXES, TONE
from tonotopy.studies.partials.hearing import silence
from tonotopy.studies.partials.sweeping import CUT, Stimuli, sound_levels, stimuli

RATE, WIDTH = 16000, 64
TONES = {"low": 36, "high": 116, "seconds": 0.75}
DIRECTIONS = 5 * WIDTH  # of five kinds
FEW = 2  # of them, that the plain loop goes through
REPEATS = 3


def together(ear: Ear, vectors: np.ndarray, heard: Stimuli) -> np.ndarray:
    """Return share of the peak and least correlation of every direction: arrays alone."""
    still = silence(ear, heard.sounds[TONE].shape[1], CUT)
    answers = {k: sound_levels(ear, s, still, vectors) for k, s in heard.sounds.items()}
    found = steps.sweep(answers[TONE])
    contexts = [
        steps.rank_correlations(answers[kind], heard.levels[kind][:, found.peak].T)
        for kind in COMPLEXES
    ]
    return np.array([found.share, steps.least(np.array(contexts))])


@torch.no_grad()
def maps_of(network: SampleCNN, sound: np.ndarray) -> np.ndarray:
    """Return the activations of all units in the middle of one sound, (width, positions)."""
    maps = network.embedding(network.blocks(torch.from_numpy(sound)[None, None, None]))[0, :, 0]
    cut = int(CUT * maps.shape[1])
    return maps[:, cut : maps.shape[1] - cut].double().numpy()


def level(vector: np.ndarray, maps: np.ndarray, still: np.ndarray) -> float:
    """Return the root mean square of one direction over silence, position by position."""
    squares = [(vector @ (now - still)) ** 2 for now in maps.T]
    return (sum(squares) / len(squares)) ** 0.5


def stillness(network: SampleCNN, heard: Stimuli) -> np.ndarray:
    """Return the mean activations of all units in silence."""
    return maps_of(network, np.zeros_like(heard.sounds[TONE][0])).mean(axis=1)


def passed(answers: dict[str, np.ndarray], heard: Stimuli) -> tuple[float, float]:
    """Return share of the peak and least correlation of one direction."""
    over = answers[TONE] - np.median(answers[TONE])
    squares, peak = np.maximum(over, 0) ** 2, int(over.argmax())
    share = squares[max(0, peak - 2) : peak + 3].sum() / squares.sum() if squares.any() else 0
    known = []
    for kind in COMPLEXES:
        levels = heard.levels[kind][:, peak]
        if (levels > levels.min()).sum() >= steps.VARIED:
            known.append(spearmanr(answers[kind], levels).statistic)
    return share, min(known, default=np.nan)


def plain(network: SampleCNN, vectors: np.ndarray, heard: Stimuli) -> np.ndarray:
    """Return the same by the definition: a direction, a sound, a pass."""
    rows, still = [], stillness(network, heard)
    for vector in vectors:
        answers = {
            kind: np.array([level(vector, maps_of(network, sound), still) for sound in sounds])
            for kind, sounds in heard.sounds.items()
        }
        rows.append(passed(answers, heard))
    return np.array(rows).T


def shared(network: SampleCNN, vectors: np.ndarray, heard: Stimuli) -> np.ndarray:
    """Return the same with one pass for each sound, which all directions share."""
    maps = {
        kind: [maps_of(network, sound) for sound in sounds] for kind, sounds in heard.sounds.items()
    }
    rows, still = [], stillness(network, heard)
    for vector in vectors:
        answers = {
            kind: np.array([level(vector, one, still) for one in own]) for kind, own in maps.items()
        }
        rows.append(passed(answers, heard))
    return np.array(rows).T


def main() -> None:
    """Check that the steps are equal, print all times; the plain loop runs for some directions."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = SampleCNN(8, widths=[16, 24, 32, 48, 64, WIDTH], embedding=WIDTH).eval()
    info = {"classes": [], "layers": {"embedding": {"path": "embedding", "read": "channels"}}}
    bundle = Bundle(network, Waveform(WaveformSettings(RATE)), info)
    ear = Ear("tagger", 0, bundle, bundle.layers)
    heard = stimuli(TONES, RATE, 0)
    vectors = np.random.default_rng(0).normal(size=(DIRECTIONS, WIDTH))
    few = vectors[:: DIRECTIONS // FEW]
    for peer in (plain, shared):
        off = np.nanmax(np.abs(together(ear, few, heard) - peer(network, few, heard)))
        assert off < 1e-3, f"steps differ by {off:.1e}"
    sounds = sum(map(len, heard.sounds.values()))

    def ours():
        return together(ear, vectors, heard)

    title = f"{DIRECTIONS} directions, {sounds} sounds, one pass for each sound"
    compare(title, ours, lambda: shared(network, vectors, heard), REPEATS, goal=1)
    title = f"the same, plain loop over {FEW} of the directions alone"
    goal = 10 * FEW / DIRECTIONS
    ratio = compare(title, ours, lambda: plain(network, few, heard), REPEATS, goal)
    times = DIRECTIONS / FEW
    print(
        f"plain loop over all {DIRECTIONS}, {times:.0f} times that: ratio {ratio * times:.0f} (10)"
    )


if __name__ == "__main__":
    main()
