"""Which clips a probe is tested on together."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from tonotopy.errors import InputError, nearest
from tonotopy.seeding import generator

KINDS = ("paper", "grouped")


def folds(
    labels: np.ndarray,
    groups: np.ndarray | None,
    kind: str,
    count: int = 5,
    seed: int = 0,
    keep_groups: bool = False,
    names: Sequence[str] | None = None,
) -> np.ndarray:
    """Assign every clip to the fold that it is tested in.

    Folds of kind "paper" are stratified by class (thesis section 2.2.2) and look at groups only
    where ``keep_groups`` says so, as the thesis does for the songs of Medley-solos-DB. Folds of
    kind "grouped" never share a group and are stratified as far as that allows.

    Args:
        labels: class of each clip, shape (clips,).
        groups: what clips may have in common besides their class (song, speaker, instrument),
            shape (clips,); None where it is not known.
        kind: "paper" or "grouped".
        count: number of folds, at least 2.
        seed: seed of the run.
        keep_groups: keep groups together under "paper" too.
        names: of the classes, where labels are their numbers; for messages.

    Returns:
        int (clips,), from 0 to count - 1.

    Raises:
        InputError: the kind is unknown, groups are needed and missing, a class has fewer clips or
            groups than there are folds, or no division keeps groups apart and fills every fold.
    """
    labels = np.asarray(labels)
    _check_request(kind, count)
    grouped = kind == "grouped" or keep_groups
    if grouped and groups is None:
        raise InputError("folds: no groups are known for these clips, use 'paper' folds")
    if grouped and (len(groups) != len(labels) or pd.isna(groups).any()):
        count_known = len(groups) - int(np.sum(pd.isna(groups)))
        raise InputError(f"folds: {count_known} groups for {len(labels)} clips, expected one each")
    units = np.unique(groups, return_inverse=True)[1] if grouped else np.arange(len(labels))
    named = labels if names is None else np.asarray(names, dtype=object)[labels]
    _check_classes(named, units, count, "group" if grouped else "clip")
    fold_of = _assign(labels, units, grouped, count, seed)
    _check_folds(fold_of, units, count)
    return fold_of


def impossible(
    labels: np.ndarray,
    groups: np.ndarray | None,
    kind: str,
    count: int = 5,
    seed: int = 0,
    keep_groups: bool = False,
    names: Sequence[str] | None = None,
) -> str | None:
    """Return why folds of a kind cannot be drawn, None where they can; arguments as of `folds`.

    For corpora of which only a part can be had, such as the one free speaker of PCVC: a run goes on
    without these folds and says why.

    Raises:
        InputError: a request that no corpus could meet: an unknown kind, or fewer than 2 folds.
    """
    _check_request(kind, count)
    try:
        folds(labels, groups, kind, count, seed, keep_groups, names)
    except InputError as error:
        return str(error).removeprefix("folds: ")
    return None


def _check_request(kind: str, count: int) -> None:
    if kind not in KINDS:
        raise InputError(f"folds: '{kind}' is no kind of folds{nearest(kind, KINDS)}")
    if count < 2:
        raise InputError(f"folds: {count} folds cannot be tested against each other, use 2 or more")


def _check_classes(labels: np.ndarray, units: np.ndarray, count: int, unit: str) -> None:
    for label in np.unique(labels):
        size = len(np.unique(units[labels == label]))
        if size < count:
            more = "clips of other groups" if unit == "group" else "clips"
            raise InputError(
                f"folds: class '{label}' has {size} {unit}{'s' * (size != 1)}, fewer than the "
                f"{count} folds: add {more}, or leave the class out"
            )


def _assign(
    labels: np.ndarray, units: np.ndarray, grouped: bool, count: int, seed: int
) -> np.ndarray:
    kind = StratifiedGroupKFold if grouped else StratifiedKFold
    state = int(generator(seed, "folds").integers(2**31))
    splitter = kind(n_splits=count, shuffle=True, random_state=state)
    fold_of = np.full(len(labels), -1)
    for fold, (_, tested) in enumerate(splitter.split(labels, labels, units if grouped else None)):
        fold_of[tested] = fold
    return fold_of


def _check_folds(fold_of: np.ndarray, units: np.ndarray, count: int) -> None:
    pairs = np.unique(np.stack([units, fold_of]), axis=1)
    if len(pairs[0]) != len(np.unique(units)):
        raise InputError("folds: a group lies in two folds; groups must be disjoint across folds")
    if len(np.unique(fold_of)) != count or fold_of.min() < 0:
        raise InputError(
            f"folds: the groups are too large or too few to fill {count} folds: add clips of other "
            "groups"
        )
