"""Tiny replicas of the public corpora in their real layouts, known faults included."""

import io
import json
import uuid
import zlib
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
from scipy.io import savemat

from tonotopy.corpora.public.gtzan import GENRES
from tonotopy.corpora.public.speech_commands import WORDS

SECONDS = 0.05  # of every clip


def sound(place: Path, rate: int, number: int = 0) -> None:
    """Write a short tone that differs with its number, and in its phase with its name."""
    place.parent.mkdir(parents=True, exist_ok=True)
    time = np.arange(round(rate * SECONDS * 1.2)) / rate
    phase = zlib.crc32("/".join(place.parts[-3:]).encode()) / 2**32
    soundfile.write(place, 0.3 * np.sin(2 * np.pi * ((200 + 17 * number) * time + phase)), rate)


def nsynth(root: Path) -> None:
    """Two parts that share their instruments; a pitch below the piano's."""
    for part in ("valid", "test"):
        notes = {}
        for instrument in range(6):
            for pitch in (12, *range(60, 72)):
                family = ("bass", "reed")[instrument % 2]
                velocity = {"valid": 25, "test": 50}[part]
                name = f"{family}_synthetic_{instrument:03d}-{pitch:03d}-{velocity:03d}"
                sound(root / f"nsynth-{part}/audio/{name}.wav", 16000, pitch)
                instrument_str = f"{family}_synthetic_{instrument:03d}"
                notes[name] = {
                    "pitch": pitch,
                    "instrument_str": instrument_str,
                    "instrument_family_str": family,
                }
        (root / f"nsynth-{part}/examples.json").write_text(json.dumps(notes))


