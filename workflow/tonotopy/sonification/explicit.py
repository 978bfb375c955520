"""The deconvnet step by step, to check the product with: networks that are plain chains alone."""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import (
    conv_transpose1d,
    conv_transpose2d,
    max_pool1d,
    max_pool2d,
    max_unpool1d,
    max_unpool2d,
    relu,
)

CONVOLUTIONS, POOLINGS = (nn.Conv1d, nn.Conv2d), (nn.MaxPool1d, nn.MaxPool2d)
CLOSE = 1e-4  # relative difference of a chain from the network that it is taken for


class Step(NamedTuple):
    """A module of a chain, the shape of what it was given, and its switches if it pools."""

    module: nn.Module
    shape: torch.Size
    switches: Tensor | None


def chain(network: nn.Module, path: str) -> list[nn.Module] | None:
    """Return the convolutions, ReLUs and poolings up to a module, None if there is anything else.

    They are taken in the order in which the network declares them; `forward` with the network's own
    output beside it tells whether that is the order of their use.
    """
    leaves = [
        (name, module) for name, module in network.named_modules() if not list(module.children())
    ]
    end = max(
        (i for i, (name, _) in enumerate(leaves) if name == path or name.startswith(f"{path}.")),
        default=-1,
    )
    modules = [module for _, module in leaves[: end + 1]]
    return modules if modules and all(map(_plain, modules)) else None


def _plain(module: nn.Module) -> bool:
    """Return whether a module is a step that `backward` knows."""
    if isinstance(module, CONVOLUTIONS):
        return module.padding_mode == "zeros" and not isinstance(module.padding, str)
    return isinstance(module, (*POOLINGS, nn.ReLU))


def forward(modules: list[nn.Module], waveforms: Tensor) -> tuple[Tensor, list[Step]]:
    """Return the output of a chain for waveforms (clips, samples), and its steps."""
    flat = any(isinstance(module, nn.Conv1d) for module in modules)
    signal, steps = waveforms[:, None] if flat else waveforms[:, None, None], []
    for module in modules:
        shape, switches = signal.shape, None
        if isinstance(module, POOLINGS):
            pool = max_pool1d if isinstance(module, nn.MaxPool1d) else max_pool2d
            signal, switches = pool(
                signal, module.kernel_size, module.stride, module.padding, return_indices=True
            )
        else:
            signal = module(signal)
        steps.append(Step(module, shape, switches))
    return signal, steps


def backward(maps: Tensor, steps: list[Step]) -> Tensor:
    """Return the sonification of maps, of which all but one are 0 (thesis algorithm 1).

    Args:
        maps: output of a chain, shape (clips, maps, ..., time).
        steps: of the forward pass.

    Returns:
        Shape (clips, samples).
    """
    signal = maps
    for module, shape, switches in reversed(steps):
        if isinstance(module, POOLINGS):
            unpool = max_unpool1d if isinstance(module, nn.MaxPool1d) else max_unpool2d
            signal = unpool(
                signal, switches, module.kernel_size, module.stride, module.padding, list(shape)
            )
        elif isinstance(module, nn.ReLU):
            signal = relu(signal)
        else:
            signal = _transposed(module, signal, shape)
    return signal.flatten(1)


def _transposed(module: nn.Module, signal: Tensor, shape: torch.Size) -> Tensor:
    """Return the transposed convolution with a module's weights, in the length of its input."""
    transpose = conv_transpose1d if isinstance(module, nn.Conv1d) else conv_transpose2d
    sizes = zip(
        shape[2:],
        signal.shape[2:],
        module.kernel_size,
        module.stride,
        module.padding,
        module.dilation,
        strict=True,
    )
    # inputs at the end that no further step of the stride reaches
    beyond = [
        whole - ((steps - 1) * stride - 2 * padding + dilation * (taps - 1) + 1)
        for whole, steps, taps, stride, padding, dilation in sizes
    ]
    return transpose(
        signal,
        module.weight,
        None,
        module.stride,
        module.padding,
        beyond,
        module.groups,
        module.dilation,
    )
