"""GTZAN: ten genres, a hundred clips of half a minute each, and its faults."""

import csv
from pathlib import Path

from tonotopy.corpora.public.declaration import PublicCorpus, Task
from tonotopy.corpora.remote import Remote

GENRES = (
    *("blues", "classical", "country", "disco", "hiphop"),
    *("jazz", "metal", "pop", "reggae", "rock"),
)
LISTS = Path(__file__).parents[1] / "lists"
FILTERED = LISTS / "gtzan-filtered.csv"
# who is heard, by Sturm's index (2012). 81 recordings of nobody known, and two duets that the
# filtered split counts as other artists, have no row and are groups of their own
ARTISTS = LISTS / "gtzan-artists.csv"
# exact replicas, by Sturm's catalogue (2013), and the same sound that is kept; of each set the
# filtered split leaves the same ones out
REPLICAS = LISTS / "gtzan-replicas.csv"


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def _replicas() -> dict[str, str]:
    """Recordings that are the same sound as another."""
    rows = _read(REPLICAS)
    return {row["replica"]: f"exact replica of {row['kept']} (Sturm 2013)" for row in rows}


def _faults() -> dict[str, str]:
    """The seventy recordings that the filtered split leaves out."""
    filtered = {row["clip"] for row in _read(FILTERED)}
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
    group={"from": "csv", "file": str(ARTISTS), "key": "clip", "column": "artist"},
    faults=_replicas(),
    versions={
        # the archive as it is: every recording, each a group of its own
        "whole": {"group": None, "faults": {}},
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
            "faults": {},  # what its recordings are replicas of is not among them
        },
    },
    verified="checksums, the filtered split, the mini version's files, artists (they agree with "
    "the filtered split); not: the printed table of replicas, that the second address holds the "
    "published archive (its checksum decides); jazz.00054 is broken in some copies",
)
