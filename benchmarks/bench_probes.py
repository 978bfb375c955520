"""9,600 binary probes at width 768: all of ours against scikit-learn one after the other."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from timing import seconds

from tonotopy.studies.steering.probing import ProbeData, ProbeOptions, fit_binary

CONCEPTS, LAYERS, WIDTH, SEEDS, PER_CLASS = 8, 12, 768, 100, 250
SAMPLE = 60  # probes of the peer that are timed; its total is extrapolated


def data(clips: int, seed: int) -> ProbeData:
    """Activations in which each concept has a direction of its own."""
    rng = np.random.default_rng(seed)
    labels = np.arange(clips) % CONCEPTS
    centres = np.random.default_rng(0).normal(size=(CONCEPTS, LAYERS, WIDTH))
    tokens = rng.normal(size=(clips, LAYERS, WIDTH)) + 0.2 * centres[labels]
    names = np.array([str(i) for i in range(clips)], dtype=object)
    splits = np.full(clips, "train", dtype=object)
    concepts = [f"c{i}" for i in range(CONCEPTS)]
    activations = {f"layer{k}": tokens[:, k].astype(np.float32) for k in range(LAYERS)}
    return ProbeData(activations, np.arange(clips), labels, splits, names, names, concepts)


def main() -> None:
    """Print our total, the peer's extrapolated total, and the ratio."""
    train, test = data(4000, 1), data(800, 2)
    options = ProbeOptions(SEEDS, 2, PER_CLASS, 0.1)
    ours = seconds(lambda: fit_binary(train, test, options, 0, "trained", workers=2))
    rng = np.random.default_rng(0)

    def one():
        chosen = rng.choice(4000, 2 * PER_CLASS, replace=False)
        pipeline = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=300))
        pipeline.fit(train.of("layer0", chosen), train.labels[chosen] == 0)
        predicted = pipeline.predict(test.of("layer0"))
        return f1_score(test.labels == 0, predicted, average="macro")

    peer = seconds(lambda: [one() for _ in range(SAMPLE)]) / SAMPLE * CONCEPTS * LAYERS * SEEDS
    total = CONCEPTS * LAYERS * SEEDS
    print(
        f"{total} binary probes at width {WIDTH}: ours {ours:.0f} s, peer {peer:.0f} s "
        f"(extrapolated from {SAMPLE}), ratio {peer / ours:.2f} (goal: at most 240 s)"
    )


if __name__ == "__main__":
    main()
