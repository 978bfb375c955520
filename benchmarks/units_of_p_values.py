"""Print how uniform p-values of a true null are with clips, groups, frames and cells as units.

Maps and features are smooth noise, which have nothing to do with each other. With groups, clips of
a group have a pattern in common, in maps and in features, each its own.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import numpy as np
from scipy.ndimage import gaussian_filter
from scipy.stats import kstest

from tonotopy.similarity.null import permutation_null

DRAWS, GROUPS, OF_GROUP, GRID, SMOOTH = 300, 8, 3, (7, 10), 1.5


def smooth(rng: np.random.Generator, number: int) -> np.ndarray:
    """Return noise of neighbouring cells alike, shape (number, *GRID)."""
    return np.stack([gaussian_filter(rng.normal(size=GRID), SMOOTH) for _ in range(number)])


def unit(values: np.ndarray) -> np.ndarray:
    """Return flat values of mean 0 and norm 1."""
    flat = values.reshape(len(values), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    return flat / np.linalg.norm(flat, axis=1, keepdims=True)


def clip_similarities(rng: np.random.Generator, shared: float) -> np.ndarray:
    """Return S of clips in groups."""
    groups = np.repeat(np.arange(GROUPS), OF_GROUP)
    maps, features = (
        unit(smooth(rng, len(groups)) + shared * smooth(rng, GROUPS)[groups]) for _ in range(2)
    )
    return maps @ features.T


def cell_similarities(rng: np.random.Generator, frames: bool) -> np.ndarray:
    """Return S of the frames, or the cells, of one clip."""
    maps, features = (unit(smooth(rng, 1)).reshape(GRID) for _ in range(2))
    if frames:
        return maps.T @ features
    return maps.reshape(-1, 1) @ features.reshape(1, -1)


def group_means(s: np.ndarray) -> np.ndarray:
    """Return S averaged over the pairs of clips of two groups."""
    return s.reshape(GROUPS, OF_GROUP, GROUPS, OF_GROUP).mean(axis=(1, 3))


CASES = {
    "clip, clips independent": lambda rng: clip_similarities(rng, 0.0),
    "clip, clips in groups": lambda rng: clip_similarities(rng, 2.0),
    "group, clips in groups": lambda rng: group_means(clip_similarities(rng, 2.0)),
    "frame": lambda rng: cell_similarities(rng, True),
    "cell": lambda rng: cell_similarities(rng, False),
}


def main() -> None:
    """Print a row for each unit."""
    print(f"{'unit':26} {'KS p':>9} {'share below .05':>16}")
    for name, similarities in CASES.items():
        found = [
            float(permutation_null(similarities(np.random.default_rng([1, draw]))).p)
            for draw in range(DRAWS)
        ]
        share = np.mean(np.array(found) < 0.05)
        print(f"{name:26} {kstest(found, 'uniform').pvalue:9.2g} {share:16.3f}")


if __name__ == "__main__":
    main()
