"""Heatmaps of four components by one shared forward pass against K + 1 full passes of zennit."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import numpy as np
import torch
from timing import compare
from torch import Tensor

from tonotopy.networks.genre_cnn import GenreCNN
from tonotopy.relevance.attribution import component_heatmaps, component_relevance
from tonotopy.relevance.composites import parse
from tonotopy.relevance.lrp import LRP
from tonotopy.relevance.zennit_engine import Zennit, ZennitPass
from tonotopy.seeding import generator

CLIPS, COMPONENTS, CLASSES = 4, 4, 10
LAYER = "conv4"


def separate_passes(explained: ZennitPass, targets: Tensor, subspaces: Tensor) -> Tensor:
    """Return component heatmaps by one pass for the contexts and one per component."""
    found = explained.contexts(targets, [LAYER])
    layer = found.activation[LAYER], found.context[LAYER]
    parts = component_relevance(*layer, subspaces, COMPONENTS)
    return torch.cat([explained.descend(LAYER, parts[:, k : k + 1]) for k in range(COMPONENTS)], 1)


def main() -> None:
    """Check in float64 that the heatmaps are equal, print both times for all clips in float32."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network, rng = GenreCNN(CLASSES).eval(), generator(0, "bench_relevance")
    composite, path = parse("music"), network.layers[LAYER].path
    spectrograms = torch.from_numpy(rng.normal(size=(CLIPS, *network.input_shape)))
    targets = torch.from_numpy(rng.integers(CLASSES, size=CLIPS))
    width = network.get_submodule(f"chain.{int(path.split('.')[1]) - 1}").out_channels
    subspaces = torch.from_numpy(np.linalg.qr(rng.normal(size=(width, width)))[0])

    def together(kind: torch.dtype = torch.float32) -> Tensor:
        explained = LRP(network, composite).explain(spectrograms.to(kind))
        return component_heatmaps(explained, LAYER, targets, subspaces, COMPONENTS)

    def apart(kind: torch.dtype = torch.float32) -> Tensor:
        explained = Zennit(network, composite, {LAYER: path}).explain(spectrograms.to(kind))
        return separate_passes(explained, targets, subspaces)

    network.double()
    expected = apart(torch.float64)
    off = float((together(torch.float64) - expected).abs().max() / expected.abs().max())
    assert off < 1e-6, f"heatmaps differ by {off:.1e} of the largest relevance"
    print(f"heatmaps are equal to {off:.1e} of the largest relevance, in float64")
    network.float()
    title = f"{COMPONENTS} component maps of {CLIPS} clips at {LAYER}, {COMPONENTS + 1} passes"
    compare(title, together, apart, 7, goal=5)


if __name__ == "__main__":
    main()
