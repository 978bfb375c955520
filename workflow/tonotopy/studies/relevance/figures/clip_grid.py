"""Rows of spectrograms and heatmaps of clips: low frequencies at the bottom, kHz and seconds."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize, PowerNorm

from tonotopy.drawing.style import panels
from tonotopy.studies.relevance.figures.looks import HEAD, LETTER, WIDTH, number

# both maps begin with white and darken steadily, so that they survive greyscale
LOUD = colormaps["Greys"]
RELEVANT = LinearSegmentedColormap.from_list(
    "relevance", ["white", *colormaps["rocket_r"](np.linspace(0.12, 1, 15))]
)
TICKS = (0.5, 1, 2, 4, 8, 16)  # kHz
TOP = 99.5  # percentile of positive relevance that is drawn darkest
LONGEST = 18  # letters of a title above a panel
PANEL_HEIGHT = 1.12  # inches


@dataclass(frozen=True)
class Panel:
    """One picture of a grid.

    Attributes:
        title: stands above it.
        row: of the table of examples: values, mels, frames, seconds and high_hz are read.
        scale: from values to 0 .. 1.
        colours: `LOUD` or `RELEVANT`.
    """

    title: str
    row: pd.Series
    scale: Normalize
    colours: Colormap


@dataclass(frozen=True)
class Line:
    """A row of a grid: its name, and its panels from left to right, None where there is none."""

    name: str
    panels: list[Panel | None]


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


def shortened(name: str) -> str:
    """Return a name that fits above a panel: the end of a long one."""
    return name if len(name) <= LONGEST else f"…{name[1 - LONGEST :]}"


def draw_grid(lines: list[Line], heading: str = ""):
    """Return a figure of all lines; axes are labelled at the left and at the bottom alone."""
    columns = max(len(line.panels) for line in lines)
    figure, flat = panels(
        len(lines) * columns, width=WIDTH / columns, height=PANEL_HEIGHT, columns=columns
    )
    figure.set_figheight(PANEL_HEIGHT * len(lines) + 0.45)
    figure.get_layout_engine().set(w_pad=0.02, h_pad=0.025, wspace=0.02, hspace=0.02)
    if heading:
        figure.suptitle(heading, fontsize=HEAD)
    grid = np.array(flat).reshape(len(lines), columns)
    for line, row in zip(lines, grid, strict=True):
        padded = [*line.panels, *[None] * (columns - len(line.panels))]
        for axes, panel in zip(row, padded, strict=True):
            if panel is None:
                axes.set_visible(False)
            else:
                _picture(axes, panel)
        row[0].set_ylabel(f"{line.name}\nkHz", fontsize=LETTER)
    for axes in grid[:, 1:].flat:
        axes.tick_params(labelleft=False)
    for axes in grid[:-1].flat:
        axes.tick_params(labelbottom=False)
    for axes in grid[-1]:
        axes.set_xlabel("s", fontsize=LETTER, labelpad=1)
    return figure


def _picture(axes, panel: Panel) -> None:
    row = panel.row
    bands, seconds, high = int(row["mels"]), float(row["seconds"]), float(row["high_hz"])
    axes.imshow(
        image(row),
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(0, seconds, 0, bands),
        norm=panel.scale,
        cmap=panel.colours,
    )
    low = float(row.get("low_hz", 0))
    ticks = [khz for khz in TICKS if low < 1000 * khz <= high]
    heights = [bands * band_position(1000 * khz, low, high) for khz in ticks]
    axes.set_yticks(heights, [f"{khz:g}" for khz in ticks])
    axes.set_xticks([0, seconds / 2, seconds], ["0", f"{seconds / 2:.2g}", f"{seconds:.2g}"])
    for label, side in zip(axes.get_xticklabels(), ("left", "center", "right"), strict=True):
        label.set_ha(side)
    axes.tick_params(labelsize=LETTER, length=2, pad=1.5)
    axes.set_title(panel.title, fontsize=LETTER, pad=2.5, linespacing=1.1)
    for spine in axes.spines.values():
        spine.set(visible=True, linewidth=0.5, color="0.5")


def band_position(hz: float, low_hz: float, high_hz: float) -> float:
    """Return where a frequency lies between the edges of HTK's mel scale, 0 to 1."""
    mel = [2595 * np.log10(1 + f / 700) for f in (hz, low_hz, high_hz)]
    return float((mel[0] - mel[1]) / (mel[2] - mel[1]))
