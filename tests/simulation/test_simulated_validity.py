"""Study 7 on simulated tables: nulls are supported by chance alone, intervals hold the truth."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from simulations import (
    Simulated,
    bootstrap,
    criterion,
    in_memory,
    simulated_tests,
)
from tables_of_validity import (
    CLASSES,
    PLANTED,
    SETTINGS,
    VALUES,
    Method,
    effects_rows,
    method_rows,
    method_table,
)

from tonotopy.studies.validity.marks import centred, mark
from tonotopy.studies.validity.statistics import STATISTICS, ValidityTables, aurocs, exposure

pytestmark = pytest.mark.simulation

BASES, CLIPS, SETS = 40, 40, 6
SHAPE = (len(VALUES["lead"]), len(CLASSES))
NULLS_OF = (Method("random", "null", 0.0, 0.05, sets=SETS, units=CLIPS),)


@cache
def effect_matrix() -> np.ndarray:
    """Effects that stay the same in all simulated runs: planted ones, and small ones."""
    matrix = np.random.default_rng(0).normal(0, 0.03, SHAPE)
    for i, value in enumerate(VALUES["lead"]):
        for g, label in enumerate(CLASSES):
            matrix[i, g] += 0.4 * (("lead", value, label) in PLANTED)
    return centred(matrix)


@cache
def method_matrix(error: float, number: int = 1) -> np.ndarray:
    """The matrix of a method that errs by so much, the same in all runs."""
    rng = np.random.default_rng(number)
    return centred(effect_matrix() + rng.normal(0, error, SHAPE))


def effects_of(rng, truth: np.ndarray, noise=0.1, attribute="lead", copy="trained", bases=BASES):
    level = rng.normal(0, 0.05, bases)
    shape = (bases, len(VALUES[attribute]), len(CLASSES))
    return effects_rows(attribute, copy, truth, rng.normal(0, noise, shape), level)


def run(rng, effects, matrices=None, methods=NULLS_OF, **tables) -> ValidityTables:
    """Return the tables of a run: matrices of methods, name -> matrix, are given noise.

    Null methods join them.
    """
    resampled = bootstrap(rng)
    frames = {"effects": effects, **tables}
    if matrices is not None:
        known = [
            method_rows(rng, Method(name, "gradient", units=CLIPS), matrix, 0.1)
            for name, matrix in matrices.items()
        ]
        nulls = [method_rows(rng, null, np.zeros(SHAPE), 0.1) for null in methods]
        names = [Method(name, "gradient", units=CLIPS) for name in matrices]
        table = method_table([*names, *methods])
        frames["methods"], frames["matrices"] = table, pd.concat([*known, *nulls])
        of = (effects, frames["matrices"], table, resampled)
        frames["marks"], frames["mark_draws"] = mark(*of)
    return in_memory(ValidityTables, frames, SETTINGS, resampled)


def remembered(draw):
    """Return the same, which draws the tables of a random stream once: several cases share them."""
    known = {}

    def drawn(rng, folder) -> ValidityTables:
        key = rng.bit_generator.state["state"]["state"]
        if key not in known:
            known[key] = draw(rng, folder)
        return known[key]

    return drawn


@cache
def marked(error: float, number: int = 1):
    """Return what draws runs of one method and null vectors."""

    @remembered
    def draw(rng, folder) -> ValidityTables:
        effects = effects_of(rng, effect_matrix())
        return run(rng, effects, {"tcav": method_matrix(error, number)}, methods=())

    return draw


def two_methods(rng, folder) -> ValidityTables:
    matrices = {"tcav": method_matrix(0.05), "cosine": method_matrix(0.15, 2)}
    return run(rng, effects_of(rng, effect_matrix()), matrices, methods=())


def equals(rng, folder) -> ValidityTables:
    """Two methods with the same matrix, each with noise of its own."""
    matrices = {"tcav": method_matrix(0.05), "cosine": method_matrix(0.05)}
    return run(rng, effects_of(rng, effect_matrix()), matrices, methods=())


@remembered
def ignorant(rng, folder) -> ValidityTables:
    """A method whose matrix has nothing to do with E, drawn anew in every run."""
    nothing = centred(rng.normal(0, 0.05, SHAPE))
    return run(rng, effects_of(rng, effect_matrix()), {"tcav": nothing})


def truth_of(error: float, number: int = 1, unplanted: bool = False) -> float:
    inside = np.ones(SHAPE, dtype=bool)
    if unplanted:
        inside = np.array(
            [[("lead", v, g) not in PLANTED for g in CLASSES] for v in VALUES["lead"]]
        )
    one, other = effect_matrix()[inside], method_matrix(error, number)[inside]
    return float(spearmanr(one, other).statistic)


def copies(share: float, noise: float):
    """Return what draws runs whose untrained copy has a share of the effects."""

    def draw(rng, folder) -> ValidityTables:
        trained = effects_of(rng, effect_matrix(), 0.02)
        untrained = effects_of(rng, share * effect_matrix(), noise, copy="untrained")
        return run(rng, pd.concat([trained, untrained]))

    return draw


def weak_plant(rng, folder) -> ValidityTables:
    """A network in which one planted pair of five has no effect."""
    return run(rng, effects_of(rng, weak_matrix(), 0.02))


@cache
def weak_matrix() -> np.ndarray:
    """Effects with one planted pair amid the others."""
    matrix = effect_matrix().copy()
    i, g = np.argwhere(matrix > 0.2)[0]
    matrix[i, g] = np.median(matrix[matrix < 0.2])
    return centred(matrix)


def weak_auroc() -> float:
    """What planted pairs of that matrix are told by; in its pair amid the others chance decides."""
    planted = [[("lead", v, g) in PLANTED for g in CLASSES] for v in VALUES["lead"]]
    return float(aurocs(weak_matrix().ravel(), np.ravel(planted)))


def weak_method(rng, folder) -> ValidityTables:
    return run(rng, effects_of(rng, effect_matrix()), {"tcav": weak_matrix()}, methods=())


def attributes(levels: dict[str, float], bases: int = 24):
    """Return what draws runs whose attributes move every base's answer by a level, more or less."""

    def draw(rng, folder) -> ValidityTables:
        parts = []
        for attribute, level in levels.items():
            count = len(VALUES[attribute])
            moved = rng.gamma(4.0, level / 4.0, bases)  # of a base: mean as wanted
            p = np.zeros((bases, count, len(CLASSES)))
            for k in range(count):  # each value has a class of its own: all are equally far apart
                p[:, k, k] = moved
            parts.append(effects_rows(attribute, "trained", np.zeros(p.shape[1:]), p, moved * 0))
        return run(rng, pd.concat(parts))

    return draw


