"""A user's own files, decoded once for all networks, and written as they are played."""

from pathlib import Path

import numpy as np
import soundfile
import torch

from tonotopy.corpora.audio import limit_peak, read_beginning
from tonotopy.corpora.hearing import resampled
from tonotopy.errors import InputError
from tonotopy.exhibiting import Track, exhibit, write_clip
from tonotopy.files import replacing, write_json
from tonotopy.frontends.spectrograms import SEGMENT, spectrogram
from tonotopy.frontends.ticks import linear_ticks
from tonotopy.listening import INDEX

PLAYED = 22050  # Hz, at most, of what pages play of a whole file
COLUMNS = 1000  # of its picture, at most


def decoded_file(number: int) -> str:
    """Return the name of a file's sound in the folder of sounds."""
    return f"{number}.wav"


def read_sounds(sounds: str | Path, whole: str | Path, files: list[dict], seconds: float) -> int:
    """Decode files and write what pages play of them, both folders whole or not at all.

    A file that cannot be used stops nothing: the index says why.

    Args:
        sounds: new folder of decoded sounds (32-bit float, mono, at the files' own rates).
        whole: new folder of the exhibits of whole files, with the index: name, slug and fault (None
            where there is none) of every file; seconds and exhibit of those without a fault.
        files: path, name and slug of each, see `planning.listing`.
        seconds: how much of a file is heard, at most.

    Returns:
        How many files cannot be used.
    """
    with replacing(sounds) as sound_draft, replacing(whole) as draft:
        sound_draft.mkdir()
        draft.mkdir()
        entries = []
        for number, file in enumerate(files):
            entry = {"name": file["name"], "slug": file["slug"], "fault": None}
            try:
                sound, rate = read_beginning(file["path"], seconds)
            except InputError as error:
                told = str(error).removeprefix(f"{file['path']}: ")
                entry["fault"] = told.replace(file["path"], file["name"])
                print(f"warning: bad file {file['name']!r}: {entry['fault']}", flush=True)
            else:
                sound = limit_peak(sound)
                soundfile.write(sound_draft / decoded_file(number), sound, rate, "FLOAT")
                entry["seconds"] = len(sound) / rate
                entry["exhibit"] = _write_whole(draft, number, file["name"], sound, rate)
            entries.append(entry)
        write_json(draft / INDEX, {"files": entries})
    return sum(entry["fault"] is not None for entry in entries)


def _write_whole(draft: Path, number: int, name: str, sound: np.ndarray, rate: int) -> dict:
    played = min(rate, PLAYED)
    heard = resampled(sound[None], rate, played)[0]
    heard = np.pad(heard, (0, max(0, SEGMENT - len(heard))))  # what a spectrogram needs
    picture = spectrogram(heard)
    parts = np.array_split(picture, min(COLUMNS, picture.shape[1]), axis=1)
    picture = np.stack([part.mean(axis=1) for part in parts], axis=1)
    folder = draft / str(number)
    tracks = write_clip(folder, picture, [Track("original", torch.from_numpy(heard))], played)
    return exhibit(folder.name, name, tracks, len(heard) / played, linear_ticks(played))
