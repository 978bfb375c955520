"""Capture and edit activations: context managers that always clean up after themselves."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn

from tonotopy.errors import InputError, nearest

Edit = Callable[[Tensor], Tensor]


def layer(network: nn.Module, name: str) -> nn.Module:
    """Return the module called ``name``.

    Raises:
        InputError: there is none; the message lists the nearest names.
    """
    modules = dict(network.named_modules())
    if name not in modules or not name:
        kind = type(network).__name__
        raise InputError(f"{kind} has no layer '{name}'{nearest(name, [m for m in modules if m])}")
    return modules[name]


@contextmanager
def capture(network: nn.Module, layers: list[str]) -> Iterator[dict[str, Tensor]]:
    """Collect the outputs of layers during forward passes inside the block.

    Yields:
        A dict that each forward pass fills anew: layer -> a detached copy of its output, so that
        later in-place operations cannot change what was captured.
    """
    seen: dict[str, Tensor] = {}

    def keep(name: str):
        def hook(module, inputs, output):
            seen[name] = output.detach().clone()

        return hook

    with ExitStack() as hooks:
        for name in layers:
            handle = layer(network, name).register_forward_hook(keep(name))
            hooks.callback(handle.remove)
        yield seen


@contextmanager
def edit(network: nn.Module, edits: dict[str, Edit]) -> Iterator[None]:
    """Replace the outputs of layers by ``edits[layer](output)`` inside the block."""
    with ExitStack() as hooks:
        for name, change in edits.items():
            handle = layer(network, name).register_forward_hook(
                lambda module, inputs, output, change=change: change(output)
            )
            hooks.callback(handle.remove)
        yield


@torch.no_grad()
def class_token_means(network: nn.Module, spectrograms: Tensor) -> Tensor:
    """Return the class tokens after every block, averaged over the two as the head does.

    Args:
        network: an AST.
        spectrograms: shape (clips, mels, frames).

    Returns:
        Shape (clips, layers, width).
    """
    with capture(network, network.layers) as seen:
        network(spectrograms)
    return torch.stack([seen[name][:, :2].mean(dim=1) for name in network.layers], dim=1)
