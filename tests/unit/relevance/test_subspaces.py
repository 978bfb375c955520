"""DRSA and DSA: literal steps, batches, known and shuffled answers, files."""

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from scipy.linalg import fractional_matrix_power

from tonotopy import sums
from tonotopy.errors import InputError
from tonotopy.files import write_tensors
from tonotopy.relevance import subspaces as module
from tonotopy.relevance.objective import objective
from tonotopy.relevance.orthogonal import principal_components, principal_cosines
from tonotopy.relevance.planted import planted_pairs
from tonotopy.relevance.subspaces import (
    Ascent,
    Problem,
    ascend,
    fit,
    last_values,
    load,
    principal_subspaces,
    random_subspaces,
    save,
)
from tonotopy.relevance.vectors import normalised

LAYERS = [Problem("conv3", "jazz"), Problem("conv3", "rock"), Problem("conv4", "jazz")]
WIDTH, PAIRS = 6, 40


def pairs(problems=3, seed=0, width=WIDTH, count=PAIRS):
    rng = np.random.default_rng(seed)
    a, c = (torch.from_numpy(rng.normal(size=(problems, count, width))) for _ in range(2))
    return a.relu(), (c + 0.5) * (a > 0)


def literal_step(u, a, c, blocks, step):
    """One step of float64 loops: the gradient pair by pair, then equation 3.6 as it is printed."""
    width, count = len(u) // blocks, len(a)
    relevances, means = np.zeros((blocks, count)), np.zeros(blocks)
    for k in range(blocks):
        part = u[:, k * width : (k + 1) * width]
        for n in range(count):
            relevances[k, n] = max(0, (part.T @ a[n]) @ (part.T @ c[n]))
        means[k] = np.sqrt((relevances[k] ** 2).mean())
    gradient = np.zeros_like(u)
    for k in range(blocks):
        part = u[:, k * width : (k + 1) * width]
        of_mean = np.sqrt(means).mean() / (blocks * np.sqrt(means[k]))
        for n in range(count):
            of_pair = relevances[k, n] / (count * means[k])
            of_basis = np.outer(a[n], part.T @ c[n]) + np.outer(c[n], part.T @ a[n])
            gradient[:, k * width : (k + 1) * width] += of_mean * of_pair * of_basis
    moved = u + step * gradient
    return moved @ fractional_matrix_power(moved.T @ moved, -0.5)


@pytest.mark.parametrize("blocks", [2, 3])
@pytest.mark.parametrize("relevance", [True, False], ids=["drsa", "dsa"])
def test_steps_are_those_of_the_literal_loops(blocks, relevance):
    a, c = pairs()
    starts = random_subspaces(LAYERS, WIDTH, blocks, 5).bases.double()[:, None]
    contexts = c.mT if relevance else None
    found, curves = ascend(a.mT, contexts, starts, blocks, Ascent(1, 7.0, 3, 0.0))
    for p in range(3):
        u, context = starts[p, 0].numpy(), (c if relevance else a)[p].numpy()
        for _ in range(3):
            u = literal_step(u, a[p].numpy(), context, blocks, 7.0)
        np.testing.assert_allclose(found[p, 0], u, atol=1e-7)
        last = torch.from_numpy(u)[None, None]
        value = objective(a[p : p + 1].mT, c[p : p + 1].mT if relevance else None, last, blocks)[0]
        assert curves[p, 0, -1].item() == pytest.approx(value.item())


def test_problems_and_starts_together_are_each_alone():
    """Also where they stop at different steps."""
    a, c = pairs()
    ascent = Ascent(starts=4, step=5.0, steps=150, tolerance=1e-3)
    together = fit(LAYERS, a, c, 2, ascent, 3)
    lengths = (~together.curves.isnan()).sum(dim=-1)
    assert len(lengths.unique()) > 3 and lengths.amax(dim=1).unique().numel() == 3
    for p, problem in enumerate(LAYERS):
        alone = fit([problem], a[p : p + 1], c[p : p + 1], 2, ascent, 3)
        torch.testing.assert_close(alone.bases[0], together.bases[p], atol=1e-6, rtol=0)
        torch.testing.assert_close(alone.curves[0], together.curves[p], equal_nan=True)
        for s in range(4):
            u = module._random_start(WIDTH, 3, problem, s)[None, None]
            _, curves = ascend(a[p : p + 1].mT, c[p : p + 1].mT, u, 2, ascent)
            torch.testing.assert_close(curves[0, 0], together.curves[p, s], equal_nan=True)


