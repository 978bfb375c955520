"""Simulated runs of study 4 with known truths: tables that are never written.

Clips, classes, filters and maps are as many as at scale mini, layers are few. Much of the noise of
a clip or a class is the same for all networks and layers. A number on a bound is the truth.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
import pandas as pd
from simulations import bootstrap

from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.networks import Means
from tonotopy.evidence.trainings import training_shares
from tonotopy.evidence.units import clip_unit
from tonotopy.studies.sonification.statistics.tables import UNITS
from tonotopy.studies.sonification.statistics.tables import SonificationTables as Tables

NETWORKS = ("supervised", "contrastive", "untrained")
LAYERS = ("block1", "block2", "block3", "block4", "block5", "block6")
DEPTHS = range(1, len(LAYERS) + 1)
CLIPS, SHIFTED, PAIRED = 150, 8, 100
SONGS = (1, 2, 1, 3)  # clips of the groups, where there are any
CLASSES, FILTERS, MAPS, EVOLVING = 20, 8, 256, 4
FAVOURITES = 5  # clips that a map likes best
LABELS = [f"class {number:02d}" for number in range(CLASSES)]
SETTINGS = {
    "networks": {"supervised": "a", "contrastive": "b"},
    "transfers": {"tagging": {"learn": ["head", "all"]}, "keywords": {"learn": ["head", "all"]}},
    "answers": "tagging",
}
LOOKED_UP: dict = {}
ABOUT_LAYERS = pd.DataFrame(
    [
        {"network": network, "run": 0, "layer": layer, "depth": depth, "maps": 8}
        for network in NETWORKS
        for depth, layer in enumerate(LAYERS, 1)
    ]
)


@dataclass(frozen=True)
class Table:
    """A table whose rows are the same in every run, and what differs: column -> its values."""

    about: pd.DataFrame
    values: Mapping[str, np.ndarray]

    def frame(self) -> pd.DataFrame:
        """Return the table as a run writes it."""
        return self.about.assign(**self.values)


class Quick(Tables):
    """Tables in memory; where a mean finds its rows is looked up once for all runs."""

    def read(self, name: str) -> pd.DataFrame:
        if name not in self.paths:
            raise NotRun(f"the table '{name}' is not part of this run")
        return self.paths[name].frame()

    def rows(self, name: str, **keys) -> pd.DataFrame:
        table = self.paths[name]
        asked = ("rows", name, *keys.items())
        found = _once(table.about, asked, lambda: _found(table.about, keys))
        places = found.index.to_numpy()
        return found.assign(**{k: v[places] for k, v in table.values.items()})

    def layers(self, name: str = "layers", **keys) -> list[str]:
        about = self.paths[name].about
        return _once(
            about, ("layers", name, *keys.items()), lambda: super(Quick, self).layers(name, **keys)
        )

    def means(self, name, column, unit, axes=None, weight=None, **keys) -> Means:
        """Return what `Tables.means` does."""
        about, axes = self.paths[name].about, axes or {}
        asked = (name, unit, *keys.items(), *((axis, tuple(v)) for axis, v in axes.items()))
        plan = _once(about, asked, lambda: _planned(self, name, unit, axes, keys))
        rows = plan.rows.assign(**{k: v[plan.places] for k, v in self.paths[name].values.items()})
        values = (column(rows) if callable(column) else rows[column]).to_numpy(dtype=float)
        weights = np.ones(len(rows)) if weight is None else rows[weight].to_numpy(dtype=float)
        weights = np.where(np.isnan(values), 0.0, weights)
        shares = training_shares(plan.runs, self.bootstrap, self.STREAM, "runs", keys["network"])
        sums, totals = (
            np.bincount(plan.cells, cells, int(np.prod(plan.shape))).reshape(plan.shape)
            for cells in (weights * np.nan_to_num(values), weights)
        )
        counts = self.widened_counts(len(plan.units), unit)
        sums, totals = (np.tensordot(counts, v, (1, 1)) for v in (sums, totals))
        means = np.divide(sums, totals, out=np.full(sums.shape, np.nan), where=totals > 0)
        values = np.einsum("bt,bt...->b...", shares, means)
        return Means(values, plan.units, plan.unit, shares.shape[1])


class Plan(NamedTuple):
    """Where the rows of a mean are, and the cell that each belongs to."""

    places: np.ndarray
    rows: pd.DataFrame
    cells: np.ndarray
    shape: tuple[int, ...]
    units: tuple
    unit: str
    runs: np.ndarray


def _planned(tables: Quick, name: str, unit: str, axes: Mapping, keys: Mapping) -> Plan:
    rows = _found(tables.paths[name].about, keys)
    for axis, levels in axes.items():
        rows = rows[rows[axis].isin(levels)]
    units, index = np.unique(rows[unit].to_numpy(), return_inverse=True)
    columns = [column for column in ("run", "repeat") if column in rows]
    training = rows.groupby(columns, sort=True).ngroup().to_numpy()
    runs = rows[columns].drop_duplicates().sort_values(columns)["run"].to_numpy()
    places = [training, index, *(pd.Index(v).get_indexer(rows[a]) for a, v in axes.items())]
    shape = (len(runs), len(units), *map(len, axes.values()))
    cells = np.ravel_multi_index(places, shape)
    what = UNITS.get(unit) or clip_unit(rows)
    return Plan(rows.index.to_numpy(), rows, cells, shape, tuple(units), what, runs)


def _found(about: pd.DataFrame, keys: Mapping) -> pd.DataFrame:
    for key, value in keys.items():
        about = about[about[key] == value]
    return about


def _once(about: pd.DataFrame, key: tuple, make: Callable):
    """Return what is made of a table that is never freed (see `_rows`), once."""
    if (id(about), key) not in LOOKED_UP:
        LOOKED_UP[id(about), key] = make()
    return LOOKED_UP[id(about), key]


def run(rng, **tables: Table) -> Quick:
    """Return the tables of a run."""
    return Quick({"layers": Table(ABOUT_LAYERS, {}), **tables}, SETTINGS, bootstrap(rng))


@cache
def _rows(units: tuple[tuple[str, tuple], ...], cells: tuple[tuple[tuple[str, object], ...], ...]):
    """Return rows of units in cells: all units of the first cell, then of the next."""
    frames = [pd.DataFrame(dict(units)).assign(**dict(cell)) for cell in cells]
    return pd.concat(frames, ignore_index=True)


def _table(units: Mapping[str, object], cells: list[dict], **values: np.ndarray) -> Table:
    """Return a table; values have the shape (cells, units)."""
    columns = tuple((name, tuple(np.asarray(entries).tolist())) for name, entries in units.items())
    about = _rows(columns, tuple(tuple(cell.items()) for cell in cells))
    return Table(about, {name: np.reshape(value, -1) for name, value in values.items()})


def _cell(network: str, depth: int, **more) -> dict:
    return {"network": network, "run": 0, "layer": LAYERS[depth - 1], "depth": depth, **more}


def _clips(number: int, sizes: tuple[int, ...] = (1,)) -> dict[str, np.ndarray]:
    groups = np.repeat(np.arange(number), np.resize(sizes, number))[:number]
    return {"clip": np.arange(number), "group": groups}


def _noise(rng, groups: np.ndarray, *axes: int) -> np.ndarray:
    """Return unit noise of clips, (*axes, clips), half of its variance the same in a group."""
    shared = rng.normal(size=(*axes, groups.max() + 1))[..., groups]
    return np.sqrt(0.5) * (shared + rng.normal(size=(*axes, len(groups))))


def similar(
    rng, levels: Callable[[str, int], Mapping[str, float]], sizes: tuple[int, ...] = (1,)
) -> Quick:
    """Sonifications of clips.

    Args:
        rng: source of the noise.
        levels: network and depth -> column -> its level, for the networks and layers that are
            there; empty for the others.
        sizes: of groups of clips.
    """
    about = _clips(CLIPS, sizes)
    given = [(n, d, levels(n, d)) for n in NETWORKS for d in DEPTHS if levels(n, d)]
    common = 0.1 * _noise(rng, about["group"])
    values = {
        column: np.array([[level[column]] for *_, level in given])
        + common
        + 0.05 * _noise(rng, about["group"], len(given))
        for column in given[0][2]
    }
    return run(rng, similarity=_table(about, [_cell(n, d) for n, d, _ in given], **values))


def shifts(rng, correlation: float) -> Quick:
    """Two offsets of eight clips, neither of which is a multiple of the stride."""
    cells = [_cell("supervised", 6, offset=offset, multiple=False) for offset in (1, 37)]
    values = correlation + 0.005 * rng.normal(size=(2, SHIFTED))
    return run(rng, shifts=_table(_clips(SHIFTED), cells, correlation=values))


def transfers(
    rng,
    levels: Callable[[str, str, int], float | None],
    task: str = "tagging",
    runs: int = 1,
    training: float = 0.0,
) -> Quick:
    """Scores of classes after layers and after the whole encoder.

    Args:
        rng: source of the noise.
        levels: network, what learns and depth -> score; None where there is none. The whole encoder
            is one deeper than the last layer.
        task: tagging, by average precision, or keywords, by accuracy.
        runs: trainings of every network.
        training: noise of a training, which all its classes share.
    """
    measure = "recall" if task == "keywords" else "average precision"
    cells, known = [], []
    for network, number, learn in product(NETWORKS, range(runs), ("head", "all")):
        shared = training * rng.normal()
        for depth, layer in [*zip(DEPTHS, LAYERS, strict=True), (len(LAYERS) + 1, "whole")]:
            level = levels(network, learn, depth)
            if level is not None:
                where = {"task": task, "network": network, "run": number, "learn": learn}
                where |= {"layer": layer, "depth": depth, "repeat": 0, "measure": measure}
                cells.append(where)
                known.append(level + shared)
    common = 0.1 * rng.normal(size=CLASSES)
    score = np.array(known)[:, None] + common + 0.05 * rng.normal(size=(len(cells), CLASSES))
    about = {"label": LABELS, "clips": 5 + np.arange(CLASSES) * 3 % 11}
    own = 0.6 + common + 0.05 * rng.normal(size=CLASSES)
    answers = _table(about, [{"network": "supervised", "run": 0}], score=own)
    return run(rng, transfers=_table(about, cells, score=score), answers=answers)


def residuals(
    rng, drops: Callable[[str, str, str, int], float], noisy: Mapping[str, float] | None = None
) -> Quick:
    """Scores of classes before and after sonifications are taken away.

    Args:
        rng: source of the noise.
        drops: kind, network, what learns and depth -> drop from .6.
        noisy: what learns -> noise of a class's drop; .05 if None.
    """
    common = 0.6 + 0.1 * rng.normal(size=CLASSES)
    cells, scores = [], []
    for network, learn in product(("supervised", "contrastive"), ("head", "all")):
        noise = (noisy or {}).get(learn, 0.05)
        cells.append({"network": network, "run": 0, "layer": "", "depth": 0})
        cells[-1] |= {"learn": learn, "kind": "original"}
        scores.append(common)
        for kind, depth in product(("residual", "filter"), DEPTHS):
            cells.append(_cell(network, depth, learn=learn, kind=kind))
            left = common - drops(kind, network, learn, depth)
            scores.append(left + noise * rng.normal(size=CLASSES))
    return run(rng, residuals=_table({"label": LABELS}, cells, score=np.array(scores)))


def pairs(rng, shares: Mapping[str, float]) -> Quick:
    """Two pairs of classes in each clip, which win or lose together in half of the clips.

    Args:
        rng: source of the noise.
        shares: network -> share of pairs that win.
    """
    known = list(combinations(LABELS[:6], 2))
    first, second = np.array(known)[np.arange(PAIRED * 2) % len(known)].T
    clip = np.repeat(np.arange(PAIRED), 2)
    drawn = rng.random((len(shares), PAIRED, 2))
    same = rng.random(PAIRED) < 0.5
    drawn[:, same, 1] = drawn[:, same, 0]
    below = drawn.reshape(len(shares), -1) < np.array([*shares.values()])[:, None]
    won, lost = np.where(below, 1.0, -1.0), np.zeros(below.shape)
    cells = [_cell(network, len(LAYERS)) for network in shares]
    about = {"clip": clip, "group": clip}
    matches = {**about, "first": first, "second": second}
    targeted = {**about, "target": first, "other": second}
    return run(
        rng,
        matches=_table(matches, cells, own=won, crossed=lost),
        targeted=_table(targeted, cells, drop_target=won, drop_other=lost),
    )


def filters(rng, levels: Mapping[str, float]) -> Quick:
    """Selectivities of eight filters: network -> their mean."""
    values = np.array([*levels.values()])[:, None] + 0.05 * rng.normal(size=(len(levels), FILTERS))
    cells = [{"network": network, "run": 0} for network in levels]
    return run(rng, filters=_table({"filter": np.arange(FILTERS)}, cells, selectivity=values))


def favourites(rng) -> Quick:
    """Clips that maps like best; both networks like some clips more than others, of any class."""
    labels, best = np.array(LABELS)[np.arange(CLIPS) % CLASSES], []
    for _ in range(2):
        liked = rng.gumbel(size=(MAPS, CLIPS)) + 0.8 * rng.normal(size=CLIPS)
        best.append(np.argsort(-liked, axis=1)[:, :FAVOURITES].ravel())
    maps = {"map": np.repeat(np.arange(MAPS), FAVOURITES)}
    cells = [_cell(network, len(LAYERS)) for network in NETWORKS[:2]]
    rows = _table(maps, cells, clip=np.array(best), label=labels[np.array(best)])
    return run(rng, favourites=rows)


def evolution(
    rng, fall: float = 0.0, dead: float = 1.0, likeness: float = 0.0, dying: int = 1
) -> Quick:
    """Maps at two checkpoints.

    Args:
        rng: source of the noise.
        fall: of spectral flatness.
        dead: flatness at the first checkpoint of maps that die, over that of the others.
        likeness: of the first layer's checkpoints minus that of the deepest one's.
        dying: of four maps of every layer and network.
    """
    cells = [
        _cell(network, depth, epoch=epoch)
        for network, depth, epoch in product(NETWORKS[:2], (1, 2, 5, 6), (0, 10))
    ]
    shape = (len(cells), EVOLVING)
    last = np.array([cell["epoch"] > 0 for cell in cells])[:, None]
    first_layer = np.array([cell["depth"] == 1 for cell in cells])[:, None]
    dies = np.arange(EVOLVING) < dying
    own = np.repeat(0.03 * rng.normal(size=(len(cells) // 2, EVOLVING)), 2, axis=0)
    flat = np.where(last, 0.3 - fall, 0.3 * np.where(dies, dead, 1.0)) + own
    alike = 0.5 + likeness * first_layer + 0.05 * rng.normal(size=shape)
    rows = _table(
        {"map": np.arange(EVOLVING)},
        cells,
        flatness=flat + 0.02 * rng.normal(size=shape),
        similarity=alike,
        dead=dies & last,
    )
    return run(rng, evolution=rows)
