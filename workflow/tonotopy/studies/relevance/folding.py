"""Cross-validation: a network trained anew for every fold (section 4.2.1, figure A.2)."""

import re
from pathlib import Path

import numpy as np
import pandas as pd

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError
from tonotopy.inference import pick_device
from tonotopy.networks.bundle import load
from tonotopy.probes.folds import folds
from tonotopy.studies.relevance.explaining import clip_columns, predictions
from tonotopy.training.fit import train

SLICE = r"#\d+$"  # behind the name of a recording: the number of a slice of it


def fold_units(corpus: Corpus, by: str) -> np.ndarray:
    """Return what of each clip lies in one fold, shape (clips,).

    Args:
        corpus: that is cross-validated.
        by: ``clip``: slices of one recording stay together, as in the thesis. ``group``: all clips
            of a group, such as an artist, do.
    """
    if by == "group":
        return corpus.groups
    return np.array([re.sub(SLICE, "", clip) for clip in corpus.clips], dtype=object)


def fold_numbers(corpus: Corpus, by: str, number: int, seed: int) -> np.ndarray:
    """Return the fold that each clip is tested in, shape (clips,), stratified by class.

    Args:
        corpus: with one label per clip.
        by: see `fold_units`.
        number: of folds, at least 3: one is tested, another chooses the epoch.
        seed: of the run.

    Raises:
        InputError: see `probes.folds.folds`.
    """
    units = fold_units(corpus, by)
    return folds(corpus.labels, units, "grouped", number, seed, names=corpus.classes)


def write_fold(corpus: Corpus, path: str | Path, by: str, numbers: np.ndarray, fold: int) -> Corpus:
    """Write a corpus with the splits of a fold: it is the test, the next one the validation.

    Args:
        corpus: that is cross-validated.
        path: folder of the new corpus; its groups are the units of the folds.
        by: see `fold_units`.
        numbers: see `fold_numbers`.
        fold: from 0.

    Raises:
        InputError: there is no such fold.
    """
    count = int(numbers.max()) + 1
    if not 0 <= fold < count:
        raise InputError(f"fold {fold}: folds are 0 to {count - 1}")
    splits = np.full(len(corpus), "train", dtype=object)
    splits[numbers == fold] = "test"
    splits[numbers == (fold + 1) % count] = "validation"
    length, units = corpus.samples.shape[1], fold_units(corpus, by)
    with CorpusWriter(path, corpus.classes, corpus.rate, length) as writer:
        for position, split in enumerate(splits):
            label = corpus.classes[corpus.labels[position]]
            clip, sound = corpus.clips[position], corpus.waveforms(position)
            writer.add(clip, sound, label, split, units[position])
    return Corpus(path)


def fold_predictions(
    corpus: Corpus,
    settings: dict,
    by: str,
    fold: int,
    number: int,
    work: Path,
    checkpoints: Path,
    seed: int,
    accelerator: str,
) -> pd.DataFrame:
    """Train a network on the other folds and classify the clips of one.

    Args:
        corpus: that the network learns.
        settings: the network's entry.
        by: see `fold_units`.
        fold: that is tested.
        number: of folds.
        work: an empty folder for the fold's corpus and network.
        checkpoints: folder that survives a kill.
        seed: of the run.
        accelerator: auto, cpu or gpu.

    Returns:
        Columns by, fold, of `clip_columns`, predicted and probability.
    """
    numbers = fold_numbers(corpus, by, number, seed)
    folded = write_fold(corpus, work / corpus.name, by, numbers, fold)
    out = work / "network"
    train(folded, settings, out, checkpoints, work / "tensorboard", seed, accelerator)
    bundle = load(out).to(pick_device(accelerator))
    answered = predictions(bundle, folded, "test")[["clip", "predicted", "probability"]]
    about = clip_columns(corpus, np.flatnonzero(numbers == fold))  # with the corpus's own groups
    return about.merge(answered, on="clip", validate="one_to_one").assign(by=by, fold=fold)
