"""What excites the units that isolate a band best, and what codes stand for, to be heard.

See `tonotopy.exhibiting`. A unit has the excerpt of natural sound that it answers most, and
the tone that it peaks at; a code has stretches of clips that use it, one after the other. Pictures
have a row for each semitone of the study's tones.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch

from tonotopy.collecting import of_network
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, chosen_clips, even_batches, waveforms
from tonotopy.exhibiting import Track, exhibit, write_clip, write_index
from tonotopy.files import replacing
from tonotopy.frontends.ticks import ticks_of_bands
from tonotopy.partials.codes import information_of_codes
from tonotopy.partials.directions import UNIT
from tonotopy.partials.natural import band_levels, frame_levels
from tonotopy.partials.stimuli import TONE, audible, hertz, partials, sounds
from tonotopy.seeding import generator
from tonotopy.studies.partials.framing import frame_positions
from tonotopy.studies.partials.hearing import activations, silence

SECONDS = 1.0  # of every track
HEARD = 40  # clips that excerpts are looked for in
STRETCH = 0.1  # s, of a stretch that uses a code
COLUMNS = 100  # of a picture
NOTE = "What excites the units that isolate a band best, and stretches of clips that use a code."


class Shown(NamedTuple):
    """A unit or code that is shown.

    Attributes:
        title: as the listener reads it.
        facts: about it.
        tracks: of it; the first one's picture is that of the exhibit.
    """

    title: str
    facts: dict
    tracks: list[Track]


def write_exhibits(
    path: str | Path,
    networks: list[Ear],
    corpus: Corpus,
    tables: Mapping[str, pd.DataFrame],
    settings: Mapping,
    seed: int,
    about: dict,
) -> None:
    """Write the exhibits of an instance, the whole folder or nothing.

    Args:
        path: of the folder.
        networks: the first of each kind.
        corpus: whose test clips are heard.
        tables: ``directions``, and ``codes`` where there are any.
        settings: ``tones``, and ``exhibits``: units and codes of each network.
        seed: of the run.
        about: what the index says of all exhibits: study, instance, scale.
    """
    with replacing(path) as draft:
        draft.mkdir()
        entries = []
        for ear in networks:
            shown = _units(ear, corpus, of_network(tables["directions"], ear), settings, seed)
            if "codes" in tables:
                shown += _codes(ear, corpus, of_network(tables["codes"], ear), settings, seed)
            axis = ticks_of_bands(hertz(_semitones(ear, settings)))
            for one in shown:
                folder = draft / str(len(entries))
                listed = _written(folder, one.tracks, ear.rate)
                entries.append(
                    exhibit(
                        folder.name, one.title, listed, SECONDS, axis, ear.network, "", one.facts
                    )
                )
        write_index(draft, about, entries, NOTE)


def _written(folder: Path, tracks: list[Track], rate: int) -> list[dict]:
    """Write tracks into a new folder; the picture of the first is that of the folder."""
    first = tracks[0]
    return write_clip(folder, first.picture, [first._replace(picture=None), *tracks[1:]], rate)


def narrowest_units(table: pd.DataFrame, number: int, seed: int) -> pd.DataFrame:
    """Return rows of the units that isolate a band best: narrow ones first, by their share.

    Args:
        table: directions of one network, see `sweeping.direction_table`.
        number: of units.
        seed: of the run, which chooses among equals.
    """
    units = table[table["kind"] == UNIT]
    order = generator(seed, "narrowest units").permutation(len(units))
    drawn = units.iloc[order]
    return drawn.sort_values(["narrow", "share"], ascending=False, kind="stable").head(number)


def _units(
    ear: Ear, corpus: Corpus, table: pd.DataFrame, settings: Mapping, seed: int
) -> list[Shown]:
    """Return what is shown of each unit."""
    chosen = narrowest_units(table, settings["exhibits"], seed)
    if chosen.empty:
        return []
    clips = chosen_clips(corpus, "test", HEARD, seed, "excerpts")
    places = _strongest(ear, corpus, clips, chosen["direction"].to_numpy())
    shown = []
    for row, (position, second) in zip(chosen.to_dict("records"), places, strict=True):
        tone = partials(TONE, np.array([row["semitone"]]), ear.rate)
        sound = sounds(tone, SECONDS, ear.rate, seed, "exhibit")[0]
        excerpt = _cut(ear, corpus, position, second, SECONDS)
        tracks = [
            _track("excerpt it answers most", excerpt, "excerpt", ear, settings),
            _track("tone at its peak", sound, "feature", ear, settings),
        ]
        facts = {**_peak(ear, row["semitone"]), "share": row["share"]}
        facts |= {step: bool(row[step]) for step in ("narrow", "kept", "stable")}
        facts |= {"clip": corpus.clips[position], "second": second}
        shown.append(Shown(f"unit {row['direction']} of {ear.network}", facts, tracks))
    return shown


def _strongest(
    ear: Ear, corpus: Corpus, clips: np.ndarray, units: np.ndarray
) -> list[tuple[int, float]]:
    """Return the clip, and the second in it, that each unit answers most strongly."""
    still, parts = silence(ear, waveforms(ear, corpus, clips[:1]).shape[1]), []
    vectors = np.eye(len(still))[units]
    for batch in even_batches(clips):
        given = activations(ear, waveforms(ear, corpus, batch)).cpu().numpy()
        hop, by = frame_positions(ear, corpus, given.shape[1])
        parts.append(frame_levels(given, still, vectors, by))
    answers = np.concatenate(parts)
    best = answers.reshape(-1, len(units)).argmax(axis=0)
    rows, frames = np.unravel_index(best, answers.shape[:2])
    seconds = (frames + 0.5) * by * hop / ear.rate
    return [(int(clips[row]), float(second)) for row, second in zip(rows, seconds, strict=True)]


def _codes(
    ear: Ear, corpus: Corpus, table: pd.DataFrame, settings: Mapping, seed: int
) -> list[Shown]:
    """Return what is shown of the codes of book 0 that tell most of pitch."""
    rows = table[table["book"] == 0]
    if rows.empty:
        return []
    told = information_of_codes(rows["code"].to_numpy(), rows["semitone"].to_numpy())
    best = sorted(told, key=told.get, reverse=True)[: settings["exhibits"]]
    length = (rows["frame"].max() + 1) / (corpus.samples.shape[1] / corpus.rate)  # frames per s
    shown = []
    for code in best:
        frames = rows[(rows["code"] == code) & rows["semitone"].notna()]
        used = frames.sample(frac=1, random_state=generator(seed, "stretches", code))
        used = used.drop_duplicates("clip").head(round(SECONDS / STRETCH))
        places = [corpus.clips.tolist().index(clip) for clip in used["clip"]]
        seconds = (used["frame"].to_numpy() + 0.5) / length
        stretches = [
            _cut(ear, corpus, position, second, STRETCH)
            for position, second in zip(places, seconds, strict=True)
        ]
        sound = _filled(np.concatenate(stretches), round(SECONDS * ear.rate))
        track = _track("clips that use it", sound, "excerpt", ear, settings)
        facts = {**_peak(ear, frames["semitone"].median()), "bits": told[code]}
        shown.append(Shown(f"code {code} of {ear.network}", facts, [track]))
    return shown


def _cut(ear: Ear, corpus: Corpus, position: int, second: float, length: float) -> np.ndarray:
    """Return a stretch of a clip around a second, with short fades, as the network hears it."""
    clip = waveforms(ear, corpus, np.array([position]))[0].cpu().numpy()
    samples = round(length * ear.rate)
    start = min(max(0, round(second * ear.rate) - samples // 2), max(0, len(clip) - samples))
    found = clip[start : start + samples]
    fade = np.minimum(1, np.arange(1, len(found) + 1) / (0.005 * ear.rate))
    return _filled(found * fade * fade[::-1], samples)


def _filled(sound: np.ndarray, samples: int) -> np.ndarray:
    """Return a sound in a length, silence after it."""
    return np.pad(sound, (0, samples - len(sound))).astype(np.float32)


def _peak(ear: Ear, semitone: float) -> dict:
    """Return the peak of a unit, or the middle of the semitones beside a code, as facts."""
    return {"run": ear.run, "semitone": semitone, "hz": float(hertz(semitone))}


def _semitones(ear: Ear, settings: Mapping) -> np.ndarray:
    """Return the rows of pictures."""
    return audible(settings["tones"]["low"], settings["tones"]["high"], ear.rate)


def _track(name: str, sound: np.ndarray, kind: str, ear: Ear, settings: Mapping) -> Track:
    """Return a track with its levels at semitones as its picture."""
    rows = _semitones(ear, settings)
    picture = band_levels(sound[None], rows, ear.rate, COLUMNS, 1)[0].T
    return Track(name, torch.from_numpy(sound), picture, kind=kind)
