"""Where a folder keeps labels, groups and splits: in folder names, file names or a CSV."""

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

from tonotopy.corpora.schema import SPLITS
from tonotopy.errors import InputError, nearest
from tonotopy.seeding import generator

Reader = Callable[[Path], str | None]


def reader(rule: dict, root: Path) -> Reader:
    """Return a function from a file's path (relative to root) to a word, or None where it has none.

    Args:
        rule: ``{from: folder}`` (name of the sub-folder), ``{from: name, pattern: REGEX}`` (first
            group of the regular expression, searched in the path without its suffix) or
            ``{from: csv, file: PATH, key: COLUMN, column: COLUMN}`` (the row whose key is the
            file's path, its name or its stem).
        root: folder that a relative CSV path starts from.

    Raises:
        InputError: the rule or its CSV is wrong; the message says how.
    """
    makers = {"folder": _from_folder, "name": _from_name, "csv": _from_csv}
    source = rule.get("from")
    if source not in makers:
        raise InputError(f"'from: {source}' is no place for a label{nearest(source, makers)}")
    return makers[source](rule, root)


def _from_folder(rule, root) -> Reader:
    return lambda path: path.parent.name or None


def _from_name(rule, root) -> Reader:
    try:
        pattern = re.compile(rule["pattern"])
    except (KeyError, re.error) as error:
        raise InputError(
            f"'from: name' needs a regular expression in 'pattern' ({error})"
        ) from error
    if pattern.groups != 1:
        raise InputError(f"pattern {rule['pattern']!r} needs exactly one (group)")

    def read(path: Path) -> str | None:
        match = pattern.search(path.with_suffix("").as_posix())
        return match.group(1) if match else None

    return read


def _from_csv(rule, root) -> Reader:
    path = root / rule.get("file", "")
    if not path.is_file():
        raise InputError(f"{path}: the CSV named in 'file' does not exist")
    with path.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    columns = list(rows[0]) if rows else []
    for key in ("key", "column"):
        if rule.get(key) not in columns:
            hint = nearest(str(rule.get(key)), columns)
            raise InputError(f"{path}: no column '{rule.get(key)}' for '{key}'{hint}")
    words = {row[rule["key"]]: row[rule["column"]] for row in rows}
    return lambda p: words.get(p.as_posix()) or words.get(p.name) or words.get(p.stem)


def named_splits(rule: dict, root: Path) -> Reader:
    """Return a reader of splits that are written somewhere.

    ``values`` maps a split to the words that stand for it; ``rest`` names the split of all others.
    Without ``values`` the word itself must be train, validation or test.
    """
    word = reader(rule, root)
    stands_for = {str(w): s for s, words in rule.get("values", {}).items() for w in words}
    rest = rule.get("rest")

    def read(path: Path) -> str | None:
        found = word(path)
        return stands_for.get(found, rest or (found if found in SPLITS else None))

    return read


def random_splits(labels, groups, shares: dict[str, float], seed: int) -> list[str]:
    """Draw a split per clip: whole groups, class by class, as near to the shares as groups allow.

    Args:
        labels: class per clip.
        groups: group per clip; a group goes into one split whole.
        shares: share of train, validation and test; they must sum to 1.
        seed: the same seed draws the same splits.

    Raises:
        InputError: shares do not sum to 1.
    """
    if abs(sum(shares.values()) - 1) > 1e-6:
        raise InputError(f"split shares must sum to 1, not {sum(shares.values()):g}: {shares}")
    members = defaultdict(list)
    for i, group in enumerate(groups):
        members[group].append(i)
    by_class = defaultdict(list)
    for group, clips in members.items():
        by_class[Counter(labels[i] for i in clips).most_common(1)[0][0]].append(group)
    drawn: list[str] = [""] * len(groups)
    for label in sorted(by_class):
        order = sorted(by_class[label])
        generator(seed, "splits", str(label)).shuffle(order)
        for group, split in zip(order, _fill(order, members, shares), strict=True):
            for i in members[group]:
                drawn[i] = split
    return drawn


def _fill(order, members, shares) -> list[str]:
    """Give each group to the split that lacks most of its share; every split gets a first one."""
    total = sum(len(members[group]) for group in order)
    got, chosen = dict.fromkeys(shares, 0), []
    for group in order:
        lacking = {s: share * total - got[s] for s, share in shares.items() if share > 0}
        empty = [s for s in lacking if not got[s]]
        split = max(empty or lacking, key=lambda s: lacking[s])
        got[split] += len(members[group])
        chosen.append(split)
    return chosen
