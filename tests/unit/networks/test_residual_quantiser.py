"""The residual quantiser against its definition in plain loops, and what it promises of itself."""

import numpy as np
import pytest
import torch
from small_batches import rng
from threads import one_thread  # noqa: F401 (used by every test)

from tonotopy.networks.residual_quantiser import ResidualQuantiser, k_means

LATENT, BOOKS, ENTRIES, DECAY, DEAD = 3, 2, 5, 0.8, 0.3
CLIPS, FRAMES = 4, 6


def latents(seed: int = 0, frames: int = FRAMES) -> torch.Tensor:
    return torch.randn(CLIPS, LATENT, frames, generator=rng(seed), dtype=torch.float64)


def quantiser(seed: int = 0) -> ResidualQuantiser:
    torch.manual_seed(seed)
    return ResidualQuantiser(LATENT, BOOKS, ENTRIES, DECAY, DEAD).double()


def started(seed: int = 0) -> ResidualQuantiser:
    made = quantiser(seed)
    made.start(latents(), rng(seed))
    return made


def rows_of(given: torch.Tensor) -> list[np.ndarray]:
    """Frames of all clips, one after the other."""
    return [given[c, :, t].numpy() for c in range(len(given)) for t in range(given.shape[2])]


def nearest(row: np.ndarray, entries: np.ndarray) -> int:
    distances = [sum((a - b) ** 2 for a, b in zip(row, entry, strict=True)) for entry in entries]
    return distances.index(min(distances))


def literal_k_means(rows, centres, drawn):
    found = [rows[drawn[i % len(rows)]].copy() for i in range(centres)]
    for _ in range(20):
        own = [nearest(row, found) for row in rows]
        for k in range(centres):
            members = [row for row, at in zip(rows, own, strict=True) if at == k]
            if members:
                found[k] = sum(members) / len(members)
    return np.array(found), [nearest(row, found) for row in rows]


def state(made: ResidualQuantiser) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in made.state_dict().items()}


@pytest.mark.parametrize("books", [1, 2])
def test_codes_are_the_nearest_entries_residual_by_residual(books):
    made, given = started(), latents(3)
    codes = made.codes(given, books)
    assert codes.shape == (CLIPS, books, FRAMES) and codes.dtype == torch.int64
    summed = made.latents(codes)
    assert summed.shape == given.shape
    entries = made.entries.numpy()
    for c in range(CLIPS):
        for t in range(FRAMES):
            residual, total = given[c, :, t].numpy().copy(), np.zeros(LATENT)
            for book in range(books):
                code = nearest(residual, entries[book])
                assert codes[c, book, t] == code
                residual -= entries[book, code]
                total += entries[book, code]
            np.testing.assert_allclose(summed[c, :, t], total, rtol=1e-12)


def test_k_means_is_that_of_plain_loops():
    given = latents(1)
    rows = rows_of(given)
    found, taken = k_means(torch.tensor(np.array(rows)), ENTRIES, rng(2))
    drawn = torch.randperm(len(rows), generator=rng(2)).tolist()
    expected, own = literal_k_means(rows, ENTRIES, drawn)
    np.testing.assert_allclose(found, expected, rtol=1e-12)
    assert taken.tolist() == own and len(set(own)) == ENTRIES


def test_few_rows_start_several_centres_which_stay_if_nothing_is_near():
    rows = torch.tensor([[0.0, 1.0], [4.0, 4.0], [-3.0, 0.5]])
    found, taken = k_means(rows, 5, rng(1))
    drawn = torch.randperm(3, generator=rng(1)).tolist()
    assert torch.equal(found, rows[[*drawn, *drawn[:2]]])
    assert taken.tolist() == [drawn.index(i) for i in range(3)]


