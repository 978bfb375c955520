"""Mel spectrograms and heatmaps of clips as panels of a grid."""

import numpy as np
import pandas as pd
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize, PowerNorm
from seaborn import color_palette

from tonotopy.drawing.letters import number
from tonotopy.drawing.spectrogram_grid import Panel

# begins with white and darkens steadily, so that it survives greyscale
RELEVANT = LinearSegmentedColormap.from_list(
    "relevance", ["white", *color_palette("rocket_r", as_cmap=True)(np.linspace(0.12, 1, 15))]
)
TICKS = (0.5, 1, 2, 4, 8, 16)  # kHz
TOP = 99.5  # percentile of positive relevance that is drawn darkest


def spectrogram(title: str, row: pd.Series, scale: Normalize, colours: Colormap) -> Panel:
    """Return the panel of an example.

    Args:
        title: stands above it.
        row: of the table of examples: values, mels, frames, seconds and high_hz are read.
        scale: from values to 0 .. 1.
        colours: `spectrogram_grid.LOUD` or `RELEVANT`.
    """
    low, high = float(row.get("low_hz", 0)), float(row["high_hz"])
    kilohertz = {
        khz: band_position(1000 * khz, low, high) for khz in TICKS if low < 1000 * khz <= high
    }
    return Panel(title, image(row), float(row["seconds"]), kilohertz, scale, colours)


def image(row: pd.Series) -> np.ndarray:
    """Return what an example shows, shape (mels, frames), the lowest band first."""
    return np.asarray(row["values"], dtype=float).reshape(int(row["mels"]), int(row["frames"]))


def loudness_scale(rows: pd.DataFrame) -> Normalize:
    """Return the scale of spectrograms: from their smallest to their largest value."""
    images = [image(row) for _, row in rows.iterrows()]
    return Normalize(min(x.min() for x in images), max(x.max() for x in images))


def relevance_scale(rows: pd.DataFrame) -> PowerNorm:
    """Return the scale of heatmaps: the square root of positive relevance, see `TOP`."""
    values = np.concatenate([image(row).ravel() for _, row in rows.iterrows()])
    positive = values[values > 0]
    top = np.percentile(positive, TOP) if len(positive) else 1.0
    return PowerNorm(0.5, vmin=0, vmax=top, clip=True)


def heatmap_title(name: str, row: pd.Series) -> str:
    """Return a heatmap's name, its sum, and the sum of its negative part if it has one."""
    values = image(row)
    negative = values[values < 0].sum()
    return f"{name}\nR {number(row['relevance'])}" + (f" ({number(negative)})" if negative else "")


def band_position(hz: float, low_hz: float, high_hz: float) -> float:
    """Return where a frequency lies between the edges of HTK's mel scale, 0 to 1."""
    mel = [2595 * np.log10(1 + f / 700) for f in (hz, low_hz, high_hz)]
    return float((mel[0] - mel[1]) / (mel[2] - mel[1]))
