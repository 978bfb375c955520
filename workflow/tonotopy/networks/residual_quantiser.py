"""A residual vector quantiser that is trained by moving averages (Zeghidour et al. 2021)."""

from collections.abc import Callable
from functools import wraps
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

ROUNDS = 20  # of k-means


class Quantised(NamedTuple):
    """What a quantiser makes of latents in training.

    Attributes:
        latents: quantised, shape (clips, latent, frames); gradients pass to the continuous ones as
            if nothing had been done (straight through).
        commitment: squared distance of what each book is given from the entry that it takes, mean
            over latents, summed over books; it draws the continuous latents alone.
    """

    latents: Tensor
    commitment: Tensor


def in_full_precision(method: Callable) -> Callable:
    """Have a method of a module, of latents and more, compute without mixed precision."""

    @wraps(method)
    def computed(self, latents: Tensor, *more):
        with torch.autocast(latents.device.type, enabled=False):
            return method(self, latents, *more)

    return computed


class ResidualQuantiser(nn.Module):
    """Books of entries, each of which codes what those before it left over.

    Entries are not learned by gradients: each moves to the mean of what took it (van den Oord et
    al. 2017, appendix A.1). They start as the centres of k-means of the first latents, and an entry
    that is hardly taken any more starts again at a latent (Zeghidour et al. 2021, section III-C).
    All state is in buffers: it is saved with the weights, and a training can go on from it. Until
    `learn` is called entries are random.

    Args:
        latent: width of the latents.
        books: number of books.
        entries: of each book.
        decay: of the moving averages.
        dead: an entry starts again when it was taken by less than this share of what each entry
            would be if all were taken equally often, as a moving average.

    Raises:
        ValueError: a number that is below 1, or a share outside (0, 1).
    """

    def __init__(
        self, latent: int, books: int, entries: int, decay: float = 0.99, dead: float = 0.1
    ):
        super().__init__()
        for name, number in (("latent", latent), ("books", books), ("entries", entries)):
            if number < 1:
                raise ValueError(f"{name}: expected a number from 1 on, not {number}")
        for name, share in (("decay", decay), ("dead", dead)):
            if not 0 < share < 1:
                raise ValueError(f"{name}: expected a share between 0 and 1, not {share}")
        self.decay, self.dead = decay, dead
        self.register_buffer("entries", torch.randn(books, entries, latent))
        self.register_buffer("counts", torch.zeros(books, entries))
        self.register_buffer("sums", torch.zeros(books, entries, latent))
        self.register_buffer("started", torch.tensor(False))

    @property
    def books(self) -> int:
        """Number of books."""
        return len(self.entries)

    def codes(self, latents: Tensor, books: int) -> Tensor:
        """Return the nearest entry of each book to what those before it left over.

        Args:
            latents: shape (clips, latent, frames).
            books: how many to use.

        Returns:
            Integers, shape (clips, books, frames).
        """
        clips, _, frames = latents.shape
        residual, taken = _rows(latents), []
        for entries in self.entries[:books]:
            taken.append(_nearest(residual, entries))
            residual = residual - entries[taken[-1]]
        return torch.stack([codes.reshape(clips, frames) for codes in taken], dim=1)

    def latents(self, codes: Tensor) -> Tensor:
        """Return the sum of the entries that codes (clips, books, frames) name.

        Returns:
            Shape (clips, latent, frames).
        """
        books = self.entries[: codes.shape[1]]
        each = [entries[own] for entries, own in zip(books, codes.unbind(1), strict=True)]
        return torch.stack(each).sum(dim=0).transpose(1, 2)

    def forward(self, latents: Tensor) -> Quantised:
        """Return latents (clips, latent, frames) quantised by all books, for a loss."""
        clips, _, frames = latents.shape
        rows = _rows(latents)
        residual, commitment = rows, rows.new_zeros(())
        for entries in self.entries:
            nearest = entries[_nearest(residual.detach(), entries)]
            commitment = commitment + (residual - nearest).square().mean()
            residual = residual - nearest
        through = rows - residual.detach()
        return Quantised(through.reshape(clips, frames, -1).transpose(1, 2), commitment)

    @torch.no_grad()
    @in_full_precision
    def start(self, latents: Tensor, rng: torch.Generator) -> None:
        """Let the entries be the centres of k-means of latents, book after book.

        Args:
            latents: of all clips of a batch, shape (clips, latent, frames).
            rng: which latents the centres start from.
        """
        residual = _rows(latents)
        for book in range(self.books):
            centres, taken = k_means(residual, self.entries.shape[1], rng)
            counts, _ = _totals(residual, taken, len(centres))
            self.entries[book], self.counts[book] = centres, counts
            self.sums[book] = centres * counts[:, None]
            residual = residual - centres[taken]
        self.started.fill_(True)

    @torch.no_grad()
    @in_full_precision
    def learn(self, latents: Tensor, rng: torch.Generator) -> None:
        """Move entries towards the latents that take them; start those again that are dead.

        Args:
            latents: of all clips of a batch, shape (clips, latent, frames).
            rng: which latents dead entries start again at. Every call draws the same number.
        """
        residual = _rows(latents)
        entries = self.entries.shape[1]
        for book in range(self.books):
            before = self.entries[book].clone()
            taken = _nearest(residual, before)
            counts, sums = _totals(residual, taken, entries)
            self.counts[book].lerp_(counts, 1 - self.decay)
            self.sums[book].lerp_(sums, 1 - self.decay)
            drawn = torch.randint(len(residual), (entries,), generator=rng).to(taken.device)
            self._restart(book, residual[drawn])
            self.entries[book] = self.sums[book] / self.counts[book, :, None]
            residual = residual - before[taken]

    def _restart(self, book: int, candidates: Tensor) -> None:
        """Put candidates (entries, latent) in the place of a book's dead entries."""
        counts = self.counts[book]
        even = counts.mean()
        dead = counts < self.dead * even
        counts.copy_(torch.where(dead, even, counts))
        revived = candidates * counts[:, None]
        self.sums[book] = torch.where(dead[:, None], revived, self.sums[book])


