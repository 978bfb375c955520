"""The scripts that judge: every table, claim and fact reaches the place that it is for."""

import json

import pandas as pd
import pytest
from scripts import run_script
from study_tables import WORKFLOW, claims_of, table_paths
from tables_of_hierarchy import HIERARCHY, hierarchy_tables
from tables_of_steering import SETTINGS, steering_tables

from tonotopy.errors import InputError
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.scorecard import Instance, judge, verdict_text
from tonotopy.studies import STUDIES
from tonotopy.studies.hierarchy import statistics as of_hierarchy
from tonotopy.studies.steering import statistics as of_steering

STATISTICS = {"resamples": 60, "confidence": 0.9}
OUTPUTS = ("json", "csv", "page", "verdict")


@pytest.fixture(scope="module")
def paths(tmp_path_factory):
    """Tables of two instances of one study, whose effects differ, and of one of the other."""
    root = tmp_path_factory.mktemp("results")
    return {
        "world": table_paths(steering_tables(root / "world")),
        "mini_music": table_paths(steering_tables(root / "mini_music", effect=-1.0, clips=60)),
        "layers": table_paths(hierarchy_tables(root / "layers", clips=60)),
    }


def entry(study, name, settings, tables, embedded):
    module = f"tonotopy.studies.{study}.statistics"
    return {
        "study": study,
        "name": name,
        "settings": settings,
        "tables": tables,
        "embedded": embedded,
        "own": False,
        "statistics": module,
        "figures": {"matrix": f"figures/{name}.svg"} if study == "steering" else {},
    }


NAMES = {
    "world": ["slopes", "clip_slopes", "predictions"],
    "mini_music": ["predictions", "clip_slopes"],
    "layers": ["folds", "correct"],
}


@pytest.fixture
def judged(paths, tmp_path, monkeypatch):
    """A folder with what the script wrote of three instances, in an order of its own."""
    entries = [
        entry("steering", "world", SETTINGS, NAMES["world"], True),
        entry("hierarchy", "layers", HIERARCHY, NAMES["layers"], None),
        entry("steering", "mini_music", SETTINGS, NAMES["mini_music"], False),
    ]
    inputs = {
        "tables": [str(paths[e["name"]][table]) for e in entries for table in e["tables"]],
        "claims": [str(WORKFLOW / f"claims/{s}.yaml") for s in ("steering", "hierarchy")],
        "schema": str(WORKFLOW / "schemas/claims.schema.yaml"),
    }
    outputs = {key: str(tmp_path / f"card.{key}") for key in OUTPUTS}
    params = {
        "instances": json.dumps(entries),
        "claims": ["steering", "hierarchy"],
        "known": {"hierarchy": ["layers"], "steering": ["mini_music", "world"]},
        "titles": {"hierarchy": "Study A", "steering": "Study B"},
        "figures": {name: list(study.figures) for name, study in STUDIES.items()},
        "statistics": json.dumps(STATISTICS),
        "notes": ["A part of AudioSet is used."],
        "seed": 3,
    }
    run_script("report/judge_claims", monkeypatch, inputs, outputs, params, scale="mini")
    return tmp_path


def test_claims_are_judged_by_the_tables_in_the_order_of_the_inputs(paths, judged):
    rows = json.loads((judged / "card.json").read_text())
    bootstrap = Bootstrap(**STATISTICS, seed=3)
    instances = []
    for study, name, module, settings in (
        ("hierarchy", "layers", of_hierarchy, HIERARCHY),
        ("steering", "mini_music", of_steering, SETTINGS),
        ("steering", "world", of_steering, SETTINGS),
    ):
        tables = module.Tables({n: paths[name][n] for n in NAMES[name]}, settings, bootstrap)
        instances.append(Instance(study, name, tables, module.STATISTICS))
    claims = [*claims_of("steering"), *claims_of("hierarchy")]
    known = {"steering": ["mini_music", "world"]}
    assert rows == json.loads(json.dumps(judge(claims, instances, known, "mini")))
    by_id = {row["id"]: row for row in rows}
    assert by_id["steering.over_random.world.guitar-rock"]["verdict"] == "supported"
    assert by_id["steering.over_random.mini_music.guitar-rock"]["verdict"] == "contradicted"
    assert by_id["steering.auroc.world"]["estimate"] == 1
    assert list(pd.read_csv(judged / "card.csv")["id"]) == list(by_id)


