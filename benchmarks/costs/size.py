"""How large a network is: operations of a pass, weights, what its layers give."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from tonotopy.frontends import registry as front_ends
from tonotopy.networks.containers import locate, pick
from tonotopy.networks.layers import Layer, module_at, parse
from tonotopy.networks.registry import build
from tonotopy.networks.tracing import read

# what starts weights without looking at what they answer, which nothing does here
TORCH_STARTS = {"cnn12": {"initialiser": "torch"}}
# whose constructors and passes look at numbers, which the meta device does not have
NUMBERS = ("codec", "own")
# seconds that stand for all: operations grow with the length, and a recurrent part is slow to count
STANDING = {"codec": 0.08}


@dataclass(frozen=True)
class Size:
    """Of one clip through a network.

    Attributes:
        flops: floating point operations of a forward pass (a multiplication and its addition are
            two), of matrix products and convolutions; the front end is not counted.
        parameters: number of weights.
        dims: length of the vector that each layer gives (of a codec for 0.08 s).
    """

    flops: int
    parameters: int
    dims: tuple[int, ...]


def built(architecture: str, arguments: dict, settings, classes: int) -> nn.Module:
    """Return a network on torch's meta device, for arguments as of `registry.build`."""
    if architecture in NUMBERS:
        return _moved(build(architecture, arguments, settings, classes).eval())
    with torch.device("meta"):
        start = TORCH_STARTS.get(architecture, {})
        return build(architecture, {**arguments, **start}, settings, classes).eval()


def _moved(network: nn.Module) -> nn.Module:
    """Return a network on the meta device but for its buffers of whole numbers, such as strides."""
    numbers = {name: b for name, b in network.named_buffers() if not b.is_floating_point()}
    network.to("meta")
    for name, value in numbers.items():
        holder, _, own = name.rpartition(".")
        setattr(network.get_submodule(holder), own, value)
    return network


class Unheard(NamedTuple):
    """A network on the meta device, which computes nothing.

    Attributes:
        network: of shapes alone.
        layers: those that are looked at.
        heard: what it is given of a clip.
        settings: of its front end.
    """

    network: nn.Module
    layers: dict[str, Layer]
    heard: torch.Tensor
    settings: Any

    @torch.no_grad()
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of what every layer gives, its batch first."""
        shapes: dict[str, tuple[int, ...]] = {}

        def keeping(name: str, layer: Layer):
            def keep(module, args, output) -> None:
                tensor = pick(output, locate(output, layer.part))
                shapes[name] = tuple(tensor.movedim(layer.batch_axis, 0).shape)

            return keep

        hooks = [
            module_at(self.network, layer.path).register_forward_hook(keeping(name, layer))
            for name, layer in self.layers.items()
        ]
        self.network(self.heard)
        for hook in hooks:
            hook.remove()
        return {name: shapes[name] for name in self.layers}


def unheard(
    architecture: str,
    arguments: dict,
    front_end: dict,
    seconds: float,
    classes: int = 0,
    layers: dict | None = None,
) -> Unheard:
    """Return a network and what it would hear (a codec: 0.08 s), for arguments as of `size_of`."""
    made, seconds = front_ends.build(front_end), STANDING.get(architecture, seconds)
    heard = made(torch.zeros(1, round(seconds * made.settings.rate))).to("meta")
    network = built(architecture, arguments, made.settings, classes)
    studied = network.layers if layers is None else parse(layers)
    return Unheard(network, studied, heard, made.settings)


def counted(work: Callable[[], object]) -> int:
    """Return the operations of matrix products and convolutions that a function makes."""
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        work()
    return counter.get_total_flops()


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
    made = unheard(architecture, arguments, front_end, seconds, classes, layers)
    vectors: dict[str, torch.Tensor] = {}
    flops = counted(lambda: vectors.update(read(made.network, made.layers, made.heard)[0]))
    dims = tuple(vector.shape[1] for vector in vectors.values())
    weights = sum(p.numel() for p in made.network.parameters())
    return Size(round(flops * seconds / STANDING.get(architecture, seconds)), weights, dims)
