"""Splits in which a class has no clip: what is told of them, and what to do."""

from collections import defaultdict
from collections.abc import Sequence

from tonotopy.corpora.listed import Listed
from tonotopy.corpora.settings import SPLITS

TOLD = 10  # classes of which it is said one by one
BEGINNING = "class '{}' has no clip in split "


def gap_notes(rows: Sequence[Listed], classes: Sequence[str], rule: dict, corpus: str) -> list[str]:
    """Return a line for each class that some split lacks, with its groups and what to set.

    Args:
        rows: the clips of a corpus, each with its group and split.
        classes: its classes.
        rule: where splits come from, see `labelling.reader`; of random ones those whose share is 0
            lack nothing.
        corpus: its name.
    """
    shares = rule["shares"] if rule.get("from") == "random" else dict.fromkeys(SPLITS, 1)
    wanted = [split for split in SPLITS if shares.get(split, 0) > 0]
    of_class = defaultdict(list)
    for row in rows:
        for label in row.labels:
            of_class[label].append(row)
    notes, more = [], []
    for name in classes:
        present = {row.split for row in of_class[name]}
        if missing := [split for split in wanted if split not in present]:
            if len(notes) < TOLD:
                notes.append(_note(name, missing, of_class[name], rule, corpus, len(wanted)))
            else:
                more.append(name)
    if more:
        notes.append(f"so it is with {len(more)} more classes: {', '.join(more)}")
    return notes


def _note(
    name: str, missing: list[str], rows: list[Listed], rule: dict, corpus: str, needed: int
) -> str:
    groups, clips = len({row.group for row in rows}), len(rows)
    beginning = BEGINNING.format(name) + " or ".join(missing)
    if rule.get("from") != "random":
        return (
            f"{beginning}: its {clips} clip(s) are in other splits by 'split' of corpora.{corpus}: "
            "correct that, or let splits be drawn ({from: random})"
        )
    return (
        f"{beginning}: its {clips} clip(s) are of {groups} group(s), and a group is drawn into one "
        f"split whole: give the class {needed} groups of its own or more, say the splits yourself "
        f"('split' of corpora.{corpus}), or leave 'group' out if clips have nothing in common"
    )


def about_class(name: str, split: str, notes: Sequence[str]) -> str | None:
    """Return the line among a corpus's notes on a class that has no clip in a split, if any."""
    beginning = BEGINNING.format(name)
    for note in notes:
        if note.startswith(beginning):
            splits = note.removeprefix(beginning).partition(":")[0].split()
            return note if split in splits else None
    return None


def gaps_among(notes: Sequence[str]) -> list[str]:
    """Return the lines among a corpus's notes that are on classes that some split lacks."""
    begin, end = BEGINNING.split("{}")
    return [note for note in notes if note.startswith(begin) and end in note]
