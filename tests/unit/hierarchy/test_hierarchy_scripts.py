"""Scripts of study 1: names come with the inputs, none is read out of a folder's name."""

import json

import pandas as pd
import pytest
from scripts import run_script
from tables_of_hierarchy import TASKS, hierarchy_tables

from tonotopy.evidence.resampling import Bootstrap
from tonotopy.studies.hierarchy.clip_groups import resamples_by_task
from tonotopy.studies.hierarchy.summaries import centres, profiles


def test_networks_and_copies_are_those_of_the_inputs(tmp_path, monkeypatch):

    monkeypatch.setattr("tonotopy.corpora.schema.Corpus", lambda path: f"corpus {path}")
    monkeypatch.setattr("tonotopy.inference.use_threads", lambda threads: None)
    monkeypatch.setattr("tonotopy.networks.bundle.load", lambda path: f"network {path}")
    monkeypatch.setattr(
        "tonotopy.studies.hierarchy.tagging.tagging_table",
        lambda bundle, corpus: pd.DataFrame({"bundle": [bundle], "corpus": [corpus]}),
    )
    inputs = {"networks": ["x", "y-untrained", "z"], "corpus": "sounds"}
    params = {
        "names": ["my-net", "ast", "my-net"],
        "copies": ["untrained", "trained", "trained"],
        "families": json.dumps({"ast": "ast", "my-net": "other"}),
    }
    output = [str(tmp_path / "tagging.parquet")]
    run_script("hierarchy/score_tagging", monkeypatch, inputs, output, params)
    table = pd.read_parquet(output[0])
    assert table.values.tolist() == [
        ["network x", "corpus sounds", "my-net", "other", "untrained"],
        ["network y-untrained", "corpus sounds", "ast", "ast", "trained"],
        ["network z", "corpus sounds", "my-net", "other", "trained"],
    ]
    assert list(table) == ["bundle", "corpus", "network", "family", "copy"]
    with pytest.raises(ValueError, match="zip"):
        run_script(
            "hierarchy/score_tagging",
            monkeypatch,
            inputs,
            output,
            {**params, "copies": ["trained"] * 2},
        )


def test_known_answers_of_all_networks_are_joined(tmp_path, monkeypatch):
    for name, rank in (("clap", 2.0), ("vggish", float("nan"))):
        rows = pd.DataFrame({"network": [name], "rank": [rank]})
        rows.to_parquet(tmp_path / f"{name}.parquet")
    inputs = [str(tmp_path / f"{name}.parquet") for name in ("vggish", "clap")]
    output = [str(tmp_path / "known_answers.parquet")]
    run_script("hierarchy/join_known_answers", monkeypatch, inputs, output, {})
    joined = pd.read_parquet(output[0])
    assert joined["network"].tolist() == ["vggish", "clap"] and joined["rank"].tolist()[1:] == [2]


def test_probed_layers_are_joined_and_summarised(tmp_path, monkeypatch):
    tables = hierarchy_tables(tmp_path / "tables", clips=30)
    correct = pd.read_parquet(tables / "correct.parquet")
    correct = correct[correct["network"].isin(["clap", "ast"]) & (correct["copy"] == "trained")]
    files = []
    for (network, task), part in correct.groupby(["network", "task"], sort=False):
        files.append(tmp_path / f"{network}.{task}.parquet")
        part.drop(columns=["family", "level"]).to_parquet(files[-1], index=False)
    outputs = {key: str(tmp_path / f"{key}.parquet") for key in ("correct", "profiles", "centres")}
    levels = {name: about["level"] for name, about in TASKS.items()}
    params = {
        "families": json.dumps({"clap": "other", "ast": "ast"}),
        "levels": json.dumps(levels),
        "statistics": json.dumps({"resamples": 30, "confidence": 0.8}),
        "seed": 2,
    }
    inputs = {"correct": files, "clips": tables / "clips.parquet"}
    run_script("hierarchy/summarise_layers", monkeypatch, inputs, outputs, params)
    joined = pd.read_parquet(outputs["correct"])
    assert len(joined) == len(correct)
    assert (joined["family"] == joined["network"].map({"clap": "other", "ast": "ast"})).all()
    assert (joined["level"] == joined["task"].map(levels)).all()
    clips = pd.read_parquet(tables / "clips.parquet")
    resamples = resamples_by_task(clips, Bootstrap(30, 0.8, seed=2))
    for name, function in (("profiles", profiles), ("centres", centres)):
        written = pd.read_parquet(outputs[name])
        pd.testing.assert_frame_equal(written, function(joined, resamples))
