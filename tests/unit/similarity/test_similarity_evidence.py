"""Statistics of study 5 against plain loops over clips, maps and copies."""

from collections import defaultdict

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t
from study_tables import shuffle_rows, table_paths
from tables_of_similarity import SETTINGS, World, similarity_tables

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.trainings import widening
from tonotopy.seeding import generator
from tonotopy.studies.similarity.statistics import STATISTICS, Tables

DRAWS, SEED = 14, 5
SMALL = World(
    seed=3,
    layers={"stem": 9, "wide": 11, "body": 8, "top": 10},
    lacking=(("body", "percussive"), ("stem", "chroma_cqt")),
)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = shuffle_rows(similarity_tables(tmp_path_factory.mktemp("similarity"), SMALL))
    return Tables(table_paths(folder), SETTINGS, Bootstrap(DRAWS, 0.95, SEED))


def weights(units, copies=None):
    """Weights of units in the data and in every resample, as tables of counts say."""
    names = copies or ("group", units)
    counts = generator(SEED, "similarity", *names).multinomial(units, [1 / units] * units, DRAWS)
    wide = widening(units, 0.95)
    return [[1.0] * units] + [[1 + wide * (c - 1) for c in row] for row in counts.tolist()]


def copy_weights(network, copy, runs):
    """Shares of trainings or random copies; fewer than three are not resampled."""
    if len(runs) < 3:
        return [[1 / len(runs)] * len(runs)] * (1 + DRAWS)
    rows = weights(len(runs), ("runs", network, copy, len(runs)))
    return [[w / len(runs) for w in row] for row in rows]


def moved_as_trainings_would(copies, trainings):
    """Deviations of resamples: as many networks of one training each differ, told by copies."""
    middle = sum(copies) / len(copies)
    sd = (sum((value - middle) ** 2 for value in copies) / (len(copies) - 1)) ** 0.5
    student = t.ppf(0.975, len(copies) - 1) / norm.ppf(0.975)
    normal = generator(SEED, "similarity", "lone").standard_normal(DRAWS).tolist()
    return [0.0] + [student * sd * trainings**0.5 * value for value in normal]


def in_order(labels):
    return list(dict.fromkeys(labels))


def mean(values, labels, by_group):
    """Weighted mean over clips: a clip weighs as much as its group."""
    top = bottom = 0.0
    for value, label in zip(values, labels, strict=True):
        top += by_group[label] * float(value)
        bottom += by_group[label]
    return top / bottom


def upper(values):
    """The value at rank .95 (n + 1), between its neighbours; the largest of fewer than 19."""
    ordered, rank = sorted(values), 0.95 * (len(values) + 1)
    if rank >= len(values):
        return ordered[-1]
    below = int(rank)
    return ordered[below - 1] + (rank - below) * (ordered[below] - ordered[below - 1])