def test_the_verdict_is_written_with_the_scorecard(judged):
    rows = json.loads((judged / "card.json").read_text())
    embedded = {"steering/world": True, "hierarchy/layers": None, "steering/mini_music": False}
    text = verdict_text(rows, embedded, ["A part of AudioSet is used."])
    assert (judged / "card.verdict").read_text() == text
    assert text.startswith("WARNING: ") and "over_random.mini_music" in text


def test_a_table_on_the_disk_that_is_not_of_this_run_is_not_judged(paths, judged):
    rows = {row["id"]: row for row in json.loads((judged / "card.json").read_text())}
    assert paths["layers"]["tagging"].is_file()
    assert rows["hierarchy.tagging.layers.clap"]["verdict"] == "not run"


def test_the_page_says_what_is_embedded(judged):
    page = (judged / "card.page").read_text()
    assert page.index("Study A") < page.index("Study B")
    for note in (
        "steering/world: sound made here",
        "hierarchy/layers: partly sound made here",
        "steering/mini_music: real recordings",
    ):
        assert note in page


def test_the_page_links_the_figures_that_are_drawn(judged):
    page = (judged / "card.page").read_text()
    assert '<a href="figures/world.svg">matrix</a>' in page
    assert "figure-3.1-confusion</a>" not in page


def test_a_claim_of_a_figure_that_there_is_not_stops_the_script(tmp_path, monkeypatch):
    inputs = {
        "tables": [],
        "claims": [str(WORKFLOW / "claims/steering.yaml")],
        "schema": str(WORKFLOW / "schemas/claims.schema.yaml"),
    }
    params = {
        "instances": "[]",
        "claims": ["steering"],
        "known": {},
        "titles": {},
        "figures": {"steering": [*STUDIES["steering"].figures][:-2]},
        "statistics": json.dumps(STATISTICS),
        "notes": ["A part of AudioSet is used."],
        "seed": 3,
    }
    outputs = {key: str(tmp_path / f"card.{key}") for key in OUTPUTS}
    with pytest.raises(InputError, match=r"figure: 'matrix' is not one of steering"):
        run_script("report/judge_claims", monkeypatch, inputs, outputs, params, scale="mini")
    assert not list(tmp_path.iterdir())


def test_tables_and_their_names_are_equally_many(paths, tmp_path, monkeypatch):
    entries = [entry("steering", "world", SETTINGS, ["slopes"], True)]
    params = {"instances": json.dumps(entries), "statistics": json.dumps(STATISTICS), "seed": 3}
    for tables in ([], ["a.parquet", "b.parquet"]):
        with pytest.raises(ValueError, match="zip"):
            run_script(
                "report/judge_claims", monkeypatch, {"tables": tables}, {}, params, scale="mini"
            )


def control(verdict):
    return {
        "id": "steering.x.mine",
        "kind": "control",
        "verdict": verdict,
        "estimate": 0.5,
        "low": 0.25,
        "high": 0.75,
    }


def test_the_verdict_tells_of_the_sound_too():
    embedded = {"steering/mini_music": False, "steering/world": True}
    text = verdict_text([control("supported")], embedded, ["A part of AudioSet is used."])
    assert text == (
        "1 of 1 controls passed\n"
        "steering/world: sound made here, causes known: calibrates, replicates nothing.\n"
        "steering/mini_music: real recordings.\n"
        "A part of AudioSet is used.\n"
    )


@pytest.mark.parametrize("policy", ["fail", "warn"])
@pytest.mark.parametrize("outcome", ["supported", "inconclusive", "contradicted"])
def test_a_failed_control_fails_the_run_and_leaves_the_verdict(
    tmp_path, monkeypatch, capsys, policy, outcome
):
    rows, verdict = [control(outcome)], tmp_path / "verdict.txt"
    (tmp_path / "card.json").write_text(json.dumps(rows))
    verdict.write_text(verdict_text(rows, {}, []))
    assert verdict.read_text().startswith("WARNING: ") == (outcome == "contradicted")
    inputs = {"scorecard": str(tmp_path / "card.json"), "verdict": str(verdict)}
    done = tmp_path / "enforced"
    arguments = (monkeypatch, inputs, [str(done)], {"controls": policy})
    if (policy, outcome) == ("fail", "contradicted"):
        with pytest.raises(InputError, match=r"1 failed: steering.x.mine 0.5 \[0.25, 0.75\]"):
            run_script("report/enforce_controls", *arguments)
        assert not done.exists() and verdict.exists()
    else:
        run_script("report/enforce_controls", *arguments)
        assert done.read_text() == verdict.read_text() == capsys.readouterr().out
