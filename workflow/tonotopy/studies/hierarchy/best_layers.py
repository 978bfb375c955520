"""What the front page says of each layer profile: the best layer, and how well it does."""

import pandas as pd

from tonotopy.evidence.numbers import number
from tonotopy.studies.hierarchy.profiles import best_k

SHOWN = {"copy": "trained", "length": "whole", "probe": "knn"}
FOLDS = "paper"  # where there are several kinds: those of the claims
CAPTION = (
    "the layer of each network that a task is told best from, by k-nearest-neighbour probes at the "
    "best k; its accuracy with its interval over clips; and the accuracy of the first and of the "
    "last layer. The best layer is chosen on the clips that it is shown for, so that the best of "
    "many flatters; which layer beats others, the claims judge."
)
NONE = "no profile"


def overview(sources: dict[str, pd.DataFrame]) -> dict:
    """Return the best layer of each network and task.

    Args:
        sources: ``profiles``, see `summaries.profiles`.

    Returns:
        caption, head and rows (a task each, with a cell for each network): see `pages.front.page`.
    """
    rows = sources["profiles"]
    for column, value in SHOWN.items():
        rows = rows[rows[column] == value]
    curves = dict(iter(rows.groupby(["network", "task"], sort=False, observed=True)))
    networks = list(dict.fromkeys(network for network, _ in curves))
    chances = {task: part["chance"].iloc[0] for (_, task), part in curves.items()}
    return {
        "caption": CAPTION,
        "head": ["Task (chance)", *map(str, networks)],
        "rows": [
            [f"{task} ({number(chance)})", *(_cell(curves.get((n, task))) for n in networks)]
            for task, chance in chances.items()
        ],
    }


def _cell(part: pd.DataFrame | None) -> str:
    """Return what is said of a network and a task."""
    if part is None:
        return NONE
    kinds = list(dict.fromkeys(part["folds"]))
    part = part[part["folds"] == (FOLDS if FOLDS in kinds else kinds[0])]
    wide = part.pivot(index="position", columns="k", values="accuracy")
    layers = part[part["k"] == best_k(wide.to_numpy(), tuple(wide.columns))]
    layers = layers.sort_values("position").to_dict("records")
    best = max(layers, key=lambda row: row["accuracy"])  # the first of equal ones
    within = f"({best['reason']})" if best["reason"] else _interval(best)
    first, last = (number(row["accuracy"]) for row in (layers[0], layers[-1]))
    return (
        f"{best['layer']} ({layers.index(best) + 1} of {len(layers)})\n"
        f"{number(best['accuracy'])} {within}\nfirst {first}, last {last}"
    )


def _interval(row: dict) -> str:
    return f"[{number(row['low'])}, {number(row['high'])}]"
