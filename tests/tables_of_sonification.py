"""The tables of a sonification study with known answers, and how to read them in plain loops.

Clips, groups, classes, filters and maps differ in number wherever they could be mistaken for one
another. A value is a known level plus noise; of a clip or a class, much of the noise is the same
for all networks, so that comparisons gain by pairing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from tonotopy.evidence.resampling import Bootstrap

NETWORKS = ("supervised", "contrastive", "untrained")
LAYERS = tuple(f"block{number}" for number in range(1, 12))
CLIPS, GROUP_SIZES = 46, (1, 2, 1, 3)
CLASSES = {"tagging": 13, "few": 13, "events": 14, "keywords": 17, "speakers": 11}
FILTERS, MAPS, EVOLVING = 23, 31, 9
OFFSETS = (1, 37, 16, 256, 8645)
EPOCHS = (0, 1, 3, 16)
EVOLVED = ("block1", "block5", "block11")
SETTINGS = {
    "networks": {"supervised": "event_tagger", "contrastive": "event_contrast"},
    "transfers": {
        "tagging": {"corpus": "events", "learn": ["head", "all"]},
        "few": {"corpus": "events", "labels": 400, "learn": ["head", "all"]},
        "events": {"corpus": "others", "learn": ["head", "all"]},
        "keywords": {"corpus": "keywords", "learn": ["head", "all"]},
        "speakers": {"corpus": "talkers", "learn": ["head", "all"]},
    },
    "answers": "tagging",
}
# of the deepest layer, the levels of all columns at the first layer, and the way between them
FIRST = {"coherence": 0.9, "density": 0.5, "live": 0.97, "high": 0.4, "flatness": 0.25}
DEEPEST = {
    "supervised": {"coherence": 0.44, "density": 0.25, "live": 0.8, "high": 0.7, "flatness": 0.6},
    "contrastive": {"coherence": 0.8, "density": 0.4, "live": 0.9, "high": 0.85, "flatness": 0.35},
    "untrained": {"coherence": 0.7, "density": 0.48, "live": 0.95, "high": 0.4, "flatness": 0.3},
}
NULL = 0.05
HEADS = {  # scores of the whole encoder: task -> scores of supervised, contrastive, untrained
    "tagging": (0.74, 0.62, 0.5),
    "few": (0.62, 0.5, 0.42),
    "events": (0.7, 0.55, 0.4),
    "keywords": (0.36, 0.3, 0.25),
    "speakers": (0.3, 0.35, 0.2),
}
FULL = {
    "tagging": (0.76, 0.72, 0.66),
    "few": (0.64, 0.7, 0.55),
    "events": (0.67, 0.63, 0.58),
    "keywords": (0.85, 0.9, 0.8),
    "speakers": (0.4, 0.5, 0.28),
}
OWN = 0.78  # score of the supervised network's own classifier
DROPS = {"residual": 0.3, "phase": 0.2, "filter": 0.34}
WINS = {"supervised": 0.95, "contrastive": 0.9, "untrained": 0.8}
TARGETED = {"supervised": 0.88, "contrastive": 0.75, "untrained": 0.64}
SELECTIVITY = {"supervised": 0.5, "contrastive": 0.52, "untrained": 0.3}


@dataclass(frozen=True)
class World:
    """What the tables are of.

    Attributes:
        rng: source of all noise.
        effect: share of the known effects that there is; 0: none, all differences are noise.
        runs: network -> its number.
        repeats: trainings of every head.
        names: of the networks, as the roles `NETWORKS`.
        training: noise that all classes of a run share.
        heads: noise that all classes of a head share.
        tasks: of the transfers.
    """

    rng: np.random.Generator
    effect: float
    runs: Mapping[str, int]
    repeats: int
    names: Mapping[str, str]
    training: float = 0.0
    heads: float = 0.0
    tasks: Sequence[str] = tuple(CLASSES)

    def noise(self, scale: float, *shape: int) -> np.ndarray:
        """Return normal noise."""
        return self.rng.normal(0, scale, shape)

    def networks(self) -> list[tuple[str, dict]]:
        """Return every run: role, and its columns."""
        return [
            (role, {"network": self.names[role], "run": run})
            for role in self.names
            for run in range(self.runs.get(role, 1))
        ]


def sonification_tables(
    folder: Path,
    effect: float = 1.0,
    seed: int = 0,
    runs: Mapping[str, int] | None = None,
    repeats: int = 1,
    names: Mapping[str, str] | None = None,
    training: float = 0.0,
    heads: float = 0.0,
) -> Path:
    """Write all tables of a sonification study into a folder, and return it.

    Args:
        folder: for the tables, ``{name}.parquet``.
        effect: share of the effects that there is; 0 makes all of them noise.
        seed: of the noise.
        runs: role -> number of runs, 1 if it is not named.
        repeats: trainings of every head.
        names: role -> name of the network; all `NETWORKS` by their own names if None.
        training: noise that all classes of a run share.
        heads: noise that all classes of a head share.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = dict(zip(NETWORKS, NETWORKS, strict=True)) if names is None else names
    rng = np.random.default_rng(seed)
    world = World(rng, effect, runs or {}, repeats, names, training, heads)
    for name, make in makers().items():
        make(world).to_parquet(folder / f"{name}.parquet", index=False)
    return folder


