"""Evidence of study 4: its tables, what claims may be about, and what is resampled."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm, t
from study_tables import changed, shuffle_rows, table_paths, without
from tables_of_sonification import LAYERS, OFFSETS, SETTINGS, sonification_tables

from tonotopy.errors import InputError
from tonotopy.evidence.claims import NotRun
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.trainings import training_shares, widening
from tonotopy.studies.sonification.statistics import STATISTICS, Tables, sounds, transfers

BOOTSTRAP = Bootstrap(200, 0.95, 3)
TASKS = list(SETTINGS["transfers"])


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = shuffle_rows(sonification_tables(tmp_path_factory.mktemp("study")))
    return Tables(table_paths(folder), SETTINGS, BOOTSTRAP)


def parts(tables, *each, **only):
    return tables.combinations({"each": list(each), "only": only})


@pytest.mark.parametrize(
    ("each", "only", "argument", "expected"),
    [
        ("layer", {}, "layer", list(LAYERS)),
        ("layer", {"layers": ["block9", "block2", "embedding"]}, "layer", ["block2", "block9"]),
        ("layer", {"depths": ["first third"]}, "layer", list(LAYERS[:3])),
        ("layer", {"depths": ["middle third"]}, "layer", list(LAYERS[3:8])),
        ("layer", {"depths": ["last third"]}, "layer", list(LAYERS[8:])),
        ("layer", {"depths": ["all but the final two"]}, "layer", list(LAYERS[:9])),
        ("layer", {"depths": ["final two", "first third"]}, "layer", [*LAYERS[:3], *LAYERS[9:]]),
        ("network", {}, "network", ["supervised", "contrastive", "untrained"]),
        ("network", {"networks": ["untrained"]}, "network", ["untrained"]),
        ("trained", {}, "network", ["supervised", "contrastive"]),
        ("trained", {"networks": ["contrastive", "other"]}, "network", ["contrastive"]),
        ("task", {}, "task", TASKS),
        ("task", {"tasks": ["speakers", "tagging"]}, "task", ["tagging", "speakers"]),
        ("few", {}, "task", ["few"]),
        ("learn", {}, "learn", ["head", "all"]),
        ("learn", {"learns": ["all"]}, "learn", ["all"]),
        ("offset", {}, "offset", sorted(OFFSETS)),
    ],
)
def test_rows_are_judged_for_the_parts_that_they_are_about(tables, each, only, argument, expected):
    found = parts(tables, each, **only)
    assert found == [(str(value), {argument: value}) for value in expected]
    assert each in tables.EACH and set(only) <= set(tables.ONLY)


def test_rows_without_parts_are_about_the_study_and_several_words_are_crossed(tables):
    assert parts(tables) == tables.combinations({}) == [("", {})]
    found = parts(tables, "trained", "layer", networks=["contrastive"], layers=["block8", "block9"])
    assert found == [
        (f"contrastive.{layer}", {"network": "contrastive", "layer": layer})
        for layer in ("block8", "block9")
    ]


@pytest.mark.parametrize(
    ("word", "only", "settings", "reason"),
    [
        ("trained", {"networks": ["deep"]}, {}, "the instance has no network deep"),
        ("layer", {"layers": ["fc", "x"]}, {}, "the instance has no layer fc or x"),
        ("task", {"tasks": ["birds"]}, {}, "the instance has no task birds"),
        ("task", {}, {"transfers": None}, "the instance has no 'transfers'"),
        ("network", {}, {"networks": {}}, "the instance has no 'networks'"),
        ("few", {}, {"transfers": None}, "no task is taught to whole networks with few labels"),
        (
            "few",
            {},
            {"transfers": {"few": {"labels": 400, "learn": ["head"]}, "x": {"learn": ["all"]}}},
            "no task is taught to whole networks with few labels",
        ),
    ],
)
def test_what_the_instance_lacks_is_not_judged(tables, word, only, settings, reason):
    lacking = replace(tables, settings={**SETTINGS, **settings})
    with pytest.raises(NotRun, match=f"^{reason}$"):
        parts(lacking, word, **only)


def test_layers_are_those_with_maps_in_their_order(tables, tmp_path):
    assert tables.layers() == list(LAYERS) and "embedding" not in tables.layers()
    rows = pd.read_parquet(tables.paths["similarity"])
    deeper = rows[rows["layer"] == "block11"].assign(layer="embedding", depth=12)
    other = changed(tables, tmp_path, similarity=pd.concat([deeper, rows]))
    assert other.layer("deepest", "similarity", network="supervised") == "block11"
    assert other.layer("first", "similarity", network="supervised") == "block1"
    assert other.layer("block4", "similarity", network="supervised") == "block4"
    bare = changed(tables, tmp_path, similarity=deeper)
    with pytest.raises(NotRun, match="the table 'similarity' has no layer with maps"):
        bare.layers("similarity")
    own = rows[(rows["network"] != "contrastive") | (rows["depth"] < 8)]
    shorter = changed(tables, tmp_path, similarity=own)
    assert shorter.layer("deepest", "similarity", network="contrastive") == "block7"
    assert shorter.layer("deepest", "similarity", network="supervised") == "block11"


def test_networks_that_heard_other_clips_are_not_compared(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["similarity"])
    own = rows["network"] == "untrained"
    other = rows.assign(group=rows["group"].mask(own, rows["group"] + "x"))
    other = changed(tables, tmp_path, similarity=other)
    with pytest.raises(NotRun, match="not measured on the same clips or classes"):
        sounds.network_difference(other, "density", "supervised", "untrained")
    assert sounds.network_difference(other, "density", "supervised", "contrastive").n > 8


def test_rows_that_are_there_twice_are_refused(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["similarity"])
    doubled = changed(tables, tmp_path, similarity=pd.concat([rows, rows[rows["depth"] == 11]]))
    with pytest.raises(InputError, match=r"similarity.parquet: .*block11.* occurs twice; make the"):
        sounds.level(doubled, "density", "supervised", "deepest")
    rows = pd.read_parquet(tables.paths["matches"])
    doubled = changed(tables, tmp_path, matches=pd.concat([rows, rows]))
    with pytest.raises(InputError, match="matches.parquet: network supervised.* occurs twice"):
        STATISTICS["match_share"](doubled, "supervised")


def test_text_may_be_categorical(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["transfers"])
    rows = rows.astype({"network": "category", "layer": "category", "label": "category"})
    found = transfers.score(changed(tables, tmp_path, transfers=rows), "few", "untrained", "all")
    assert found.value == transfers.score(tables, "few", "untrained", "all").value


CALLS = {
    "similarity": ("level", {"column": "density", "network": "supervised", "layer": "first"}),
    "exactness": ("length_error", {"network": "supervised"}),
    "shifts": ("shift_correlation", {"network": "supervised"}),
    "filters": ("selectivity_difference", {"network": "supervised", "than": "untrained"}),
    "transfers": ("depth_correlation", {"task": "events", "network": "supervised", "learn": "all"}),
    "answers": ("answers_score", {"network": "supervised"}),
    "residuals": ("robustness", {"network": "supervised"}),
    "matches": ("match_share", {"network": "supervised"}),
    "targeted": ("targeted_share", {"network": "supervised"}),
    "favourites": ("variety", {"network": "supervised", "than": "untrained"}),
    "evolution": ("flatness_fall", {}),
}


@pytest.mark.parametrize("name", list(CALLS))
def test_tables_of_another_run_are_not_read(tables, name):
    statistic, arguments = CALLS[name]
    assert STATISTICS[statistic](tables, **arguments).n >= 8
    with pytest.raises(NotRun, match=f"the table '{name}' is not part of this run"):
        STATISTICS[statistic](without(tables, name), **arguments)
    if arguments:
        with pytest.raises(NotRun, match=r"no network 'mine' \(it has supervised, contrastive, un"):
            STATISTICS[statistic](tables, **{**arguments, "network": "mine"})


def test_few_units_have_no_interval(tables, tmp_path):
    rows = pd.read_parquet(tables.paths["transfers"])
    few = rows[rows["label"].isin([f"class {letter}" for letter in "abcdefg"])]
    with pytest.raises(NotRun, match="7 observations are too few"):
        transfers.score(changed(tables, tmp_path, transfers=few), "few", "untrained", "all")


# ---- trainings -----------------------------------------------------------------------------------


def test_few_observations_are_widened_by_student_and_their_missing_variance():
    assert widening(3, 0.95) == pytest.approx(4.302653 / 1.959964 * 1.5**0.5, rel=1e-5)
    assert widening(3, 0.95) > widening(4, 0.95) > widening(30, 0.95) > 1
    assert widening(1, 0.95) == 1
    assert widening(10**6, 0.9) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("runs", [[0], [0, 1, 1], [1, 0, 0, 1]])
def test_two_trainings_are_taken_as_they_are(runs):
    shares = training_shares(np.array(runs), BOOTSTRAP, "x")
    each = [1 / len(set(runs)) / runs.count(run) for run in runs]
    np.testing.assert_allclose(shares, np.tile(each, (201, 1)))


def test_runs_are_drawn_with_all_their_heads():
    runs = np.array([2, 0, 1, 0, 2, 2, 2])
    shares = training_shares(runs, BOOTSTRAP, "x")
    np.testing.assert_allclose(shares[0], [1 / 12, 1 / 6, 1 / 3, 1 / 6, 1 / 12, 1 / 12, 1 / 12])
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares[:, [1, 0]], shares[:, [3, 6]])
    counts = BOOTSTRAP.draw(3, "x", 3).counts
    drawn = 1 / 3 + widening(3, 0.95) * (counts - 1) / 3
    np.testing.assert_allclose(shares[1:, [1, 2, 0]], drawn / [2, 1, 4])


def test_heads_are_drawn_within_two_runs():
    runs = np.array([0, 1, 0, 1, 0, 1, 1])
    shares = training_shares(runs, BOOTSTRAP, "x")
    for run in (0, 1):
        np.testing.assert_allclose(shares[:, runs == run].sum(axis=1), 0.5)
        spread = shares[1:, runs == run].std(axis=0) * 2
        assert (spread > 0.3).all()
    assert abs(np.corrcoef(shares[1:, 0], shares[1:, 1])[0, 1]) < 0.3


@pytest.mark.parametrize("count", [3, 5])
def test_intervals_of_a_few_runs_hold_the_truth(count):
    """As often as they say, where all that differs is the training: 95 % of 400."""
    shares = training_shares(np.arange(count), Bootstrap(2000, 0.95, 1), "x")
    values = np.random.default_rng(2).normal(size=(400, count))
    draws = values @ shares[1:].T
    low, high = np.quantile(draws, [0.025, 0.975], axis=1)
    held = np.mean((low <= 0) & (high >= 0))
    assert 0.92 < held < 0.99
    exact = t.ppf(0.975, count - 1) * values.std(axis=1, ddof=1) / count**0.5
    assert np.mean((high - low) / 2) == pytest.approx(exact.mean(), rel=0.25)
    assert norm.ppf(0.975) < t.ppf(0.975, count - 1)
