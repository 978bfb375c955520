"""Sonifications of all maps of a layer at once against thesis algorithm 1, one map at a time."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import torch
from plain_cnn12 import WIDTHS, PlainCNN12, narrow
from timing import compare
from torch import Tensor, nn
from torch.nn.functional import conv_transpose1d, max_pool1d, max_unpool1d

from tonotopy.sonification.deconvnet import Deconvnet

SAMPLES = 16000  # 2 s at 8 kHz
LAYERS = ("block8", "block11")
REPEATS = 5


@torch.no_grad()
def algorithm_1(blocks: nn.ModuleList, waveform: Tensor, number: int) -> Tensor:
    """Return the sonification of one map: forward, unpooling, ReLU, transposed convolution."""
    signal, passed = waveform[:, None], []
    for convolution, _, *pooling in blocks:
        signal = convolution(signal).relu()
        shape, switches = signal.shape, None
        if pooling:
            signal, switches = max_pool1d(signal, 2, return_indices=True)
        passed.append((convolution, switches, shape))
    back = torch.zeros_like(signal)
    back[:, number] = signal[:, number]
    for convolution, switches, shape in reversed(passed):
        if switches is not None:
            back = max_unpool1d(back, switches, 2, output_size=shape)
        back = conv_transpose1d(back.relu(), convolution.weight)
    return back[:, 0]


def main() -> None:
    """Check that the sonifications are equal, print both times for all maps of two layers."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = narrow().eval()
    plain, waveform = PlainCNN12(network), 0.1 * torch.randn(1, SAMPLES)
    for layer in LAYERS:
        deconvnet = Deconvnet(network, {layer: network.layers[layer]})
        depth = list(network.layers).index(layer) + 1
        blocks, maps = plain.blocks[:depth], torch.arange(WIDTHS[depth - 1])

        def together(deconvnet: Deconvnet = deconvnet, layer: str = layer, maps: Tensor = maps):
            with deconvnet.hear(waveform) as heard:
                return heard.sonify(layer, maps[None])[0]

        def one_by_one(blocks: nn.ModuleList = blocks, maps: Tensor = maps):
            return torch.cat([algorithm_1(blocks, waveform, int(number)) for number in maps])

        expected = one_by_one()
        off = float((together() - expected).abs().max() / expected.abs().max())
        assert off < 1e-4, f"sonifications of {layer} differ by {off:.1e} of the largest"
        title = f"all {len(maps)} maps of {layer}, {SAMPLES} samples (equal to {off:.0e})"
        compare(title, together, one_by_one, REPEATS, goal=5)


if __name__ == "__main__":
    main()
