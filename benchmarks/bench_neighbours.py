"""k-nearest-neighbour probes at paper size: 12 ks x 5 folds, ours against scikit-learn."""

import argparse
import resource
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import numpy as np
from sklearn.neighbors import KNeighborsClassifier
from timing import seconds

from tonotopy.probes.distances import squared_distances
from tonotopy.probes.folds import folds
from tonotopy.probes.neighbours import KS, predictions

FOLDS, PER_CLASS, GOAL = 5, 150, 20
FITS = len(KS) * FOLDS
SHOWN = KS.index(5)  # the k of the one fit that is timed at full size


def write_layer(path: Path, clips: int, dims: int) -> np.ndarray:
    """Write a float32 layer with weak classes to a .npy file, return the labels.

    Rows go through a plain file, so that writing a map does not count as memory of the probes.
    """
    labels = np.arange(clips) % (clips // PER_CLASS)
    rng = np.random.default_rng(0)
    centres = rng.standard_normal((labels.max() + 1, dims), dtype=np.float32)
    header = {"descr": "<f4", "fortran_order": False, "shape": (clips, dims)}
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for label in labels:
            row = rng.standard_normal(dims, dtype=np.float32) + 0.05 * centres[label]
            np.maximum(row, 0, out=row).tofile(file)
    return labels


def ours(path: Path, labels: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return predictions (ks, clips) from the file."""
    return predictions(squared_distances(np.load(path, mmap_mode="r")), labels, fold)


def one_fit(layer: np.ndarray, labels: np.ndarray, fold: np.ndarray, k: int, tested: int):
    """Return the peer's predictions for one fold at one k."""
    train = fold != tested
    model = KNeighborsClassifier(k, algorithm="brute").fit(layer[train], labels[train])
    return model.predict(layer[~train])


def all_fits(path: Path, labels: np.ndarray, fold: np.ndarray) -> np.ndarray:
    """Return the peer's predictions (ks, clips), one fit per k and fold."""
    layer = np.load(path, mmap_mode="r")
    found = np.empty((len(KS), len(labels)), dtype=int)
    for place, k in enumerate(KS):
        for tested in range(FOLDS):
            found[place, fold == tested] = one_fit(layer, labels, fold, k, tested)
    return found


def timed(work) -> tuple[np.ndarray, float]:
    """Return what the work returns, and its seconds."""
    kept = []
    taken = seconds(lambda: kept.append(work()))
    return kept[0], taken


def peak_gigabytes() -> float:
    """Return the largest resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9


def full_size(path: Path, clips: int, dims: int) -> None:
    """Time all of ours and one fit of the peer's; print its total as a multiple of that."""
    labels = write_layer(path, clips, dims)
    fold = folds(labels, None, "paper", FOLDS)
    before = peak_gigabytes()
    found, mine = timed(lambda: ours(path, labels, fold))
    after, size = peak_gigabytes(), path.stat().st_size / 1e9
    layer = np.load(path, mmap_mode="r")
    peer, once = timed(lambda: one_fit(layer, labels, fold, KS[SHOWN], 0))
    same = (found[SHOWN, fold == 0] == peer).mean()
    print(
        f"{clips} clips x {dims} dimensions, {FITS} fits: ours {mine:.1f} s, peer "
        f"{FITS * once:.0f} s ({FITS} x {once:.1f} s: one fit was run, k {KS[SHOWN]}, fold 0), "
        f"ratio {FITS * once / mine:.1f} (goal {GOAL}); a peer that sorts once per fold for all k "
        f"would be at {FOLDS * once / mine:.1f}; the fit's predictions agree to {same:.2%}; "
        f"peak memory {after:.2f} GB ({before:.2f} GB before), layer {size:.2f} GB"
    )


def small_size(path: Path, clips: int, dims: int) -> None:
    """Run all fits of both and compare all predictions."""
    labels = write_layer(path, clips, dims)
    fold = folds(labels, None, "paper", FOLDS)
    found, mine = timed(lambda: ours(path, labels, fold))
    peer, other = timed(lambda: all_fits(path, labels, fold))
    same = (found == peer).mean()
    print(
        f"{clips} clips x {dims} dimensions, all {FITS} fits run: ours {mine:.2f} s, peer "
        f"{other:.1f} s, ratio {other / mine:.1f}; predictions agree to {same:.2%}"
    )


def main() -> None:
    """Print times, ratio, agreement and memory at full size, and a complete run at a small one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=1800, help=f"at least {2 * PER_CLASS}")
    parser.add_argument("--dims", type=int, default=500_000)
    parser.add_argument("--folder", help="where the layer is written (4 bytes x clips x dims)")
    asked = parser.parse_args()
    if asked.clips < 2 * PER_CLASS:
        parser.error(f"--clips must be at least {2 * PER_CLASS}: k = 100 needs {PER_CLASS} a class")
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        needed = 4 * asked.clips * asked.dims
        if shutil.disk_usage(folder).free < 1.1 * needed:
            parser.error(f"{folder} lacks room for {needed / 1e9:.1f} GB: name another --folder")
        full_size(Path(folder) / "full.npy", asked.clips, asked.dims)
        small_size(Path(folder) / "small.npy", 600, 50_000)


if __name__ == "__main__":
    main()
