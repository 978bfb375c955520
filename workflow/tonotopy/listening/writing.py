"""Pages of a user's own sound: one for all files, one for each."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tonotopy import sums
from tonotopy.files import read_json, replacing
from tonotopy.listening import HEARD, INDEX
from tonotopy.pages.heard import index_page
from tonotopy.pages.html import write
from tonotopy.pages.players import players_page

LINKS = {
    "../../index.html": "Front page",
    "../../scorecard.html": "Scorecard",
    "../../listen/index.html": "Listening room",
    "index.html": "All files",
}


def write_pages(
    words: str | Path,
    whole: str | Path,
    parts: Sequence[str | Path],
    networks: Sequence[str],
    title: str,
    settings: Mapping,
) -> int:
    """Write all pages; the file that says so is the last.

    Args:
        words: that file, beside which pages are written: how many files there are, how many bad.
        whole: folder of what pages play of whole files, beside the pages.
        parts: folders of what networks say of them, likewise.
        networks: names of the networks, in the order in which pages have them.
        title: of the page for all files.
        settings: seconds and windows, see `planning.settings`.

    Returns:
        How many files are bad.
    """
    folder = Path(words).parent
    for old in folder.glob("*.html"):
        old.unlink()
        sums.forget(old)
    files = read_json(Path(whole) / INDEX)["files"]
    answers = _answers(parts, networks)
    rows = []
    for number, file in enumerate(files):
        page = f"{number + 1}-{file['slug']}.html"
        said = answers.get(str(number), [])
        write(folder / page, _page(file, said, Path(whole).name, settings))
        tops = {one["network"]: one["top"] for one in said if one["top"]}
        rows.append({**file, "page": page, "tops": tops})
    bad = sum(file["fault"] is not None for file in files)
    summary = counted(len(files), bad)
    write(folder / "index.html", index_page(title, summary, rows, LINKS))
    with replacing(words) as draft:
        draft.write_text(f"{summary}\n", encoding="utf-8")
    return bad


def counted(files: int, bad: int) -> str:
    """Return how many files there are, and how many of them are bad, in words."""
    plural = "file" if files == 1 else "files"
    return f"{files} {plural}, {bad} of them bad" if bad else f"{files} {plural}, none bad"


def _answers(parts: Sequence[str | Path], networks: Sequence[str]) -> dict[str, list[dict]]:
    """Return what each network says of each file, in the order of the networks.

    Folders of exhibits are given relative to the pages.
    """
    answers: dict[str, list[dict]] = {}
    for part in parts:
        for number, said in read_json(Path(part) / HEARD)["files"].items():
            for one in said:
                exhibits = [
                    {**shown, "folder": f"{Path(part).name}/{shown['folder']}"}
                    for shown in one["exhibits"]
                ]
                answers.setdefault(number, []).append({**one, "exhibits": exhibits})
    for said in answers.values():
        said.sort(key=lambda one: networks.index(one["network"]))
    return answers


def _page(file: dict, said: list[dict], whole: str, settings: Mapping) -> str:
    """Return the page of a file."""
    if file["fault"] is not None:
        message = f"This file could not be used: {file['fault']}."
        return players_page(file["name"], [], [], "", LINKS, [message])
    first = {
        **file["exhibit"],
        "folder": f"{whole}/{file['exhibit']['folder']}",
        "timelines": [one["timeline"] for one in said if one["timeline"]],
        "facts": {
            f"{one['network']} hears": f"{one['top']['label']} ({one['top']['probability']:.2f})"
            for one in said
            if one["top"]
        },
    }
    shown = [exhibit for one in said for exhibit in one["exhibits"]]
    return players_page(
        file["name"], _notes(file, settings, bool(shown)), [first, *shown], "", LINKS
    )


def _notes(file: dict, settings: Mapping, shown: bool) -> list[str]:
    notes = [
        f"{file['seconds']:.3g} s were heard; of longer files the first {settings['seconds']:g} s. "
        "Every network hears windows as long as the clips that it learned, half a window apart; "
        "classes with their mean probabilities, and their probabilities over time, come first."
    ]
    if shown:
        notes.append(
            "Below is what the studies of this run know of the windows (at most "
            f"{settings['windows']} of each network) where its most probable class is most "
            "probable, or, of networks without classes, where the sound is strongest."
        )
    return notes
