"""Statistics of study 1 under their nulls, and around planted values.

Profiles are as noisy as those of the default run: 54 speakers with 8 clips each, or 11 instruments.
A null that is flat has no peak at all; one that is "tied" has its only rival as high, which is the
hardest to tell from a peak.
"""

import numpy as np
import pandas as pd
import pytest
from simulated_profiles import Curve, Simulation, of_tasks, one, two
from simulations import (
    Simulated,
    bootstrap,
    criterion,
    in_memory,
    simulated_tests,
)

from tonotopy.studies.hierarchy.statistics import STATISTICS, Tables
from tonotopy.studies.hierarchy.statistics.tables import DEFAULTS

pytestmark = pytest.mark.simulation

CLAP = {"network": "clap", "task": "genre"}
AST = {"network": "ast", "task": "genre"}
FLAT, FLAT12 = (0.4,) * 7, (0.4,) * 12
FEW = {"groups": 11, "size": 50}
LOW_HIGH = {"note": "low", "consonant": "low", "genre": "high", "speakers": "high"}
SIX = dict.fromkeys(("a", "b", "c", "d", "e", "f"), "mid")
DIP = (0.5,) * 7 + (0.3, 0.3) + (0.5,) * 3
WAVE = np.array([0.2, 0.35, 0.5, 0.35, 0.2, 0.35, 0.5])  # uncorrelated with SLOPE
SLOPE = np.array([0.5, 0.45, 0.4, 0.35, 0.3, 0.25, 0.2])


def tied(top: float, layers: int, *highest: int) -> tuple:
    """A profile in which some layers, counted from 1, are higher than all others."""
    return tuple(top if layer in highest else top - 0.2 for layer in range(1, layers + 1))


def correlated(profile: np.ndarray, r: float) -> tuple:
    """A profile whose correlation with another one is r."""
    noise = np.array([1.0, -1.0, 1.0, -2.0, 1.0, 0.5, -0.5])
    first = (profile - profile.mean()) / profile.std()
    noise = noise - noise.mean() - first * (noise * first).mean()
    return tuple(0.4 + 0.12 * (r * first + np.sqrt(1 - r**2) * noise / noise.std()))


def case(name: str, statistic: str, row: str, draw, truth=None, **arguments) -> Simulated:
    return Simulated(
        name, STATISTICS[statistic], arguments, criterion(f"hierarchy.{row}"), draw, truth
    )


def levels(own: dict, other: str, others: dict) -> Simulation:
    """CLAP's profiles of four tasks, and those of another network or copy."""
    return of_tasks({"clap": own, other: others}, LOW_HIGH)


def same(rates, **changed) -> dict:
    return {task: tuple(changed.get(LOW_HIGH[task], rates)) for task in LOW_HIGH}


EARLY, LATE = (0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.2), (0.2, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6)
LEVEL = (0.4, 0.4, 0.4, 0.4, 0.4, 0.4, 0.4)
NEAR = tuple(0.1 + 0.2 * (rate - 0.1) for rate in EARLY)  # the same course, close to chance


def centre(rates, chance: float = 0.1) -> float:
    mass = np.array(rates) - chance
    return float(mass @ np.linspace(0, 1, len(mass)) / mass.sum())


def shuffled(rng, folder=None):
    """Thirty shufflings, 1.2 times as often right as chance, of layers that are alike."""
    rows = []
    for shuffle in range(30):
        rate = 0.12 + 0.012 * rng.normal()
        for layer in range(7):
            right = rng.random(500) < rate
            keys = {**DEFAULTS, "labels": "shuffled", "network": "clap", "family": "clap"}
            keys |= {"task": "genre", "classes": 10, "k": 5, "position": layer}
            rows.append({**keys, "shuffle": shuffle, "correct": right})
    settings = {"networks": ["clap"], "tasks": {"genre": {"corpus": "g", "level": "high"}}}
    return in_memory(Tables, {"correct": pd.DataFrame(rows)}, settings, bootstrap(rng))


def tags(rng, folder=None):
    """A network whose average precision is twice that of its untrained copy's guesses."""
    target = rng.random((300, 8)) < 0.15
    parts = []
    for copy, shift in (("trained", 0.6), ("untrained", 0.0)):
        scores = rng.normal(size=target.shape) + shift * target
        for column in range(8):
            keys = {"network": "clap", "copy": copy, "clip": np.arange(300), "class": column}
            parts.append(
                pd.DataFrame({**keys, "target": target[:, column], "score": scores[:, column]})
            )
    frames = {"tagging": pd.concat(parts, ignore_index=True)}
    return in_memory(Tables, frames, {"networks": ["clap"], "tasks": {}}, bootstrap(rng))


