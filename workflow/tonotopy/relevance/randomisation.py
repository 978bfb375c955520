"""Networks whose layers are randomised one after the other, from the output to the input."""

from collections.abc import Iterator, Sequence
from copy import deepcopy

import torch
from torch import nn

from tonotopy.errors import InputError, nearest
from tonotopy.seeding import generator


def weighted_layers(network: nn.Module) -> list[str]:
    """Return the paths of modules that hold weights of their own, from output to input.

    They are taken in the order in which the network registers them, which is that of its layers.
    """
    named = reversed(list(network.named_modules()))
    return [path for path, module in named if path and _has_weights(module)]


def _has_weights(module: nn.Module) -> bool:
    return any(True for _ in module.parameters(recurse=False))


def cascade(
    network: nn.Module, seed: int, *names: str | int, layers: Sequence[str] | None = None
) -> Iterator[tuple[str, nn.Module]]:
    """Yield the network after one more layer has been drawn anew, beginning at the output.

    Layers are initialised as torch does (``reset_parameters``). The same layer is given the same
    weights in every later network. The network itself is left as it is, and so is torch's own
    random state.

    Args:
        network: in evaluation mode or not; copies keep its mode and device.
        seed: seed of the run.
        names: tell this random stream from others.
        layers: paths of modules in the order in which they are drawn; by default
            `weighted_layers`.

    Yields:
        (path of the layer drawn last, a copy of its own).

    Raises:
        InputError: before anything is drawn: a path is unknown, or torch cannot initialise the
            module.
    """
    modules = dict(network.named_modules())
    layers = weighted_layers(network) if layers is None else list(layers)
    for path in layers:
        if path not in modules:
            raise InputError(
                f"no layer '{path}' to randomise{nearest(path, filter(None, modules))}"
            )
        if not hasattr(modules[path], "reset_parameters"):
            raise InputError(
                f"layer '{path}' ({type(modules[path]).__name__}) has no reset_parameters: "
                "name layers that have"
            )
    return _cascade(deepcopy(network), seed, names, layers)


def _cascade(network, seed, names, layers) -> Iterator[tuple[str, nn.Module]]:
    for path in layers:
        drawn = int(generator(seed, *names, path).integers(2**63))
        with torch.random.fork_rng():
            torch.manual_seed(drawn)
            network.get_submodule(path).reset_parameters()
        yield path, deepcopy(network)
