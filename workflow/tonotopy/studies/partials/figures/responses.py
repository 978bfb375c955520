"""Responses of directions to pure tones: those that isolate a band best, of every network."""

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from tonotopy.drawing.curves import first_run
from tonotopy.drawing.letters import HEAD, LETTER, WIDTH, write
from tonotopy.drawing.names import literal
from tonotopy.drawing.spectrogram_grid import LOUD
from tonotopy.drawing.style import handles_above, nothing_to_draw, panels
from tonotopy.studies.partials.figures.kinds import STEPS, ordered
from tonotopy.studies.partials.study import ROLES

MOST = 40  # directions of a network
RANDOM = "random"
MARKS = {"narrow": "s", "kept": "^", "stable": "o"}


def draw(sources: dict, about: dict):
    """Draw one map for every network: directions over semitones, the lowest peak below."""
    directions, responses = sources["directions"], sources["responses"]
    if directions.empty or responses.empty:
        return nothing_to_draw("no tones were swept")
    tones = responses[responses["stimulus"].astype(str) == "tone"]
    networks = ordered(directions, about)
    figure, grid = panels(len(networks), width=WIDTH / 4, height=2.3, columns=4)
    for axes, network in zip(grid, networks, strict=True):
        best = _best(directions[directions["network"].astype(str) == network])
        own = tones[tones["network"].astype(str) == network]
        _map(axes, best, own[own["run"] == best["run"].iloc[0]])
        last = axes in grid[-4:]
        write(axes, literal(network), "semitone (MIDI)" if last else "", "")
        if axes in grid[::4]:
            axes.set_ylabel("directions, by peak", fontsize=HEAD)
    looks = [{"marker": marker, "color": "black", "linestyle": "none"} for marker in MARKS.values()]
    handles = [Line2D([], [], markersize=3, **look) for look in looks]
    handles_above(figure, handles, STEPS.values(), columns=4)
    return figure


def _best(rows: pd.DataFrame) -> pd.DataFrame:
    """Return directions of the first run, by their peaks.

    Of networks with a known answer they are spread over all of them; of others those with the
    largest shares.
    """
    rows = first_run(rows[rows["kind"].astype(str) != RANDOM])
    if rows["role"].astype(str).isin(ROLES).any():
        every = rows.sort_values(["semitone", "kind", "direction"])
        number = min(MOST, len(every))
        return every.iloc[np.linspace(0, len(every) - 1, number).round().astype(int)]
    best = rows.sort_values(["share", "kind", "direction"], ascending=[False, True, True])
    return best.head(MOST).sort_values(["semitone", "kind", "direction"])


def _map(axes, best: pd.DataFrame, tones: pd.DataFrame) -> None:
    keys = list(zip(best["kind"].astype(str), best["direction"], strict=True))
    wide = tones.assign(kind=tones["kind"].astype(str)).pivot(
        index=["kind", "direction"], columns="semitone", values="response"
    )
    values = wide.loc[keys].to_numpy(float)
    values = np.maximum(values - np.nanmedian(values, axis=1, keepdims=True), 0)
    top = np.nanmax(values, axis=1, keepdims=True)
    values = np.divide(values, top, out=np.zeros(values.shape), where=top > 0)
    low, high = wide.columns.min(), wide.columns.max()
    extent = (low - 0.5, high + 0.5, -0.5, len(keys) - 0.5)
    picture = {"origin": "lower", "aspect": "auto", "interpolation": "nearest", "cmap": LOUD}
    axes.imshow(values, extent=extent, vmin=0, vmax=1, **picture)
    for number, (step, marker) in enumerate(MARKS.items()):
        (passed,) = np.nonzero(best[step].to_numpy(dtype=bool))
        places = np.full(len(passed), high + 4 + 5 * number)
        axes.scatter(places, passed, s=4, marker=marker, color="black", linewidths=0)
    axes.set_xlim(low - 0.5, high + 18)
    axes.set_xticks([n for n in (36, 60, 84, 108) if low <= n <= high])
    axes.set_yticks([])
    axes.tick_params(labelsize=LETTER)