def test_entries_start_at_the_centres_of_what_is_left_over():
    made, given = quantiser(), latents()
    assert not made.started
    made.start(given, rng(4))
    assert made.started
    source, rows = rng(4), rows_of(given)
    for book in range(BOOKS):
        drawn = torch.randperm(len(rows), generator=source).tolist()
        centres, own = literal_k_means(rows, ENTRIES, drawn)
        counts = [own.count(k) for k in range(ENTRIES)]
        np.testing.assert_allclose(made.entries[book], centres, rtol=1e-10)
        np.testing.assert_allclose(made.counts[book], counts)
        np.testing.assert_allclose(made.sums[book], centres * np.array(counts)[:, None], rtol=1e-10)
        rows = [row - centres[code] for row, code in zip(rows, own, strict=True)]


def test_the_start_depends_on_its_generator_alone():
    before = torch.get_rng_state()
    first, again, other = (quantiser() for _ in range(3))
    torch.manual_seed(5)
    held = torch.get_rng_state()
    first.start(latents(), rng(1))
    first.learn(latents(1), rng(1))
    assert torch.equal(torch.get_rng_state(), held)
    torch.set_rng_state(before)
    again.start(latents(), rng(1))
    again.learn(latents(1), rng(1))
    other.start(latents(), rng(2))
    assert torch.equal(first.entries, again.entries)
    assert not torch.allclose(other.entries, again.entries)


def literal_learning(before: dict, given: torch.Tensor, source: torch.Generator) -> dict:
    """Moving averages of counts and sums, restarts, and residuals of the entries as they were."""
    rows, found = rows_of(given), {"entries": [], "counts": [], "sums": [], "dead": []}
    for book in range(BOOKS):
        entries = before["entries"][book].numpy()
        own = [nearest(row, entries) for row in rows]
        counts, sums = [], []
        for k in range(ENTRIES):
            members = [row for row, at in zip(rows, own, strict=True) if at == k]
            old = float(before["counts"][book, k])
            counts.append(DECAY * old + (1 - DECAY) * len(members))
            total = sum(members) if members else np.zeros(LATENT)
            sums.append(DECAY * before["sums"][book, k].numpy() + (1 - DECAY) * total)
        even = sum(counts) / ENTRIES
        drawn = torch.randint(len(rows), (ENTRIES,), generator=source).tolist()
        dead = [k for k in range(ENTRIES) if counts[k] < DEAD * even]
        for k in dead:
            counts[k], sums[k] = even, rows[drawn[k]] * even
        found["dead"].append(dead)
        found["counts"].append(counts)
        found["sums"].append(sums)
        found["entries"].append([s / n for s, n in zip(sums, counts, strict=True)])
        rows = [row - entries[code] for row, code in zip(rows, own, strict=True)]
    return found


def test_entries_follow_the_moving_averages_of_what_takes_them():
    made = started()
    for step in range(3):
        before, given = state(made), latents(10 + step, frames=5 + step)
        made.learn(given, rng(step))
        expected = literal_learning(before, given, rng(step))
        for name in ("entries", "counts", "sums"):
            np.testing.assert_allclose(getattr(made, name), expected[name], rtol=1e-9, atol=1e-12)


def test_dead_entries_start_again_at_latents_and_others_do_not():
    made, given = started(), latents(7)
    made.counts[:] = torch.tensor([4.0, 5.0, 0.9, 6.0, 7.0])
    made.counts[1, 2] = 3.0
    made.entries[0, 2] = 100.0  # which no latent takes
    made.sums[:] = made.entries * made.counts[:, :, None]
    before = state(made)
    made.learn(given, rng(8))
    expected = literal_learning(before, given, rng(8))
    assert expected["dead"] == [[2], []]
    np.testing.assert_allclose(made.entries, expected["entries"], rtol=1e-9)
    assert any(np.allclose(row, made.entries[0, 2]) for row in rows_of(given))
    assert float(made.counts[0, 2]) == pytest.approx(sum(expected["counts"][0]) / ENTRIES, rel=0.2)
    alive = [0, 1, 3, 4]
    assert not any(np.allclose(row, made.entries[0, k]) for row in rows_of(given) for k in alive)


