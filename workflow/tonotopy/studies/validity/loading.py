"""Put a bench together from the files of a run."""

from collections.abc import Mapping

import pandas as pd

from tonotopy.activations import stored
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.files import read_table
from tonotopy.inference import pick_device
from tonotopy.networks.bundle import load
from tonotopy.studies.steering.plans import read_vectors
from tonotopy.studies.validity.bench import Bench

TRAINED = "trained"


def load_bench(paths: Mapping[str, str], settings: dict, accelerator: str) -> Bench:
    """Return the bench of an instance.

    Args:
        paths: network, untrained, classes, concepts, twins, activations, vectors, scores (of the
            steering instance's probes) and, where parts are kept, parts.
        settings: see `bench.Bench`.
        accelerator: auto, cpu or gpu.

    Raises:
        InputError: activations are of other clips than the concept corpus has.
    """
    device = pick_device(accelerator)
    concepts, activations = Corpus(paths["concepts"]), stored(paths["activations"])
    clips = len(next(iter(activations.values())))
    if clips != len(concepts):
        raise InputError(
            f"{paths['activations']}: activations of {clips} clips, but corpus {concepts.name} has "
            f"{len(concepts)}: delete the folder and run again"
        )
    vectors, probed = read_vectors(paths["vectors"])
    return Bench(
        bundle=load(paths["network"]).to(device),
        untrained=load(paths["untrained"]).to(device),
        corpus=Corpus(paths["classes"]),
        concepts=concepts,
        activations=activations,
        vectors=vectors,
        probed=probed,
        accuracy=accuracies(read_table(paths["scores"]), list(activations)),
        twins=Corpus(paths["twins"]),
        parts=Corpus(paths["parts"]) if paths.get("parts") else None,
        settings=settings,
    )


def accuracies(scores: pd.DataFrame, layers: list[str]) -> dict[str, float]:
    """Return the mean macro-F1 of the trained network's probes by layer.

    Args:
        scores: of study 2's probes: vectors, concept, layer (position), seed, macro_f1.
        layers: names, from input to output.
    """
    own = scores[scores["vectors"] == TRAINED].groupby("layer")["macro_f1"].mean()
    return {name: float(own[position]) for position, name in enumerate(layers)}
