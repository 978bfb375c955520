"""What excites the units that isolate a band best, and what codes stand for, to be heard.

A folder holds ``exhibits.json`` and a folder for each unit or code, see `tonotopy.exhibiting`. A
unit has the excerpt of natural sound that it answers most strongly, and the tone that it peaks at;
a code has stretches of clips that use it, one after the other.
"""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tonotopy.collecting import of_network
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, chosen_clips, even_batches, waveforms
from tonotopy.exhibiting import INDEX, Track, write_clip
from tonotopy.files import replacing, write_json
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
CODE = "code"  # kind of what is heard, beside units


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
            for facts, tracks in shown:
                folder = draft / str(len(entries))
                listed = _written(folder, tracks, ear.rate)
                told = {"folder": folder.name, "network": ear.network, "high_hz": ear.rate / 2}
                entries.append({**told, **facts, "tracks": listed})
        write_json(draft / INDEX, {**about, "seconds": SECONDS, "exhibits": entries})


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
) -> list[tuple[dict, list[Track]]]:
    """Return what is told of each unit, and its tracks."""
    chosen = narrowest_units(table, settings["exhibits"], seed)
    if chosen.empty:
        return []
    clips = chosen_clips(corpus, "test", HEARD, seed, "excerpts")
    places = _strongest(ear, corpus, clips, chosen["direction"].to_numpy())
    shown = []
    for row, (position, second) in zip(chosen.to_dict("records"), places, strict=True):
        tone = partials(TONE, np.array([row["semitone"]]), ear.rate)
        sound = sounds(tone, SECONDS, ear.rate, seed, "exhibit")[0]
        name = f"{ear.network}, unit {row['direction']}"
        facts = {"clip": corpus.clips[position], "second": second}
        heard = {
            f"{name}: excerpt": _cut(ear, corpus, position, second, SECONDS),
            f"{name}: tone at its peak": sound,
        }
        about = _about(ear, UNIT, row["semitone"], bool(row["narrow"]))
        tracks = [_track(*named, ear, settings, about) for named in heard.items()]
        told = {"unit": row["direction"], "semitone": row["semitone"], "share": row["share"]}
        told |= {step: bool(row[step]) for step in ("narrow", "kept", "stable")}
        shown.append(({**told, **facts}, tracks))
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
) -> list[tuple[dict, list[Track]]]:
    """Return what is told of the codes of book 0 that tell most of pitch, and their tracks."""
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
        name = f"{ear.network}, code {code}"
        semitone = frames["semitone"].median()
        about = _about(ear, CODE, semitone, False)
        track = _track(f"{name}: clips that use it", sound, ear, settings, about)
        facts = {"code": int(code), "bits": told[code], "semitone": semitone}
        shown.append((facts, [track]))
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


def _about(ear: Ear, kind: str, semitone: float, narrow: bool) -> dict:
    """Return what the index says of each track of a unit or code.

    Returns:
        hz: of a unit's peak, or of the middle of the semitones beside a code; kind: unit or code;
        run; narrow: whether a unit isolates a band on tones (a code never does).
    """
    return {"hz": float(hertz(semitone)), "kind": kind, "run": int(ear.run), "narrow": narrow}


def _track(name: str, sound: np.ndarray, ear: Ear, settings: Mapping, about: dict) -> Track:
    """Return a track with its levels at semitones as its picture."""
    semitones = audible(settings["tones"]["low"], settings["tones"]["high"], ear.rate)
    picture = band_levels(sound[None], semitones, ear.rate, COLUMNS, 1)[0].T
    return Track(name, torch.from_numpy(sound), picture, facts=about)
