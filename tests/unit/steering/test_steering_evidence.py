"""Statistics of study 2: known effects come back, nulls are null, each equals a plain loop."""

from dataclasses import replace
from functools import cache
from itertools import product

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import f1_score
from study_tables import changed, claims_of, shuffle_rows, table_paths, without
from tables_of_steering import CLASSES, CONCEPTS, NULLS, PAIRS, SETTINGS, steering_tables

from tonotopy.errors import InputError
from tonotopy.evidence import tables as evidence_tables
from tonotopy.evidence.claims import NotApplicable, NotRun
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.scorecard import Instance, control_verdict, judge
from tonotopy.evidence.trainings import widening
from tonotopy.studies.steering.statistics import (
    STATISTICS,
    SteeringTables,
    classifying,
    curves,
    layers,
    nulls,
    probing,
    slopes,
)

BOOTSTRAP = Bootstrap(300, 0.95, 0)
PAIR, OTHER = PAIRS
WIDE = {"concept": "violin", "target": ["rock", "classical"]}


def of(folder) -> SteeringTables:
    return SteeringTables(table_paths(shuffle_rows(folder)), SETTINGS, BOOTSTRAP)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return of(steering_tables(tmp_path_factory.mktemp("study")))


@pytest.fixture(scope="module")
def null(tmp_path_factory):
    return of(steering_tables(tmp_path_factory.mktemp("null"), effect=0.0))


@cache
def read(path):
    return pd.read_parquet(path)


def records(tables, name, **equal):
    """Rows of a table as dictionaries, those that have the given values."""
    rows = read(tables.paths[name])
    for key, value in equal.items():
        rows = rows[rows[key] == value]
    return rows.to_dict("records")


def by_clip(tables, classes, **equal):
    """Each clip's slope, summed over classes, in the order of the clips' names."""
    rows = [row for row in records(tables, "clip_slopes", **equal) if row["class"] in classes]
    clips = sorted({row["clip"] for row in rows})
    return np.array([sum(r["slope"] for r in rows if r["clip"] == clip) for clip in clips])


def resampled(names, name, wide=True, groups=None):
    """How often each clip is in every resample of a statistic's name; widened where asked."""
    groups = groups or {clip: clip for clip in names}
    order = list(dict.fromkeys(groups[clip] for clip in names))
    counts = BOOTSTRAP.draw(len(order), "bootstrap", name).counts
    if wide:
        counts = 1 + widening(len(order), 0.95) * (counts - 1)
    return counts[:, [order.index(groups[clip]) for clip in names]]


def drawn(values, name, wide=True):
    """Weighted means over the resamples of a statistic's name, one resample after the other."""
    weights = resampled([str(i) for i in range(len(values))], name, wide)
    return np.array([(row * values).sum() / row.sum() for row in weights])


def level(tables, sweep, target, kinds=("random", "shuffled"), inside=None):
    """What 95 % of null vectors do at most, one vector after the other."""
    found = []
    for kind in kinds:
        sizes = []
        for vector in range(NULLS):
            keys = {"sweep": sweep, "vectors": kind, "concept": str(vector)}
            rows = [r for r in records(tables, "clip_slopes", **keys) if r["class"] in target]
            rows = [r for r in rows if inside is None or (r["label"] in target) == inside]
            clips = len({r["clip"] for r in rows})
            sizes.append(abs(sum(r["slope"] for r in rows) / clips))
        found.append(np.quantile(sizes, 0.95))
    return max(found)


@pytest.mark.parametrize("pair", [PAIR, WIDE])
@pytest.mark.parametrize("sweep", ["test", "unseen"])
def test_a_pairs_slope_is_held_against_what_null_vectors_reach(tables, pair, sweep):
    keys = {"sweep": sweep, "vectors": "concept", "layer": -1, "concept": pair["concept"]}
    own = by_clip(tables, pair["target"], **keys)
    found = slopes.pair_effect(tables, **pair, sweep=sweep)
    nulls_of = {"test": "controls", "unseen": "unseen_controls"}[sweep]
    expected = own.mean() - level(tables, nulls_of, pair["target"])
    assert found.value == pytest.approx(expected)
    assert (found.n, found.unit, found.trainings) == (90, "clip and null vector", 1)
    reached = nulls.null_level(tables, sweep, pair["target"])
    np.testing.assert_allclose(
        found.draws, drawn(own, f"{sweep} {pair['concept']}") - reached[1:], rtol=1e-9
    )


