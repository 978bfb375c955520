"""Verdicts, and the claims files."""

import inspect
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from tonotopy.config import read_schema
from tonotopy.errors import InputError
from tonotopy.evidence.claims import (
    Estimate,
    check_figures,
    check_words,
    expand,
    read_claims,
    shown_in,
    verdict,
)
from tonotopy.studies import STUDIES

WORKFLOW = Path(__file__).parents[3] / "workflow"
SCHEMA = read_schema(WORKFLOW / "schemas/claims.schema.yaml")
FILES = {path.stem: path for path in sorted((WORKFLOW / "claims").glob("*.yaml"))}


@pytest.mark.parametrize(
    ("low", "high", "criterion", "expected"),
    [
        (0.6, 0.8, {"above": 0.5}, "supported"),
        (0.5, 0.8, {"above": 0.5}, "inconclusive"),
        (0.2, 0.4, {"above": 0.5}, "contradicted"),
        (0.2, 0.5, {"above": 0.5}, "inconclusive"),
        (0.4, 0.6, {"above": 0.5}, "inconclusive"),
        (0.2, 0.4, {"below": 0.5}, "supported"),
        (0.2, 0.5, {"below": 0.5}, "inconclusive"),
        (0.6, 0.8, {"below": 0.5}, "contradicted"),
        (0.5, 0.8, {"below": 0.5}, "inconclusive"),
        (-0.04, 0.04, {"within": [-0.05, 0.06]}, "supported"),
        (-0.05, 0.04, {"within": [-0.05, 0.06]}, "inconclusive"),
        (-0.04, 0.06, {"within": [-0.05, 0.06]}, "inconclusive"),
        (0.07, 0.08, {"within": [-0.05, 0.06]}, "contradicted"),
        (-0.08, -0.06, {"within": [-0.05, 0.06]}, "contradicted"),
        (-0.08, -0.05, {"within": [-0.05, 0.06]}, "inconclusive"),
        (0.06, 0.08, {"within": [-0.05, 0.06]}, "inconclusive"),
        (0.04, 0.08, {"within": [-0.05, 0.06]}, "inconclusive"),
    ],
)
def test_verdicts_follow_the_interval(low, high, criterion, expected):
    assert verdict(Estimate((low + high) / 2, low, high, 10), criterion) == expected


def test_a_criterion_that_nobody_defined_is_an_error():
    with pytest.raises(ValueError, match="unknown criterion beside"):
        verdict(Estimate(0, 0, 0, 10), {"beside": 1})


def test_every_study_with_claims_is_one_and_ids_begin_with_it():
    studies = {path.name for path in (WORKFLOW / "tonotopy/studies").iterdir() if path.is_dir()}
    assert {"hierarchy", "steering"} <= set(FILES) <= studies
    claims = read_claims(FILES, SCHEMA)
    assert all(sum(row["study"] == study for row in claims) > 20 for study in FILES)
    assert all(row["id"].startswith(f"{row['study']}.") for row in claims)
    assert len({row["id"] for row in claims}) == len(claims)


@pytest.mark.parametrize("study", FILES)
def test_every_claim_asks_for_what_its_study_knows(study):
    module = import_module(f"tonotopy.studies.{study}.statistics")
    for row in read_claims({study: FILES[study]}, SCHEMA):
        check_words(row, module.Tables.EACH, module.Tables.ONLY, module.STATISTICS)
        arguments = dict(row.get("arguments", {}))
        for part in row.get("each", []):
            name = module.Tables.ARGUMENTS.get(part, part)
            arguments |= {"pair": {"concept": "a", "target": ["b"]}}.get(part, {name: "some"})
        inspect.signature(module.STATISTICS[row["statistic"]]).bind(None, **arguments)


def test_claims_are_shown_by_figures_that_their_studies_have():
    rows = read_claims(FILES, SCHEMA)
    check_figures(rows, {name: study.figures for name, study in STUDIES.items()})
    for study in FILES:
        own = [row for row in rows if row["study"] == study]
        assert sum(bool(shown_in(row)) for row in own) > len(own) / 2, study


def test_a_figure_that_a_study_does_not_have_is_named():
    rows = [{**GOOD, "study": "whales", "figure": ["jaws", "jaw"]}]
    with pytest.raises(InputError, match="claim whales.a: figure: 'jaw' .*did you mean 'jaws'"):
        check_figures(rows, {"whales": ["jaws", "fins"]})
    with pytest.raises(InputError, match="claim whales.a: figure: 'jaws' .*none is"):
        check_figures(rows, {})
    check_figures([{**GOOD, "study": "whales"}], {})


def test_null_controls_of_steering_are_judged_everywhere():
    rows = {row["id"]: row for row in read_claims({"steering": FILES["steering"]}, SCHEMA)}
    for vectors in ("random", "shuffled", "untrained"):
        row = rows[f"steering.over_{vectors}"]
        assert row["kind"] == "control" and row["arguments"] == {"vectors": vectors}
        assert "instances" not in row and "not_instances" not in row
        assert row["claim"].startswith("The pair's vector does more than ")


GOOD = {
    "id": "whales.a",
    "kind": "claim",
    "source": "s",
    "claim": "c",
    "statistic": "length",
    "criterion": {"above": 0},
}


