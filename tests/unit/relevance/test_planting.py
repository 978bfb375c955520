"""Known subspaces: which method finds them is scored by principal angles, draw by draw."""

from itertools import product

import numpy as np
import pytest

from tonotopy.relevance.orthogonal import principal_cosines
from tonotopy.relevance.planted import planted_pairs
from tonotopy.relevance.subspaces import Ascent, Problem, fit, principal_subspaces
from tonotopy.seeding import generator
from tonotopy.studies.relevance import planting
from tonotopy.studies.relevance.planting import planted_table


@pytest.fixture
def small(monkeypatch):
    for name, value in {"WIDTHS": (12, 6), "COMPONENTS": 3, "PAIRS": 400}.items():
        monkeypatch.setattr(planting, name, value)
    monkeypatch.setattr(planting, "ASCENT", Ascent(starts=2, step=30.0, steps=40))


def test_every_draw_is_scored_by_every_method(small):
    table = planted_table(3, seed=4)
    assert sorted(table.columns) == sorted(["width", "components", "draw", "method", "cosine"])
    assert list(table["width"].unique()) == [12, 6] and set(table["components"]) == {3}
    found = table.set_index(["width", "method", "draw"])["cosine"]
    assert len(found) == 18
    for width, draw in product((12, 6), range(3)):
        rng = generator(4, "planted subspaces", draw)
        truth, activations, contexts = (x.float() for x in planted_pairs(width, 3, 400, rng))
        problem, ascent = [Problem("planted", str(draw))], Ascent(2, 30.0, 40)
        bases = {
            "drsa": fit(problem, activations[None], contexts[None], 3, ascent, 4),
            "dsa": fit(problem, activations[None], None, 3, ascent, 4),
            "pca": principal_subspaces(problem, activations[None], 3),
        }
        for method, subspaces in bases.items():
            expected = np.mean(principal_cosines(subspaces.bases[0], truth, 3))
            assert found[width, method, draw] == pytest.approx(expected, abs=5e-3)
    assert len(set(found.round(6))) == 18


def test_fewer_draws_are_the_first_of_more(small):
    few, more = (planted_table(draws, seed=1) for draws in (1, 2))
    both = few.merge(more, on=["width", "method", "draw"], suffixes=("", " of more"))
    np.testing.assert_allclose(both["cosine"], both["cosine of more"], atol=1e-4)
    other = planted_table(1, seed=2)
    assert (few["cosine"] - other["cosine"]).abs().max() > 0.01


def test_drsa_finds_what_is_planted_at_the_size_that_is_claimed():
    settings = planting.WIDTHS, planting.COMPONENTS, planting.PAIRS, planting.ASCENT
    assert settings == ((64, 16), 4, 2000, Ascent(3, 30.0, 200))
    cosines = planted_table(1, seed=0).set_index(["width", "method"])["cosine"]
    wide = cosines[64]
    assert wide["drsa"] > 0.9 and wide["dsa"] < 0.75 and wide["pca"] < 0.75
    assert cosines[16, "drsa"] < 0.9
