"""Makers of corpora by the name that config.yaml gives them."""

from pathlib import Path

from tonotopy.corpora import folder
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.corpora.download import fetch, unpack
from tonotopy.corpora.embedded import planted
from tonotopy.corpora.embedded.music import MusicWorld
from tonotopy.corpora.settings import FolderSettings
from tonotopy.files import replacing


def download(name: str, path, mirror: str | None) -> None:
    """Fetch and unpack a public corpus into ``path``; it appears only when complete."""
    path = Path(path)
    with replacing(path) as draft:
        for remote in PUBLIC[name].remotes:
            unpack(fetch(remote, path.parent / "archives", mirror), remote, draft)


def build(path, settings: dict, seed: int, workers: int, downloads: Path | None) -> None:
    """Build a corpus from its entry in config.yaml.

    Args:
        path: folder of the new corpus.
        settings: the entry below ``corpora``; ``maker`` decides what the other keys mean.
        seed: seed of the run.
        workers: processes to use.
        downloads: the unpacked download of a public corpus, else None.
    """
    options = {key: value for key, value in settings.items() if key != "maker"}
    if settings["maker"] == "planted_music":
        task, clips = options.pop("task"), options.pop("clips")
        planted.build(path, task, clips, MusicWorld(**options), seed, workers)
        return
    if settings["maker"] == "folder":
        chosen = FolderSettings(**options)
    else:
        chosen = PUBLIC[settings["maker"]].settings(downloads, options.pop("task"), **options)
    folder.build(path, chosen, seed, workers)
