"""The tables of study 1: which parts its claims are judged for, and by which resamples."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hierarchy_loops import BOOTSTRAP, CLIPS, answers, literal_centre, resampled
from study_tables import claims_of, without
from tables_of_hierarchy import RATES, TASK_CLASSES

from tonotopy.errors import InputError
from tonotopy.evidence.resampling import Bootstrap, interval
from tonotopy.evidence.scorecard import Instance, judge
from tonotopy.studies.hierarchy.profiles import clip_resamples
from tonotopy.studies.hierarchy.statistics import STATISTICS
from tonotopy.studies.hierarchy.summaries import centres, profiles


def test_damaged_tables_are_named(tables):
    key = ("clap", "note", "trained", "whole", "paper", "knn", "true")
    rows = tables.correct[key]
    for damaged, told in (
        (rows.iloc[1:], "layers differ in their ks"),
        (rows.assign(correct=[c[i == 0 :] for i, c in enumerate(rows["correct"])]), "their clips"),
    ):
        broken = replace(tables)
        broken.__dict__["correct"] = {key: damaged}
        with pytest.raises(InputError, match=f"correct.parquet: clap on note: .*{told}"):
            broken.decoded("clap", "note")


def row(**changes):
    return {
        "id": "hierarchy.x",
        "study": "hierarchy",
        "kind": "claim",
        "source": "s",
        "claim": "c",
        "statistic": "peak_depth",
        "criterion": {"above": 0},
        **changes,
    }


def judged(tables, *claims):
    return judge(list(claims), [Instance("hierarchy", "layers", tables, STATISTICS)], {}, "smoke")


def ids(tables, **changes):
    rows = judged(tables, row(**changes))
    return [r["id"] for r in rows], rows


def test_rows_are_judged_for_the_networks_and_tasks_they_are_about(tables):
    found, _ = ids(
        tables, each=["network"], arguments={"task": "note"}, only={"families": ["clap", "ast"]}
    )
    assert found == ["hierarchy.x.layers.clap", "hierarchy.x.layers.ast"]
    found, _ = ids(tables, each=["network", "task"], only={"families": ["ast"], "levels": ["high"]})
    assert found == ["hierarchy.x.layers.ast.genre", "hierarchy.x.layers.ast.speakers"]
    found, _ = ids(tables, each=["task"], only={"tasks": ["note"]}, statistic="vggish_exception")
    assert found == ["hierarchy.x.layers.note"]
    for changes, reason in (
        ({"only": {"families": ["other"]}}, "no network of family other"),
        ({"arguments": {"task": "bark"}}, "no task bark"),
        ({"only": {"tasks": ["note"], "levels": ["high"]}}, "no task note of level high"),
    ):
        found, rows = ids(tables, each=["network"], **changes)
        assert found == ["hierarchy.x.layers"] and rows[0]["verdict"] == "not run"
        assert reason in rows[0]["reason"]


def test_words_that_the_study_does_not_know_are_refused(tables):
    for changes, message in (
        ({"each": ["pair"]}, "each: 'pair' is not known to hierarchy"),
        ({"only": {"families": ["clop"]}}, "only.families: 'clop' .*did you mean 'clap'"),
        ({"only": {"levels": ["higher"]}}, "only.levels: 'higher' .*did you mean 'high'"),
        ({"only": {"level": ["high"]}}, "only: 'level' .*did you mean 'levels'"),
    ):
        with pytest.raises(InputError, match=f"claim hierarchy.x: {message}"):
            ids(tables, **changes)


def test_every_claim_is_judged_or_says_why(tables):
    claims = claims_of("hierarchy")
    rows = judged(replace(tables, bootstrap=Bootstrap(50, 0.95, 0)), *claims)
    assert len({r["id"] for r in rows}) == len(rows) > 200
    assert {r["id"].split(".layers")[0] for r in rows} == {claim["id"] for claim in claims}
    by_id = {r["id"]: r for r in rows}
    controls = [r for r in rows if r["kind"] == "control" and not r["reason"]]
    assert len(controls) > 30 and {r["verdict"] for r in controls} == {"supported"}
    for name in (
        "consonant_peak.layers.clap",
        "keyword_peak_ast.layers.ast",
        "centre.layers.ast",
        "instrument_jump_depth_mobilenet.layers.mobilenet",
    ):
        assert by_id[f"hierarchy.{name}"]["verdict"] == "supported", name
    assert by_id["hierarchy.genre_rises.layers.vggish"]["verdict"] == "contradicted"
    assert judge(claims, [], {"hierarchy": ["layers"]}, "smoke") == []


def test_a_stale_table_is_not_judged_and_costs_its_own_rows_only(tables):
    """An earlier configuration had a tagging corpus: its table is on the disk, not of this run."""
    now = without(tables, "tagging")
    assert tables.paths["tagging"].is_file()
    claims = [
        row(id="hierarchy.tagging", statistic="tagging_gain", each=["network"]),
        row(each=["network"], arguments={"task": "note"}),
    ]
    rows = judged(now, *claims)
    assert [(r["verdict"], r["reason"]) for r in rows[:4]] == [
        ("not run", "the table 'tagging' is not part of this run")
    ] * 4
    assert len(rows) == 8 and not any(r["reason"] for r in rows[4:])
    assert not any(r["reason"] for r in judged(tables, claims[0]))


def test_profiles_centres_and_statistics_share_their_resamples(tables):
    correct = pd.read_parquet(tables.paths["correct"])
    part = tables.decoded("clap", "genre")
    assert part.resamples is clip_resamples(BOOTSTRAP, "genre", CLIPS)
    curve = {
        "network": "clap",
        "task": "genre",
        "copy": "trained",
        "length": "whole",
        "folds": "paper",
        "probe": "knn",
    }
    for key, value in curve.items():
        correct = correct[correct[key] == value]
    table = profiles(correct, BOOTSTRAP)
    table = table[table["k"] == 5].sort_values("position")
    low, high = interval(part.accuracies[1:], 0.95)
    np.testing.assert_allclose(table["low"], low)
    np.testing.assert_allclose(table["high"], high)
    np.testing.assert_allclose(table["accuracy"], RATES["clap"]["genre"])


def test_tables_of_profiles_and_centres_equal_a_plain_loop(tables):
    """Every curve, out of rows in no order, has its own chance, k, layers and intervals."""
    correct = pd.read_parquet(tables.paths["correct"])
    curves, middles = profiles(correct, BOOTSTRAP), centres(correct, BOOTSTRAP)
    assert len(curves) == (correct["labels"] == "true").sum()
    assert set(curves["chance"]) == {1 / classes for classes in TASK_CLASSES.values()}
    for task, classes in TASK_CLASSES.items():
        assert (curves.loc[curves["task"] == task, "chance"] == 1 / classes).all()
    assert (curves["clips"] == CLIPS).all() and (curves["seconds"] == 2.5).all()
    assert (curves["dims"] == 100).all()
    for network, task, keys in (
        ("clap", "note", {}),
        ("ast", "genre", {"copy": "untrained"}),
        ("vggish", "speakers", {"folds": "grouped"}),
    ):
        right = answers(tables, network, task, **keys)
        about = {
            "network": network,
            "task": task,
            "copy": "trained",
            "length": "whole",
            "folds": "paper",
            "probe": "knn",
            **keys,
        }
        rows, (middle,) = (
            table.merge(pd.DataFrame([about])).to_dict("records") for table in (curves, middles)
        )
        rows = sorted((r for r in rows if r["k"] == 5), key=lambda r: r["position"])
        assert [r["accuracy"] for r in rows] == pytest.approx(right.mean(axis=1).tolist())
        assert [r["depth"] for r in rows] == pytest.approx(np.linspace(0, 1, len(right)).tolist())
        draws = np.array(list(resampled(right, task)))
        ends = np.quantile(draws, [0.025, 0.975], axis=0)
        np.testing.assert_allclose([[r["low"] for r in rows], [r["high"] for r in rows]], ends)
        chance = 1 / TASK_CLASSES[task]
        assert (middle["k"], middle["defined"]) == (5, 1)
        assert middle["value"] == pytest.approx(literal_centre(right.mean(axis=1), chance))
        ends = np.quantile([literal_centre(draw, chance) for draw in draws], [0.025, 0.975])
        assert (middle["low"], middle["high"]) == pytest.approx(tuple(ends))
