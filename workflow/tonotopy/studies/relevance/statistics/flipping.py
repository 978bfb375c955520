"""Score 2: areas under patch-flipping curves (equation 4.4); lower is better.

Areas are averaged over clips, then over classes (table 4.4); of random bases also over draws.
``components`` is the shown number unless another is named. ``area`` says what the curve is
integrated over: ``share`` of the input that is flipped, ``step``, or as ``printed``.
"""

import numpy as np

from tonotopy.evidence.claims import Estimate, NotApplicable, NotRun
from tonotopy.studies.relevance.statistics.bases import mean_of_bases
from tonotopy.studies.relevance.statistics.extremes import highest, lead
from tonotopy.studies.relevance.statistics.tables import Grid, RelevanceTables

STANDARD = "standard"
SPLITS = ("drsa", "dsa", "random")  # methods of table 4.4 that split heatmaps


def _grid(
    tables: RelevanceTables,
    method: str,
    layer: str | None,
    area: str,
    components: int | None = None,
    **flipped,
) -> Grid:
    """Return areas of clips, (clips, draws); the standard heatmap has no layer."""
    where = {"layer": "", "components": 1}
    if method != STANDARD:
        where = tables.shown(layer, components)
    flipped = {"fill": "zero", "order": "most", **flipped}
    return tables.grid("aupc", area, ("draw",), method=method, **where, **flipped)


def _areas(
    tables: RelevanceTables,
    method: str,
    layer: str | None,
    area: str,
    components: int | None = None,
    one_more: bool = False,
    **flipped,
) -> np.ndarray:
    """Return the mean area over classes, (1 + resamples,); ``one_more``: see `mean_of_bases`."""
    grid = _grid(tables, method, layer, area, components, **flipped)
    means = grid.clips.over_labels(grid.values.mean(axis=1))
    if method != "random":
        return means
    scores = grid.clips.label_means(grid.values)
    names = str(layer), str(components)
    both = mean_of_bases(tables, scores, *names, one_more=one_more)
    return means + both - scores.mean(axis=(1, 2))


def aupc_difference(
    tables: RelevanceTables,
    first: str,
    second: str,
    layer: str | None = None,
    area: str = "share",
    components: int | None = None,
) -> Estimate:
    """Area of a method minus that of another, below 0 where the first is better.

    What is compared with random bases, other than the standard heatmap, may be one of them.

    Args:
        tables: aupc.
        first: standard, drsa, dsa, pca or random.
        second: likewise.
        layer: that has the subspaces.
        area: share, step or printed.
        components: number of subspaces.
    """
    one_more = STANDARD not in (first, second)
    values = [
        _areas(tables, method, layer, area, components, one_more) for method in (first, second)
    ]
    return tables.over(values[0] - values[1], tables.clips("aupc"))


def aupc_by_number(
    tables: RelevanceTables,
    components: int,
    than: int,
    layer: str | None = None,
    area: str = "share",
) -> Estimate:
    """DRSA's area with a number of components minus that with another number."""
    values = [_areas(tables, "drsa", layer, area, number) for number in (components, than)]
    return tables.over(values[0] - values[1], tables.clips("aupc"))


def aupc_slope(tables: RelevanceTables, method: str, area: str = "share") -> Estimate:
    """Change of a method's area from one layer to the next, fitted over all layers."""
    values = _by_layer(tables, method, area)
    depth = np.arange(values.shape[1]) - (values.shape[1] - 1) / 2
    return tables.over(values @ depth / (depth @ depth), tables.clips("aupc"))


def aupc_largest_rise(tables: RelevanceTables, method: str, area: str = "share") -> Estimate:
    """Largest change of a method's area from a layer to the next, below 0 where all steps fall."""
    rises = np.diff(_by_layer(tables, method, area), axis=1)
    return tables.over(highest(rises), tables.clips("aupc"))


def random_gap(
    tables: RelevanceTables, layer: str, area: str = "share", than: str | None = None
) -> Estimate:
    """How far random bases stay behind DRSA, as a share of what DRSA gains on the standard heatmap.

    Args:
        tables: aupc.
        layer: that has the subspaces.
        area: share, step or printed.
        than: another layer, whose share is taken away.

    Raises:
        NotRun: DRSA gains nothing.
    """
    value = _gap(tables, layer, area)
    if than:
        value = value - _gap(tables, than, area)
    return tables.over(value, tables.clips("aupc"))


