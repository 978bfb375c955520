"""The tables of a relevance study with known answers, and how to read them in plain loops.

Classes, groups and numbers differ in size wherever they could be mistaken for one another. A value
is a known level plus noise; of a clip, much of the noise is the same for all methods, so that
comparisons gain by pairing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd

from tonotopy.evidence.resampling import Bootstrap

CLIPS = {"one": 42, "two": 33, "three": 58}  # explained clips of each class
GROUP_SIZES = (1, 2, 1, 3, 1)  # clips of the groups, again and again
LAYERS = ("conv1", "conv2", "conv3", "conv4", "conv5")
COMPONENTS = (2, 4, 8)
SHOWN = {"layer": "conv3", "components": 4}
OBJECTS = ("object 1", "object 2", "object 3", "object 4", "object 5")
OTHERS = ("random", "noise")  # parts that are no objects
CAUSES = {"object 1": ["one", "three"], "object 2": ["two"]}
RANDOM_DRAWS = 6
DEPTH = (0.0, 0.3, 1.0, 0.7, 0.5)  # of the effect at every layer, from input to output
SETTINGS = {
    "network": "tones_cnn",
    "layers": list(LAYERS),
    "components": list(COMPONENTS),
    "shown": SHOWN,
    "objects": list(OBJECTS),
    "causes": CAUSES,
    "exchanged": list(CLIPS),
}
AREAS = {"share": 1.0, "step": 0.8, "printed": 0.1}  # of the curve, as shares of the first
RIGHT = {"test": 0.998, "explained": 0.9}  # share of clips that are surely right
TEST_CLIPS = 450
PREFERENCE = {"drsa": 8.0, "dsa": 3.0, "pca": 1.0, "random": 0.7}  # of a component for its object
LEVEL = {"standard": 2.0, "drsa": 1.0, "dsa": 1.2, "pca": 1.5, "random": 1.4}  # area at conv1
FILLS = {("zero", "least"): 1.7, ("silence", "most"): -0.2, ("silence", "least"): 0.8}
COSINES = {("drsa", 64): 0.95, ("dsa", 64): 0.55, ("pca", 64): 0.4}
COSINES |= {("drsa", 16): 0.75, ("dsa", 16): 0.5, ("pca", 16): 0.45}
PLANTED_DRAWS = 9
STEPS = ("dense3", "dense2", "dense1", "conv5", "conv4", "conv3", "conv2", "conv1")  # randomised
GAMMAS = {"uniform": (0.1, 0.25, 0.4, 0.8), "decreasing": (0.1, 0.25, 0.4, 0.8)}
FOLDS = 7
MELS, FRAMES = 6, 9  # of an example


@dataclass(frozen=True)
class World:
    """What the tables are of.

    Attributes:
        rng: source of all noise.
        about: clip, group and label of the explained clips, in no order.
        effect: share of the known effects that there is; 0: none, all differences are noise.
        layers: from input to output.
        components: numbers of subspaces; the shown one is among them.
        shown: layer and components.
        objects: parts that components are compared with; none if empty.
        causes: part -> classes that it causes.
        exchanged: classes whose subspaces are exchanged.
    """

    rng: np.random.Generator
    about: pd.DataFrame
    effect: float
    layers: Sequence[str]
    components: Sequence[int]
    shown: Mapping
    objects: Sequence[str]
    causes: Mapping[str, Sequence[str]]
    exchanged: Sequence[str]
    labels: Sequence[str] = field(default=())

    def noise(self, scale: float, *shape: int) -> np.ndarray:
        """Return normal noise."""
        return self.rng.normal(0, scale, shape)

    def depth(self, layer: str) -> float:
        """Return how large effects are at a layer."""
        return DEPTH[self.layers.index(layer) % len(DEPTH)] if len(self.layers) > 1 else 1.0


def relevance_tables(
    folder: Path,
    effect: float = 1.0,
    seed: int = 0,
    clips: Mapping[str, int] = CLIPS,
    layers: Sequence[str] = LAYERS,
    components: Sequence[int] = COMPONENTS,
    shown: Mapping = SHOWN,
    objects: Sequence[str] = OBJECTS,
    causes: Mapping[str, Sequence[str]] = CAUSES,
    exchanged: Sequence[str] = tuple(CLIPS),
    sizes: Sequence[int] = GROUP_SIZES,
) -> Path:
    """Write all tables of a relevance study into a folder, and return it.

    Component k of a method prefers the k-th object, most at the third layer; components lower the
    area under the flipping curve, the more the deeper the layer, DRSA most; a class's own
    subspaces serve it best; relevance lies on the parts that cause a class; the rest follows from
    the constants above.

    Args:
        folder: for the tables, ``{name}.parquet``.
        effect: share of the effects that there is; 0 makes all of them noise.
        seed: of the noise.
        clips: class -> number of its explained clips.
        layers: from input to output.
        components: numbers of subspaces.
        shown: layer and number of components that are shown.
        objects: parts that components are compared with; with none these tables are left out.
        causes: part -> classes that it causes.
        exchanged: classes whose subspaces are exchanged; with none there is no such table.
        sizes: clips of the groups, again and again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    about = _clips(rng, clips, sizes)
    parts = (effect, tuple(layers), components, shown, tuple(objects), causes, tuple(exchanged))
    world = World(rng, about, *parts, labels=tuple(clips))
    makers = {
        "predictions": _predictions,
        "conservation": _conservation,
        "sums": _sums,
        "objectives": _objectives,
        "aupc": _aupc,
        "randomisation": _randomisation,
        "planted": _planted,
        "histogram": _histogram,
        "examples": _examples,
        "gammas": _gammas,
        "folds": _folds,
    }
    if objects:
        makers |= {"overlaps": _overlaps, "localisation": _localisation, "renderings": _renderings}
    if exchanged:
        makers["exchanged"] = _exchanged
    for name, make in makers.items():
        make(world).to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def _clips(rng, clips: Mapping[str, int], sizes: Sequence[int]) -> pd.DataFrame:
    """Clips in no order; one group has clips of two classes."""
    labels = np.repeat(list(clips), list(clips.values()))
    sizes = [size for size, _ in zip(np.resize(sizes, len(labels)), labels, strict=True)]
    groups = np.repeat(np.arange(len(labels)), sizes)[: len(labels)]
    names = np.array([f"clip-{number:04d}" for number in rng.permutation(len(labels))])
    songs = np.array([f"song-{number:04d}" for number in rng.permutation(len(labels))])
    about = pd.DataFrame({"clip": names, "group": songs[groups], "label": labels})
    return about.iloc[rng.permutation(len(about))].reset_index(drop=True)


