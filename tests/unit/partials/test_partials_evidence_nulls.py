"""Statistics of study 6 where the truth is known: intervals hold it, and are beyond it seldom.

Intervals are of 95 %: they may lie wholly beyond the truth on one side in 2.5 % of tables, and in
.5 % more, as the quantiles of few resamples are not exact.
"""

from collections import Counter
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binom
from tables_of_partials import (
    ACCURACY,
    CLASSES,
    FOLLOWS,
    MAKERS,
    RANDOM,
    RANDOM_RATIO,
    RATIOS,
    SETTINGS,
    STEPS,
    World,
)
from threadpoolctl import threadpool_limits

from tonotopy.evidence.resampling import Bootstrap, interval
from tonotopy.evidence.trainings import training_shares
from tonotopy.seeding import generator
from tonotopy.studies.partials.statistics import STATISTICS, Tables
from tonotopy.studies.partials.statistics.proportions import proportion_draws, share_draws

TABLES = 200
SIZES = (16, 24, 40, 64)


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Many small products: threads would wait for one another."""
    with threadpool_limits(1):
        yield


class Simulated(Tables):
    """Tables that were never written."""

    def read(self, name):
        return self.paths[name]


def simulated(seed: int, *names: str, resamples: int = 200, **world) -> Simulated:
    """Return tables of a world."""
    made = World(np.random.default_rng(seed), **world)
    tables = {name: MAKERS[name](made) for name in names}
    return Simulated(tables, SETTINGS, Bootstrap(resamples, 0.95, seed))


def most(tables: int, comparisons: int) -> float:
    """Return how many of so many tables may lie beyond the truth on one side."""
    return binom.ppf(1 - 0.01 / comparisons, tables, 0.03)


def check(makes, calls, tables=TABLES):
    """No interval of a call (statistic, arguments, truth) lies beyond the truth too often."""
    counts = Counter()
    for seed in range(tables):
        made = makes(seed)
        for statistic, arguments, truth in calls:
            found = STATISTICS[statistic](made, **arguments)
            counts[f"{statistic} {arguments} above"] += found.low > truth
            counts[f"{statistic} {arguments} below"] += found.high < truth
    assert max(counts.values()) <= most(tables, 2 * len(calls)), counts


# ---- shares --------------------------------------------------------------------------------------


@cache
def spans(n: int) -> tuple[tuple[float, float], ...]:
    """Return the interval for every number of n that can be seen."""
    draws = (proportion_draws(k / n, n, 4000, generator(0, "s", k)) for k in range(n + 1))
    return tuple(tuple(interval(d, 0.95)) for d in draws)


@pytest.mark.parametrize("n", SIZES)
@pytest.mark.parametrize("share", [0, 0.04, 0.2, 0.5, 0.95, 1])
def test_intervals_of_shares_hold_the_truth(n, share):
    """By the binomial distribution itself: no table has to be drawn."""
    chance = binom.pmf(np.arange(n + 1), n, share)
    held = sum(p for p, (low, high) in zip(chance, spans(n), strict=True) if low <= share <= high)
    assert held >= 0.949
    for beyond in (lambda low, high: low > share, lambda low, high: high < share):
        assert sum(p for p, span in zip(chance, spans(n), strict=True) if beyond(*span)) <= 0.0255


@pytest.mark.parametrize("n", SIZES)
def test_shares_of_nothing_or_all_have_an_interval(n):
    (low, high), (first, last) = spans(n)[0], spans(n)[-1]
    assert low == 0 < high < 0.21 and 0.79 < first < last == 1


@pytest.mark.parametrize(("share", "spread"), [(0.0, 0.0), (0.05, 0.0), (0.5, 0.0), (0.5, 0.1)])
def test_intervals_over_three_runs_hold_the_truth(share, spread):
    held, rng = 0, np.random.default_rng(1)
    runs = np.repeat(np.arange(3), (16, 24, 20))
    for seed in range(TABLES):
        of_runs = np.clip(share + rng.normal(0, spread, 3), 0, 1)
        inside = rng.uniform(size=60) < of_runs[runs]
        bootstrap = Bootstrap(200, 0.95, seed)
        weights = training_shares(np.arange(3), bootstrap, "runs")
        draws = share_draws(inside, runs, weights, bootstrap.generator("s"))
        low, high = interval(draws[1:], 0.95)
        held += low <= share <= high
    assert held >= binom.ppf(0.01, TABLES, 0.92)


def test_shares_at_the_bound_are_not_beyond_it():
    kept = 1 - STEPS["tagger"][1] / STEPS["tagger"][0]
    gap, (pitch, partial) = STEPS["codec"][0] - RANDOM[0], FOLLOWS["codec"]
    units = {"network": "codec", "kind": "unit", "step": "narrow"}
    tagger, codec = {"network": "tagger"}, {"network": "codec", "kind": "dictionary"}
    check(
        lambda seed: simulated(seed, "directions", names=("codec", "gammatone", "noise", "tagger")),
        [
            ("share_after", {"network": "gammatone", "step": "stable"}, STEPS["gammatone"][2]),
            ("share_after", {"network": "noise", "step": "kept"}, 0),
            ("share_after", {**tagger, "step": "narrow"}, STEPS["tagger"][0]),
            ("share_after", {**tagger, "step": "kept", "kind": "ica"}, STEPS["tagger"][1]),
            ("share_lost", codec, STEPS["codec"][0]),
            ("share_lost", {**tagger, "of": "narrow"}, kept),
            ("share_difference", {**units, "than_kind": "random"}, gap),
            (
                "share_difference",
                {**units, "step": "stable", "than": "gammatone", "than_kind": "unit"},
                -STEPS["gammatone"][2],
            ),
            ("follows_share", {**codec, "follows": "pitch"}, pitch / (pitch + partial)),
            ("follows_share", {**codec, "follows": "partial"}, partial / (pitch + partial)),
        ],
    )


def test_learned_directions_that_are_like_random_ones_are_found_to_be():
    check(
        lambda seed: simulated(seed, "directions", effect=0.0, names=("tagger",)),
        [
            (
                "share_difference",
                {"network": "tagger", "step": "narrow", "kind": kind, "than_kind": "random"},
                0,
            )
            for kind in ("unit", "pca", None)
        ],
    )


@pytest.mark.parametrize("width", [16, 48])
def test_directions_are_seldom_said_to_be_below_a_bound_that_they_are_at(width, monkeypatch):
    """Shares of .25 are said to be below .25, and differences of .25 to be within it, seldom."""
    monkeypatch.setitem(STEPS, "codec", (0.3, 0.25, 0.25))
    said = Counter()
    for seed in range(TABLES):
        tables = simulated(seed, "directions", names=("codec",))
        rows = tables.paths["directions"]
        tables.paths["directions"] = rows[rows["direction"] < width]
        units = {"network": "codec", "kind": "unit"}
        found = STATISTICS["share_after"](tables, **units, step="kept")
        said["below"] += found.high < 0.25
        found = STATISTICS["share_difference"](tables, **units, step="stable", than_kind="random")
        said["within"] += found.low > -0.25 and found.high < 0.25
    assert max(said.values()) <= binom.ppf(0.99, TABLES, 0.03), said


# ---- filters, reconstructions, answers -----------------------------------------------------------


def test_what_networks_are_at_the_bound_is_not_beyond_it():
    calls = [("limit_ratio", {"network": "cqt"}, RATIOS["cqt"] - RANDOM_RATIO)]
    calls.append(("accuracy_over_chance", {"network": "tagger"}, ACCURACY - 1 / CLASSES))
    names = {"names": ("tagger", "cqt"), "resamples": 300}
    check(lambda seed: simulated(seed, "filters", "answers", **names), calls)
    alike = [("limit_ratio", {"network": "codec"}, 0)]
    alike.append(("accuracy_over_chance", {"network": "tagger"}, 0))
    names = {"names": ("tagger", "codec"), "resamples": 300, "effect": 0.0}
    check(lambda seed: simulated(seed, "filters", "answers", **names), alike)


def test_the_quality_of_reconstructions_is_held():
    """Of all groups that there are: the mean over many tables."""
    worlds = [simulated(seed, "reconstructions") for seed in range(TABLES)]
    parts = [world.paths["reconstructions"] for world in worlds]
    rows = pd.concat(parts)
    truth = 10 * np.log10(rows["signal"].sum() / rows["error"].sum())
    found = [STATISTICS["snr"](world, "codec") for world in worlds]
    assert sum(f.low <= truth <= f.high for f in found) >= binom.ppf(0.01, TABLES, 0.92)


# ---- codes ---------------------------------------------------------------------------------------

INFORMATION = 60  # tables


@cache
def told(effect: float, statistic: str, network: str, book: int | None) -> tuple:
    """Return value, low and high of many tables."""
    arguments = {"network": network} if book is None else {"network": network, "book": book}
    found = [STATISTICS[statistic](made, **arguments) for made in worlds_of_codes(effect)]
    return tuple((f.value, f.low, f.high) for f in found)


@cache
def worlds_of_codes(effect: float) -> list[Simulated]:
    make = {"resamples": 100, "clips": 24, "effect": effect, "names": ("codec",)}
    return [simulated(seed, "codes", **make) for seed in range(INFORMATION)]


@pytest.mark.parametrize(
    ("statistic", "network", "book"),
    [
        ("information", "codec", 3),
        ("information", "known", 1),
        ("information_fall", "codec", None),
    ],
)
def test_codes_that_tell_nothing_are_found_to_tell_nothing(statistic, network, book):
    """Codes last, at their own times or for whole clips, and know nothing of pitch."""
    value, low, high = np.array(told(0.0, statistic, network, book)).T
    assert abs(value.mean()) < 4 * value.std() / np.sqrt(INFORMATION) + 1e-3
    assert max((low > 0).sum(), (high < 0).sum()) <= most(INFORMATION, 10)


@pytest.mark.parametrize(
    ("statistic", "network", "book", "expected"),
    [
        ("information", "codec", 0, (0.15, 0.3)),
        ("information", "known", 0, (0.45, 0.7)),
        ("information_fall", "codec", None, (0.15, 0.3)),
        ("information_difference", "codec", 3, (-0.1, -0.005)),
    ],
)
def test_what_codes_tell_is_held_by_its_interval(statistic, network, book, expected):
    """The truth is what tables of that size give on average."""
    value, low, high = np.array(told(1.0, statistic, network, book)).T
    truth = value.mean()
    assert expected[0] < truth < expected[1]
    assert max((low > truth).sum(), (high < truth).sum()) <= most(INFORMATION, 10)


def test_frames_that_are_exchanged_singly_would_credit_random_codes():
    """What whole clips are exchanged for: codes that last, and pitches that last."""
    rows = worlds_of_codes(0.0)[0].paths["codes"]
    rows = rows[(rows["network"] == "known") & (rows["book"] == 1)]
    codes = pd.crosstab(rows["semitone"], rows["code"]).to_numpy() / len(rows)
    alone = codes.sum(axis=0) * codes.sum(axis=1)[:, None]
    seen = codes > 0
    information = (codes[seen] * np.log2(codes[seen] / alone[seen])).sum()
    entropy = -(codes.sum(axis=1) * np.log2(codes.sum(axis=1))).sum()
    assert information / entropy > 0.3
    assert abs(told(0.0, "information", "known", 1)[0][0]) < 0.05
