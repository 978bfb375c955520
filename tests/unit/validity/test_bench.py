"""The bench, scores that are refused, and methods that are found, fail or do not apply."""

import re

import numpy as np
import pandas as pd
import pytest
from validity_worlds import CLASSES, CONCEPTS, VALUES, make_bench

from tonotopy.errors import InputError
from tonotopy.studies.validity import catalogue
from tonotopy.studies.validity.bench import KINDS, DoesNotApply, Scores, check_scores, score_table
from tonotopy.studies.validity.loading import accuracies
from tonotopy.studies.validity.running import find, run_methods

GOOD = np.arange(1.0, 13.0).reshape(1, 2, 3, 2)
OWN = '''"""What I look at.

More of it.
"""
KIND = "encoding"
def mine(bench):
    import numpy as np
    from tonotopy.studies.validity.bench import Scores
    return Scores(np.ones((1, 1, len(bench.values), len(bench.classes))), "")
def wrong(bench):
    return Scores(None, "")
'''


def test_clips_are_drawn_by_the_seed_equally_many_of_every_class(ast_bench, tmp_path):
    indices = ast_bench.indices
    assert np.bincount(ast_bench.corpus.labels[indices]).tolist() == [4, 4]
    assert set(ast_bench.corpus.splits[indices]) == {"test"} and (np.diff(indices) > 0).all()
    other = make_bench(tmp_path, "ast", seed=6)
    assert other.indices.tolist() != indices.tolist()
    assert ast_bench.indices.tolist() == ast_bench.drawn("clips", 8).tolist()


def test_directions_are_means_over_seeds_in_the_order_of_values(ast_bench):
    assert ast_bench.values == list(VALUES) and ast_bench.classes == CLASSES
    for layer, values in ast_bench.directions("trained").items():
        for number, value in enumerate(VALUES):
            seeds = ast_bench.vectors["trained"][layer][:, CONCEPTS.index(value)]
            assert values[number] == pytest.approx((seeds[0] + seeds[1]) / 2)


def test_a_value_without_a_vector_is_refused(tmp_path):
    bench = make_bench(tmp_path, "ast")
    object.__setattr__(bench, "probed", ["high", "other", "mid", "deep"])
    told = "corpus twins: value 'low' of 'lead' is no class of corpus concepts"
    with pytest.raises(InputError, match=told):
        bench.values  # noqa: B018 - a property


def test_training_clips_have_the_numbers_of_their_values(ast_bench):
    positions, labels = ast_bench.training
    classes = [ast_bench.concepts.classes[c] for c in ast_bench.concepts.labels[positions]]
    expected = [list(VALUES).index(c) if c in VALUES else -1 for c in classes]
    assert labels.tolist() == expected and -1 in expected


def test_the_best_layer_is_that_of_the_best_probes():
    rows = [("trained", 0, 0.5), ("trained", 1, 0.9), ("trained", 1, 0.8), ("untrained", 0, 1.0)]
    table = pd.DataFrame(rows, columns=["vectors", "layer", "macro_f1"])
    assert accuracies(table, ["a", "b"]) == {"a": 0.5, "b": pytest.approx(0.85)}


@pytest.mark.parametrize(
    ("scores", "told"),
    [
        (GOOD, "returned a ndarray, expected tonotopy's Scores"),
        (
            Scores(GOOD[0], "clip"),
            r"shape \(2, 3, 2\), expected \(sets, units, 3 values, 2 cl",
        ),
        (Scores(GOOD.swapaxes(2, 3), "clip"), r"shape \(1, 2, 2, 3\), expected"),
        (Scores(GOOD[:, :0], "clip"), r"shape \(1, 0, 3, 2\), expected"),
        (Scores(np.where(GOOD == 10, np.nan, GOOD), "clip"), "value 'high' and class 'fast'"),
        (Scores(np.where(GOOD == 3, np.inf, GOOD), "clip"), "value 'high' and class 'slow'"),
        (Scores(GOOD, "clip", ("a",)), "1 names for 2 units"),
    ],
)
def test_scores_that_are_no_matrix_are_refused(ast_bench, scores, told):
    with pytest.raises(InputError, match=told):
        check_scores(scores, ast_bench)
    check_scores(Scores(GOOD, "clip"), ast_bench)