def test_the_level_resamples_clips_and_vectors(tables):
    found = nulls.null_level(tables, "test", ["classical"], ("random",), "inside")
    assert found[0] == pytest.approx(level(tables, "controls", ["classical"], ("random",), True))
    name = "nulls test random inside classical"
    rows = records(tables, "clip_slopes", sweep="controls", vectors="random")
    rows = [r for r in rows if r["class"] == r["label"] == "classical"]
    clips = sorted({r["clip"] for r in rows})
    vectors = sorted({r["concept"] for r in rows})
    at = {(r["clip"], r["concept"]): r["slope"] for r in rows}
    chosen = BOOTSTRAP.generator("null vectors", name).integers(0, NULLS, (301, NULLS))
    counts = BOOTSTRAP.draw(len(clips), "bootstrap", name).counts
    for draw in range(0, 300, 37):
        sizes = [
            abs(sum(counts[draw, i] * at[c, v] for i, c in enumerate(clips)) / len(clips))
            for v in vectors
        ]
        expected = np.quantile([sizes[k] for k in chosen[draw + 1]], 0.95)
        assert found[draw + 1] == pytest.approx(expected)


def test_known_slopes_come_back_and_nulls_are_not_supported(tables, null):
    found = slopes.pair_effect(tables, **PAIR)
    assert 1.6 < found.low < found.high < 2.0
    assert slopes.pair_effect(null, **PAIR).high < 0


def test_the_flat_concept_is_measured_against_the_pairs_own_slope(tables):
    keys = {"sweep": "test", "vectors": "concept", "layer": -1}
    causal = by_clip(tables, PAIR["target"], concept="violin", **keys)
    flat = by_clip(tables, PAIR["target"], concept="piano", **keys)
    found = slopes.flat_ratio(tables, **PAIR)
    assert found.value == pytest.approx(flat.mean() / causal.mean()) and found.unit == "clip"
    expected = drawn(flat, "flat test violin") / drawn(causal, "flat test violin")
    np.testing.assert_allclose(found.draws, expected)
    assert found.low < 0 < found.high and found.high - found.low < 0.1


@pytest.mark.parametrize("vectors", ["random", "correlated", "shuffled", "untrained"])
@pytest.mark.parametrize("pair", [PAIR, WIDE])
def test_a_pair_is_compared_with_null_vectors_of_one_kind(tables, null, pair, vectors):
    own = by_clip(tables, pair["target"], sweep="test", vectors="concept", concept="violin")
    found = slopes.over_control(tables, **pair, vectors=vectors)
    expected = own.mean() - level(tables, "controls", pair["target"], (vectors,))
    assert found.value == pytest.approx(expected) and found.low > 1.5
    assert slopes.over_control(null, **pair, vectors=vectors).high < 0


def sides(tables, pair, own, sweep="test"):
    """Mean slope, odd and even part of the target's own clips, or of the others."""
    keys = {"sweep": sweep, "vectors": "concept", "concept": pair["concept"]}
    rows = [r for r in records(tables, "clip_slopes", **keys) if r["class"] in pair["target"]]
    rows = [r for r in rows if (r["label"] in pair["target"]) == own]
    clips = len({row["clip"] for row in rows})
    return [sum(row[key] for row in rows) / clips for key in ("slope", "odd", "even")]


@pytest.mark.parametrize("sweep", ["test", "unseen"])
@pytest.mark.parametrize("pair", [PAIR, OTHER, WIDE])
def test_sides_of_steering_equal_a_plain_loop(tables, pair, sweep):
    inside, outside = (sides(tables, pair, own, sweep) for own in (True, False))
    nulls_of = {"test": "controls", "unseen": "unseen_controls"}[sweep]
    found = curves.plus_acts_outside(tables, **pair, sweep=sweep)
    margin = outside[0] - level(tables, nulls_of, pair["target"], inside=False)
    rises = [odd + even for _, odd, even in (outside, inside)]
    assert found.value == pytest.approx(min(margin, rises[0] - rises[1])) and found.n == 90
    found = curves.minus_acts_inside(tables, **pair, sweep=sweep)
    margin = inside[0] - level(tables, nulls_of, pair["target"], inside=True)
    falls = [odd - even for _, odd, even in (inside, outside)]
    assert found.value == pytest.approx(min(margin, falls[0] - falls[1]))
    found = curves.damage(tables, **pair, sweep=sweep)
    odd, even = ((a + b) / 2 for a, b in zip(inside[1:], outside[1:], strict=True))
    assert found.value == pytest.approx(abs(even) - odd) and found.unit == "clip"


