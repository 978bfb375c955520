"""What codes tell of pitch, by codebook, beside codes whose answer is known."""

import numpy as np
import pandas as pd

from tonotopy.drawing.curves import LINE, shifts
from tonotopy.drawing.intervals import figure_bootstrap
from tonotopy.drawing.letters import arms, write
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import ROLES, ZERO, legend_above, nothing_to_draw, panels
from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import interval
from tonotopy.evidence.trainings import training_shares
from tonotopy.studies.partials.figures.kinds import ordered, studied_look
from tonotopy.studies.partials.statistics.information import frames_of, information_share
from tonotopy.studies.partials.study import KNOWN

CLUSTERS = "k-means"  # tick of the codes of networks that have none of their own
ANSWERS = {0: "spectra in\nsemitones", 1: "random,\none per clip"}  # books of the known codes


def draw(sources: dict, about: dict):
    """Draw information over books, clusters and the known answers beside them, at the right."""
    table = sources["codes"]
    if table.empty:
        return nothing_to_draw("no codes were read")
    table = table.assign(network=table["network"].astype(str))
    spans = {
        key: span
        for key, rows in table.groupby(["network", "book"])
        if (span := _span(rows, about)) is not None
    }
    books = {
        network: [book for name, book in spans if name == network]
        for network in ordered(table[table["network"] != KNOWN], about)
    }
    decoding = set(sources["reconstructions"]["network"].astype(str))
    clustered = [name for name, own in books.items() if own and name not in decoding]
    count = max((len(own) for name, own in books.items() if name in decoding), default=0)
    figure, (axes,) = panels(1, width=4.8, height=2.8)
    axes.axhline(0, **ZERO)
    aside = dict(zip(clustered, shifts(len(clustered), 0.15), strict=True))
    for network, own in books.items():
        places = [count + aside[network]] if network in aside else own
        look = {**LINE, **studied_look(network, about), "label": literal(network)}
        _errors(axes, places, [spans[network, book] for book in own], look)
    known = [book for name, book in spans if name == KNOWN]
    look = {**LINE, **ROLES["control"], "linestyle": "none", "label": "known answers"}
    names = [*range(count), *([CLUSTERS] if clustered else [])]
    places = [len(names) + n for n in range(len(known))]
    _errors(axes, places, [spans[KNOWN, book] for book in known], look)
    names += [ANSWERS.get(book, book) for book in known]
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
