"""k-nearest-neighbour probes: every k and every fold from one matrix and one sort."""

import numpy as np

from tonotopy.errors import InputError
from tonotopy.probes.distances import check_matrix

KS = (*range(1, 10), 20, 50, 100)
ROWS = 512  # clips that are classified at a time


def allowed_ks(labels: np.ndarray, folds: np.ndarray, ks: tuple[int, ...] = KS) -> tuple[int, ...]:
    """Return the ks that do not exceed the smallest class's number of training clips.

    Beyond it the smallest class could not win a vote that it should win unanimously.

    Args:
        labels: class of each clip, shape (clips,).
        folds: fold of each clip, shape (clips,).
        ks: numbers of neighbours.

    Raises:
        InputError: none is allowed; the message names the class and the fold.
    """
    label, fold, limit = _smallest_training_class(labels, folds)
    allowed = tuple(int(k) for k in ks if 1 <= k <= limit)
    if not allowed:
        raise InputError(
            f"class '{label}' has {limit} training clips when fold {fold} is tested, none of the "
            f"ks {', '.join(map(str, ks))} fits: add clips, drop the class or allow a smaller k"
        )
    return allowed


def _smallest_training_class(labels: np.ndarray, folds: np.ndarray) -> tuple:
    """Return (class, fold, training clips) where a class has fewest clips outside a fold."""
    classes, codes = np.unique(labels, return_inverse=True)
    names, fold_codes = np.unique(folds, return_inverse=True)
    inside = np.zeros((len(classes), len(names)), dtype=int)
    np.add.at(inside, (codes, fold_codes), 1)
    outside = inside.sum(axis=1, keepdims=True) - inside
    least = np.unravel_index(outside.argmin(), outside.shape)
    return classes[least[0]], names[least[1]], int(outside[least])


def predictions(
    distances: np.ndarray, labels: np.ndarray, folds: np.ndarray, ks: tuple[int, ...] = KS
) -> np.ndarray:
    """Classify every clip by majority among its nearest clips of the other folds (thesis, 2.2).

    Clips at equal distance are taken in order of their index. A tied vote goes to the class that
    sorts first, as in scikit-learn's KNeighborsClassifier.

    Args:
        distances: shape (clips, clips), Euclidean or their squares: only their order counts.
        labels: class of each clip, shape (clips,).
        folds: fold of each clip, shape (clips,).
        ks: numbers of neighbours, in any order, none above the smallest class's training clips
            (see :func:`allowed_ks`).

    Returns:
        Predicted classes in the type of ``labels``, shape (len(ks), clips).

    Raises:
        InputError: shapes do not agree, a distance is not finite or a k is not allowed.
    """
    labels, folds = np.asarray(labels), np.asarray(folds)
    check_matrix(distances, labels, folds)
    _check_ks(labels, folds, ks)
    classes, codes = np.unique(labels, return_inverse=True)
    order = _nearest_outside(distances, folds, max(ks))
    return classes[_votes(codes[order], len(classes), ks)]


def correct(
    distances: np.ndarray, labels: np.ndarray, folds: np.ndarray, ks: tuple[int, ...] = KS
) -> np.ndarray:
    """Return which clips are classified rightly, bool (len(ks), clips); see :func:`predictions`.

    The mean over clips is the accuracy.
    """
    return predictions(distances, labels, folds, ks) == np.asarray(labels)


def shuffled_correct(
    distances: np.ndarray, labels: np.ndarray, folds: np.ndarray, k: int
) -> np.ndarray:
    """Return the same for many shufflings of the labels, from one sort of the distances.

    Args:
        distances: shape (clips, clips).
        labels: each row has the class of each clip, shape (shufflings, clips); all rows have as
            many clips of a class in a fold as the first, see `shuffled_labels`.
        folds: fold of each clip, shape (clips,).
        k: number of neighbours, see `allowed_ks`.

    Returns:
        bool (shufflings, clips).

    Raises:
        InputError: shapes do not agree, a distance is not finite or k is not allowed.
    """
    labels, folds = np.asarray(labels), np.asarray(folds)
    check_matrix(distances, labels[0], folds)
    _check_ks(labels[0], folds, (k,))
    classes, codes = np.unique(labels, return_inverse=True)
    codes = codes.reshape(labels.shape)
    order = _nearest_outside(distances, folds, k)
    return np.stack([_votes(row[order], len(classes), (k,))[0] == row for row in codes])


def shuffled_labels(labels: np.ndarray, folds: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return labels in another order within every fold, so that folds stay as balanced."""
    shuffled = np.array(labels)
    for fold in np.unique(folds):
        inside = np.flatnonzero(folds == fold)
        shuffled[inside] = shuffled[rng.permutation(inside)]
    return shuffled


def _check_ks(labels: np.ndarray, folds: np.ndarray, ks: tuple[int, ...]) -> None:
    label, fold, limit = _smallest_training_class(labels, folds)
    wrong = [k for k in ks if not 1 <= k <= limit]
    if wrong or not len(ks):
        raise InputError(
            f"k = {wrong[0] if wrong else 'none'} is not allowed: class '{label}' has {limit} "
            f"training clips when fold {fold} is tested; choose ks from 1 to {limit}"
        )


def _nearest_outside(distances: np.ndarray, folds: np.ndarray, most: int) -> np.ndarray:
    """Return the nearest clips of the other folds, in order, int (clips, most)."""
    order = np.empty((len(folds), most), dtype=int)
    for start in range(0, len(folds), ROWS):
        rows = slice(start, start + ROWS)
        same = folds[rows, None] == folds
        order[rows] = _nearest(np.where(same, np.inf, distances[rows]), most)
    return order


def _nearest(distances: np.ndarray, most: int) -> np.ndarray:
    """Return the columns of the ``most`` smallest entries of each row, in order, ties by column.

    Partition first: it takes a tenth of the time of a full stable sort.
    """
    columns = np.sort(np.argpartition(distances, most - 1, axis=1)[:, :most], axis=1)
    values = np.take_along_axis(distances, columns, axis=1)
    order = np.take_along_axis(columns, np.argsort(values, axis=1, kind="stable"), axis=1)
    # where a tie straddles the last place, the partition took any of the tied clips
    tied = np.flatnonzero((distances <= values.max(axis=1, keepdims=True)).sum(axis=1) > most)
    order[tied] = np.argsort(distances[tied], axis=1, kind="stable")[:, :most]
    return order


def _votes(neighbours: np.ndarray, classes: int, ks: tuple[int, ...]) -> np.ndarray:
    """Return the winning class among the first k neighbours, for every k in one pass.

    Args:
        neighbours: class indices in order of distance, shape (clips, at least max(ks)).
        classes: number of classes.
        ks: numbers of neighbours, in any order.

    Returns:
        int (len(ks), clips).
    """
    clips = len(neighbours)
    cells = neighbours + classes * np.arange(clips)[:, None]
    counts = np.zeros(clips * classes, dtype=int)
    winners = np.empty((len(ks), clips), dtype=int)
    counted = 0
    for index in np.argsort(ks):
        counts += np.bincount(cells[:, counted : ks[index]].ravel(), minlength=len(counts))
        counted = ks[index]
        winners[index] = counts.reshape(clips, classes).argmax(axis=1)
    return winners
