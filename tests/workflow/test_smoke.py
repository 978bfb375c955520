"""The workflow from end to end, and what an edit makes it run again."""

import csv
import json
import os
import zipfile

import pytest

from tonotopy import sums

STUDIES = ("world", "counterfactual")


def test_everything_comes_out(finished):
    results = finished.path / "results/smoke"
    rows = json.loads((results / "scorecard.json").read_text())
    by_id = {row["id"]: row for row in rows}
    for study in STUDIES:
        assert by_id[f"steering.auroc.{study}"]["estimate"] is not None
        assert by_id[f"validity.whole_patch.{study}"]["verdict"] == "supported"
    for name in ("sums.tones", "lift.music.lead", "oracle.music", "leak.gtzan"):
        assert f"relevance.{name}" in by_id
    assert by_id["relevance.sums.tones"]["verdict"] == "supported"
    for name in ("shifts.events.supervised", "learned.events", "few_labels.events"):
        assert any(key.startswith(f"sonification.{name}") for key in by_id), name
    assert by_id["sonification.length.events.untrained"]["verdict"] == "supported"
    heard = ["relevance/tones", "relevance/music", "sonification/events", "steering/world"]
    for instance in (*heard, "similarity/instruments", "partials/waveforms"):
        exhibits = results / f"{instance}/exhibits"
        assert (exhibits / "exhibits.json").is_file() and len(list(exhibits.rglob("*.wav"))) > 1
        room = results / "listen"
        assert instance.replace("/", "-") + ".html" in (room / "index.html").read_text()
        assert {path.name for path in (room / instance).iterdir()} == {
            path.name for path in exhibits.iterdir() if path.is_dir()
        }
    front = (results / "index.html").read_text()
    assert "scorecard.html" in front and "listen/index.html" in front
    assert by_id["steering.accuracy.spoken_digits"]["verdict"] == "not run"
    for row in rows:
        assert row["scale"] == "smoke"
        if row["verdict"] == "not run":
            assert row["reason"]
        else:
            assert row["low"] <= row["estimate"] <= row["high"] and row["n"] > 0
    with (results / "scorecard.csv").open() as lines:
        assert [row["id"] for row in csv.DictReader(lines)] == list(by_id)
    assert "scale" in (results / "scorecard.html").read_text()
    figures = list((results / "figures").rglob("*.svg"))
    assert len(figures) == 104 and all(f.with_suffix(".png").is_file() for f in figures)
    assert "controls" in (results / "verdict.txt").read_text()
    with zipfile.ZipFile(results / "report.zip") as report:
        assert report.testzip() is None
        page = next(n for n in report.namelist() if n.endswith("report.html"))
        text = report.read(page).decode()
    assert "Study 2: steering" in text and "figure-3.4-steering" in text


def test_every_output_has_checksums(finished):
    lines = finished.snakemake("--summary").splitlines()
    outputs = [line.split("\t")[0] for line in lines if "\tok\t" in line]
    assert len(outputs) > 60
    for output in outputs:
        sums.check(finished.path / output)
        assert sums.place_of(finished.path / output).is_file(), output


def test_activations_are_temporary_and_checkpoints_are_gone(finished):
    results = finished.path / "results/smoke"
    assert not list(results.rglob("*.npy"))
    assert not list(results.rglob("*.ckpt"))


def test_a_second_run_has_nothing_to_do(finished):
    assert finished.planned() == {}


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (
            "workflow/tonotopy/frontends/log_mel.py",
            '"""Front ends: from',
            '"""Front ends (new): from',
        ),
        ("workflow/scripts/steering/steer.py", '"""Steer a corpus', '"""Now steer a corpus'),
    ],
)
def test_a_docstring_reruns_nothing(changed, name, old, new):
    changed.edit(name, old, new)
    assert changed.planned() == {}


def test_a_touched_file_reruns_nothing(changed):
    for name in (
        "workflow/scripts/steering/steer.py",
        "results/smoke/steering/world/slopes.parquet",
    ):
        os.utime(changed.path / name)
    assert changed.planned() == {}


def test_another_lambda_grid_reruns_steering_its_figures_and_evidence_only(changed):
    changed.edit("workflow/scales/smoke.yaml", "[-0.2, -0.1, 0.1, 0.2]", "[-0.2, -0.05, 0.05, 0.2]")
    planned = changed.planned()
    assert set(planned) == {
        "all",
        "steer",
        "read_effects",
        "capture_activations",  # of the methods that are marked against interventions
        "run_methods",
        "mark_methods",
        "judge_claims",
        "enforce_controls",
        "render_steering",
        "draw_figure",
        "build_room",
        "build_front_page",
        "build_report",
    }
    assert planned["steer"] == 7 and planned["read_effects"] == 2
    # 3.4-3.8, matrix and controls of the world; 3.4, 3.5, matrix and controls of the other; marks
    # and matrices of both under study 7, and the world's layers and steering
    assert planned["draw_figure"] == 16


def test_other_pairs_are_judged_and_drawn_and_nothing_is_trained_anew(changed):
    violin = "- {concept: violin, target: ["
    changed.edit("config.yaml", f"{violin}classical]}}", f"{violin}blues]}}")
    planned = changed.planned()
    assert set(planned) == {
        "all",
        "check_names",
        "judge_claims",
        "enforce_controls",
        "render_steering",
        "draw_figure",
        "build_room",
        "build_front_page",
        "build_report",
    }
    assert planned["draw_figure"] == 13  # all of the world


def test_a_caption_redraws_that_figure_and_judges_nothing(changed):
    changed.edit(
        "workflow/tonotopy/studies/steering/figures/__init__.py",
        "Confusion of classes on",
        "Confusions of classes on",
    )
    assert set(changed.planned()) == {"all", "draw_figure", "build_front_page", "build_report"}


def test_a_figures_style_redraws_that_figure_only(changed):
    changed.edit("workflow/tonotopy/studies/steering/figures/matrix.py", '"PuOr_r"', '"RdBu_r"')
    planned = changed.planned()
    assert set(planned) == {"all", "draw_figure", "build_front_page", "build_report"}
    assert planned["draw_figure"] == len(STUDIES)


def test_a_method_reruns_what_uses_it_and_not_the_training(changed):
    changed.edit(
        "workflow/tonotopy/studies/steering/effects.py",
        "centred = strengths - strengths.mean()",
        "centred = strengths - strengths.mean(axis=0)",
    )
    planned = changed.planned()
    assert "read_effects" in planned and "train_network" not in planned
    assert "build_corpus" not in planned


def test_another_seed_by_name_makes_its_own_folders(finished):
    target = "results/smoke-seed7/steering/world/slopes.parquet"
    told = finished.snakemake("-n", target=target)
    assert "data/corpora/smoke-seed7/genres" in told
    assert "data/corpora/smoke/genres" not in told