def test_what_has_stopped_is_computed_no_more(monkeypatch):
    a, c = pairs()
    sizes = []

    def counting(activations, contexts, bases, blocks):
        assert len(activations) == len(contexts) == len(bases)
        sizes.append(tuple(bases.shape[:2]))
        return objective(activations, contexts, bases, blocks)

    monkeypatch.setattr(module, "objective", counting)
    fitted = fit(LAYERS, a, c, 2, Ascent(starts=4, step=5.0, steps=150, tolerance=1e-3), 3)
    running = ~fitted.curves.isnan()
    for step, size in enumerate(sizes):
        by_problem = running[..., step].sum(dim=1)
        assert size == ((by_problem > 0).sum(), by_problem.max())
    assert len(sizes) == running.any(dim=1).any(dim=0).sum() and len(set(sizes)) > 4


def test_the_best_start_is_kept_and_the_spread_told():
    a, c = pairs()
    fitted = fit(LAYERS, a, c, 3, Ascent(6, 5.0, 60, 0.0), 0)
    for p in range(3):
        final = objective(a[p : p + 1].mT, c[p : p + 1].mT, fitted.bases[p][None, None], 3)[0]
        finals = fitted.curves[p, :, -1]
        assert final.item() == pytest.approx(finals.max().item())
        assert finals.max() > finals.min() + 1e-4
        torch.testing.assert_close(fitted.finals[p], finals)
        assert fitted.spread[p] == pytest.approx((finals.max() - finals.min()) / finals.max())


def test_a_start_stops_at_the_first_step_that_changes_too_little():
    a, c = pairs(1)
    tolerance = 0.01
    curve = fit(LAYERS[:1], a, c, 2, Ascent(1, 5.0, 200, tolerance), 1).curves[0, 0]
    full = fit(LAYERS[:1], a, c, 2, Ascent(1, 5.0, 200, 0.0), 1).curves[0, 0]
    assert not full.isnan().any()
    changes = [abs(full[t] - full[t - 10]) / full[t] for t in range(10, 201)]
    stop = 10 + next(i for i, change in enumerate(changes) if change < tolerance)
    assert 10 < stop < 150
    torch.testing.assert_close(curve[: stop + 1], full[: stop + 1])
    assert curve[stop + 1 :].isnan().all()
    assert last_values(curve) == curve[stop]


def test_a_relative_change_in_either_direction_keeps_a_start_running():
    ends = torch.tensor([3.97, 3.95, 4.0, 4.03, 4.05]).double()  # 4 within 1 % or not
    curves = torch.full((5, 1, 14), 4.0).double()
    curves[:, 0, 12] = ends
    settled = module._settled(curves, 12, 0.01)[:, 0]
    assert settled.tolist() == [True, False, True, True, False]
    assert not module._settled(curves, 11, 0.0).any()  # no change is not less than none
    curves[:, 0, 2] = 8.0  # ten steps before
    assert not module._settled(curves, 12, 0.01).any()


def test_no_start_stops_before_the_tenth_step():
    a, c = pairs(1)
    curves = fit(LAYERS[:1], a, c, 2, Ascent(2, 5.0, 50, 1e9), 1).curves
    assert (~curves.isnan()).sum(dim=-1).tolist() == [[11, 11]]


def test_starts_depend_on_seed_problem_and_number_alone():
    a, c = pairs()
    one = fit(LAYERS, a, c, 2, Ascent(3, 1.0, 1, 0.0), 0)
    more = fit(LAYERS[::-1], a.flip(0), c.flip(0), 2, Ascent(5, 1.0, 1, 0.0), 0)
    torch.testing.assert_close(more.curves.flip(0)[:, :3], one.curves)
    values = fit(LAYERS, a[:1].expand(3, -1, -1), c[:1].expand(3, -1, -1), 2, one.ascent, 0).curves
    assert values[..., 0].unique().numel() == 9
    other = fit(LAYERS, a, c, 2, Ascent(3, 1.0, 1, 0.0), 1)
    assert (other.curves != one.curves).all()


def planted(seed, width=64):
    truth, a, c = planted_pairs(width, 4, 2000, np.random.default_rng(seed))
    return truth, a.float()[None], c.float()[None]


