"""Claims are judged by the tables that a run hands over; controls guard every instance."""

import csv
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control

from tonotopy.errors import InputError
from tonotopy.evidence import tables as evidence_tables
from tonotopy.evidence.claims import Estimate, NotRun
from tonotopy.evidence.resampling import Bootstrap, p_value
from tonotopy.evidence.scorecard import (
    COLUMNS,
    Instance,
    control_verdict,
    controls,
    holm,
    judge,
    sound_notes,
    write_scorecard,
)
from tonotopy.evidence.tables import (
    StudyTables,
    middle_advantage,
    middle_third,
    one_third,
)

PACKAGE = Path(__file__).parents[3] / "workflow/tonotopy"
KEYS = (
    "id row instance kind source claim statistic criterion study paper why figures "
    "estimate low high n unit trainings p p_adjusted p_family verdict reason scale"
)


class WhaleTables(StudyTables):
    """A study that no one has: whales of some names, each with a value per dive."""

    EACH: ClassVar = ("whale",)
    ONLY: ClassVar = {"oceans": ("atlantic", "pacific")}

    def combinations(self, row):
        oceans = row.get("only", {}).get("oceans")
        names = [n for n, o in self.settings["whales"].items() if oceans is None or o in oceans]
        if not names:
            raise NotRun(f"no whale of {' or '.join(oceans)}")
        return [(n, {"whale": n}) for n in names] if row.get("each") else [("", {})]


def depth(tables, whale=None, above=0.0):
    rows = tables.read("dives")
    rows = rows if whale is None else rows[rows["whale"] == whale]
    return tables.mean(rows.sort_values("dive")["depth"] - above, "depth")


STATISTICS = {"depth": depth}
SETTINGS = {"whales": {"blue": "atlantic", "fin": "pacific", "sei": "atlantic"}}
DEPTHS = {"blue": 3.0, "fin": -2.0, "sei": 0.0}
BOOTSTRAP = Bootstrap(200, 0.9, 1)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """20 dives of each whale, around its depth, sei's to both sides of 0; in no order."""
    rng = np.random.default_rng(0)
    noise = {whale: rng.normal(0, 0.5, 20) for whale in DEPTHS}
    rows = [
        (whale, dive, level + noise[whale][dive] - noise[whale].mean())
        for whale, level in DEPTHS.items()
        for dive in range(20)
    ]
    table = pd.DataFrame(rows, columns=["whale", "dive", "depth"]).sample(frac=1, random_state=2)
    path = tmp_path_factory.mktemp("whales") / "dives.parquet"
    table.to_parquet(path)
    return path


@pytest.fixture
def instance(path):
    def build(name="north", statistics=STATISTICS, study="whales", settings=SETTINGS, **paths):
        tables = WhaleTables({"dives": path, **paths}, settings, BOOTSTRAP)
        return Instance(study, name, tables, statistics)

    return build


def row(**changes):
    return {
        "id": "whales.x",
        "study": "whales",
        "kind": "control",
        "source": "spec",
        "claim": "They dive.",
        "statistic": "depth",
        "criterion": {"above": 0},
        **changes,
    }


def test_each_part_is_judged_by_its_own_interval(instance, path):
    rows = judge([row(each=["whale"])], [instance()], {"whales": ["north"]}, "mini")
    assert {r["id"]: r["verdict"] for r in rows} == {
        "whales.x.north.blue": "supported",
        "whales.x.north.fin": "contradicted",
        "whales.x.north.sei": "inconclusive",
    }
    for r in rows:
        whale = r["id"].rpartition(".")[2]
        table = pd.read_parquet(path)
        values = table[table["whale"] == whale].sort_values("dive")["depth"].to_numpy()
        draws = BOOTSTRAP.draw(20, "bootstrap", "depth").means(values)
        assert r["estimate"] == pytest.approx(values.mean()) and r["n"] == 20
        assert (r["low"], r["high"]) == pytest.approx(tuple(np.quantile(draws, [0.05, 0.95])))
        assert r["p"] == p_value(draws, {"above": 0})
        assert (r["row"], r["scale"], r["reason"], r["paper"]) == ("whales.x", "mini", "", None)
        assert set(r) == set(KEYS.split())


def test_arguments_of_the_row_and_of_the_part_reach_the_statistic(instance):
    claim = row(each=["whale"], only={"oceans": ["pacific"]}, arguments={"above": -5.0})
    (judged,) = judge([claim], [instance()], {}, "mini")
    assert judged["id"] == "whales.x.north.fin"
    assert judged["estimate"] == pytest.approx(3.0)


