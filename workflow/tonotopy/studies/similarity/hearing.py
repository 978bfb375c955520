"""What networks hear of clips, and hand-made features of the same, on the grids of layers."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import pad

from tonotopy.corpora.hearing import note_resampling, resampled, waveforms_at
from tonotopy.corpora.schema import Corpus
from tonotopy.ears import BATCH, Ear, chosen_clips
from tonotopy.frontends.bands import band_centres
from tonotopy.frontends.stages import FrontEnd
from tonotopy.networks.bundle import Bundle
from tonotopy.seeding import generator
from tonotopy.similarity.features import (
    BY_ROWS,
    KINDS,
    SEPARATED,
    Columns,
    columns_of,
    described,
)
from tonotopy.similarity.grids import input_grid, rows_come_first
from tonotopy.similarity.measure import FEWEST_CELLS, folded_classes, folding, residual, unit
from tonotopy.similarity.places import Even, Grid, Meeting, Place, Seen, Timed
from tonotopy.similarity.seeing import seen_cells
from tonotopy.surrogates import phase_randomised


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


class Heard:
    """Clips as a network is given them, and their features.

    Attributes:
        inputs: of the network, shape (clips, ...).
        x: what is seen of the same, (clips, rows, columns), rows from low to high frequency.
        hertz: centre frequency of every row.
        values: feature -> (clips, its rows, columns).
        scalars: feature -> (clips,).
        columns: time axis of the input before padding.
        sides: columns before and after, rows below and above that the network pads its input by.
        seen: where the cells of `x` and of features lie, of a network that hears waveforms.
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
        seen: Seen | None = None,
    ):
        self.inputs, self.x, self.hertz = inputs, x, hertz
        self.values, self.scalars = values, scalars
        self.columns, self.sides, self.seen = columns, sides, seen
        self._beside: dict[tuple, Beside] = {}
        self._meetings: dict[Place, Meeting] = {}

    @property
    def grid(self) -> Grid:
        """Rows and columns of the input."""
        return tuple(self.x.shape[-2:])

    @property
    def whole(self) -> Place:
        """Where the cells of the input itself lie."""
        return Place(self.grid)

    def meeting(self, place: Place) -> Meeting:
        """Return the cells on which maps of a place are compared with the input and features."""
        if place not in self._meetings:
            cells = Even(self.grid, place) if place.times is None else Timed(self.seen, place)
            self._meetings[place] = cells
        return self._meetings[place]

    def input_rows(self, place: Place) -> Tensor:
        """Return the input on the columns of a place, (clips, rows, columns).

        Rows are the place's. Where a network hears waveforms and its maps have one row, the width
        of a layer may hold all frequencies: all rows of the input stand beside it.
        """
        cells = self.meeting(place)
        alone = place.times is not None and cells.shape[0] == 1
        return cells.columns(self.x) if alone else cells.inputs(self.x)

    def feature_on(self, name: str, place: Place) -> Tensor:
        """Return a feature as it is compared with maps of a place: (clips, rows, columns)."""
        values, kind, cells = self.values[name], KINDS[name], self.meeting(place)
        if kind == "spectrum":
            return cells.inputs(values)
        if kind == "chroma":
            values = values[:, folded_classes(cells.rows(self.hertz))]
        return cells.curves(values)

    def laid(self, maps: Tensor, kind: str, place: Place) -> Tensor:
        """Return maps of a place, (..., rows, columns), as features of a kind are compared.

        Args:
            maps: finer ones are averaged to the cells of the input.
            kind: spectrum: maps as they are; chroma: rows folded to pitch classes; curve: the mean
                over rows.
            place: of the maps.

        Returns:
            Shape (..., rows or classes or 1, columns).
        """
        cells = self.meeting(place)
        return self._as_kind(cells.maps(maps), kind, cells)

    def _as_kind(self, values: Tensor, kind: str, cells: Meeting) -> Tensor:
        if kind == "curve":
            return values.mean(dim=-2, keepdim=True)
        if kind == "chroma":
            return folding(cells.rows(self.hertz)).to(values) @ values
        return values

    def laid_input(self, x: Tensor, kind: str, place: Place) -> Tensor:
        """Return inputs (..., rows, columns) as features of a kind are compared, see `laid`."""
        cells = self.meeting(place)
        return self._as_kind(cells.inputs(x), kind, cells)

    def beside(self, kind: str, place: Place) -> Beside | None:
        """Return the features of a kind on the cells of a place, None if none is compared there.

        On fewer than ten cells none is, and those that tell rows apart (`features.BY_ROWS`) are not
        compared with maps of one row.
        """
        if (kind, place) not in self._beside:
            self._beside[kind, place] = self._compared(kind, place)
        return self._beside[kind, place]

    def _compared(self, kind: str, place: Place) -> Beside | None:
        names = [name for name in self.values if KINDS[name] == kind]
        if self.meeting(place).shape[0] == 1:
            names = [name for name in names if name not in BY_ROWS]
        if not names:
            return None
        x = self.laid_input(self.x, kind, place)
        if x[0].numel() < FEWEST_CELLS:
            return None
        raw = [self.feature_on(name, place) for name in names]
        left = [unit(residual(values, x)).flatten(1) for values in raw]
        raw = [unit(values).flatten(1) for values in raw]
        return Beside(names, torch.stack(raw), torch.stack(left), tuple(x.shape[-2:]))


