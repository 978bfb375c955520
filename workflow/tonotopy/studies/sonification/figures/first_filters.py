"""Which frequencies the filters of the first layer let through, and how selective they are."""

import numpy as np
import pandas as pd

from tonotopy.drawing.curves import look_of, network_legend, networks_of
from tonotopy.drawing.letters import LETTER, WIDTH, write
from tonotopy.drawing.names import literal
from tonotopy.drawing.spectrogram_grid import LOUD
from tonotopy.drawing.style import nothing_to_draw, panels

LOWEST = -30  # dB that are drawn white


def draw(sources: dict, about: dict):
    """Draw the responses of each network's filters, and the distributions of selectivity."""
    filters, responses = sources["filters"], sources["responses"]
    if filters.empty:
        return nothing_to_draw("no network begins with a convolution")
    networks = networks_of(filters, about)
    count = len(networks) + 1
    figure, grid = panels(count, width=WIDTH / min(count, 4), height=2.2, columns=4)
    for axes, network in zip(grid, networks, strict=False):
        own = filters[filters["network"].astype(str) == network]
        first = own["run"].min()
        shown = responses[
            (responses["network"].astype(str) == network) & (responses["run"] == first)
        ]
        _responses(axes, own[own["run"] == first], shown)
        write(axes, literal(network), "filter, by its peak", "kHz" if axes is grid[0] else "")
        look = look_of(network, about)
        steps = {"color": look["color"], "linestyle": look["linestyle"], "linewidth": 1.3}
        grid[-1].ecdf(own["selectivity"], **steps)
    write(grid[-1], "all runs", "selectivity", "share of filters at or below")
    grid[-1].set_xlim(0, 1)
    network_legend(figure, networks, about)
    return figure


def _responses(axes, filters: pd.DataFrame, responses: pd.DataFrame) -> None:
    """Draw power in dB, filters from left to right by their peaks, the lowest frequency below."""
    order = filters.sort_values(["peak_hz", "filter"])["filter"]
    power = responses.pivot(index="hz", columns="filter", values="power").sort_index()[order]
    decibels = 10 * np.log10(np.maximum(power.to_numpy(float), 10 ** (LOWEST / 10)))
    step = (power.index[-1] - power.index[0]) / (len(power) - 1)
    edges = np.array([power.index[0] - step / 2, power.index[-1] + step / 2]) / 1000
    axes.imshow(
        decibels,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(0.5, len(order) + 0.5, *edges),
        vmin=LOWEST,
        vmax=0,
        cmap=LOUD,
    )
    axes.set_xticks(sorted({1, len(order)}))
    axes.tick_params(labelsize=LETTER)
