"""Splits and draws: splits are written somewhere or drawn; groups never cross them."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from tonotopy.corpora.settings import SPLITS, check_shares
from tonotopy.seeding import generator

PREFERRED = ("train", "test", "validation")  # which splits a draw of one or two clips goes to


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
    """Return which clips must move so that no group is in two splits, and where to.

    A group belongs to the split that holds most of its clips (the first of train, validation, test
    on ties).

    Args:
        groups: group per clip.
        splits: split per clip.

    Returns:
        Clip's position -> split of its group.
    """
    counts_of = defaultdict(Counter)
    for group, split in zip(groups, splits, strict=True):
        counts_of[group][split] += 1
    homes = {g: max(SPLITS, key=lambda s: counts[s]) for g, counts in counts_of.items()}
    return {
        i: homes[group]
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


def drawn(labels, splits, ranks: Sequence[float], per_class: int) -> list[int]:
    """Draw at most ``per_class`` clips of every class, from its splits as `quotas` says.

    Args:
        labels: class per clip.
        splits: split per clip.
        ranks: number per clip; of each class and split those with the lowest are drawn, so that
            a clip that is taken away changes no other clip's turn.
        per_class: how many clips of a class are wanted.

    Returns:
        Positions of the drawn clips, ascending.
    """
    members = defaultdict(lambda: defaultdict(list))
    for i, (label, split) in enumerate(zip(labels, splits, strict=True)):
        members[label][split].append(i)
    indices = []
    for of_split in members.values():
        wanted = quotas({split: len(clips) for split, clips in of_split.items()}, per_class)
        for split, clips in of_split.items():
            indices += sorted(clips, key=ranks.__getitem__)[: wanted[split]]
    return sorted(indices)


def quotas(sizes: dict[str, int], total: int) -> dict[str, int]:
    """Divide a number of clips over splits in proportion to their sizes, at least one from each.

    They are given out one by one (Sainte-Lague), so that no split gets fewer of a larger number.

    Args:
        sizes: split -> clips that it has.
        total: how many are wanted; fewer than there are splits go to training, then to the test.

    Returns:
        Split -> clips to take; together the total, or all that there are.
    """
    taken = dict.fromkeys(sizes, 0)
    for _ in range(min(total, sum(sizes.values()))):
        open_splits = [s for s in PREFERRED if taken.get(s, 0) < sizes.get(s, 0)]
        untouched = [s for s in open_splits if not taken[s]]
        claims = {s: sizes[s] / (2 * taken[s] + 1) for s in open_splits}
        split = untouched[0] if untouched else max(open_splits, key=claims.__getitem__)
        taken[split] += 1
    return taken