@pytest.mark.parametrize(("share", "dies"), [(0.999, True), (1.001, False)])
def test_an_entry_is_dead_below_a_share_of_what_each_would_be(share, dies):
    """An entry that nothing takes is left with ``share`` of the threshold by a decay."""
    made, given = started(), latents(7)
    made.entries[0, 2] = 100.0
    made.counts[0] = torch.tensor([4.0, 5.0, 0.0, 6.0, 7.0])
    kept = DECAY * (float(made.counts[0].sum())) + (1 - DECAY) * CLIPS * FRAMES
    own = share * DEAD * kept / (ENTRIES - share * DEAD)
    made.counts[0, 2] = own / DECAY
    made.sums[0, 2] = 100.0 * own / DECAY
    made.learn(given, rng(8))
    assert bool(made.entries[0, 2].abs().max() < 50) == dies


def test_gradients_pass_straight_through():
    made, given = started(), latents(3).requires_grad_()
    weights = torch.randn(given.shape, generator=rng(6), dtype=torch.float64)
    found = made(given)
    torch.testing.assert_close(found.latents, made.latents(made.codes(given.detach(), BOOKS)))
    (gradient,) = torch.autograd.grad((weights * found.latents).sum(), given)
    torch.testing.assert_close(gradient, weights)


def test_commitment_is_the_squared_distance_of_every_book_and_draws_latents():
    made, given = started(), latents(3).requires_grad_()
    found = made(given)
    (gradient,) = torch.autograd.grad(found.commitment, given)
    total, expected = 0.0, np.zeros(given.shape)
    for c in range(CLIPS):
        for t in range(FRAMES):
            residual = given[c, :, t].detach().numpy().copy()
            for book in range(BOOKS):
                residual -= made.entries[book, nearest(residual, made.entries[book])].numpy()
                total += float((residual**2).sum()) / given.numel()
                expected[c, :, t] += 2 * residual / given.numel()
    assert found.commitment.item() == pytest.approx(total, rel=1e-12)
    np.testing.assert_allclose(gradient, expected, rtol=1e-9)
    assert not list(made.parameters())


def test_every_book_brings_the_latents_nearer():
    made = ResidualQuantiser(4, 3, 8).double()
    given = torch.randn(5, 4, 40, generator=rng(1), dtype=torch.float64)
    made.start(given, rng())
    codes = made.codes(given, 3)
    errors = [float((made.latents(codes[:, :k]) - given).square().mean()) for k in (1, 2, 3)]
    assert errors[0] < 0.8 and errors[1] < 0.8 * errors[0] and errors[2] < 0.8 * errors[1]


def test_all_state_is_kept_with_the_weights():
    made, copy = started(), quantiser(9)
    made.learn(latents(2), rng(1))
    assert set(made.state_dict()) == {"entries", "counts", "sums", "started"}
    copy.load_state_dict(made.state_dict())
    for one in (made, copy):
        one.learn(latents(3), rng(2))
    assert copy.started and all(torch.equal(state(made)[k], v) for k, v in state(copy).items())


def test_mixed_precision_does_not_reach_the_entries():
    given = latents(2).float()
    plain, mixed = quantiser().float(), quantiser().float()
    for made, enabled in ((plain, False), (mixed, True)):
        with torch.autocast("cpu", torch.bfloat16, enabled=enabled):
            made.start(given, rng(1))
            made.learn(given, rng(2))
    assert torch.equal(plain.entries, mixed.entries)
    halved = plain(given.bfloat16())
    assert halved.latents.dtype == torch.float32
    assert torch.equal(plain.codes(given.bfloat16(), 2), plain.codes(given.bfloat16().float(), 2))


def test_random_entries_differ_from_seed_to_seed():
    assert torch.equal(quantiser(1).entries, quantiser(1).entries)
    assert not torch.equal(quantiser(1).entries, quantiser(2).entries)
    assert quantiser().books == BOOKS


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((0, 2, 5), "latent: expected a number from 1 on, not 0"),
        ((3, 0, 5), "books: expected"),
        ((3, 2, 0), "entries: expected"),
        ((3, 2, 5, 1.0), "decay: expected a share between 0 and 1, not 1.0"),
        ((3, 2, 5, 0.9, 0), "dead: expected a share"),
    ],
)
def test_other_sizes_are_refused(arguments, told):
    with pytest.raises(ValueError, match=f"^{told}"):
        ResidualQuantiser(*arguments)