@pytest.mark.parametrize("seed", [0, 1])
def test_drsa_finds_planted_subspaces_and_activations_alone_do_not(seed):
    truth, a, c = planted(seed)
    ascent = Ascent(starts=3, step=30.0, steps=60, tolerance=1e-4)
    drsa = fit(LAYERS[:1], a, c, 4, ascent, seed)
    dsa = fit(LAYERS[:1], a, None, 4, ascent, seed)
    pca = principal_subspaces(LAYERS[:1], a, 4)
    assert (drsa.method, dsa.method, pca.method) == ("drsa", "dsa", "pca")
    assert principal_cosines(drsa.bases[0], truth, 4).mean() >= 0.97
    for blind in (dsa, pca):
        assert principal_cosines(blind.bases[0], truth, 4).mean() <= 0.55


def test_contexts_of_other_activations_tell_nothing():
    truth, a, c = planted(2)
    order = np.random.default_rng(0).permutation(2000)
    shuffled = fit(LAYERS[:1], a, c[:, order], 4, Ascent(3, 30.0, 60, 1e-4), 2)
    assert principal_cosines(shuffled.bases[0], truth, 4).mean() <= 0.55


def test_planted_activations_and_contexts_share_what_they_say():
    truth, a, c = planted_pairs(12, 3, 20000, np.random.default_rng(3), share=0.3, noise=0.4)
    torch.testing.assert_close(truth.T @ truth, torch.eye(12).double())
    torch.testing.assert_close(a.square().mean().item(), 12**-0.5)
    torch.testing.assert_close(c.square().mean().item(), 12**-0.5)
    # entries have variance 1 + noise^2 and share + noise^2, and share in common
    covariance = (a * c).mean().item() * 12**0.5
    assert covariance == pytest.approx(0.3 / np.sqrt(1.16 * 0.46), rel=0.05)


def test_planted_blocks_are_relevant_one_by_one_and_always_active():
    truth, a, c = planted_pairs(12, 3, 20000, np.random.default_rng(4), share=0.3, noise=0.001)
    of_a, of_c = ((x @ truth).unflatten(1, (3, 4)).norm(dim=2).numpy() for x in (a, c))
    relevant = of_c > 0.03
    np.testing.assert_allclose(relevant.mean(axis=0), 0.3, atol=0.015)
    assert (relevant[:, 0] & relevant[:, 2]).mean() == pytest.approx(0.09, abs=0.01)
    assert (of_a > 0.03).all()
    for block in range(3):
        assert abs(np.corrcoef(relevant[:, block], of_a[:, block])[0, 1]) < 0.03
        ratio = of_c[:, block][relevant[:, block]] / of_a[:, block][relevant[:, block]]
        np.testing.assert_allclose(ratio, np.median(ratio), rtol=0.1)  # c is a where it is relevant


def test_bases_stay_orthogonal_over_hundreds_of_steps():
    a, c = (x.float() for x in pairs(2, width=16, count=200))
    bases, curves = ascend(
        a.mT,
        c.mT,
        random_subspaces(LAYERS[:2], 16, 4, 0).bases[:, None],
        4,
        Ascent(1, 30.0, 500, 0.0),
    )
    gram = bases.double().mT @ bases.double()
    assert (gram - torch.eye(16)).abs().max() < 1e-6
    assert curves.isfinite().all() and (curves[..., -1] > curves[..., 0]).all()


@pytest.mark.parametrize("step", [0.1, 30.0, 1e6])
def test_dead_channels_leave_bases_orthogonal_and_climb(step):
    a, c = (x.float() for x in pairs(3, width=8))
    for x in (a, c):
        x[0, :, 3:] = 0  # five of eight channels are dead
        x[1, :, 1:] = 0
    fitted = fit(LAYERS, a, c, 4, Ascent(2, step, 60, 0.0), 0)
    assert fitted.curves.isfinite().all()
    assert (fitted.finals >= fitted.curves[..., 0]).all()
    gram = fitted.bases.double().mT @ fitted.bases.double()
    assert (gram - torch.eye(8)).abs().max() < 1e-6


def test_principal_subspaces_are_cut_in_order_of_variance():
    a, _ = pairs()
    pca = principal_subspaces(LAYERS, a, 3)
    for p, problem in enumerate(LAYERS):
        torch.testing.assert_close(pca.bases[p], principal_components(a[p]))
        parts = pca.of(*problem)
        assert parts.shape == (3, 6, 2)
        variances = [(a[p] @ part).var(dim=0).sum() for part in parts]
        assert variances == sorted(variances, reverse=True)
    assert pca.finals.shape == (3, 0) and pca.seed is None


def test_subspaces_of_a_problem_are_its_columns_in_blocks():
    fitted = random_subspaces(LAYERS, 6, 3, 0)
    parts = fitted.of("conv4", "jazz")
    for k in range(3):
        assert torch.equal(parts[k], fitted.bases[2][:, 2 * k : 2 * k + 2])
    with pytest.raises(InputError, match="layer 'conv4' for class 'jaz'.*'conv4/jazz'"):
        fitted.of("conv4", "jaz")