def _repeated(about: pd.DataFrame, **columns: np.ndarray) -> pd.DataFrame:
    """Rows for every cell of arrays (clips, ...): cells of a clip stand together."""
    (shape,) = {np.shape(values)[1:] for values in columns.values()}
    rows = about.loc[about.index.repeat(int(np.prod(shape)))].reset_index(drop=True)
    return rows.assign(**{name: np.reshape(values, -1) for name, values in columns.items()})


def _numbers(labels: Sequence, names: Sequence[str]) -> np.ndarray:
    return np.array([list(names).index(label) for label in labels])


def _predictions(world: World) -> pd.DataFrame:
    names = [f"test-{number:04d}" for number in range(TEST_CLIPS)]
    labels = np.resize(
        np.repeat(world.labels, [3, 1, 2, *[1] * 9][: len(world.labels)]), len(names)
    )
    groups = [f"test-song-{number // 3}" for number in range(TEST_CLIPS)]
    test = pd.DataFrame({"clip": names, "group": groups, "label": labels})
    parts = []
    for role, about in (("test", test), ("explained", world.about)):
        answers, share = world.rng.permutation(about["label"]), RIGHT[role]
        right = world.rng.random(len(about)) < share
        predicted = np.where(right, about["label"], answers)
        probability = world.rng.uniform(0.5, 1, len(about))
        parts.append(about.assign(role=role, predicted=predicted, probability=probability))
    return pd.concat(parts, ignore_index=True)


def _conservation(world: World) -> pd.DataFrame:
    parts, clips = [], len(world.about)
    for network, largest in (("whole", 2e-5), ("bias-free", 2e-6)):
        evidence = world.rng.uniform(2, 6, clips)
        biases = world.rng.uniform(0.1, 1, clips) * (network == "whole")
        error = world.rng.uniform(0, largest, clips)
        parts.append(
            world.about.assign(
                network=network,
                evidence=evidence,
                reached=evidence - biases - 1e-7 + error * 7,
                biases=biases,
                stabilisers=1e-7,
                error=error,
            )
        )
    return pd.concat(parts, ignore_index=True)


