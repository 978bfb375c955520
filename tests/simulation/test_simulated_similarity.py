"""Statistics of study 5 on simulated runs: under their nulls, and around planted values."""

import pytest
from simulated_similarity import RAW, SHIFT, Answers, Known, Maps, Probes
from simulations import Simulated, criterion, simulated_tests

from tonotopy.studies.similarity.statistics import STATISTICS

pytestmark = pytest.mark.simulation

LAYERS = {"block1": 8, "block2": 12}
ONE = {"network": "vgg", "feature": "harmonic", "layer": "block1"}
ALL = {**ONE, "layer": "all"}
READ = {"network": "vgg", "target": "level", "layer": "block1"}
# Of 2000 runs each: noise of a feature that is read with R2 .1, R2 of what is read with less noise,
# and how much more of it is read where features are half as strong again as in random networks
NOISY, SCORE, MORE = 1.53, 0.478, 0.128


def case(name, arguments, row, world, truth=None, end=""):
    """Return a case that is judged as a row of the claims is."""
    judged = criterion(f"similarity.{row}")
    called = f"{name} {end}".strip()
    return Simulated(called, STATISTICS[name], arguments, judged, world.draw, truth)


NULLS = [
    case("known_contrast", {"layer": "made"}, "known_harmonic", Known(harmonic=0.2)),
    case(
        "known_similarity",
        {"layer": "made", "feature": "harmonic"},
        "known_nothing",
        Known(harmonic=0.1),
    ),
    case(
        "known_over_phase",
        {"layer": "made", "feature": "harmonic"},
        "known_phase_harmonic",
        Known(harmonic=0.3, phase=0.3),
    ),
    # worlds that are the same follow one another: their tables are drawn once
    # a dozen maps with the same similarity: one is chosen
    case("best_raw", ONE, "shallow_raw", Maps()),
    case("best_raw_difference", {**ONE, "than": "input"}, "shallow_raw_input", Maps(), end="input"),
    # maps of all networks match to different degrees, those of the trained one no better
    case("share_above_random", ONE, "shallow_beyond_random", Maps(), end="layer"),
    case("share_beyond_clips", ONE, "shallow_beyond_clips", Maps()),
    case("share_beating", {**ONE, "null": "phase"}, "shallow_beyond_phase", Maps(), end="phase"),
    case(
        "share_beating", {**ONE, "null": "unheard"}, "shallow_beyond_unheard", Maps(), end="unheard"
    ),
    case("share_above_random", ALL, "maps_beyond_random", Maps(layers=LAYERS), end="all layers"),
    case(
        "best_raw_difference",
        {**ONE, "than": "random"},
        "shallow_raw_learnt",
        Maps(shift=SHIFT),
        end="random",
    ),
    case(
        "best_raw_difference",
        {**ONE, "than": "random"},
        "shallow_raw_random",
        Maps(raw={"trained": RAW + 0.05}),
        end="bound",
    ),
    # all but random networks are beaten
    case(
        "share_beating_all",
        ONE,
        "shallow_beyond_all",
        Maps(mean=0.4, heard=0.1, unheard=False),
        end="layer",
    ),
    case(
        "share_beating_all",
        ALL,
        "maps_beyond_all",
        Maps(layers=LAYERS, mean=0.4, heard=0.1, unheard=False),
        end="all layers",
    ),
    case("probe_score", READ, "embedding_read", Probes(NOISY, drawn=False)),
    case("probe_difference", {**READ, "than": "random"}, "embedding_learnt", Probes()),
    case(
        "probe_difference",
        {**READ, "than": "unheard"},
        "embedding_unheard",
        Probes(),
        end="unheard",
    ),
    case(
        "probe_deepening",
        {"network": "vgg", "target": "level", "than": "random"},
        "chroma_deepens_learnt",
        Probes(layers=3),
    ),
    case("accuracy", {"network": "vgg"}, "learned", Answers(0.5)),
    case(
        "accuracy",
        {"network": "vgg", "copy": "unheard"},
        "unheard_learned",
        Answers(0.9, "unheard"),
        end="unheard",
    ),
]
PLANTED = [
    case("known_contrast", {"layer": "made"}, "known_harmonic", Known(harmonic=0.3), 0.3),
    case(
        "known_similarity",
        {"layer": "made", "feature": "harmonic"},
        "known_nothing",
        Known(harmonic=0.02),
        0.02,
    ),
    case("best_raw", ONE, "shallow_raw", Maps(matching=0.5, gain=0.2), RAW + 0.2),
    case(
        "best_raw_difference",
        {**ONE, "than": "random"},
        "shallow_raw_learnt",
        Maps(raw={"trained": RAW + 0.1}, shift=SHIFT),
        0.1,
    ),
    case(
        "share_above_random",
        ONE,
        "shallow_beyond_random",
        Maps(matching=0.4, gain=0.6),
        0.95 * 0.4,
    ),
    case("probe_score", READ, "embedding_read", Probes(drawn=False), SCORE),
    case(
        "probe_difference",
        {**READ, "than": "random"},
        "embedding_learnt",
        Probes(stronger=0.5),
        MORE,
    ),
    case("accuracy", {"network": "vgg"}, "learned", Answers(0.75), 0.75),
]

test_nulls, test_planted_values, test_every_statistic = simulated_tests(
    STATISTICS, NULLS, PLANTED, {}
)
