"""Linear probes on the folds of the neighbour probes, whatever the width of a layer.

An L2-penalised linear model never leaves the span of its training clips (representer theorem), so
it can be fitted in coordinates of that span, of which there are fewer than clips. They follow from
the matrix of squared distances: half a million dimensions cost no more than a thousand.
"""

import warnings

import numpy as np
from scipy.linalg import solve_triangular
from scipy.linalg.lapack import dpstrf
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from tonotopy.errors import InputError
from tonotopy.probes.distances import check_matrix

# clips that lie this near to the span of others, in squared units of the mean distance to the mean,
# are in it but for the noise of the distances
RANK_TOLERANCE = 1e-6


def probabilities(
    squared: np.ndarray,
    labels: np.ndarray,
    folds: np.ndarray,
    inverse_penalty: float,
    tolerance: float = 1e-4,
) -> np.ndarray:
    """Return out-of-fold class probabilities of a multinomial logistic regression.

    Each model sees the clips of the other folds, centred on their mean and divided by one number,
    the root mean squared distance to that mean. Features are not standardised one by one as in
    :func:`tonotopy.probes.linear.fit_linear`: distances do not know single features. Where features
    have equal variances, this is the same as standardising them with C = inverse_penalty /
    dimensions.

    Args:
        squared: squared Euclidean distances, shape (clips, clips).
        labels: class of each clip, shape (clips,).
        folds: fold of each clip, shape (clips,).
        inverse_penalty: scikit-learn's C, larger is weaker.
        tolerance: of the fit; at scikit-learn's own 99 % of predictions have settled, in a third of
            the time of a fit to 1e-8.

    Returns:
        float64 (clips, classes), classes sorted, rows sum to 1. A class without training clips
        has probability 0.

    Raises:
        InputError: shapes do not agree, a distance is not finite, or fewer than two classes are
            left for training.
    """
    labels, folds = np.asarray(labels), np.asarray(folds)
    check_matrix(squared, labels, folds)
    classes, codes = np.unique(labels, return_inverse=True)
    result = np.zeros((len(labels), len(classes)))
    for fold in np.unique(folds):
        tested, train = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        if len(np.unique(codes[train])) < 2:
            raise InputError(
                f"fewer than two classes are left for training when fold {fold} is tested: use "
                "more folds or other groups"
            )
        inner, outer = span_coordinates(
            squared[np.ix_(train, train)], squared[np.ix_(tested, train)]
        )
        model = LogisticRegression(C=inverse_penalty, max_iter=1000, tol=tolerance)
        with threadpool_limits(1), warnings.catch_warnings():
            # separable clips creep along their direction for ever: predictions have settled
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(inner, codes[train])
        result[np.ix_(tested, model.classes_)] = model.predict_proba(outer)
    return result


def linear_predictions(
    squared: np.ndarray, labels: np.ndarray, folds: np.ndarray, inverse_penalty: float
) -> np.ndarray:
    """Return the most probable class of every clip, shape (clips,); see :func:`probabilities`."""
    predicted = probabilities(squared, labels, folds, inverse_penalty)
    return np.unique(labels)[predicted.argmax(axis=1)]


def span_coordinates(train: np.ndarray, tested: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return coordinates of clips in the span of the training clips, from squared distances.

    The origin is the mean of the training clips, the unit their root mean squared distance to it.
    Inner products come by double centring (classical scaling); what of a tested clip lies outside
    the span is left out, as no linear model fitted on the training clips can see it.

    Args:
        train: squared distances among training clips, shape (clips, clips).
        tested: squared distances of tested to training clips, shape (tested clips, clips).

    Returns:
        float64 (clips, rank) and (tested clips, rank), rank at least 1.
    """
    to_each, overall = train.mean(axis=0), train.mean()
    # overall / 2 is the mean squared distance to the mean; vectors that are all equal have none
    unit = -max(overall, np.finfo(float).tiny)
    products = (train - to_each - to_each[:, None] + overall) / unit
    crossed = (tested - tested.mean(axis=1, keepdims=True) - to_each + overall) / unit
    if not products.any():
        return np.zeros((len(train), 1)), np.zeros((len(tested), 1))
    # any root of the products serves; this one takes a tenth of the time of an eigendecomposition
    root, order, rank, _ = dpstrf(products, lower=1, tol=RANK_TOLERANCE)
    order, root = order - 1, np.tril(root)[:, :rank]
    inner = np.empty_like(root)
    inner[order] = root
    outer = solve_triangular(root[:rank], crossed[:, order[:rank]].T, lower=True).T
    return inner, outer
