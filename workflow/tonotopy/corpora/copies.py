"""Files that hold the same sound: found by their samples, kept in one split."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from tonotopy.corpora.listed import Listed

TOLD = 10  # pairs in a note


def copies(rows: Sequence[Listed], digests: dict[str, bytes]) -> list[list[Listed]]:
    """Return the sets of clips with the same sound, in the order of the rows.

    Args:
        rows: clips.
        digests: of the samples, for clips that have been read.
    """
    by_sound = defaultdict(list)
    for row in rows:
        if row.clip in digests:
            by_sound[digests[row.clip]].append(row)
    return [same for same in by_sound.values() if len(same) > 1]


def joined_groups(sets: Iterable[Sequence[Listed]]) -> dict[str, str]:
    """Return which groups are one because they share a clip's sound: group -> first of them."""
    first: dict[str, str] = {}

    def root(group: str) -> str:
        while (above := first.setdefault(group, group)) != group:
            group = above
        return group

    for same in sets:
        home = root(same[0].group)
        for row in same[1:]:
            first[root(row.group)] = home
    return {group: root(group) for group in list(first)}


def told(sets: Sequence[Sequence[Listed]]) -> list[str]:
    """Return lines for the build report on files with the same sound; a file may repeat itself."""
    pairs = {}
    for same in sets:
        for row in same[1:]:
            if row.file != same[0].file:
                pairs.setdefault((same[0].file, row.file), (same[0], row))
    if not pairs:
        return []
    shown = [_pair(*rows) for rows in list(pairs.values())[:TOLD]]
    more = f" and {len(pairs) - TOLD} more" if len(pairs) > TOLD else ""
    other = sum(a.labels != b.labels for a, b in pairs.values())
    under = f", {other} of them under other labels" if other else ""
    return [
        f"{len(pairs)} file(s) have the same sound as another{under}, and are kept in one split "
        f"with it, their groups taken as one: {'; '.join(shown)}{more}"
    ]


def _pair(one: Listed, other: Listed) -> str:
    if one.labels == other.labels:
        return f"'{other.file}' as '{one.file}'"
    words = [", ".join(row.labels) or "no label" for row in (other, one)]
    return f"'{other.file}' ({words[0]}) as '{one.file}' ({words[1]})"
