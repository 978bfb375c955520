"""Pairs with known relevant subspaces, to see whether a method finds them."""

import numpy as np
import torch
from torch import Tensor

from tonotopy.relevance.orthogonal import block_width, random_orthogonal
from tonotopy.relevance.vectors import normalised


def planted_pairs(
    width: int,
    blocks: int,
    pairs: int,
    rng: np.random.Generator,
    share: float = 0.3,
    noise: float = 0.3,
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw pairs whose contexts live in few blocks of a random orthogonal T at a time.

    With z_n normal, and every block of z_n kept in g_n with probability ``share``:
    a_n = T z_n + noise and c_n = T g_n + noise, normal too. All subspaces are active in every
    pair, so that activations alone tell nothing of T; which of them is relevant differs.

    Args:
        width: D, a multiple of ``blocks``.
        blocks: number of subspaces, K.
        pairs: N.
        rng: source of all draws.
        share: probability that a block is relevant, 0 to 1.
        noise: standard deviation of what is added to each entry; entries of z have 1.

    Returns:
        T (D, D), activations and contexts (N, D), normalised; float64.

    Raises:
        InputError: D is not a multiple of K.
    """
    size = block_width(width, blocks)
    truth = random_orthogonal(width, rng)
    active = rng.normal(size=(pairs, blocks, size))
    relevant = active * (rng.random((pairs, blocks, 1)) < share)
    activations, contexts = (
        torch.from_numpy(latent.reshape(pairs, width)) @ truth.mT
        + noise * torch.from_numpy(rng.normal(size=(pairs, width)))
        for latent in (active, relevant)
    )
    return truth, normalised(activations, "activations"), normalised(contexts, "contexts")
