"""Read and change what layers give: one door for all studies.

Hooks are removed at the end of every block, also after an error.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.files import naming, read_json, reading, write_json
from tonotopy.inference import network_inputs
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Change, Layer, module_at, with_view

INDEX = "index.json"
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
    vectors: dict[str, Tensor] = {}

    def keeping(name: str, layer: Layer) -> Handler:
        def keep(output: Any, clips: int) -> None:
            vectors[name] = layer.vector(output, clips).detach().clone()

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


def store(
    bundle: Bundle,
    corpus: Corpus,
    folder: str | Path,
    *,
    positions: np.ndarray | None = None,
    seconds: float | None = None,
    batch: int,
    view: str | None = None,
) -> dict[str, np.memmap]:
    """Write what every layer of a network makes of a corpus, all layers in one pass.

    Args:
        bundle: network and front end, on the device that they are to run on.
        corpus: its clips, at any rate.
        folder: where a memory-mapped float32 array per layer and an index are written.
        positions: of the clips, which are the rows in this order; by default all.
        seconds: if given, only the beginning of each clip of this length is heard.
        batch: clips per forward pass.
        view: see `layers.with_view`.

    Returns:
        See `stored`.

    Raises:
        InputError: a layer cannot be read or gives values that are not finite, no clip is chosen,
            or the disk is full.
    """
    folder = Path(folder)
    layers = with_view(bundle.layers, view)
    positions = np.arange(len(corpus)) if positions is None else np.asarray(positions)
    if not len(positions):
        raise InputError(f"corpus {corpus.name}: no clips are chosen to be heard")
    folder.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, np.memmap] = {}
    for start, inputs in network_inputs(bundle, corpus, positions, batch, seconds):
        with torch.no_grad():
            vectors, _ = read(bundle.network, layers, inputs)
        for index, name in enumerate(layers):
            values = vectors[name].float().cpu().numpy()
            batch_positions = positions[start : start + batch]
            _check_finite(values, name, corpus, batch_positions)
            if name not in arrays:
                path = _array_path(folder, index, name)
                arrays[name] = array_on_disk(path, (len(positions), values.shape[1]))
            arrays[name][start : start + len(batch_positions)] = values
    arrays.clear()
    index_content = {"layers": list(layers), "clips": len(positions)}
    write_json(folder / INDEX, index_content, checksums=False)
    return _mapped(folder)


def stored(folder: str | Path) -> dict[str, np.memmap]:
    """Return the activations that `store` wrote.

    Returns:
        Layer -> float32 (clips, width), memory-mapped read-only, from input to output.

    Raises:
        InputError: a file is missing or damaged; the message names the folder.
    """
    with reading(folder):
        return _mapped(Path(folder))


def array_on_disk(path: Path, shape: tuple[int, ...]) -> np.memmap:
    """Return a new memory-mapped float32 array, all of whose place on the disk is taken at once.

    Otherwise a disk that fills up later ends the process without a word (SIGBUS).

    Raises:
        InputError: the disk is full; the message names the file.
    """
    with naming(path):
        array = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        if hasattr(os, "posix_fallocate"):  # macOS has none
            with path.open("r+b") as file:
                os.posix_fallocate(file.fileno(), 0, path.stat().st_size)
    return array


def _array_path(folder: Path, index: int, name: str) -> Path:
    # numbered, because not all file systems tell 'Conv' from 'conv'
    return folder / f"{index:03d}-{name}.npy"


def _mapped(folder: Path) -> dict[str, np.memmap]:
    content = read_json(folder / INDEX)
    arrays = {}
    for index, name in enumerate(content["layers"]):
        array = np.load(_array_path(folder, index, name), mmap_mode="r")
        if len(array) != content["clips"]:
            raise ValueError(f"layer '{name}' has {len(array)} clips, not {content['clips']}")
        arrays[name] = array
    return arrays


def _check_finite(values: np.ndarray, name: str, corpus: Corpus, positions: np.ndarray) -> None:
    broken = ~np.isfinite(values).all(axis=1)
    if broken.any():
        clips = corpus.clips[positions[broken]]
        more = f" and {len(clips) - 3} more" if len(clips) > 3 else ""
        raise InputError(
            f"corpus {corpus.name}: layer '{name}' gives values that are not finite for clips "
            f"{', '.join(map(str, clips[:3]))}{more}: look at their audio and the network's weights"
        )


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
