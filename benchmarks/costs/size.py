"""How large a network is: operations of a pass, weights, what its layers give."""

from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from tonotopy.frontends import registry as front_ends
from tonotopy.networks.layers import parse
from tonotopy.networks.registry import build
from tonotopy.networks.tracing import read

# what starts weights without looking at what they answer, which nothing does here
UNHEARD = {"cnn12": {"initialiser": "torch"}}


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


def built(architecture: str, arguments: dict, settings, classes: int) -> nn.Module:
    """Return a network on torch's meta device, for arguments as of `registry.build`."""
    with torch.device("meta"):
        unheard = UNHEARD.get(architecture, {})
        return build(architecture, {**arguments, **unheard}, settings, classes).eval()


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
    network = built(architecture, arguments, made.settings, classes)
    studied = network.layers if layers is None else parse(layers)
    counter = FlopCounterMode(display=False)
    with counter:
        vectors, _ = read(network, studied, heard)
    dims = tuple(vector.shape[1] for vector in vectors.values())
    return Size(counter.get_total_flops(), sum(p.numel() for p in network.parameters()), dims)