def test_instances_are_chosen_and_left_out_by_name(instance):
    ran = [instance("north"), instance("south"), instance("east")]
    known = {"whales": ["east", "north", "south", "west"]}

    def names(**changes):
        return [r["instance"] for r in judge([row(**changes)], ran, known, "mini")]

    assert names() == ["east", "north", "south"]
    assert names(not_instances=["north", "west"]) == ["east", "south"]
    assert names(instances=["south", "north"]) == ["south", "north"]
    assert names(instances=["south"], not_instances=["south"]) == []
    rows = judge([row(instances=["west", "north", "never"])], ran, known, "mini")
    assert [(r["id"], r["verdict"], r["reason"]) for r in rows] == [
        ("whales.x.west", "not run", "instance 'west' is not part of a run at scale 'mini'"),
        ("whales.x.north", "inconclusive", ""),
        ("whales.x.never", "not run", "instance 'never' is not part of a run at scale 'mini'"),
    ]


def test_an_instance_that_nobody_knew_of_is_judged_too(instance):
    rows = judge([row()], [instance("mine")], {"whales": ["north"]}, "mini")
    assert [r["id"] for r in rows] == ["whales.x.mine"]


def test_studies_of_which_nothing_ran_have_no_rows_but_the_ones_that_name_instances(instance):
    claims = [row(study="sharks", id="sharks.x"), row(study="sharks", id="sharks.y")]
    claims[1]["instances"] = ["reef"]
    claims[1]["each"] = ["nothing that anyone knows"]
    rows = judge(claims, [instance()], {"whales": ["north"], "sharks": ["reef"]}, "mini")
    assert [(r["id"], r["verdict"]) for r in rows] == [("sharks.y.reef", "not run")]


def test_a_table_that_the_run_did_not_make_is_not_judged_whatever_lies_on_the_disk(instance, path):
    absent = Instance("whales", "north", WhaleTables({}, SETTINGS, BOOTSTRAP), STATISTICS)
    assert path.is_file()
    (judged,) = judge([row()], [absent], {}, "mini")
    assert judged["verdict"] == "not run"
    assert judged["reason"] == "the table 'dives' is not part of this run"
    assert all(judged[k] is None for k in ("estimate", "low", "high", "n", "p", "p_adjusted"))


def test_a_table_that_was_handed_over_and_is_not_there_is_an_error(instance, tmp_path):
    lost = WhaleTables({"dives": tmp_path / "dives.parquet"}, SETTINGS, BOOTSTRAP)
    with pytest.raises(InputError, match=r"dives.parquet: file not found"):
        judge([row()], [Instance("whales", "north", lost, STATISTICS)], {}, "mini")


def test_what_an_instance_does_not_have_is_not_run(instance):
    few = instance(settings={"whales": {"fin": "pacific"}})
    (judged,) = judge([row(each=["whale"], only={"oceans": ["atlantic"]})], [few], {}, "mini")
    assert (judged["id"], judged["verdict"]) == ("whales.x.north", "not run")
    assert judged["reason"] == "no whale of atlantic"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"statistic": "dept"}, "claim whales.y: statistic: 'dept' .*did you mean 'depth'"),
        ({"each": ["wale"]}, "claim whales.y: each: 'wale' .*did you mean 'whale'"),
        ({"only": {"oceans": ["pacifik"]}}, "whales.y: only.oceans: 'pacifik' .*'pacific'"),
    ],
)
def test_a_claim_that_its_study_does_not_know_stops_before_anything_is_judged(
    instance, wrong, message
):
    def never(tables):
        raise AssertionError("judged")

    claims = [row(statistic="never"), row(id="whales.y", **wrong)]
    ran = instance(statistics={"never": never, "depth": depth})
    with pytest.raises(InputError, match=message):
        judge(claims, [ran], {}, "mini")


