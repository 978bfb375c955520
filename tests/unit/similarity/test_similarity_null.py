"""Nulls of similarities: the closed form, p-values, families of tests, random phases."""

import numpy as np
import pytest
import torch
from scipy.ndimage import gaussian_filter
from scipy.stats import kstest, norm

from tonotopy.similarity.measure import similarities, unit
from tonotopy.similarity.null import false_discoveries, permutation_null, permuted
from tonotopy.surrogates import phase_randomised

DRAWS, CLIPS, GRID = 300, 24, (7, 10)


def plain_null(s):
    n = len(s)
    mean, variance = s.mean(), 0.0
    for i in range(n):
        for j in range(n):
            variance += (s[i, j] - s[i].mean() - s[:, j].mean() + mean) ** 2
    variance /= (n - 1) * n**2
    matched = sum(s[i, i] for i in range(n)) / n
    z = (matched - mean) / np.sqrt(variance)
    return mean, np.sqrt(variance), z, 1 - norm.cdf(z)


def test_the_closed_form_one_map_at_a_time():
    rng = np.random.default_rng(1)
    s = rng.normal(size=(3, 2, 11, 11)) + rng.normal(size=(3, 2, 11, 1))
    s[0, 1] += 2 * np.eye(11)
    found = permutation_null(s)
    for index in np.ndindex(3, 2):
        for value, expected in zip(found, plain_null(s[index]), strict=True):
            assert value[index] == pytest.approx(expected, abs=1e-10)
    assert found.p[0, 1] < 0.01


def test_the_closed_form_is_what_permutations_give():
    rng = np.random.default_rng(2)
    s = rng.normal(size=(9, 9)) + 2 * rng.normal(size=(9, 1)) - rng.normal(size=9)
    drawn = permuted(s, 20000, rng)
    found = permutation_null(s)
    assert drawn.mean() == pytest.approx(float(found.mean), abs=4 * float(found.sd) / 20000**0.5)
    assert drawn.std() == pytest.approx(float(found.sd), rel=0.02)


def test_what_does_not_vary_is_no_finding():
    found = permutation_null(np.full((2, 5, 5), 0.3))
    assert (found.z == 0).all() and (found.p == 0.5).all() and (found.sd < 1e-12).all()


def test_families_are_corrected_by_hand():
    p = np.array([[0.01, 0.4], [0.03, 0.02]])
    # sorted .01 .02 .03 .4 times 4 / rank: .04 .04 .04 .4
    np.testing.assert_allclose(false_discoveries(p), [[0.04, 0.4], [0.04, 0.04]])
    np.testing.assert_allclose(false_discoveries([0.01, 0.5, 0.02]), [0.03, 0.5, 0.03])


def white(rng, clips):
    return rng.normal(size=(clips, *GRID))


def smooth(rng, clips):
    return np.stack([gaussian_filter(own, 1.5) for own in white(rng, clips)])


def convolved(rng, clips):
    """Maps of a random network that heard other clips, of a common spectrum."""
    torch.manual_seed(int(rng.integers(2**31)))
    network = torch.nn.Sequential(
        torch.nn.Conv2d(1, 4, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(4, 1, 3, padding=1)
    )
    other = smooth(rng, clips) + np.linspace(1, -1, GRID[0])[:, None]
    with torch.no_grad():
        return network(torch.from_numpy(other[:, None]).float()).numpy()[:, 0]


def p_value(maps, features, units):
    a, f = (unit(torch.from_numpy(np.ascontiguousarray(v)).float()) for v in (maps, features))
    s = similarities(a.flatten(1)[:, None], f.flatten(1))[0].double().numpy()
    groups = np.unique(units)
    means = [[s[np.ix_(units == g, units == h)].mean() for h in groups] for g in groups]
    return float(permutation_null(np.array(means)).p)


def drawn(maps, units, seed, shared=0.0):
    """Maps and features of a true null: a spectrum in common, and in a group a pattern."""
    found = []
    for draw in range(DRAWS):
        rng = np.random.default_rng([seed, draw])
        features = smooth(rng, CLIPS) + 0.5 * np.linspace(1, -1, GRID[0])[:, None]
        own = maps(rng, CLIPS)
        if shared:
            groups = CLIPS // 3
            features = features + shared * smooth(rng, groups)[units]
            own = own + shared * smooth(rng, groups)[units]
        found.append((own, features))
    return found


def is_uniform(p) -> bool:
    return kstest(p, "uniform").pvalue > 0.01 and 0.03 <= np.mean(np.array(p) < 0.05) <= 0.07


@pytest.mark.parametrize("maps, seed", [(white, 1), (smooth, 3), (convolved, 5)])
def test_p_values_of_a_true_null_are_uniform(maps, seed):
    clips = np.arange(CLIPS)
    p = [p_value(a, f, clips) for a, f in drawn(maps, clips, seed)]
    assert is_uniform(p), (kstest(p, "uniform").pvalue, np.mean(np.array(p) < 0.05))


def test_groups_are_the_unit_where_clips_of_a_group_are_alike():
    units = np.repeat(np.arange(CLIPS // 3), 3)
    cases = drawn(smooth, units, 8, shared=2.0)
    grouped = [p_value(a, f, units) for a, f in cases]
    assert 0.02 <= np.mean(np.array(grouped) < 0.05) <= 0.09
    single = [p_value(a, f, np.arange(CLIPS)) for a, f in cases]
    assert np.mean(np.array(single) < 0.05) > 0.1


@pytest.mark.parametrize("unit_of", ["frame", "cell"])
def test_frames_and_cells_are_no_units(unit_of):
    """Cells of a smooth map depend on each other: shuffling them finds what is not there."""
    found = []
    for draw in range(DRAWS):
        rng = np.random.default_rng([9, draw])
        a, f = (gaussian_filter(rng.normal(size=GRID), 1.5) for _ in range(2))
        rows = (lambda x: x.T) if unit_of == "frame" else (lambda x: x.reshape(-1, 1))
        left, right = (rows(x - x.mean()) for x in (a, f))
        found.append(float(permutation_null(left @ right.T).p))
    assert kstest(found, "uniform").pvalue < 0.01 and np.mean(np.array(found) < 0.05) > 0.12


@pytest.mark.parametrize("samples", [500, 501])
def test_phases_are_random_and_magnitudes_kept(samples):
    sound = np.random.default_rng(4).normal(0.1, 1, samples).astype(np.float32)
    found = phase_randomised(sound, np.random.default_rng(5))
    assert found.shape == (samples,) and found.dtype == np.float32
    before, after = (np.fft.rfft(values.astype(float)) for values in (sound, found))
    np.testing.assert_allclose(np.abs(after), np.abs(before), rtol=1e-3, atol=1e-3)
    assert after[0].real == pytest.approx(before[0].real, rel=1e-4)
    turned = np.angle(after[1:-1] / before[1:-1])
    assert np.abs(np.exp(1j * turned).mean()) < 0.15
    assert abs(np.corrcoef(sound, found)[0, 1]) < 0.2
    same, other = (phase_randomised(sound, np.random.default_rng(seed)) for seed in (5, 6))
    assert np.array_equal(found, same) and not np.allclose(found, other)
