"""Which clips a probe on each layer classifies rightly: study 1 for one network and one task.

Thesis section 2.3. All k and all folds come from one distance matrix per layer; the linear probe
reads the same matrix.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from tonotopy.activations import store
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.networks.bundle import Bundle
from tonotopy.probes.crossval import linear_predictions
from tonotopy.probes.distances import squared_distances
from tonotopy.probes.folds import folds, impossible
from tonotopy.probes.neighbours import (
    allowed_ks,
    correct,
    shuffled_correct,
    shuffled_labels,
)
from tonotopy.seeding import generator

BATCH = 32  # clips per forward pass


@dataclass(frozen=True)
class ProbeSettings:
    """How layers are probed.

    Attributes:
        ks: numbers of neighbours; those above the smallest class's training count are left out.
        folds: "paper" (stratified), "grouped" (no group in two folds), or both; the linear probe
            has the first.
        keep_groups: whether the paper's folds keep groups together too, as for Medley-solos-DB.
        second: length in s of the truncated clips of the trained network's second pass; None for
            no second pass.
        inverse_penalty: of the linear probe (scikit-learn's C); None for no linear probe.
        shuffles: how many times labels are shuffled for the control.
        seed: seed of folds and shuffles.
        device: of the distances; None for numpy on the CPU.
        view: how all layers are read, see `layers.with_view`.
    """

    ks: tuple[int, ...]
    folds: tuple[str, ...] = ("paper", "grouped")
    keep_groups: bool = False
    second: float | None = 1.0
    inverse_penalty: float | None = 10.0
    shuffles: int = 10
    seed: int = 0
    device: str | None = None
    view: str | None = None


def probe_task(
    copies: dict[str, Bundle], corpus: Corpus, settings: ProbeSettings, folder: Path
) -> pd.DataFrame:
    """Probe every layer of a network and of its baselines on one task.

    Args:
        copies: "trained" and, if wanted, "untrained" and "start".
        corpus: one label per clip.
        settings: folds, probes, ablations.
        folder: for the layers' vectors; emptied before and afterwards.

    Returns:
        A row per copy, length, folds, probe, labels, shuffle, layer and k, with position, dims,
        classes, seconds (of a whole clip) and ``correct``: one bool per clip, in the corpus's
        order.

    Raises:
        InputError: a class has too few clips or groups for the folds.
    """
    folds_by_kind = drawn_folds(corpus, settings)
    lengths: dict[str, float | None] = {"whole": None}
    if settings.second is not None and settings.second < corpus.info["seconds"]:
        lengths["second"] = settings.second
    rows = []
    for copy, bundle in copies.items():
        for length, seconds in lengths.items():
            if copy != "trained" and length == "second":
                continue  # the ablation is about what was trained
            shutil.rmtree(folder, ignore_errors=True)
            layers = store(bundle, corpus, folder, seconds=seconds, batch=BATCH, view=settings.view)
            for position, (layer, vectors) in enumerate(layers.items()):
                squared = squared_distances(vectors, device=settings.device)
                keys = {"copy": copy, "length": length, "layer": layer, "position": position}
                keys["dims"] = vectors.shape[1]
                whole = length == "whole"
                probed = probe_layer(
                    squared,
                    corpus,
                    folds_by_kind,
                    settings,
                    whole,
                    null=whole and copy == "trained",
                )
                rows += [keys | row for row in probed]
    shutil.rmtree(folder, ignore_errors=True)
    return pd.DataFrame(rows).assign(classes=len(corpus.classes), seconds=corpus.info["seconds"])


def drawn_folds(corpus: Corpus, settings: ProbeSettings) -> dict[str, np.ndarray]:
    """Return the folds of each kind, shape (clips,) each.

    Where no clips are known to have anything in common, grouped folds would be the paper's once
    more: they are left out. So are those that the groups are too few for.

    Raises:
        InputError: folds of the first kind cannot be drawn.
    """
    has_groups = 0 < len(np.unique(corpus.groups)) < len(corpus.groups)
    first, *others = settings.folds if has_groups else settings.folds[:1]
    options = {"seed": settings.seed, "keep_groups": settings.keep_groups, "names": corpus.classes}
    drawn = corpus.labels, corpus.groups
    if reason := impossible(*drawn, first, **options):
        raise InputError(_no_folds(corpus, first, reason, settings.keep_groups))
    kinds = [kind for kind in others if not impossible(*drawn, kind, **options)]
    return {kind: folds(*drawn, kind, **options) for kind in (first, *kinds)}


def _no_folds(corpus: Corpus, kind: str, reason: str, keep_groups: bool) -> str:
    """Say why a corpus has no folds of a kind, and which keys could help."""
    place = f"corpora.{corpus.name}"
    keys = f"{place}.leave_out"
    if kind == "grouped":
        keys += f", {place}.group, or 'folds' of the study's entry, to begin with paper"
    elif keep_groups:
        keys += f", {place}.group, or 'keep_groups' of the task"
    return f"corpus {corpus.name}: no {kind} folds: {reason} (keys: {keys})"


def probe_layer(
    squared: np.ndarray,
    corpus: Corpus,
    folds_by_kind: dict[str, np.ndarray],
    settings: ProbeSettings,
    whole: bool,
    null: bool,
) -> list[dict]:
    """Return the rows of one layer from its squared distances (clips, clips).

    Args:
        squared: see `distances.squared_distances`.
        corpus: for its labels.
        folds_by_kind: kind of folds -> fold per clip.
        settings: which probes.
        whole: whether clips were whole; the linear probe is not part of the ablation.
        null: whether to probe shuffled labels too.
    """
    rows, labels = [], corpus.labels
    for kind, fold in folds_by_kind.items():
        keys = {"folds": kind, "probe": "knn", "labels": "true", "shuffle": 0}
        ks = allowed_ks(labels, fold, settings.ks)
        rows += _rows(keys, ks, correct(squared, labels, fold, ks))
        if whole and kind == settings.folds[0] and settings.inverse_penalty is not None:
            right = linear_predictions(squared, labels, fold, settings.inverse_penalty) == labels
            rows += _rows({**keys, "probe": "linear"}, (0,), right[None])
    if null:
        kind = "paper" if "paper" in folds_by_kind else settings.folds[0]
        rows += _shuffled(squared, corpus, kind, folds_by_kind[kind], settings)
    return rows


def _shuffled(
    squared: np.ndarray, corpus: Corpus, kind: str, fold: np.ndarray, settings: ProbeSettings
) -> list[dict]:
    """The control: labels that mean nothing, in the same folds, at the largest k only."""
    if not settings.shuffles:
        return []
    k = allowed_ks(corpus.labels, fold, settings.ks)[-1]
    labels = np.stack(
        [
            shuffled_labels(
                corpus.labels, fold, generator(settings.seed, "shuffled labels", corpus.name, i)
            )
            for i in range(settings.shuffles)
        ]
    )
    keys = {"folds": kind, "probe": "knn", "labels": "shuffled"}
    right = shuffled_correct(squared, labels, fold, k)
    return [
        row for i, one in enumerate(right) for row in _rows({**keys, "shuffle": i}, (k,), [one])
    ]


def _rows(keys: dict, ks: tuple[int, ...], right: np.ndarray) -> list[dict]:
    return [{**keys, "k": int(k), "correct": row} for k, row in zip(ks, right, strict=True)]