def makers() -> dict:
    """Return name of a table -> what makes it of a world."""
    return {
        "layers": _layers,
        "similarity": _similarity,
        "exactness": _exactness,
        "shifts": _shifts,
        "filters": _filters,
        "transfers": _transfers,
        "answers": _answers,
        "residuals": _residuals,
        "matches": lambda w: _pairs(w, WINS, ("first", "second"), ("own", "crossed")),
        "targeted": lambda w: _pairs(
            w, TARGETED, ("target", "other"), ("drop_target", "drop_other")
        ),
        "favourites": _favourites,
        "evolution": _evolution,
    }


def labels_of(task: str) -> list[str]:
    """Return the classes of a task."""
    return [f"class {chr(97 + number)}" for number in range(CLASSES[task])]


def _layers(world: World) -> pd.DataFrame:
    rows = [
        {**key, "layer": layer, "depth": depth, "maps": maps, "stride": 2**depth}
        for _, key in world.networks()
        for depth, (layer, maps) in enumerate([*((n, 8) for n in LAYERS), ("embedding", 0)], 1)
    ]
    return pd.DataFrame(rows).assign(width_of_input=-1)


def clips(number: int = CLIPS) -> pd.DataFrame:
    """Return clips with their groups."""
    groups = np.repeat(np.arange(number), np.resize(GROUP_SIZES, number))[:number]
    names = [f"clip-{n * 7 % number:03d}" for n in range(number)]
    return pd.DataFrame({"clip": names, "group": [f"song-{g * 11 % 23:02d}" for g in groups]})


def level(column: str, role: str, depth: int, effect: float) -> float:
    """Return the known level of a column of `similarity`."""
    way = (depth - 1) / (len(LAYERS) - 1)
    return FIRST[column] + effect * way * (DEEPEST[role][column] - FIRST[column])


def _similarity(world: World) -> pd.DataFrame:
    """Clips of a group share noise. One sonification is silent: nothing is known of it."""
    about, parts = clips(), []
    names, group = np.unique(about["group"], return_inverse=True)
    shared = {name: world.noise(0.03, len(names))[group] for name in FIRST}
    for role, key in world.networks():
        for depth, layer in enumerate(LAYERS, 1):
            columns = {
                name: level(name, role, depth, world.effect)
                + common
                + world.noise(0.02, len(names))[group]
                + world.noise(0.01, CLIPS)
                for name, common in shared.items()
            }
            columns["null_coherence"] = NULL + world.noise(0.01, CLIPS)
            parts.append(about.assign(**key, layer=layer, depth=depth, map=3, **columns))
    table = pd.concat(parts, ignore_index=True).assign(label="class a", energy=0.3)
    table.loc[5, ["coherence", "null_coherence", "flatness"]] = np.nan
    return table


def _exactness(world: World) -> pd.DataFrame:
    about = clips(12)
    parts = []
    for _, key in world.networks():
        for depth, layer in enumerate(LAYERS, 1):
            errors = {"explicit_error": world.rng.uniform(0, 1e-6, len(about)), "length_error": 0}
            parts.append(about.assign(**key, layer=layer, depth=depth, **errors))
    return pd.concat(parts, ignore_index=True)


