"""The front page's table of best layers: what it picks of the profiles, and how it says it."""

import numpy as np
import pandas as pd
import pytest
from configs import default_config
from tables_of_hierarchy import HIERARCHY

from tonotopy import results
from tonotopy.studies.hierarchy.best_layers import NONE, overview
from tonotopy.studies.hierarchy.study import STUDY

ACCURACIES = {1: [0.3, 0.6, 0.5], 5: [0.4, 0.7, 0.7]}  # k -> accuracy of layers a, b, c


def profiles(**changes) -> pd.DataFrame:
    """Rows of one network and task, in no order."""
    rows = [
        {"layer": "abc"[n], "position": n, "k": k, "accuracy": accuracy, "low": accuracy - 0.1}
        for k, accuracies in ACCURACIES.items()
        for n, accuracy in enumerate(accuracies)
    ]
    table = pd.DataFrame(rows).assign(high=lambda rows: rows["accuracy"] + 0.125, chance=0.25)
    same = {"network": "net", "task": "pitch", "copy": "trained", "length": "whole"}
    same |= {"folds": "paper", "probe": "knn", "reason": ""}
    return table.assign(**same | changes).sample(frac=1, random_state=0)


def cells(**changes):
    """The table's only row."""
    ((_, *row),) = overview({"profiles": profiles(**changes)})["rows"]
    return [cell.splitlines() for cell in row]


def test_the_first_best_layer_is_shown_at_the_best_k_with_its_interval_and_both_ends():
    found = overview({"profiles": profiles()})
    assert found["head"] == ["Task (chance)", "net"] and "flatters" in found["caption"]
    text = "b (2 of 3)\n0.7 [0.6, 0.825]\nfirst 0.4, last 0.7"
    assert found["rows"] == [["pitch (0.25)", text]]


@pytest.mark.parametrize(
    "other",
    [{"copy": "untrained"}, {"length": "second"}, {"probe": "linear"}, {"folds": "grouped"}],
)
def test_other_copies_lengths_probes_and_folds_are_left_out(other):
    better = profiles(**other).assign(accuracy=0.99, layer="z")
    for parts in ([better, profiles()], [profiles(), better]):
        both = pd.concat(parts, ignore_index=True)
        assert overview({"profiles": both}) == overview({"profiles": profiles()})


def test_folds_of_the_only_kind_are_shown_and_few_groups_say_so():
    few = "3 observations are too few for an interval (8 are needed)"
    ((place, accuracy, _),) = cells(folds="grouped", reason=few, low=np.nan, high=np.nan)
    assert (place, accuracy) == ("b (2 of 3)", f"0.7 ({few})")


def test_every_task_has_a_row_and_every_network_a_column_in_their_order():
    pairs = [("z", "pitch"), ("z", "genre"), ("a", "genre")]
    parts = [profiles(network=n, task=t) for n, t in pairs]
    table = pd.concat(parts, ignore_index=True).astype({"network": "category", "task": "category"})
    found = overview({"profiles": table})
    assert found["head"] == ["Task (chance)", "z", "a"]
    assert [row[0] for row in found["rows"]] == ["pitch (0.25)", "genre (0.25)"]
    assert [row[2] == NONE for row in found["rows"]] == [True, False]


def test_every_instance_has_its_own_tables_on_the_front_page():
    config = default_config()
    own = {**config["hierarchy"]["layers"], "networks": ["vggish"]}
    config["hierarchy"]["mine"] = own
    config["run"] = ["hierarchy/layers", "hierarchy/mine", "steering/world"]
    assert results.overview_tables("mini", config) == [
        f"results/mini/hierarchy/{name}/profiles.parquet" for name in ("layers", "mine")
    ]
    shown = {study["name"]: study["instances"] for study in results.shown("mini", config)}
    asked = {"module": STUDY.overview_module(), "sources": ["profiles"]}
    assert [one["overview"] for one in shown["hierarchy"]] == [asked, asked]
    assert [one["overview"] for one in shown["steering"]] == [None]
    assert results.overview_modules(config) == [STUDY.overview_module()]
    assert set(STUDY.overview.sources) <= set(STUDY.tables(HIERARCHY | {"tagging": None}))
