"""Ridge regression of hand-made features on layers, tested on held-out clips.

The folds are groups of clips. For a fold that is held out, the penalty is the one with the smallest
error on its two neighbours, each predicted without it and without the fold itself: with F folds so
F decompositions are enough for all of them, since a pair of neighbours serves both (nested
selection). Predictors are standardised on the clips that are fitted to (ours).
"""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.model_selection import GroupKFold, KFold
from torch import Tensor

from tonotopy.errors import InputError

ALPHAS = tuple(float(alpha) for alpha in np.logspace(-2, 6, 5))  # penalties
MOST_ROWS = 6000
STILL = 1e-10  # variance, of predictors whose own is 1, below which one does not vary


class Held(NamedTuple):
    """What is predicted of held-out rows.

    Attributes:
        predicted: shape (rows, outputs).
        mean: of the rows that were fitted to, same shape: what is known without predictors.
        alphas: penalty of each fold.
    """

    predicted: Tensor
    mean: Tensor
    alphas: list[float]


class _Sums(NamedTuple):
    """Sums over rows of predictors and targets, which those of several folds add up to."""

    rows: int
    x: Tensor
    y: Tensor
    xx: Tensor
    xy: Tensor

    @classmethod
    def of(cls, x: Tensor, y: Tensor) -> "_Sums":
        return cls(len(x), x.sum(dim=0), y.sum(dim=0), x.T @ x, x.T @ y)

    def without(self, *others: "_Sums") -> "_Sums":
        """Return the sums that are left without some rows."""
        left = self
        for other in others:
            left = _Sums(*(mine - its for mine, its in zip(left, other, strict=True)))
        return left


def clip_folds(groups: np.ndarray, number: int, rng: np.random.Generator) -> np.ndarray:
    """Return the fold of every clip, shape (clips,); a group's clips are in one fold.

    Args:
        groups: of the clips; where none holds two clips, clips are shuffled.
        number: of folds, at most as many as there are groups.
        rng: random stream.

    Raises:
        InputError: fewer than three groups.
    """
    there = len(np.unique(groups))
    if there < 3:
        raise InputError(
            f"probed: {there} groups of clips are too few for probes, which need at least 3: take "
            "more clips"
        )
    number = min(number, there)
    if there == len(groups):
        shuffled = KFold(number, shuffle=True, random_state=int(rng.integers(2**31)))
        splits = shuffled.split(groups)
    else:
        splits = GroupKFold(number).split(groups, groups=groups)
    folds = np.empty(len(groups), dtype=int)
    for fold, (_, held) in enumerate(splits):
        folds[held] = fold
    return folds


def chosen_columns(clips: int, columns: int, rng: np.random.Generator) -> np.ndarray:
    """Return columns of every clip so that there are at most `MOST_ROWS` rows in all.

    Returns:
        Ascending, shape (clips, chosen); at least one each.
    """
    number = min(columns, max(1, MOST_ROWS // clips))
    return np.stack([np.sort(rng.permutation(columns)[:number]) for _ in range(clips)])


def held_out(predictors: Tensor, targets: Tensor, folds: np.ndarray) -> Held:
    """Predict every fold by ridge regression on the others.

    Args:
        predictors: shape (rows, width).
        targets: shape (rows, outputs).
        folds: of every row, from 0, at least three.
    """
    x, y = predictors.double(), targets.double()
    middle, scale = x.mean(dim=0), x.std(dim=0, correction=0)
    x = (x - middle) / torch.where(scale > 0, scale, 1.0)  # for the sake of precision alone
    offset = y.mean(dim=0)
    y = y - offset
    order = torch.from_numpy(np.argsort(folds, kind="stable")).to(x.device)
    ends = np.cumsum(np.unique(folds, return_counts=True)[1])
    rows = [slice(begin, end) for begin, end in zip([0, *ends[:-1]], ends, strict=True)]
    x, y = x[order], y[order]
    parts = [_Sums.of(x[own], y[own]) for own in rows]
    whole = _Sums(*(sum(values) for values in zip(*parts, strict=True)))
    errors = _validation_errors(x, y, rows, parts, whole)
    predicted, mean, alphas = torch.empty_like(y), torch.empty_like(y), []
    for fold, own in enumerate(rows):
        alpha = ALPHAS[int(errors[fold].argmin())]
        sums = whole.without(parts[fold])
        predicted[order[own]] = _applied(x[own], *_fitted(sums, (alpha,)))[:, 0] + offset
        mean[order[own]] = sums.y / sums.rows + offset
        alphas.append(alpha)
    return Held(predicted, mean, alphas)


def _validation_errors(
    x: Tensor, y: Tensor, rows: list[slice], parts: list[_Sums], whole: _Sums
) -> Tensor:
    """Return the squared error of each penalty on the neighbours of each fold, (folds, alphas)."""
    folds = len(rows)
    errors = torch.zeros(folds, len(ALPHAS), dtype=torch.float64)
    for first in range(folds):
        second = (first + 1) % folds
        sums = whole.without(parts[first], parts[second])
        weights, offsets = _fitted(sums, ALPHAS)
        for held, other in ((first, second), (second, first)):
            off = _applied(x[rows[held]], weights, offsets) - y[rows[held]][:, None]
            errors[other] += off.square().sum(dim=(0, 2)).cpu()
    return errors


def _fitted(sums: _Sums, alphas: tuple[float, ...]) -> tuple[Tensor, Tensor]:
    """Return weights (alphas, width, outputs) and offsets (alphas, outputs) of ridge regression.

    Predictors are standardised by the rows that the sums are of; those that do not vary have no
    weight.
    """
    mean, target = sums.x / sums.rows, sums.y / sums.rows
    covariance = sums.xx - sums.rows * torch.outer(mean, mean)
    variance = covariance.diagonal() / sums.rows
    varies = variance > STILL
    kept = varies / torch.where(varies, variance.clamp(min=0).sqrt(), 1.0)
    covariance *= torch.outer(kept, kept)
    product = (sums.xy - sums.rows * torch.outer(mean, target)) * kept[:, None]
    diagonal, found = covariance.diagonal().clone(), []
    for alpha in alphas:
        covariance.diagonal().copy_(diagonal + alpha)
        factor = torch.linalg.cholesky(covariance)
        found.append(torch.cholesky_solve(product, factor) * kept[:, None])
    weights = torch.stack(found)
    return weights, target - mean @ weights


def _applied(x: Tensor, weights: Tensor, offsets: Tensor) -> Tensor:
    """Return predictions (rows, alphas, outputs) of rows x."""
    flat = x @ weights.transpose(0, 1).flatten(1)
    return flat.unflatten(1, offsets.shape) + offsets
