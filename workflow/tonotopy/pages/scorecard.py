"""The scorecard as a page: one line per claim, its parts below it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tonotopy.evidence.scorecard import APART, applying, controls, sound_notes
from tonotopy.pages import html
from tonotopy.pages.intervals import WIDTH, printed_number, scale
from tonotopy.pages.verdicts import counts, criterion_text, judged, observed

ORDER = ("contradicted", "inconclusive", "supported", "not run")
KINDS = {"control": "Controls: known answers", "claim": "Claims of the studies"}
LINKS = {
    "index.html": "Front page",
    "scorecard.html": "Scorecard",
    "listen/index.html": "Listening room",
}
Figures = Mapping[str, Mapping[str, str]]


def write_page(path: str | Path, *args, **kwargs) -> None:
    """Write the scorecard as a page without scripts; arguments as for `page`."""
    html.write(path, page(*args, **kwargs))


def page(
    rows: list[dict],
    scale: str,
    titles: Mapping[str, str],
    embedded: Mapping[str, bool | None],
    figures: Figures | None = None,
    notes: Sequence[str] = (),
) -> str:
    """Return the scorecard as an HTML page; all text is escaped.

    Claims that are about what a user's own instance does not have stand folded below all others.

    Args:
        rows: the scorecard.
        scale: the scale that the results come from.
        titles: study -> its heading, in the order of the page; a study without one
            is headed by its name, one without rows is left out.
        embedded: study/instance -> where its sound comes from, see `scorecard.sound_notes`.
        figures: study/instance -> name -> address of the figures that are drawn, relative to the
            page; a claim's figure that is not drawn is not linked.
        notes: further sentences on what the run heard.
    """
    headings = {**titles, **{r["study"]: r["study"] for r in rows if r["study"] not in titles}}
    told = applying(rows)
    groups = _groups(told, figures or {})
    sections = {
        kind: {
            heading: [g for g in groups if (g["kind"], g["study"]) == (kind, study)]
            for study, heading in headings.items()
        }
        for kind in KINDS
    }
    return html.render(
        "scorecard.html.j2",
        links=LINKS,
        here="scorecard.html",
        scale=scale,
        notes=[*sound_notes(embedded), *notes],
        failed=controls(rows, "contradicted"),
        undecided=controls(rows, "inconclusive"),
        counts={kind: counts(r for r in told if r["kind"] == kind) for kind in KINDS},
        apart=_groups([row for row in rows if row.get(APART)], {}),
        kinds=KINDS,
        sections=sections,
        width=WIDTH,
    )


def _groups(rows: list[dict], figures: Figures) -> list[dict]:
    """One entry per row of claims: what it says, how often it came out how, its parts.

    ``parts`` are those that were judged, worst first, each with its ``bar`` on the group's
    ``scale``; ``absent`` those that were not, by reason.
    """
    parts_of: dict[str, list[dict]] = {}
    for row in rows:
        parts_of.setdefault(row["row"], []).append(row)
    return [_group(name, parts, figures) for name, parts in parts_of.items()]


def _group(name: str, rows: list[dict], figures: Figures) -> dict:
    about = {k: rows[0].get(k) for k in ("study", "kind", "claim", "source", "why")}
    paper = next((row["paper"] for row in rows if row["paper"]), None)
    ran = sorted(judged(rows), key=lambda row: ORDER.index(row["verdict"]))
    criterion = rows[0]["criterion"]
    axis = scale(ran, criterion, printed_number(paper, criterion))
    absent: dict[str, list[str]] = {}
    for row in rows:
        if row["verdict"] == "not run":
            absent.setdefault(row["reason"], []).append(_part(row))
    return {
        "id": name,
        **about,
        "paper": paper,
        "criterion": criterion_text(criterion),
        "counts": counts(rows),
        "scale": axis,
        "parts": [
            {
                **row,
                "part": _part(row),
                "observed": observed(row),
                "bar": axis and axis.bar(row),
                "links": _links(row, figures),
            }
            for row in ran
        ],
        "absent": absent,
    }


def _part(row: dict) -> str:
    """Return what tells a part from the others of its claim: its instance, and what follows."""
    return row["id"].removeprefix(f"{row['row']}.")


def _links(row: dict, figures: Figures) -> dict[str, str]:
    """Return name -> address of the figures of a row that are drawn for its instance."""
    drawn = figures.get(f"{row['study']}/{row['instance']}", {})
    return {name: drawn[name] for name in row["figures"] if name in drawn}