def _gap(tables: RelevanceTables, layer: str, area: str) -> np.ndarray:
    drsa, random, standard = (
        _areas(tables, method, layer, area) for method in ("drsa", "random", STANDARD)
    )
    gain = standard - drsa
    if gain[0] <= 0:
        raise NotRun(f"DRSA gains nothing on the standard heatmap at layer '{layer}'")
    return np.divide(random - drsa, gain, out=np.full(gain.shape, np.nan), where=gain > 0)


def relevance_gain(tables: RelevanceTables, fill: str = "zero", area: str = "share") -> Estimate:
    """Symmetric relevance gain of the standard heatmap, higher is better.

    The area with the least relevant patches flipped first, minus that with the most relevant first.

    Args:
        tables: aupc.
        fill: what flipped patches hold, ``zero`` or ``silence``.
        area: share, step or printed.
    """
    least, most = (
        _areas(tables, STANDARD, None, area, fill=fill, order=order) for order in ("least", "most")
    )
    return tables.over(least - most, tables.clips("aupc"))


def printed_deviation(
    tables: RelevanceTables, method: str, printed: dict, errors: dict, area: str
) -> Estimate:
    """Largest distance of our areas from printed ones, in printed standard errors (table 4.4).

    Args:
        tables: aupc.
        method: standard, drsa, dsa or random.
        printed: layer -> the printed area.
        errors: layer -> the printed standard error.
        area: share, step or printed.
    """
    distances = [
        np.abs(_areas(tables, method, layer, area) - value) / errors[layer]
        for layer, value in printed.items()
    ]
    return tables.over(highest(np.stack(distances, axis=1)), tables.clips("aupc"))


def error_bar(
    tables: RelevanceTables, layer: str, area: str = "share", than: str | None = None
) -> Estimate:
    """Standard error over classes of a method's area, the largest of DRSA, DSA and random bases.

    Args:
        tables: aupc.
        layer: that has the subspaces.
        area: share, step or printed.
        than: another layer, whose standard error is taken away.
    """
    value = _error_bar(tables, layer, area)
    if than:
        value = value - _error_bar(tables, than, area)
    return tables.over(value, tables.clips("aupc"))


def error_bar_deviation(tables: RelevanceTables, printed: dict, area: str = "share") -> Estimate:
    """Largest distance of our standard errors from printed ones, in octaves (table 4.4).

    Args:
        tables: aupc.
        printed: layer -> the printed standard error.
        area: share, step or printed.
    """
    distances = [
        np.abs(np.log2(_error_bar(tables, layer, area) / value)) for layer, value in printed.items()
    ]
    return tables.over(highest(np.stack(distances, axis=1)), tables.clips("aupc"))


def difference_in_error_bars(
    tables: RelevanceTables, first: str, second: str, layer: str, area: str = "share"
) -> Estimate:
    """Distance of the areas of two methods, in standard errors over classes (see `error_bar`)."""
    values = [_areas(tables, method, layer, area) for method in (first, second)]
    distance = np.abs(values[0] - values[1]) / _error_bar(tables, layer, area)
    return tables.over(distance, tables.clips("aupc"))


def _error_bar(tables: RelevanceTables, layer: str, area: str) -> np.ndarray:
    grids = [_grid(tables, method, layer, area) for method in SPLITS]
    classes = np.stack([grid.clips.label_means(grid.values.mean(axis=1)) for grid in grids])
    if classes.shape[2] < 2:
        raise NotApplicable("one class has no standard error over classes")
    return (classes.std(axis=2, ddof=1) / np.sqrt(classes.shape[2])).max(axis=0)


def gamma_margin(tables: RelevanceTables, kind: str, gamma: float, area: str = "share") -> Estimate:
    """Area with one choice of gamma minus the smallest with another, below 0 where it is the best.

    Random order is among the others (figure B.1).

    Args:
        tables: gammas.
        kind: ``uniform``, or ``decreasing`` from layer to layer.
        gamma: its value, or its largest one.
        area: share, step or printed.
    """
    clips, values, (choices,) = tables.grid("gammas", area, ("choice",))
    name = f"{kind} {gamma:g}"
    if name not in choices:
        raise NotRun(f"gamma {gamma:g}, {kind}, was not tried (there are {', '.join(choices)})")
    areas, own = clips.over_labels(values), choices.index(name)
    return tables.over(-lead(-areas, own), clips)


def _by_layer(tables: RelevanceTables, method: str, area: str) -> np.ndarray:
    """Return areas from the first layer to the last, (1 + resamples, layers)."""
    layers = tables.layers()
    if len(layers) < 2:
        raise NotApplicable("one layer has no trend over layers")
    return np.stack([_areas(tables, method, layer, area) for layer in layers], axis=1)
