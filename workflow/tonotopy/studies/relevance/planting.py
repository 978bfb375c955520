"""Known relevant subspaces: which method finds them?"""

import pandas as pd
import torch

from tonotopy.relevance.orthogonal import principal_cosines
from tonotopy.relevance.planted import planted_pairs
from tonotopy.relevance.subspaces import Ascent, Problem, fit, principal_subspaces
from tonotopy.seeding import generator

WIDTHS = (64, 16)  # found for certain; the width of the thesis's synthetic network, where not
COMPONENTS, PAIRS = 4, 2000
ASCENT = Ascent(starts=3, step=30.0, steps=200)


def planted_table(draws: int, seed: int) -> pd.DataFrame:
    """Return how well DRSA, DSA and PCA find subspaces that are known, at every width.

    Args:
        draws: number of known bases, each with pairs of its own.
        seed: of the run.

    Returns:
        Columns width, components, draw, method, cosine: the mean cosine of principal angles, over
        subspaces that are paired as well as can be.
    """
    tables = [_table(width, draws, seed) for width in WIDTHS]
    return pd.concat(tables, ignore_index=True)


def _table(width: int, draws: int, seed: int) -> pd.DataFrame:
    worlds = [
        planted_pairs(width, COMPONENTS, PAIRS, generator(seed, "planted subspaces", draw))
        for draw in range(draws)
    ]
    truths, activations, contexts = (
        torch.stack(parts).float() for parts in zip(*worlds, strict=True)
    )
    problems = [Problem("planted", str(draw)) for draw in range(draws)]
    found = {
        "drsa": fit(problems, activations, contexts, COMPONENTS, ASCENT, seed),
        "dsa": fit(problems, activations, None, COMPONENTS, ASCENT, seed),
        "pca": principal_subspaces(problems, activations, COMPONENTS),
    }
    rows = [
        (draw, method, principal_cosines(basis, truths[draw], COMPONENTS).mean())
        for method, subspaces in found.items()
        for draw, basis in enumerate(subspaces.bases)
    ]
    table = pd.DataFrame(rows, columns=["draw", "method", "cosine"])
    return table.assign(width=width, components=COMPONENTS)