def test_p_values_of_claims_are_corrected_by_study_and_those_of_controls_are_not(instance):
    bounds = {"a": 2.9, "b": 3.1, "c": 2.95, "d": -9}
    claims = [
        row(
            id=f"whales.{k}",
            kind="claim",
            criterion={"above": b},
            each=["whale"],
            only={"oceans": ["atlantic"]},
        )
        for k, b in bounds.items()
    ]
    claims += [row(id="whales.control"), row(id="whales.lost", kind="claim", instances=["lost"])]
    claims += [{**claims[0], "id": "sharks.a", "study": "sharks"}]
    ran = [instance(), instance(study="sharks")]
    rows = judge(claims, ran, {}, "mini")
    by_study = {
        s: [r for r in rows if r["study"] == s and r["kind"] == "claim" and r["n"]]
        for s in ("whales", "sharks")
    }
    assert [len(tested) for tested in by_study.values()] == [8, 2]
    for tested in by_study.values():
        p = [r["p"] for r in tested]
        assert [r["p_adjusted"] for r in tested] == pytest.approx(false_discovery_control(p))
        assert [r["p_family"] for r in tested] == pytest.approx(holm(p))
    assert any(r["p_adjusted"] > r["p"] for r in by_study["whales"])
    assert any(r["p_family"] > r["p_adjusted"] for r in by_study["whales"])
    for r in rows:
        if r["kind"] == "control" or r["verdict"] == "not run":
            assert r["p_adjusted"] is None and r["p_family"] is None


def test_holms_p_values_are_those_of_his_procedure():
    # sorted: .005 x 5, .01 x 4, .02 x 3, .03 x 2 and .04 x 1, none below one before it
    p = [0.02, 0.005, 0.04, 0.01, 0.03]
    assert holm(p) == pytest.approx([0.06, 0.025, 0.06, 0.04, 0.06])
    assert holm([0.5, 0.5, 0.9]) == pytest.approx([1, 1, 1])
    assert holm([0.03]) == pytest.approx([0.03]) and len(holm([])) == 0


def test_rows_carry_the_figures_of_their_claims(instance):
    claims = [
        row(figure="dives"),
        row(id="whales.y", figure=["dives", "songs"]),
        row(id="whales.z"),
    ]
    rows = judge(claims, [instance()], {"whales": ["north"]}, "mini")
    assert [r["figures"] for r in rows] == [["dives"], ["dives", "songs"], []]


def judged_controls(instance):
    claims = [
        row(id="whales.dive", each=["whale"]),
        row(id="whales.lost", instances=["lost"]),
        row(id="whales.claimed", kind="claim", each=["whale"], only={"oceans": ["pacific"]}),
    ]
    return judge(claims, [instance()], {}, "mini")


def test_a_failed_control_stops_the_run_unless_it_is_told_to_warn(instance):
    rows = judged_controls(instance)
    assert [r["id"] for r in controls(rows, "contradicted")] == ["whales.dive.north.fin"]
    assert len(controls(rows, "supported", "inconclusive")) == 2
    text = (
        r"1 of 3 controls passed, 1 not run \(the scorecard says why\), "
        r"1 failed: whales.dive.north.fin -2 \[-2.\d+, -1.\d+\], "
        r"1 undecided: whales.dive.north.sei \S+ \[-0.\d+, 0.\d+\]"
    )
    with pytest.raises(InputError, match=rf"^{text}. See the scorecard: all else of this run"):
        control_verdict(rows, "fail")
    warned = control_verdict(rows, "warn")
    assert re.fullmatch(
        rf"WARNING: {text}. Results of these studies cannot be believed yet", warned
    )


def test_controls_that_pass_or_cannot_decide_fail_nothing(instance):
    rows = judged_controls(instance)
    passed = [r for r in rows if r["verdict"] == "supported"]
    assert control_verdict(passed, "fail") == "1 of 1 controls passed"
    undecided = [r for r in rows if r["verdict"] in ("supported", "inconclusive")]
    assert control_verdict(undecided, "fail").startswith(
        "1 of 2 controls passed, 1 undecided: whales.dive.north.sei"
    )
    claimed = [r for r in rows if r["kind"] == "claim"]
    assert claimed[0]["verdict"] == "contradicted"  # a claim of a paper, no control
    assert control_verdict(claimed, "fail") == "0 of 0 controls passed"


def test_notes_tell_where_sound_comes_from_whatever_names_are_like():
    assert sound_notes({"whales/mini_music": False, "whales/world": True, "a/b": None}) == [
        "whales/world: sound made here, causes known: calibrates, replicates nothing.",
        "a/b: partly sound made here, partly real recordings.",
        "whales/mini_music: real recordings.",
    ]
    assert sound_notes({"a/smoke": False, "b/x": False}) == ["a/smoke, b/x: real recordings."]
    assert sound_notes({}) == []


