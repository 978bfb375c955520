"""Read and change what layers give in a forward pass.

Hooks are removed at the end of every block, also after an error.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

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
        InputError: the network has no such module, or the pass does not call it exactly once.
    """

    def mean(layer: Layer, output: Any, clips: int) -> Tensor:
        return layer.vector(output, clips).detach().clone()

    return _taken(network, layers, inputs, mean)


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


def _taken(
    network: nn.Module,
    layers: dict[str, Layer],
    inputs: Tensor,
    take: Callable[[Layer, Any, int], Tensor],
) -> tuple[dict[str, Tensor], Any]:
    """Run a forward pass; return what is taken of each layer's output, and the network's."""
    vectors: dict[str, Tensor] = {}

    def keeping(name: str, layer: Layer) -> Handler:
        def keep(output: Any, clips: int) -> None:
            vectors[name] = take(layer, output, clips)

        return keep

    handlers = [(name, layer, keeping(name, layer)) for name, layer in layers.items()]
    with _hooked(network, handlers):
        output = network(inputs)
    return {name: vectors[name] for name in layers}, output


@contextmanager
def writing(network: nn.Module, changes: dict[Layer, Change]) -> Iterator[None]:
    """Change what layers give in every forward pass inside the block.

    Args:
        network: its first tensor argument tells the number of clips.
        changes: layer -> a function from vectors (clips, positions, width) to the same shape.

    Raises:
        InputError: the network has no such module, or a pass does not call it exactly once.
    """

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
            if calls[number] != 1:
                raise InputError(_uncalled(name, layer, calls[number]))

    def hook(number: int, handler: Handler) -> Callable:
        def called(module: nn.Module, args: tuple, output: Any) -> Any:
            calls[number] += 1
            return handler(output, clips)

        return called

    with ExitStack() as stack:
        modules = [module_at(network, layer.path) for _, layer, _ in handlers]
        if hasattr(network, "computing_for"):
            stack.enter_context(network.computing_for([layer for _, layer, _ in handlers]))
        for number, (module, (name, layer, handler)) in enumerate(
            zip(modules, handlers, strict=True)
        ):
            _check_recurrent(module, name, layer)
            handle = module.register_forward_hook(hook(number, handler))
            stack.callback(handle.remove)
        start = network.register_forward_pre_hook(begin, with_kwargs=True)
        stack.callback(start.remove)
        stack.callback(network.register_forward_hook(end).remove)
        yield


def _uncalled(name: str, layer: Layer, calls: int) -> str:
    fault = "is not called" if not calls else f"is called {calls} times"
    return (
        f"layer '{name}' ({layer.path}) {fault} in a forward pass, expected once: choose a module "
        "that is"
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
