"""What the rules of corpora read: functions of a job's wildcards and the configuration."""

from collections.abc import Iterable
from pathlib import Path

from tonotopy import places
from tonotopy.corpora import identity
from tonotopy.corpora.audioset.labels import SEGMENTS, SETS, TAGS
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.corpora.settings import FolderSettings

GATHERED = {"gathered": tuple(SETS), "gathered_tags": (*SETS, TAGS)}  # table -> tasks of its clips


def settings(wildcards, config: dict) -> dict:
    """Return a corpus's entry."""
    return config["corpora"][wildcards.corpus]


def sources(wildcards, config: dict, used: Iterable[str]) -> list[str]:
    """Return what a corpus is built from: an unpacked download, AudioSet's clips, or nothing.

    Args:
        wildcards: of the job.
        config: the configuration.
        used: names of the corpora that the run needs.
    """
    entry = settings(wildcards, config)
    if entry["maker"] == "audioset":
        scale = config["scale"]
        own = config["audioset"]["path"]
        gathered = (
            []
            if own
            else [places.audioset(scale, _gathered([entry, *(config["corpora"][n] for n in used)]))]
        )
        return [places.audioset(scale, entry["task"]), *gathered]
    if entry["maker"] not in PUBLIC or entry.get("path"):
        return []
    return [places.download(PUBLIC[entry["maker"]].source(entry.get("version")))]


def _gathered(entries: list[dict]) -> str:
    """Return the name of the table of gathered clips: all clips where an entry has all labels.

    Then the other entries name that one too, as two jobs must not write into the same folder.
    """
    tagged = [e for e in entries if e["maker"] == "audioset" and e["task"] == TAGS]
    return "gathered_tags" if tagged else "gathered"


def tables_to_gather(wildcards, config: dict) -> list[str]:
    """Return the tables of the clips that are gathered together."""
    return [places.audioset(config["scale"], task) for task in GATHERED[wildcards.gathered]]


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


def own_content(wildcards, config: dict) -> str:
    """Return a hash over a user's own files, so that a changed folder is read again.

    Of AudioSet's clips it goes over names, sizes and times, elsewhere over content.
    """
    entry = settings(wildcards, config)
    if entry["maker"] == "audioset":
        clips = config["audioset"]["path"]
        return identity.state(clips) if clips else ""
    return identity.content(_folder_settings(entry)) if entry.get("path") else ""


def _folder_settings(entry: dict) -> FolderSettings:
    changes = {k: v for k, v in entry.items() if k not in ("maker", "task", "version")}
    if entry["maker"] not in PUBLIC:
        return FolderSettings(**changes)
    corpus = PUBLIC[entry["maker"]].version(entry.get("version"))
    return corpus.settings(Path(changes.pop("path")), entry["task"], **changes)


def settings_without_paths(wildcards, config: dict) -> dict:
    """Return a corpus's entry without its paths: where equal files lie changes no corpus."""
    entry = {key: value for key, value in settings(wildcards, config).items() if key != "path"}
    for key in identity.RULES:
        if entry.get(key):
            rule = {name: value for name, value in entry[key].items() if name != "file"}
            entry[key] = rule | ({"lists": sorted(rule["lists"])} if "lists" in rule else {})
    return entry


def clip_folder(config: dict) -> str:
    """Return the folder of AudioSet clips: the user's, or the one that they are gathered in."""
    return config["audioset"]["path"] or places.download("audioset/clips")


def segments(config: dict) -> list[str]:
    """Return AudioSet's csv files: the user's, or downloads."""
    own = config["audioset"]["files"]
    names = config["audioset"]["segments"]
    return [own.get(name) or places.download(SEGMENTS[name].file) for name in names]
