"""Statistics of study 5 where the truth is known: beyond it no more often than intervals say.

Intervals of 95 % may lie wholly beyond the truth on one side in 2.5 % of tables. Clips of a group
share noise, and groups differ in size.
"""

from collections import Counter

import numpy as np
import pytest
import tables_of_similarity as made
from scipy.stats import binom
from tables_of_similarity import MAKERS, World
from threadpoolctl import threadpool_limits

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.similarity.statistics import STATISTICS, Tables

TABLES, RESAMPLES = 50, 100
MOST = binom.ppf(1 - 0.01 / 40, TABLES, 0.025)  # some forty counts are compared with it
SETTINGS = {"networks": {"vgg": ""}, "unheard": {"vgg": ""}}
OPTIONS = {"trainings": {"vgg": 1}, "features": {"harmonic": "spectrum"}, "copies": 3}
NULLS = ("random", "other clips", "phase", "unheard")


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Many small products: threads would wait for one another."""
    with threadpool_limits(1):
        yield


class Simulated(Tables):
    """Tables that were never written."""

    def read(self, name):
        return self.paths[name]


def simulated(seed, *names, settings=SETTINGS, **options):
    world = World(**{**OPTIONS, "seed": seed, **options})
    paths = {name: MAKERS[name](world) for name in ("layers", *names)}
    return Simulated(paths, settings, Bootstrap(RESAMPLES, 0.95, seed))


def beyond(names, calls, **options):
    """Count the tables in which the interval of a call lies above or below a bound."""
    counts = Counter()
    for seed in range(TABLES):
        own = simulated(seed, *names, **options)
        for statistic, arguments, bound in calls:
            found = STATISTICS[statistic](own, "vgg", **arguments)
            key = (statistic, *arguments.values())
            counts[(*key, "above")] += found.low > bound
            counts[(*key, "below")] += found.high < bound
    return counts


def shares(layer):
    about = {"feature": "harmonic", "layer": layer}
    calls = [("share_above_random", about, 0.0), ("share_beyond_clips", about, 0.0)]
    calls.append(("share_beating_all", about, 0.05))
    return calls + [("share_beating", {**about, "null": null}, 0.05) for null in NULLS]


@pytest.mark.parametrize(
    ("layer", "layers"), [("stem", {"stem": 12}), ("all", {"wide": 15, "stem": 6})]
)
def test_maps_without_a_match_beat_nothing(monkeypatch, layer, layers):
    """Where nothing matches, claims of shares are supported in at most the nominal share."""
    monkeypatch.setattr(made, "SPREAD", 0.0)
    counts = beyond(["clips", "similarities"], shares(layer), effect=0.0, layers=layers)
    assert max(counts.values()) <= MOST, counts


@pytest.mark.parametrize(
    ("layer", "layers"), [("stem", {"stem": 14}), ("all", {"wide": 10, "stem": 7})]
)
def test_maps_that_match_as_random_ones_do_beat_no_random_network(monkeypatch, layer, layers):
    """Maps of random networks match the feature in truth: significant, and no evidence."""
    monkeypatch.setattr(made, "SPREAD", 0.2)
    calls = [call for call in shares(layer) if call[1].get("null") not in ("phase", "unheard")]
    counts = beyond(["clips", "similarities"], calls, effect=0.0, layers=layers)
    key = ("share_beating", "harmonic", layer, "other clips", "above")
    assert counts.pop(key) > TABLES / 2
    assert max(counts.values()) <= MOST, counts


def test_a_share_that_is_planted_lies_in_its_interval():
    """Four in ten maps match, so that nulls are beaten by these, and by 1 in 20 of the rest."""
    counts, sizes = Counter(), {"wide": 20, "neck": 12}
    of_all = sum(map(made.matching, sizes.values())) / sum(sizes.values())
    for seed in range(TABLES):
        own = simulated(seed, "clips", "similarities", layers=sizes)
        for layer, true in (("wide", made.matching(20) / 20), ("all", of_all)):
            about = (own, "vgg", "harmonic", layer)
            found = STATISTICS["share_beating_all"](*about)
            counts[layer, "nulls"] += found.low <= true <= found.high
            counts[layer, "supported"] += found.low > 0.05
            found = STATISTICS["share_above_random"](*about)
            counts[layer, "random"] += found.low <= 0.95 * true <= found.high
            counts[layer, "learnt"] += found.low > 0
            found = STATISTICS["share_beyond_clips"](*about)
            counts[layer, "clips"] += found.low <= true <= found.high
            counts[layer, "own clip"] += found.low > 0
    assert min(counts.values()) >= binom.ppf(0.001, TABLES, 0.92), counts


def test_the_best_of_maps_that_are_alike_is_no_better_than_they():
    """No peak of noise: of a dozen maps with the same similarity, one is chosen and measured."""
    about = {"feature": "harmonic", "layer": "stem"}
    calls = [("best_raw", about, made.RAW)]
    calls += [("best_raw_difference", {**about, "than": n}, 0.0) for n in ("random", "phase")]
    counts = beyond(["clips", "similarities"], calls, effect=0.0, layers={"stem": 12})
    assert max(counts.values()) <= MOST, counts


def test_the_best_map_that_is_planted_is_measured_without_bias():
    about = {"feature": "harmonic", "layer": "wide"}
    calls = [("best_raw", about, made.RAW + made.BEST)]
    calls += [("best_raw_difference", {**about, "than": "random"}, made.BEST)]
    counts = beyond(["clips", "similarities"], calls, layers={"wide": 20})
    assert max(counts.values()) <= MOST, counts


LAYERS = {"stem": 1, "wide": 1, "body": 1}


@pytest.mark.parametrize("effect", [0.0, 1.0])
def test_probes_at_the_truth_are_not_beyond_it(effect):
    gap = effect * (made.SCORES["trained"] - made.SCORES["random"])
    rise, score = 2 * effect * made.DEEPENING, made.SCORES["random"] + gap
    calls = [
        ("probe_score", {"target": "level", "layer": "first"}, score),
        ("probe_difference", {"target": "chroma", "than": "random", "layer": "body"}, gap + rise),
        ("probe_deepening", {"target": "chroma", "than": "input"}, rise),
        ("probe_deepening", {"target": "chroma", "than": "unheard"}, rise),
    ]
    counts = beyond(["probes"], calls, effect=effect, layers=LAYERS)
    assert max(counts.values()) <= MOST, counts


def test_known_answers_and_accuracies_at_the_truth_are_not_beyond_it():
    counts = Counter()
    for seed in range(TABLES):
        own = simulated(seed, "known", "answers")
        harmonic, percussive = made.KNOWN["onset_difference"]
        for name, found, truth in (
            ("r", STATISTICS["known_similarity"](own, "onset_difference", "harmonic"), harmonic),
            (
                "contrast",
                STATISTICS["known_contrast"](own, "onset_difference"),
                harmonic - percussive,
            ),
            (
                "phase",
                STATISTICS["known_over_phase"](own, "onset_difference", "percussive"),
                (1 - made.TURNED) * percussive,
            ),
            (
                "raw",
                STATISTICS["known_similarity"](own, "chroma_bank", "chroma_stft", "raw"),
                made.CHROMA,
            ),
            ("accuracy", STATISTICS["accuracy"](own, "vgg"), made.RIGHT["trained"]),
        ):
            counts[name, "above"] += found.low > truth
            counts[name, "below"] += found.high < truth
    assert max(counts.values()) <= MOST, counts


def test_more_trainings_widen_what_trainings_differ_in():
    """Three trainings whose best maps differ much: the interval holds the mean of all trainings."""
    counts = Counter()
    rng = np.random.default_rng(0)
    for seed in range(TABLES // 2):
        own = simulated(
            seed, "probes", settings={"networks": {"vgg": ""}}, trainings={"vgg": 3}, layers=LAYERS
        )
        rows = own.table("probes")
        shift = rng.normal(0, 0.1, 3)[rows["run"] % 3] * (rows["copy"] == "trained")
        own.table("probes")["error"] = rows["error"] + shift * rows["total"]
        found = STATISTICS["probe_score"](own, "vgg", "level", "stem")
        counts["above"] += found.low > made.SCORES["trained"]
        counts["below"] += found.high < made.SCORES["trained"]
    assert max(counts.values()) <= binom.ppf(1 - 0.01 / 40, TABLES // 2, 0.025), counts
