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
    return f"{kind} {bound:g}"


def observed(row: dict) -> str:
    """Return what a judged row comes from, such as ``400 clips, one training``."""
    unit, trainings = row.get("unit"), row.get("trainings")
    parts = [f"{row['n']} {_plural(unit) if row['n'] != 1 else unit}" if unit else str(row["n"])]
    if trainings:
        parts.append("one training" if trainings == 1 else f"{trainings} trainings")
    return ", ".join(parts)


def _plural(unit: str) -> str:
    """Return a unit in the plural: the noun before a preposition or a comma takes the ending."""
    noun, preposition, rest = unit.partition(" of ")
    first, conjunction, second = noun.partition(" and ")
    if conjunction:
        return f"{_plural(first)} and {_plural(second)}{preposition}{rest}"
    if noun.endswith("s"):
        return f"{noun}es{preposition}{rest}"
    return f"{noun}s{preposition}{rest}"


def judged(rows: Iterable[dict]) -> list[dict]:
    """Return the rows of a scorecard that have a verdict from an interval."""
    return [row for row in rows if row["verdict"] != "not run"]
