"""Where the positions of a layer lie in the sound, for networks that hear waveforms and know it."""

from typing import NamedTuple

from torch import Tensor, nn

from tonotopy.networks.layers import Layer


class Axis(NamedTuple):
    """Cells side by side, all of one width.

    Attributes:
        first: middle of the first cell: in samples on an axis of time, in mel bands (0 is the
            lowest) on one of frequency.
        step: from one middle to the next, and width of a cell.
        number: of cells.
    """

    first: float
    step: float
    number: int


class Positions(NamedTuple):
    """How the positions of a layer lie on time and frequency.

    The last of them are a grid, chunk after chunk, in each of which they lie row by row from low to
    high frequency; those before belong to no place (class tokens).

    Attributes:
        times: of the columns that are of the clip, in samples; of chunks the first columns.
        bands: of the rows, in bands of the mel spectrogram that the network makes inside; None for
            one row, which hears all frequencies.
        columns: of a chunk; `times` has fewer where the network hears more than the clip.
        chunks: stretches of time that follow each other.
    """

    times: Axis
    bands: Axis | None
    columns: int
    chunks: int = 1

    @property
    def rows(self) -> int:
        """Number of rows."""
        return self.bands.number if self.bands else 1


def told_positions(network: nn.Module, layer: Layer, number: int, samples: int) -> Positions | None:
    """Return where the positions of a layer lie as the network's ``positions`` says, if it has any.

    A part of a module's output, or of its tokens, is not what it speaks of.

    Args:
        network: hears waveforms.
        layer: of it.
        number: of positions that the layer gives of a clip.
        samples: of the clip.
    """
    if layer.part is not None or layer.tokens is not None or not hasattr(network, "positions"):
        return None
    return network.positions(layer.path, number, samples)


def over_time(vectors: Tensor, positions: Positions) -> Tensor:
    """Return one vector for each time of a clip: the mean over rows.

    Args:
        vectors: of all positions of a layer, shape (clips, positions, width).
        positions: where these lie.

    Returns:
        Shape (clips, columns of the clip, width).
    """
    rows, columns = positions.rows, positions.columns
    chunks = vectors.unflatten(1, (positions.chunks, -1))[:, :, -rows * columns :]
    means = chunks.unflatten(2, (rows, columns)).mean(dim=2)
    return means.flatten(1, 2)[:, : positions.times.number]
