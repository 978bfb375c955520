"""What networks hear of clips, and hand-made features of the same, on the grids of layers."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from tonotopy.corpora.hearing import note_resampling, resampled, waveforms_at
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, chosen_clips, even_batches
from tonotopy.frontends.bands import band_centres
from tonotopy.networks.bundle import Bundle
from tonotopy.seeding import generator
from tonotopy.similarity.features import (
    KINDS,
    SEPARATED,
    Columns,
    columns_of,
    described,
)
from tonotopy.similarity.grids import input_grid, rows_come_first
from tonotopy.similarity.measure import (
    FEWEST_CELLS,
    common_grid,
    folded_classes,
    folding,
    pooled,
    residual,
    unit,
)
from tonotopy.surrogates import phase_randomised

Grid = tuple[int, int]  # rows and columns


def probed_clips(corpus: Corpus, number: int | None, seed: int) -> np.ndarray:
    """Return positions of so many test clips that are probed, ascending; None for all."""
    return chosen_clips(corpus, "test", number, seed, "probed")


def compared_clips(corpus: Corpus, probed: int | None, number: int | None, seed: int) -> np.ndarray:
    """Return positions of so many of the probed clips, ascending; None for all of them."""
    positions = probed_clips(corpus, probed, seed)
    if number is None or number >= len(positions):
        return positions
    rng = generator(seed, "similarity", corpus.name, "clips")
    return np.sort(rng.choice(positions, number, replace=False))


def sounds_of(corpus: Corpus, positions: np.ndarray, rate: int) -> np.ndarray:
    """Return clips at a rate, float32, shape (clips, samples)."""
    note_resampling(corpus, rate)
    return waveforms_at(corpus, positions, rate)


def phases_of(corpus: Corpus, positions: np.ndarray, rate: int, seed: int) -> np.ndarray:
    """Return clips with random phases, each from a stream of its own, see `sounds_of`."""
    clips = [
        phase_randomised(sound, generator(seed, "phases", corpus.name, str(clip)))
        for sound, clip in zip(corpus.waveforms(positions), corpus.clips[positions], strict=True)
    ]
    return resampled(np.stack(clips), corpus.rate, rate)


class Beside(NamedTuple):
    """Features of one kind on the grid of a layer, see `measure.unit`.

    Attributes:
        names: of the features.
        raw: the features, shape (features, clips, cells).
        left: what is left of them beyond the input, likewise.
        shape: rows and columns of the cells.
    """

    names: list[str]
    raw: Tensor
    left: Tensor
    shape: Grid


def rows_of(hertz: Tensor, rows: int) -> Tensor:
    """Return the centre frequencies of so many rows, averages of those of finer ones."""
    return pooled(hertz[:, None], (rows, 1))[:, 0]


def laid(maps: Tensor, kind: str, hertz: Tensor, own: Grid) -> Tensor:
    """Return maps as features of a kind are compared with them.

    Args:
        maps: shape (..., rows, columns).
        kind: spectrum: maps as they are; chroma: rows folded to pitch classes; curve: the mean over
            rows.
        hertz: centre frequencies of the input's rows.
        own: grid of the features, which is the input's; finer maps are pooled to it.

    Returns:
        Shape (..., rows or classes or 1, columns).
    """
    coarse = pooled(maps, common_grid(tuple(maps.shape[-2:]), own))
    if kind == "curve":
        return coarse.mean(dim=-2, keepdim=True)
    if kind == "chroma":
        return folding(rows_of(hertz, coarse.shape[-2])).to(coarse) @ coarse
    return coarse


class Heard:
    """Clips as a network is given them, and their features.

    Attributes:
        inputs: of the network, shape (clips, ...).
        x: the same as (clips, rows, columns), rows from low to high frequency.
        hertz: centre frequency of every row.
        values: feature -> (clips, its rows, columns).
        scalars: feature -> (clips,).
        columns: time axis of the input before padding.
        sides: columns before and after, rows below and above that the network pads its input by.
    """

    def __init__(
        self,
        inputs: Tensor,
        x: Tensor,
        hertz: Tensor,
        values: dict[str, Tensor],
        scalars: dict[str, np.ndarray],
        columns: Columns,
        sides: tuple[int, int, int, int] = (0, 0, 0, 0),
    ):
        self.inputs, self.x, self.hertz = inputs, x, hertz
        self.values, self.scalars = values, scalars
        self.columns, self.sides = columns, sides
        self._beside: dict[tuple, Beside] = {}

    @property
    def grid(self) -> Grid:
        """Rows and columns of the input."""
        return tuple(self.x.shape[-2:])

    def input_on(self, grid: Grid) -> Tensor:
        """Return the input averaged to the grid of a layer, a map of its own: (clips, 1, ...)."""
        return pooled(self.x, common_grid(grid, self.grid))[:, None]

    def feature_on(self, name: str, grid: Grid) -> Tensor:
        """Return a feature as it is compared with maps on a grid, shape (clips, rows, columns)."""
        rows, columns = common_grid(grid, self.grid)
        values, kind = self.values[name], KINDS[name]
        if kind == "chroma":
            values = values[:, folded_classes(rows_of(self.hertz, rows))]
        return pooled(values, (rows if kind == "spectrum" else values.shape[1], columns))

    def beside(self, kind: str, grid: Grid) -> Beside | None:
        """Return the features of a kind on a layer's grid, None without any or of too few cells."""
        if (kind, grid) not in self._beside:
            self._beside[kind, grid] = self._compared(kind, grid)
        return self._beside[kind, grid]

    def _compared(self, kind: str, grid: Grid) -> Beside | None:
        names = [name for name in self.values if KINDS[name] == kind]
        x = laid(self.input_on(grid)[:, 0], kind, self.hertz, self.grid)
        if not names or x[0].numel() < FEWEST_CELLS:
            return None
        raw = [self.feature_on(name, grid) for name in names]
        left = [unit(residual(values, x)).flatten(1) for values in raw]
        raw = [unit(values).flatten(1) for values in raw]
        return Beside(names, torch.stack(raw), torch.stack(left), tuple(x.shape[-2:]))