def test_planted_sides_of_steering_come_back(tables, null):
    plus = curves.plus_acts_outside(tables, **PAIR)
    minus = curves.minus_acts_inside(tables, **PAIR)
    assert plus.value == pytest.approx(2 * 0.1 * 0.5, abs=0.02) and plus.low > 0
    assert minus.value == pytest.approx(2 * 0.1, abs=0.02) and minus.low > 0
    assert curves.damage(tables, **PAIR).high < 0
    for function in (curves.plus_acts_outside, curves.minus_acts_inside):
        assert function(null, **PAIR).low < 0


def disturbing(tables, folder):
    """Vectors that only disturb: either sign moves every probability towards the same value."""
    rows = pd.read_parquet(tables.paths["clip_slopes"])
    concept = rows["vectors"] == "concept"
    own = rows["label"] == rows["class"]
    rng = np.random.default_rng(5)
    for column, size in (("slope", 0.1), ("odd", 0.01)):
        rows.loc[concept, column] = rng.normal(0, size, concept.sum())
    rows.loc[concept, "even"] = np.where(own[concept], -0.5, 0.4)
    return changed(tables, folder, clip_slopes=rows)


def test_a_vector_that_only_disturbs_is_contradicted_and_stops_a_users_run(tables, tmp_path):
    """p becomes (1 - a) p + a q under either sign: it rises outside and falls inside."""
    names = ("plus_outside", "minus_inside", "damage", "pair", "over_random", "over_correlated")
    claims = [c for c in claims_of("steering") if c["id"].partition(".")[2] in names]
    assert len(claims) == len(names)
    moved = disturbing(tables, tmp_path)
    rows = judge(claims, [Instance("steering", "anybodys_own", moved, STATISTICS)], {}, "own")
    assert len(rows) == 2 * len(names) and {row["unit"] for row in rows} >= {"clip"}
    verdicts = {row["id"].rsplit(".", 2)[0]: row["verdict"] for row in rows}
    assert set(verdicts.values()) == {"contradicted"}
    kinds = {row["row"].partition(".")[2]: row["kind"] for row in rows}
    assert (kinds["over_random"], kinds["over_correlated"]) == ("control", "claim")
    alone = [row for row in rows if row["row"] == "steering.over_random"]
    with pytest.raises(InputError, match="failed: steering.over_random.anybodys_own"):
        control_verdict(alone, "fail")
    inside, outside = (sides(moved, PAIR, own) for own in (True, False))
    assert outside[1] + outside[2] > 0.3 > inside[1] + inside[2]  # it does rise more outside


def literal_auroc(estimates, planted):
    yes = [value for cell, value in estimates.items() if cell in planted]
    no = [value for cell, value in estimates.items() if cell not in planted]
    return np.mean([(a > b) + 0.5 * (a == b) for a in yes for b in no])


def test_planted_auroc_equals_the_count_of_ordered_pairs(tables, null):
    found = slopes.planted_auroc(tables)
    assert (found.value, found.low, found.n, found.unit) == (1.0, 1.0, 90, "clip")
    planted = {(p["concept"], p["target"][0]) for p in PAIRS}
    cells = {
        cell: by_clip(null, [cell[1]], sweep="test", layer=-1, concept=cell[0], vectors="concept")
        for cell in product(CONCEPTS, CLASSES)
    }
    found = slopes.planted_auroc(null)
    means = {cell: values.mean() for cell, values in cells.items()}
    assert found.value == pytest.approx(literal_auroc(means, planted))
    means = {cell: drawn(values, "auroc", wide=False) for cell, values in cells.items()}
    expected = [literal_auroc({c: d[i] for c, d in means.items()}, planted) for i in range(300)]
    np.testing.assert_allclose(found.draws, expected)
    assert slopes.auroc(np.array([True, False, False]), np.array([[1.0, 1.0, 0.0]])) == [0.75]


