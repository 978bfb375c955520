"""What maps prefer: clips that they are most active for, classes that they tell apart."""

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, roc_auc_score
from torch import nn

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, class_matrix, first_labels
from tonotopy.sonification.selecting import areas_under_roc, favourite_clips, selective_maps
from tonotopy.sonification.spectra import flatness
from tonotopy.studies.sonification.hearing import chosen_clips, mean_activations

FAVOURITES = 5  # clips of each map (thesis section 5.3)
BINS = 512  # of a filter's transfer function


def selection_table(ear: Ear, corpus: Corpus, number: int | None, seed: int) -> pd.DataFrame:
    """Return the map of each layer that best tells each class from the rest.

    Args:
        ear: the network.
        corpus: whose training clips are heard.
        number: of clips, None for all.
        seed: of the run.

    Returns:
        Columns network, run, layer, depth, label, map (-1 where all clips or none have the class),
        auc.
    """
    positions = chosen_clips(corpus, "train", number, seed)
    targets = class_matrix(corpus)[positions]
    activations, _ = mean_activations(ear, corpus, positions)
    parts = []
    for layer, values in activations.items():
        areas = areas_under_roc(values, targets)
        maps = selective_maps(areas)
        best = areas[np.arange(len(maps)), maps]
        about = {**ear.about(layer), "label": corpus.classes}
        parts.append(pd.DataFrame({**about, "map": maps, "auc": np.where(maps < 0, np.nan, best)}))
    return pd.concat(parts, ignore_index=True)


def favourite_table(ear: Ear, corpus: Corpus, positions: np.ndarray) -> pd.DataFrame:
    """Return the clips that each map is most active for.

    Returns:
        Columns network, run, layer, depth, map, rank (from 1), clip, label, activation (mean).
    """
    activations, _ = mean_activations(ear, corpus, positions)
    labels, clips = first_labels(corpus, positions), corpus.clips[positions]
    parts = []
    for layer, values in activations.items():
        rows = favourite_clips(values, FAVOURITES)
        maps, ranks = np.indices(rows.shape)
        flat = rows.ravel()
        found = {
            "map": maps.ravel(),
            "rank": ranks.ravel() + 1,
            "clip": clips[flat],
            "label": labels[flat],
            "activation": values[flat, maps.ravel()],
        }
        parts.append(pd.DataFrame({**ear.about(layer), **found}))
    return pd.concat(parts, ignore_index=True)


def score_table(answers: np.ndarray, corpus: Corpus, positions: np.ndarray) -> pd.DataFrame:
    """Return how well each class of a corpus is told by logits.

    Args:
        answers: shape (clips, classes).
        corpus: with one label or several a clip.
        positions: of the clips.

    Returns:
        Columns label, measure ("average precision" where clips have several labels, else "recall"),
        score and auc (0 to 1; auc is nan for recall), clips (that have the class). Classes without
        a clip, or that all clips have, are left out.
    """
    targets = class_matrix(corpus)[positions]
    rows = []
    for index, label in enumerate(corpus.classes):
        own = targets[:, index]
        if not own.any() or (corpus.tags and own.all()):
            continue
        if corpus.tags:
            measure = "average precision"
            score = average_precision_score(own, answers[:, index])
            auc = roc_auc_score(own, answers[:, index])
        else:
            measure, auc = "recall", np.nan
            score = float((answers[own].argmax(axis=1) == index).mean())
        rows.append((label, measure, float(score), float(auc), int(own.sum())))
    return pd.DataFrame(rows, columns=["label", "measure", "score", "auc", "clips"])


def answer_table(ear: Ear, corpora: dict[str, Corpus]) -> pd.DataFrame:
    """Return how well a network's own answers tell the classes of its corpus's test split.

    Args:
        ear: the network.
        corpora: those that the instance's networks were trained on, by name.

    Returns:
        Columns network, run and those of `score_table`; no rows where it was not trained here, or
        does not answer by the corpus's classes.
    """
    info = ear.bundle.info
    corpus = corpora.get((info.get("corpus") or {}).get("name"))
    trained = info.get("trained", True)
    if corpus is None or not trained or ear.bundle.classes != corpus.classes:
        return pd.DataFrame()
    positions = corpus.indices("test")
    _, answers = mean_activations(ear, corpus, positions)
    return score_table(answers.numpy(), corpus, positions).assign(network=ear.network, run=ear.run)


def first_filters(ear: Ear) -> np.ndarray | None:
    """Return the filters of a network's first convolution, shape (filters, taps).

    None where it hears the waveform through something else.
    """
    for module in ear.bundle.network.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d):
            weights = module.weight.detach().double().cpu().numpy()
            return weights.reshape(len(weights), -1) if weights.shape[1] == 1 else None
    return None


def filter_tables(ear: Ear) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return what the first filters let through (analysis 4).

    Returns:
        filters: columns network, run, filter, selectivity (1 minus the spectral flatness of the
        squared response, 0 to 1; nan for a filter of zeros), peak_hz; responses: network, run,
        filter, hz, power (over its largest). Both are empty without such filters.
    """
    filters = first_filters(ear)
    if filters is None:
        return pd.DataFrame(), pd.DataFrame()
    power = np.abs(np.fft.rfft(filters, n=2 * BINS)) ** 2
    hz = np.fft.rfftfreq(2 * BINS, 1 / ear.rate)
    about = {"network": ear.network, "run": ear.run}
    numbers = np.arange(len(filters))
    selectivity = 1 - flatness(power)
    peaks = hz[power.argmax(axis=1)]
    table = pd.DataFrame({**about, "filter": numbers, "selectivity": selectivity, "peak_hz": peaks})
    every = slice(None, None, 8)  # enough for a picture
    largest = power.max(axis=1, keepdims=True)
    shown = np.divide(power, largest, out=np.zeros_like(power), where=largest > 0)[:, every]
    responses = pd.DataFrame(
        {
            **about,
            "filter": np.repeat(numbers, shown.shape[1]),
            "hz": np.tile(hz[every], len(filters)),
            "power": shown.ravel(),
        }
    )
    return table, responses
