"""How large a network is: operations of a pass, weights, what its layers give."""

from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from tonotopy.activations import read
from tonotopy.frontends import registry as front_ends
from tonotopy.networks.layers import parse
from tonotopy.networks.registry import build


@dataclass(frozen=True)
class Size:
    """Of one clip through a network.

    Attributes:
        flops: floating point operations of a forward pass (a multiplication and its addition are
            two), of matrix products and convolutions; the front end is not counted.
        parameters: number of weights.
        dims: length of the vector that each layer gives.
    """

    flops: int
    parameters: int
    dims: tuple[int, ...]


@torch.no_grad()
def size_of(
    architecture: str,
    arguments: dict,
    front_end: dict,
    seconds: float,
    classes: int = 0,
    layers: dict | None = None,
) -> Size:
    """Count without computing: the network is built on torch's meta device.

    Args:
        architecture: its name in the registry.
        arguments: of its constructor.
        front_end: settings of the front end.
        seconds: length of a clip.
        classes: number of classes whose names are known.
        layers: a network's entry of that name, where it is given.

    Raises:
        InputError: see `registry.build`.
    """
    made = front_ends.build(front_end)
    heard = made(torch.zeros(1, round(seconds * made.settings.rate))).to("meta")
    with torch.device("meta"):
        network = build(architecture, arguments, made.settings, classes).eval()
    studied = network.layers if layers is None else parse(layers)
    counter = FlopCounterMode(display=False)
    with counter:
        vectors, _ = read(network, studied, heard)
    dims = tuple(vector.shape[1] for vector in vectors.values())
    return Size(counter.get_total_flops(), sum(p.numel() for p in network.parameters()), dims)
