"""How fast classes' probabilities rise when a network is steered: the readout of all vectors."""

import numpy as np
import torch

from tonotopy.inference import activated, kept_columns
from tonotopy.networks.containers import logits
from tonotopy.studies.steering.effects import slopes
from tonotopy.studies.steering.sweep import collapsed, sweep
from tonotopy.studies.validity.bench import Bench, Directions, Scores

NULL_CLIPS = 20  # clips that every vector of a null is read on


def steered(bench: Bench, directions: Directions) -> Scores:
    """Return the scores of a vector for each value: slopes over lambda, one-to-one (section 3.3).

    Every layer is steered with its own vector, at every strength within the slope range.

    Args:
        bench: network, clips and strengths.
        directions: layer -> (values, width).
    """
    near = [s for s in bench.settings["strengths"] if abs(s) <= bench.settings["slope_range"]]
    found = clip_slopes(bench, directions, bench.indices, near)
    return Scores(found.transpose(1, 0, 2)[None], "clip", bench.clip_names(bench.indices))


def steered_nulls(bench: Bench, directions: Directions) -> Scores:
    """Return the scores of sets of null vectors, as `steered`, from fewer clips and strengths.

    The largest strengths within the slope range are used, which move an answer the most.

    Args:
        bench: network, clips and strengths.
        directions: layer -> (sets, values, width).
    """
    near = [s for s in bench.settings["strengths"] if abs(s) <= bench.settings["slope_range"]]
    indices = bench.drawn("null clips", min(NULL_CLIPS, bench.settings["clips"]))
    sets = len(next(iter(directions.values())))
    flat = {name: v.reshape(-1, v.shape[-1]) for name, v in directions.items()}
    found = clip_slopes(bench, flat, indices, sorted({min(near), max(near)}))
    apart = found.reshape(sets, len(bench.values), *found.shape[1:])
    return Scores(apart.transpose(0, 2, 1, 3), "clip", bench.clip_names(indices))


@torch.no_grad()
def clip_slopes(
    bench: Bench, directions: Directions, indices: np.ndarray, strengths: list[float]
) -> np.ndarray:
    """Return the least-squares slope of each clip's probabilities over lambda, 0 included.

    Strengths at which the output has collapsed are left out; where it collapses at all of them, as
    under many null vectors, all are read.

    Args:
        bench: the network, and how its answers are read.
        directions: steered layer -> (directions, width).
        indices: positions of clips of the class corpus.
        strengths: lambdas other than 0.

    Returns:
        Shape (directions, clips, classes), per unit of lambda.
    """
    bundle, inputs = bench.bundle, bench.inputs(indices)
    along = {
        name: torch.from_numpy(np.ascontiguousarray(v, dtype=np.float32)).to(bundle.device)
        for name, v in directions.items()
    }
    lambdas = torch.tensor(strengths, dtype=torch.float32, device=bundle.device)
    moved = sweep(bundle, bench.layers, inputs, along, lambdas, bench.activation).numpy()
    plain = torch.cat([logits(bundle.network(part)).float().cpu() for part in inputs.split(128)])
    still = activated(plain, bench.activation).numpy().astype(np.float64)
    grid = np.array([0.0, *strengths])
    return np.stack([_slopes(bench, grid, still, own.astype(np.float64)) for own in moved])


def _slopes(bench: Bench, grid: np.ndarray, still: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Return slopes along one direction, (clips, classes); moved: (strengths, clips, outputs)."""
    whole = [n for n, p in enumerate(moved, 1) if not collapsed(still, p, bench.activation)]
    kept = [0, *(whole or range(1, len(grid)))]
    values = kept_columns(np.stack([still, *moved])[kept], bench.columns)
    return slopes(grid[kept], values)
