"""Rows of spectrograms: low frequencies at the bottom, kHz and seconds, names at the edge."""

from dataclasses import dataclass

import numpy as np
from matplotlib import colormaps
from matplotlib.colors import Colormap, Normalize

from tonotopy.drawing.letters import HEAD, LETTER, WIDTH
from tonotopy.drawing.style import panels

LOUD = colormaps["Greys"]  # begins with white and darkens steadily
LONGEST = 18  # letters of a name above or beside a panel
PANEL_HEIGHT = 1.12  # inches


@dataclass(frozen=True)
class Panel:
    """One picture of a grid.

    Attributes:
        title: stands above it.
        image: shape (bands, frames), the lowest band first.
        seconds: its length.
        kilohertz: frequency in kHz -> where it lies between the edges of the bands, 0 to 1.
        scale: from values to 0 .. 1.
        colours: map that begins with white.
    """

    title: str
    image: np.ndarray
    seconds: float
    kilohertz: dict[float, float]
    scale: Normalize
    colours: Colormap


@dataclass(frozen=True)
class Line:
    """A row of a grid: its name, and its panels from left to right, None where there is none."""

    name: str
    panels: list[Panel | None]


def draw_grid(
    lines: list[Line], heading: str = "", height: float = PANEL_HEIGHT, width: float = WIDTH
):
    """Return a figure of all lines; axes are labelled at the left and at the bottom alone.

    Args:
        lines: from top to bottom.
        heading: stands above all.
        height: of a line, in inches.
        width: of the figure, in inches.
    """
    columns = max(len(line.panels) for line in lines)
    figure, flat = panels(
        len(lines) * columns, width=width / columns, height=height, columns=columns
    )
    figure.set_figheight(height * len(lines) + 0.45)
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
    bands, seconds = len(panel.image), panel.seconds
    axes.imshow(
        panel.image,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(0, seconds, 0, bands),
        norm=panel.scale,
        cmap=panel.colours,
    )
    heights = [bands * position for position in panel.kilohertz.values()]
    axes.set_yticks(heights, [f"{khz:g}" for khz in panel.kilohertz])
    axes.set_xticks([0, seconds / 2, seconds], ["0", f"{seconds / 2:.2g}", f"{seconds:.2g}"])
    for label, side in zip(axes.get_xticklabels(), ("left", "center", "right"), strict=True):
        label.set_ha(side)
    axes.tick_params(labelsize=LETTER, length=2, pad=1.5)
    axes.set_title(panel.title, fontsize=LETTER, pad=2.5, linespacing=1.1)
    for spine in axes.spines.values():
        spine.set(visible=True, linewidth=0.5, color="0.5")
