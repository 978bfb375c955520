"""The front page of a run: what it found, how far to believe it, what it was made with."""

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from tonotopy.durations import in_words
from tonotopy.evidence.scorecard import applying, control_verdict, controls, sound_notes
from tonotopy.files import reading
from tonotopy.pages import html
from tonotopy.pages.answers import answer
from tonotopy.pages.methods import citation, paragraph
from tonotopy.pages.scorecard import LINKS
from tonotopy.pages.verdicts import counts

ACROSS = 24  # squares of controls in a row
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def page(
    rows: list[dict],
    studies: Sequence[Mapping],
    about: Mapping,
    corpora: Sequence[Mapping],
    networks: Sequence[Mapping],
    folder: str | Path,
) -> str:
    """Return the front page as HTML; all text is escaped.

    Args:
        rows: the scorecard.
        studies: those that ran, see `results.shown`; an instance's overview, where it has one, is
            made: caption, head (names of columns) and rows of texts, the first of which names it; a
            text may have several lines.
        about: scale, seed, project, versions, statistics (resamples, confidence) and time (see
            `methods.measured`).
        corpora: see `methods.corpus`.
        networks: see `methods.network`.
        folder: of the page, where sizes of pictures are read.
    """
    sources = {study["name"]: study["source"] for study in studies}
    rows = applying(rows)
    return html.render(
        "front.html.j2",
        links=LINKS,
        here="index.html",
        about=about,
        notes=[*sound_notes(_sound(studies)), *about.get("notes", ())],
        embedded=all(_sound(studies).values()),
        planted=any(value is not False for value in _sound(studies).values()),
        verdict=control_verdict(rows, "warn").removeprefix("WARNING: ").partition(", ")[0],
        failed=controls(rows, "contradicted"),
        undecided=controls(rows, "inconclusive"),
        leads=[_lead(study, Path(folder)) for study in studies if study["lead"]],
        overview=[_overview(rows, study, one) for study in studies for one in study["instances"]],
        studies=[_section(rows, study, Path(folder)) for study in studies],
        time=about["time"],
        duration=in_words,
        corpora=corpora,
        networks=networks,
        methods=paragraph({**about, "sources": sources}, corpora, networks),
        across=ACROSS,
        citation=citation(about["project"], sources),
    )


def _sound(studies: Sequence[Mapping]) -> dict[str, bool | None]:
    return {
        f"{study['name']}/{one['name']}": one["embedded"]
        for study in studies
        for one in study["instances"]
    }


def _of(rows: list[dict], study: Mapping, one: Mapping) -> list[dict]:
    return [r for r in rows if (r["study"], r["instance"]) == (study["name"], one["name"])]


def _overview(rows: list[dict], study: Mapping, one: Mapping) -> dict:
    """Return the controls of an instance: its name, each in order, and how they came out."""
    own = [row for row in _of(rows, study, one) if row["kind"] == "control"]
    return {"name": f"{study['name']}/{one['name']}", "rows": own, "counts": counts(own)}


def _section(rows: list[dict], study: Mapping, folder: Path) -> dict:
    """Return what the page shows of a study: its answers, picture, counts and links."""
    instances = []
    for one in study["instances"]:
        own = _of(rows, study, one)
        answers = [answer(own, sentences, one["name"]) for sentences in study["answers"]]
        instances.append(
            {
                **one,
                "overview": one.get("overview"),
                "answers": [each for each in answers if each is not None],
                "failed": controls(own, "contradicted"),
                "counts": {
                    f"{kind}s": counts(row for row in own if row["kind"] == kind)
                    for kind in ("control", "claim")
                },
            }
        )
    pictures = [] if study["lead"] else _pictures(study, folder)  # those of a lead are above
    return {**study, "instances": instances, "headline": next(iter(pictures), None)}


def _lead(study: Mapping, folder: Path) -> dict:
    """Return what the page begins with: what a study proves of the others, and its pictures."""
    return {**study, "pictures": _pictures(study, folder)}


def _pictures(study: Mapping, folder: Path) -> list[dict]:
    """Return the headlines of a study, one for each instance that draws it: see `results.shown`."""
    pictures = []
    for one in study["instances"]:
        for figure in one["figures"]:
            if figure["name"] == study["headline"]:
                width, height = png_size(folder / figure["png"])
                size = {"width": width, "height": height}
                pictures.append({**figure, "instance": one["name"], **size})
    return pictures


def png_size(path: str | Path) -> tuple[int, int]:
    """Return width and height of a PNG in pixels.

    Raises:
        InputError: it is missing or no PNG; the message names it.
    """
    with reading(path):
        with Path(path).open("rb") as file:
            head = file.read(24)
        if len(head) < 24 or not head.startswith(SIGNATURE):
            raise ValueError("no PNG picture")
    return struct.unpack(">II", head[16:])
