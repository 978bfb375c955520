"""Statistics of study 2 on simulated tables: nulls are not supported, intervals hold the truth."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from simulations import (
    Simulated,
    bootstrap,
    criterion,
    in_memory,
    simulated_tests,
)

from tonotopy.studies.steering.statistics import STATISTICS, SteeringTables

pytestmark = pytest.mark.simulation

CLASSES = np.array(["a", "b", "c", "d"])
CLIPS, NULL_CLIPS, VECTORS, LAYERS, SEEDS = 160, 20, 80, 8, 10
PAIR = {"concept": "v", "target": ["a"]}
SETTINGS = {"pairs": [PAIR], "flat": "p", "slope_range": 0.2}
IDLE = 0.15  # spread of what vectors of no concept do, per unit of lambda


def tables(rng, **frames) -> SteeringTables:
    return in_memory(SteeringTables, frames, SETTINGS, bootstrap(rng))


def clips_of(count: int) -> dict:
    names = [f"c{number:04}" for number in range(count)]
    return {"clip": names, "group": names, "label": CLASSES[np.arange(count) % 4]}


def effects(
    rng, slope, concept="v", vectors="concept", layer=-1, sweep="test", count=CLIPS, even=0.0
):
    """Slopes of one direction on the class a: a mean, and what clips differ by."""
    own = slope + rng.normal(0, 0.4, count)
    columns = {"vectors": vectors, "layer": layer, "concept": concept, "class": "a", "sweep": sweep}
    parts = {"slope": own, "odd": 0.2 * own, "even": even + rng.normal(0, 0.05, count)}
    return pd.DataFrame({**columns, **clips_of(count), **parts, "reach": 0.2})


def idle(rng, sweep="controls") -> list[pd.DataFrame]:
    """Null vectors: each has a slope of its own, around 0."""
    numbers = np.arange(2 * VECTORS).repeat(NULL_CLIPS)
    about = {k: np.tile(values, 2 * VECTORS) for k, values in clips_of(NULL_CLIPS).items()}
    own = rng.normal(0, IDLE, 2 * VECTORS)[numbers] + rng.normal(0, 0.4, len(numbers))
    columns = {"layer": -1, "concept": numbers, "class": "a", "sweep": sweep}
    columns["vectors"] = np.where(numbers < VECTORS, "random", "shuffled")
    return [pd.DataFrame({**columns, **about, "slope": own, "odd": 0.2 * own, "even": 0.0})]


def steered(rng, folder, planted=None, flat=0.0, even=0.0):
    """A vector that is one of the null vectors, or one with a planted slope; and the flat one."""
    slope = rng.normal(0, IDLE) if planted is None else planted
    nulls = idle(rng) if planted is None else []
    parts = [effects(rng, slope, even=even), effects(rng, flat, "p"), *nulls]
    return tables(rng, clip_slopes=pd.concat(parts, ignore_index=True))


def on_two_corpora(rng, folder, gain, test=1.0):
    parts = [effects(rng, test), effects(rng, test + gain, sweep="unseen", count=120)]
    return tables(rng, clip_slopes=pd.concat(parts, ignore_index=True))


def by_layer(rng, folder, early=0.0, late=0.0, cosine=0.0, last=None, noise=0.1):
    """One-to-all slopes that rise over layers; cosines of subsamples of one draw of clips.

    Subsamples of half of the clips differ from one another as much as draws of clips do.
    """
    sizes = np.linspace(0, 1, LAYERS)
    sizes = np.where(sizes < 0.35, early, late)
    clip = rng.normal(0, 0.3, 100)
    parts = [
        effects(rng, size, layer=k, sweep="layers", count=100).assign(
            slope=lambda rows, size=size: rows["slope"] + clip
        )
        for k, size in enumerate(sizes)
    ]
    level = np.full(LAYERS, cosine)
    level[-(LAYERS // 3) :] = cosine if last is None else last
    drawn = level + rng.normal(0, noise, LAYERS) + rng.normal(0, noise, (SEEDS, LAYERS))
    seeds, layers = np.indices(drawn.shape)
    columns = {"seed": seeds.ravel(), "layer": layers.ravel(), "cosine": drawn.ravel()}
    cosines = pd.DataFrame({"concept": "v", "class": "a", **columns})
    return tables(rng, clip_slopes=pd.concat(parts, ignore_index=True), cosines=cosines)


def classified(rng, folder, right, count=400):
    """A classifier that is right this often, and errs alike for all classes."""
    about = clips_of(count)
    chance = rng.integers(1, 4, count)
    codes = (np.arange(count) % 4 + np.where(rng.random(count) < right, 0, chance)) % 4
    rows = pd.DataFrame({"role": "test", **about, "predicted": CLASSES[codes]})
    return tables(rng, predictions=rows)


def probed(rng, folder, gain=0.0):
    """Probes that tell concepts alike from all layers; those of the trained network by more."""
    kinds, predictions, rows = {"trained": 0.6 + gain, "untrained": 0.6}, [], []
    about = clips_of(CLIPS)
    for kind, level in kinds.items():
        easy = rng.normal(0, 1, CLIPS)
        for layer in range(LAYERS):
            right = easy + rng.normal(0, 1, CLIPS) < np.sqrt(2) * _normal_quantile(level)
            keys = {"vectors": kind, "layer": layer}
            guess = np.where(right, about["label"], "none")
            predictions.append(pd.DataFrame({**keys, **about, "predicted": guess}))
            for concept in CLASSES:
                positive = about["label"] == concept
                own = {k: v for k, v in about.items() if k != "label"}
                own |= {"concept": concept, "positive": positive, "right": right.astype(float)}
                rows.append(pd.DataFrame({**keys, **own}))
    return tables(
        rng,
        probe_predictions=pd.concat(predictions, ignore_index=True),
        probe_clips=pd.concat(rows, ignore_index=True),
    )


def _normal_quantile(share: float) -> float:
    return float(np.quantile(np.random.default_rng(0).standard_normal(100_000), share))


def agreeing(rng, folder, level):
    rows = [(f"k{k}", 0, level + rng.normal(0, 0.03)) for k in range(8)]
    rows = pd.DataFrame(rows, columns=["concept", "layer", "cosine"])
    return tables(rng, agreement=rows.assign(vectors="trained"))


def shuffled(rng, folder, level):
    index = pd.MultiIndex.from_product([range(10), range(8)], names=["seed", "concept"])
    rows = pd.DataFrame({"macro_f1": level / 2 + rng.normal(0, 0.03, 80)}, index=index)
    return tables(rng, probe_scores=rows.reset_index().assign(vectors="shuffled"))


def planted_cells(rng, folder):
    """Two planted and ten other cells; one of the others is as large as a planted one."""
    slopes = {("v", "a"): 1.0, ("v", "b"): 2.0} | {(f"n{k}", "a"): 0.0 for k in range(9)}
    slopes["n9", "a"] = 1.0
    parts = [
        effects(rng, slope, concept).assign(**{"class": label})
        for (concept, label), slope in slopes.items()
    ]
    matrix = pd.DataFrame(list(slopes), columns=["concept", "class"])
    matrix["planted"] = matrix["concept"] == "v"
    return tables(rng, clip_slopes=pd.concat(parts, ignore_index=True), slopes=matrix)


def curves(rng, folder, far=None, ends=0.0):
    """Probabilities at strong steering: of a null vector, and of a flat concept that falls."""
    slope = rng.normal(0, IDLE) if far is None else far
    rows = []
    about = clips_of(CLIPS)
    for concept in ("v", "p"):
        own = rng.normal(0, 0.1, CLIPS)
        for strength in (-0.5, -0.2, 0.0, 0.2, 0.5):
            moved = slope * strength if concept == "v" else ends * (strength != 0)
            p = 0.4 + own + moved + rng.normal(0, 0.1, CLIPS)
            keys = {"concept": concept, "strength": strength, "class": "a", "collapsed": False}
            rows.append(pd.DataFrame({**keys, **about, "probability": p}))
    slopes = pd.concat(idle(rng), ignore_index=True)
    return tables(rng, **{"sweep-test": pd.concat(rows, ignore_index=True)}, clip_slopes=slopes)


def case(statistic, row, draw, arguments=None, truth=None, name=None) -> Simulated:
    arguments = {} if arguments is None else arguments
    function = STATISTICS[statistic]
    bounds = criterion(f"steering.{row}")
    return Simulated(name or statistic, function, arguments, bounds, draw, truth)


NEAR = {"near": [["a", "b"]]}
NULLS = [
    case("macro_f1", "macro_f1", partial(classified, right=0.2)),
    case("accuracy", "accuracy", partial(classified, right=0.95, count=300)),
    case("least_recall", "above_chance", partial(classified, right=0.25)),
    case("weakest_classes", "weakest", partial(classified, right=0.6), {"classes": ["a", "b"]}),
    case("near_confusion", "near_confusion", partial(classified, right=0.6), NEAR),
    case("multiclass_middle_peak", "multiclass_peak", probed),
    case("binary_middle_peak", "binary_peak", probed),
    case("emergence", "emergence", probed),
    case("shuffled_probe", "shuffled_probe", partial(shuffled, level=1.1)),
    case("vector_agreement", "agreement", partial(agreeing, level=0.9)),
    case("pair_effect", "pair", steered, PAIR),
    case("over_control", "over_random", steered, {**PAIR, "vectors": "random"}),
    case("plus_acts_outside", "plus_outside", steered, PAIR),
    case("minus_acts_inside", "minus_inside", steered, PAIR),
    case("damage", "damage", partial(steered, planted=0.5, even=0.1), PAIR),
    case("flat_ratio", "flat", partial(steered, planted=1.0, flat=0.1), PAIR),
    case("unseen_gain", "unseen_gain", partial(on_two_corpora, gain=0.0), PAIR),
    case(
        "unseen_gain",
        "unseen_gain",
        partial(on_two_corpora, gain=2.0, test=-1.0),
        PAIR,
        name="unseen_gain_of_a_fall",
    ),
    case("planted_auroc", "auroc", planted_cells),
    case("far_effect", "far", curves, PAIR),
    case("fall_at_both_ends", "both_ends", curves, PAIR),
    case("late_over_early", "late_over_early", partial(by_layer, early=0.3, late=0.3), PAIR),
    case(
        "late_over_early",
        "late_over_early",
        partial(by_layer, early=-0.5, late=0.5),
        PAIR,
        name="late_over_negative_early",
    ),
    case("early_negligible", "early_negligible", partial(by_layer, early=0.2, late=1.0), PAIR),
    case(
        "early_negligible",
        "early_negligible",
        partial(by_layer, early=-0.2, late=1.0),
        PAIR,
        name="negative_early_negligible",
    ),
    case("early_cosine", "early_cosine", by_layer, PAIR),
    case("steering_after_cosine", "after_cosine", by_layer, PAIR),
    case("cosine_where_strong", "low_cosine", partial(by_layer, cosine=0.3), PAIR),
]
PLANTED = [
    case("accuracy", "accuracy", partial(classified, right=0.8), truth=0.8),
    case("flat_ratio", "flat", partial(steered, planted=1.0, flat=0.02), PAIR, 0.02),
    case("damage", "damage", partial(steered, planted=1.0, even=0.05), PAIR, -0.15),
    case("unseen_gain", "unseen_gain", partial(on_two_corpora, gain=0.2), PAIR, 0.2),
    case("late_over_early", "late_over_early", partial(by_layer, early=0, late=0.5), PAIR, 0.5),
    case(
        "late_over_early",
        "late_over_early",
        partial(by_layer, early=-1, late=0.5),
        PAIR,
        -0.5,
        "late_under_negative_early",
    ),
    case("early_negligible", "early_negligible", partial(by_layer, early=0.1, late=1), PAIR, 0.1),
    case("early_cosine", "early_cosine", partial(by_layer, cosine=0.5, last=0.1), PAIR, 0.4),
    case("vector_agreement", "agreement", partial(agreeing, level=0.95), truth=0.95),
    case("shuffled_probe", "shuffled_probe", partial(shuffled, level=1.0), truth=1.0),
]
EXACT = {"least_agreement": "the least of numbers that are there, as the thesis prints it"}

test_nulls, test_planted_values, test_every_statistic = simulated_tests(
    STATISTICS, NULLS, PLANTED, EXACT
)
