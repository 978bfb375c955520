"""Similarity of a map and a hand-made feature, with the input's share taken out of the feature.

A map that copies energy matches every spectrum, because the input itself does. So the headline is
semi-partial: what is left of the feature once all that the input's own value tells of it, cell by
cell and not only linearly, is taken out. Only the feature is residualised: with both, permutations
would no longer be a null (ours).

A clip of one row and four columns, whose feature is twice its input but for one cell:

>>> import torch
>>> input = torch.tensor([[[0.0, 1.0, 2.0, 3.0]]])
>>> feature = torch.tensor([[[0.0, 2.0, 4.0, 6.0]]])
>>> raw = (unit(input) * unit(feature)).sum()
>>> round(float(raw), 3)  # the input matches the feature
1.0
>>> left = residual(feature, input)
>>> round(float((unit(input) * unit(left)).sum().abs()), 3)  # and nothing beyond itself
0.0
>>> longer = torch.tensor([[[0.0, 0.0, 1.0, 1.0, 2.0, 2.0]]])
>>> alternating = torch.tensor([[[1.0, 0.0, 1.0, 0.0, 1.0, 0.0]]])
>>> map = torch.tensor([[[[3.0, 2.0, 3.0, 2.0, 3.0, 2.0]]]])
>>> left = unit(residual(alternating, longer))
>>> round(float(similarities(unit(map).flatten(2), left.flatten(1))[0, 0, 0]), 3)
1.0
"""

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

KNOTS = 6  # where the slope may change, at quantiles of the input from .1 to .9
CELLS = 5  # for each parameter of the input's share: on small grids there are fewer knots
FEWEST_CELLS = 2 * CELLS  # for a constant and a slope: on fewer, nothing is left to match
CONSTANT = 1e-6  # standard deviation over largest magnitude, below which nothing varies
DEPENDENT = 1e-6  # singular value over the largest, below which columns of a design are one
PRECISION = 1e-9  # of float64 sums over many cells
TOGETHER = 16  # clips


def common_grid(first: tuple[int, int], second: tuple[int, int]) -> tuple[int, int]:
    """Return the elementwise smaller of two grids (rows, columns)."""
    return min(first[0], second[0]), min(first[1], second[1])


def pooled(values: Tensor, grid: tuple[int, int]) -> Tensor:
    """Return averages (..., rows, columns) on a grid no finer than that of the values.

    Args:
        values: shape (..., rows, columns).
        grid: rows and columns.

    Raises:
        ValueError: the grid is finer: nothing is made up between cells.
    """
    own = tuple(values.shape[-2:])
    if common_grid(own, grid) != tuple(grid):
        raise ValueError(f"a grid of {own} cannot be pooled to {tuple(grid)}: it is finer")
    if own == tuple(grid):
        return values
    flat = adaptive_avg_pool2d(values.reshape(-1, 1, *own), tuple(grid))
    return flat.reshape(*values.shape[:-2], *grid)


def unit(values: Tensor) -> Tensor:
    """Return values of mean 0 and norm 1 over rows and columns; those that do not vary are 0.

    Args:
        values: shape (..., rows, columns).
    """
    centred = values - values.mean(dim=(-2, -1), keepdim=True)
    norm = centred.square().sum(dim=(-2, -1), keepdim=True).sqrt()
    cells = values.shape[-2] * values.shape[-1]
    largest = values.abs().amax(dim=(-2, -1), keepdim=True)
    varies = norm > CONSTANT * cells**0.5 * largest
    return torch.where(varies, centred / norm.where(varies, torch.ones_like(norm)), 0.0)


def residual(feature: Tensor, input: Tensor) -> Tensor:
    """Return what a feature has beyond [1, X, max(X - q_k, 0)], q_k up to six quantiles of X.

    There are as many knots as leave five cells to a parameter, see `knots`. Least squares for each
    clip on its own; columns of the design that depend on each other count once. What is left by
    rounding alone is 0.

    Args:
        feature: F, shape (clips, rows, columns).
        input: X on the same grid.

    Returns:
        Shape of the feature.
    """
    parts = [
        _residual(own, other)
        for own, other in zip(feature.split(TOGETHER), input.split(TOGETHER), strict=True)
    ]
    return torch.cat(parts)


def knots(cells: int) -> list[float]:
    """Return the quantiles of the input at which the slope may change on so many cells.

    Six of them, evenly from .1 to .9, on 40 cells or more; one in the middle on 15; none below.
    """
    number = min(max(cells // CELLS - 2, 0), KNOTS)
    if number < 2:
        return [0.5] * number
    return [0.1 + 0.8 * place / (number - 1) for place in range(number)]


def _residual(feature: Tensor, input: Tensor) -> Tensor:
    f, x = (values.flatten(1).double() for values in (feature, input))
    basis = _basis(x)
    centred = f - f.mean(dim=1, keepdim=True)
    left = f - (basis @ (basis.mT @ f[..., None]))[..., 0]
    size, varying = (values.norm(dim=1, keepdim=True) for values in (f, centred))
    rounding = CONSTANT * varying + PRECISION * size
    left = torch.where(left.norm(dim=1, keepdim=True) > rounding, left, 0.0)
    return left.reshape(feature.shape).to(feature)


def _basis(x: Tensor) -> Tensor:
    """Return orthonormal columns that span the design, zeros for those that depend on others.

    Args:
        x: float64, shape (clips, cells).

    Returns:
        Shape (clips, cells, at most 8).
    """
    scale = x.abs().amax(dim=1, keepdim=True).clamp(min=torch.finfo(x.dtype).tiny)
    x = x / scale
    places = torch.tensor(knots(x.shape[1]), dtype=x.dtype, device=x.device)
    hinges = [(x - knot[:, None]).clamp(min=0) for knot in torch.quantile(x, places, dim=1)]
    design = torch.stack([torch.ones_like(x), x, *hinges], dim=2)
    left, values, _ = torch.linalg.svd(design, full_matrices=False)
    return left * (values > DEPENDENT * values[:, :1])[:, None]


def similarities(maps: Tensor, features: Tensor) -> Tensor:
    """Return S (maps, clips, others): of every map on every clip and every other clip's feature.

    Args:
        maps: A, see `unit`, shape (clips, maps, cells).
        features: F, see `unit`, shape (others, cells).
    """
    return (maps.flatten(0, 1) @ features.T).unflatten(0, maps.shape[:2]).transpose(0, 1)


def folding(hertz: Tensor) -> Tensor:
    """Return weights that fold rows to the pitch classes of the equal-tempered scale (A is 440 Hz).

    Args:
        hertz: centre frequency of every row, shape (rows,).

    Returns:
        Shape (classes, rows): classes from C upwards, those without a row are left out; weights of
        a class sum to 1.
    """
    weights = _belonging(hertz)
    kept = weights[weights.any(dim=1)]
    return kept / kept.sum(dim=1, keepdim=True)


def folded_classes(hertz: Tensor) -> list[int]:
    """Return which of the 12 pitch classes, C being 0, have a row, see `folding`."""
    return _belonging(hertz).any(dim=1).nonzero()[:, 0].tolist()


def _belonging(hertz: Tensor) -> Tensor:
    """Return which rows belong to which of 12 classes, shape (12, rows)."""
    heard = hertz.double().clamp(min=torch.finfo(torch.float64).tiny)
    classes = (12 * (heard / 440).log2() + 9).round().long() % 12
    belongs = classes == torch.arange(12, device=hertz.device)[:, None]
    return (belongs & (hertz > 0)).to(hertz)
