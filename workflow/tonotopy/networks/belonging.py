"""Whether activations belong to their clips: heard again, in another order, alone and in company.

Checked on a few clips before a network is used, because no shape gives it away.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from tonotopy.errors import InputError
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer
from tonotopy.networks.tracing import tensors, trace

CLIPS = 3  # that are tried
# shares of an activation's size by which it may differ
AGAIN = 1e-5  # when the same batch is heard again
ALIKE = 1e-4  # when it is part of another batch, however alike the clips are
ROUNDED = 1e-3  # of the distance between clips
FAST = 2e-2  # on a GPU, whose products carry 10 bits, and in half precision
CODES = 0.01  # share of whole numbers that rounding may move to their neighbours

FAULTS = (RuntimeError, ValueError, IndexError)  # what torch raises where shapes do not fit
Hear = Callable[[list[int]], Tensor]  # numbers of clips -> the network's input for a batch of them


class Unheard(InputError):
    """A network cannot hear what its front end gives it; the message has the shape."""


@contextmanager
def heard(network: nn.Module, inputs: Tensor) -> Iterator[None]:
    """Say what a network was given, where it fails inside the block.

    Args:
        network: that is called.
        inputs: what its front end gives.

    Raises:
        Unheard: it failed.
    """
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except FAULTS as error:
        raise Unheard(
            f"{type(network).__name__} cannot hear what it is given, shape {tuple(inputs.shape)} "
            f"({_first_line(error)})"
        ) from error


@contextmanager
def hearing(bundle: Bundle, corpus: str) -> Iterator[None]:
    """Name network, corpus and front end, where the network cannot hear inside the block.

    Raises:
        InputError: it cannot; the message says what to set.
    """
    try:
        yield
    except Unheard as error:
        module = bundle.info.get("arguments", {}).get("module", type(bundle.network).__name__)
        kind = bundle.info.get("front_end", {}).get("kind", type(bundle.front_end).__name__)
        raise InputError(
            f"network {module} on corpus {corpus}, through its front end {kind}: {error}: set "
            "'front_end' of the network to the input that it was made for"
        ) from error


@torch.no_grad()
def check_belonging(
    network: nn.Module, layers: dict[str, Layer], hear: Hear, clips: int = CLIPS
) -> None:
    """Refuse layers whose activations are not those of a clip, whatever it is heard with.

    Every layer must give the same for a clip, but for rounding, when a batch is heard again, in
    another order, and when it is taken apart. Layers without finite numbers are passed over.

    Args:
        network: in evaluation mode.
        layers: by name, as they are going to be read.
        hear: gives the input for some of the clips, in the order of their numbers.
        clips: how many there are.

    Raises:
        InputError: naming the layer, what differs and what to set or change.
        Unheard: the network fails on the whole batch.
    """
    order, exact = list(range(clips)), _on_processor(network)
    first = _activations(network, layers, hear, [order])
    trials = (
        (_again, AGAIN, [order]),
        (_reordered, ALIKE, [order[::-1]]),
        (_apart, ALIKE, [order[:1], order[1:]]),
    )
    for explain, least, batches in trials:
        found = _activations(network, layers, hear, [batch for batch in batches if batch])
        for name, layer in layers.items():
            if _differ(first[name], found[name], least, exact):
                place = f"layer '{name}' ({layer.path})"
                raise InputError(f"{place}: {explain(network, layer, hear, order)}")


def _activations(
    network: nn.Module, layers: dict[str, Layer], hear: Hear, batches: list[list[int]]
) -> dict[str, Tensor]:
    """Return what layers give, each (clips, numbers), clips in the order of their numbers."""
    numbers = [number for batch in batches for number in batch]
    parts = []
    for batch in batches:
        inputs = hear(batch)
        try:
            with heard(network, inputs):
                traced, _ = trace(network, layers, inputs)
        except Unheard as error:
            if len(batch) == len(numbers):
                raise
            reason = _first_line(error.__cause__)
            raise InputError(
                f"{type(network).__name__} cannot hear a batch of {len(batch)} ({reason}), but one "
                f"of {len(numbers)}: its answer to a clip must not depend on the clips beside it"
            ) from error
        parts.append({name: values.flatten(1).cpu() for name, values in traced.items()})
    back = torch.tensor(numbers).argsort()
    return {name: _stacked([part[name] for part in parts])[back] for name in layers}


def _first_line(error: BaseException | None) -> str:
    return str(error).partition("\n")[0]


def _stacked(parts: list[Tensor]) -> Tensor:
    """Return parts below each other; of other widths they are filled with what is equal to none."""
    width = max(part.shape[1] for part in parts)
    if all(part.shape[1] == width for part in parts):
        return torch.cat(parts)
    return torch.cat([part.new_zeros(len(part), 0) for part in parts])


def _on_processor(network: nn.Module) -> bool:
    weights = next(chain(network.parameters(), network.buffers()), torch.empty(0))
    return weights.device.type == "cpu"


def _differ(first: Tensor, found: Tensor, least: float, exact: bool) -> bool:
    if first.shape != found.shape:
        return True
    if not first.is_floating_point():
        return bool((first != found).double().mean() > CODES)
    exact = exact and first.dtype in (torch.float32, torch.float64)
    first, found = first.double(), found.double()
    if not (first.isfinite().all() and found.isfinite().all()):
        return False  # who reads them says so, with the clips
    size = first.norm(dim=1).max()
    spread = (first - first.mean(dim=0)).norm(dim=1).max()
    limit = least * size
    if least != AGAIN:
        limit = max(limit, ROUNDED * spread) if exact else FAST * size
    return bool((first - found).norm(dim=1).max() > limit)


def _again(network: nn.Module, layer: Layer, hear: Hear, order: list[int]) -> str:
    training = _training(network)
    told = "the same clips give other activations when they are heard again"
    if training:
        return f"{told}: {training}"
    return (
        f"{told}: dropout, noise or something that is kept from pass to pass: let chance act while "
        "'self.training' alone (as nn.Dropout does), and keep nothing"
    )


def _reordered(network: nn.Module, layer: Layer, hear: Hear, order: list[int]) -> str:
    """Say what follows the order of the clips, if anything does."""
    first, found = (
        tensors(network, {"x": layer}, hear(batch))["x"] for batch in (order, order[::-1])
    )
    shape = f"shape {tuple(first.shape)} of {len(order)} clips"
    if first.shape == found.shape:
        if torch.equal(first, found):
            return (
                "it gives the same in whatever order clips are heard: what an earlier pass left "
                "there, or what is sorted: let every pass compute it anew"
            )
        for axis, size in enumerate(first.shape):
            if axis != layer.batch_axis and size == len(order) and _close(first.flip(axis), found):
                return (
                    f"its clips are on axis {axis}, not on axis {layer.batch_axis} ({shape}): set "
                    f"batch_axis to {axis}"
                )
            if size > len(order) and size % len(order) == 0:
                by_chunk = first.unflatten(axis, (-1, len(order))).flip(axis + 1)
                if _close(by_chunk.flatten(axis, axis + 1), found):
                    return (
                        f"it is laid chunk by chunk, not clip by clip (axis {axis}, {shape}): let "
                        "the chunks of a clip follow each other, as flatten(0, 1) of (clips, "
                        "chunks, ...) does"
                    )
    return (
        f"in another order the clips give other activations ({shape}): choose a module whose rows "
        "are the clips, or set batch_axis to the axis that they are on"
    )


def _apart(network: nn.Module, layer: Layer, hear: Hear, order: list[int]) -> str:
    told = "a clip gives other activations alone than beside others"
    training = _training(network)
    if training:
        return f"{told}: {training}"
    over_batch = [
        name
        for name, module in network.named_modules()
        if isinstance(module, _BatchNorm) and not module.track_running_stats
    ]
    if over_batch:
        return (
            f"{told}: '{over_batch[0]}' normalises by the batch: let it keep running statistics "
            "(track_running_stats), or normalise each clip by itself"
        )
    return (
        f"{told}: something is taken over the batch (a mean, a maximum, padding to the longest): "
        "take it over each clip by itself"
    )


def _training(network: nn.Module) -> str:
    """Say which modules a pass leaves in training, nothing without any."""
    kinds = sorted({type(module).__name__ for module in network.modules() if module.training})
    if not kinds:
        return ""
    return f"a pass sets {', '.join(kinds)} to training: leave self.train() out of forward"


def _close(first: Tensor, second: Tensor) -> bool:
    return bool(torch.allclose(first.double(), second.double(), rtol=1e-3, atol=1e-5))