def _subspaces(world: World, numbers: bool = True) -> list[dict]:
    """All subspaces of a study: of the trained network, and DRSA's of its untrained copy."""
    shown = world.shown["components"]
    keys = []
    for layer, components in product(world.layers, world.components):
        for method in PREFERENCE if components == shown or numbers else ["drsa"]:
            for draw in range(RANDOM_DRAWS if method == "random" else 1):
                keys.append(("trained", method, draw, layer, components))
        keys.append(("untrained", "drsa", 0, layer, components))
    names = ("copy", "method", "draw", "layer", "components")
    return [dict(zip(names, key, strict=True)) for key in keys]


def _sums(world: World) -> pd.DataFrame:
    parts = [
        world.about.assign(**key, error=world.rng.uniform(0, 1e-6, len(world.about)))
        for key in _subspaces(world)
    ]
    return pd.concat(parts, ignore_index=True)


def _objectives(world: World) -> pd.DataFrame:
    parts, step = [], np.array([0, 20, 60, 120, 200])
    for key in _subspaces(world, numbers=False):
        if key["method"] not in ("drsa", "dsa"):
            continue
        for label, start in product(world.labels, range(3)):
            top = 1 + 0.3 * (key["method"] == "drsa") + 0.05 * start
            curve = top * (1 - 0.6 * np.exp(-step / 40)) + world.noise(0.005, len(step))
            about = {**key, "label": label, "start": start, "step": step}
            parts.append(pd.DataFrame({**about, "objective": curve}).drop(columns="draw"))
    return pd.concat(parts, ignore_index=True)


def _overlaps(world: World) -> pd.DataFrame:
    """Shares of relevance; the last object is absent from some clips, one clip has no relevance."""
    clips, objects = len(world.about), len(world.objects)
    size = world.rng.uniform(0.7, 1.3, (clips, 1, objects))  # of objects in a clip
    size[::6, :, -1] = 0
    parts = [_shares(world, key, size) for key in _subspaces(world, numbers=False)]
    own = size * (1 + PREFERENCE["drsa"] * 3 * np.eye(objects))
    ceiling = {"copy": "trained", "method": "ceiling", "draw": 0, "layer": ""}
    parts.append(_share_rows(world, own, {**ceiling, "components": objects}))
    return pd.concat(parts, ignore_index=True)


def _shares(world: World, key: dict, size: np.ndarray) -> pd.DataFrame:
    clips, components, objects = len(world.about), key["components"], size.shape[2]
    trained = key["copy"] == "trained"
    strength = PREFERENCE[key["method"]] * world.depth(key["layer"]) * (1 if trained else 0.4)
    if key["method"] == "random":
        strength *= 0.6 + 0.2 * key["draw"]
    liked = np.eye(components, objects) if components <= objects else _wrapped(components, objects)
    shares = size * (1 + world.effect * strength * liked)
    shares = shares * np.exp(world.noise(0.25, clips, components, objects))
    shares = shares * np.linspace(0.8, 1.2, components)[:, None]
    if key["method"] == "pca":
        shares[3] = 0
    return _share_rows(world, shares, key)


def _wrapped(components: int, objects: int) -> np.ndarray:
    return np.eye(objects)[np.arange(components) % objects]


def _share_rows(world: World, shares: np.ndarray, key: dict) -> pd.DataFrame:
    components = shares.shape[1]
    totals = shares.sum(axis=(1, 2), keepdims=True)
    shares = np.divide(shares, totals, out=np.zeros(shares.shape), where=totals > 0)
    component = np.broadcast_to(np.arange(1, components + 1)[:, None], shares.shape)
    names = np.broadcast_to(np.array(world.objects, dtype=object), shares.shape)
    return _repeated(world.about, component=component, object=names, share=shares).assign(**key)


def _areas(world: World, level: np.ndarray, offsets: Sequence[float] = (0, 0.1, 0.02)) -> dict:
    """The three areas under a curve; their noise is not the same."""
    return {
        area: level * share + offset + world.noise(0.02 * share, *level.shape)
        for (area, share), offset in zip(AREAS.items(), offsets, strict=True)
    }