class Literal:
    """Everything in loops, from the files."""

    def __init__(self, tables):
        self.tables = tables
        clips = pd.read_parquet(tables.paths["clips"]).sort_values("number")
        self.labels = list(clips["group"])
        self.groups = in_order(self.labels)
        self.by_group = [
            dict(zip(self.groups, row, strict=True)) for row in weights(len(self.groups))
        ]
        self.read = pd.read_parquet(tables.paths["similarities"]).to_dict("records")

    def maps(self, network, copy, layer, feature, column):
        """Return run -> map -> values of clips."""
        found = defaultdict(dict)
        for row in self.read:
            about = (row["network"], row["copy"], row["layer"], row["feature"])
            if about == (network, copy, layer, feature):
                found[row["run"]][row["map"]] = row if column is None else row[column]
        return {run: dict(sorted(found[run].items())) for run in sorted(found)}

    def best(self, network, copy, layer, feature):
        order = generator(SEED, "similarity", "halves").permutation(len(self.groups))
        first = {self.groups[n] for n in order[: len(self.groups) // 2]}
        others = [clip for clip, group in enumerate(self.labels) if group not in first]
        labels = [self.labels[clip] for clip in others]
        self.judged = in_order(labels)
        found = {}
        by_group = [dict(zip(self.judged, row, strict=True)) for row in weights(len(self.judged))]
        for run, maps in self.maps(network, copy, layer, feature, "raw").items():
            sums = {
                number: sum(float(v) for clip, v in enumerate(values) if clip not in others)
                for number, values in maps.items()
            }
            found[run] = [maps[max(sums, key=sums.get)][clip] for clip in others]
        shares = copy_weights(network, copy, list(found))
        self.of_runs = [mean(values, labels, by_group[0]) for values in found.values()]
        return [
            sum(s * mean(found[run], labels, by) for s, run in zip(row, found, strict=True))
            for row, by in zip(shares, by_group, strict=True)
        ]

    def means(self, network, copy, layer, feature):
        """Return, for the data and every resample, run -> map -> mean r."""
        maps = self.maps(network, copy, layer, feature, "r")
        return [
            {
                run: {n: mean(v, self.labels, by) for n, v in own.items()}
                for run, own in maps.items()
            }
            for by in self.by_group
        ]

    def random_share(self, network, layers, feature):
        found = []
        means = [self.means(network, "random", layer, feature) for layer in layers]
        rows = copy_weights(network, "random", list(means[0][0]))
        for row, draws in zip(rows, zip(*means, strict=True), strict=True):
            total = 0.0
            for share, run in zip(row, draws[0], strict=True):
                won = count = 0
                for all_runs in draws:
                    others = [v for k, maps in all_runs.items() if k != run for v in maps.values()]
                    won += sum(v > upper(others) for v in all_runs[run].values())
                    count += len(all_runs[run])
                total += share * won / count
            found.append(total)
        return found

    def beats(self, network, layer, feature, null, copy):
        """Return, for the data and every resample, run -> map -> whether it beats a null."""
        means = self.means(network, copy, layer, feature)
        if null == "size":
            return [
                {run: {n: v > 0.1 for n, v in own.items()} for run, own in draw.items()}
                for draw in means
            ]
        if null in ("random", "unheard"):
            others = self.means(network, null, layer, feature)
            bounds = [upper([v for m in d.values() for v in m.values()]) for d in others]
            return [
                {run: {n: v > bound for n, v in own.items()} for run, own in draw.items()}
                for draw, bound in zip(means, bounds, strict=True)
            ]
        if null == "phase":
            other = self.means(network, "phase", layer, feature)
            found = [defaultdict(dict) for _ in means]
            for run, own in means[0].items():
                for n in own:
                    gains = [m[run][n] - o[run][n] for m, o in zip(means, other, strict=True)]
                    width = gains[0] - np.quantile(gains[1:], 0.025)
                    for place, gain in zip(found, gains, strict=True):
                        place[run][n] = gain > width
            return found
        rows = self.maps(network, copy, layer, feature, None)
        found = [defaultdict(dict) for _ in means]
        for run, own in rows.items():
            bound = self.largest_significant(network, copy, run, layer)
            for n, row in own.items():
                for place, draw in zip(found, means, strict=True):
                    z = row["z"] + (draw[run][n] - means[0][run][n]) / row["null_sd"]
                    place[run][n] = norm.sf(z) <= bound * (1 + 1e-9)
        return found

    def largest_significant(self, network, copy, run, layer):
        """Benjamini and Hochberg: the largest p(k) <= .05 k / m."""
        p = sorted(
            row["p"]
            for row in self.read
            if (row["network"], row["copy"], row["layer"]) == (network, copy, layer)
            and row["run"] == run
        )
        return max([v for k, v in enumerate(p, start=1) if v <= 0.05 * k / len(p)], default=-1)

    def share(self, network, layers, feature, *nulls, copy="trained"):
        """Return the share of the maps of some layers that beat all of some nulls."""
        beats = [
            [self.beats(network, layer, feature, null, copy) for null in nulls] for layer in layers
        ]
        runs, shares = list(beats[0][0][0]), []
        sizes = [len(of_layer[0][0][runs[0]]) for of_layer in beats]
        for run in runs:
            won = [0] * (1 + DRAWS)
            for of_layer in beats:
                for number, draws in enumerate(zip(*of_layer, strict=True)):
                    won[number] += sum(all(d[run][n] for d in draws) for n in draws[0][run])
            rng = generator(SEED, "similarity", "maps", copy, run)
            won_, lost = np.array(won[1:]), sum(sizes) - np.array(won[1:])
            shares.append([won[0] / sum(sizes), *rng.beta(won_ + 0.5, lost + 0.5)])
        rows = copy_weights(network, copy, runs)
        excess = np.zeros(1 + DRAWS)
        for layer, size in zip(layers, sizes, strict=True):
            if nulls in (("random",), ("unheard",)):
                excess[1:] += size / sum(sizes) * self.excess(network, layer, feature, nulls[0])
        return [
            sum(s * v for s, v in zip(row, values, strict=True)) - more
            for row, values, more in zip(rows, zip(*shares, strict=True), excess, strict=True)
        ]

    def excess(self, network, layer, feature, null):
        """Return draws of the share of a null's further maps above its quantile, minus .05."""
        maps = self.maps(network, null, layer, feature, None)
        count = sum(len(own) for own in maps.values())
        rank = min(0.95 * (count + 1), count)
        rng = generator(SEED, "similarity", "quantile", null, layer)
        return rng.beta(count + 1 - rank, rank, DRAWS) - 0.05


@pytest.fixture(scope="module")
def literal(tables):
    return Literal(tables)


def check(found, wanted, n):
    assert found.value == pytest.approx(wanted[0], abs=1e-9)
    assert found.draws == pytest.approx(np.array(wanted[1:]), abs=1e-9)
    assert found.n == n


@pytest.mark.parametrize(
    ("network", "copy", "layer", "name", "feature"),
    [
        ("vgg", "trained", "wide", "wide", "harmonic"),
        ("cnn", "trained", "stem", "first", "percussive"),
        ("vgg", "random", "top", "deepest", "chroma_stft"),
        ("vgg", "unheard", "body", "body", "loudness"),
        ("cnn", "input", "stem", "stem", "harmonic"),
    ],
)
def test_best_maps(tables, literal, network, copy, layer, name, feature):
    found = STATISTICS["best_raw"](tables, network, feature, name, copy)
    check(found, literal.best(network, copy, layer, feature), len(literal.judged))
    assert len(literal.judged) == 11


def test_best_maps_are_compared_with_those_of_a_null(tables, literal):
    for than in ("random", "input", "phase"):
        found = STATISTICS["best_raw_difference"](tables, "cnn", "harmonic", than, "wide")
        own, other = (literal.best("cnn", copy, "wide", "harmonic") for copy in ("trained", than))
        check(found, np.subtract(own, other), len(literal.judged))
        assert found.trainings == 3


@pytest.mark.parametrize(("than", "networks"), [("random", 1), ("unheard", 2)])
def test_best_maps_of_one_training_differ_as_random_copies_do(tables, literal, than, networks):
    found = STATISTICS["best_raw_difference"](tables, "vgg", "percussive", than, "top")
    copies = ("trained", than, "random")
    own, other, _ = (literal.best("vgg", copy, "top", "percussive") for copy in copies)
    moved = moved_as_trainings_would(literal.of_runs, networks)
    check(found, np.subtract(own, other) + moved, len(literal.judged))
    assert found.trainings == 1 and found.unit == "group of clips"


ALL = ["stem", "wide", "top"]  # body has no percussive part


@pytest.mark.parametrize(
    ("network", "layer", "layers", "n"),
    [("vgg", "wide", ["wide"], 11), ("cnn", "top", ["top"], 10), ("cnn", "all", ALL, 22)],
)
def test_shares_above_random(tables, literal, network, layer, layers, n):
    found = STATISTICS["share_above_random"](tables, network, "percussive", layer)
    own = literal.share(network, layers, "percussive", "random")
    wanted = np.subtract(own, literal.random_share(network, layers, "percussive"))
    check(found, wanted, n)


@pytest.mark.parametrize(
    ("network", "layer", "layers", "n"),
    [("vgg", "first", ["stem"], 9), ("cnn", "wide", ["wide"], 11), ("cnn", "all", ALL, 22)],
)
def test_shares_beyond_other_clips(tables, literal, network, layer, layers, n):
    """Each copy of a network corrects its own p-values."""
    found = STATISTICS["share_beyond_clips"](tables, network, "percussive", layer)
    about = (network, layers, "percussive", "other clips")
    own, null = (literal.share(*about, copy=copy) for copy in ("trained", "random"))
    check(found, np.subtract(own, null), n)


@pytest.mark.parametrize("null", ["random", "other clips", "phase", "unheard"])
def test_shares_beating_a_null(tables, literal, null):
    found = STATISTICS["share_beating"](tables, "vgg", "harmonic", null, "wide")
    check(found, np.clip(literal.share("vgg", ["wide"], "harmonic", null), 0, 1), 11)
    found = STATISTICS["share_beating"](tables, "vgg", "percussive", null, "all")
    check(found, np.clip(literal.share("vgg", ALL, "percussive", null), 0, 1), 22)
    if null != "unheard":
        found = STATISTICS["share_beating"](tables, "cnn", "chroma_cqt", null, "top")
        check(found, np.clip(literal.share("cnn", ["top"], "chroma_cqt", null), 0, 1), 10)


def test_shares_beating_all_nulls_that_there_are(tables, literal):
    every = ("random", "other clips", "phase", "unheard", "size")
    found = STATISTICS["share_beating_all"](tables, "vgg", "loudness", "deepest")
    check(found, literal.share("vgg", ["top"], "loudness", *every), 10)
    found = STATISTICS["share_beating_all"](tables, "cnn", "loudness", "first")
    check(found, literal.share("cnn", ["stem"], "loudness", *every[:3], "size"), 9)
    found = STATISTICS["share_beating_all"](tables, "cnn", "chroma_cqt", "all")
    layers = ["wide", "body", "top"]
    check(found, literal.share("cnn", layers, "chroma_cqt", *every[:3], "size"), 22)


def literal_scores(tables, network, copy, target, layer):
    rows = pd.read_parquet(tables.paths["probes"])
    rows = rows[(rows["network"] == network) & (rows["copy"] == copy)]
    rows = rows[(rows["target"] == target) & (rows["layer"] == layer)].to_dict("records")
    groups, runs = sorted({r["group"] for r in rows}), sorted({r["run"] for r in rows})
    shares = weights(len(groups))
    rows_of = copy_weights_of_probes(network, runs)
    found = []
    for by, trainings in zip(shares, rows_of, strict=True):
        sums = {run: [0.0, 0.0] for run in runs}
        for row in rows:
            weight = by[groups.index(row["group"])]
            sums[row["run"]][0] += weight * row["error"]
            sums[row["run"]][1] += weight * row["total"]
        scores = [1 - error / total for error, total in sums.values()]
        found.append(sum(s * v for s, v in zip(trainings, scores, strict=True)))
    sizes = pd.read_parquet(tables.paths["layers"])
    (size,) = sizes[(sizes["network"] == network) & (sizes["layer"] == layer)].to_dict("records")
    predictors = 2 * size["input_rows"] if copy == "input" else size["maps"]
    wide = (1 + 2 * predictors / len(groups)) ** 0.5  # what refitted probes vary by
    return [found[0] + wide * (value - found[0]) for value in found], len(groups)


def copy_weights_of_probes(network, runs):
    if len(runs) < 3:
        return [[1 / len(runs)] * len(runs)] * (1 + DRAWS)
    rows = weights(len(runs), ("runs", network, len(runs)))
    return [[w / len(runs) for w in row] for row in rows]


def test_probes(tables):
    for network, copy, layer in (("cnn", "trained", "body"), ("vgg", "random", "stem")):
        wanted, n = literal_scores(tables, network, copy, "onset_rate", layer)
        check(STATISTICS["probe_score"](tables, network, "onset_rate", layer, copy), wanted, n)
    deepest = [literal_scores(tables, "vgg", c, "level", "top") for c in ("trained", "unheard")]
    found = STATISTICS["probe_difference"](tables, "vgg", "level", "unheard")
    moved = moved_as_trainings_would(copy_scores(tables, "vgg", "level", "top"), 2)
    check(found, np.subtract(deepest[0][0], deepest[1][0]) + moved, deepest[0][1])
    own, other = (literal_scores(tables, "cnn", c, "level", "top") for c in ("trained", "random"))
    found = STATISTICS["probe_difference"](tables, "cnn", "level", "random")
    check(found, np.subtract(own[0], other[0]), own[1])


def copy_scores(tables, network, target, layer):
    """R2 of every random copy."""
    rows = pd.read_parquet(tables.paths["probes"])
    rows = rows[(rows["network"] == network) & (rows["copy"] == "random")]
    rows = rows[(rows["target"] == target) & (rows["layer"] == layer)].to_dict("records")
    found = []
    for run in sorted({row["run"] for row in rows}):
        own = [row for row in rows if row["run"] == run]
        found.append(1 - sum(row["error"] for row in own) / sum(row["total"] for row in own))
    return found


@pytest.mark.parametrize("than", ["input", "random"])
def test_probes_over_depth(tmp_path, than):
    """Six layers: two in each third."""
    folder = shuffle_rows(similarity_tables(tmp_path, World(seed=4)), seed=2)
    tables = Tables(table_paths(folder), SETTINGS, Bootstrap(DRAWS, 0.95, SEED))
    parts = {"stem": -0.5, "wide": -0.5, "neck": 0.5, "head": 0.5}
    wanted = np.zeros(1 + DRAWS)
    for copy, sign in (("trained", 1), (than, -1)):
        for layer, weight in parts.items():
            values, n = literal_scores(tables, "vgg", copy, "chroma", layer)
            wanted += sign * weight * np.array(values)
    if than == "random":
        copies = sum(
            weight * np.array(copy_scores(tables, "vgg", "chroma", layer))
            for layer, weight in parts.items()
        )
        wanted += moved_as_trainings_would(copies.tolist(), 1)
    check(STATISTICS["probe_deepening"](tables, "vgg", "chroma", than), wanted, n)


def test_known_answers(tables):
    rows = pd.read_parquet(tables.paths["known"]).sort_values(["set", "clip"])
    for layer, feature, column in (
        ("median_time", "percussive", "r"),
        ("chroma_bank", "chroma_stft", "raw"),
        ("difference", None, "r"),
    ):
        own = rows[rows["layer"] == layer]
        parts = [own[own["feature"] == f] for f in ([feature] if feature else ["harmonic"])]
        values = parts[0][column].to_numpy()
        if feature is None:
            values = values - own[own["feature"] == "percussive"]["r"].to_numpy()
        labels = list(parts[0]["group"])
        groups = in_order(labels)
        wanted = [
            mean(values, labels, dict(zip(groups, row, strict=True)))
            for row in weights(len(groups))
        ]
        if feature is None:
            found = STATISTICS["known_contrast"](tables, layer)
        else:
            found = STATISTICS["known_similarity"](tables, layer, feature, column)
        check(found, wanted, len(groups))


def test_known_answers_over_random_phases(tables):
    rows = pd.read_parquet(tables.paths["known"]).sort_values(["set", "clip"])
    own = rows[(rows["layer"] == "smooth_frequency") & (rows["feature"] == "percussive")]
    labels, gains = list(own["group"]), (own["r"] - own["phase"]).to_numpy()
    groups = in_order(labels)
    wanted = [
        mean(gains, labels, dict(zip(groups, row, strict=True))) for row in weights(len(groups))
    ]
    found = STATISTICS["known_over_phase"](tables, "smooth_frequency", "percussive")
    check(found, wanted, len(groups))
    assert found.value > 0.2


def test_accuracy(tables):
    rows = pd.read_parquet(tables.paths["answers"])
    for network, copy in (("cnn", "trained"), ("vgg", "unheard")):
        own = rows[(rows["network"] == network) & (rows["copy"] == copy)]
        found = STATISTICS["accuracy"](tables, network, copy)
        assert found.value == pytest.approx((own["label"] == own["predicted"]).mean())
        assert found.n == own["group"].nunique() and found.low <= found.value <= found.high
        assert found.unit == "group of clips"
    assert STATISTICS["accuracy"](tables, "cnn").n == 42
