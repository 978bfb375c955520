"""Networks of transformers through studies 5, 6 and 7 by their entries, and what refuses them."""

import json

import pandas as pd
import pytest
import yaml
from own_entries import COMPARED, FOLDER, STEERED, write_tones
from projects import copy_project
from tiny_transformers import GENRES, checkpoint

SOUNDS = {"low": 300.0, "middle": 900.0, "high": 2500.0}
CHECKPOINTS = {"speech": "whisper", "units": "hubert", "genres": "classifier"}
SIMILARITY = {
    **COMPARED,
    "networks": {"speech": "speech", "units": "units", "genres": "genres"},
    "heard": "songs",
    "seen_through": {"units": {"kind": "log_mel", "mels": 30}},
    "clips": 20,  # of enough groups for intervals
    "probed": 24,
    "known": {"sets": 1, "clips": 6},
}
PARTIALS = {
    "networks": {"speech": "speech", "genres": "genres"},
    "layers": {"genres": "hidden_1"},
    "heard": "songs",
    "contexts": {"corpus": "songs", "by": "group"},
    "directions": ["unit", "pca", "random"],
    "fitted": 200,
    "tones": {"low": 55, "high": 100, "seconds": 0.4},
    "clips": 60,
    "codes": {"networks": ["speech"], "clusters": 8, "books": 1, "clips": 20},
    "limits": [3, 64],
    "exhibits": 1,
}
STEERING = {
    **STEERED,
    "network": "genres",
    "classes": "genres",
    "outputs": {name: name for name in ("rock", "jazz", *GENRES)},  # but for the bird
    "activation": "softmax",
    "concepts": "instruments",
    "sweeps": ["test"],
    "clips": {"test": 20, "unseen": None, "layers": None, "controls": None},
    "pairs": [{"concept": "violin", "target": ["classical"]}],
}
VALIDITY = {
    "network": "genres",
    "steering": "hub",
    "attribute": "lead",
    "twins": {"lead": "lead_twins"},
    "parts": "lead_parts",
    "clips": 20,
    "nulls": 2,
    "patched": 2,
    "methods": ["steering_probes", "derivative", "tcav", "cosine", "attribution", "deletion",
                "patching", "sonification", "untrained", "random"],
}  # fmt: skip
STUDIES = ("similarity", "partials", "steering", "validity")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A project whose networks lie in folders; nothing has run."""
    root = tmp_path_factory.mktemp("hub")
    project = copy_project(root / "tonotopy")
    write_tones(root / "songs", SOUNDS)
    networks = {name: checkpoint(kind, root / name)[0] for name, kind in CHECKPOINTS.items()}
    settings = yaml.safe_load((project.path / project.scale).read_text())
    songs = {**FOLDER, "path": str(root / "songs")}
    songs |= {"group": {"from": "name", "pattern": "([0-9]+)"}}
    entries = dict(zip(STUDIES, (SIMILARITY, PARTIALS, STEERING, VALIDITY), strict=True))
    settings |= {
        "scale": "hub",
        "run": [f"{study}/hub" for study in STUDIES],
        "corpora": {**settings["corpora"], "songs": songs},
        "networks": networks,
        **{study: {"hub": entry} for study, entry in entries.items()},
        "statistics": {"resamples": 100},
    }
    (project.path / "hub.yaml").write_text(yaml.safe_dump(settings))
    return project.__class__(project.path, "hub.yaml")


@pytest.fixture(scope="module")
def results(project):
    project.snakemake()
    return project.path / "results/hub"


def table(results, study, name):
    return pd.read_parquet(results / f"{study}/hub/{name}.parquet")


def test_every_claim_is_judged_or_says_why_not(results):
    rows = json.loads((results / "scorecard.json").read_text())
    for study in STUDIES:
        own = [row for row in rows if row["study"] == study]
        assert own and all(row["estimate"] is not None or row["reason"] for row in own)
        assert any(row["estimate"] is not None for row in own)


def test_maps_lie_on_the_positions_of_the_clip(results):
    layers = table(results, "similarity", "layers").set_index(["network", "layer"])
    for name, (maps, rows, columns, seen) in {
        "speech": (16, 1, 25, 64),  # 50 frames, two by two
        "units": (16, 1, (4000 - 72) // 32 + 1, 30),
        "genres": (16, 2, 5, 2),
    }.items():
        found = layers.loc[name][["maps", "rows", "columns", "input_rows"]]
        assert found.to_numpy().tolist() == 3 * [[maps, rows, columns, seen]]
    assert layers.loc["speech"]["step_s"].round(6).eq(0.02).all()
    assert layers.loc["genres"]["first_s"].eq((99.5 + 280) / 8000).all()


def test_what_has_no_meaning_on_one_row_is_left_out_and_said(results):
    rows = table(results, "similarity", "similarities")
    features = rows.groupby("network")["feature"].unique().map(set)
    assert features["speech"] == features["units"]
    assert features["genres"] - features["speech"] == {"contrast", "chroma_stft", "chroma_cqt"}
    scorecard = json.loads((results / "scorecard.json").read_text())
    told = {
        row["id"]: row["reason"] for row in scorecard if row["id"].startswith("similarity.maps_")
    }
    reason = told["similarity.maps_beyond_all.hub.speech.chroma_stft"]
    assert "no layer of network 'speech' is compared with feature 'chroma_stft'" in reason
    assert not told["similarity.maps_beyond_all.hub.speech.loudness"]
    probes = table(results, "similarity", "probes")
    assert set(probes["target"]) == {"chroma", "loudness", "onsets", "onset_rate", "level"}
    assert set(probes["copy"]) == {"trained", "random", "input"}
    assert len(table(results, "similarity", "known"))


def test_directions_are_looked_for_in_times_of_the_clip(results):
    layers = table(results, "partials", "layers").set_index("network")
    assert layers.loc["speech", "layer"] == "hidden_2" and layers.loc["speech", "hop"] == 160
    assert layers.loc["genres", "hop"] == 4000 / 5  # not of class tokens and padding
    responses = table(results, "partials", "responses")
    assert responses.groupby("network")["response"].agg(lambda v: v.std() > 0).all()
    assert set(table(results, "partials", "codes")["network"]) == {"speech", "known"}


def test_methods_that_need_a_gradient_of_samples_do_not_apply(results):
    methods = table(results, "validity", "methods").set_index("method")
    apply = methods.index[methods["applies"]]
    assert set(apply) == set(VALIDITY["methods"]) - {"attribution", "sonification"}
    assert "no gradient reaches the samples" in methods.loc["sonification", "reason"]
    marks = table(results, "validity", "marks")
    assert set(marks["method"]) == set(apply)


@pytest.mark.parametrize("study", STUDIES)
def test_figures_and_exhibits(results, study):
    assert len(list((results / f"figures/{study}/hub").glob("*.svg"))) >= 3
    if study == "validity":
        return
    exhibits = json.loads((results / f"{study}/hub/exhibits/exhibits.json").read_text())
    assert exhibits["exhibits"]


REFUSED = {
    "relevance/music": ("relevance", "music", {"network": "genres"}, "and relevance needs one"),
    "sonification/events": (
        "sonification",
        "events",
        {"networks": {"genres": "genres"}},
        "and sonification needs one",
    ),
}


@pytest.mark.parametrize("instance", REFUSED)
def test_what_needs_a_gradient_of_samples_is_refused_when_a_run_is_planned(project, instance):
    study, name, changes, reason = REFUSED[instance]
    default = yaml.safe_load((project.path / "config.yaml").read_text())
    settings = yaml.safe_load((project.path / "hub.yaml").read_text())
    settings |= {"scale": "refused", "run": [instance]}
    settings[study] = {name: {**default[study][name], **changes}}
    (project.path / "refused.yaml").write_text(yaml.safe_dump(settings))
    told = project.__class__(project.path, "refused.yaml").snakemake("-n", ok=False)
    assert f"{study}.{name}.network" in told and "network 'genres' hears through a feature" in told
    assert reason in told and "Traceback" not in told