def _aupc(world: World) -> pd.DataFrame:
    clips, about = len(world.about), world.about
    common = world.noise(0.4, clips) + 0.2 * _numbers(about["label"], world.labels)
    standard = {"method": "standard", "draw": 0, "layer": "", "components": 1}
    most, parts = LEVEL["standard"] + common, []
    for fill, order in (("zero", "most"), *FILLS):
        higher = FILLS.get((fill, order), 0.0) * world.effect
        areas = _areas(world, most + higher)
        parts.append(about.assign(**standard, fill=fill, order=order, **areas))
    shown = world.shown["components"]
    for key in _subspaces(world, numbers=False):
        if key["copy"] == "trained":
            lower = LEVEL[key["method"]] - LEVEL["standard"]
            lower -= 0.06 * world.layers.index(key["layer"]) - 0.01 * key["draw"]
            lower += 0.1 * (key["components"] != shown)
            areas = _areas(world, most + world.effect * lower)
            row = {name: value for name, value in key.items() if name != "copy"}
            parts.append(about.assign(**row, fill="zero", order="most", **areas))
    return pd.concat(parts, ignore_index=True)


def _exchanged(world: World) -> pd.DataFrame:
    """Own subspaces gain .5, the first class's .65, the last one's .02; those of others less."""
    classes = list(world.exchanged)
    about = world.about[world.about["label"].isin(classes)].reset_index(drop=True)
    common, numbers = world.noise(0.1, len(about)), _numbers(about["label"], classes)
    parts = []
    for column, name in enumerate(classes):
        own = np.where(numbers == column, 0.5 + 0.15 * (numbers == 0), 0.1 - 0.02 * column)
        gain = np.where(numbers == len(classes) - 1, 0.02, own)
        areas = _areas(world, world.effect * gain + common, (0, 0, 0))
        parts.append(about.assign(subspaces=name, **world.shown, **areas))
    return pd.concat(parts, ignore_index=True)


def _localisation(world: World) -> pd.DataFrame:
    """Relevance lies on objects, on a class's causes most; muting does what lift says."""
    names = [*world.objects, *(name for name in OTHERS if name not in world.objects)]
    clips, labels = len(world.about), world.about["label"].to_numpy()
    preferred = [0.5 - 0.1 * n for n in range(len(world.objects))] + [-0.8, -1.5]
    lift = np.tile(preferred[: len(names)], (clips, 1)) * world.effect
    for part, classes in world.causes.items():
        lift[np.isin(labels, list(classes)), names.index(part)] += 1.5 * world.effect
    lift = lift + world.noise(0.4, *lift.shape)
    area = world.rng.uniform(0.03, 0.1, lift.shape)
    drop = world.effect * 2 * lift + world.noise(0.6, *lift.shape)
    mass = np.minimum(area * 2**lift, 1)
    silent = np.zeros(lift.shape, dtype=bool)
    silent[::6, len(world.objects) - 1] = True
    for values in (lift, mass):
        values[silent] = np.nan
    area[silent] = 0
    rank = np.where(silent, np.nan, mass * 0.9 + 0.01)
    part = np.broadcast_to(np.array(names, dtype=object), lift.shape)
    values = {"area": area, "mass": mass, "rank": rank, "lift": lift, "drop": drop}
    return _repeated(world.about, part=part, **values)


def _randomisation(world: World) -> pd.DataFrame:
    """The farther down weights are random, the less heatmaps are alike; one is constant."""
    parts = []
    for step, layer in enumerate(STEPS, start=1):
        level = 0.9 - world.effect * 0.1 * step
        correlation = level + world.noise(0.08, len(world.about))
        correlation[5] = np.nan
        parts.append(world.about.assign(step=step, layer=layer, correlation=correlation))
    return pd.concat(parts, ignore_index=True)


def _planted(world: World) -> pd.DataFrame:
    rows = [
        (width, 4, draw, method, cosine + world.rng.uniform(-0.02, 0.02))
        for (method, width), cosine in COSINES.items()
        for draw in range(PLANTED_DRAWS)
    ]
    return pd.DataFrame(rows, columns=["width", "components", "draw", "method", "cosine"])