NULLS = [
    Simulated(
        "over_exchanged: a matrix of chance",
        STATISTICS["over_exchanged"],
        {"method": "tcav"},
        criterion("validity.over_exchanged"),
        ignorant,
    ),
    Simulated(
        "over_exchanged: signs of chance",
        STATISTICS["over_exchanged"],
        {"method": "tcav", "measure": "sign"},
        criterion("validity.sign"),
        ignorant,
    ),
    Simulated(
        "over_nulls: a matrix of chance",
        STATISTICS["over_nulls"],
        {"method": "tcav"},
        criterion("validity.over_nulls"),
        ignorant,
    ),
    Simulated(
        "over_nulls: the same, unplanted pairs",
        STATISTICS["over_nulls"],
        {"method": "tcav", "pairs": "unplanted"},
        criterion("validity.over_nulls_unplanted"),
        ignorant,
    ),
    Simulated(
        "mark: at its floor",
        STATISTICS["mark"],
        {"method": "tcav"},
        {"above": truth_of(0.05)},
        marked(0.05),
    ),
    Simulated(
        "mark: unplanted pairs at their floor",
        STATISTICS["mark"],
        {"method": "tcav", "pairs": "unplanted"},
        {"above": truth_of(0.05, unplanted=True)},
        marked(0.05),
    ),
    Simulated(
        "mark: equivalence on its bound",
        STATISTICS["mark"],
        {"method": "tcav"},
        {"within": [-1.0, truth_of(0.4)]},
        marked(0.4),
    ),
    Simulated(
        "mark_difference: two equal methods",
        STATISTICS["mark_difference"],
        {"method": "tcav", "other": "cosine"},
        criterion("validity.tcav_over_cosine"),
        equals,
    ),
    Simulated(
        "planted_auroc: at its floor",
        STATISTICS["planted_auroc"],
        {},
        {"above": weak_auroc()},
        weak_plant,
    ),
    Simulated(
        "method_auroc: at its floor",
        STATISTICS["method_auroc"],
        {"method": "tcav"},
        {"above": weak_auroc()},
        weak_method,
    ),
    Simulated(
        "untrained_effect: a tenth of the real one",
        STATISTICS["untrained_effect"],
        {},
        criterion("validity.untrained_effect"),
        copies(0.1, 0.02),
    ),
    Simulated(
        "over_attribute: as far as lead and rhythm",
        STATISTICS["over_attribute"],
        {"attribute": "bass"},
        criterion("validity.over_attribute"),
        attributes({"lead": 0.2, "rhythm": 0.2, "bass": 0.2}),
    ),
]

COVERED = [
    Simulated(
        f"mark: {name}",
        STATISTICS["mark"],
        {"method": "tcav", "pairs": pairs},
        {"above": 0},
        marked(error),
        truth_of(error, unplanted=pairs == "unplanted"),
    )
    for name, error, pairs in (
        ("a good method", 0.03, "all"),
        ("a fair method", 0.08, "all"),
        ("a poor method", 0.4, "all"),
        ("a good method, unplanted pairs", 0.03, "unplanted"),
    )
] + [
    Simulated(
        "mark_difference: a good and a fair method",
        STATISTICS["mark_difference"],
        {"method": "tcav", "other": "cosine"},
        criterion("validity.tcav_over_cosine"),
        two_methods,
        truth_of(0.05) - truth_of(0.15, 2),
    ),
    Simulated(
        "over_attribute: rhythm moves half as far as lead",
        STATISTICS["over_attribute"],
        {"attribute": "bass"},
        criterion("validity.over_attribute"),
        attributes({"lead": 0.4, "rhythm": 0.2, "bass": 0.05}),
        0.15,
    ),
    Simulated(
        "untrained_effect: a twentieth, little noise",
        STATISTICS["untrained_effect"],
        {},
        criterion("validity.untrained_effect"),
        copies(0.05, 0.001),
        0.05,
    ),
]

EXACT = {"whole_patch": "an identity: the largest difference over all twins, nothing is sampled"}

test_nulls, test_planted_values, test_every_statistic = simulated_tests(
    STATISTICS, NULLS, COVERED, EXACT
)


def test_the_planted_distance_is_the_one_that_is_drawn():
    tables = attributes({"lead": 0.4}, bases=4000)(np.random.default_rng(0), None)
    assert abs(exposure(tables.truth).mean() - 0.4) < 0.01