def agreeing_ks(r: float) -> Simulation:
    """Three ks, each with its own course, whose correlations are r in pairs."""
    first, second = (np.array([1.0, -1, 1, -1, 0, 0, 0]), np.array([1.0, 1, -1, -1, 0, 0, 0]))
    third, common = np.array([0.0, 0, 0, 0, 1, 0, -1]), np.array([1.0, 1, 1, 1, -1, -2, -1])
    common -= common.mean()
    parts = [x / x.std() for x in (first, second, third)]
    common = common / common.std()
    third_free = parts[2] - common * (parts[2] * common).mean()
    parts[2] = third_free / third_free.std()
    rates = [0.4 + 0.1 * (np.sqrt(r) * common + np.sqrt(1 - r) * part) for part in parts]
    return Simulation((Curve(tuple(map(tuple, rates))),))


NULLS = [
    case("first_is_best, flat", "first_is_best", "note_first", one(FLAT), **CLAP),
    case("first_is_best, flat, 6 ks", "first_is_best", "note_first", one(FLAT, ks=6), **CLAP),
    case("first_is_best, flat, 11", "first_is_best", "note_first", one(FLAT, **FEW), **CLAP),
    case("first_is_best, tied", "first_is_best", "note_first", one(tied(0.5, 7, 1, 4)), **CLAP),
    case("last_is_best, flat", "last_is_best", "instrument_last", one(FLAT), **CLAP),
    case(
        "last_is_best, two tied with one",
        "last_is_best",
        "instrument_last_ast",
        one(tied(0.5, 12, 5, 11, 12), "ast"),
        **AST,
        last=2,
    ),
    case("named_peak, flat", "named_peak", "consonant_peak", one(FLAT), **CLAP, layer=3),
    case(
        "named_peak, tied", "named_peak", "keyword_peak", one(tied(0.5, 7, 4, 5)), **CLAP, layer=4
    ),
    case("later_is_best, flat", "later_is_best", "genre_peak", one(FLAT), **CLAP),
    case(
        "later_is_best, three tied with one",
        "later_is_best",
        "genre_peak",
        one(tied(0.5, 7, 2, 5, 6, 7)),
        **CLAP,
    ),
    case("middle_over_ends, flat", "middle_over_ends", "keyword_middle", one(FLAT), **CLAP),
    case(
        "middle_over_ends, three tied with one",
        "middle_over_ends",
        "keyword_middle",
        one(tied(0.5, 7, 1, 3, 4, 5)),
        **CLAP,
    ),
    case(
        "middle_below_peak, on the bound",
        "middle_below_peak",
        "genre_middle_ast",
        one((0.3,) * 4 + (0.42,) * 4 + (0.3, 0.3, 0.3, 0.5), "ast"),
        **AST,
    ),
    case(
        "largest_rise_at, even rises",
        "largest_rise_at",
        "instrument_jump_clap",
        one(np.linspace(0.2, 0.6, 7)),
        **CLAP,
        layer=4,
    ),
    case(
        "largest_rise_at, two rises",
        "largest_rise_at",
        "instrument_jump_clap",
        one((0.2, 0.2, 0.2, 0.4, 0.4, 0.6, 0.6)),
        **CLAP,
        layer=4,
    ),
    case(
        "peak_difference, flat",
        "peak_difference",
        "trained",
        two(FLAT, FLAT, ks=6, copy="untrained"),
        **CLAP,
        than={"copy": "untrained"},
    ),
    case(
        "peak_difference, flat against one",
        "peak_difference",
        "trained",
        two((0.5,) * 7, tied(0.5, 7, 3), copy="untrained"),
        **CLAP,
        than={"copy": "untrained"},
    ),
    case("depth_trend, flat", "depth_trend", "genre_rises", one(FLAT), **CLAP),
    case(
        "depth_trend, on the bound",
        "depth_trend",
        "genre_rises",
        one(0.3 + 0.04 * np.array([1, 0, 3, 2, 6, 4, 5])),
        **CLAP,
    ),
    case(
        "rise, on the bound",
        "rise",
        "instrument_rise_clap",
        one((0.3, 0.3, 0.3, 0.5, 0.5, 0.5, 0.5)),
        **CLAP,
        layer=4,
    ),
    case("early_above_chance", "early_above_chance", "speakers_early", one((0.15,) * 7), **CLAP),
    case("worst_above_chance", "worst_above_chance", "over_chance_ast", one((0.12,) * 7), **CLAP),
    case(
        "worst_above_chance, one",
        "worst_above_chance",
        "over_chance_ast",
        one((0.3,) * 6 + (0.12,)),
        **CLAP,
    ),
    case(
        "flatter_than_cnns",
        "flatter_than_cnns",
        "speakers_flat_ast",
        of_tasks(
            {
                "ast": {"genre": np.linspace(0.3, 0.4, 12)},
                "clap": {"genre": np.linspace(0.2, 0.4, 7)},
                "vggish": {"genre": np.linspace(0.2, 0.363, 7)},
            },
            {"genre": "high"},
        ),
        **AST,
    ),
    case("dip, flat", "dip", "dip", one(FLAT12, "ast"), **AST),
    case("dip, a fall", "dip", "dip", one((0.5,) * 7 + (0.3,) * 5, "ast"), **AST),
    case("recovery, flat", "recovery", "recovery", one((0.5,) * 12, "ast"), **AST),
    case(
        "dip_on_most, half of the tasks",
        "dip_on_most",
        "dip_most",
        of_tasks({"ast": {t: DIP if t in "abc" else FLAT12 for t in SIX}}, SIX),
        network="ast",
    ),
    case(
        "share_lost, on the bound",
        "share_lost",
        "second_loss",
        two((0.5,) * 7, (0.42,) * 7, length="second"),
        **CLAP,
        length="second",
    ),
    case(
        "leak, on the bound",
        "leak",
        "leak",
        two((0.5,) * 7, (0.46,) * 7, folds="grouped"),
        **CLAP,
    ),
    case(
        "truncation_saturation, even loss",
        "truncation_saturation",
        "second_saturation",
        two((0.5,) * 7, (0.42,) * 7, length="second"),
        **CLAP,
    ),
    case("k_agreement, on the bound", "k_agreement", "k", agreeing_ks(0.8), **CLAP),
    case(
        "profile_agreement, on the bound",
        "profile_agreement",
        "second",
        two(0.4 + 0.13 * (SLOPE - 0.35) / SLOPE.std(), correlated(SLOPE, 0.8), length="second"),
        **CLAP,
        length="second",
    ),
    case(
        "profile_agreement, linear",
        "profile_agreement",
        "linear",
        two(0.4 + 0.12 * (SLOPE - 0.35) / SLOPE.std(), correlated(SLOPE, 0.5), probe="linear"),
        **CLAP,
        probe="linear",
    ),
    case(
        "tasks_agreement, on the bound",
        "tasks_agreement",
        "keyword_like_consonant",
        of_tasks(
            {"ast": {"a": 0.4 + 0.12 * (SLOPE - 0.35) / SLOPE.std(), "b": correlated(SLOPE, 0.8)}},
            {"a": "low", "b": "mid"},
        ),
        network="ast",
        tasks=["a", "b"],
    ),
    case(
        "vggish_exception, all alike",
        "vggish_exception",
        "vggish",
        of_tasks({n: {"genre": WAVE} for n in ("clap", "mobilenet", "vggish")}, {"genre": "high"}),
        task="genre",
    ),
    case(
        "vggish_exception, VGGish noisier",
        "vggish_exception",
        "vggish",
        of_tasks(
            {
                "clap": {"genre": WAVE},
                "mobilenet": {"genre": WAVE},
                "vggish": {"genre": 0.3 + 0.3 * (WAVE - 0.35)},
            },
            {"genre": "high"},
        ),
        task="genre",
    ),
    case(
        "centre_low_minus_high, alike",
        "centre_low_minus_high",
        "centre",
        of_tasks({"clap": same(EARLY)}, LOW_HIGH),
        network="clap",
    ),
    case(
        "centre_low_minus_high, high near chance",
        "centre_low_minus_high",
        "centre",
        of_tasks({"clap": same(EARLY, high=NEAR)}, LOW_HIGH),
        network="clap",
    ),
    case(
        "centre_by_training, alike",
        "centre_by_training",
        "centre_training",
        levels(same(LEVEL, low=EARLY), "clap untrained", same(LEVEL, low=EARLY)),
        network="clap",
    ),
    case(
        "centre_by_training, untrained near chance",
        "centre_by_training",
        "centre_training",
        levels(
            same(LEVEL, low=EARLY),
            "clap untrained",
            same(LEVEL, low=NEAR),
        ),
        network="clap",
    ),
    case(
        "centre_without_training, half",
        "centre_without_training",
        "centre_untrained",
        levels(
            same(LEVEL, low=EARLY, high=LATE),
            "clap untrained",
            same(LEVEL, low=EARLY, high=LEVEL),
        ),
        network="clap",
    ),
    case(
        "centre_gap_over_cnns, alike",
        "centre_gap_over_cnns",
        "centre_ast",
        levels(same(LEVEL, low=EARLY), "ast", same(LEVEL, low=EARLY)),
        network="ast",
    ),
    case(
        "shuffled_over_chance, on the bound", "shuffled_over_chance", "shuffled", shuffled, **CLAP
    ),
    case("tagging_gain, on the bound", "tagging_gain", "tagging", tags, network="clap"),
]
PLANTED = [
    case("first_is_best", "first_is_best", "note_first", one(tied(0.5, 7, 1)), truth=0.2, **CLAP),
    case(
        "rise",
        "rise",
        "instrument_rise_clap",
        one((0.3, 0.3, 0.3, 0.6, 0.6, 0.6, 0.6)),
        truth=0.3,
        **CLAP,
        layer=4,
    ),
    case(
        "rise, 11 groups",
        "rise",
        "instrument_rise_clap",
        one((0.3, 0.3, 0.3, 0.6, 0.6, 0.6, 0.6), **FEW),
        truth=0.3,
        **CLAP,
        layer=4,
    ),
    case(
        "early_above_chance",
        "early_above_chance",
        "speakers_early",
        one((0.12,) * 7),
        truth=0.2,
        **CLAP,
    ),
    case("recovery", "recovery", "recovery", one(DIP, "ast"), truth=0.2, **AST),
    case("dip", "dip", "dip", one(DIP, "ast"), truth=0.2, **AST),
    case(
        "share_lost",
        "share_lost",
        "second_loss",
        two((0.5,) * 7, (0.46,) * 7, length="second"),
        truth=0.1,
        **CLAP,
        length="second",
    ),
    case(
        "truncation_saturation",
        "truncation_saturation",
        "second_saturation",
        two((0.5,) * 7, (0.5, 0.5, 0.5, 0.48, 0.46, 0.4, 0.4), length="second"),
        truth=0.1,
        **CLAP,
    ),
    case(
        "profile_agreement",
        "profile_agreement",
        "linear",
        two(0.4 + 0.12 * (SLOPE - 0.35) / SLOPE.std(), correlated(SLOPE, 0.7), probe="linear"),
        truth=0.7,
        **CLAP,
        probe="linear",
    ),
    case("k_agreement", "k_agreement", "k", agreeing_ks(0.7), truth=0.7, **CLAP),
    case(
        "centre_low_minus_high",
        "centre_low_minus_high",
        "centre",
        of_tasks({"clap": same(LEVEL, low=EARLY, high=LATE)}, LOW_HIGH),
        truth=centre(EARLY) - centre(LATE),
        network="clap",
    ),
    case(
        "centre_by_training",
        "centre_by_training",
        "centre_training",
        levels(same(LEVEL, low=EARLY, high=LATE), "clap untrained", same(LEVEL, low=EARLY)),
        truth=centre(LEVEL) - centre(LATE),
        network="clap",
    ),
    case(
        "later_is_best",
        "later_is_best",
        "genre_peak",
        one(tied(0.5, 7, 6)),
        truth=0.2,
        **CLAP,
    ),
]
EXACT = {
    "constant_off_chance": "the same number whatever clips are drawn: one class is answered",
    "identity_equals_reference": "a comparison of two computations on the same clips",
    "groups_disjoint": "a count",
    "clips_over_thesis": "a count",
    "recognised": "a count",
}

test_nulls, test_planted_values, test_every_statistic = simulated_tests(
    STATISTICS, NULLS, PLANTED, EXACT
)
