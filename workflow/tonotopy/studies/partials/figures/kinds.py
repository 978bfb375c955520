"""Shares of directions by network and kind, with their intervals."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from matplotlib.lines import Line2D

from tonotopy.drawing.curves import LINE, look_of, shifts
from tonotopy.drawing.intervals import figure_bootstrap
from tonotopy.drawing.letters import WIDTH, arms, write
from tonotopy.drawing.limits import span
from tonotopy.drawing.names import literal
from tonotopy.drawing.style import handles_above, panels
from tonotopy.evidence.resampling import interval
from tonotopy.evidence.trainings import training_shares
from tonotopy.studies.partials.statistics.proportions import share_draws
from tonotopy.studies.partials.study import ROLES, STUDIED, role_of

KINDS = ("unit", "pca", "ica", "dictionary", "random")  # from left to right
NAMES = {"unit": "units", "pca": "PCA", "ica": "ICA"}  # where figures say something else
STEPS = {"narrow": "1: pure tones", "kept": "2: complexes too", "stable": "3: natural sound too"}
ORDER = (STUDIED, *ROLES)  # of networks: those that are studied, then known answers
Inside = Mapping[str, tuple[Callable[[pd.DataFrame], pd.Series], dict]]


def ordered(table: pd.DataFrame, about: dict) -> list[str]:
    """Return the networks of a table: studied ones, those that must pass, those that must not.

    Networks of a role, as the entry says it, are in alphabetical order.

    Args:
        table: with a column ``network``.
        about: the instance's entry.
    """
    names = table["network"].astype(str).unique()
    return sorted(names, key=lambda name: (ORDER.index(role_of(name, about)), name))


def studied_look(network: str, about: dict) -> dict:
    """Return the look of a network: those that are studied have the first colours."""
    order = sorted(about["networks"], key=lambda name: role_of(name, about) != STUDIED)
    return look_of(network, {"networks": order})


def share_panels(table: pd.DataFrame, about: dict, shown: Inside, label: str):
    """Draw shares: a panel for each studied network, with its kinds; one for all known answers.

    Args:
        table: ``directions``.
        about: networks, resamples and confidence.
        shown: what a share is of -> (directions -> bool, look).
        label: of the vertical axis.
    """
    table = table.assign(network=table["network"].astype(str), kind=table["kind"].astype(str))
    networks = ordered(table, about)
    known = set(table.loc[table["role"].astype(str) != STUDIED, "network"])
    columns = {name: _kinds(table, name) for name in networks if name not in known}
    answers = [(name, "unit", name) for name in networks if name in known]
    if answers:
        columns["known answers"] = answers
    count = len(columns)
    wide = min(WIDTH / min(count, 3), 3.4)
    figure, grid = panels(count, width=wide, height=2.4, columns=3, sharey=True)
    for axes, (title, places) in zip(grid, columns.items(), strict=True):
        for shift, (inside, look) in zip(shifts(len(shown), 0.22), shown.values(), strict=True):
            _points(axes, table, places, about, inside, shift, look)
        slanted = {"rotation": 35, "ha": "right", "rotation_mode": "anchor"}
        axes.set_xticks(range(len(places)), [literal(name) for *_, name in places], **slanted)
        axes.set_xlim(-0.6, len(places) - 0.4)
        span(axes, 0, 1)
        write(axes, literal(title), "", label if axes in grid[::3] else "")
    handles = [Line2D([], [], markersize=4, **look) for _, look in shown.values()]
    handles_above(figure, handles, list(shown), columns=4)
    return figure


def _kinds(table: pd.DataFrame, network: str) -> list[tuple[str, str, str]]:
    there = set(table.loc[table["network"] == network, "kind"])
    kinds = [kind for kind in KINDS if kind in there] + sorted(there - set(KINDS))
    return [(network, kind, NAMES.get(kind, kind)) for kind in kinds]


def _points(axes, table, places, about: dict, inside, shift: float, look: dict) -> None:
    """Draw one share with its interval at every place: (network, kind, name)."""
    spans = []
    for network, kind, _ in places:
        rows = table[(table["network"] == network) & (table["kind"] == kind)]
        spans.append(_span(rows.sort_values(["run", "direction"]), inside, about))
    value, low, high = np.array(spans).T
    at = np.arange(len(places)) + shift
    axes.errorbar(at, value, arms(value, low, high), **{**LINE, **look})


def _span(rows: pd.DataFrame, inside, about: dict) -> tuple[float, float, float]:
    """Return the share of one network's directions, and the ends of its interval."""
    bootstrap = figure_bootstrap(about)
    runs, number = np.unique(rows["run"].to_numpy(), return_inverse=True)
    weights = training_shares(runs, bootstrap, "figure", "runs")
    rng = bootstrap.generator("figure", "shares")
    shares = share_draws(inside(rows).to_numpy(dtype=bool), number, weights, rng)
    return (shares[0], *interval(shares[1:], about["confidence"]))