def test_random_subspaces_are_drawn_by_seed_problem_and_number():
    drawn = [random_subspaces(LAYERS, 6, 2, *key).bases for key in [(0, 0), (0, 1), (1, 0)]]
    every = torch.cat(drawn)
    torch.testing.assert_close(every.mT @ every, torch.eye(6).expand(9, 6, 6))
    for i in range(9):
        for j in range(i):
            assert (every[i] - every[j]).abs().max() > 0.1
    assert torch.equal(random_subspaces(LAYERS[1:], 6, 2, 0).bases, drawn[0][1:])


@pytest.mark.parametrize("method", ["drsa", "random", "pca"])
def test_files_hold_all_of_it(tmp_path, method):
    a, c = pairs()
    made = {
        "drsa": lambda: fit(LAYERS, a, c, 2, Ascent(2, 5.0, 12, 0.0), 7),
        "random": lambda: random_subspaces(LAYERS, WIDTH, 2, 7),
        "pca": lambda: principal_subspaces(LAYERS, a, 2),
    }[method]()
    path = tmp_path / "subspaces.safetensors"
    save(made, path)
    found = load(path)
    assert torch.equal(found.bases, made.bases) and torch.equal(found.curves, made.curves)
    for name in ("problems", "blocks", "method", "seed", "ascent"):
        assert getattr(found, name) == getattr(made, name)


def test_damaged_and_foreign_files_are_refused(tmp_path):
    path = tmp_path / "subspaces.safetensors"
    with pytest.raises(InputError, match="subspaces.safetensors: file not found"):
        load(path)
    save_file({"bases": torch.eye(3)}, path)
    with pytest.raises(InputError, match="subspaces.safetensors: damaged"):
        load(path)
    save_file({"bases": torch.eye(3), "curves": torch.eye(3)}, path)  # without metadata
    with pytest.raises(InputError, match="subspaces.safetensors: damaged"):
        load(path)
    write_tensors(path, {"bases": np.eye(3)}, {"blocks": 1})  # of something else
    with pytest.raises(InputError, match="subspaces.safetensors: damaged"):
        load(path)
    save(random_subspaces(LAYERS, WIDTH, 2, 7), path)
    path.write_bytes(path.read_bytes()[:-8])
    sums.forget(path)
    with pytest.raises(InputError, match="subspaces.safetensors: damaged"):
        load(path)


def test_what_does_not_fit_is_refused():
    a, c = pairs()
    for refused in (
        lambda: fit(LAYERS, a, c, 4, Ascent(), 0),
        lambda: random_subspaces(LAYERS, 6, 4, 0),
        lambda: principal_subspaces(LAYERS, a, 4),
    ):
        with pytest.raises(InputError, match="6 channels cannot be split into 4"):
            refused()
    with pytest.raises(InputError, match=r"activations of shape \(3, 40, 6\), expected \(2, N, D"):
        fit(LAYERS[:2], a, c, 2, Ascent(), 0)
    with pytest.raises(InputError, match=r"contexts have shape \(3, 39, 6\), activations"):
        fit(LAYERS, a, c[:, 1:], 2, Ascent(), 0)
    c[1, 4, 2] = torch.nan
    with pytest.raises(InputError, match="contexts of conv3/rock: values that are not finite"):
        fit(LAYERS, a, c, 2, Ascent(), 0)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("starts", 0, "at least 1"),
        ("steps", 0, "at least 1"),
        ("tolerance", -0.1, "at least 0"),
        ("step", 0.0, "more than 0"),
    ],
)
def test_impossible_settings_are_refused(name, value, expected):
    with pytest.raises(InputError, match=f"{name} is {value}, expected {expected}"):
        Ascent(**{name: value})


def test_normalised_vectors_are_what_steps_are_measured_in():
    """A caller that forgets to normalise climbs at another rate: the gradient grows with both."""
    a, c = pairs(1)
    scaled = [normalised(x[0], "vectors")[None] for x in (a, c)]
    u = random_subspaces(LAYERS[:1], WIDTH, 2, 0).bases.double()[:, None]
    raw, unit = (objective(x.mT, y.mT, u, 2)[1] for x, y in ((a, c), scaled))
    factor = (a[0, 0].norm() * c[0, 0].norm()) / (scaled[0][0, 0].norm() * scaled[1][0, 0].norm())
    torch.testing.assert_close(raw, factor * unit)
