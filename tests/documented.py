"""The tables that docs/files.md tells of, and their columns."""

import re
from pathlib import Path
from typing import NamedTuple

PAGE = Path(__file__).parents[1] / "docs/files.md"


class Columns(NamedTuple):
    """The columns of a table: those that it always has, and those that it may have."""

    always: frozenset[str]
    sometimes: frozenset[str]


def documented() -> dict[tuple[str, str], Columns]:
    """Return (study, table) -> its columns."""
    found = {}
    sections = re.split(r"^## Tables of (\w+)$", PAGE.read_text(), flags=re.MULTILINE)[1:]
    for study, section in zip(sections[::2], sections[1::2], strict=True):
        text = section.partition("\n## ")[0]
        for line in re.findall(r"^\| `([^`]+)`[^|]*\|[^|]*\|(.*)\|$", text, flags=re.MULTILINE):
            name, columns = line
            bare = re.sub(r"\((?!`)[^)]*\)", "", columns)  # remarks
            sometimes = set(re.findall(r"\(`(\w+)`\)", bare))
            always = set(re.findall(r"`(\w+)`", bare)) - sometimes
            found[study, name] = Columns(frozenset(always), frozenset(sometimes))
    return found


def faults(study: str, name: str, columns) -> list[str]:
    """Return what the page says wrongly of a table that was written."""
    pages = documented()
    key = next((n for n in (name, re.sub(r"-.*", "-*", name)) if (study, n) in pages), None)
    if key is None:
        return [f"{study}/{name} is not told of"]
    told, there = pages[study, key], set(columns)
    lacking, unknown = told.always - there, there - told.always - told.sometimes
    return [f"{study}/{name} lacks {c}" for c in sorted(lacking)] + [
        f"{study}/{name} has {c}, which is not told of" for c in sorted(unknown)
    ]
