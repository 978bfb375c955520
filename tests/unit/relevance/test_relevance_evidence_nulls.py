"""Claims of study 3 under their nulls: supported no more often than the intervals allow.

Where a claim has a bound, the truth lies on it; where the best of several is compared, all are
alike. Clips of a group share much of their noise. Intervals of 95 % may lie wholly beyond the truth
on one side in 2.5 % of tables.
"""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from study_tables import claims_of
from threadpoolctl import threadpool_limits

from tonotopy.evidence.claims import verdict
from tonotopy.evidence.groups import Groups
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.relevance.statistics import STATISTICS
from tonotopy.studies.relevance.statistics.extremes import lead
from tonotopy.studies.relevance.statistics.tables import Clips, Grid, RelevanceTables

TABLES, RESAMPLES = 200, 400
MOST = binom.ppf(1 - 0.01 / 50, TABLES, 0.025)  # some fifty counts are compared with it
LAYERS, CLASSES = ["conv1", "conv3", "conv5"], ["one", "three", "two"]
SETTINGS = {
    "layers": LAYERS,
    "shown": {"layer": "conv3", "components": 4},
    "objects": ["a", "b", "c"],
    "causes": {"a": ["one"]},
    "exchanged": CLASSES,
}
LABELS = np.repeat(np.array(CLASSES, dtype=object), [40, 64, 52])
GROUPS = Groups(np.repeat(np.arange(156), np.resize([1, 2, 1, 3], 156))[: len(LABELS)])
NUMBERS = np.searchsorted(CLASSES, LABELS)


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Many small products: threads would wait for one another."""
    with threadpool_limits(1):
        yield


def noise(rng, *axes):
    """Unit noise (clips, *axes), of which much is shared within a group."""
    shared = rng.normal(0, 0.8, (len(GROUPS), *axes))[GROUPS.index]
    return shared + rng.normal(0, 0.6, (len(LABELS), *axes))


class Simulated(RelevanceTables):
    """Tables that were never written: ``paths`` has a world and its clips."""

    def clips(self, name, **keys):
        return self.paths["clips"]

    def table(self, name):
        return pd.DataFrame({"step": [1, 2]})

    def grid(self, name, column, axes=(), clips=None, complete=True, **keys):
        values, levels = self.paths["world"](column, **keys)
        assert values.ndim == 1 + len(axes) == 1 + len(levels)
        return Grid(self.paths["clips"], values, levels)


def simulated(make, seed):
    bootstrap = Bootstrap(RESAMPLES, 0.95, seed)
    ids = pd.Index([f"{number:03d}" for number in range(len(LABELS))])
    clips = Clips(ids, LABELS, GROUPS, GROUPS.draw(bootstrap, "relevance"))
    world = make(np.random.default_rng(seed))
    return Simulated({"world": world, "clips": clips}, SETTINGS, bootstrap)


def check(make, **calls):
    """No call (statistic, arguments, criterion) is supported more often than is due to chance."""
    counts = Counter(dict.fromkeys(calls, 0))
    for seed in range(TABLES):
        tables = simulated(make, seed)
        for name, (statistic, arguments, criterion) in calls.items():
            estimate = STATISTICS[statistic](tables, **arguments)
            counts[name] += verdict(estimate, criterion) == "supported"
    assert max(counts.values()) <= MOST, counts


def shares(rng, liked):
    """Shares of clips whose components like objects as told, (clips, 1, components, objects)."""
    values = liked[NUMBERS] * np.exp(0.4 * noise(rng, *liked.shape[1:]))
    return values[:, None] / values.sum(axis=(1, 2))[:, None, None, None]


def overlaps(rng, differ=0.0):
    """Bases of all kinds are drawn alike; they are alike where they do not differ."""

    def base():
        return shares(rng, np.exp(differ * rng.normal(size=(3, 4, 3))))

    made = {}

    def world(column, copy, method, layer, components):
        key = copy, method, layer
        if key not in made:
            draws = 3 if method == "random" else 1
            made[key] = np.concatenate([base() for _ in range(draws)], axis=1)
        return made[key], [list(range(made[key].shape[1])), [1, 2, 3, 4], ["a", "b", "c"]]

    return world


def test_components_that_are_alike_are_not_told_apart():
    others = [{"layer": "conv1"}, {"layer": "conv5"}]
    check(
        overlaps,
        random=("disentanglement_ratio", {"than": {"method": "random"}}, {"above": 1}),
        dsa=("disentanglement_ratio", {"than": {"method": "dsa"}}, {"above": 1}),
        untrained=("disentanglement_ratio", {"than": {"copy": "untrained"}}, {"above": 1}),
        best=("disentanglement_difference", {"than": others}, {"above": 0}),
        last=("disentanglement_difference", {"layer": "conv5", "than": [{}]}, {"below": 0}),
        purity=("held_out_purity", {"than": "random"}, {"above": 0}),
        found=("object_found", {"label": "one", "object": "a"}, {"above": 0}),
        merged=("object_merged", {"label": "two", "object": "a", "into": "b"}, {"above": 0}),
    )


def test_a_base_among_unlike_ones_does_not_pass_the_control():
    (control,) = [c for c in claims_of("relevance") if c["id"] == "relevance.disentangled"]
    arguments = {"than": control["arguments"]["than"]}
    check(
        lambda rng: overlaps(rng, differ=0.3),
        control=(control["statistic"], arguments, control["criterion"]),
    )


def ties(rng):
    """The first of three components has half of all relevance, as much on object a as on b."""
    liked = np.array([[4.0, 4.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]])
    values = shares(rng, np.stack([liked, liked, liked]))
    return lambda column, **keys: (values, [[0], [1, 2, 3], ["a", "b", "c"]])


def halves(rng):
    """Two components share relevance evenly, and nobody knows which will have more of it."""
    values = shares(rng, np.ones((3, 2, 3)))
    return lambda column, **keys: (values, [[0], [1, 2], ["a", "b", "c"]])


def test_components_at_the_bound_are_not_beyond_it():
    main = ("main_component", {}, {"above": 0.5})
    check(halves, main=main)
    check(
        ties,
        main=main,
        found=("object_found", {"label": "three", "object": "a"}, {"above": 0}),
        lost=("object_found", {"label": "two", "object": "a"}, {"below": 0}),
        merged=("object_merged", {"label": "one", "object": "b", "into": "a"}, {"above": 0}),
    )


AREAS = {"standard": 0.0, "drsa": -1.0, "dsa": -1.0, "random": -0.7}


def areas(rng):
    """All methods that split heatmaps are alike; they gain 1, random bases stay .3 behind."""
    common, made = noise(rng), {}

    def world(column, method, layer, components, fill, order):
        key = method, layer, components, order
        if key not in made:
            level = 1.0 if order == "least" else AREAS[method]
            made[key] = (level + common + 0.5 * noise(rng))[:, None]
        return made[key], [[0]]

    return world


def test_methods_that_are_alike_have_no_order():
    check(
        areas,
        first=("aupc_difference", {"first": "drsa", "second": "dsa"}, {"below": 0}),
        second=("aupc_difference", {"first": "dsa", "second": "drsa"}, {"below": 0}),
        number=("aupc_by_number", {"components": 4, "than": 8}, {"below": 0}),
        slope=("aupc_slope", {"method": "drsa"}, {"below": 0}),
        rise=("aupc_largest_rise", {"method": "drsa"}, {"below": 0}),
        close=("random_gap", {"layer": "conv1"}, {"within": [-0.3, 0.3]}),
        closer=("random_gap", {"layer": "conv5", "than": "conv1"}, {"below": 0}),
        gain=("relevance_gain", {}, {"above": 1}),
        bars=("error_bar", {"layer": "conv1", "than": "conv5"}, {"above": 0}),
    )


GAINS = [[1.0, 1.0, 1.0], [0.1, 0.2, 0.0], [0.9, 0.5, 1.0]]  # of a class, by subspaces


def exchanged(rng):
    """Class one gains alike by all subspaces; three gains a fifth of what others gain."""
    values = np.array(GAINS)[NUMBERS] + 0.5 * noise(rng)[:, None] + 0.3 * noise(rng, 3)
    return lambda column, **keys: (values, [CLASSES])


def test_subspaces_that_are_alike_are_no_classs_own():
    one, three = {"attributed": "one"}, {"attributed": "three"}
    near = {**three, "first": "three", "second": "one", "relative": True}
    check(
        exchanged,
        own=("own_over_others", one, {"above": 0}),
        largest=("largest_own", {"classes": ["two"]}, {"above": 0}),
        mean=("largest_own", {"classes": ["one", "two"], "against": "mean"}, {"above": 0.8}),
        share=("own_share", three, {"within": [-0.2, 0.2]}),
        row=("row_share", three, {"below": 0.2}),
        near=("subspaces_difference", near, {"within": [-0.1, 0.1]}),
        most=("responds_most", {**one, "subspaces": ["two"]}, {"above": 0}),
        least=("responds_least", {**one, "subspaces": ["two"]}, {"below": 0}),
    )


def parts(rng):
    """Relevance prefers part a by .5 octaves in its class; it does not care for the others."""
    lift = 0.5 * np.outer(LABELS == "one", [1, 0, 0]) + 0.5 * noise(rng, 3)
    columns = {"lift": lift, "mass": 0.3 + 0.05 * noise(rng, 3), "area": np.full(lift.shape, 0.3)}

    def world(column, part=None):
        values = columns[column]
        return (values, [["a", "b", "c"]]) if part is None else (values[:, "abc".index(part)], [])

    return world


def test_relevance_at_the_bound_is_not_beyond_it():
    check(
        parts,
        lift=("cause_contrast", {"part": "a"}, {"above": 0.5}),
        silent=("mean_lift", {"part": "b"}, {"below": 0}),
        mass=("accuracy_over_area", {"object": "c", "measure": "mass"}, {"above": 0}),
        least=("least_relevance", {"label": "three", "object": "c"}, {"below": 0}),
    )


def muted(rng):
    """Lift and drop have a rank correlation of .5."""
    lift, rest = noise(rng, 3), noise(rng, 3)
    pearson = 2 * np.sin(np.pi / 6 * 0.5)
    drop = pearson * lift + np.sqrt(1 - pearson**2) * rest
    return lambda column, **keys: ({"lift": lift, "drop": drop}[column], [["a", "b", "c"]])


def test_a_correlation_at_the_bound_is_not_beyond_it():
    check(muted, muting=("muting_correlation", {"parts": "all"}, {"above": 0.5}))


def answers(rng):
    """All classes are told in 83 % of clips, by either kind of folds; all gammas are alike."""
    right = {by: (rng.random(len(LABELS)) < 0.83).astype(float) for by in ("clip", "group", "")}
    correlations = {step: 0.5 + 0.1 * noise(rng) for step in (1, 2)}
    flipped = 1 + noise(rng)[:, None] + 0.3 * noise(rng, 4)

    def world(column, by="", step=0, role=""):
        if column == "fold":
            return np.full(len(LABELS), len(by) % 3), []
        if column == "correlation":
            return correlations[step], []
        if column == "share":
            return flipped, [[f"uniform {gamma}" for gamma in range(4)]]
        return right[by], []

    return world


def test_answers_and_choices_that_are_alike_have_no_best():
    printed = {"one": 0.83, "two": 0.83, "three": 0.68}
    check(
        answers,
        accuracy=("accuracy", {}, {"above": 0.83}),
        band=("fold_accuracy", {}, {"within": [0.73, 0.83]}),
        leak=("fold_leak", {}, {"above": 0}),
        least=("class_accuracy_margin", {"label": "one", "side": "below"}, {"above": 0}),
        most=("class_accuracy_margin", {"label": "three", "side": "above"}, {"above": 0}),
        printed=("class_accuracy_deviation", {"printed": printed}, {"below": 0.15}),
        gamma=("gamma_margin", {"kind": "uniform", "gamma": 2}, {"below": 0}),
        last=("heatmap_correlation", {}, {"below": 0.5}),
        falls=("heatmap_correlation", {"than": "first"}, {"below": 0}),
    )


def test_a_leader_among_many_is_not_refuted_by_their_noise():
    """Its lead is one standard error; nine others are alike, and the largest of them is chosen."""
    counts = Counter()
    for seed in range(TABLES):
        rng = np.random.default_rng(seed)
        values = rng.normal(size=(50, 10)) + np.eye(10)[0] / np.sqrt(50)
        draws = Bootstrap(RESAMPLES, 0.95, seed).draw(50, "relevance").means(values)
        leads = lead(np.concatenate([values.mean(axis=0)[None], draws]), own=0)
        low, high = np.quantile(leads[1:], [0.025, 0.975])
        counts["refuted"] += high < 0
        counts["found"] += low > 0
    assert counts["refuted"] <= 0.08 * TABLES and counts["found"] <= 0.025 * TABLES


@pytest.mark.parametrize(
    ("make", "statistic", "arguments", "truth"),
    [
        (areas, "aupc_difference", {"first": "random", "second": "drsa"}, 0.3),
        (areas, "random_gap", {"layer": "conv3"}, 0.3),
        (areas, "relevance_gain", {}, 1.0),
        (exchanged, "own_share", {"attributed": "three"}, 0.2),
        (parts, "cause_contrast", {"part": "a"}, 0.5),
        (answers, "class_accuracy", {"label": "three"}, 0.83),
    ],
)
def test_intervals_hold_the_truth_as_often_as_they_say(make, statistic, arguments, truth):
    """At least in 92 % of tables, three points below what they say; a binomial bound on that."""
    estimates = [
        STATISTICS[statistic](simulated(make, seed), **arguments) for seed in range(TABLES)
    ]
    held = sum(estimate.low <= truth <= estimate.high for estimate in estimates)
    assert held >= binom.ppf(0.01, TABLES, 0.92)
