"""What a core does of studies 5 and 6 in a second, for `measure_rates`."""

import warnings
from collections.abc import Sequence

import numpy as np
import torch
from costs.similarity import ridge_flops
from sklearn.decomposition import FastICA
from threadpoolctl import threadpool_limits
from timing import core_seconds

from tonotopy.networks.filter_bank import FilterBank
from tonotopy.partials.codes import strongest_semitones
from tonotopy.partials.directions import directions
from tonotopy.partials.natural import band_levels
from tonotopy.similarity.features import Columns, describe
from tonotopy.similarity.measure import residual
from tonotopy.similarity.null import permutation_null
from tonotopy.similarity.probes import held_out

WIDTH = 128  # of a layer whose directions are fitted
ROUNDS = 20


def described(wanted: Sequence[str]) -> float:
    """Hand-made features of 10 s at 12 kHz."""
    columns = Columns(12000, 256, 469, 512)
    sound = np.random.default_rng(0).normal(0, 0.1, 120_000).astype(np.float32)
    describe(sound, columns, wanted)  # what librosa compiles or loads once
    return core_seconds(lambda: describe(sound, columns, wanted))


def residuals() -> float:
    """What is left of a feature beyond the input, per cell of its grid."""
    feature, heard = torch.randn(2, 16, 48, 240)
    residual(feature, heard)
    return core_seconds(lambda: residual(feature, heard)) / feature.numel()


def permutations() -> float:
    """The closed form of a null, for each map, feature and pair of clips."""
    similarities = np.random.default_rng(0).normal(size=(16, 3, 400, 400)).astype(np.float32)
    return core_seconds(lambda: permutation_null(similarities)) / similarities.size


def ridge() -> float:
    """Operations a second of ridge probes, as `costs.similarity` counts them."""
    rows, width, outputs, folds = 4000, 1024, 12, np.arange(4000) % 5
    predictors, targets = torch.randn(rows, width), torch.randn(rows, outputs)
    taken = core_seconds(lambda: held_out(predictors, targets, folds))
    return ridge_flops(rows, width, outputs, 5) / taken


def filtered() -> float:
    """A filter of a bank over 10 s at 16 kHz."""
    bank, sounds = FilterBank("gammatone"), torch.randn(4, 160_000)
    with torch.no_grad():
        bank(sounds)
        return core_seconds(lambda: bank(sounds)) / (4 * len(bank.filters.weight))


def _noise() -> np.ndarray:
    return np.random.default_rng(0).normal(0, 0.1, (4, 240_000)).astype(np.float32)


def levels() -> float:
    """The level in a band of 10 s at 24 kHz."""
    clips, bands = _noise(), np.arange(36, 117)
    taken = core_seconds(lambda: band_levels(clips, bands, 24000, 750, 2))
    return taken / (len(clips) * len(bands))


def pitches() -> float:
    """The strongest partial of a frame at 24 kHz."""
    clips = _noise()
    return core_seconds(lambda: strongest_semitones(clips, 24000, 750, 1)) / (len(clips) * 750)


def _frames() -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.laplace(size=(2000, WIDTH)) @ rng.normal(size=(WIDTH, WIDTH))


def independent() -> float:
    """A round of FastICA, per frame and squared width."""
    frames = _frames()
    # as `partials.directions` calls it, but for so many rounds
    ica = FastICA(WIDTH, whiten="unit-variance", max_iter=ROUNDS, tol=0, random_state=0)
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore")
        return core_seconds(lambda: ica.fit(frames)) / (ROUNDS * frames.size * WIDTH)


def dictionary() -> float:
    """A sparse dictionary, per frame and squared width."""
    frames = _frames()
    with threadpool_limits(1):
        return core_seconds(lambda: directions("dictionary", frames, 0)) / (frames.size * WIDTH)
