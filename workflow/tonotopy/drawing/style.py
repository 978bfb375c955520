"""One look for all figures, and how they are read from and written to files."""

import textwrap
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from tonotopy.drawing.letters import arms
from tonotopy.evidence.numbers import NEAR_ZERO
from tonotopy.evidence.resampling import bootstrap_means, interval
from tonotopy.files import read_json, read_table, replacing
from tonotopy.seeding import generator

# told apart by colour-blind readers, and by lightness in greyscale
COLOURS = ("#0b3c5d", "#d1495b", "#3b8f7a", "#edae49", "#6a4c93", "#8d99ae", "#c46210", "#7fb7be")
DASHES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
CHANCE = {"color": "0.45", "linestyle": ":", "linewidth": 1.0}
ZERO = {"color": "0.75", "linestyle": "-", "linewidth": 0.8, "zorder": 0}  # needs no name
# what is compared in figures of several studies: the same colour, dash and marker in all of them
HOLLOW = {"markerfacecolor": "white"}
ROLES = {
    "trained": {"color": COLOURS[0], "linestyle": "-", "marker": "o"},
    "untrained": {"color": "0.45", "linestyle": "--", "marker": "D", **HOLLOW},
    "start": {"color": COLOURS[4], "linestyle": "-.", "marker": "v"},
    "shuffled": {"color": "0.6", "linestyle": ":", "marker": "x"},
    "random": {"color": COLOURS[3], "linestyle": ":", "marker": "X"},
    "correlated": {"color": COLOURS[2], "linestyle": "-.", "marker": "P"},
    "unheard": {"color": COLOURS[2], "linestyle": "-.", "marker": "^"},
    "input": {"color": COLOURS[1], "linestyle": ":", "marker": "x"},
    "control": {"color": "0.45", "linestyle": ":", "marker": "s", **HOLLOW},
    "phase": {"color": COLOURS[6], "linestyle": "-.", "marker": "v"},  # phases made random
    "other": {"color": COLOURS[4], "linestyle": ":", "marker": "s"},  # of another clip
}
WHOLE = {"color": "black", "linestyle": "--", "linewidth": 1.1}  # what nothing is taken from
SPLITS = {
    "train": {"color": COLOURS[0], "linestyle": "-", "marker": "o"},
    "validation": {"color": COLOURS[1], "linestyle": "--", "marker": "s"},
    "test": {"color": COLOURS[5], "linestyle": ":", "marker": "^"},
}
# figures have one font: what it lacks, such as emoji, is a box in PNG, and itself in SVG
MISSING = r"Glyph \d+ .* missing from"
NOISY = 0.1  # of a number, that an axis shows on both sides if it has nothing else
CAPTION = {"fontsize": 6.5, "color": "0.35", "linespacing": 1.4}
LETTERS = 21  # of a caption on an inch

# the theme "ticks" of seaborn for papers, written out: a figure is a job of its own, and seaborn
# takes a second to load
INK, SIZE, SMALL = "0.15", 9.6, 8.8
plt.rcParams.update(
    {
        "axes.axisbelow": True,
        "axes.edgecolor": INK,
        "axes.formatter.useoffset": False,
        "axes.labelcolor": INK,
        "axes.labelsize": SIZE,
        "axes.linewidth": 1.0,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlesize": SIZE,
        "figure.constrained_layout.use": True,
        "font.sans-serif": ["Arial", "DejaVu Sans", "Liberation Sans", "sans-serif"],
        "font.size": SIZE,
        "grid.color": "0.8",
        "legend.fontsize": SMALL,
        "legend.frameon": False,
        "legend.title_fontsize": SIZE,
        "lines.linewidth": 1.2,
        "lines.markersize": 4.8,
        "lines.solid_capstyle": "round",
        "patch.edgecolor": "w",
        "patch.force_edgecolor": True,
        "patch.linewidth": 0.8,
        "svg.fonttype": "none",
        "svg.hashsalt": "tonotopy",
        "text.parse_math": False,  # a dollar in a name is a dollar
        "text.color": INK,
        **{
            f"{axis}tick.{key}": value
            for axis in "xy"
            for key, value in {
                "color": INK,
                "labelsize": SMALL,
                "major.size": 4.8,
                "major.width": 1.0,
                "minor.size": 3.2,
                "minor.width": 0.8,
            }.items()
        },
    }
)


def read_source(path: str | Path) -> pd.DataFrame | dict:
    """Return a table for Parquet or CSV, the description for a corpus's or network's folder."""
    path = Path(path)
    if path.suffix in (".parquet", ".csv"):
        return read_table(path)
    descriptions = (path / f"{kind}.json" for kind in ("corpus", "network"))
    return read_json(next((file for file in descriptions if file.is_file()), path))


def only(sources: dict):
    """Return the content of a single source."""
    (content,) = sources.values()
    return content