def test_the_scorecard_is_written_as_json_and_csv(instance, tmp_path):
    rows = judged_controls(instance)
    write_scorecard(rows, tmp_path / "card.json", tmp_path / "card.csv")
    assert json.loads((tmp_path / "card.json").read_text()) == rows
    with (tmp_path / "card.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert tuple(lines[0]) == COLUMNS and COLUMNS[:4] == ("scale", "id", "study", "instance")
    assert set(COLUMNS) == set(KEYS.split()) - {"row", "criterion", "figures"}
    for line, r in zip(lines, rows, strict=True):
        assert line["id"] == r["id"] and line["verdict"] == r["verdict"]
        assert line["low"] == ("" if r["low"] is None else str(r["low"]))


# --- what the tables of every study share ---------------------------------------------------------


@pytest.fixture
def tables():
    return StudyTables({}, {}, Bootstrap(300, 0.95, 0))


def test_what_is_undefined_gets_no_interval(tables):
    with pytest.raises(NotRun, match="undefined here"):
        tables.estimate(np.nan, np.ones(300), 10)
    with pytest.raises(NotRun, match="undefined in 5% of the resamples"):
        tables.estimate(1, [np.nan] * 16 + [1.0] * 284, 10)
    found = tables.estimate(1, [np.nan] * 15 + [1.0] * 285, 10)
    assert (found.low, found.high, len(found.draws)) == (1, 1, 285)
    with pytest.raises(NotRun, match="no observation is left"):
        tables.mean([])


def test_too_few_observations_and_layers_are_no_evidence(tables):
    with pytest.raises(NotRun, match="7 observations are too few for an interval .8 are needed"):
        tables.mean(np.arange(7))
    assert tables.mean(np.arange(8)).n == 8 == evidence_tables.FEWEST
    assert tables.estimate(0, np.zeros(300), 1, exact=True).n == 1
    with pytest.raises(NotRun, match="2 layers have no thirds"):
        one_third(2)
    with pytest.raises(NotRun, match="2 layers have no middle"):
        middle_advantage(np.zeros((4, 2)))
    assert [one_third(n) for n in (3, 5, 6, 12)] == [1, 1, 2, 4]


def test_a_mean_has_the_interval_of_its_resamples(tables):
    values = np.random.default_rng(0).normal(size=30)
    found = tables.mean(values, "some")
    draws = tables.bootstrap.draw(30, "bootstrap", "some").means(values)
    assert found.value == pytest.approx(values.mean()) and found.n == 30
    np.testing.assert_allclose(found.draws, draws)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(draws, [0.025, 0.975])))
    assert isinstance(found, Estimate)


def test_the_middle_is_compared_with_the_better_end():
    assert [list(range(n))[middle_third(n)] for n in (3, 4, 5, 7)] == [
        [1],
        [1, 2],
        [1, 2, 3],
        [2, 3, 4],
    ]
    accuracies = np.array([[0.5, 0.2, 0.9, 0.1, 0.4], [0.1, 0.2, 0.3, 0.3, 0.7]])
    np.testing.assert_allclose(middle_advantage(accuracies), [0.4, -0.4])


def test_evidence_and_pages_name_no_study():
    studies = [path.name for path in (PACKAGE / "studies").iterdir() if path.is_dir()]
    studies = [name for name in studies if not name.startswith("_")]
    assert {"hierarchy", "steering"} <= set(studies)
    files = [p for f in ("evidence", "pages") for p in (PACKAGE / f).rglob("*") if p.is_file()]
    files = [path for path in files if path.suffix in (".py", ".j2")]
    assert len(files) > 5
    for path in files:
        text = path.read_text()
        for name in (*studies, "tonotopy.studies"):
            assert not re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE), f"{path}: {name}"


def test_what_judges_loads_no_network():
    """The analysis environment has no torch."""
    studies = PACKAGE / "studies"
    files = [*studies.glob("*/statistics.py"), *studies.glob("*/statistics/__init__.py")]
    names = [path.relative_to(studies).parts[0] for path in files]
    modules = [f"tonotopy.studies.{name}.statistics" for name in names]
    assert len(modules) > 1
    program = (
        "import sys, tonotopy.evidence.scorecard, tonotopy.pages.scorecard\n"
        f"import {', '.join(modules)}\n"
        "print(sorted({'torch', 'torchaudio', 'datasets', 'timm'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(PACKAGE.parent)},
        check=False,
    )
    assert done.stdout.strip() == "[]", done.stderr
