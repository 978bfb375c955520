"""What a network answers once a sonification is taken away from its input (analysis 2)."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, class_matrix, even_batches, waveforms
from tonotopy.errors import InputError
from tonotopy.networks.transferred import Transferred
from tonotopy.seeding import generator
from tonotopy.sonification.deconvnet import scaled
from tonotopy.sonification.residuals import filtered_like
from tonotopy.studies.sonification.classwise import PairRows, Sonified, sonified_classes
from tonotopy.studies.sonification.hearing import deconvnet
from tonotopy.studies.sonification.maps import score_table
from tonotopy.studies.sonification.similarity import most_active
from tonotopy.surrogates import phase_randomised

CONTROLS = ("residual", "phase", "filter")


@torch.no_grad()
def answers(network: Transferred, sounds: Tensor) -> np.ndarray:
    """Return the logits of a network's last classifier, shape (clips, classes)."""
    return network(sounds)[:, -1].float().cpu().numpy()


def residual_table(ear: Ear, corpus: Corpus, positions: np.ndarray, seed: int) -> pd.DataFrame:
    """Return how well classes are told without the most active map's sonification.

    Study 4, thesis section 6.2, beside two controls that lose as much at every frequency: the
    sonification with random phases taken away, and a filter.

    Args:
        ear: a transferred network, see `transferring.answering_ears`.
        corpus: that is heard.
        positions: of the clips.
        seed: of the run, for the phases.

    Returns:
        Columns network, run, layer ("" for the clips as they are), depth, kind (original, residual,
        phase, filter) and those of `maps.score_table`.

    Raises:
        InputError: the network tells other classes apart than clips have.
    """
    _check_classes(ear, corpus)
    logits: dict[tuple[str, str], list[np.ndarray]] = {}
    for batch in even_batches(positions):
        rng = generator(seed, "phases", corpus.name, int(batch[0]))
        for key, heard in _altered(ear, corpus, batch, rng):
            logits.setdefault(key, []).append(answers(ear.bundle.network, heard))
    parts = []
    for (layer, kind), rows in logits.items():
        scores = score_table(np.concatenate(rows), corpus, positions)
        about = ear.about(layer) if layer else {**_network(ear), "layer": "", "depth": 0}
        parts.append(scores.assign(**about, kind=kind))
    return pd.concat(parts, ignore_index=True)


def _check_classes(ear: Ear, corpus: Corpus) -> None:
    """Refuse answers that are of other classes, or in another order."""
    if ear.bundle.classes != corpus.classes:
        own, others = (", ".join(names[:5]) for names in (ear.bundle.classes, corpus.classes))
        raise InputError(
            f"answers: the classifiers tell {own} apart, but clips of corpus {corpus.name} have "
            f"the classes {others}: name a transfer whose corpus has the classes of the heard one"
        )


def _network(ear: Ear) -> dict:
    return {"network": ear.network, "run": ear.run}


def _altered(
    ear: Ear, corpus: Corpus, batch: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[tuple[str, str], Tensor]]:
    """Yield (layer, kind) and what is heard of a batch of clips."""
    sounds = waveforms(ear, corpus, batch)
    yield ("", "original"), sounds
    with deconvnet(ear).hear(sounds) as heard:
        sonified = {layer: _most_active_sonification(heard, layer, sounds) for layer in ear.layers}
    plain = sounds.cpu().numpy()
    for layer, own in sonified.items():
        residual = plain - own
        kinds = {
            "residual": residual,
            "phase": plain - phase_randomised(own, rng),
            "filter": filtered_like(plain, residual),
        }
        for kind in CONTROLS:
            yield (layer, kind), torch.from_numpy(kinds[kind]).to(sounds)


def _most_active_sonification(heard, layer: str, sounds: Tensor) -> np.ndarray:
    maps = most_active(heard.activations(layer))
    return scaled(heard.sonify(layer, maps[:, None])[:, 0], sounds).cpu().numpy()


def targeted_table(
    ear: Ear, corpus: Corpus, positions: np.ndarray, selected: pd.DataFrame
) -> pd.DataFrame:
    """Return what taking away one class's sonification costs that class and another of the clip.

    Args:
        ear: a transferred network, see `transferring.answering_ears`.
        corpus: whose clips have several classes.
        positions: of the clips.
        selected: maps of classes, see `maps.selection_table`, of this network.

    Returns:
        Columns network, run, layer, depth, clip, group, target, other, drop_target, drop_other
        (fall of the logits of both classes); a row for every ordered pair of classes of a clip.

    Raises:
        InputError: the network tells other classes apart than clips have.
    """
    _check_classes(ear, corpus)
    targets = class_matrix(corpus)
    classes = {int(p): [corpus.classes[c] for c in np.flatnonzero(targets[p])] for p in positions}
    rows = PairRows(ear, corpus, positions)
    for piece in sonified_classes(ear, corpus, classes, selected):
        drops = _drops(ear, targets, piece)
        for clip in np.flatnonzero(piece.known):
            position = piece.positions[clip]
            rows.add(piece.layer, position, _pairs(classes[position], drops[clip]))
    return rows.table()


def _drops(ear: Ear, targets: np.ndarray, piece: Sonified) -> np.ndarray:
    """Return how far the logits of clips' classes fall: (clips, class taken away, class)."""
    removed = piece.sounds[:, None] - scaled(piece.sonifications, piece.sounds)
    before = answers(ear.bundle.network, piece.sounds)
    after = answers(ear.bundle.network, removed.flatten(0, 1))
    after = after.reshape(*removed.shape[:2], -1)
    own = [np.flatnonzero(targets[position]) for position in piece.positions]
    return np.stack([before[i, c] - after[i][:, c] for i, c in enumerate(own)])


def _pairs(names: list[str], drops: np.ndarray) -> Iterator[dict]:
    """Yield a row for every ordered pair; drops: (taken away, class)."""
    for taken, target in enumerate(names):
        for index, other in enumerate(names):
            if index != taken:
                yield {
                    "target": target,
                    "other": other,
                    "drop_target": float(drops[taken, taken]),
                    "drop_other": float(drops[taken, index]),
                }
