"""What steering does to clips, to be heard: a clip, and its answer at every strength.

See `tonotopy.exhibiting`. A clip has a slider for each pair of a concept and what it should cause:
the probabilities of classes when all layers are steered with their own vectors of the concept, as
in the study's sweep `test`.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tonotopy.corpora.hearing import note_resampling, waveforms_at
from tonotopy.corpora.schema import Corpus
from tonotopy.exhibiting import Track, exhibit, write_clip, write_index
from tonotopy.files import replacing
from tonotopy.frontends.spectrograms import picture, width
from tonotopy.frontends.ticks import ticks
from tonotopy.networks.bundle import Bundle
from tonotopy.seeding import generator
from tonotopy.studies.steering.plans import Answers, Plan, sweep_table

CURVES, DECIMALS = 10, 5  # classes of a slider, and of their probabilities
NOTE = (
    "Probabilities of classes while a concept is added to all layers of the network, or taken away."
)


def shown_clips(corpus: Corpus, number: int, seed: int) -> np.ndarray:
    """Return positions of so many test clips, drawn by the seed, ascending.

    Classes take turns in an order that is drawn, too: they differ by at most one clip as far as
    they have as many.

    Raises:
        InputError: the corpus has no test clip, or lists of labels.
    """
    clips = generator(seed, "steered exhibits", corpus.name).permutation(corpus.indices("test"))
    rows = pd.Series(corpus.labels[clips])
    turns = rows.groupby(rows).cumcount().to_numpy()
    return np.sort(clips[np.argsort(turns, kind="stable")[:number]])


def write_exhibits(
    path: str | Path,
    bundle: Bundle,
    corpus: Corpus,
    positions: np.ndarray,
    plan: Plan,
    settings: Mapping,
    answers: Answers,
    about: Mapping,
    network: str = "",
) -> None:
    """Write the exhibits of clips, the whole folder or nothing.

    Args:
        path: of the folder.
        bundle: network and front end.
        corpus: that is steered.
        positions: of the clips.
        plan: directions of all concepts, see `plans.one_to_one`.
        settings: ``strengths`` and ``pairs`` of the entry.
        answers: how the network is read and steered.
        about: what the index says of all exhibits: study, instance, scale.
        network: what the network is called.

    Raises:
        InputError: see `plans.sweep_table`.
    """
    concepts = list(dict.fromkeys(pair["concept"] for pair in settings["pairs"]))
    chosen = narrowed(plan, concepts)
    table = sweep_table(bundle, corpus, positions, chosen, settings["strengths"], answers)
    rate = bundle.rate
    note_resampling(corpus, rate)
    with replacing(path) as draft:
        draft.mkdir()
        entries = []
        for number, position in enumerate(positions):
            sound = torch.from_numpy(waveforms_at(corpus, np.array([position]), rate)[0])
            seen = picture(bundle.front_end, sound.to(_device(bundle)))
            seconds = width(bundle.front_end, seen.shape[1], len(sound))
            tracks = [Track("original", sound)]
            rows = table[table["clip"] == corpus.clips[position]]
            label = corpus.classes[corpus.labels[position]]
            entries.append(
                exhibit(
                    str(number),
                    f"{corpus.clips[position]}, {label}",
                    write_clip(draft / str(number), seen, tracks, rate, seconds),
                    seconds,
                    ticks(bundle.front_end),
                    network,
                    label,
                    {"group": corpus.groups[position], **_unsteered(rows)},
                    [slider(rows, pair) for pair in settings["pairs"]],
                )
            )
        write_index(draft, about, entries, NOTE)


def narrowed(plan: Plan, concepts: list[str]) -> Plan:
    """Return a plan with the directions of some concepts, in this order."""
    rows = [plan.names.index(name) for name in concepts]
    directions = {layer: values[rows] for layer, values in plan.directions.items()}
    return replace(plan, names=concepts, directions=directions)


def slider(rows: pd.DataFrame, pair: Mapping) -> dict:
    """Return a slider of an exhibit, see `exhibiting.exhibit`.

    Args:
        rows: of `plans.sweep_table`, of one clip.
        pair: concept, and the classes that it should cause (target).

    Returns:
        Curves of the pair's classes, and of others as far as there is room: those that are most
        probable at any strength.
    """
    own = rows[rows["concept"] == pair["concept"]].astype({"class": str})
    names = list(dict.fromkeys(own["class"]))
    wide = own.pivot(index="strength", columns="class", values="probability")[names]
    highest = wide.max().sort_values(ascending=False, kind="stable").index
    kept = {name for name in pair["target"] if name in names}
    for name in highest:
        if len(kept) < CURVES:
            kept.add(name)
    values = wide.index.to_list()
    targets = " and ".join(pair["target"])
    return {
        "name": f"strength of {pair['concept']}",
        "values": values,
        "start": values.index(0.0),
        "note": f"every layer is steered with its vector of {pair['concept']}; pair: {targets}",
        "curves": [
            {"name": name, "values": wide[name].round(DECIMALS).to_list()}
            for name in names
            if name in kept
        ],
    }


def _unsteered(rows: pd.DataFrame) -> dict:
    """Return what the network answers without steering, as facts."""
    plain = rows[rows["strength"] == 0]
    best = plain.loc[plain["probability"].idxmax()]
    return {"predicted": str(best["class"]), "probability": float(best["probability"])}


def _device(bundle: Bundle) -> torch.device:
    return next(bundle.network.parameters()).device
