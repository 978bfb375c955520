"""Evidence of study 4 on transfers, layer importance, residuals and pairs, against plain loops."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from study_tables import changed, shuffle_rows, table_paths
from tables_of_sonification import (
    CLASSES,
    LAYERS,
    SETTINGS,
    labels_of,
    plain_rows,
    plain_trained,
    sonification_tables,
)

from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.sonification.statistics import Tables, depths, pairs, residuals, transfers

BOOTSTRAP = Bootstrap(200, 0.95, 3)
FEW = 5  # resamples that are compared
RUNS = {"supervised": 3, "contrastive": 2}  # runs are resampled, or the three heads of each
PAIR = ("contrastive", "supervised")
GROUPS = 99  # of the clips with two classes


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    sonification_tables(folder, runs=RUNS, repeats=3, training=0.02, heads=0.01)
    return Tables(table_paths(shuffle_rows(folder)), SETTINGS, BOOTSTRAP)


def check(found, expected, units):
    """The estimate is the first expected value, its first draws are the others."""
    assert found.value == pytest.approx(expected[0]) and found.n == units
    np.testing.assert_allclose(found.draws[: len(expected) - 1], expected[1:], atol=1e-12)


@cache
def _table(path):
    return pd.read_parquet(path)


def read(tables, name, **equal):
    return plain_rows(_table(tables.paths[name]), **equal)


def score(tables, task, network, learn, layer="whole", column="score", labels=None):
    where = {"task": task, "network": network, "learn": learn, "layer": layer}
    rows = read(tables, "transfers", **where)
    weight = "clips" if rows[0]["measure"] == "recall" else None
    if labels:
        rows = [{**r, column: r[column] if r["label"] in labels else np.nan} for r in rows]
    return plain_trained(rows, "label", column, BOOTSTRAP, FEW, weight)


# ---- transfers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("task", list(CLASSES))
@pytest.mark.parametrize("network", ["supervised", "contrastive", "untrained"])
def test_scores_are_means_over_classes_or_accuracies(tables, task, network):
    found = transfers.score(tables, task, network, "all")
    check(found, score(tables, task, network, "all"), CLASSES[task])
    low, high = np.quantile(found.draws, [0.025, 0.975])
    assert (found.low, found.high) == pytest.approx((low, high)) and len(found.draws) == 200


def test_accuracies_are_weighted_by_clips(tables):
    rows = read(
        tables, "transfers", task="keywords", network="untrained", learn="head", layer="whole"
    )
    right = sum(row["score"] * row["clips"] for row in rows)
    expected = right / sum(row["clips"] for row in rows)
    assert transfers.score(tables, "keywords", "untrained", "head").value == pytest.approx(expected)


@pytest.mark.parametrize("column", ["score", "auc"])
@pytest.mark.parametrize(
    "than",
    [{"network": "untrained"}, {"learn": "head"}, {"network": "supervised", "learn": "head"}],
)
def test_scores_are_compared_on_the_same_classes(tables, than, column):
    which = {"network": "contrastive", "learn": "all"}
    one, other = (score(tables, "few", **w, column=column) for w in (which, {**which, **than}))
    found = transfers.score_difference(tables, "few", **which, than=than, column=column)
    check(found, one - other, CLASSES["few"])


def test_recalls_have_no_auc(tables):
    with pytest.raises(NotRun, match="undefined"):
        transfers.score(tables, "speakers", "untrained", "all", column="auc")


@pytest.mark.parametrize(("than", "learn"), [("untrained", "head"), ("contrastive", "all")])
def test_own_answers_are_compared_with_a_head(tables, than, learn):
    rows = read(tables, "answers", network="supervised")
    own = plain_trained(rows, "label", "score", BOOTSTRAP, FEW)
    found = transfers.answers_difference(tables, "supervised", than, learn)
    check(found, own - score(tables, "tagging", than, learn), CLASSES["tagging"])
    check(transfers.answers_score(tables, "supervised"), own, CLASSES["tagging"])


def test_answers_on_other_classes_are_not_compared(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["answers"])
    rows = rows.assign(label=rows["label"].replace("class a", "class z"))
    with pytest.raises(NotRun, match="not measured on the same clips or classes"):
        other = changed(tables, tmp_path, answers=rows)
        transfers.answers_difference(other, "supervised", "untrained")
    with pytest.raises(NotRun, match="'answers' has nothing for network 'contrastive'"):
        transfers.answers_score(tables, "contrastive")


def test_scores_of_several_measures_are_not_averaged(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["transfers"])
    rows.loc[rows["label"] == "class b", "measure"] = "recall"
    with pytest.raises(NotRun, match="several measures"):
        transfers.score(changed(tables, tmp_path, transfers=rows), "few", "untrained", "all")


# ---- layer importance ----------------------------------------------------------------------------


def by_layer(tables, task, network, learn, layers=LAYERS):
    return np.array([score(tables, task, network, learn, layer) for layer in layers]).T


@pytest.mark.parametrize("task", ["events", "keywords"])
def test_scores_are_correlated_with_depth(tables, task):
    levels = by_layer(tables, task, "contrastive", "head")
    expected = [spearmanr(range(11), row).statistic for row in levels]
    found = depths.depth_correlation(tables, task, "contrastive", "head")
    check(found, expected, CLASSES[task])


THIRDS = {
    "first third": LAYERS[:3],
    "middle third": LAYERS[3:8],
    "last third": LAYERS[8:],
    "all but the final two": LAYERS[:9],
    "final two": LAYERS[9:],
}


@pytest.mark.parametrize("which", list(THIRDS))
def test_networks_are_compared_over_some_layers(tables, which):
    gaps = {}
    for learn in ("head", "all"):
        one, other = (by_layer(tables, "keywords", n, learn, THIRDS[which]) for n in PAIR)
        gaps[learn] = (one - other).mean(axis=1)
        found = depths.depth_difference(tables, "keywords", *PAIR, learn, which)
        check(found, gaps[learn], CLASSES["keywords"])
    found = depths.depth_difference_by_learning(tables, "keywords", *PAIR, which)
    check(found, gaps["head"] - gaps["all"], CLASSES["keywords"])


def test_layers_of_a_network_are_compared(tables):
    last, middle = (
        by_layer(tables, "tagging", "supervised", "all", THIRDS[which]).mean(axis=1)
        for which in ("last third", "middle third")
    )
    found = depths.depth_rise(tables, "tagging", "supervised", "all", "last third", "middle third")
    check(found, last - middle, CLASSES["tagging"])
    one, other = (score(tables, "tagging", name, "head", "block7") for name in PAIR)
    found = depths.layer_difference(tables, "tagging", *PAIR, "head", "block7")
    check(found, one - other, CLASSES["tagging"])


@pytest.mark.parametrize("task", ["keywords", "events"])
def test_the_best_middle_layer_is_chosen_on_other_classes(tables, task):
    labels = sorted(labels_of(task))
    expected = np.zeros(FEW + 1)
    for chosen_on, judged_on in ((labels[::2], labels[1::2]), (labels[1::2], labels[::2])):
        middle = {
            layer: score(tables, task, "contrastive", "head", layer, labels=chosen_on)[0]
            for layer in THIRDS["middle third"]
        }
        best = max(middle, key=middle.get)
        whole, chosen = (
            score(tables, task, "contrastive", "head", layer, labels=judged_on)
            for layer in ("whole", best)
        )
        expected += (whole - chosen) * len(judged_on) / len(labels)
    found = depths.whole_over_middle(tables, task, "contrastive")
    check(found, expected, CLASSES[task])


def test_tasks_without_layers_have_no_depth(tables):
    with pytest.raises(NotRun, match="'transfers' has no layer with maps"):
        depths.depth_correlation(tables, "few", "supervised", "all")
    with pytest.raises(NotRun, match="no task 'birds'.*tagging, few"):
        depths.layer_difference(tables, "birds", *PAIR, "head", "block7")


# ---- residuals -----------------------------------------------------------------------------------

ALIVE = CLASSES["tagging"]  # one has no clips, and is drawn none the less


def drop(tables, network, learn, kind, layer):
    where = {"network": network, "learn": learn}
    whole, without = (
        plain_trained(read(tables, "residuals", **where, **w), "label", "score", BOOTSTRAP, FEW)
        for w in ({"kind": "original"}, {"kind": kind, "layer": layer})
    )
    return whole - without, whole


@pytest.mark.parametrize("learn", ["head", "all"])
def test_drops_are_of_the_same_classes(tables, learn):
    expected, _ = drop(tables, "contrastive", learn, "residual", "block7")
    check(residuals.drop(tables, "contrastive", learn, "block7"), expected, ALIVE)
    for over in ("phase", "filter"):
        other, _ = drop(tables, "contrastive", learn, over, "block7")
        found = residuals.drop(tables, "contrastive", learn, "block7", over)
        check(found, expected - other, ALIVE)


def drops(tables, network, learn):
    return np.array([drop(tables, network, learn, "residual", layer)[0] for layer in LAYERS])


def spread(tables, network, learn):
    """Root of the covariance over layers of the drops of two halves of the classes."""
    where = {"network": network, "learn": learn}
    classes = sorted({row["label"] for row in read(tables, "residuals", **where)})
    halves = []
    for half in (classes[::2], classes[1::2]):
        means = []
        for which in ({"kind": "original"}, *({"kind": "residual", "layer": n} for n in LAYERS)):
            rows = read(tables, "residuals", **where, **which)
            rows = [{**r, "score": r["score"] if r["label"] in half else np.nan} for r in rows]
            means.append(plain_trained(rows, "label", "score", BOOTSTRAP, FEW))
        halves.append(means[0] - np.array(means[1:]))
    variance = [np.cov(one, other)[0, 1] for one, other in zip(*(h.T for h in halves), strict=True)]
    return np.array([np.sign(v) * abs(v) ** 0.5 for v in variance])


def test_drops_of_all_layers_are_shares_spread_and_compared(tables):
    shares = {}
    for network in ("supervised", "untrained"):
        whole = drop(tables, network, "head", "residual", "block1")[1]
        shares[network] = drops(tables, network, "head").mean(axis=0) / whole
    check(residuals.share_lost(tables, "supervised", "head"), shares["supervised"], ALIVE)
    found = residuals.share_lost(tables, "supervised", "head", "untrained")
    check(found, shares["supervised"] - shares["untrained"], ALIVE)
    head, every = (drops(tables, "contrastive", learn) for learn in ("head", "all"))
    expected = [spread(tables, "contrastive", learn) for learn in ("head", "all")]
    found = residuals.spread_difference(tables, "contrastive")
    np.testing.assert_allclose([found.value, *found.draws[:FEW]], expected[0] - expected[1])
    found = residuals.robustness(tables, "contrastive")
    check(found, head.mean(axis=0) - every.mean(axis=0), ALIVE)


# ---- pairs ---------------------------------------------------------------------------------------


def wins(rows, values):
    one, other = values
    won = [{**r, "won": float(r[one] > r[other]) if r[one] == r[one] else np.nan} for r in rows]
    return plain_trained(won, "group", "won", BOOTSTRAP, FEW)


@pytest.mark.parametrize(
    ("statistic", "name", "values"),
    [
        ("match_share", "matches", ("own", "crossed")),
        ("targeted_share", "targeted", ("drop_target", "drop_other")),
    ],
)
def test_pairs_are_drawn_with_the_group_of_their_clip(tables, tmp_path, statistic, name, values):
    table = pd.read_parquet(tables.paths[name])
    table.loc[table.index[::17], values[0]] = np.nan  # not known
    tie = table.index[::13]
    table.loc[tie, values[0]] = table.loc[tie, values[1]]  # no win
    other = changed(tables, tmp_path, **{name: table})
    call, expected = getattr(pairs, statistic), {}
    for network in ("supervised", "untrained"):
        for layer in ("block6", "block11"):
            rows = plain_rows(table, network=network, layer=layer)
            expected[network, layer] = wins(rows, values)
        check(call(other, network), expected[network, "block11"].clip(0, 1), GROUPS)
    check(call(other, "supervised", "first"), expected["supervised", "block6"].clip(0, 1), GROUPS)
    beyond = expected["supervised", "block11"].max() > 1  # widened beyond what is possible
    assert beyond == (name == "matches")
    check(
        call(other, "supervised", than="untrained"),
        expected["supervised", "block11"] - expected["untrained", "block11"],
        GROUPS,
    )
