"""Study 4's statistics on simulated tables: their nulls are not supported, intervals hold."""

import pytest
import simulated_sounds as worlds
from simulations import Simulated, criterion, simulated_tests
from threadpoolctl import threadpool_limits

from tonotopy.studies.sonification.statistics import STATISTICS

pytestmark = pytest.mark.simulation

EXACT = {
    "length_error": "the largest difference over all clips: nothing is sampled",
    "explicit_error": "the largest error of arithmetic over all clips: nothing is sampled",
    "shift_error": "the largest error of arithmetic over all clips: nothing is sampled",
}
DEEPEST = len(worlds.LAYERS)
PAIR = {"network": "contrastive", "than": "supervised"}
TAGGING, KEYWORDS = {"task": "tagging"}, {"task": "keywords"}
HEAD = {"network": "contrastive", "learn": "head"}
SAME = {"network": "contrastive", "learn": "all", "than": {"network": "supervised"}}
DEEP_AND_MIDDLE = {
    "column": "flatness",
    "network": "supervised",
    "layers": ["block5", "block6"],
    "of": ["block2", "block3"],
}


def case(name, arguments, judged, make, *given, truth=None, part="", **settings) -> Simulated:
    """A case of a statistic: judged by a row of the claims, or by a criterion."""
    judged = criterion(f"sonification.{judged}") if isinstance(judged, str) else judged
    title = f"{name} {part}".strip()

    def draw(rng, folder):
        return make(rng, *given, **settings)

    return Simulated(title, STATISTICS[name], arguments, judged, draw, truth)


def deepest(**of_networks):
    """Levels of the deepest layer: network -> column -> level."""
    return lambda network, depth: of_networks.get(network, {}) if depth == DEEPEST else {}


def everywhere(column, **of_networks):
    """The same level at every layer: network -> level."""

    def levels(network, depth):
        return {column: of_networks[network]} if network in of_networks else {}

    return levels


def falling(network, depth):
    """Coherence falls by .02 a layer in the supervised network, by .01 in the contrastive one."""
    fall = {"supervised": 0.02, "contrastive": 0.01}.get(network)
    return {} if fall is None else {"coherence": 0.9 - fall * depth}


def scores(whole=True, layers=False, **of_networks):
    """Scores that do not differ over depth: network -> score, or what learns -> score."""

    def levels(network, learn, depth):
        if not (whole if depth > DEEPEST else layers):
            return None
        level = of_networks.get(network, of_networks.get("else"))
        return level.get(learn) if isinstance(level, dict) else level

    return levels


def lost(kind, network, learn, depth):
    """A quarter of the score, by any kind, at every layer, of every network."""
    return 0.15


