"""The listening room: an index of all exhibits of a run, and a page of players per instance."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tonotopy.errors import InputError
from tonotopy.files import read_json, reading, replacing
from tonotopy.pages.html import render, write
from tonotopy.pages.players import players_page, url
from tonotopy.places import EXHIBITS, players

SAFE = re.compile(r"\w[\w.-]*", re.ASCII)  # names of files and folders
KEYS = {"folder", "title", "network", "label", "facts", "seconds", "ticks", "tracks"}
LINKS = {
    "../index.html": "Front page",
    "../scorecard.html": "Scorecard",
    "index.html": "Listening room",
}
FILES = ("audio", "picture", "overlay")  # of a track


def write_room(
    path: str | Path,
    indexes: Sequence[str | Path],
    titles: Mapping[str, str],
    scale: str,
    notes: Sequence[str] = (),
) -> None:
    """Write the listening room as a folder that needs nothing outside itself, whole or not at all.

    Args:
        path: of the folder; ``index.html`` is its first page.
        indexes: folders of exhibits, see `tonotopy.exhibiting`.
        titles: study -> its heading; a study without one is headed by its name.
        scale: that the exhibits come from.
        notes: sentences on the run, for every page.

    Raises:
        InputError: an index is damaged, or names a file that is not below its folder.
    """
    with replacing(path) as draft:
        draft.mkdir()
        cards = []
        for folder in map(Path, indexes):
            index = _read(folder)
            study, instance = index["study"], index["instance"]
            heading = f"{titles.get(study, study)}, {instance}"
            page, media = players(study, instance), f"{study}/{instance}/"
            _copy(folder, index, draft / study / instance)
            note = f"{index.get('note', '')} Scale: {scale}.".strip()
            text = players_page(heading, [note, *notes], index["exhibits"], media, LINKS)
            write(draft / page, text)
            about = {"study": titles.get(study, study), "instance": instance}
            cards += [
                {**about, **_card(exhibit, media), "href": f"{page}#exhibit-{number}"}
                for number, exhibit in enumerate(index["exhibits"])
            ]
        write(draft / "index.html", _room(cards, scale, notes))


def _room(cards: list[dict], scale: str, notes: Sequence[str]) -> str:
    choices = {
        key: sorted({card[key] for card in cards if card[key]})
        for key in ("study", "class", "network")
    }
    return render(
        "room.html.j2",
        cards=cards,
        choices=choices,
        scale=scale,
        notes=notes,
        links=LINKS,
        here="index.html",
    )


def _card(exhibit: dict, media: str) -> dict:
    """Return what the room's first page says and shows of an exhibit."""
    folder = media + url(exhibit["folder"]) + "/"
    pictured = [track for track in exhibit["tracks"] if track.get("picture")]
    overlaid = [track for track in pictured if track.get("overlay")]
    shown = (overlaid or pictured or [{}])[0]
    thumbs = [folder + url(shown[kind]) for kind in ("picture", "overlay") if shown.get(kind)]
    heard = sum(track["audio"] is not None for track in exhibit["tracks"])
    about = {"title": exhibit["title"], "class": exhibit["label"], "network": exhibit["network"]}
    return {**about, "thumbs": thumbs, "heard": heard}


def _read(folder: Path) -> dict:
    """Return an index whose names can be used in paths and addresses as they are."""
    path = folder / EXHIBITS
    index = read_json(path)
    for key in ("study", "instance"):
        _check_name(index.get(key), f"{path}: {key}")
    for number, exhibit in enumerate(index["exhibits"]):
        if missing := KEYS - exhibit.keys():
            raise InputError(
                f"{path}: exhibit {number} has no {', '.join(sorted(missing))}; it was written by "
                "another version of the workflow: delete its folder and run again"
            )
        for name in _names(exhibit):
            _check_name(name, f"{path}: exhibit {number}")
    return index


def _names(exhibit: dict) -> Iterator[str]:
    """Return the folder of an exhibit and the files in it."""
    yield exhibit["folder"]
    yield from _files(exhibit)


def _files(exhibit: dict) -> list[str]:
    files = [track[kind] for track in exhibit["tracks"] for kind in FILES if track.get(kind)]
    return list(dict.fromkeys(files))


def _check_name(name, where: str) -> None:
    if not isinstance(name, str) or not SAFE.fullmatch(name):
        raise InputError(
            f"{where}: {name!r} is no plain name (letters, digits, '.', '_' and '-', not beginning "
            "with '.'); delete the folder of exhibits and run again"
        )


def _copy(folder: Path, index: dict, target: Path) -> None:
    """Copy the files that an index names, and no others."""
    with reading(folder):
        target.mkdir(parents=True)
        for number, exhibit in enumerate(index["exhibits"]):
            (target / exhibit["folder"]).mkdir()
            for file in _files(exhibit):
                source = folder / exhibit["folder"] / file
                if source.is_symlink() or not source.is_file():
                    raise InputError(
                        f"{folder / EXHIBITS}: exhibit {number} names {exhibit['folder']}/{file}, "
                        "which is no file beside it; delete the folder and run again"
                    )
                shutil.copyfile(source, target / exhibit["folder"] / file)