def k_means(rows: Tensor, centres: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return centres of rows, and which is nearest to each row.

    Lloyd's algorithm, `ROUNDS` times, from rows that are drawn: different ones if there are enough.
    A centre that no row is nearest to stays where it is.

    Args:
        rows: shape (rows, width).
        centres: how many.
        rng: source of the draw.

    Returns:
        Centres, shape (centres, width), and int64 (rows,).
    """
    drawn = torch.randperm(len(rows), generator=rng)
    found = rows[drawn[torch.arange(centres) % len(rows)].to(rows.device)]
    for _ in range(ROUNDS):
        taken = _nearest(rows, found)
        counts, sums = _totals(rows, taken, centres)
        means = sums / counts.clamp(min=1)[:, None]
        found = torch.where(counts[:, None] > 0, means, found)
    return found, _nearest(rows, found)


def _rows(latents: Tensor) -> Tensor:
    """Return latents (clips, latent, frames) as (clips * frames, latent), at least float32."""
    rows = latents.transpose(1, 2).flatten(0, 1)
    return rows if rows.dtype == torch.float64 else rows.float()


def _nearest(rows: Tensor, entries: Tensor) -> Tensor:
    """Return the nearest entry to each row; of several the first."""
    return torch.cdist(rows, entries).argmin(dim=1)


def _totals(rows: Tensor, taken: Tensor, entries: int) -> tuple[Tensor, Tensor]:
    """Return how many rows took each entry (entries,), and their sum (entries, width)."""
    hot = one_hot(taken, entries).to(rows)  # its product adds up in one order, even on a GPU
    return hot.sum(dim=0), hot.T @ rows
