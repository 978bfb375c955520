"""Directions of every kind: known answers, lengths, seeds."""

import numpy as np
import pytest

from tonotopy.partials.directions import KINDS, directions


def frames(seed=0, number=600, width=7):
    rng = np.random.default_rng(seed)
    return rng.laplace(size=(number, width)) @ rng.normal(size=(width, width)) + 5


def test_units_are_the_axes():
    assert np.array_equal(directions("unit", np.zeros((1, 6)), 0), np.eye(6))


def test_principal_components_are_eigenvectors_of_the_covariance():
    values = frames()
    found = directions("pca", values, 0)
    spread, vectors = np.linalg.eigh(np.cov(values.T))
    for row, wanted in enumerate(vectors.T[::-1]):
        assert abs(found[row] @ wanted) == pytest.approx(1, abs=1e-8)
    assert found.shape == (7, 7) and spread[0] > 0


def test_independent_components_find_planted_sources():
    rng = np.random.default_rng(1)
    sources = rng.laplace(size=(5000, 4))
    mixing = rng.normal(size=(4, 4))
    values = sources @ mixing + 3
    answers = (values - values.mean(axis=0)) @ directions("ica", values, 0).T
    matches = np.abs(np.corrcoef(answers.T, sources.T)[:4, 4:])
    assert matches.max(axis=1).min() > 0.98 and sorted(matches.argmax(axis=1)) == [0, 1, 2, 3]


def test_a_dictionary_finds_sparse_atoms():
    rng = np.random.default_rng(2)
    atoms = rng.normal(size=(6, 6))
    atoms /= np.linalg.norm(atoms, axis=1, keepdims=True)
    used = rng.random((4000, 6)) < 0.15
    values = (used * rng.choice([-1, 1], (4000, 6)) * rng.uniform(1, 2, (4000, 6))) @ atoms
    found = directions("dictionary", values, 0)
    assert np.median(np.abs(found @ atoms.T).max(axis=0)) > 0.9


@pytest.mark.parametrize("kind", KINDS)
def test_directions_have_unit_length_and_belong_to_the_seed(kind):
    values = frames(3)
    found = directions(kind, values, 4)
    assert found.shape == (7, 7) and np.allclose(np.linalg.norm(found, axis=1), 1)
    assert np.array_equal(found, directions(kind, values, 4))
    if kind != "ica":  # whose rounds end elsewhere
        assert np.allclose(directions(kind, values + 100, 4), found, atol=1e-6)  # centred
    if kind in ("random", "dictionary"):
        assert not np.allclose(found, directions(kind, values, 5))


def test_units_that_never_vary_give_no_directions():
    values = frames(4)
    values[:, [1, 5]] = 0.5
    for kind in ("pca", "ica", "dictionary"):
        found = directions(kind, values, 0)
        assert found.shape == (5, 7), kind
        assert np.abs(found[:, [1, 5]]).max() < 1e-6, kind
    assert directions("random", values, 0).shape == (7, 7)


def test_another_kind_is_refused():
    with pytest.raises(ValueError, match="no directions 'nmf': expected one of unit, pca, ica"):
        directions("nmf", frames(), 0)