def test_scores_have_a_row_for_each_cell(ast_bench):
    table = score_table("m", "null", Scores(GOOD.repeat(2, 0), "clip", ("x", "y")), ast_bench)
    assert len(table) == 24 and set(table["set"]) == {0, 1}
    for unit, name in enumerate(("x", "y")):
        for i, value in enumerate(VALUES):
            for g, label in enumerate(CLASSES):
                rows = table[
                    (table["unit"] == name) & (table["value"] == value) & (table["class"] == label)
                ]
                assert rows["score"].tolist() == [GOOD[0, unit, i, g]] * 2
    alone = score_table("m", "own", Scores(GOOD[:, :1], ""), ast_bench)
    assert set(alone["unit"]) == {"all"}


def test_a_users_method_is_run_and_its_module_describes_it(ast_bench, tmp_path, monkeypatch):
    (tmp_path / "my_methods.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    names = ["cosine", "my_methods:mine"]
    scores, methods = run_methods(names, ast_bench)
    assert methods["method"].tolist() == names and methods["order"].tolist() == [0, 1]
    row = methods.iloc[1]
    assert row["description"] == "What I look at." and row["kind"] == "encoding"
    assert row["module"] == "my_methods" and row["attribute"] == "lead" and row["applies"]
    own = scores[scores["method"] == "my_methods:mine"]
    assert len(own) == 6 and (own["score"] == 1).all()
    with pytest.raises(InputError, match="method my_methods:wrong: NameError: name 'Scores'"):
        run_methods(["my_methods:wrong"], ast_bench)
    with pytest.raises(InputError, match=r"has no function 'mien' \(did you mean 'mine'"):
        find("my_methods:mien")


def test_a_wrong_shape_names_the_method(ast_bench, monkeypatch):
    from tonotopy.studies.validity.methods import cosine

    monkeypatch.setattr(cosine, "matrix", lambda bench: Scores(np.ones((3, 2)), ""))
    with pytest.raises(InputError, match=r"method cosine: InputError: scores have shape \(3, 2\)"):
        run_methods(["cosine"], ast_bench)


def test_why_a_method_does_not_apply_is_written_down(ast_bench, monkeypatch):
    scores, methods = run_methods(["sonification"], ast_bench)
    assert len(scores) == 0 and list(scores)[:4] == ["method", "kind", "set", "unit"]
    row = methods.iloc[0]
    assert not row["applies"] and row["unit"] == ""
    assert row["reason"].startswith("the network hears spectrograms")
    from tonotopy.studies.validity.methods import cosine

    def not_today(bench):
        raise DoesNotApply("not today")

    monkeypatch.setattr(cosine, "matrix", not_today)
    _, methods = run_methods(["cosine"], ast_bench)
    assert methods["reason"].tolist() == ["not today"]


def test_an_unknown_kind_is_refused(monkeypatch):
    from tonotopy.studies.validity.methods import cosine

    monkeypatch.setattr(cosine, "KIND", "encodin")
    with pytest.raises(InputError, match="method cosine: its KIND is 'encodin', expected one of"):
        find("cosine")


def test_all_methods_describe_themselves():
    described = {name: find(name) for name in catalogue.NAMES}
    assert len(described) == 14 and "__init__" not in described
    for name, (function, kind, text, module) in described.items():
        assert kind in KINDS and kind != "own" and module == f"{catalogue.PACKAGE}.{name}"
        assert text.endswith(".") and len(text) > 20 and function.__doc__
    texts = [text for _, _, text, _ in described.values()]
    assert len(set(texts)) == len(texts)
    nulls = {name for name, (_, kind, _, _) in described.items() if kind == "null"}
    assert nulls == {"random", "random_covariance", "shuffled"}


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "steering_prbes",
            r"v.methods: no method 'steering_prbes' .*'steering_probes'",
        ),
        ("my_methods:mien", r"v.methods: my_methods.py has no function 'mien' .*'mine'"),
        ("my_method:mine", r"v.methods: module 'my_method' cannot be found \(looked from "),
        ("my_methods:", r"v.methods: 'my_methods:': expected the form package.module:function"),
    ],
)
def test_methods_are_looked_for_before_anything_runs(name, told, tmp_path, monkeypatch):
    (tmp_path / "my_methods.py").write_text(OWN)
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack/__init__.py").write_text("from math import sqrt as root\nhalf = max\n")
    monkeypatch.chdir(tmp_path)
    good = ["tcav", "my_methods:mine", "pack:root", "pack:half", "scipy.stats:spearmanr"]
    catalogue.check_methods("v.methods", good)
    with pytest.raises(InputError, match=told):
        catalogue.check_methods("v.methods", [*good, name])
    assert catalogue.modules(good) == [f"{catalogue.PACKAGE}.tcav"]
    assert re.fullmatch(r"(\w+\.)+\w+", catalogue.PACKAGE)
