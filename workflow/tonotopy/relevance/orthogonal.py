"""Orthogonal matrices whose columns, in equal blocks, span subspaces."""

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from scipy.stats import ortho_group
from torch import Tensor

from tonotopy.errors import InputError

# smallest over largest eigenvalue of V'V below which its inverse root would lose digits
NEARLY_SINGULAR = 1e-6


def block_width(width: int, blocks: int) -> int:
    """Return the number of columns of a block.

    Raises:
        InputError: the width is not a multiple of the number of blocks.
    """
    if blocks < 1 or width % blocks:
        raise InputError(
            f"{width} channels cannot be split into {blocks} equal subspaces; choose a number "
            f"that divides {width}"
        )
    return width // blocks


def polar(matrices: Tensor) -> Tensor:
    """Return the nearest orthogonal matrices, V (V'V)^(-1/2), shape (..., D, D) (equation 3.6).

    Computed in float64 whatever the type: by the eigenvalues of V'V, and by singular vectors where
    V is nearly singular, where the inverse root does not exist.
    """
    double = matrices.double()
    values, vectors = torch.linalg.eigh(double.mT @ double)
    singular = values[..., 0] <= NEARLY_SINGULAR * values[..., -1]
    roots = values.clamp(min=torch.finfo(torch.float64).tiny).rsqrt()
    orthogonal = double @ ((vectors * roots.unsqueeze(-2)) @ vectors.mT)
    if singular.any():
        left, _, right = torch.linalg.svd(double[singular])
        orthogonal[singular] = left @ right
    return orthogonal.to(matrices.dtype)


def random_orthogonal(width: int, rng: np.random.Generator) -> Tensor:
    """Return a matrix of the Haar measure, float64, shape (width, width), width at least 2."""
    return torch.from_numpy(ortho_group.rvs(width, random_state=rng))


def principal_components(vectors: Tensor) -> Tensor:
    """Return all principal axes of vectors (N, D) as columns, largest variance first: (D, D).

    Cut into blocks they are the leading axes, the next ones and so on: the first block has the
    most variance, the last one the least. No other grouping is told by the variances alone.
    """
    centred = vectors.double() - vectors.double().mean(dim=0)
    _, axes = torch.linalg.eigh(centred.mT @ centred)
    return axes.flip(-1).to(vectors.dtype)


def principal_cosines(bases: Tensor, others: Tensor, blocks: int) -> np.ndarray:
    """Return how well the subspaces of one basis agree with those of another.

    The cosines of the principal angles of two subspaces are the singular values of U_i' V_j. Each
    subspace of ``bases`` is paired with one of ``others`` so that the sum of mean cosines is as
    large as it can be.

    Args:
        bases: orthogonal, shape (D, D).
        others: orthogonal, shape (D, D).
        blocks: number of subspaces, K.

    Returns:
        Mean cosine of each subspace of ``bases`` with its partner, shape (K,), 0 to 1. Random
        subspaces do not reach 0: they share .45 at D 64 and K 4.

    Raises:
        InputError: D is not a multiple of K.
    """
    width = block_width(bases.shape[0], blocks)
    products = (bases.double().mT @ others.double()).unfold(0, width, width)
    products = products.unfold(1, width, width)  # (K, K, width, width): every pair of blocks
    cosines = torch.linalg.svdvals(products).mean(dim=-1).cpu().numpy()
    return cosines[linear_sum_assignment(cosines, maximize=True)]
