"""Fetch the chosen clips' sound from parquet files, shard by shard, and keep it as it is."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import datasets
import pandas as pd
from huggingface_hub import HfApi
from tqdm import tqdm

from tonotopy.errors import InputError
from tonotopy.files import read_json, replacing, write_json

PARTS = {"balanced": "data/bal_train", "unbalanced": "data/unbal_train", "eval": "data/eval"}
SUFFIXES = {b"fLaC": ".flac", b"RIFF": ".wav", b"OggS": ".ogg"}
VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")


def shards(repository: str, revision: str, source: str) -> list[str]:
    """Return the parquet files of a source, in order.

    Args:
        repository: a dataset on the hub (``owner/name``), or a local folder of the same layout.
        revision: commit of the hub's repository.
        source: balanced, unbalanced or eval.

    Raises:
        InputError: there are none.
    """
    part = PARTS[source]
    if Path(repository).is_dir():
        paths = sorted(str(p) for p in (Path(repository) / part).glob("*.parquet"))
    else:
        names = HfApi().list_repo_files(repository, revision=revision, repo_type="dataset")
        inside = sorted(n for n in names if n.startswith(f"{part}/") and n.endswith(".parquet"))
        paths = [f"hf://datasets/{repository}@{revision}/{name}" for name in inside]
    if not paths:
        raise InputError(f"{repository}: no parquet file in {part}; see audioset.repository")
    return paths


def gather(
    clips: pd.DataFrame, repository: str, revision: str, limit: int | None, folder: Path
) -> pd.DataFrame:
    """Put every chosen clip that can be had into a folder, named by its video.

    What a shard holds is remembered in the folder, and so is every clip: an interrupted call goes
    on where it stopped, and no sound is read twice. It ends when all clips of a source are there.

    Args:
        clips: tables of `tables.Selection` and of `tags.tag_table`, one below the other.
        repository: see `shards`.
        revision: see `shards`.
        limit: at most this many shards of each source; None for all.
        folder: where the files go.

    Returns:
        Columns video, task, label, file (empty if the clip is missing).
    """
    folder.mkdir(parents=True, exist_ok=True)
    for source, rows in clips.groupby("source"):
        _gather_source(set(rows["video"]), shards(repository, revision, source)[:limit], folder)
    files = {path.stem: path.name for path in folder.iterdir() if path.suffix != ".json"}
    table = clips[["video", "task", "label"]].copy()
    table["file"] = [files.get(video, "") for video in table["video"]]
    return table


def _gather_source(videos: set[str], paths: list[str], folder: Path) -> None:
    missing = videos - {path.stem for path in folder.iterdir()}
    for shard in tqdm(paths, unit="shard", desc="AudioSet", disable=None):
        if not missing:
            return
        useless = _remembered(folder, shard, "useless")
        if (held := _remembered(folder, shard, "held")) is None:
            held = _videos(shard)
            _remember(folder, shard, held, set())
        if wanted := (missing & held) - (useless or set()):
            kept = {video for video, sound in _rows(shard, wanted) if _keep(video, sound, folder)}
            missing -= kept
            _remember(folder, shard, held, (useless or set()) | (wanted - kept))


def _videos(shard: str) -> set[str]:
    """Return the ids of all videos in a shard; no sound is read."""
    rows = datasets.load_dataset(
        "parquet", data_files=[shard], split="train", streaming=True, columns=["video_id"]
    )
    return {row["video_id"] for row in rows}


def _rows(shard: str, videos: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    rows = datasets.load_dataset(
        "parquet",
        data_files=[shard],
        split="train",
        streaming=True,
        columns=["video_id", "audio"],
        filters=[("video_id", "in", sorted(videos))],
    )
    rows = rows.cast_column("audio", datasets.Audio(decode=False))
    for row in rows:
        yield row["video_id"], row["audio"]["bytes"]


def _keep(video: str, sound: bytes | None, folder: Path) -> bool:
    """Write a clip's bytes; ids and formats that are not what they should be are passed over."""
    suffix = SUFFIXES.get((sound or b"")[:4])
    if suffix is None or not VIDEO.fullmatch(video):
        print(f"AudioSet clip {video!r} is neither flac, wav nor ogg: passed over")
        return False
    with replacing(folder / f"{video}{suffix}", checksums=False) as draft:
        draft.write_bytes(sound)
    return True


def _memory(folder: Path, shard: str) -> Path:
    return folder / f"{Path(shard).parent.name}-{Path(shard).stem}.json"


def _remembered(folder: Path, shard: str, what: str) -> set[str] | None:
    """Return the videos that a shard was found to hold, or those whose sound is useless there."""
    memory = _memory(folder, shard)
    videos = read_json(memory).get(what) if memory.is_file() else None
    return None if videos is None else set(videos)


def _remember(folder: Path, shard: str, held: set[str], useless: set[str]) -> None:
    about = {"held": sorted(held), "useless": sorted(useless)}
    write_json(_memory(folder, shard), about, checksums=False)
