"""One hundredth of a paper-size job of study 1: time, peak memory, and what the whole would need.

Real layer sizes, random weights and random sound: the four published networks on 18 clips of 5 s,
from sound to the distance matrices of all layers. Every network runs in a process of its own, so
that its peak memory is its own.
"""

import multiprocessing
import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import numpy as np

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter

SLICE, WHOLE, RATE, SECONDS = 18, 1800, 44100, 5.0
NETWORKS = ("vggish", "clap", "mobilenet", "ast_audioset")
STATED_GB = 6.0  # of memory for a job, profiles/slurm


def random_corpus(place: Path) -> Corpus:
    """Noise of the length of the longest task."""
    rng, samples = np.random.default_rng(0), round(RATE * SECONDS)
    with CorpusWriter(place, ["a", "b", "c"], RATE, samples) as writer:
        for clip in range(SLICE):
            writer.add(str(clip), rng.uniform(-0.3, 0.3, samples), "abc"[clip % 3], "test")
    return Corpus(place)


def measure(name: str, corpus: str, folder: str) -> dict:
    """Return seconds, peak memory and layer sizes of one network."""
    from tonotopy.activations import store
    from tonotopy.frontends import registry as front_ends
    from tonotopy.networks.bundle import Bundle
    from tonotopy.networks.published import PUBLISHED
    from tonotopy.networks.registry import build
    from tonotopy.probes.distances import squared_distances
    from tonotopy.studies.hierarchy.probing import BATCH

    declared = PUBLISHED[name]
    front_end = front_ends.build(declared.front_end)
    network = build(declared.architecture, declared.arguments, front_end.settings, classes=0)
    began = time.perf_counter()
    bundle = Bundle(network.eval(), front_end, {})
    vectors = store(bundle, Corpus(corpus), Path(folder) / name, batch=BATCH)
    heard = time.perf_counter()
    for layer in vectors.values():
        squared_distances(layer)
    return {
        "pass": heard - began,
        "distances": time.perf_counter() - heard,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6,
        "dims": [layer.shape[1] for layer in vectors.values()],
    }


def main() -> None:
    """Print the slice of every network and what 1800 clips would take of the disk."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        corpus = random_corpus(Path(folder) / "noise")
        for name in NETWORKS:
            with spawn.Pool(1) as pool:
                found = pool.apply(measure, (name, str(corpus.path), folder))
            disk, layer = (4 * WHOLE * n / 1e9 for n in (sum(found["dims"]), max(found["dims"])))
            verdict = "within" if found["peak"] < STATED_GB else "ABOVE"
            print(
                f"{name}: {SLICE} clips, layers {found['pass']:.1f} s, distances "
                f"{found['distances']:.1f} s, peak memory {found['peak']:.2f} GB ({verdict} the "
                f"stated {STATED_GB:g}); dims {found['dims']}; {WHOLE} clips: {disk:.1f} GB on "
                f"disk, the largest layer {layer:.1f} GB"
            )


if __name__ == "__main__":
    main()
