"""GTZAN: ten genres, a hundred clips of half a minute each, and its faults."""

import csv
from pathlib import Path

from tonotopy.corpora.public.declaration import PublicCorpus, Task
from tonotopy.corpora.remote import Remote

GENRES = (
    *("blues", "classical", "country", "disco", "hiphop"),
    *("jazz", "metal", "pop", "reggae", "rock"),
)
FILTERED = Path(__file__).parents[1] / "lists/gtzan-filtered.csv"


def _faults() -> dict[str, str]:
    """The seventy recordings that the filtered split leaves out."""
    with FILTERED.open(newline="") as lines:
        filtered = {row["clip"] for row in csv.DictReader(lines)}
    everything = (f"{genre}.{i:05d}" for genre in GENRES for i in range(100))
    reason = "repeated, mislabelled or distorted (Sturm 2013, Kereliuk et al. 2015)"
    return {clip: reason for clip in everything if clip not in filtered}


GTZAN = PublicCorpus(
    name="gtzan",
    title="GTZAN",
    citation="G. Tzanetakis and P. Cook, Musical Genre Classification of Audio Signals, 2002",
    licence="none was ever published",
    keep="cache only; neither audio nor renderings of it are shipped",
    remotes=(
        Remote(
            file="genres.tar.gz",
            urls=(
                "http://opihi.cs.uvic.ca/sound/genres.tar.gz",  # down for years
                "https://huggingface.co/datasets/marsyas/gtzan/resolve/main/data/genres.tar.gz",
            ),
            checksum="sha256:24347e0223d2ba798e0a558c4c172d9d4a19c00bb7963fe055d183dadb4ef2c6",
            approximate_bytes=1_230_000_000,
            unpack="tar",
        ),
    ),
    root="genres",
    unpacked_bytes=1_330_000_000,
    tasks={
        "genre": Task(
            label={"from": "folder"},
            names={g: {"hiphop": "hip hop"}.get(g, g) for g in GENRES},
            classes=10,
        )
    },
    rate=22050,
    seconds=30.0,
    clips=1000,
    versions={
        "filtered": {
            "split": {"from": "csv", "file": str(FILTERED), "key": "clip", "column": "split"},
            "faults": _faults(),
            "clips": 930,
        },
        "mini": {
            "remotes": (
                Remote(
                    file="gtzan_mini-main.zip",
                    urls=(
                        "https://github.com/TempoBeatDownbeat/gtzan_mini/archive/refs/heads/main.zip",
                    ),
                    # archives of a branch are packed anew: every recording is checked instead
                    members="gtzan-mini.sha256",
                    approximate_bytes=130_000_000,
                    unpack="zip",
                ),
            ),
            "unpacked_bytes": 132_000_000,
            "clips": 100,
        },
    },
    verified="checksums, the filtered split, the mini version's files; not: that the second "
    "address holds the published archive (its checksum decides); jazz.00054 is broken in some "
    "copies",
)
