"""An excerpt of a user's own sound, steered: what the network would answer to more of a concept."""

from collections.abc import Mapping
from functools import partial

import numpy as np
import pandas as pd
import torch

from tonotopy.corpora.schema import Corpus
from tonotopy.excerpts import Excerpt, Known, Show, Shown
from tonotopy.exhibiting import Track
from tonotopy.frontends.spectrograms import picture, width
from tonotopy.frontends.ticks import ticks
from tonotopy.inference import kept_columns, output_columns
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import with_view
from tonotopy.studies.steering.exhibits import narrowed, slider
from tonotopy.studies.steering.plans import Plan, one_to_one, read_vectors
from tonotopy.studies.steering.sweep import sweep


def prepare(bundle: Bundle, known: Known) -> Show:
    """Return what steers excerpts along the concepts of the pairs, see `excerpts`.

    All layers are steered, each along its own vector.

    Raises:
        InputError: the network lacks an output.
    """
    vectors, probed = read_vectors(known.paths["vectors"])
    (plan,) = one_to_one(vectors, probed, [], known.seed)
    concepts = list(dict.fromkeys(pair["concept"] for pair in known.settings["pairs"]))
    corpus, outputs = Corpus(known.paths["corpus"]), known.settings.get("outputs")
    columns = output_columns(bundle, corpus, outputs, unknown_classes=True)
    return partial(_show, bundle, narrowed(plan, concepts), known.settings, columns)


def _show(
    bundle: Bundle,
    plan: Plan,
    settings: Mapping,
    columns: tuple[list[str], list[int]],
    excerpt: Excerpt,
) -> Shown:
    front_end, sound = bundle.front_end, excerpt.sound
    rows = steered(bundle, plan, settings, columns, sound)
    sliders = [slider(rows, pair) for pair in settings["pairs"]]
    seen = picture(front_end, sound)
    seconds = width(front_end, seen.shape[1], len(sound))
    return Shown(seen, [Track("original", sound)], ticks(front_end), seconds, sliders)


def steered(
    bundle: Bundle,
    plan: Plan,
    settings: Mapping,
    columns: tuple[list[str], list[int]],
    sound: torch.Tensor,
) -> pd.DataFrame:
    """Return the probabilities of a sound under every concept and strength.

    Args:
        bundle: network and front end.
        plan: the concepts' directions.
        settings: strengths (0 is added), activation and read, as the entry has them.
        columns: names of the outputs that are read, and where these are.
        sound: shape (samples,), on the network's device.

    Returns:
        Columns concept, strength, class and probability, as of `plans.sweep_table`.
    """
    with torch.no_grad():
        inputs = bundle.front_end(sound[None])
    strengths = np.unique(np.append(np.asarray(settings["strengths"], dtype=np.float64), 0.0))
    along = {
        layer: torch.from_numpy(np.ascontiguousarray(values, dtype=np.float32)).to(sound.device)
        for layer, values in plan.directions.items()
    }
    lambdas = torch.tensor(strengths, dtype=torch.float32, device=sound.device)
    layers = with_view(bundle.layers, settings.get("read"))
    activation = settings.get("activation", "softmax")
    outcome = sweep(bundle, layers, inputs, along, lambdas, activation)[:, :, 0].numpy()
    names, positions = columns
    axes = [plan.names, strengths, names]
    index = pd.MultiIndex.from_product(axes, names=["concept", "strength", "class"])
    values = kept_columns(outcome, positions).astype(np.float64)
    return pd.DataFrame({"probability": values.ravel()}, index=index).reset_index()
