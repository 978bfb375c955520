"""What relevant subspaces maximise, and its gradient, for many starts and problems at once."""

import torch
from torch import Tensor

# blocks whose mean relevance is below this, in units of normalised vectors, are taken to have it:
# the slope of the soft minimum is infinite at 0
LEAST_RELEVANCE = 1e-6
# numbers in a projection of some of the pairs: it stays in the cache between its uses
TILE = 2**19


def objective(
    activations: Tensor, contexts: Tensor | None, bases: Tensor, blocks: int
) -> tuple[Tensor, Tensor]:
    """Return the objective of DRSA and its gradient (equations 2.18 and 2.19).

    With R_kn = (U_k' a_n) . (U_k' c_n) it is M^.5 over k of M^2 over n of max(0, R_kn), where M^p
    is the generalised mean. With J_k the mean over n, the gradient of U_k is
    sum over n of w_kn (a_n c_n' + c_n a_n') U_k with
    w_kn = (sum over l of J_l^.5) max(0, R_kn) / (K^2 N J_k^1.5).

    Args:
        activations: normalised vectors as columns, shape (problems, D, N).
        contexts: of the same shape; None means the activations themselves (DSA), at half the work.
        bases: orthogonal, shape (problems, starts, D, D).
        blocks: number of subspaces, K, which divides D.

    Returns:
        Values (problems, starts) and gradients of the shape of ``bases``.
    """
    problems, starts, width, _ = bases.shape
    pairs = activations.shape[-1]
    rows = bases.mT.reshape(problems, starts * width, width)
    squares = activations.new_zeros(problems, starts * blocks)
    gradients = torch.zeros_like(rows)
    tile = max(1, TILE // (rows.shape[0] * rows.shape[1]))
    for first in range(0, pairs, tile):
        part = slice(first, first + tile)
        a = activations[..., part]
        c = None if contexts is None else contexts[..., part]
        squares += _accumulate(gradients, rows, a, c, starts * blocks)
    means = (squares / pairs).sqrt().view(problems, starts, blocks)
    values = means.sqrt().mean(dim=-1).square()
    slopes = _slopes(means.clamp(min=LEAST_RELEVANCE), pairs)
    gradients = gradients.view(problems, starts, blocks, -1, width) * slopes[..., None, None]
    return values, gradients.flatten(2, 3).mT


def _accumulate(
    gradients: Tensor, rows: Tensor, a: Tensor, c: Tensor | None, groups: int
) -> Tensor:
    """Add sum over n of R_kn^+ U_k' (a_n c_n' + c_n a_n') and return sum over n of (R_kn^+)^2.

    Args:
        gradients: shape (problems, starts * D, D), changed in place.
        rows: transposed bases of all starts, of the same shape.
        a: shape (problems, D, n).
        c: likewise, or None for a itself.
        groups: starts * K.

    Returns:
        Shape (problems, groups).
    """
    of_a = torch.bmm(rows, a).unflatten(1, (groups, -1))  # (problems, groups, D / K, n)
    of_c = of_a if c is None else torch.bmm(rows, c).unflatten(1, (groups, -1))
    relevance = (of_a * of_c).sum(dim=2, keepdim=True).clamp_(min=0)
    of_a *= relevance
    if c is None:
        gradients.baddbmm_(of_a.flatten(1, 2), a.mT, alpha=2)
    else:
        of_c *= relevance
        gradients.baddbmm_(of_c.flatten(1, 2), a.mT)
        gradients.baddbmm_(of_a.flatten(1, 2), c.mT)
    return relevance.square().sum(dim=(2, 3))


def _slopes(means: Tensor, pairs: int) -> Tensor:
    """Return dJ / dJ_k times dJ_k / dR_kn without its factor R_kn; ``means`` (..., K) are J_k."""
    outer = means.sqrt().mean(dim=-1, keepdim=True) / (means.shape[-1] * means.sqrt())
    return outer / (pairs * means)
