"""Do networks tag what they were trained to tag? Trained networks beside untrained copies."""

import numpy as np

from tonotopy.drawing.letters import arms
from tonotopy.drawing.style import ROLES, legend_above, nothing_to_draw, only, panels
from tonotopy.evidence.resampling import bootstrap_weights, interval
from tonotopy.seeding import generator
from tonotopy.studies.hierarchy.average_precision import mean_average_precisions, tagging_matrices
from tonotopy.studies.hierarchy.figures.profile_rows import shown

COPIES = {"trained": "trained", "untrained": "untrained copy"}


def draw(sources: dict, about: dict):
    """Draw the mean average precision with its interval over clips, a row per network."""
    table = only(sources)
    networks = [n for n in about["networks"] if n in set(table["network"])]
    if not networks:
        return nothing_to_draw("no network of this study was made to tag")
    figure, (axes,) = panels(1, width=4.8, height=0.9 + 0.5 * len(networks))
    for index, (copy, name) in enumerate(COPIES.items()):
        rows = table[table["copy"] == copy]
        precisions = np.array([_precision(rows[rows["network"] == n], about) for n in networks])
        value, low, high = precisions.T
        lanes = np.arange(len(networks)) + 0.38 * (index - 0.5)
        colour, face = ROLES[copy]["color"], ROLES[copy].get("markerfacecolor")
        axes.barh(lanes, value, 0.34, facecolor=face or colour, edgecolor=colour, label=name)
        axes.errorbar(
            value,
            lanes,
            xerr=arms(value, low, high),
            linestyle="",
            color="0.15",
            elinewidth=1,
            capsize=2,
        )
        for lane, number, end in zip(lanes, value, high, strict=True):
            if np.isfinite(number):
                axes.text(end, lane, f"  {number:.3f}", va="center", fontsize=7)
    axes.set_yticks(range(len(networks)), [shown(n) for n in networks])
    axes.set_xlabel("mean average precision")
    axes.margins(x=0.15)
    axes.set_xlim(left=0)
    axes.invert_yaxis()
    legend_above(figure, axes)
    return figure


def _precision(rows, about: dict) -> tuple[float, float, float]:
    """Value and interval, NaN where no clip has any class."""
    if not rows["target"].any():
        return (np.nan,) * 3
    targets, scores = tagging_matrices(rows)
    weights = bootstrap_weights(len(targets), about["resamples"], generator(0, "figure"))
    with_data = np.concatenate([np.ones((1, len(targets))), weights])
    precisions = mean_average_precisions(targets, scores, with_data)
    return precisions[0], *interval(precisions[1:], about["confidence"])
