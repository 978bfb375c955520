"""What codes tell of pitch, by codebook, beside codes whose answer is known."""

import numpy as np
import pandas as pd

from tonotopy.drawing.curves import LINE, look_of, networks_of
from tonotopy.drawing.intervals import figure_bootstrap
from tonotopy.drawing.letters import arms, write
from tonotopy.drawing.style import CHANCE, legend_above, nothing_to_draw, only, panels
from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import interval
from tonotopy.evidence.trainings import training_shares
from tonotopy.studies.partials.statistics.information import frames_of, information_share
from tonotopy.studies.partials.study import KNOWN

ANSWERS = {0: "spectra in\nsemitones", 1: "random,\none per clip"}  # books of the known codes


def draw(sources: dict, about: dict):
    """Draw information over books for every network, the known answers at the right."""
    table = only(sources)
    if table.empty:
        return nothing_to_draw("no codes were read")
    table = table.assign(network=table["network"].astype(str))
    spans = {
        key: span
        for key, rows in table.groupby(["network", "book"])
        if (span := _span(rows, about)) is not None
    }
    networks = [name for name in networks_of(table, about) if name != KNOWN]
    last = int(max((book for name, book in spans if name != KNOWN), default=-1))
    figure, (axes,) = panels(1, width=4.8, height=2.8)
    axes.axhline(0, **CHANCE)
    for network in networks:
        books = [book for name, book in spans if name == network]
        look = {**LINE, **look_of(network, about), "label": network}
        _errors(axes, books, [spans[network, book] for book in books], look)
    known = [book for name, book in spans if name == KNOWN]
    look = {**LINE, "color": "0.45", "marker": "D", "linestyle": "none", "label": "known answers"}
    places = [last + 1 + n for n in range(len(known))]
    _errors(axes, places, [spans[KNOWN, book] for book in known], look)
    names = [*range(last + 1), *(ANSWERS.get(book, book) for book in known)]
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.5, len(names) - 0.5)
    write(axes, "", "codebook", "information on the semitone\n(share of its entropy)")
    legend_above(figure, axes)
    return figure


def _errors(axes, places, spans, look: dict) -> None:
    if spans:
        value, low, high = np.array(spans).T
        axes.errorbar(places, value, arms(value, low, high), **look)


def _span(rows: pd.DataFrame, about: dict) -> tuple[float, float, float] | None:
    """Return the information of one network and book, and its interval; None if there is none."""
    bootstrap, groups = figure_bootstrap(about), np.unique(rows["group"].to_numpy())
    drawn = bootstrap.draw(len(groups), "figure").counts
    counts = np.concatenate([np.ones((1, len(groups))), drawn])
    runs = np.unique(rows["run"].to_numpy())
    try:
        told = [
            information_share(
                frames_of(rows[rows["run"] == run], groups),
                counts,
                bootstrap.generator("figure", "exchanges"),
            )
            for run in runs
        ]
    except NotRun:
        return None
    shares = (training_shares(runs, bootstrap, "figure", "runs") * np.stack(told, axis=1)).sum(1)
    drawn = shares[1:][np.isfinite(shares[1:])]
    if np.isnan(shares[0]) or not len(drawn):
        return None
    return (shares[0], *interval(drawn, about["confidence"]))