def _shifts(world: World) -> pd.DataFrame:
    """Shifts by a multiple of the stride are exact; by others correlations fall with depth."""
    about, parts = clips(13), []
    for (_, key), (depth, layer), offset in product(
        world.networks(), enumerate(LAYERS, 1), OFFSETS
    ):
        stride = 2 ** min(depth, 8)
        multiple = offset % stride == 0
        level = 1 if multiple else 1 - 0.06 * depth
        noise = world.noise(0 if multiple else 0.02, len(about))
        error = world.rng.uniform(0, 1e-7 if multiple else 1, len(about))
        where = {"layer": layer, "depth": depth, "stride": stride, "offset": offset}
        where |= {"multiple": multiple, "correlation": level + noise, "error": error}
        parts.append(about.assign(**key, **where))
    return pd.concat(parts, ignore_index=True)


def _filters(world: World) -> pd.DataFrame:
    parts = []
    for role, key in world.networks():
        base = SELECTIVITY["untrained"]
        level = base + world.effect * (SELECTIVITY[role] - base)
        values = {"selectivity": level + world.noise(0.05, FILTERS), "peak_hz": 440.0}
        parts.append(pd.DataFrame({**key, "filter": np.arange(FILTERS), **values}))
    return pd.concat(parts, ignore_index=True)


def whole(task: str, role: str, learn: str, effect: float) -> float:
    """Return the known score of the whole encoder."""
    scores = (HEADS if learn == "head" else FULL)[task]
    middle = np.mean([*HEADS[task], *FULL[task]])
    return middle + effect * (scores[NETWORKS.index(role)] - middle)


def after(task: str, role: str, learn: str, depth: int, effect: float) -> float:
    """Return the known score after a layer."""
    middle = np.mean([*HEADS[task], *FULL[task]])
    strength = 1.0 if learn == "head" else 0.4
    if task == "keywords":
        better = 0.1 if depth <= len(LAYERS) - 2 else -0.1
        rise = 0.1 - 0.02 * abs(depth - 6) if learn == "head" else 0.01 * depth
    else:
        better = {True: 0.1, False: -0.12 if depth > 8 else 0.0}[depth <= 3]
        rise = 0.02 * depth
    return middle + effect * (rise + strength * better * (role == "contrastive"))


def _transfers(world: World) -> pd.DataFrame:
    parts = []
    for task in world.tasks:
        labels = labels_of(task)
        accuracy = task in ("keywords", "speakers")
        shared = world.noise(0.08, len(labels))
        number = 5 + np.arange(len(labels)) * 3 % 11
        depths = [(LAYERS.index(n) + 1, n) for n in LAYERS if task in SHOWN] + [(13, "whole")]
        for (role, key), learn in product(world.networks(), ("head", "all")):
            training = world.noise(world.training) + world.noise(world.heads, world.repeats)
            for repeat, (depth, layer) in product(range(world.repeats), depths):
                known = (
                    whole(task, role, learn, world.effect)
                    if layer == "whole"
                    else after(task, role, learn, depth, world.effect)
                )
                score = known + shared + training[repeat] + world.noise(0.02, len(labels))
                where = {"task": task, **key, "repeat": repeat, "learn": learn, "layer": layer}
                values = {"depth": depth, "label": labels, "score": score, "clips": number}
                auc = np.nan if accuracy else 0.5 + score / 2
                parts.append(pd.DataFrame({**where, **values, "auc": auc}))
                parts[-1]["measure"] = "recall" if accuracy else "average precision"
    return pd.concat(parts, ignore_index=True)


SHOWN = ("tagging", "events", "keywords")  # tasks with classifiers after every layer


def _answers(world: World) -> pd.DataFrame:
    labels, parts = labels_of("tagging"), []
    for role, key in world.networks():
        if role == "supervised":
            score = whole("tagging", "untrained", "head", world.effect)
            score += world.effect * (OWN - score) + world.noise(0.05, len(labels))
            values = {"label": labels, "score": score, "auc": 0.5 + score / 2}
            values["clips"] = 9
            parts.append(pd.DataFrame({**key, **values}))
    return pd.concat(parts or [pd.DataFrame(columns=["network", "run", "label", "score"])])


