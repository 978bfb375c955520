"""Table 3.2: the transforms that training applied."""

from tonotopy.drawing.letters import number
from tonotopy.drawing.style import only, text_table

NOT_APPLIED = "not applied"

# thesis table 3.2: range of size, scale or steps, and probability
THESIS = {
    "noise": ((0.01, 0.1), 0.5, "standard deviation, full scale 1"),
    "pitch_mask": ((2, 4), 0.25, "mel bands"),
    "time_mask": ((4, 64), 0.25, "frames"),
    "pitch_shift": ((-0.5, 0.5), 0.5, "semitones"),
}


def draw(sources: dict, about: dict):
    """Draw a table: transform, unit, our range and probability, and the thesis's beside it.

    Of a user's own instance there are the transforms that were applied, and nothing beside them.
    """
    columns = ["transform", "unit", "here", "thesis"]
    rows = table_rows(only(sources)["augmentation"])
    if about["own"]:
        columns, rows = columns[:3], [row[:3] for row in rows if row[2] != NOT_APPLIED]
    return text_table(rows, columns, width=6.4, height=0.5 + 0.24 * len(rows))


def table_rows(applied: list[dict]) -> list[list[str]]:
    """Return a row per transform of the thesis, then one per further transform that was applied.

    Args:
        applied: the ``augmentation`` of a network.json.

    Returns:
        Transform, unit, ours and the thesis's as text; a transform that is listed twice has both
        entries in its row.
    """
    ours: dict[str, list[str]] = {}
    for entry in applied:
        ours.setdefault(entry["transform"], []).append(_settings(entry))
    rows = []
    for name, (limits, p, unit) in THESIS.items():
        here = "; ".join(ours.pop(name, [NOT_APPLIED]))
        rows.append([_title(name), unit, here, _settings({"range": limits, "p": p})])
    rows += [[_title(name), "", "; ".join(entries), NOT_APPLIED] for name, entries in ours.items()]
    return rows


def _title(name: str) -> str:
    return name.replace("_", " ")


def _settings(entry: dict) -> str:
    """Return settings as text: the range first, where there is one."""
    parts = [" to ".join(number(end, 6) for end in entry["range"])] if "range" in entry else []
    others = {k: v for k, v in entry.items() if k not in ("transform", "range")}
    return ", ".join([*parts, *(f"{k} {v}" for k, v in others.items())])