def test_gains_on_the_unseen_corpus_average_over_classes(tables, tmp_path):
    keys = {"vectors": "concept", "layer": -1, "concept": "violin", "class": "classical"}
    of_class = {
        sweep: [
            np.mean(
                [
                    r["slope"]
                    for r in records(tables, "clip_slopes", **keys, sweep=sweep)
                    if r["label"] == label
                ]
            )
            for label in CLASSES
        ]
        for sweep in ("unseen", "test")
    }
    found = slopes.unseen_gain(tables, **PAIR)
    unseen, test = (np.mean(of_class[sweep]) for sweep in ("unseen", "test"))
    assert found.value == pytest.approx(unseen - test)
    assert found.n == 180 and found.low < found.value < found.high
    rows = pd.read_parquet(tables.paths["clip_slopes"])
    rows.loc[rows["sweep"] == "test", "slope"] *= -1  # lowers its class there: nothing to exceed
    turned = slopes.unseen_gain(changed(tables, tmp_path, clip_slopes=rows), **PAIR)
    assert turned.value == pytest.approx(found.value) and turned.low < 0


def layer_means(tables, layer, concept="violin"):
    return by_clip(tables, ["classical"], sweep="layers", layer=layer, concept=concept)


def test_layers_are_compared_from_the_first_to_the_last(tables):
    first, _, last = (layer_means(tables, layer) for layer in range(3))
    found = layers.late_over_early(tables, **PAIR)
    assert found.value == pytest.approx(last.mean() - abs(first.mean())) and found.low > 1
    draws = drawn(last, "late violin") - np.abs(drawn(first, "late violin"))
    np.testing.assert_allclose(found.draws, draws)
    share = layers.early_negligible(tables, **PAIR)
    assert share.value == pytest.approx(0.2 * last.mean() - abs(first.mean())) and share.n == 90
    assert share.low > 0.3
    draws = 0.2 * drawn(last, "early violin") - np.abs(drawn(first, "early violin"))
    np.testing.assert_allclose(share.draws, draws)


@pytest.mark.parametrize("early", [-3.0, -0.6, 0.6, 3.0])
def test_early_layers_that_move_the_class_either_way_support_nothing(tables, tmp_path, early):
    rows = pd.read_parquet(tables.paths["clip_slopes"])
    first = (rows["sweep"] == "layers") & (rows["layer"] == 0)
    rows.loc[first, "slope"] += early
    moved = changed(tables, tmp_path, clip_slopes=rows)
    late, size = layer_means(moved, 2).mean(), abs(layer_means(moved, 0).mean())
    found = layers.late_over_early(moved, **PAIR)
    assert found.value == pytest.approx(late - size)
    assert (found.low > 0) == (abs(early) < 2) and (found.high < 0) == (abs(early) > 2)
    share = layers.early_negligible(moved, **PAIR)
    assert share.value == pytest.approx(0.2 * late - size) and share.high < 0


def test_late_layers_that_lower_the_class_are_no_effect(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["clip_slopes"])
    rows.loc[rows["sweep"] == "layers", "slope"] *= -1
    moved = changed(tables, tmp_path, clip_slopes=rows)
    assert layers.late_over_early(moved, **PAIR).high < 0
    assert layers.early_negligible(moved, **PAIR).high < 0
    rows.loc[rows["sweep"] == "layers", "slope"] -= 1  # noise of the first layer, too
    moved = changed(tables, tmp_path, clip_slopes=rows)
    for function in (layers.steering_after_cosine, layers.cosine_where_strong):
        with pytest.raises(NotRun, match="vectors of violin from no layer raise classical"):
            function(moved, **PAIR)


def test_a_share_of_a_slope_that_is_not_above_0_says_so(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["clip_slopes"])
    own = (rows["sweep"] == "test") & (rows["concept"] == "violin")
    for slope, message in (
        (-1.0, r"^violin does not raise classical \(slope -1\): no share of it is told$"),
        (
            0.01,
            r"^it is not certain that violin raises classical \(slope 0.01, not above 0 in \d+%",
        ),
    ):
        change = slope - rows.loc[own & (rows["class"] == "classical"), "slope"].mean()
        moved = rows.assign(slope=rows["slope"] + change * own)
        with pytest.raises(NotRun, match=message):
            slopes.flat_ratio(changed(tables, tmp_path, clip_slopes=moved), **PAIR)


def test_a_layer_whose_vectors_collapse_the_output_is_told_from_a_sweep_that_was_not_run(
    tables, tmp_path
):
    rows = pd.read_parquet(tables.paths["clip_slopes"])
    swept = rows["sweep"] == "layers"
    (tmp_path / "sweep-layers.parquet").touch()
    for collapsed, part in ((swept, ""), (swept & (rows["layer"] == 2), " from 1 of 3 layers")):
        left = changed(tables, tmp_path, clip_slopes=rows[~collapsed])
        paths = {**left.paths, "sweep-layers": tmp_path / "sweep-layers.parquet"}
        with pytest.raises(NotRun) as reason:
            layers.late_over_early(replace(left, paths=paths), **PAIR)
        assert not isinstance(reason.value, NotApplicable)
        assert str(reason.value) == (
            f"one-to-all steering with violin{part} has no slope: the output has collapsed at "
            "every strength"
        )