def _renderings(world: World) -> pd.DataFrame:
    """Masks come nearest to their objects, but for some clips; components to theirs."""
    names = [*world.objects, *(name for name in OTHERS if name not in world.objects)]
    clips, objects, components = len(world.about), len(world.objects), world.shown["components"]
    sounds = {
        "oracle": (list(world.objects), np.eye(objects, len(names)) * 12),
        "component": (
            [str(number) for number in range(1, components + 1)],
            np.eye(components, len(names)) * 6 * world.effect,
        ),
    }
    parts = []
    for kind, (labels, nearer) in sounds.items():
        ratios = nearer - 8 + world.noise(2, clips, len(labels), len(names))
        if kind == "oracle":
            ratios[2::29, 1] -= np.eye(len(names))[1] * 30
        ratios[::6, :, objects - 1] = np.nan
        sound = np.broadcast_to(np.array(labels, dtype=object)[:, None], ratios.shape)
        part = np.broadcast_to(np.array(names, dtype=object), ratios.shape)
        rows = _repeated(world.about, sound=sound, part=part, si_sdr=ratios)
        parts.append(rows.assign(kind=kind, **world.shown))
    table = pd.concat(parts, ignore_index=True)
    table.loc[table.index[7], "si_sdr"] = -np.inf
    return table


def _histogram(world: World) -> pd.DataFrame:
    edges = np.linspace(0, 1, 26)
    share = np.exp(-8 * edges[:-1])
    bins = {"low": edges[:-1], "high": edges[1:], "share": share / share.sum()}
    return pd.DataFrame({**bins, "percentile": 0.31, "mean_plus_std": 0.27})


def _panels(world: World, kind: str, components: int, objects: bool) -> list[str]:
    numbered = [f"component {number}" for number in range(1, components + 1)]
    named = [f"object: {name}" for name in world.objects] if objects and kind == "own" else []
    return ["input", "standard", *numbered, *named]


def _examples(world: World) -> pd.DataFrame:
    firsts = [world.about[world.about["label"] == label] for label in world.labels]
    layer, shown = world.shown["layer"], world.shown["components"]
    clips = [(row["clip"], row["label"]) for rows in firsts for _, row in rows.head(2).iterrows()]
    plans = [("own", clip, label, label, layer, shown) for clip, label in clips]
    plans += [("random", clip, label, label, layer, shown) for clip, label in clips]
    if world.exchanged:
        first, last = world.exchanged[0], world.exchanged[-1]
        plans += [("exchanged", c, la, last, layer, shown) for c, la in clips if la == first]
    clip, label = clips[-1]
    plans += [("layers", clip, label, label, each, shown) for each in world.layers]
    plans += [("numbers", clip, label, label, layer, each) for each in world.components]
    names = ("set", "clip", "label", "subspaces", "layer", "components")
    rows = []
    for plan in plans:
        for panel in _panels(world, plan[0], plan[-1], bool(world.objects)):
            values = world.rng.gamma(1.0, 1.0, (MELS, FRAMES)) - 0.2
            values[0] += 3 * (panel == "component 1")  # in the lowest mel band
            if panel == "input" or panel.startswith("object"):
                values = -values
            heatmap = panel == "standard" or panel.startswith("component")
            facts = {"panel": panel, "relevance": values.sum() if heatmap else np.nan}
            cells = values.astype(np.float32).ravel()
            rows.append(dict(zip(names, plan, strict=True)) | facts | {"values": cells})
    grid = {"mels": MELS, "frames": FRAMES, "seconds": 1.5, "high_hz": 8000.0}
    return pd.DataFrame(rows).assign(**grid)


def _gammas(world: World) -> pd.DataFrame:
    """Decreasing gammas are better than uniform ones, .4 is best, random order is worst."""
    common, parts = world.noise(0.3, len(world.about)), []
    settings = [(kind, gamma) for kind, gammas in GAMMAS.items() for gamma in gammas]
    for kind, gamma in [*settings, ("random", np.nan)]:
        better = 1.0 if kind == "random" else 0.5 + abs(gamma - 0.4) - 0.2 * (kind == "decreasing")
        areas = _areas(world, 1.5 + common + world.effect * better)
        parts.append(world.about.assign(kind=kind, gamma=gamma, **areas))
    return pd.concat(parts, ignore_index=True)


