"""What the rules of corpora read: functions of a job's wildcards and the configuration."""

from tonotopy import places
from tonotopy.corpora.audioset.labels import SEGMENTS
from tonotopy.corpora.catalogue import PUBLIC, listing


def settings(wildcards, config: dict) -> dict:
    """Return a corpus's entry."""
    return config["corpora"][wildcards.corpus]


def sources(wildcards, config: dict) -> list[str]:
    """Return what a corpus is built from: an unpacked download, AudioSet's clips, or nothing."""
    entry = settings(wildcards, config)
    if entry["maker"] == "audioset":
        scale = config["scale"]
        gathered = [] if config["audioset"]["path"] else [places.audioset(scale, "gathered")]
        return [places.audioset(scale, entry["task"]), *gathered]
    if entry["maker"] not in PUBLIC or entry.get("path"):
        return []
    return [places.download(PUBLIC[entry["maker"]].source(entry.get("version")))]


def sources_by_name(wildcards, config: dict, files) -> dict[str, str]:
    """Return the same by the names that the maker knows them by.

    Args:
        wildcards: of the job.
        config: the configuration.
        files: the job's inputs.
    """
    if settings(wildcards, config)["maker"] == "audioset":
        return {"table": files.sources[0], "clips": clip_folder(config)}
    return {"download": files.sources[0]} if files.sources else {}


def own_files(wildcards, config: dict) -> str:
    """Return names and sizes of a user's own files, so that a changed folder is read again."""
    path = settings(wildcards, config).get("path")
    return listing(path) if path else ""


def clip_folder(config: dict) -> str:
    """Return the folder of AudioSet clips: the user's, or the one that they are gathered in."""
    return config["audioset"]["path"] or places.download("audioset/clips")


def segments(config: dict) -> list[str]:
    """Return AudioSet's csv files: the user's, or downloads."""
    own = config["audioset"]["files"]
    names = config["audioset"]["segments"]
    return [own.get(name) or places.download(SEGMENTS[name].file) for name in names]
