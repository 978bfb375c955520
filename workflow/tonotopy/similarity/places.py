"""Where maps meet the input and features: the cells on which they are compared.

Grids of networks that hear a spectrogram cover what it covers, evenly. Those of networks that hear
waveforms lie at times of their own, and features are averaged over the very stretch of a position.
"""

from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from tonotopy.networks.positions import Axis
from tonotopy.similarity.measure import common_grid, pooled

Grid = tuple[int, int]  # rows and columns
COVERED = 0.5  # of a cell, by what is averaged over it: less tells of other times


class Place(NamedTuple):
    """Where the cells of a map lie.

    Attributes:
        grid: rows and columns.
        times: of the columns, in samples; None where the grid covers the input evenly.
        bands: of the rows, in rows of the input; None for one row, which hears all of them, and
            where ``times`` is None.
    """

    grid: Grid
    times: Axis | None = None
    bands: Axis | None = None


class Seen(NamedTuple):
    """Where the cells of an input and of features lie.

    Attributes:
        grid: of the input, rows and columns.
        times: of its columns, in samples.
        features: of the columns of curves and chroma, in samples.
    """

    grid: Grid
    times: Axis
    features: Axis


class Meeting(Protocol):
    """The cells on which maps of a place, the input and features are compared.

    Attributes:
        shape: rows and columns.
    """

    shape: Grid

    def inputs(self, values: Tensor) -> Tensor:
        """Return values on the input's grid, (..., rows, columns), averaged to the cells."""

    def columns(self, values: Tensor) -> Tensor:
        """Return values on the input's grid averaged to the cells' columns, all rows kept."""

    def rows(self, values: Tensor) -> Tensor:
        """Return values of the input's rows, (rows,), averaged to the cells' rows."""

    def curves(self, values: Tensor) -> Tensor:
        """Return curves or chroma (..., rows, columns) averaged to the cells' columns."""

    def maps(self, values: Tensor) -> Tensor:
        """Return maps of the place (..., rows, columns) averaged to the cells."""

    def over(self, values: Tensor) -> Tensor:
        """Return values on the input's grid, of each the nearest cell's: (rows, columns).

        Those of other rows (pitch classes, one of a curve) are spread over the height.
        """


class Even:
    """Cells of a grid that covers the input evenly: the smaller of both, see `Meeting`."""

    def __init__(self, own: Grid, place: Place):
        self._own, self.shape = own, common_grid(place.grid, own)

    def inputs(self, values: Tensor) -> Tensor:
        return pooled(values, self.shape)

    def columns(self, values: Tensor) -> Tensor:
        return self.curves(values)

    def rows(self, values: Tensor) -> Tensor:
        return pooled(values[:, None], (self.shape[0], 1))[:, 0]

    def curves(self, values: Tensor) -> Tensor:
        return pooled(values, (values.shape[-2], self.shape[1]))

    def maps(self, values: Tensor) -> Tensor:
        return pooled(values, self.shape)

    def over(self, values: Tensor) -> Tensor:
        return interpolate(values[None, None], size=self._own, mode="nearest-exact")[0, 0]


class Timed:
    """Cells at times of their own, see `Meeting`.

    Columns are those of the map or of the input, whichever are longer; cells that map, input or
    features cover by less than a half are left out. Rows are likewise the higher ones.
    """

    def __init__(self, seen: Seen, place: Place):
        rows = Axis(0.0, 1.0, seen.grid[0])
        bands = place.bands or _whole(rows)
        cells = coarser(place.times, seen.times)
        self._times = covered(cells, place.times, seen.times, seen.features)
        self._bands = coarser(bands, rows)
        self._seen, self._rows = seen.times, rows
        self.shape = (self._bands.number, self._times.number)
        self._of_inputs = averaging(seen.times, self._times)
        self._of_features = averaging(seen.features, self._times)
        self._of_maps = averaging(place.times, self._times)
        self._rows_of_inputs = averaging(rows, self._bands)
        self._rows_of_maps = averaging(bands, self._bands)

    def inputs(self, values: Tensor) -> Tensor:
        return self._rows_of_inputs.to(values).mT @ self.columns(values)

    def columns(self, values: Tensor) -> Tensor:
        return values @ self._of_inputs.to(values)

    def rows(self, values: Tensor) -> Tensor:
        return values @ self._rows_of_inputs.to(values)

    def curves(self, values: Tensor) -> Tensor:
        return values @ self._of_features.to(values)

    def maps(self, values: Tensor) -> Tensor:
        return self._rows_of_maps.to(values).mT @ (values @ self._of_maps.to(values))

    def over(self, values: Tensor) -> Tensor:
        columns = values[:, nearest(self._times, self._seen).to(values.device)]
        if len(values) == self.shape[0]:
            return columns[nearest(self._bands, self._rows).to(values.device)]
        size = (self._rows.number, columns.shape[1])
        return interpolate(columns[None, None], size=size, mode="nearest-exact")[0, 0]


def coarser(first: Axis, second: Axis) -> Axis:
    """Return the axis of the wider cells, the first if they are alike."""
    return first if first.step >= second.step else second


def covered(cells: Axis, *others: Axis) -> Axis:
    """Return those cells of which all others cover at least a half."""
    left, right = _ends(cells)
    low = max(float(_ends(other)[0][0]) for other in others)
    high = min(float(_ends(other)[1][-1]) for other in others)
    shares = (right.clamp(max=high) - left.clamp(min=low)) / cells.step
    kept = (shares >= COVERED - 1e-9).nonzero()[:, 0]
    if not len(kept):
        return cells._replace(number=0)
    first, last = int(kept[0]), int(kept[-1])
    return Axis(cells.first + first * cells.step, cells.step, last - first + 1)


def averaging(source: Axis, target: Axis) -> Tensor:
    """Return weights that average cells of one axis over those of another, by their overlap.

    Returns:
        Float64, shape (source cells, target cells); those of a target cell sum to 1, or are 0 where
        nothing overlaps it.
    """
    left, right = _ends(source)
    low, high = _ends(target)
    shared = torch.minimum(right[:, None], high) - torch.maximum(left[:, None], low)
    weights = shared.clamp(min=0)
    total = weights.sum(dim=0)
    return weights / torch.where(total > 0, total, 1.0)


def nearest(source: Axis, target: Axis) -> Tensor:
    """Return for each cell of the target the nearest one of the source, shape (target cells,)."""
    middles = target.first + target.step * torch.arange(target.number, dtype=torch.float64)
    numbers = ((middles - source.first) / source.step).round().long()
    return numbers.clamp(0, source.number - 1)


def _whole(axis: Axis) -> Axis:
    """Return one cell that covers an axis."""
    width = axis.step * axis.number
    return Axis(axis.first + (width - axis.step) / 2, width, 1)


def _ends(axis: Axis) -> tuple[Tensor, Tensor]:
    """Return where the cells begin and end, float64, each of shape (cells,)."""
    middles = axis.first + axis.step * torch.arange(axis.number, dtype=torch.float64)
    return middles - axis.step / 2, middles + axis.step / 2