def test_cosines_of_few_probes_stay_cosines(tables, tmp_path):
    """Two probes of no layer agree: Student's interval of their mean leaves what is possible."""
    rows = pd.read_parquet(tables.paths["cosines"])
    rows = rows[rows["seed"] < 2]
    apart = rows.assign(cosine=rows["cosine"] + np.where(rows["seed"] == 0, 0.3, -0.3))
    found = layers.cosine_where_strong(changed(tables, tmp_path, cosines=apart), **PAIR)
    assert found.value == pytest.approx(0.2) and (found.low, found.high) == (-1, 1)
    assert np.abs(found.draws).max() == 1


def test_cosines_are_those_of_the_pair_and_come_before_the_effect(tables, tmp_path):
    found = layers.early_cosine(tables, **PAIR)
    assert found.value == pytest.approx(0.5 - 0.2) and found.unit == "probe subsample"
    assert layers.early_cosine(tables, "piano", ["pop"]).value == pytest.approx(0.55 - 0.4)
    both = layers.early_cosine(tables, "violin", ["classical", "rock"])
    assert both.value == pytest.approx((0.3 + 0.15) / 2) and both.n == 8
    after = layers.steering_after_cosine(tables, **PAIR)
    assert (after.value, after.low, after.high, after.n) == (2, 2, 2, 90)
    where = layers.cosine_where_strong(tables, **PAIR)
    assert where.value == pytest.approx(0.2) and where.unit == "clip and probe subsample"
    rows = pd.read_parquet(tables.paths["cosines"])
    noisy = rows.assign(cosine=rows["cosine"] + 0.02 * rows["seed"])
    found = layers.early_cosine(changed(tables, tmp_path, cosines=noisy), **PAIR)
    assert found.value == pytest.approx(0.3) and found.high - found.low < 1e-9  # common to layers
    tilted = rows.assign(cosine=rows["cosine"] + 0.02 * rows["seed"] * rows["layer"])
    found = layers.early_cosine(changed(tables, tmp_path, cosines=tilted), **PAIR)
    slants = np.arange(8) * 0.02 * (0.5 - 2)
    spread = np.sqrt(9) * widening(8, 0.95)
    counts = BOOTSTRAP.draw(8, "bootstrap", "early cosines violin").counts
    expected = 0.3 + slants.mean() + spread * (counts @ slants / 8 - slants.mean())
    np.testing.assert_allclose(found.draws, expected)


def of_role(tables, role, name):
    """Labels and predictions of a split, and how often each is in a resample of a name."""
    rows = sorted(records(tables, "predictions", role=role), key=lambda row: row["clip"])
    labels, predicted = ([row[key] for row in rows] for key in ("label", "predicted"))
    return labels, predicted, BOOTSTRAP.draw(90, "bootstrap", f"{name} {role}").counts


def test_a_bound_for_ten_classes_is_asked_of_ten_alone(tables):
    labels, _, _ = of_role(tables, "test", "macro_f1")
    present = len(set(labels))
    score = classifying.macro_f1(tables, "test", classes=present)
    assert score.value == classifying.macro_f1(tables, "test").value
    with pytest.raises(NotApplicable, match=f"for {present + 1} classes, these are {present}"):
        classifying.macro_f1(tables, "test", classes=present + 1)


@pytest.mark.parametrize("role", ["test", "unseen", "validation"])
def test_scores_of_the_classifier_are_those_of_one_split(tables, role):
    labels, predicted, counts = of_role(tables, role, "macro_f1")
    right = np.mean([a == b for a, b in zip(labels, predicted, strict=True)])
    accuracy = classifying.accuracy(tables, role)
    assert accuracy.value == pytest.approx(right) and accuracy.n == 90
    assert accuracy.low < right < accuracy.high
    score = classifying.macro_f1(tables, role)
    assert score.value == pytest.approx(f1_score(labels, predicted, average="macro"))
    assert (score.unit, score.trainings) == ("clip", 1)
    for draw, row in list(zip(score.draws, counts, strict=True))[:20]:
        picked = [np.repeat(names, row) for names in (labels, predicted)]
        assert draw == pytest.approx(f1_score(*picked, average="macro"))