FLAT = scores(layers=True, **{"else": 0.5})
LEARNED = scores(untrained={"head": 0.5}, supervised=0.5, contrastive=0.5)
NULLS = [
    case("shift_correlation", {"network": "supervised"}, "shifts_other", worlds.shifts, 0.99),
    case(
        "level",
        {"column": "high", "network": "supervised", "layer": "deepest"},
        "supervised_high",
        worlds.similar,
        deepest(supervised={"high": 0.5}),
    ),
    case(
        "level",
        {"column": "null_coherence", "network": "untrained", "layer": "deepest"},
        "coherence_null",
        worlds.similar,
        deepest(untrained={"null_coherence": 0.15}),
        part="control",
    ),
    case(
        "coherence_over_null",
        {"network": "supervised", "layer": "deepest"},
        "coherence",
        worlds.similar,
        deepest(supervised={"coherence": 0.3, "null_coherence": 0.1}),
    ),
    case(
        "network_difference",
        {"column": "coherence", **PAIR},
        "coherence_deepest",
        worlds.similar,
        deepest(supervised={"coherence": 0.5}, contrastive={"coherence": 0.58}),
    ),
    case(
        "network_difference",
        {"column": "flatness", **PAIR},
        "selective_deep",
        worlds.similar,
        deepest(supervised={"flatness": 0.5}, contrastive={"flatness": 0.5}),
        worlds.SONGS,
        part="of songs",
    ),
    case(
        "network_ratio",
        {"column": "density", **PAIR},
        "density_first",
        worlds.similar,
        deepest(supervised={"density": 0.4}, contrastive={"density": 0.5}),
    ),
    case(
        "layers_difference",
        DEEP_AND_MIDDLE,
        "supervised_noisy",
        worlds.similar,
        everywhere("flatness", supervised=0.3),
    ),
    case(
        "deepening",
        {"column": "coherence", **PAIR},
        "coherence_deeper",
        worlds.similar,
        everywhere("coherence", supervised=0.5, contrastive=0.6),
    ),
    case(
        "depth_slope",
        {"column": "coherence", "network": "supervised"},
        "coherence_falls",
        worlds.similar,
        everywhere("coherence", supervised=0.5),
    ),
    case(
        "depth_slope",
        {"column": "coherence", "network": "supervised", "than": "contrastive"},
        "coherence_faster",
        worlds.similar,
        everywhere("coherence", supervised=0.5, contrastive=0.5),
        part="of networks",
    ),
    case(
        "score",
        {**KEYWORDS, "network": "contrastive", "learn": "all"},
        "printed_keywords_contrastive",
        worlds.transfers,
        scores(contrastive=0.964),
        "keywords",
    ),
    case(
        "score",
        {**TAGGING, "network": "contrastive", "learn": "all"},
        "printed_tagging",
        worlds.transfers,
        scores(contrastive=0.357),
        runs=3,
        training=0.02,
        part="of three trainings",
    ),
    case(
        "score_difference",
        {**TAGGING, **SAME},
        "supervised_over_contrastive",
        worlds.transfers,
        scores(contrastive=0.5, supervised=0.5),
    ),
    case(
        "score_difference",
        {**TAGGING, **SAME},
        "supervised_over_contrastive",
        worlds.transfers,
        scores(contrastive=0.5, supervised=0.5),
        runs=3,
        training=0.05,
        part="of three trainings",
    ),
    case(
        "score_difference",
        {**TAGGING, **SAME},
        "size",
        worlds.transfers,
        scores(contrastive=0.51, supervised=0.5),
        part="equivalence",
    ),
    case(
        "answers_score",
        {"network": "supervised"},
        {"above": 0.6},
        worlds.transfers,
        LEARNED,
    ),
    case(
        "answers_difference",
        {"network": "supervised", "than": "untrained"},
        "learned",
        worlds.transfers,
        LEARNED,
    ),
    case("depth_correlation", {**TAGGING, **HEAD}, "depth", worlds.transfers, FLAT),
    case(
        "depth_difference",
        {**TAGGING, **PAIR, "learn": "head", "depths": "first third"},
        "first_layers",
        worlds.transfers,
        FLAT,
    ),
    case(
        "depth_rise",
        {**TAGGING, **HEAD, "depths": "last third", "of": "middle third"},
        "deep_layers_count",
        worlds.transfers,
        FLAT,
    ),
    case(
        "depth_difference_by_learning",
        {**TAGGING, **PAIR, "depths": "first third"},
        "first_layers_head",
        worlds.transfers,
        FLAT,
    ),
    case(
        "layer_difference",
        {**KEYWORDS, **PAIR, "learn": "head", "layer": "block4"},
        "keywords_layers",
        worlds.transfers,
        FLAT,
        "keywords",
    ),
    case(
        "whole_over_middle",
        {**KEYWORDS, "network": "contrastive"},
        "keywords_middle",
        worlds.transfers,
        FLAT,
        "keywords",
    ),
    case("drop", {**HEAD, "layer": "block2"}, {"above": 0.15}, worlds.residuals, lost),
    case(
        "drop",
        {**HEAD, "layer": "block2", "over": "filter"},
        "residual_filter",
        worlds.residuals,
        lost,
        part="over a filter",
    ),
    case("share_lost", HEAD, "residual_share", worlds.residuals, lost),
    case(
        "share_lost",
        {**HEAD, "than": "supervised"},
        "residual_untrained",
        worlds.residuals,
        lost,
        part="of networks",
    ),
    case(
        "spread_difference",
        {"network": "contrastive"},
        "residual_spread",
        worlds.residuals,
        lost,
        {"all": 0.15},
        part="of noise",
    ),
    case(
        "spread_difference",
        {"network": "contrastive"},
        "residual_spread",
        worlds.residuals,
        lambda kind, network, learn, depth: 0.1 + 0.04 * (depth % 2),
        {"all": 0.15},
    ),
    case("robustness", {"network": "contrastive"}, "residual_robust", worlds.residuals, lost),
    case("match_share", {"network": "supervised"}, "matches", worlds.pairs, {"supervised": 0.85}),
    case(
        "match_share",
        {"network": "supervised", "than": "untrained"},
        "matches_gain",
        worlds.pairs,
        {"supervised": 0.8, "untrained": 0.8},
        part="of networks",
    ),
    case(
        "targeted_share", {"network": "supervised"}, "targeted", worlds.pairs, {"supervised": 0.6}
    ),
    case(
        "selectivity_difference",
        {"network": "supervised", "than": "untrained"},
        "band_selective",
        worlds.filters,
        {"supervised": 0.4, "untrained": 0.4},
    ),
    case(
        "selectivity_ratio",
        PAIR,
        "selectivity_first",
        worlds.filters,
        {"contrastive": 0.5, "supervised": 0.4},
    ),
    case("variety", {"network": "supervised", "than": "contrastive"}, "variety", worlds.favourites),
    case("flatness_fall", {}, "evolution", worlds.evolution),
    case(
        "flatness_fall",
        {"layer": "block5"},
        "evolution_middle",
        worlds.evolution,
        dying=0,
        part="of a layer",
    ),
    case("dead_flatness", {}, "evolution_dead", worlds.evolution, dead=1.25, dying=2),
    case("early_likeness", {}, "evolution_depth", worlds.evolution),
]
PLANTED = [
    case(
        "level",
        {"column": "high", "network": "supervised", "layer": "deepest"},
        "supervised_high",
        worlds.similar,
        deepest(supervised={"high": 0.55}),
        worlds.SONGS,
        truth=0.55,
        part="of songs",
    ),
    case(
        "network_difference",
        {"column": "coherence", **PAIR},
        "coherence_deepest",
        worlds.similar,
        deepest(supervised={"coherence": 0.5}, contrastive={"coherence": 0.6}),
        truth=0.1,
    ),
    case(
        "network_ratio",
        {"column": "density", **PAIR},
        "density_first",
        worlds.similar,
        deepest(supervised={"density": 0.4}, contrastive={"density": 0.4}),
        truth=1.0,
    ),
    case(
        "depth_slope",
        {"column": "coherence", "network": "supervised", "than": "contrastive"},
        "coherence_faster",
        worlds.similar,
        falling,
        truth=-0.01,
    ),
    case(
        "score_difference",
        {**TAGGING, **SAME},
        "full_over_scratch",
        worlds.transfers,
        scores(contrastive=0.55, supervised=0.5),
        truth=0.05,
    ),
    case(
        "score_difference",
        {**TAGGING, **SAME},
        "full_over_scratch",
        worlds.transfers,
        scores(contrastive=0.6, supervised=0.5),
        runs=3,
        training=0.05,
        truth=0.1,
        part="of three trainings",
    ),
    case("share_lost", HEAD, "residual_share", worlds.residuals, lost, truth=0.25),
    case(
        "match_share",
        {"network": "supervised"},
        "matches",
        worlds.pairs,
        {"supervised": 0.95},
        truth=0.95,
    ),
    case(
        "selectivity_difference",
        {"network": "supervised", "than": "untrained"},
        "band_selective",
        worlds.filters,
        {"supervised": 0.5, "untrained": 0.4},
        truth=0.1,
    ),
    case("flatness_fall", {}, "evolution", worlds.evolution, fall=0.02, truth=0.02),
]


@pytest.fixture(autouse=True, scope="module")
def _one_thread():
    """Many small products: threads would wait for one another."""
    with threadpool_limits(1):
        yield


test_nulls, test_planted_values, test_every_statistic = simulated_tests(
    STATISTICS, NULLS, PLANTED, EXACT
)
