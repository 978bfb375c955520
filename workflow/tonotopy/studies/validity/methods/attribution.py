"""Share of positive relevance (LRP) of a logit that lies on the attribute's own stem."""

import numpy as np
import torch
from torch import Tensor

from tonotopy.errors import InputError
from tonotopy.relevance.composites import parse
from tonotopy.relevance.localisation import relevance_mass_accuracy
from tonotopy.relevance.lrp import LRP
from tonotopy.studies.validity.bench import Bench, DoesNotApply, Scores
from tonotopy.studies.validity.detached import heatmaps
from tonotopy.studies.validity.stems import mel_front_end, on_grid, stem_masks, stemmed

KIND = "attribution"
COMPOSITE = {"conv1": "w2", "conv": {"gamma": 0.4}, "dense": {"epsilon": 1e-7}}


def matrix(bench: Bench) -> Scores:
    """Return, of every twin, the share of each logit's positive relevance on the stem.

    Chains of convolutions are explained by the rules of study 3 (w2 at the input, gamma, epsilon),
    all other networks by LRP-0, see `detached`. The stem is where its ratio mask says.

    Raises:
        DoesNotApply: no parts are kept, the attribute has no stem, or there is no mel spectrogram.
    """
    front_end, parts, names = mel_front_end(bench), [], []
    for found in stemmed(bench):
        with torch.no_grad():
            inputs = front_end(found.clips)
        masks = on_grid(stem_masks(front_end, found), inputs.shape[-1])
        maps = _heatmaps(bench, inputs).cpu().numpy()
        if maps.shape[2:] != masks.shape[1:]:
            raise DoesNotApply(f"the network is given {maps.shape[2:]} numbers, no mel spectrogram")
        shares = relevance_mass_accuracy(maps, masks[:, None])[:, :, 0]
        parts.append(np.nan_to_num(shares))  # 0 where nothing is positive
        names.append(found.base)
    return Scores(np.stack(parts)[None], "base score", tuple(names))


def _heatmaps(bench: Bench, inputs: Tensor) -> Tensor:
    """Return the relevance of inputs for every class, shape (clips, classes, mels, frames)."""
    network = bench.bundle.network
    try:
        engine = LRP(network, parse(COMPOSITE))
    except InputError:  # no chain
        return heatmaps(network, inputs, bench.columns)
    explained = engine.explain(inputs)
    return torch.stack([explained.heatmap(column) for column in bench.columns], dim=1)
