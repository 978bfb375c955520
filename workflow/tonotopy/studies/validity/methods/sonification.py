"""Fall of a class's probability without the sonification of the map most selective for a value."""

import numpy as np
import torch

from tonotopy.networks.containers import logits
from tonotopy.sonification.deconvnet import Deconvnet, scaled
from tonotopy.sonification.selecting import areas_under_roc, selective_maps
from tonotopy.studies.validity.bench import Bench, DoesNotApply, Scores

KIND = "sonification"
BATCH = 16  # clips


def matrix(bench: Bench) -> Scores:
    """Return p(clip) - p(clip - sonification), see study 4.

    The layer is the one whose probes tell the concepts best, of those that have maps; the map of a
    value is the one whose mean activation tells its training clips best (area under the ROC).

    Raises:
        DoesNotApply: the network hears no samples or no gradient reaches these, or it has no maps.
    """
    if not bench.bundle.front_end.raw:
        raise DoesNotApply("the network hears spectrograms: its maps cannot be made to sound")
    if not getattr(bench.bundle.network, "differentiable", True):
        raise DoesNotApply("no gradient reaches the samples that the network hears")
    mapped = {name: layer for name, layer in bench.layers.items() if layer.read != "all"}
    if not mapped:
        raise DoesNotApply("no layer of the network has maps")
    layer = max(mapped, key=lambda name: bench.accuracy[name])
    maps, network = torch.from_numpy(_maps(bench, layer)), bench.bundle.network
    heard = Deconvnet(network, {layer: mapped[layer]})
    parts = []
    for sounds in bench.inputs(bench.indices).split(BATCH):
        with heard.hear(sounds) as found:
            sonified = found.sonify(layer, maps.expand(len(sounds), -1))
        rest = (sounds[:, None] - scaled(sonified, sounds)).flatten(0, 1)
        with torch.no_grad():
            whole = bench.probabilities(logits(network(sounds)))
            less = bench.probabilities(logits(network(rest)))
        parts.append(whole[:, None] - less.reshape(len(sounds), len(maps), -1))
    return Scores(np.concatenate(parts)[None], "clip", bench.clip_names(bench.indices))


def _maps(bench: Bench, layer: str) -> np.ndarray:
    """Return the map of each value, integers of shape (values,)."""
    positions, labels = bench.training
    targets = labels[:, None] == np.arange(len(bench.values))
    return selective_maps(areas_under_roc(np.asarray(bench.activations[layer][positions]), targets))
