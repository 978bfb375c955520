"""Read and change what layers give in a forward pass.

Hooks are removed at the end of every block, also after an error.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from tonotopy.errors import InputError
from tonotopy.networks.layers import Change, Layer, module_at

Handler = Callable[[Any, int], Any]  # of a layer's output and the number of clips


def read(
    network: nn.Module, layers: dict[str, Layer], inputs: Tensor
) -> tuple[dict[str, Tensor], Any]:
    """Run a forward pass and read layers as it goes.

    Args:
        network: is called with the inputs.
        layers: by name.
        inputs: shape (clips, ...).

    Returns:
        Layer -> (clips, width), detached copies, so that later in-place operations cannot change
        what was read; and what the network returned.

    Raises:
        InputError: the network has no such module, or the pass does not call it as often as
            ``calls`` of the layer says.
    """

    def mean(layer: Layer, output: Any, clips: int) -> Tensor:
        if layer.calls == "concatenate":
            return layer.vectors(output, clips).detach().clone()
        return layer.vector(output, clips).detach().clone()

    taken, output = _taken(network, layers, inputs, mean)
    for name, layer in layers.items():
        if layer.calls == "concatenate":
            taken[name] = layer.mean(taken[name])
    return taken, output


def trace(
    network: nn.Module, layers: dict[str, Layer], inputs: Tensor
) -> tuple[dict[str, Tensor], Any]:
    """Run a forward pass and return what layers give at every position, on the graph of the pass.

    Args:
        network: is called with the inputs.
        layers: by name.
        inputs: shape (clips, ...).

    Returns:
        Layer -> (clips, positions, width), copies, so that later in-place operations cannot change
        what was read; and what the network returned.

    Raises:
        InputError: see `read`.
    """

    def whole(layer: Layer, output: Any, clips: int) -> Tensor:
        return layer.vectors(output, clips).clone()

    return _taken(network, layers, inputs, whole)


def tensors(network: nn.Module, layers: dict[str, Layer], inputs: Tensor) -> dict[str, Tensor]:
    """Return the tensors of a pass as the modules return them, to tell how these are laid.

    Args:
        network: is called with the inputs.
        layers: by name.
        inputs: shape (clips, ...).

    Returns:
        Layer -> its tensor in the first call of the pass.

    Raises:
        InputError: see `read`.
    """

    def bare(layer: Layer, output: Any, clips: int) -> Tensor:
        return layer.tensor(output).detach().clone()

    alone = {name: replace(layer, calls="first") for name, layer in layers.items()}
    return _taken(network, alone, inputs, bare)[0]


def _taken(
    network: nn.Module,
    layers: dict[str, Layer],
    inputs: Tensor,
    take: Callable[[Layer, Any, int], Tensor],
) -> tuple[dict[str, Tensor], Any]:
    """Run a forward pass; return what is taken of each layer's output, and the network's."""
    parts: dict[str, list[Tensor]] = {name: [] for name in layers}

    def keeping(name: str, layer: Layer) -> Handler:
        def keep(output: Any, clips: int) -> None:
            if layer.calls == "last":
                parts[name].clear()
            parts[name].append(take(layer, output, clips))

        return keep

    handlers = [(name, layer, keeping(name, layer)) for name, layer in layers.items()]
    with _hooked(network, handlers):
        output = network(inputs)
    return {name: _joined(name, layers[name], parts[name]) for name in layers}, output


def _joined(name: str, layer: Layer, parts: list[Tensor]) -> Tensor:
    """Return what several calls of a module gave as one tensor, along its positions."""
    if len(parts) == 1:
        return parts[0]
    widths = sorted({part.shape[-1] for part in parts})
    if len(widths) > 1:
        raise InputError(
            f"layer '{name}' ({layer.path}): its {len(parts)} calls give vectors of different "
            f"widths ({', '.join(map(str, widths))}), which are no positions of one layer: set "
            "'calls' to first or last"
        )
    return torch.cat(parts, dim=1)


@contextmanager
def writing(network: nn.Module, changes: dict[Layer, Change]) -> Iterator[None]:
    """Change what layers give in every forward pass inside the block.

    Args:
        network: its first tensor argument tells the number of clips.
        changes: layer -> a function from vectors (clips, positions, width) to the same shape.

    Raises:
        InputError: the network has no such module, a pass does not call it as often as ``calls``
            of the layer says, or the last of several calls is meant, which nobody knows before.
    """
    for layer in changes:
        if layer.calls == "last":
            raise InputError(
                f"layer '{layer.path}': 'calls: last' can be read and not changed, because a pass "
                "does not tell which call is the last: set it to first or concatenate"
            )

    def changing(layer: Layer, change: Change) -> Handler:
        return lambda output, clips: layer.write(output, clips, change)

    handlers = [(layer.path, layer, changing(layer, change)) for layer, change in changes.items()]
    with _hooked(network, handlers):
        yield


@contextmanager
def _hooked(network: nn.Module, handlers: list[tuple[str, Layer, Handler]]) -> Iterator[None]:
    """Give layers' outputs to handlers, whose answers, if any, take their place."""
    calls: Counter[int] = Counter()
    clips = 0

    def begin(module: nn.Module, args: tuple, kwargs: dict) -> None:
        nonlocal clips
        calls.clear()
        tensors = [x for x in (*args, *kwargs.values()) if isinstance(x, Tensor)]
        if not tensors:
            kind = type(module).__name__
            raise InputError(f"{kind} is called without a tensor, which would tell how many clips")
        clips = len(tensors[0])

    def end(module: nn.Module, args: tuple, output: Any) -> None:
        for number, (name, layer, _) in enumerate(handlers):
            if calls[number] != 1 and (layer.calls == "once" or not calls[number]):
                raise InputError(_uncalled(name, layer, calls[number]))

    def hook(number: int, layer: Layer, handler: Handler) -> Callable:
        def called(module: nn.Module, args: tuple, output: Any) -> Any:
            calls[number] += 1
            later = layer.calls == "first" and calls[number] > 1
            return None if later else handler(output, clips)

        return called

    with ExitStack() as stack:
        modules = [module_at(network, layer.path) for _, layer, _ in handlers]
        if hasattr(network, "computing_for"):
            stack.enter_context(network.computing_for([layer for _, layer, _ in handlers]))
        for number, (module, (name, layer, handler)) in enumerate(
            zip(modules, handlers, strict=True)
        ):
            _check_recurrent(module, name, layer)
            handle = module.register_forward_hook(hook(number, layer, handler))
            stack.callback(handle.remove)
        start = network.register_forward_pre_hook(begin, with_kwargs=True)
        stack.callback(start.remove)
        stack.callback(network.register_forward_hook(end).remove)
        yield


def _uncalled(name: str, layer: Layer, calls: int) -> str:
    fault = f"is called {calls} times" if calls else "is not called"
    expected = "once" if layer.calls == "once" else "at least once"
    several = ", or set 'calls' to concatenate, first or last" if calls else ""
    return (
        f"layer '{name}' ({layer.path}) {fault} in a forward pass, expected {expected}: choose a "
        f"module that is{several}"
    )


def _check_recurrent(module: nn.Module, name: str, layer: Layer) -> None:
    """Refuse torch's recurrent modules read along the wrong axis, which no shape gives away."""
    if not isinstance(module, nn.RNNBase):
        return
    output = layer.part in (None, 0, "0")
    expected = 0 if module.batch_first and output else 1
    if layer.batch_axis != expected:
        raise InputError(
            f"layer '{name}' ({layer.path}): the clips of this {type(module).__name__}'s "
            f"{'output' if output else 'states'} are on axis {expected}: set batch_axis to it"
        )
