"""Maps of networks that hear waveforms: where their positions lie in time, and in frequency.

A layer gives a map for each number of its width, of one row over time: how loud which frequencies
are is in the width. Networks that make a spectrogram of their own inside know the grid of their
patches (``positions`` of the network), as networks of transformers do; an entry may name another
layer's. Times that the network does not know are measured, see `timing`.
"""

from dataclasses import replace

import torch
from torch import Tensor

from tonotopy.errors import InputError
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer
from tonotopy.networks.positions import Axis, told_positions
from tonotopy.networks.tracing import trace
from tonotopy.similarity.grids import Layout, check_grids, extra_tokens, output_shapes
from tonotopy.similarity.timing import kept_of_clip, measured_times


@torch.no_grad()
def placed_layouts(
    bundle: Bundle,
    layers: dict[str, Layer],
    waveforms: Tensor,
    rows: int,
    grids: dict[str, list[int]] | None = None,
    strict: bool = False,
) -> dict[str, Layout]:
    """Return where the values of layers lie, in their order, see `grids.layouts`.

    Args:
        bundle: a network that hears waveforms.
        layers: by name.
        waveforms: of a clip, shape (1, samples).
        rows: of the spectrogram through which its input is seen.
        grids: layer -> rows and columns of its tokens, after those that belong to no place.
        strict: whether a layer that has no place is refused; else it is left out, and the log says
            so.

    Raises:
        InputError: a grid for a layer that there is not, whose tokens are fewer, or whose place the
            network knows; no layer is left.
    """
    check_grids(grids, layers)
    shapes, samples = output_shapes(bundle, layers, waveforms), waveforms.shape[1]
    whys: dict[str, str] = {}
    read: dict[tuple[str, str], Layer] = {}
    for name, shape in shapes.items():
        ways, whys[name] = _readings(layers[name], shape)
        read |= {(name, way): replace(layers[name], read=way, tokens=None) for way in ways}
    traced, _ = trace(bundle.network, read, waveforms)
    found, measured = {}, {}
    for (name, way), values in traced.items():
        own = _known(bundle, read[name, way], values, samples)
        if own is None:
            grid = (grids or {}).get(name, [1, values.shape[1]])
            measured[name, way] = _named(name, read[name, way], values, grid, rows)
        elif name in (grids or {}):
            raise InputError(f"grids.{name}: the network knows where its tokens lie: leave it out")
        else:
            found[name] = own
    told = measured_times(bundle.network, measured, samples, bundle.device)
    for (name, way), times in told.items():
        if isinstance(times, str):
            whys[name] = f"where its positions lie in time cannot be told: {times}"
        else:
            found.setdefault(name, _timed(measured[name, way], times, samples))
    return _kept({name: found.get(name) for name in layers}, whys, strict)


def _kept(found: dict[str, Layout | None], whys: dict[str, str], strict: bool) -> dict[str, Layout]:
    for name, layout in found.items():
        if layout is None and strict:
            raise InputError(f"layers: layer '{name}' has no maps over time, {whys[name]}")
        if layout is None:
            print(f"note: layer '{name}' has no maps over time, {whys[name]}: it is left out")
    kept = {name: layout for name, layout in found.items() if layout is not None}
    if not kept:
        raise InputError(
            "layers: no layer of the network has maps over time: "
            + "; ".join(f"'{name}': {why}" for name, why in whys.items())
        )
    return kept


def _readings(layer: Layer, shape: tuple[int, ...]) -> tuple[list[str], str]:
    """Return the ways in which a layer may have positions over time, or why it has none.

    Which axis of a layer that is read whole is time is found out by trying.

    Args:
        layer: as it is declared.
        shape: of its output for a clip, the batch's axis first.
    """
    if len(shape) == 2:
        return [], f"it gives {shape}"
    axes = {"channels": shape[2:], "tokens": shape[1:-1]}
    ways = ["channels", "tokens"] if layer.read == "all" else [layer.read]
    alone = [way for way in ways if sum(size > 1 for size in axes[way]) < 2]
    return alone, f"it gives {shape}, and of which frequencies its rows are is not known"


def _known(bundle: Bundle, layer: Layer, values: Tensor, samples: int) -> Layout | None:
    """Return where values (1, positions, maps) of a layer lie as the network says, if it does."""
    told = told_positions(bundle.network, layer, values.shape[1], samples)
    if told is None:
        return None
    extra = values.shape[1] // told.chunks - told.rows * told.columns
    layout = Layout(layer, told.chunks, (told.rows, told.columns), True, extra, values.shape[2])
    return replace(layout, times=told.times, bands=told.bands, kept=(0, told.times.number))


def _named(name: str, layer: Layer, values: Tensor, grid: list[int], rows: int) -> Layout:
    """Return where the values of a layer lie on a grid, whose rows share the input's evenly."""
    extra = extra_tokens(name, grid, values.shape[1])
    height = rows / grid[0]
    bands = Axis((height - 1) / 2, height, grid[0]) if grid[0] > 1 else None
    return Layout(layer, 1, (grid[0], grid[1]), True, extra, values.shape[2], bands=bands)


def _timed(layout: Layout, times: Axis, samples: int) -> Layout:
    """Return a layout with the times of those of its columns that are of the clip."""
    first, end = kept_of_clip(times, samples)
    own = Axis(times.first + first * times.step, times.step, end - first)
    return replace(layout, times=own, kept=(first, end))
