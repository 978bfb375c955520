"""The tables of an instance of study 5, network by network."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from tonotopy.collecting import Tables
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear
from tonotopy.networks.bundle import load
from tonotopy.similarity.features import CHROMA, CURVES, PROBED
from tonotopy.studies.similarity.comparing import (
    ANSWERED,
    answer_table,
    clip_table,
    input_table,
    layer_table,
    maps_by_batch,
    similarity_table,
)
from tonotopy.studies.similarity.copies import (
    PHASE,
    TRAINED,
    UNHEARD,
    calibration_inputs,
    compared_networks,
    studied,
)
from tonotopy.studies.similarity.hearing import (
    Heard,
    compared_clips,
    given,
    hear,
    input_of,
    phases_of,
    probed_clips,
    sounds_of,
)
from tonotopy.studies.similarity.knowing import COLUMNS, known_table
from tonotopy.studies.similarity.picturing import best_matches, picture_table
from tonotopy.studies.similarity.probing import input_probe_table, probe_of, probe_table

COMPARED = ("sounds", *CHROMA, *CURVES)


class Job(NamedTuple):
    """What a job is given beside its inputs.

    Attributes:
        seed: of the run.
        accelerator: auto, cpu or gpu.
        threads: that features are taken in.
    """

    seed: int
    accelerator: str
    threads: int


class _Sounds:
    """Sounds as networks hear them: features are taken once for networks that hear alike."""

    def __init__(self, wanted: tuple[str, ...], threads: int):
        self._wanted, self._threads = wanted, threads
        self._known: dict[tuple, list] = {}

    def hear(self, name: str, ear: Ear, sounds: np.ndarray) -> Heard:
        """Return what a network hears of sounds that are called by a name."""
        return hear(ear, sounds, self._wanted, self._threads, self._known.setdefault(name, {}))


def compared_tables(
    columns: list[list],
    unheard: list[list],
    corpus: Corpus,
    learned: list[Corpus],
    settings: dict,
    job: Job,
) -> dict[str, pd.DataFrame]:
    """Return all tables of maps and features.

    Args:
        columns: of the trained networks, see `ears.Column`.
        unheard: the same of those that learned no sound.
        corpus: that is heard.
        learned: corpora that those learned from.
        settings: layers, grids, seen_through, random, clips, probed, calibrated, known and shown
            of the entry.
        job: seed, accelerator and threads.

    Returns:
        Tables clips, layers, similarities, pictures, answers and known.
    """
    positions = compared_clips(corpus, settings["probed"], settings["clips"], job.seed)
    groups, tables, known = corpus.groups[positions], Tables(), None
    sounds = _Sounds(COMPARED, job.threads)
    folders = {name: folder for name, _, folder in unheard}
    for ear, found in studied(columns, corpus, settings, job.accelerator):
        waves = sounds_of(corpus, positions, ear.rate)
        heard = sounds.hear("clips", ear, waves)
        phases = given(ear.bundle, phases_of(corpus, positions, ear.rate, job.seed))
        if settings["known"] and known is None:
            turned = input_of(ear, phases)
            known = known_table(
                heard, turned, waves, corpus, positions, settings["known"], job.seed
            )
        for part in _similarities(ear, found, heard, folders, corpus, settings, job, groups):
            tables.add("similarities", part)
        batches = maps_by_batch(ear.bundle, found, phases)
        tables.add(
            "similarities",
            similarity_table(ear, PHASE, ear.run, batches, found, heard, groups),
        )
        tables.add("answers", answer_table(ear, TRAINED, ear.bundle, [corpus]))
        if ear.run == 0:
            tables.add("layers", layer_table(ear, found, heard))
            best = best_matches(tables.table("similarities"), ear, settings["shown"])
            pictures = picture_table(ear, found, heard, best, corpus, positions)
            tables.add("pictures", pictures)
            if ear.network in folders:
                own = load(folders[ear.network]).to(ear.device)
                tables.add("answers", answer_table(ear, UNHEARD, own, learned))
    answers = tables.table("answers")
    return {
        "clips": clip_table(corpus, positions),
        "layers": tables.table("layers"),
        "similarities": tables.table("similarities"),
        "pictures": tables.table("pictures"),
        "answers": answers if len(answers) else pd.DataFrame(columns=ANSWERED),
        "known": pd.DataFrame(columns=COLUMNS) if known is None else known,
    }


def _similarities(ear, found, heard, folders, corpus, settings, job, groups):
    """Yield the rows of a trained network, its input, and what stands beside it."""
    batches = calibration_inputs(ear, corpus, settings["calibrated"], job.seed)
    yield input_table(ear, found, heard, groups)
    for copy in compared_networks(ear, folders, settings["random"], batches, job.seed):
        maps = maps_by_batch(copy.bundle, found, heard.inputs)
        yield similarity_table(ear, copy.name, copy.run, maps, found, heard, groups)


def probed_table(
    columns: list[list], unheard: list[list], corpus: Corpus, settings: dict, job: Job
) -> pd.DataFrame:
    """Return how well features are told from layers, see `probing.probe_table`.

    Args:
        columns: of the trained networks, see `ears.Column`.
        unheard: the same of those that learned no sound.
        corpus: that is heard.
        settings: layers, grids, seen_through, random, probed, calibrated and folds of the entry.
        job: seed, accelerator and threads.
    """
    positions = probed_clips(corpus, settings["probed"], job.seed)
    probe, tables = probe_of(corpus, positions, settings["folds"], job.seed), Tables()
    sounds, folders = _Sounds(PROBED, job.threads), {name: path for name, _, path in unheard}
    for ear, found in studied(columns, corpus, settings, job.accelerator):
        heard = sounds.hear("clips", ear, sounds_of(corpus, positions, ear.rate))
        tables.add("probes", input_probe_table(ear, found, heard, probe))
        batches = calibration_inputs(ear, corpus, settings["calibrated"], job.seed)
        for copy in compared_networks(ear, folders, settings["random"], batches, job.seed):
            tables.add("probes", probe_table(ear, copy, found, heard, probe))
    return tables.table("probes")
