"""The scorecard as a page: one line per claim, its parts below it."""

from collections.abc import Mapping
from pathlib import Path

import jinja2

from tonotopy.evidence.claims import VERDICTS
from tonotopy.evidence.scorecard import controls, sound_notes
from tonotopy.files import replacing

TEMPLATES = Path(__file__).parent / "templates"
ORDER = ("contradicted", "inconclusive", "supported", "not run")


def write_page(path: str | Path, *args, **kwargs) -> None:
    """Write the scorecard as a page without scripts or links; arguments as for `page`."""
    text = page(*args, **kwargs)
    with replacing(path) as draft:
        draft.write_text(text)


def page(
    rows: list[dict],
    scale: str,
    titles: Mapping[str, str],
    embedded: Mapping[str, bool | None],
) -> str:
    """Return the scorecard as an HTML page; all text is escaped.

    Args:
        rows: the scorecard.
        scale: the scale that the results come from.
        titles: study -> its heading, in the order of the page; a study without one
            is headed by its name, one without rows is left out.
        embedded: study/instance -> where its sound comes from, see `scorecard.sound_notes`.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
    )
    counts = {
        kind: {v: sum(r["verdict"] == v for r in rows if r["kind"] == kind) for v in VERDICTS}
        for kind in ("control", "claim")
    }
    headings = {**titles, **{r["study"]: r["study"] for r in rows if r["study"] not in titles}}
    return environment.get_template("scorecard.html.j2").render(
        groups=_groups(rows),
        scale=scale,
        notes=sound_notes(embedded),
        failed=controls(rows, "contradicted"),
        undecided=controls(rows, "inconclusive"),
        counts=counts,
        headings=headings,
        criterion=_criterion,
    )


def _groups(rows: list[dict]) -> list[dict]:
    """One entry per row of claims: what it says, how often it came out how, its parts.

    ``judged`` tells whether any part was.
    """
    parts_of: dict[str, list[dict]] = {}
    for row in rows:
        parts_of.setdefault(row["row"], []).append(row)
    groups = []
    for name, parts in parts_of.items():
        counts = {v: sum(part["verdict"] == v for part in parts) for v in VERDICTS}
        about = {k: parts[0][k] for k in ("study", "kind", "claim", "source", "paper", "criterion")}
        parts = sorted(parts, key=lambda part: ORDER.index(part["verdict"]))
        judged = counts["not run"] < len(parts)
        groups.append({"id": name, **about, "counts": counts, "judged": judged, "parts": parts})
    return groups


def _criterion(criterion: dict) -> str:
    ((kind, bound),) = criterion.items()
    if kind == "within":
        return f"within {bound[0]:g} to {bound[1]:g}"
    return f"no rise above {bound:g}" if kind == "no_rise" else f"{kind} {bound:g}"