def _residuals(world: World) -> pd.DataFrame:
    """The head alone loses more, as much at every layer; one class has no clips."""
    labels, parts = labels_of("tagging"), []
    shared = world.noise(0.08, len(labels))
    for (role, key), learn in product(world.networks(), ("head", "all")):
        score = 0.7 + shared
        where = {**key, "learn": learn, "label": labels, "positives": 4}
        parts.append(pd.DataFrame({**where, "kind": "original", "layer": "", "score": score}))
        depths = np.arange(1, len(LAYERS) + 1)
        varies = 1 if learn == "head" else 0.6 * (1 + 0.5 * (-1.0) ** depths[:, None])
        own = world.effect * varies * (0.5 if role == "untrained" else 1)
        where = {**key, "learn": learn, "label": np.tile(labels, len(LAYERS)), "positives": 4}
        where |= {"layer": np.repeat(LAYERS, len(labels)), "depth": np.repeat(depths, len(labels))}
        for kind, drop in DROPS.items():
            left = score - drop * own + world.noise(0.02, len(LAYERS), len(labels))
            parts.append(pd.DataFrame({**where, "kind": kind, "score": left.ravel()}))
    table = pd.concat(parts, ignore_index=True).fillna({"depth": 0})
    table.loc[table["label"] == labels[4], "score"] = np.nan
    return table


def _pairs(world: World, wins: Mapping, classes: Sequence[str], values: Sequence[str]):
    """Wins of pairs of classes; at layers before the deepest one they are nearer to chance."""
    names, parts = labels_of("tagging")[:12], []
    pairs = [pair for pair in combinations(names, 2) for _ in range(3)]
    pairs = [pair[:: (-1) ** number] for number, pair in enumerate(pairs)]
    about = pd.DataFrame(pairs, columns=list(classes))
    about = about.assign(clip=[f"clip-{n}" for n in range(len(pairs))])
    about["group"] = [f"song-{n // 2:03d}" for n in range(len(pairs))]
    for role, key in world.networks():
        for depth, layer in ((6, "block6"), (11, "block11")):
            share = 0.5 + world.effect * (wins[role] - 0.5) * (1 if depth == 11 else 0.5)
            first = np.where(world.rng.random(len(about)) < share, 1.0, -1.0)
            where = {**key, "layer": layer, "depth": depth}
            parts.append(about.assign(**where, **{values[0]: first, values[1]: 0.0}))
    return pd.concat(parts, ignore_index=True)


def _favourites(world: World) -> pd.DataFrame:
    """Favourites of contrastive maps are of few classes."""
    labels, parts = labels_of("tagging"), []
    for role, key in world.networks():
        for depth, layer in ((1, "block1"), (11, "block11")):
            likes = np.ones(len(labels))
            likes[:3] += 12 * world.effect * (role == "contrastive") * (depth == 11)
            liked = world.rng.choice(labels, (MAPS, 5), p=likes / likes.sum())
            number, rank = np.divmod(np.arange(MAPS * 5), 5)
            where = {**key, "layer": layer, "depth": depth, "map": number, "rank": rank + 1}
            parts.append(pd.DataFrame({**where, "label": liked.ravel(), "activation": 1.0}))
    table = pd.concat(parts, ignore_index=True)
    return table.assign(
        clip=[f"{r} {m % 3}" for r, m in zip(table["label"], table["map"], strict=True)]
    )


def _evolution(world: World) -> pd.DataFrame:
    """Spectra become less full; the first layer changes least; one map dies."""
    parts = []
    for (role, key), layer in product(world.networks(), EVOLVED):
        if role == "untrained":
            continue
        depth = LAYERS.index(layer) + 1
        own = world.noise(0.03, EVOLVING)
        for epoch in EPOCHS:
            left = world.effect * (1 - epoch / EPOCHS[-1])
            flatness = 0.3 + 0.2 * left + own + world.noise(0.01, EVOLVING)
            likeness = 1 - left * 0.08 * depth - (epoch < 16) * np.abs(world.noise(0.05, EVOLVING))
            where = {**key, "layer": layer, "depth": depth, "map": np.arange(EVOLVING)}
            values = {"epoch": epoch, "flatness": flatness, "similarity": likeness}
            parts.append(pd.DataFrame({**where, **values, "peak": 1.0, "dead": False}))
    table = pd.concat(parts, ignore_index=True).assign(clip="clip")
    dead = (table["map"] == 2) & (table["layer"] == "block11")
    table.loc[dead, ["dead", "similarity"]] = True, np.nan
    table.loc[dead & (table["epoch"] == EPOCHS[-1]), "flatness"] = np.nan
    return table


