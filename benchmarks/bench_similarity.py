"""All maps of a layer beside all features at once against loops over maps, clips and features."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import numpy as np
import torch
from timing import compare

from tonotopy.similarity.measure import similarities, unit
from tonotopy.similarity.null import permutation_null

MAPS, CLIPS, FEATURES, GRID = 64, 96, 11, (12, 18)
REPEATS = 3
GOAL = 20


def centred(values: np.ndarray) -> np.ndarray:
    """Return a map or a feature of mean 0 and norm 1."""
    own = values - values.mean()
    return own / np.linalg.norm(own)


def plain_loop(maps: np.ndarray, features: np.ndarray) -> np.ndarray:
    """Return z of every map and feature: one map, feature and pair of clips after the other."""
    found = np.empty((MAPS, FEATURES))
    for feature in range(FEATURES):
        others = [centred(own) for own in features[feature]]
        for number in range(MAPS):
            s = np.empty((CLIPS, CLIPS))
            for clip in range(CLIPS):
                own = centred(maps[clip, number])
                for other in range(CLIPS):
                    s[clip, other] = np.vdot(own, others[other])
            found[number, feature] = permutation_null(s).z
    return found


def together(maps: torch.Tensor, features: torch.Tensor) -> np.ndarray:
    """Return the same by one product of matrices."""
    cells, others = unit(maps).flatten(2), unit(features).flatten(2)
    s = similarities(cells, others.flatten(0, 1)).unflatten(2, (FEATURES, CLIPS))
    return permutation_null(s.transpose(1, 2).numpy()).z


def main() -> None:
    """Check that both find the same, print both times and their ratio."""
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    maps = rng.normal(size=(CLIPS, MAPS, *GRID)).astype(np.float32)
    features = rng.normal(size=(FEATURES, CLIPS, *GRID)).astype(np.float32)
    tensors = torch.from_numpy(maps), torch.from_numpy(features)
    off = np.abs(together(*tensors) - plain_loop(maps, features)).max()
    assert off < 1e-2, f"z differ by {off:.1e}"
    compare(
        f"{MAPS} maps x {CLIPS} clips x {FEATURES} features",
        lambda: together(*tensors),
        lambda: plain_loop(maps, features),
        REPEATS,
        GOAL,
    )


if __name__ == "__main__":
    main()