def written(path: Path, *rows) -> Path:
    path.write_text(yaml.safe_dump(list(rows)))
    return path


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kind": "clam"}, "claim whales.a: kind: 'clam' is not one of"),
        ({"study": "whales"}, "claim whales.a: Additional properties"),
        ({"families": ["ast"]}, "claim whales.a: Additional properties"),
        ({"criterion": {"above": 0, "below": 1}}, "claim whales.a: criterion: "),
        ({"criterion": {"within": [0]}}, "claim whales.a: criterion.within: "),
        ({"criterion": {}}, "claim whales.a: criterion: "),
        ({"only": {}}, "claim whales.a: only: "),
        ({"only": {"oceans": "atlantic"}}, "claim whales.a: only.oceans: 'atlantic' is not of"),
        ({"each": []}, "claim whales.a: each: "),
        ({"figure": 3}, "claim whales.a: figure: "),
        ({"figure": []}, "claim whales.a: figure: "),
        ({"each": ["fin", "fin"]}, "claim whales.a: each: .* non-unique"),
        ({"id": "sharks.a"}, "claim sharks.a: ids of this file begin with 'whales.'"),
        ({"id": "whales"}, "claim whales: ids of this file begin with 'whales.'"),
    ],
)
def test_bad_claims_are_named(tmp_path, wrong, message):
    path = written(tmp_path / "whales.yaml", {**GOOD, **wrong})
    with pytest.raises(InputError, match=rf"whales.yaml: {message}"):
        read_claims({"whales": path}, SCHEMA)


def test_files_that_are_no_list_of_claims_are_named(tmp_path):
    path = tmp_path / "whales.yaml"
    for text, message in (
        ("", "expected a list of claims, not NoneType"),
        ("a: 1", "expected a list of claims, not dict"),
        ("- just text", "claim 0: 'just text' is not of type 'object'"),
        ("- [unclosed", r"no YAML \("),
    ):
        path.write_text(text)
        with pytest.raises(InputError, match=f"whales.yaml: {message}"):
            read_claims({"whales": path}, SCHEMA)
    lacking = {key: value for key, value in GOOD.items() if key not in ("id", "source")}
    written(path, GOOD, lacking)
    with pytest.raises(InputError, match="whales.yaml: claim 1: 'id' is a required property"):
        read_claims({"whales": path}, SCHEMA)


def test_ids_occur_once(tmp_path):
    path = written(tmp_path / "whales.yaml", GOOD, {**GOOD, "id": "whales.b"}, GOOD)
    with pytest.raises(InputError, match="whales.yaml: claim ids occur twice: whales.a$"):
        read_claims({"whales": path}, SCHEMA)


def test_the_files_name_says_the_study_and_one_without_a_file_has_no_claims(tmp_path):
    whales = written(tmp_path / "whales.yaml", GOOD, {**GOOD, "id": "whales.b"})
    sharks = written(tmp_path / "sharks.yaml", {**GOOD, "id": "sharks.a"})
    rows = read_claims({"sharks": sharks, "whales": whales}, SCHEMA)
    assert [(row["study"], row["id"]) for row in rows] == [
        ("sharks", "sharks.a"),
        ("whales", "whales.a"),
        ("whales", "whales.b"),
    ]
    assert read_claims({}, SCHEMA) == []


EACH, ONLY = ("fin", "tail"), {"oceans": ("atlantic", "pacific"), "names": None}


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"each": ["tail", "fim"]}, "each: 'fim' is not known to whales .did you mean 'fin'"),
        ({"only": {"ocean": ["pacific"]}}, "only: 'ocean' is .*did you mean 'oceans'"),
        (
            {"only": {"oceans": ["pacific", "atlantik"]}},
            "only.oceans: 'atlantik' is .*did you mean 'atlantic'",
        ),
        ({"only": {"oceans": ["xyz"]}}, r"only.oceans: 'xyz' is .*\(known: atlantic, pacific\)"),
        ({"statistic": "lenght"}, "statistic: 'lenght' is .*did you mean 'length'"),
    ],
)
def test_words_that_a_study_does_not_know_are_named(wrong, message):
    row = {**GOOD, "study": "whales", **wrong}
    with pytest.raises(InputError, match=f"claim whales.a: {message}"):
        check_words(row, EACH, ONLY, {"length": len})


def test_words_that_a_study_knows_are_none_of_evidences_business():
    row = {**GOOD, "study": "whales", "each": ["tail", "fin"]}
    only = {"oceans": ["pacific"], "names": ["anything"]}
    check_words({**row, "only": only}, EACH, ONLY, {"length": len})
    check_words({**GOOD, "study": "whales"}, (), {}, {"length": len})
    with pytest.raises(InputError, match=r"each: 'tail' is not known to whales \(none is\)"):
        check_words(row, (), {}, {"length": len})


def test_a_row_becomes_a_claim_per_part():
    row = {**GOOD, "study": "whales", "arguments": {"unit": "m"}, "paper": "30 m"}
    parts = [("blue.north", {"name": "blue"}), ("fin.south", {"name": "fin"})]
    claims = expand(row, "ocean", parts)
    assert [claim.id for claim in claims] == [
        "whales.a.ocean.blue.north",
        "whales.a.ocean.fin.south",
    ]
    assert [claim.arguments for claim in claims] == [
        {"unit": "m", "name": "blue"},
        {"unit": "m", "name": "fin"},
    ]
    (whole,) = expand(row, "ocean")
    assert (whole.id, whole.row, whole.instance) == ("whales.a.ocean", "whales.a", "ocean")
    assert (whole.study, whole.paper, whole.criterion) == ("whales", "30 m", {"above": 0})
    assert whole.arguments == {"unit": "m"}