def test_the_worst_class_and_the_weakest_ones_are_those_of_recalls(tables):
    labels, predicted, counts = of_role(tables, "test", "least")

    def recalls(names, guesses):
        pairs = list(zip(names, guesses, strict=True))
        return {c: np.mean([b == c for a, b in pairs if a == c]) for c in CLASSES}

    found = classifying.least_recall(tables)
    assert found.value == pytest.approx(3 * min(recalls(labels, predicted).values()))
    for draw, row in list(zip(found.draws, counts, strict=True))[:20]:
        picked = [np.repeat(names, row) for names in (labels, predicted)]
        assert draw == pytest.approx(3 * min(recalls(*picked).values()))
    of = recalls(labels, predicted)
    weak = classifying.weakest_classes(tables, classes=["rock", "pop"])
    assert weak.value == pytest.approx(max(of["rock"], of["pop"]) - of["classical"])
    with pytest.raises(NotRun, match="the corpus has other classes"):
        classifying.weakest_classes(tables, classes=["blues"])


def literal_near(labels, predicted, near):
    """Mean rate at which near classes are taken for one another, minus that of other mistakes."""
    close, apart = [], []
    for a, b in product(CLASSES, CLASSES):
        of_a = [p for label, p in zip(labels, predicted, strict=True) if label == a]
        rate = sum(p == b for p in of_a) / len(of_a)
        if a != b:
            (close if {a, b} in near else apart).append(rate)
    return np.mean(close) - np.mean(apart)


@pytest.mark.parametrize(
    "near", [[["classical", "rock"]], [["pop", "classical"]], [["rock", "pop"], ["pop", "rock"]]]
)
def test_near_classes_are_confused_in_either_order_on_the_test_split_alone(tables, near):
    labels, predicted, counts = of_role(tables, "test", "near_confusion")
    found = classifying.near_confusion(tables, near=near)
    sets = [set(pair) for pair in near]
    assert found.value == pytest.approx(literal_near(labels, predicted, sets)) and found.n == 90
    swapped = classifying.near_confusion(tables, near=[pair[::-1] for pair in near])
    np.testing.assert_array_equal(found.draws, swapped.draws)
    for draw, row in list(zip(found.draws, counts, strict=True))[:20]:
        picked = [np.repeat(names, row) for names in (labels, predicted)]
        assert draw == pytest.approx(literal_near(*picked, sets))


def layer_accuracies(tables):
    rows = records(tables, "probe_predictions", vectors="trained")
    return [
        np.mean([r["label"] == r["predicted"] for r in rows if r["layer"] == layer])
        for layer in range(3)
    ]


def balanced(tables, vectors, counts=None):
    """Accuracy per layer of the binary probes of a kind: both sides and all concepts alike."""
    scores = np.zeros(3)
    for concept, layer in product(CONCEPTS, range(3)):
        rows = records(tables, "probe_clips", vectors=vectors, concept=concept, layer=layer)
        for side in (True, False):
            own = [r for r in rows if r["positive"] == side]
            weights = [1 if counts is None else counts[r["clip"]] for r in own]
            scores[layer] += np.average([r["right"] for r in own], weights=weights) / 6
    return scores


def test_middle_layers_are_compared_with_both_ends(tables, tmp_path):
    first, middle, last = layer_accuracies(tables)
    assert len({first, middle, last}) == 3
    found = probing.multiclass_middle_peak(tables)
    assert found.value == pytest.approx(middle - max(first, last)) and found.n == 90
    means = balanced(tables, "trained")
    binary = probing.binary_middle_peak(tables)
    assert binary.value == pytest.approx(means[1] - means[2]) and binary.unit == "clip"
    clips = sorted({r["clip"] for r in records(tables, "probe_clips", vectors="trained")})
    assert binary.n == len(clips)
    counts = BOOTSTRAP.draw(len(clips), "bootstrap", "binary").counts
    for draw in (0, 7, 299):
        means = balanced(tables, "trained", dict(zip(clips, counts[draw], strict=True)))
        assert binary.draws[draw] == pytest.approx(means[1] - max(means[0], means[2]))
    rows = pd.read_parquet(tables.paths["probe_clips"])
    backwards = changed(tables, tmp_path, probe_clips=rows.assign(layer=2 - rows["layer"]))
    assert probing.binary_middle_peak(backwards).value == pytest.approx(binary.value)


