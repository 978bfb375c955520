"""The tables of study 1: which parts its claims are judged for, and by which resamples."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hierarchy_loops import BOOTSTRAP, CLIPS, answers, literal_centre, resampled
from study_tables import changed, claims_of, without
from tables_of_hierarchy import RATES, TASK_CLASSES

from tonotopy.errors import InputError
from tonotopy.evidence.resampling import Bootstrap, interval
from tonotopy.evidence.scorecard import Instance, judge
from tonotopy.studies.hierarchy.clip_groups import resamples_by_task
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


def test_clips_of_another_corpus_are_named(tables, tmp_path):
    clips = tables.read("clips")
    for fewer in (clips[clips["position"] < 150], clips[clips["task"] != "note"]):
        other = changed(tables, tmp_path, clips=fewer)
        with pytest.raises(InputError, match="clap on note: its clips are not those of clips.parq"):
            other.decoded("clap", "note")


def row(**changes):
    return {
        "id": "hierarchy.x",
        "study": "hierarchy",
        "kind": "claim",
        "source": "s",
        "claim": "c",
        "statistic": "depth_trend",
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
        ({"only": {"copies": ["start"]}}, "no network with the copy 'start'"),
        (
            {"only": {"copies": ["start"], "families": ["ast"]}},
            "no network of family ast with the copy 'start'",
        ),
        ({"arguments": {"task": "bark"}}, "no task bark"),
        ({"only": {"tasks": ["note"], "levels": ["high"]}}, "no task note of level high"),
    ):
        found, rows = ids(tables, each=["network"], **changes)
        assert found == ["hierarchy.x.layers"] and rows[0]["verdict"] == "not run"
        assert reason in rows[0]["reason"]


def test_rows_about_a_copy_are_judged_for_the_networks_that_have_it(tables, tmp_path):
    correct = tables.read("correct")
    copies = correct[(correct["copy"] == "untrained") & (correct["network"] == "mobilenet")]
    both = pd.concat([correct, copies.assign(copy="start")], ignore_index=True)
    found, rows = ids(
        changed(tables, tmp_path, correct=both),
        each=["network"],
        only={"copies": ["start"]},
        statistic="centre_by_training",
        arguments={"copy": "start"},
    )
    assert found == ["hierarchy.x.layers.mobilenet"]
    (own,) = judged(
        tables,
        row(each=["network"], only={"families": ["mobilenet"]}, statistic="centre_by_training"),
    )
    assert rows[0]["estimate"] == own["estimate"]


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
    rows = judged(replace(tables, bootstrap=Bootstrap(600, 0.95, 0)), *claims)
    assert len({r["id"] for r in rows}) == len(rows) > 200
    assert {r["row"] for r in rows} == {claim["id"] for claim in claims}
    by_id = {r["id"]: r for r in rows}
    assert all(r["unit"] for r in rows if r["n"])
    trained = [r for r in rows if r["n"] and r["statistic"] in ("peak_difference", "named_peak")]
    assert {r["trainings"] for r in trained} == {1} and len(trained) > 25
    controls = [r for r in rows if r["kind"] == "control" and not r["reason"]]
    assert len(controls) > 30 and {r["verdict"] for r in controls} == {"supported"}
    for name in (
        "consonant_peak.layers.clap",
        "keyword_peak_ast.layers.ast",
        "centre.layers.ast",
        "instrument_jump_mobilenet.layers.mobilenet",
    ):
        assert by_id[f"hierarchy.{name}"]["verdict"] == "supported", name
    assert by_id["hierarchy.genre_rises.layers.vggish"]["verdict"] == "contradicted"
    absent = judge(claims, [], {"hierarchy": ["layers"]}, "smoke")
    assert {r["row"] for r in absent} == {c["id"] for c in claims if c.get("instances")}
    assert {r["verdict"] for r in absent} == {"not run"}


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
    assert part.resamples is tables.decoded("ast", "genre", copy="untrained").resamples
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
    table = profiles(correct, resamples_by_task(tables.read("clips"), BOOTSTRAP))
    table = table[table["k"] == 5].sort_values("position")
    low, high = interval(part.accuracies[1:], 0.95)
    np.testing.assert_allclose(table["low"], low)
    np.testing.assert_allclose(table["high"], high)
    np.testing.assert_allclose(table["accuracy"], RATES["clap"]["genre"])


def test_tables_of_profiles_and_centres_equal_a_plain_loop(tables):
    """Every curve, out of rows in no order, has its own chance, k, layers and intervals."""
    correct = pd.read_parquet(tables.paths["correct"])
    drawn = resamples_by_task(tables.read("clips"), BOOTSTRAP)
    curves, middles = profiles(correct, drawn), centres(correct, drawn)
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
