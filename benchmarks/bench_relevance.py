"""Heatmaps of four components by one shared forward pass against K + 1 full passes of zennit."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import numpy as np
import torch
from timing import compare
from torch import Tensor, nn

from tonotopy.relevance.attribution import component_heatmaps, component_relevance
from tonotopy.relevance.composites import parse
from tonotopy.relevance.lrp import LRP
from tonotopy.relevance.zennit_engine import Zennit, ZennitPass
from tonotopy.seeding import generator

CLIPS, SIZE, COMPONENTS = 4, 128, 4
FILTERS, DENSE = (32, 32, 64, 64, 128), (128, 128, 10)  # the music network of study 3
LAYER = "conv4"


def network() -> nn.Sequential:
    """Return five convolutional blocks and three dense layers with random weights."""
    torch.manual_seed(0)
    modules: list[nn.Module] = []
    for inputs, filters in zip((1, *FILTERS), FILTERS, strict=False):
        modules += [nn.Conv2d(inputs, filters, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)]
    modules.append(nn.Flatten())
    widths = (FILTERS[-1] * (SIZE // 2 ** len(FILTERS)) ** 2, *DENSE)
    for inputs, outputs in zip(widths, DENSE, strict=False):
        modules += [nn.Linear(inputs, outputs), nn.ReLU(), nn.Dropout(0.5)]
    return nn.Sequential(*modules[:-2]).eval()


def separate_passes(explained: ZennitPass, targets: Tensor, subspaces: Tensor) -> Tensor:
    """Return component heatmaps by one pass for the contexts and one per component."""
    found = explained.contexts(targets, [LAYER])
    layer = found.activation[LAYER], found.context[LAYER]
    parts = component_relevance(*layer, subspaces, COMPONENTS)
    return torch.cat([explained.descend(LAYER, parts[:, k : k + 1]) for k in range(COMPONENTS)], 1)


def main() -> None:
    """Check in float64 that the heatmaps are equal, print both times for all clips in float32."""
    torch.set_num_threads(1)
    chain, rng = network(), generator(0, "bench_relevance")
    composite, number = parse("music"), int(LAYER.removeprefix("conv"))
    spectrograms = torch.from_numpy(rng.normal(size=(CLIPS, SIZE, SIZE)))
    targets = torch.from_numpy(rng.integers(DENSE[-1], size=CLIPS))
    width = FILTERS[number - 1]
    subspaces = torch.from_numpy(np.linalg.qr(rng.normal(size=(width, width)))[0])

    def together(kind: torch.dtype = torch.float32) -> Tensor:
        explained = LRP(chain, composite).explain(spectrograms.to(kind))
        return component_heatmaps(explained, LAYER, targets, subspaces, COMPONENTS)

    def apart(kind: torch.dtype = torch.float32) -> Tensor:
        engine = Zennit(chain, composite, {LAYER: str(3 * number - 2)})
        explained = engine.explain(spectrograms[:, None].to(kind))
        return separate_passes(explained, targets, subspaces)[:, :, 0]

    chain.double()
    expected = apart(torch.float64)
    off = float((together(torch.float64) - expected).abs().max() / expected.abs().max())
    assert off < 1e-6, f"heatmaps differ by {off:.1e} of the largest relevance"
    print(f"heatmaps are equal to {off:.1e} of the largest relevance, in float64")
    chain.float()
    title = f"{COMPONENTS} component maps of {CLIPS} clips at {LAYER}, {COMPONENTS + 1} passes"
    compare(title, together, apart, 7, goal=5)


if __name__ == "__main__":
    main()