def provenance_note(scale: str, instance: str, embedded: bool | None) -> str:
    """Return the sentence that says where a figure's numbers come from.

    Args:
        scale: the scale that the results come from.
        instance: as study/instance.
        embedded: whether all its sound is made here, from causes that are known; None where it
            hears recordings too.
    """
    sound = {
        True: "embedded world: a calibration, no replication",
        None: "partly embedded sound, partly real recordings",
        False: "real recordings",
    }[embedded]
    return f"Scale {scale} ({sound}), instance {instance}."


def save_figure(figure, title: str, caption: str, svg: str | Path, png: str | Path) -> None:
    """Write a figure as SVG and PNG, its caption below it and in the files' own descriptions."""
    lines = textwrap.wrap(caption, int(LETTERS * max(figure.get_figwidth(), 3.5)))
    figure.text(0.0, -0.01, "\n".join(lines), ha="left", va="top", **CAPTION)
    metadata = {"Title": title, "Description": caption}
    for axes in figure.axes:
        _settle(axes)
    for path, extra in (
        (svg, {"metadata": {**metadata, "Date": None}}),
        (png, {"metadata": metadata, "dpi": 160}),
    ):
        with replacing(path) as draft, warnings.catch_warnings():
            warnings.filterwarnings("ignore", MISSING, UserWarning)
            figure.savefig(draft, bbox_inches="tight", **extra)
    plt.close(figure)


def _settle(axes) -> None:
    """Widen an axis that shows nothing but rounding noise around a number: that is no scale."""
    for name in "xy":
        low, high = sorted(getattr(axes, f"get_{name}lim")())
        size = max(abs(low), abs(high))
        if size < NEAR_ZERO:
            axes.set(**{f"{name}lim": (-1 if low < 0 else 0, 1)})
        elif high - low < NEAR_ZERO * size:
            axes.set(**{f"{name}lim": (low - NOISY * size, high + NOISY * size)})


def mean_band(values: np.ndarray, about: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean, low and high over the first axis (clips or seeds), by the bootstrap."""
    draws = bootstrap_means(values, about["resamples"], generator(0, "figure"))
    return values.mean(axis=0), *interval(draws, about["confidence"])


def band(axes, x, values: np.ndarray, about: dict, index: int, label: str, **line) -> None:
    """Draw a mean curve over x with its interval; ``index`` picks colour, dash and marker.

    Where there is one x, there is a point with its interval.
    """
    mean, low, high = mean_band(values, about)
    colour = COLOURS[index % len(COLOURS)]
    look = {
        "color": colour,
        "linestyle": DASHES[index % len(DASHES)],
        "marker": MARKERS[index % len(MARKERS)],
        "markersize": 3.5,
        "linewidth": 1.4,
        **line,
    }
    if len(mean) == 1:
        axes.errorbar(x, mean, arms(mean, low, high), label=label, elinewidth=1.1, **look)
        return
    axes.plot(x, mean, label=label, **look)
    axes.fill_between(x, low, high, color=look["color"], alpha=0.18, linewidth=0)


def panels(count: int, width: float = 2.7, height: float = 2.4, columns: int = 4, **share):
    """Return (figure, flat list of axes) for ``count`` panels in rows of ``columns``."""
    columns = min(columns, count)
    rows = -(-count // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(width * columns, height * rows), squeeze=False, **share
    )
    for unused in grid.flat[count:]:
        unused.set_visible(False)
    return figure, list(grid.flat[:count])


def legend_above(figure, axes, columns: int = 4, **options) -> None:
    """Put the legend of ``axes`` above the whole figure, where it covers nothing."""
    handles_above(figure, *axes.get_legend_handles_labels(), columns, **options)


def handles_above(figure, handles, names, columns: int = 4, **options) -> None:
    """Put a legend of the given entries above the whole figure."""
    figure.legend(handles, names, loc="outside upper center", ncols=columns, fontsize=7, **options)


def text_table(rows: list[list[str]], columns: list[str], width: float, height: float):
    """Return a figure that is a table of text."""
    figure, (axes,) = panels(1, width=width, height=height)
    axes.axis("off")
    look = {"loc": "center", "cellLoc": "left", "colLoc": "left", "edges": "horizontal"}
    table = axes.table(rows, colLabels=columns, **look)
    table.auto_set_font_size(False)
    table.set_fontsize(8)
    table.scale(1, 1.35)
    table.auto_set_column_width(range(len(columns)))
    for (row, _), cell in table.get_celld().items():
        cell.set(linewidth=0.4, edgecolor="0.6")
        cell.set_text_props(weight="normal" if row else "bold")
    return figure


def nothing_to_draw(reason: str):
    """Return a figure that says why it shows nothing."""
    figure, (axes,) = panels(1, width=4.6, height=1.0)
    axes.axis("off")
    axes.text(0.5, 0.5, reason, ha="center", va="center", fontsize=8)
    return figure