def medley_solos_db(root: Path) -> None:
    """Songs of several excerpts; one song is in two of the published subsets."""
    rows = ["subset,instrument,instrument_id,song_id,uuid4"]
    names = [
        "clarinet",
        "distorted electric guitar",
        "female singer",
        "flute",
        "piano",
        "tenor saxophone",
        "trumpet",
        "violin",
    ]
    for number in range(8 * 3 * 2):
        instrument, song = number % 8, number // 2 % 24
        subset = ("training", "validation", "test")[number // 16]
        code = uuid.UUID(int=number)
        song_id = 0 if number == 47 else song
        rows.append(f"{subset},{names[instrument]},{instrument},{song_id},{code}")
        sound(root / f"Medley-solos-DB_{subset}-{instrument}_{code}.wav", 44100, number)
    (root / "Medley-solos-DB_metadata.csv").write_text("\n".join(rows) + "\n")


def gtzan(root: Path) -> None:
    """Some of the hundred clips of each genre; jazz.00054 is the copy that is no wav file."""
    for genre in GENRES:
        for number in (0, 1, 2, 29, 38, 54, 60, 90):
            sound(root / f"genres/{genre}/{genre}.{number:05d}.wav", 22050, number)
    (root / "genres/jazz/jazz.00054.wav").write_bytes(b"\x00" * 4000)


def speech_commands(root: Path) -> None:
    """Official lists; background noise that is no word; a test archive's doubled suffix."""
    lists = {"validation_list.txt": [], "testing_list.txt": []}
    for word in WORDS:
        for number in range(4):
            name = f"{word}/{number:08x}_nohash_0.wav"
            sound(root / name, 16000, number)
            if number < 2:
                lists[list(lists)[number]].append(name)
    sound(root / "_background_noise_/white_noise.wav", 16000)
    for file, names in lists.items():
        (root / file).write_text("\n".join(names) + "\n")


def libricount(root: Path) -> None:
    """Counts whose order as words is not their order as numbers, and json files beside."""
    for count in range(11):
        for number in range(6):
            place = root / f"test/{count}_{number:06d}.wav"
            sound(place, 16000, count)
            place.with_suffix(".json").write_text("[]")


def fsd50k(root: Path) -> None:
    """Several labels a clip; the development table alone has a column with its split."""
    tables = {"dev": ["fname,labels,mids,split"], "eval": ["fname,labels,mids"]}
    for number in range(12):
        part = "dev" if number < 9 else "eval"
        labels = '"Bark,Dog,Animal","/m/1,/m/2,/m/3"' if number % 2 else '"Rain","/m/4"'
        split = f",{'val' if number % 3 == 0 else 'train'}" if part == "dev" else ""
        tables[part].append(f"{number},{labels}{split}")
        sound(root / f"FSD50K.{part}_audio/{number}.wav", 44100, number)
    for part, lines in tables.items():
        truth, facts = root / "FSD50K.ground_truth", root / "FSD50K.metadata"
        truth.mkdir(exist_ok=True)
        facts.mkdir(exist_ok=True)
        (truth / f"{part}.csv").write_text("\n".join(lines) + "\n")
        numbers = [line.split(",")[0] for line in lines[1:]]
        clips = {n: {"license": f"http://example.org/by/{n}"} for n in numbers}
        (facts / f"{part}_clips_info_FSD50K.json").write_text(json.dumps(clips))


def fma_small(root: Path) -> None:
    """Two lines of column names and a third for the index; an empty file of the three known."""
    rows = [
        ",album,artist,set,set,track,track",
        ",id,id,split,subset,genre_top,license",
        "track_id,,,,,,",
    ]
    genres = ["Electronic", "Experimental", "Folk", "Hip-Hop"]
    genres += ["Instrumental", "International", "Pop", "Rock"]
    for number in range(8 * 4):
        track = 99134 if number == 0 else number + 2
        split = ("training", "training", "validation", "test")[number // 8]
        rows.append(f"{track},1,{number},{split},small,{genres[number % 8]},BY-NC")
        place = root / f"fma_small/{track:06d}"[:-3] / f"{track:06d}.mp3"
        sound(place, 44100, number)
    (root / "fma_small/099/099134.mp3").write_bytes(b"")
    (root / "fma_metadata").mkdir()
    (root / "fma_metadata/tracks.csv").write_text("\n".join(rows) + "\n")


def voxceleb1(root: Path) -> None:
    """Speakers, videos, utterances, and the lines of the identification split."""
    lines = []
    for speaker in range(3):
        for video in range(4):
            for number in range(2):
                name = f"id1000{speaker}/video{video}/{number:05d}.wav"
                sound(root / name, 16000, speaker)
                lines.append(f"{(1, 1, 2, 3)[video]} {name}")
    (root / "iden_split.txt").write_text("\n".join(lines) + "\n")


def pcvc(root: Path) -> None:
    """A matrix of consonants by vowels by samples for each of three speakers."""
    for speaker in range(3):
        samples = np.random.default_rng(speaker).normal(0, 0.1, (1, 23, 6, 2400))
        savemat(root / f"S000{speaker + 1}.mat", {"x": samples})


def flac(number: int) -> bytes:
    """A recording as the hub has them: 24 bits, 48 or 44.1 kHz."""
    rate = (48000, 44100)[number % 2]
    held = io.BytesIO()
    tone = 0.2 * np.sin(0.05 * (number % 7 + 1) * np.arange(rate // 4) + number)
    soundfile.write(held, tone, rate, format="FLAC", subtype="PCM_24")
    return held.getvalue()


def audioset_hub(root: Path, videos: list[str], broken: str | None = None) -> None:
    """The balanced part of AudioSet's parquet repository: four files, unwanted clips between."""
    part = root / "data/bal_train"
    part.mkdir(parents=True)
    rows = [(v, b"<html>not audio" if v == broken else flac(i)) for i, v in enumerate(videos)]
    rows += [(f"unwanted{i:03d}", flac(i)) for i in range(30)]
    columns = {"video_id": {"dtype": "string", "_type": "Value"}, "audio": {"_type": "Audio"}}
    about = {"huggingface": json.dumps({"info": {"features": columns}})}
    for shard in range(4):
        mine = rows[shard::4]
        table = {
            "video_id": [video for video, _ in mine],
            "audio": [{"bytes": sound, "path": f"{video}.flac"} for video, sound in mine],
        }
        place = part / f"{shard:02d}.parquet"
        pq.write_table(pa.table(table).replace_schema_metadata(about), place)


REPLICAS = {
    maker.__name__: maker
    for maker in (
        *(nsynth, medley_solos_db, gtzan, speech_commands, libricount),
        *(fsd50k, fma_small, voxceleb1, pcvc),
    )
}
