"""How much of a filter's energy a band can hold at its length, and how much it holds."""

import pandas as pd
from matplotlib.lines import Line2D

from tonotopy.drawing.curves import first_run
from tonotopy.drawing.letters import HEAD, LETTER, WIDTH, write
from tonotopy.drawing.limits import span
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import (
    CHANCE,
    COLOURS,
    DASHES,
    ROLES,
    handles_above,
    nothing_to_draw,
    panels,
)
from tonotopy.studies.partials.figures.kinds import ordered

HALF = 0.5
LENGTHS = [colour for colour in COLOURS if colour != ROLES["random"]["color"]]
TICKS = {100: "0.1", 1000: "1", 10000: "10"}  # Hz, written in kHz
OPEN = {"markerfacecolor": "none", "markeredgecolor": ROLES["random"]["color"]}
OPEN |= {"markeredgewidth": 0.6}
FILLED = {"markersize": 2.6, "color": "0.15", "markeredgewidth": 0, "alpha": 0.7}
SHIFT = 1.05  # random filters stand beside those of the network


def draw(sources: dict, about: dict):
    """Draw limits over frequency by length, and the filters of every network under their own."""
    limits, filters = sources["limits"], sources["filters"]
    if limits.empty:
        return nothing_to_draw("no network begins with a convolution of the samples")
    networks = ordered(filters, about)
    count = 1 + len(networks)
    figure, grid = panels(count, width=WIDTH / 4, height=2.0, columns=4, sharey=True)
    _curves(grid[0], limits[limits["taps"].isin(about["limits"])])
    for axes, network in zip(grid[1:], networks, strict=True):
        rows = first_run(filters[filters["network"].astype(str) == network])
        _filters(axes, rows)
        own = rows.iloc[0]
        write(axes, f"{literal(network)}: {own['taps']} taps, {own['rate'] / 1000:g} kHz")
    for number, axes in enumerate(grid):
        axes.axhline(HALF, **CHANCE)
        axes.set_xscale("log")
        axes.set_xticks(list(TICKS), TICKS.values())
        axes.minorticks_off()
        axes.set_xlim(40, 13000)
        span(axes, 0, 1)
        axes.tick_params(labelsize=LETTER)
        if number >= count - 4:
            axes.set_xlabel("centre of band, kHz", fontsize=HEAD)
        if not number % 4:
            axes.set_ylabel("share of energy in band", fontsize=HEAD)
    handles, names = grid[0].get_legend_handles_labels()
    extra = {"limit of their length": {"color": "0.2", "linewidth": 0.9}}
    extra["filters"] = {"linestyle": "none", "marker": "o", **FILLED}
    extra["random filters"] = {"linestyle": "none", "marker": "o", "markersize": 3, **OPEN}
    extra["half of the energy"] = CHANCE
    handles += [Line2D([], [], **look) for look in extra.values()]
    handles_above(figure, handles, [*names, *extra], columns=6)
    return figure


def _curves(axes, limits: pd.DataFrame) -> None:
    """Draw the limit over frequency for every length at the highest rate."""
    highest = limits["rate"].max()
    rows = limits[limits["rate"] == highest].sort_values("centre_hz")
    for number, (taps, own) in enumerate(rows.groupby("taps")):
        look = {"color": LENGTHS[number % len(LENGTHS)], "linewidth": 1.2}
        look["linestyle"] = DASHES[number % len(DASHES)]
        axes.plot(own["centre_hz"], own["limit"], label=f"{taps} taps", **look)
    write(axes, f"limits at {highest / 1000:g} kHz")


def _filters(axes, rows: pd.DataFrame) -> None:
    """Draw filters in their best bands, random ones beside them, and the limits of these bands."""
    copies = rows["copy"].astype(str)
    own, random = rows[copies == "own"], rows[copies == "random"]
    bound = rows.drop_duplicates("centre_hz").sort_values("centre_hz")
    axes.plot(bound["centre_hz"], bound["limit"], color="0.2", linewidth=0.9)
    look = {"linestyle": "none", "marker": "o", "markersize": 2.2}
    axes.plot(random["centre_hz"] * SHIFT, random["concentration"], **look, **OPEN)
    axes.plot(own["centre_hz"] / SHIFT, own["concentration"], **{**look, **FILLED})