@pytest.mark.parametrize("layers_", [3, 4, 7, 8, 12])
def test_thirds_are_those_of_the_definition(layers_):
    scores = np.random.default_rng(layers_).normal(size=(5, layers_))
    third = layers_ // 3
    for row, found in zip(scores, probing.middle_over_ends(scores), strict=True):
        middle = row[third : layers_ - third].mean()
        assert found == pytest.approx(
            min(middle - row[:third].mean(), middle - row[-third:].mean())
        )
    with pytest.raises(NotRun, match="2 layers have no thirds"):
        probing.middle_over_ends(scores[:, :2])


def test_best_layers_are_judged_on_other_clips_than_they_are_chosen_on(tables):
    found = probing.emergence(tables)
    kinds = ("trained", "untrained")
    clips = sorted({r["clip"] for k in kinds for r in records(tables, "probe_clips", vectors=k)})
    order = BOOTSTRAP.generator("halves of test clips").permutation(len(clips))
    halves = [
        {c: float((order[i] % 2 == 0) == side) for i, c in enumerate(clips)}
        for side in (True, False)
    ]
    gains = []
    for chosen, judged in (halves, halves[::-1]):
        best = [
            balanced(tables, vectors, judged)[balanced(tables, vectors, chosen).argmax()]
            for vectors in ("trained", "untrained")
        ]
        gains.append(best[0] - best[1])
    assert found.value == pytest.approx(np.mean(gains)) and found.low > 0.3
    with pytest.raises(NotRun, match="there are no probes of trained or start"):
        probing.emergence(tables, baseline="start")


def test_agreement_is_a_mean_over_concepts_and_that_of_the_least(tables, monkeypatch):
    least = probing.least_agreement(tables)
    assert least.value == least.low == least.high == pytest.approx(0.95 - 0.03 - 0.01)
    with pytest.raises(NotRun, match="3 observations are too few"):
        probing.vector_agreement(tables)
    monkeypatch.setattr(evidence_tables, "FEWEST", 3)  # this world has three concepts
    mean = probing.vector_agreement(tables)
    assert mean.value == pytest.approx(0.94 - 0.04 / 3) and (mean.n, mean.unit) == (3, "concept")
    values = np.array([0.94, 0.91, 0.93])  # guitar, piano, violin
    np.testing.assert_allclose(mean.draws, drawn(values, "agreement"))


def test_shuffled_probes_are_measured_from_chance(tables):
    rows = records(tables, "probe_scores", vectors="shuffled")
    found = probing.shuffled_probe(tables)
    assert found.value == pytest.approx(np.mean([r["macro_f1"] for r in rows]) / 0.5)
    assert (found.n, found.unit) == (24, "label permutation") and abs(found.value - 1) < 0.01


def test_groups_of_clips_are_resampled_whole(tmp_path):
    """Three clips of a song: a third as many observations, and wider intervals."""
    songs = of(steering_tables(tmp_path / "songs", together=3))
    for function, arguments in ((classifying.accuracy, {}), (slopes.flat_ratio, PAIR)):
        found = function(songs, **arguments)
        assert (found.n, found.unit) == (30, "group of clips")
    rows = records(songs, "clip_slopes", sweep="layers", vectors="concept", concept="violin")
    at = {
        layer: {
            r["clip"]: r["slope"] for r in rows if (r["class"], r["layer"]) == ("classical", layer)
        }
        for layer in (0, 2)
    }
    groups = {r["clip"]: r["group"] for r in rows}
    clips = sorted(groups)
    weights = resampled(clips, "late violin", groups=groups)
    early, late = (
        np.array([sum(row * [at[k][c] for c in clips]) / row.sum() for row in weights])
        for k in (0, 2)
    )
    expected = late - np.abs(early)
    np.testing.assert_allclose(layers.late_over_early(songs, **PAIR).draws, expected)


CURVE = {-0.6: 0.1, -0.4: 0.2, -0.3: 0.25, 0.0: 0.3, 0.3: 0.5, 0.4: 0.7, 0.6: 0.6}


