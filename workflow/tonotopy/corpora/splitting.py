"""Splits: written somewhere by the authors, or drawn; groups never cross them."""

from collections import Counter, defaultdict
from pathlib import Path

from tonotopy.corpora.labelling import Reader, reader
from tonotopy.corpora.schema import SPLITS
from tonotopy.corpora.settings import check_shares
from tonotopy.seeding import generator


def named_splits(rule: dict, root: Path) -> Reader:
    """Return a reader of splits that are written somewhere.

    ``values`` maps a split to the words that stand for it, beside its own name; ``rest`` names the
    split of all others.
    """
    word, rest = reader(rule, root), rule.get("rest")
    stands_for = {split: split for split in SPLITS}
    stands_for |= {str(w): split for split, words in rule.get("values", {}).items() for w in words}
    return lambda path: stands_for.get(word(path), rest)


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
    check_shares(shares)
    members = defaultdict(list)
    for i, group in enumerate(groups):
        members[group].append(i)
    by_class = defaultdict(list)
    for group, clips in members.items():
        by_class[Counter(labels[i] for i in clips).most_common(1)[0][0]].append(group)
    splits: list[str] = [""] * len(groups)
    for label in sorted(by_class):
        order = sorted(by_class[label])
        generator(seed, "splits", str(label)).shuffle(order)
        for group, split in zip(order, _fill(order, members, shares), strict=True):
            for i in members[group]:
                splits[i] = split
    return splits


def _fill(order, members, shares) -> list[str]:
    """Give each group to the split that lacks most of its share; every split gets a first one."""
    total = sum(len(members[group]) for group in order)
    got, splits = dict.fromkeys(shares, 0), []
    for group in order:
        lacking = {s: share * total - got[s] for s, share in shares.items() if share > 0}
        empty = [s for s in lacking if not got[s]]
        split = max(empty or lacking, key=lambda s: lacking[s])
        got[split] += len(members[group])
        splits.append(split)
    return splits


def leaking(groups, splits) -> dict[int, str]:
    """Return which clips must go so that no group is in two splits, and why.

    A group stays in the split that holds most of its clips (the first of train, validation, test
    on ties).

    Args:
        groups: group per clip.
        splits: split per clip.

    Returns:
        Clip's position -> reason.
    """
    counts_of = defaultdict(Counter)
    for group, split in zip(groups, splits, strict=True):
        counts_of[group][split] += 1
    homes = {g: max(SPLITS, key=lambda s: counts[s]) for g, counts in counts_of.items()}
    return {
        i: f"its group '{group}' is in split {homes[group]} already"
        for i, (group, split) in enumerate(zip(groups, splits, strict=True))
        if split != homes[group]
    }


def balanced(labels, per_class: int, seed: int) -> list[int]:
    """Draw at most ``per_class`` clips of every class.

    Args:
        labels: class per clip.
        per_class: how many clips of a class are wanted.
        seed: the same seed draws the same clips.

    Returns:
        Positions of the drawn clips, ascending.
    """
    members = defaultdict(list)
    for i, label in enumerate(labels):
        members[label].append(i)
    indices = []
    for label, clips in members.items():
        order = generator(seed, "balance", str(label)).permutation(len(clips))
        indices += [clips[i] for i in order[:per_class]]
    return sorted(indices)
