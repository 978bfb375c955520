"""Maps of layers on grids of frequency and time, whatever the order of a network's axes.

Rows are frequency from low to high, columns are time. Convolutions give (clips, maps, A, B):
which of A and B is frequency is found out by a change of the input's lowest quarter of rows, and
another of its first quarter of columns. A network may fold the chunks of a clip into its batch
(VGGish): chunks are further columns. Transformers give tokens, which lie row by row on the grid
that the network knows (``grid``) or the entry names, after some that belong to no patch.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from math import prod

import torch
from torch import Tensor

from tonotopy.errors import InputError, nearest
from tonotopy.frontends.stages import FrontEnd
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.containers import locate, pick
from tonotopy.networks.layers import Layer, module_at
from tonotopy.networks.positions import Axis
from tonotopy.networks.tracing import trace
from tonotopy.similarity.places import Grid, Place

SECONDS = 10  # of a tone that tells the axes of a square input


@dataclass(frozen=True)
class Layout:
    """Where the values of a layer lie.

    Attributes:
        layer: read so that all positions are kept apart.
        chunks: of a clip.
        axes: sizes of the two axes of a chunk, in their order; those of tokens are frequency, time.
        rows_first: whether the first of them is frequency.
        extra: tokens before those of patches.
        maps: their number.
        times: of the columns in samples, where the network hears waveforms.
        bands: of the rows in rows of the input, likewise; None for one row.
        kept: the first column that is of the clip, and the one after the last; None for all.
    """

    layer: Layer
    chunks: int
    axes: tuple[int, int]
    rows_first: bool
    extra: int
    maps: int
    times: Axis | None = None
    bands: Axis | None = None
    kept: tuple[int, int] | None = None

    @property
    def grid(self) -> Grid:
        """Rows and columns of a map."""
        rows, columns = self.axes if self.rows_first else self.axes[::-1]
        if self.kept:
            return rows, self.kept[1] - self.kept[0]
        return rows, self.chunks * columns

    @property
    def place(self) -> Place:
        """Where the cells of a map lie."""
        return Place(self.grid, self.times, self.bands)

    def maps_of(self, vectors: Tensor) -> Tensor:
        """Return maps (clips, maps, rows, columns) of what `tracing.trace` gives of the layer."""
        inside = vectors.unflatten(1, (self.chunks, -1))[:, :, self.extra :]
        laid = inside.unflatten(2, self.axes)
        if not self.rows_first:
            laid = laid.transpose(2, 3)
        maps = laid.permute(0, 4, 2, 1, 3).flatten(3)
        return maps[..., slice(*self.kept)] if self.kept else maps


def input_grid(inputs: Tensor, rows_first: bool) -> Tensor:
    """Return a front end's output as (clips, rows, columns).

    Args:
        inputs: shape (clips, A, B), or (clips, chunks, A, B).
        rows_first: whether A is frequency.

    Raises:
        InputError: another number of axes.
    """
    if inputs.ndim not in (3, 4):
        raise InputError(
            f"the front end gives shape {tuple(inputs.shape)}, expected (clips, A, B) or (clips, "
            "chunks, A, B): maps are compared on a grid of frequency and time"
        )
    chunked = inputs if inputs.ndim == 4 else inputs[:, None]
    laid = chunked if rows_first else chunked.transpose(2, 3)
    return laid.permute(0, 2, 1, 3).flatten(2)


@torch.no_grad()
def rows_come_first(front_end: FrontEnd, inputs: Tensor) -> bool:
    """Return whether frequency is the last axis but one of what a front end gives.

    Args:
        front_end: its ``mels`` tell; where both axes are as long, a steady tone, which varies over
            frequency alone.
        inputs: what it gives, shape (clips, ..., A, B).

    Raises:
        InputError: no axis has as many bands as the front end's settings say.
    """
    settings = front_end.settings
    sizes, mels = tuple(inputs.shape[-2:]), settings.mels
    if mels not in sizes:
        raise InputError(
            f"the front end gives shape {tuple(inputs.shape)}, and no axis of its {mels} mel bands"
        )
    if sizes[0] != sizes[1]:
        return sizes[0] == mels
    time = torch.arange(SECONDS * settings.rate, device=inputs.device) / settings.rate
    tone = front_end(torch.sin(2 * torch.pi * settings.rate / 10 * time)[None])[0]
    tone = tone.reshape(-1, *sizes)
    return bool(tone.std(dim=1).mean() > tone.std(dim=2).mean())


@torch.no_grad()
def layouts(
    bundle: Bundle,
    layers: dict[str, Layer],
    inputs: Tensor,
    grids: dict[str, list[int]] | None = None,
    strict: bool = False,
) -> dict[str, Layout]:
    """Return where the values of layers lie, in their order.

    Args:
        bundle: the network.
        layers: by name.
        inputs: what it is given of a clip, shape (1, ...).
        grids: layer -> rows and columns of its tokens, where the network does not know them.
        strict: whether a layer without maps on a grid is refused; else it is left out, and the log
            says so.

    Raises:
        InputError: a layer of tokens whose grid nobody knows, or with another number of tokens; a
            grid for a layer that there is not; no layer is left.
    """
    check_grids(grids, layers)
    shapes = output_shapes(bundle, layers, inputs)
    found = {}
    for name, shape in shapes.items():
        if len(shape) == 2:
            if strict:
                raise InputError(f"layers: layer '{name}' gives {shape}, no maps: leave it out")
            print(f"note: layer '{name}' gives {shape}, no maps on a grid: it is left out")
        elif len(shape) == 4:
            found[name] = _of_convolution(layers[name], shape)
        else:
            known = (grids or {}).get(name) or getattr(bundle.network, "grid", None)
            found[name] = _of_tokens(name, layers[name], shape, known)
    if not found:
        raise InputError("layers: no layer of the network has maps on a grid of frequency and time")
    return _turned(bundle, found, inputs)


def _of_convolution(layer: Layer, shape: tuple[int, ...]) -> Layout:
    own = replace(layer, read="channels", tokens=None)
    return Layout(own, shape[0], (shape[2], shape[3]), True, 0, shape[1])


def _of_tokens(name: str, layer: Layer, shape: tuple[int, ...], grid) -> Layout:
    channels = layer.read == "channels"
    maps, tokens = (shape[1], shape[2]) if channels else (shape[2], shape[1])
    if grid is None or len(shape) != 3:
        raise InputError(
            f"layers: layer '{name}' gives {shape}, and how its tokens lie in frequency and time "
            f"is not known: say so in 'grids', such as {{{name}: [rows, columns]}}, or leave it "
            "out of 'layers'"
        )
    own = replace(layer, read="channels" if channels else "tokens", tokens=None)
    return Layout(own, shape[0], (grid[0], grid[1]), True, extra_tokens(name, grid, tokens), maps)


def check_grids(grids: dict[str, list[int]] | None, layers: dict[str, Layer]) -> None:
    """Refuse grids of layers that there are not."""
    for name in grids or {}:
        if name not in layers:
            raise InputError(f"grids: there is no layer '{name}'{nearest(name, layers)}")


def extra_tokens(name: str, grid: Sequence[int], tokens: int) -> int:
    """Return how many tokens of a layer lie before those of its grid, rows and columns.

    Raises:
        InputError: there are fewer tokens than places.
    """
    if prod(grid) > tokens:
        raise InputError(
            f"grids.{name}: {grid[0]} rows of {grid[1]} columns are more than the {tokens} tokens "
            "of the layer"
        )
    return tokens - prod(grid)


def output_shapes(bundle: Bundle, layers: dict[str, Layer], inputs: Tensor) -> dict[str, tuple]:
    """Return the shapes of layers' outputs for a clip, the batch's axis first."""
    shapes: dict[str, tuple] = {}

    def keeping(name: str, layer: Layer):
        def keep(module, args, output) -> None:
            tensor = pick(output, locate(output, layer.part))
            shapes[name] = tuple(tensor.movedim(layer.batch_axis, 0).shape)

        return keep

    network = bundle.network
    with ExitStack() as stack:
        if hasattr(network, "computing_for"):
            whole = [replace(layer, tokens=None) for layer in layers.values()]
            stack.enter_context(network.computing_for(whole))
        for name, layer in layers.items():
            module = module_at(network, layer.path)
            stack.callback(module.register_forward_hook(keeping(name, layer)).remove)
        network(inputs)
    for name in layers:
        if name not in shapes:
            raise InputError(f"layers: layer '{name}' is not called in a forward pass")
    return {name: shapes[name] for name in layers}


def _turned(bundle: Bundle, found: dict[str, Layout], inputs: Tensor) -> dict[str, Layout]:
    """Return layouts of convolutions with the axis of frequency found out.

    A change of low frequencies moves the values of low frequencies most, one of the beginning those
    of the beginning: the centres of what moves tell the axes.
    """
    first = rows_come_first(bundle.front_end, inputs)
    before = _values(bundle, found, inputs)
    low, early = (_changed(inputs, axis) for axis in ((-2, -1) if first else (-1, -2)))
    by_low, by_time = (_values(bundle, found, changed) for changed in (low, early))
    turned = {}
    for name, layout in found.items():
        if layout.extra or layout.layer.read == "tokens":
            turned[name] = layout
            continue
        lows, times = (
            _centres((after[name] - before[name]).square().sum(dim=(0, 1)))
            for after in (by_low, by_time)
        )
        lean = (lows[0] - lows[1]) - (times[0] - times[1])
        turned[name] = replace(layout, rows_first=lean < 0 or (lean == 0 and first))
    return turned


def _values(bundle: Bundle, found: dict[str, Layout], inputs: Tensor) -> dict[str, Tensor]:
    """Return layers' values (chunks, maps, A, B) for a clip."""
    traced, _ = trace(bundle.network, {name: own.layer for name, own in found.items()}, inputs)
    return {
        name: values[0]
        .unflatten(0, (found[name].chunks, -1))[:, found[name].extra :]
        .transpose(1, 2)
        .unflatten(2, found[name].axes)
        for name, values in traced.items()
    }


def _changed(inputs: Tensor, axis: int) -> Tensor:
    """Return inputs whose first quarter along an axis is higher by three standard deviations."""
    changed = inputs.clone()
    changed.narrow(axis, 0, max(1, inputs.shape[axis] // 4)).add_(3 * inputs.std() + 1e-3)
    return changed


def _centres(moved: Tensor) -> tuple[float, float]:
    """Return where values lie on both axes on the average, from 0 to 1: of shape (A, B)."""
    centres = []
    for axis in (0, 1):
        weights = moved.sum(dim=1 - axis).double()
        places = (torch.arange(len(weights), device=moved.device) + 0.5) / len(weights)
        total = float(weights.sum())
        centres.append(float((weights * places).sum() / total) if total else 0.5)
    return centres[0], centres[1]