def test_strong_steering_is_read_from_strengths_that_have_not_collapsed(tables, tmp_path):
    rng, rows = np.random.default_rng(0), []
    for (strength, p), clip, concept in product(CURVE.items(), range(40), ("violin", "piano")):
        label = CLASSES[clip % 3]
        drop = p if concept == "violin" else 0.3 - abs(strength) * (label == "classical")
        flag = concept == "violin" and strength == 0.6
        rows.append((concept, strength, f"c{clip:02}", label, f"c{clip:02}", drop, flag))
    columns = ["concept", "strength", "clip", "label", "group", "probability", "collapsed"]
    sweep = pd.DataFrame(rows, columns=columns).assign(**{"class": "classical"})
    sweep["probability"] += rng.normal(0, 1e-4, len(sweep))
    moved = changed(tables, tmp_path, **{"sweep-test": sweep})
    found = curves.far_effect(moved, **PAIR)
    expected = (0.7 - 0.2) / 2 - 0.4 * level(tables, "controls", ["classical"])
    assert found.value == pytest.approx(expected, abs=1e-4) and found.low > 0
    ends = curves.fall_at_both_ends(moved, **PAIR)
    assert ends.value == pytest.approx(-0.6, abs=1e-3) and ends.n == 14
    near = changed(tables, tmp_path, **{"sweep-test": sweep[sweep["strength"].abs() < 0.35]})
    with pytest.raises(NotRun, match=r"no strength beyond 0.3 is left"):
        curves.far_effect(near, **PAIR)
    assert curves.fall_at_both_ends(near, **PAIR).value == pytest.approx(-0.3, abs=1e-3)


def test_what_cannot_be_judged_says_why(tables, tmp_path):
    sweeps = pd.read_parquet(tables.paths["clip_slopes"])
    only_test = changed(tables, tmp_path, clip_slopes=sweeps[sweeps["sweep"] == "test"])
    matrix = pd.read_parquet(tables.paths["slopes"]).drop(columns="planted")
    unplanted = changed(tables, tmp_path, slopes=matrix)
    flatless = replace(tables, settings={**SETTINGS, "flat": None})
    for message, call in {
        "the table 'predictions' is not part of this run": lambda: classifying.macro_f1(
            without(tables, "predictions")
        ),
        "the table 'sweep-test' is not part of this run": lambda: curves.far_effect(
            without(tables, "sweep-test"), **PAIR
        ),
        "no predictions for 'train'": lambda: classifying.macro_f1(tables, role="train"),
        "the corpus has other classes": lambda: classifying.near_confusion(
            tables, near=[["rock", "pop"], ["jazz", "rock"]]
        ),
        "the sweep 'elsewhere' of violin is not part of this study": lambda: slopes.pair_effect(
            tables, **PAIR, sweep="elsewhere"
        ),
        "no concept is declared flat": lambda: slopes.flat_ratio(flatless, **PAIR),
        "no planted causes to compare with": lambda: slopes.planted_auroc(unplanted),
        "a control sweep with random vectors is not part of this study": lambda: (
            slopes.over_control(only_test, **PAIR, vectors="random")
        ),
        "one-to-all steering with violin is not part of this study": lambda: layers.late_over_early(
            only_test, **PAIR
        ),
    }.items():
        with pytest.raises(NotRun) as reason:
            call()
        assert message in str(reason.value)


def test_one_claim_per_pair_or_per_study(tables):
    assert tables.combinations({"each": ["pair"]}) == [
        ("violin-classical", PAIR),
        ("guitar-rock", OTHER),
    ]
    joined = {"concept": "guitar", "target": ["rock", "metal"]}
    several = replace(tables, settings={**SETTINGS, "pairs": [joined]})
    assert several.combinations({"each": ["pair"]}) == [("guitar-rock-metal", joined)]
    assert tables.combinations({}) == [("", {})]


@pytest.mark.parametrize("name", ["world", "mini_music", "anybody's own"])
def test_an_instance_of_any_name_has_null_controls_that_can_fail(tables, null, name):
    over = [row for row in claims_of("steering") if row["statistic"] == "over_control"]
    assert len(over) == 4
    rows = judge(over, [Instance("steering", name, tables, STATISTICS)], {}, "own")
    assert len(rows) == 8 and {row["verdict"] for row in rows} == {"supported"}
    controls = {row["row"] for row in rows if row["kind"] == "control"}
    assert controls == {f"steering.over_{kind}" for kind in ("random", "shuffled", "untrained")}
    assert control_verdict(rows, "fail") == "6 of 6 controls passed"
    rows = judge(over, [Instance("steering", name, null, STATISTICS)], {}, "own")
    assert "contradicted" in {row["verdict"] for row in rows}
    with pytest.raises(InputError, match=rf"failed: steering.over_\w+.{name}"):
        control_verdict(rows, "fail")
