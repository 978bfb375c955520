"""Decode, resample and write a folder of half-minute recordings, against librosa.load."""

import shutil
import sys
import tempfile
import tracemalloc
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import librosa
import numpy as np
import soundfile
from timing import compare

from tonotopy.corpora.audioset.segments import Reading, read
from tonotopy.corpora.folder import build
from tonotopy.corpora.settings import FolderSettings

CLIPS, DISTINCT, RATE, SECONDS = 300, 10, 16000, 5.0
KINDS = {"22.05 kHz mono wav": (22050, 1, "wav"), "44.1 kHz stereo flac": (44100, 2, "flac")}


def recordings(root: Path, rate: int, channels: int, suffix: str) -> None:
    """Half a minute each, as GTZAN and FMA have them."""
    rng = np.random.default_rng(0)
    for number in range(CLIPS):
        place = root / "ab"[number % 2] / f"{number:03d}.{suffix}"
        place.parent.mkdir(parents=True, exist_ok=True)
        if number >= DISTINCT:
            shutil.copyfile(root / "ab"[number % 2] / f"{number % DISTINCT:03d}.{suffix}", place)
            continue
        time = np.arange(30 * rate) / rate
        tone = 0.3 * np.sin(2 * np.pi * (200 + number) * time)[:, None]
        soundfile.write(place, tone + rng.normal(0, 0.02, (len(time), channels)), rate)


def ours(root: Path, out: Path) -> None:
    """The middle five seconds of each recording, as a corpus; one process."""
    build(out / "corpus", FolderSettings(str(root), RATE, SECONDS), workers=1)


def whole(root: Path, out: Path) -> None:
    """What a script of the field does: load all of it, cut, write."""
    for place in sorted(root.rglob("*.*")):
        samples, _ = librosa.load(place, sr=RATE)
        middle = (len(samples) - round(SECONDS * RATE)) // 2
        soundfile.write(out / f"{place.stem}.wav", samples[middle : middle + 80000], RATE)


def part(root: Path, out: Path) -> None:
    """The same with librosa's own offset and duration, where the length is known beforehand."""
    for place in sorted(root.rglob("*.*")):
        samples, _ = librosa.load(place, sr=RATE, offset=12.5, duration=SECONDS)
        soundfile.write(out / f"{place.stem}.wav", samples, RATE)


def label_memory(rows: int) -> float:
    """Peak memory in MB while a table of so many segments is read."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "segments.csv"
        with place.open("w") as file:
            for number in range(rows):
                mid = "/m/05r5c" if number % 20 == 0 else "/m/09x0r"
                file.write(f'{number:011d}, 0.000, 10.000, "{mid},/t/dd00088"\n')
        tracemalloc.start()
        found = sum(1 for _ in read(place, "unbalanced", Reading()))
        peak = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        assert found == -(-rows // 20)
    return peak


def main() -> None:
    """Print the ratios per core for both kinds of files, then the memory of long label tables."""
    for kind, (rate, channels, suffix) in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            root, out = Path(folder) / "in", Path(folder) / "out"
            out.mkdir()
            recordings(root, rate, channels, suffix)
            for peer, load in (("librosa.load", whole), ("with its offset given", part)):
                title = f"{CLIPS} x 30 s of {kind} to {SECONDS:g} s at 16 kHz, {peer}"
                compare(title, partial(ours, root, out), partial(load, root, out), 3, 5.0)
    for rows in (100_000, 1_000_000):
        print(f"labels: {rows:,} rows read with a peak of {label_memory(rows):.2f} MB")


if __name__ == "__main__":
    main()