# ---- Plain loops ---------------------------------------------------------------------------------


def plain_rows(table: Path | pd.DataFrame, **equal) -> list[dict]:
    """Return rows of a table as dictionaries, those that have the given values."""
    rows = table if isinstance(table, pd.DataFrame) else pd.read_parquet(table)
    for column, value in equal.items():
        rows = rows[rows[column] == value]
    return rows.to_dict("records")


def plain_draws(
    units: Iterable, kind: str, bootstrap: Bootstrap, number: int, means: bool = False
) -> list[dict]:
    """Return how often each unit is there: once in the data, then in the first few resamples.

    Args:
        units: their names, any number of times.
        kind: of unit.
        bootstrap: how the study resamples.
        number: of resamples.
        means: whether means are taken, whose deviations are made larger as few units ask for.
    """
    names = sorted(set(units))
    counts = bootstrap.draw(len(names), "sonification", kind, len(names)).counts[:number]
    draws = [dict.fromkeys(names, 1)]
    wider = plain_widening(len(names), bootstrap.confidence) if means else 1
    return draws + [
        {name: 1 + wider * (n - 1) for name, n in zip(names, row.tolist(), strict=True)}
        for row in counts
    ]


def plain_widening(count: int, confidence: float) -> float:
    """Return Student's quantile over the normal one, and the root of n / (n - 1)."""
    tail = 0.5 + confidence / 2
    return t.ppf(tail, count - 1) / norm.ppf(tail) * (count / (count - 1)) ** 0.5


def plain_mean(rows: list[dict], times: dict, unit: str, column: str, weight: str | None = None):
    """Return the mean of a column, units repeated as often as they are there, nan left out."""
    total = count = 0.0
    for row in rows:
        if row[column] == row[column]:
            often = times[row[unit]] * (row[weight] if weight else 1)
            total += often * row[column]
            count += often
    return total / count if count else np.nan


def plain_shares(rows: list[dict], bootstrap: Bootstrap, number: int) -> list[dict]:
    """Return the weight of each training (run, repeat) in the data and in the first resamples.

    Three runs or more are resampled, or else three heads or more of a run. Deviations of the
    resamples are as much larger as few observations spread too little.
    """
    trainings = sorted({(row["run"], row.get("repeat", 0)) for row in rows})
    runs = sorted({run for run, _ in trainings})
    (network,) = {row["network"] for row in rows}
    heads = {run: [t for t in trainings if t[0] == run] for run in runs}

    def drawn(count: int, *names) -> list[list[float]]:
        wider = plain_widening(count, bootstrap.confidence)
        counts = bootstrap.draw(count, "sonification", "runs", network, *names, count).counts
        weights = [[1 / count + wider * (n - 1) / count for n in row] for row in counts[:number]]
        return [[1 / count] * count, *weights]

    out = [{} for _ in range(number + 1)]
    if len(runs) >= 3:
        for place, weights in enumerate(drawn(len(runs))):
            for run, weight in zip(runs, weights, strict=True):
                out[place] |= dict.fromkeys(heads[run], weight / len(heads[run]))
        return out
    for index, run in enumerate(runs):
        size = len(heads[run])
        weights = drawn(size, index) if size >= 3 else [[1 / size] * size] * (number + 1)
        for place, row in enumerate(weights):
            out[place] |= {key: w / len(runs) for key, w in zip(heads[run], row, strict=True)}
    return out


def plain_trained(
    rows: list[dict],
    unit: str,
    column: str,
    bootstrap: Bootstrap,
    number: int,
    weight: str | None = None,
) -> np.ndarray:
    """Return the mean of a column of one network over units, then over its trainings.

    Returns:
        That of the data and of the first resamples, shape (1 + number,).
    """
    draws = plain_draws((row[unit] for row in rows), unit, bootstrap, number, means=True)
    out = []
    for times, shares in zip(draws, plain_shares(rows, bootstrap, number), strict=True):
        value = 0.0
        for (run, repeat), share in shares.items():
            own = [r for r in rows if (r["run"], r.get("repeat", 0)) == (run, repeat)]
            value += share * plain_mean(own, times, unit, column, weight)
        out.append(value)
    return np.array(out)
