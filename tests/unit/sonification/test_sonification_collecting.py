"""Tables that grow network by network, and empty ones that statistics can read."""

import pandas as pd
import pytest
from study_tables import claims_of
from tables_of_sonification import SETTINGS, sonification_tables

from tonotopy.collecting import KEYS, Tables, of_network
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.evidence.scorecard import Instance, judge
from tonotopy.files import write_table
from tonotopy.studies.sonification.statistics import STATISTICS
from tonotopy.studies.sonification.statistics import Tables as StudyTables


def test_parts_are_put_together_in_their_order():
    tables = Tables()
    tables.add("one", pd.DataFrame({"a": [3, 1]}, index=[5, 5]))
    tables.add("two", pd.DataFrame({"b": ["x"]}))
    tables.add("one", pd.DataFrame())
    tables.add("one", pd.DataFrame({"a": [2]}))
    assert tables.table("one")["a"].tolist() == [3, 1, 2]
    assert tables.table("one").index.tolist() == [0, 1, 2]
    assert tables.table("one")["a"].dtype.kind == "i"
    assert tables.table("two").to_dict("list") == {"b": ["x"]}


def test_tables_without_rows_have_the_columns_of_all():
    tables = Tables()
    tables.add("empty", pd.DataFrame())
    assert KEYS[:4] == ("network", "run", "layer", "depth") and len(set(KEYS)) == len(KEYS)
    for name in ("empty", "unknown"):
        assert tuple(tables.table(name).columns) == KEYS
        assert len(tables.table(name)) == 0


def test_rows_of_one_run_of_one_network(world):
    ear = world.ear("supervised", run=1)
    table = pd.DataFrame(
        {"network": ["supervised", "supervised", "contrastive", "supervised"], "run": [1, 0, 1, 1]}
    )
    assert of_network(table, ear).index.tolist() == [0, 3]


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    return sonification_tables(tmp_path_factory.mktemp("tables"))


@pytest.mark.parametrize(
    ("empty", "module"),
    [
        ("answers", "transfers"),
        ("filters", "maps"),
        ("evolution", "maps"),
        ("residuals", "residuals"),
        ("targeted", "pairs"),
        ("matches", "pairs"),
        ("shifts", "exactness"),
        ("exactness", "exactness"),
    ],
)
def test_claims_about_an_empty_table_are_not_run_and_say_why(tables, tmp_path, empty, module):
    paths = {path.stem: path for path in tables.glob("*.parquet")}
    assert empty in paths
    paths[empty] = tmp_path / f"{empty}.parquet"
    write_table(paths[empty], Tables().table(empty))
    own = StudyTables(paths, SETTINGS, Bootstrap(20, 0.95, 0))
    instance = Instance("sonification", "events", own, STATISTICS)
    claims = [
        claim
        for claim in claims_of("sonification")
        if STATISTICS[claim["statistic"]].__module__.endswith(f".{module}")
        and "instances" not in claim
    ]
    rows = judge(claims, [instance], {"sonification": ["events"]}, "mini")
    assert {row["row"] for row in rows} == {claim["id"] for claim in claims}
    assert [row for row in rows if row["verdict"] == "not run" and row["reason"]]
