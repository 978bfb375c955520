"""Study 3's statistics on simulated tables: their nulls are not supported, intervals hold."""

from functools import partial

import numpy as np
import pytest
import simulated_explanations as worlds
from simulations import (
    Simulated,
    criterion,
    simulated_tests,
)
from threadpoolctl import threadpool_limits

from tonotopy.studies.relevance.statistics import STATISTICS

pytestmark = pytest.mark.simulation

EXACT = {
    "conservation_error": "the largest error of arithmetic over all clips: nothing is sampled",
    "sums_error": "the largest error of arithmetic over all clips: nothing is sampled",
}
SONGS = (1, 2, 1, 3)
RANDOM = {"method": "random"}
OTHER_LAYERS = [{"layer": "conv1"}, {"layer": "conv5"}]
ALIKE = {"else": 0.05}
SPREAD = worlds.RANDOM_SPREAD
MISSED = np.array([[0.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 4.0]])
TIES = MISSED + np.array([[4.0, 4.0, 0.0], [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
EVEN = np.ones((2, 3))
FLIPPED = {"drsa": -1.0, "dsa": -1.0, "random": -0.7, "least": 1.0}
GAINS = np.array([[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 1.0, 1.0], [0.0, 0.1, 0.2, 0.0], [1.0] * 4])
NEAR = {"attributed": "three", "first": "three", "second": "one", "relative": True}
LEAD = 3 / np.sqrt(np.pi)  # of one of three, in dB, where the others' noise is as likely above it
PRINTED = {"conv1": 0.0, "conv3": 0.0, "conv5": -0.2}
ERRORS = dict.fromkeys(PRINTED, 0.1)


def case(name, arguments, judged, make, *given, truth=None, part="", **settings) -> Simulated:
    """A case of a statistic: judged by a row of the claims, or by a criterion."""
    judged = criterion(f"relevance.{judged}") if isinstance(judged, str) else judged
    title = f"{name} {part}".strip()

    def draw(rng, folder):
        return make(rng, *given, **settings)

    return Simulated(title, STATISTICS[name], arguments, judged, draw, truth)


told, areas = partial(worlds.told, spread=SPREAD), worlds.areas
NULLS = [
    case("accuracy", {}, "accuracy_tones", worlds.answers, {"one": 0.95, "two": 0.95}, 200),
    case(
        "accuracy",
        {},
        "accuracy_synthetic",
        worlds.answers,
        {"one": 0.99, "two": 0.99},
        200,
        part="nearly all",
    ),
    case(
        "accuracy",
        {},
        "accuracy_music",
        worlds.answers,
        {"one": 0.85, "two": 0.85},
        200,
        SONGS,
        part="of songs",
    ),
    case("planted_cosine", {}, "planted", worlds.planted, 0.9),
    case("planted_cosine", {}, "planted_dsa", worlds.planted, 0.75, part="of DSA"),
    case("heatmap_correlation", {}, "randomised", worlds.randomised, {1: 0.5, 2: 0.5}),
    case(
        "heatmap_correlation",
        {"than": "first"},
        "randomised_falls",
        worlds.randomised,
        {1: 0.4, 2: 0.4},
        part="over steps",
    ),
    case(
        "disentanglement",
        {"method": "ceiling"},
        "ceiling",
        worlds.told,
        {"else": 0.5},
    ),
    case("disentanglement_ratio", {"than": RANDOM}, "distinct", told, ALIKE),
    case(
        "disentanglement_ratio",
        {"than": RANDOM},
        "disentangled",
        told,
        {"else": 0.05, "drsa": 0.1},
        part="control",
    ),
    case(
        "disentanglement_ratio",
        {"than": {"method": "dsa"}},
        "over_dsa",
        worlds.told,
        ALIKE,
        part="of DSA",
    ),
    case(
        "disentanglement_ratio",
        {"than": {"copy": "untrained"}},
        "over_untrained",
        worlds.told,
        ALIKE,
        sizes=SONGS,
        part="of songs",
    ),
    case("disentanglement_difference", {"than": OTHER_LAYERS}, "third_best", worlds.told, ALIKE),
    case(
        "disentanglement_difference",
        {"layer": "conv5", "than": [{}]},
        "last_collapses",
        worlds.told,
        ALIKE,
        part="collapse",
    ),
    case(
        "share_of_gain",
        {"layer": "conv1", "of": "conv3"},
        "early",
        worlds.told,
        {"random": 0.0, "conv1": 0.025, "else": 0.1},
    ),
    case("shuffled_disentanglement", {}, {"below": 0.0}, worlds.told, {"else": 0.0}),
    case("held_out_purity", {"than": "random"}, "purity", told, ALIKE),
    case("object_found", {"label": "one", "object": "a"}, "objects_one", worlds.preferences, TIES),
    case(
        "object_found",
        {"label": "two", "object": "a"},
        "object_4_lost",
        worlds.preferences,
        TIES,
        part="lost",
    ),
    case(
        "object_merged",
        {"label": "one", "object": "b", "into": "a"},
        "object_4_merged",
        worlds.preferences,
        TIES,
    ),
    case("main_component", {}, "last_main", worlds.preferences, EVEN),
    case("aupc_difference", {"first": "drsa", "second": "dsa"}, "drsa_below_dsa", areas, {}),
    case(
        "aupc_difference",
        {"first": "drsa", "second": "random"},
        "drsa_below_random",
        areas,
        {},
        fits=True,
        part="of random bases",
    ),
    case(
        "aupc_difference",
        {"first": "dsa", "second": "drsa"},
        "dsa_best_last",
        areas,
        {},
        SONGS,
        part="of songs",
    ),
    case("aupc_by_number", {"components": 4, "than": 8}, "number_eight", areas, {}),
    case("aupc_slope", {"method": "random"}, "falls", areas, {}),
    case("aupc_largest_rise", {"method": "drsa"}, "falls_throughout", areas, {}),
    case("random_gap", {"layer": "conv1"}, "random_close", areas, FLIPPED),
    case(
        "random_gap",
        {"layer": "conv5", "than": "conv1"},
        "random_closer",
        areas,
        FLIPPED,
        part="over layers",
    ),
    case("relevance_gain", {}, "gain", areas, FLIPPED),
    case(
        "printed_deviation",
        {"method": "drsa", "printed": PRINTED, "errors": ERRORS, "area": "share"},
        "printed_drsa",
        areas,
        {},
    ),
    case(
        "error_bar",
        {"layer": "conv1", "than": "conv5"},
        "error_bars_fall",
        worlds.error_bars,
        {},
    ),
    case(
        "error_bar_deviation",
        {"printed": {"conv1": 1.0, "conv3": 1.0, "conv5": 0.5}},
        "error_bars",
        worlds.error_bars,
        {},
    ),
    case(
        "difference_in_error_bars",
        {"first": "drsa", "second": "dsa", "layer": "conv3"},
        "within_error_bars",
        worlds.error_bars,
        {"dsa": 1.0},
    ),
    case("gamma_margin", {"kind": "uniform", "gamma": 2}, "gamma", worlds.gammas),
    case("own_over_others", {"attributed": "one"}, "diagonal", worlds.exchanged, GAINS),
    case("largest_own", {"classes": ["two"]}, "classical_highest", worlds.exchanged, GAINS),
    case(
        "largest_own",
        {"classes": ["one", "two"], "against": "mean"},
        "hip_hop_classical_mean",
        worlds.exchanged,
        np.ones((4, 4)),
        part="mean",
    ),
    case("own_share", {"attributed": "three"}, "rock_own", worlds.exchanged, GAINS),
    case("row_share", {"attributed": "three"}, "rock_row", worlds.exchanged, GAINS),
    case("subspaces_difference", NEAR, "rock_blues", worlds.exchanged, GAINS),
    case(
        "responds_most",
        {"attributed": "one", "subspaces": ["two"]},
        "blues_most",
        worlds.exchanged,
        GAINS,
    ),
    case(
        "responds_least",
        {"attributed": "one", "subspaces": ["two"]},
        "reggae_least",
        worlds.exchanged,
        GAINS,
    ),
    case("cause_contrast", {"part": "a"}, "lift", worlds.parts, lift=0.5),
    case("muting_correlation", {"parts": "all"}, "muting", worlds.parts, muting=0.5),
    case("mean_lift", {"part": "b"}, "without_noise", worlds.parts),
    case("accuracy_over_area", {"object": "c", "measure": "mass"}, "mass", worlds.parts),
    case("least_relevance", {"label": "two", "object": "c"}, "object_4_least", worlds.parts),
    case("oracle_share", {}, "oracle", worlds.sounds, 0.9, 0.0),
    case("component_si_sdr", {"lead": True}, "sounds", worlds.sounds, 1.0, LEAD),
    case(
        "fold_accuracy",
        {},
        "accuracy_printed",
        worlds.answers,
        {"one": 0.875, "three": 0.875, "two": 0.875},
    ),
    case("fold_leak", {}, "leak", worlds.answers, {"one": 0.83, "two": 0.83}),
    case(
        "class_accuracy",
        {"label": "one"},
        "rock_printed",
        worlds.answers,
        {"one": 0.744, "two": 0.5},
    ),
    case(
        "class_accuracy",
        {"label": "one"},
        "classical_printed",
        worlds.answers,
        {"one": 0.884, "two": 0.5},
        part="nearly all",
    ),
    case(
        "class_accuracy_margin",
        {"label": "one", "side": "below"},
        "rock_least",
        worlds.answers,
        dict.fromkeys(("four", "one", "three", "two"), 0.83),
    ),
    case(
        "class_accuracy_deviation",
        {"printed": {"one": 0.83, "two": 0.83, "three": 0.68}},
        "diagonal_printed",
        worlds.answers,
        {"one": 0.83, "two": 0.83, "three": 0.83},
    ),
]
PLANTED = [
    case(
        "accuracy",
        {},
        "accuracy_music",
        worlds.answers,
        {"one": 0.97, "two": 0.97},
        200,
        truth=0.97,
    ),
    case(
        "fold_accuracy",
        {},
        "accuracy_printed",
        worlds.answers,
        {"one": 0.83, "two": 0.83},
        100,
        SONGS,
        truth=0.83,
        part="of songs",
    ),
    case("planted_cosine", {}, "planted", worlds.planted, 0.95, truth=0.95),
    case("heatmap_correlation", {}, "randomised", worlds.randomised, {1: 0.3, 2: 0.3}, truth=0.3),
    case(
        "disentanglement_ratio",
        {"than": {"method": "dsa"}},
        "over_dsa",
        worlds.told,
        {"else": 0.1, "drsa": 0.2},
        truth=2.0,
    ),
    case(
        "aupc_difference",
        {"first": "drsa", "second": "random"},
        "drsa_below_random",
        areas,
        FLIPPED,
        truth=-0.3,
    ),
    case("random_gap", {"layer": "conv3"}, "random_close", areas, FLIPPED, truth=0.3),
    case("own_share", {"attributed": "three"}, "rock_own", worlds.exchanged, GAINS, truth=0.2),
    case("cause_contrast", {"part": "a"}, "lift", worlds.parts, lift=1.0, truth=1.0),
    case("muting_correlation", {"parts": "all"}, "muting", worlds.parts, muting=0.6, truth=0.6),
    case("component_si_sdr", {"lead": True}, "sounds", worlds.sounds, 1.0, 3.0, truth=3 - LEAD),
]


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Many small products: threads would wait for one another."""
    with threadpool_limits(1):
        yield


test_nulls, test_planted_values, test_every_statistic = simulated_tests(
    STATISTICS, NULLS, PLANTED, EXACT
)
