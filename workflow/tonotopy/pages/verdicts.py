"""Verdicts counted, criteria in words: what the pages of a run say in the same way."""

from collections.abc import Iterable

from tonotopy.evidence.claims import VERDICTS


def counts(rows: Iterable[dict]) -> dict[str, int]:
    """Return verdict -> how many rows of a scorecard have it, in the order of `VERDICTS`."""
    verdicts = [row["verdict"] for row in rows]
    return {verdict: verdicts.count(verdict) for verdict in VERDICTS}


def criterion_text(criterion: dict) -> str:
    """Return a criterion in words, such as ``within -0.1 to 0.1``."""
    ((kind, bound),) = criterion.items()
    if kind == "within":
        return f"within {bound[0]:g} to {bound[1]:g}"
    return f"no rise above {bound:g}" if kind == "no_rise" else f"{kind} {bound:g}"


def judged(rows: Iterable[dict]) -> list[dict]:
    """Return the rows of a scorecard that have a verdict from an interval."""
    return [row for row in rows if row["verdict"] != "not run"]