@torch.no_grad()
def through(front_end: FrontEnd, sounds: Tensor) -> Tensor:
    """Return what a front end gives of sounds (clips, samples), on their device."""
    return torch.cat([front_end(part) for part in sounds.split(BATCH)])


def given(bundle: Bundle, sounds: np.ndarray) -> Tensor:
    """Return what a network is given of sounds (clips, samples), on its device."""
    return through(bundle.front_end, torch.from_numpy(sounds).to(bundle.device))


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
    inputs = given(ear.bundle, sounds)
    pictures = pictures_of(ear, inputs)
    first = rows_come_first(ear.eye, pictures[:1])
    x = input_grid(pictures, first)
    columns = columns_of(ear.eye, x.shape[2])
    taken = {} if taken is None else taken
    if columns not in taken:
        taken[columns] = described(list(sounds), columns, wanted, workers)
    found = taken[columns]
    stacked = {name: np.stack([one[name] for one in found]) for name in found[0]}
    values = {}
    if "sounds" in wanted:
        for name in SEPARATED:
            part = torch.from_numpy(stacked.pop(name)).to(x)
            values[name] = input_grid(through(ear.eye, part), first)
        values["contrast"] = values["harmonic"] - values["percussive"]
    for name in [name for name in stacked if name in KINDS]:
        values[name] = torch.from_numpy(stacked.pop(name)).to(x)
    hertz = torch.from_numpy(band_centres(ear.eye)).to(x)
    scalars = {name: own[:, 0] for name, own in stacked.items()}
    if ear.seen is not None:
        seen = seen_cells(ear.seen, *x.shape[1:])
        return Heard(inputs, x, hertz, values, scalars, columns, seen=seen)
    sides = padding_of(ear)
    values = {name: _padded(own, sides, KINDS[name]) for name, own in values.items()}
    hertz = _padded(hertz[None, :, None], (0, 0, *sides[2:]), "spectrum")[0, :, 0]
    return Heard(inputs, _padded(x, sides, "spectrum"), hertz, values, scalars, columns, sides)


def pictures_of(ear: Ear, inputs: Tensor) -> Tensor:
    """Return what is seen of a network's inputs: themselves, or the spectrogram of waveforms."""
    return inputs if ear.seen is None else through(ear.seen, inputs)


def padding_of(ear: Ear) -> tuple[int, int, int, int]:
    """Return columns before and after, rows below and above that a network pads its input by."""
    own = getattr(ear.bundle.network, "padding", None) if ear.seen is None else None
    return own or (0, 0, 0, 0)


def input_of(ear: Ear, inputs: Tensor) -> Tensor:
    """Return what is seen of a network's inputs as (clips, rows, columns), padded as it pads it."""
    pictures = pictures_of(ear, inputs)
    x = input_grid(pictures, rows_come_first(ear.eye, pictures[:1]))
    return _padded(x, padding_of(ear), "spectrum")


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