def _folds(world: World) -> pd.DataFrame:
    """The first class is told best, the last one least; groups that are kept whole cost .1."""
    about, parts = world.about, []
    recall = 0.8 + world.effect * np.linspace(0.17, -0.2, len(world.labels))
    share = recall[_numbers(about["label"], world.labels)]
    chance = world.rng.random(len(about))
    other = world.rng.permutation(about["label"])
    for by, less in (("clip", 0.0), ("group", 0.1 * world.effect)):
        parts.append(
            about.assign(
                by=by,
                fold=world.rng.integers(0, FOLDS, len(about)),
                predicted=np.where(chance < share - less, about["label"], other),
                probability=world.rng.uniform(0.3, 1, len(about)),
            )
        )
    return pd.concat(parts, ignore_index=True)


def plain_rows(table: Path | pd.DataFrame, **equal) -> list[dict]:
    """Return rows of a table as dictionaries, those that have the given values."""
    rows = table if isinstance(table, pd.DataFrame) else pd.read_parquet(table)
    for column, value in equal.items():
        rows = rows[rows[column] == value]
    return rows.to_dict("records")


def plain_draws(rows: list[dict], bootstrap: Bootstrap, number: int) -> list[dict[str, int]]:
    """Return how often each clip is there: once in the data, then in the first few resamples.

    Groups are drawn whole, and counted in the order of their clips.

    Args:
        rows: with the clip and group of all clips of a table.
        bootstrap: how the study resamples.
        number: of resamples.
    """
    group_of = {row["clip"]: row["group"] for row in rows}
    order = list(dict.fromkeys(group_of[clip] for clip in sorted(group_of)))
    draws = [dict.fromkeys(group_of, 1)]
    for counts in bootstrap.draw(len(order), "relevance").counts[:number]:
        times = dict(zip(order, counts.tolist(), strict=True))
        draws.append({clip: times[group] for clip, group in group_of.items()})
    return draws


def plain_mean(rows: list[dict], times: dict[str, int], column: str) -> float:
    """Return the mean of a column, clips repeated as often as they are there, nan left out."""
    total = count = 0.0
    for row in rows:
        if row[column] == row[column]:
            total += times[row["clip"]] * row[column]
            count += times[row["clip"]]
    return total / count if count else np.nan


def plain_class_mean(rows: list[dict], times: dict[str, int], column: str) -> float:
    """Return the mean of a column over clips, then over classes."""
    labels = sorted({row["label"] for row in rows})
    parts = [[row for row in rows if row["label"] == label] for label in labels]
    return float(np.mean([plain_mean(part, times, column) for part in parts]))


def plain_largest(rows: Sequence[Sequence[float]]) -> list[float]:
    """Return the largest of several values and its draws, as an interval of it is made of them.

    Args:
        rows: several values, of the data and of every resample.
    """
    data, *draws = [list(row) for row in rows]
    same = sorted(row[data.index(max(data))] for row in draws)
    anew = sorted(max(row) for row in draws)
    half = len(draws) // 2
    return [max(data), *same[:half], *anew[half:]]


def plain_smallest(rows: Sequence[Sequence[float]]) -> list[float]:
    """Return the smallest of several values and its draws, see `plain_largest`."""
    return [-value for value in plain_largest([[-value for value in row] for row in rows])]


def as_resampled(monkeypatch) -> None:
    """Leave draws as the resamples of clips have them, which plain loops repeat.

    What makes intervals wider (few groups, few random bases, shares near 1) has tests of its own.
    """
    from tonotopy.studies.relevance.statistics import (
        bases,
        folds,
        known_answers,
        proportions,
        rendering,
        tables,
    )

    def share(clips, right):
        right = right.reshape(len(right), -1)
        known = ~np.isnan(right)
        ones, all_ = (clips.totals(v.sum(axis=1)) for v in (np.nan_to_num(right), known * 1.0))
        return ones / all_

    assert proportions.proportion is folds.proportion
    for module in (folds, known_answers, rendering):
        monkeypatch.setattr(module, "proportion", share)
    for module in (tables, known_answers):
        monkeypatch.setattr(module, "widening", lambda count, confidence: 1.0)
    monkeypatch.setattr(bases, "_noise", lambda tables, scores, *names: np.zeros(len(scores)))
