"""Whether directions that isolate a band on tones follow it in complexes of partials."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from tonotopy.drawing.curves import LINE
from tonotopy.drawing.intervals import figure_bootstrap
from tonotopy.drawing.letters import HEAD, LETTER, WIDTH, arms, write
from tonotopy.drawing.limits import span
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import CHANCE, handles_above, nothing_to_draw, only, panels
from tonotopy.evidence.resampling import interval
from tonotopy.evidence.tables import FEWEST
from tonotopy.studies.partials.figures.kinds import ordered, studied_look
from tonotopy.studies.partials.study import STUDIED

COMPLEXES = {"harmonic": "1/k", "odd": "odd", "flat": "flat", "missing": "missing"}
LEAST = 0.3  # of the smallest correlation, of directions that are kept
RANDOM = "random"
MEDIAN = {"marker": "_", "markersize": 13, "linestyle": "none", "markeredgewidth": 1.6}
DOT = {"marker": "o", "markersize": 2.2, "linestyle": "none", "alpha": 0.4}
UNKNOWN = "no level\nvaries"  # where no direction has a correlation


def draw(sources: dict, about: dict):
    """Draw correlations of every narrow direction, not of random ones, and their medians."""
    table = only(sources)
    if table.empty or not table["narrow"].any():
        return nothing_to_draw("no direction isolates a band on tones")
    narrow = table["narrow"].astype(bool) & (table["kind"].astype(str) != RANDOM)
    networks = ordered(table, about)
    figure, grid = panels(len(networks), width=WIDTH / 4, height=1.9, columns=4, sharey=True)
    for axes, network in zip(grid, networks, strict=True):
        own = table["network"].astype(str) == network
        studied = (table.loc[own, "role"].astype(str) == STUDIED).any()
        colour = studied_look(network, about)["color"] if studied else "0.35"
        rows = table[own & narrow].sort_values(["run", "kind", "direction"])
        _panel(axes, rows, about, colour)
        write(axes, f"{literal(network)}: {len(rows)} of {(own & _learned(table)).sum()}", "", "")
        if axes in grid[::4]:
            axes.set_ylabel("rank correlation", fontsize=HEAD)
    looks = {"direction": DOT, "median": MEDIAN, "least of directions that are kept": CHANCE}
    handles = [Line2D([], [], **{"color": "0.35", **look}) for look in looks.values()]
    handles_above(figure, handles, list(looks))
    return figure


def _learned(table: pd.DataFrame) -> pd.Series:
    return table["kind"].astype(str) != RANDOM


def _panel(axes, rows: pd.DataFrame, about: dict, colour: str) -> None:
    axes.axhline(LEAST, **CHANCE)
    axes.set_xticks(range(len(COMPLEXES)), COMPLEXES.values())
    axes.set_xlim(-0.5, len(COMPLEXES) - 0.5)
    span(axes, -1, 1)
    if rows.empty:
        axes.text(1.5, -0.4, "none", ha="center", fontsize=HEAD, color="0.35")
        return
    values = rows[list(COMPLEXES)].to_numpy(float)
    spread = np.linspace(-0.22, 0.22, len(values)) if len(values) > 1 else np.zeros(1)
    for column in range(len(COMPLEXES)):
        dots = {"s": 5, "color": colour, "alpha": 0.4, "linewidths": 0}
        axes.scatter(column + spread, values[:, column], **dots)
    told = ~np.isnan(values).all(axis=0)
    for column in np.flatnonzero(~told):
        axes.text(column, 0, UNKNOWN, ha="center", va="center", fontsize=LETTER, color="0.35")
    if not told.any():
        return
    places, values = np.flatnonzero(told), values[:, told]
    middle = np.nanmedian(values, axis=0)
    look = {**LINE, **MEDIAN, "color": colour, "elinewidth": 1.2}
    low, high = _ends(values, about) if len(values) >= FEWEST else (middle, middle)
    axes.errorbar(places, middle, arms(middle, low, high), **look)


def _ends(values: np.ndarray, about: dict) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the intervals of medians over resampled directions."""
    rng = figure_bootstrap(about).generator("figure", "medians")
    drawn = rng.integers(0, len(values), (about["resamples"], len(values)))
    return interval(np.nanmedian(values[drawn], axis=1), about["confidence"])
