"""A method of a user's own joins the bench by one file and one line of configuration."""

import pandas as pd
import pytest
import yaml

METHOD = '''"""How often a class was learned, whatever the value: a method that cannot be right."""

import numpy as np

from tonotopy.studies.validity.bench import Bench, Scores

KIND = "encoding"


def frequent(bench: Bench) -> Scores:
    scores = np.bincount(bench.corpus.labels, minlength=len(bench.classes)).astype(float)
    return Scores(np.tile(scores, (1, 1, len(bench.values), 1)), "")
'''
TARGET = "results/smoke/validity/world/methods.parquet"


@pytest.fixture
def own(changed):
    """The finished smoke run with one file more and one name more in a configuration."""
    file = changed.path / "my_method.py"
    file.write_text(METHOD)
    yield changed
    file.unlink()


def with_methods(project, *methods: str) -> list[str]:
    overlay = project.path / "own_methods.yaml"
    overlay.write_text(yaml.safe_dump({"validity": {"world": {"methods": list(methods)}}}))
    return ["--configfile", "workflow/scales/smoke.yaml", overlay.name]


def test_an_own_method_is_marked_beside_the_others(own):
    options = with_methods(own, "cosine", "my_method:frequent")
    own.snakemake(*options, target=TARGET)
    methods = pd.read_parquet(own.path / TARGET)
    assert methods["method"].tolist() == ["cosine", "my_method:frequent"]
    row = methods.iloc[1]
    assert row["kind"] == "encoding" and row["applies"] and row["module"] == "my_method"
    assert row["description"].startswith("How often a class was learned")
    scores = pd.read_parquet(own.path / TARGET.replace("methods", "matrices"))
    assert (scores["method"] == "my_method:frequent").sum() == 8 * 10
    own.snakemake()  # as it was: other tests look at the same run


def test_an_own_method_repeats_nothing_of_the_steering_study(own):
    assert set(own.planned(*with_methods(own, "tcav", "my_method:frequent"))) == {
        "all",
        "capture_activations",
        "run_methods",
        "mark_methods",
        "judge_claims",
        "enforce_controls",
        "draw_figure",
        "build_front_page",
        "build_report",
    }


def test_a_misspelt_method_ends_the_run_before_it_begins(own):
    told = own.snakemake("-n", *with_methods(own, "cosin"), target=TARGET, ok=False)
    assert "validity.world.methods: no method 'cosin' (did you mean 'cosine'" in told
    told = own.snakemake("-n", *with_methods(own, "my_method:often"), target=TARGET, ok=False)
    assert "my_method.py has no function 'often'" in told