@torch.no_grad()
def given(bundle: Bundle, sounds: np.ndarray) -> Tensor:
    """Return what a network is given of sounds (clips, samples), on its device."""
    device = next(bundle.network.parameters(), torch.empty(0)).device
    batches = even_batches(np.arange(len(sounds)))
    parts = [bundle.front_end(torch.from_numpy(sounds[batch]).to(device)) for batch in batches]
    return torch.cat(parts)


def hear(
    ear: Ear,
    sounds: np.ndarray,
    wanted: tuple[str, ...],
    workers: int,
    taken: dict[Columns, list] | None = None,
) -> Heard:
    """Return what a network hears of sounds, and their features.

    Args:
        ear: the network; features are taken at its rate, on the columns of its input.
        sounds: shape (clips, samples).
        wanted: features, see `features.describe`; with "sounds" also the spectra.
        workers: processes that features are taken in.
        taken: features of the same sounds that were taken before, by time axis; grows.

    Raises:
        InputError: the front end's output is on no grid of frequency and time.
    """
    bundle = ear.bundle
    inputs = given(bundle, sounds)
    first = rows_come_first(bundle, inputs[:1])
    x = input_grid(inputs, first)
    columns = columns_of(bundle.front_end, x.shape[2])
    taken = {} if taken is None else taken
    if columns not in taken:
        taken[columns] = described(list(sounds), columns, wanted, workers)
    found = taken[columns]
    stacked = {name: np.stack([one[name] for one in found]) for name in found[0]}
    values = {}
    if "sounds" in wanted:
        for name in SEPARATED:
            values[name] = input_grid(given(bundle, stacked.pop(name)), first)
        values["contrast"] = values["harmonic"] - values["percussive"]
    for name in [name for name in stacked if name in KINDS]:
        values[name] = torch.from_numpy(stacked.pop(name)).to(x)
    hertz = torch.from_numpy(band_centres(bundle.front_end)).to(x)
    scalars = {name: own[:, 0] for name, own in stacked.items()}
    sides = getattr(bundle.network, "padding", (0, 0, 0, 0))
    values = {name: _padded(own, sides, KINDS[name]) for name, own in values.items()}
    hertz = _padded(hertz[None, :, None], (0, 0, *sides[2:]), "spectrum")[0, :, 0]
    return Heard(inputs, _padded(x, sides, "spectrum"), hertz, values, scalars, columns, sides)


def input_of(ear: Ear, inputs: Tensor) -> Tensor:
    """Return what a network is given as (clips, rows, columns), padded as it pads it."""
    x = input_grid(inputs, rows_come_first(ear.bundle, inputs[:1]))
    return _padded(x, getattr(ear.bundle.network, "padding", (0, 0, 0, 0)), "spectrum")


def _padded(values: Tensor, sides: tuple[int, int, int, int], kind: str) -> Tensor:
    """Return values (clips, rows, columns) with those at the edges repeated as a network pads.

    Args:
        values: of the input or a feature.
        sides: columns before and after, rows below and above; the network's ``padding``, so that
            the cells of its maps and those of features are of the same times and bands.
        kind: spectrum, or another one, which has no rows to pad.
    """
    own = sides if kind == "spectrum" else (*sides[:2], 0, 0)
    return pad(values[:, None], own, mode="replicate")[:, 0] if any(own) else values
