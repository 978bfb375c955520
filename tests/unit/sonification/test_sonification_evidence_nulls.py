"""Statistics of study 4 where the truth lies on the bound: beyond it no more often than they say.

Clips of a group, and classes of a training, share noise. Intervals of 95 % may lie wholly beyond
the truth on one side in 2.5 % of tables.
"""

from collections import Counter

import numpy as np
import pytest
from scipy.stats import binom
from tables_of_sonification import (
    DEEPEST,
    DROPS,
    FULL,
    HEADS,
    LAYERS,
    NETWORKS,
    OWN,
    SELECTIVITY,
    SETTINGS,
    TARGETED,
    WINS,
    World,
    after,
    level,
    makers,
)
from threadpoolctl import threadpool_limits

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.sonification.statistics import STATISTICS, Tables

TABLES, RESAMPLES = 60, 200
MOST = binom.ppf(1 - 0.01 / 70, TABLES, 0.025)  # some seventy counts are compared with it
MAKERS = makers()
PAIR = {"network": "contrastive", "than": "supervised"}


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Many small products: threads would wait for one another."""
    with threadpool_limits(1):
        yield


class Simulated(Tables):
    """Tables that were never written."""

    def read(self, name):
        return self.paths[name]


def check(names, calls, effect=1.0, roles=NETWORKS, **world):
    """No interval of a call (statistic, arguments, truth) lies beyond the truth too often."""
    counts = Counter()
    options = {"runs": {}, "repeats": 1, "names": dict(zip(roles, roles, strict=True)), **world}
    for seed in range(TABLES):
        made = World(np.random.default_rng(seed), effect, **options)
        paths = {name: MAKERS[name](made) for name in ("layers", *names)}
        tables = Simulated(paths, SETTINGS, Bootstrap(RESAMPLES, 0.95, seed))
        for statistic, arguments, truth in calls:
            found = STATISTICS[statistic](tables, **arguments)
            what = f"{statistic} {arguments}"
            counts[f"{what} above"] += found.low > truth
            counts[f"{what} below"] += found.high < truth
    assert max(counts.values()) <= MOST, counts


def test_sounds_at_the_bound_are_not_beyond_it():
    deepest, pair = DEEPEST, {"column": "coherence", **PAIR}
    gap = deepest["contrastive"]["coherence"] - deepest["supervised"]["coherence"]
    ratio = deepest["contrastive"]["density"] / deepest["supervised"]["density"]
    layers = {"layers": ["block8", "block11"], "of": ["block3", "block5"]}
    noisier = sum(
        sign * level("flatness", "supervised", depth, 1) / 2
        for depth, sign in ((8, 1), (11, 1), (3, -1), (5, -1))
    )
    alone = {"column": "coherence", "network": "supervised"}
    fall = (deepest["supervised"]["coherence"] - 0.9) / 10
    check(
        ["similarity"],
        [
            ("network_difference", pair, gap),
            ("network_ratio", {**pair, "column": "density"}, ratio),
            ("level", {"column": "high", "network": "supervised", "layer": "first"}, 0.4),
            ("coherence_over_null", {"network": "untrained", "layer": "deepest"}, 0.65),
            (
                "layers_difference",
                {"column": "flatness", "network": "supervised", **layers},
                noisier,
            ),
            ("depth_slope", alone, fall),
            ("depth_slope", {**alone, "than": "contrastive"}, -gap / 10),
            ("deepening", alone, 8 * fall),
        ],
    )


def test_scores_at_the_bound_are_not_beyond_it():
    heads, full = HEADS["tagging"], FULL["tagging"]
    task, first = {"task": "tagging"}, {"depths": "first third"}
    early = [after("tagging", "contrastive", learn, 1, 1) for learn in ("head", "all")]
    early = [value - after("tagging", "supervised", "all", 1, 1) for value in early]
    same = {"network": "contrastive", "learn": "head", "than": {"learn": "all"}}
    check(
        ["transfers", "answers"],
        [
            ("score_difference", {**task, **same}, heads[1] - full[1]),
            ("answers_difference", {"network": "supervised", "than": "untrained"}, OWN - heads[2]),
            ("depth_difference", {**task, **PAIR, **first, "learn": "all"}, early[1]),
            ("depth_difference_by_learning", {**task, **PAIR, **first}, early[0] - early[1]),
            ("layer_difference", {**task, **PAIR, "learn": "all", "layer": "block5"}, 0),
            (
                "depth_rise",
                {**task, "network": "supervised", "learn": "all", **first, "of": "last third"},
                -0.16,
            ),
        ],
        tasks=("tagging",),
    )


def test_layers_that_are_alike_have_no_order():
    """The whole encoder is as good as every layer: the best of five is chosen on other classes."""
    head = {"network": "contrastive", "learn": "head"}
    check(
        ["transfers"],
        [
            ("whole_over_middle", {"task": "keywords", **head}, 0),
            ("depth_correlation", {"task": "keywords", **head}, 0),
            (
                "depth_difference",
                {"task": "keywords", **PAIR, "learn": "all", "depths": "last third"},
                0,
            ),
        ],
        effect=0.0,
        roles=NETWORKS[:2],
        tasks=("keywords",),
    )


@pytest.mark.parametrize(("runs", "repeats"), [({"supervised": 3, "contrastive": 3}, 1), ({}, 3)])
def test_trainings_at_the_bound_are_not_beyond_it(runs, repeats):
    """What differs most is the training, of which there are three."""
    check(
        ["transfers"],
        [
            ("score", {"task": "few", "network": "contrastive", "learn": "all"}, FULL["few"][1]),
            (
                "score_difference",
                {
                    "task": "few",
                    "network": "contrastive",
                    "learn": "all",
                    "than": {"network": "supervised"},
                },
                FULL["few"][1] - FULL["few"][0],
            ),
        ],
        runs=runs,
        repeats=repeats,
        training=0.05 if runs else 0.0,
        heads=0.05,
        tasks=("few",),
    )


def test_drops_at_the_bound_are_not_beyond_it():
    contrastive = {"network": "contrastive", "learn": "head"}
    where = {**contrastive, "layer": "block4"}
    check(
        ["residuals"],
        [
            ("drop", where, DROPS["residual"]),
            ("drop", {**where, "over": "filter"}, DROPS["residual"] - DROPS["filter"]),
            ("share_lost", contrastive, DROPS["residual"] / 0.7),
            ("share_lost", {**contrastive, "than": "supervised"}, 0),
        ],
        roles=NETWORKS[:2],
    )
    alone = {"network": "contrastive"}
    same = [("spread_difference", alone, 0), ("robustness", alone, 0)]
    check(["residuals"], same, effect=0.0, roles=["contrastive"])


def test_wins_and_maps_at_the_bound_are_not_beyond_it():
    alone, gain = {"network": "supervised"}, {"network": "supervised", "than": "untrained"}
    calls = [
        ("match_share", alone, WINS["supervised"]),
        ("match_share", gain, WINS["supervised"] - WINS["untrained"]),
        ("targeted_share", gain, TARGETED["supervised"] - TARGETED["untrained"]),
        ("selectivity_difference", gain, SELECTIVITY["supervised"] - SELECTIVITY["untrained"]),
        ("selectivity_ratio", gain, SELECTIVITY["supervised"] / SELECTIVITY["untrained"]),
        ("flatness_fall", {}, 0.2),
    ]
    check(["matches", "targeted", "filters", "evolution"], calls)
    alike = [("variety", gain, 0), ("early_likeness", {}, 0), ("match_share", alone, 0.5)]
    check(["favourites", "evolution", "matches"], alike, effect=0.0)
    assert len(LAYERS) == 11
