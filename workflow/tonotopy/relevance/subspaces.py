"""Relevant subspaces: fitted by DRSA or DSA, random, or principal components; on disk."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from tonotopy.errors import InputError, nearest
from tonotopy.files import read_tensors, reading, write_tensors
from tonotopy.relevance.objective import objective
from tonotopy.relevance.orthogonal import (
    block_width,
    polar,
    principal_components,
    random_orthogonal,
)
from tonotopy.seeding import generator

WINDOW = 10  # steps over which a start's relative change is judged


class Problem(NamedTuple):
    """What subspaces are fitted for."""

    layer: str
    target: str  # the class whose evidence is explained


@dataclass(frozen=True)
class Ascent:
    """How a fit climbs.

    Attributes:
        starts: random orthogonal matrices that are tried, at least 1.
        step: factor of the gradient, above 0; the paper's is 1 and needs 250 to 600 steps where
            30 needs about 200.
        steps: at most, at least 1.
        tolerance: a start stops once its objective changes by less than this share within
            ten steps; 0 never stops.
    """

    starts: int = 3
    step: float = 30.0
    steps: int = 200
    tolerance: float = 1e-4

    def __post_init__(self) -> None:
        for name, least in {"starts": 1, "steps": 1, "tolerance": 0}.items():
            if getattr(self, name) < least:
                raise InputError(f"{name} is {getattr(self, name)}, expected at least {least}")
        if self.step <= 0:
            raise InputError(f"step is {self.step}, expected more than 0")


@dataclass(frozen=True)
class Subspaces:
    """Orthogonal bases of subspaces, one per problem.

    Attributes:
        problems: what each basis is for.
        bases: U, shape (problems, D, D); the columns of subspace k are k D/K up to (k + 1) D/K.
        blocks: number of subspaces, K.
        method: drsa, dsa, random or pca.
        seed: that the random matrices were drawn by; None for pca.
        ascent: how they were fitted, None for random and pca.
        curves: objective before each step and after the last, shape (problems, starts, steps + 1),
            not a number once a start has stopped; no starts for random and pca.
    """

    problems: tuple[Problem, ...]
    bases: Tensor
    blocks: int
    method: str
    seed: int | None
    ascent: Ascent | None
    curves: Tensor

    def of(self, layer: str, target: str) -> Tensor:
        """Return U_k of a problem, shape (K, D, D / K).

        Raises:
            InputError: there is no such problem.
        """
        problem = Problem(layer, target)
        if problem not in self.problems:
            known = ["/".join(p) for p in self.problems]
            raise InputError(
                f"no subspaces of layer '{layer}' for class '{target}'"
                f"{nearest('/'.join(problem), known)}"
            )
        basis = self.bases[self.problems.index(problem)]
        return basis.unflatten(1, (self.blocks, -1)).transpose(0, 1)

    @property
    def finals(self) -> Tensor:
        """Last objective of every start, shape (problems, starts)."""
        return last_values(self.curves)

    @property
    def spread(self) -> Tensor:
        """(Best - worst) / best final objective over starts, shape (problems,), 0 to 1."""
        return 1 - self.finals.amin(dim=1) / self.finals.amax(dim=1)


def last_values(curves: Tensor) -> Tensor:
    """Return the last entry of curves (..., steps) that is a number."""
    lengths = (~curves.isnan()).sum(dim=-1, keepdim=True)
    return curves.gather(-1, lengths - 1).squeeze(-1)


def fit(
    problems: Sequence[Problem],
    activations: Tensor,
    contexts: Tensor | None,
    blocks: int,
    ascent: Ascent,
    seed: int,
) -> Subspaces:
    """Fit subspaces by DRSA, or by DSA without contexts (section 3.2.2.2).

    From every start: U <- polar(U + step * gradient). Kept is the start that ends highest. All
    starts of all problems climb together; the result of a problem is that of the problem alone,
    up to rounding.

    Args:
        problems: layers and classes, all of one width.
        activations: normalised vectors, shape (problems, N, D).
        contexts: of the same shape, row by row those of the activations; None is DSA, where
            activations take their place.
        blocks: number of subspaces, K.
        ascent: starts, step and when to stop.
        seed: of the run; a start is drawn by it, its problem and its number.

    Raises:
        InputError: K does not divide D, shapes differ, or a value is not finite.
    """
    _check(problems, activations, contexts)
    block_width(activations.shape[-1], blocks)
    starts = [
        [_random_start(activations.shape[-1], seed, p, i) for i in range(ascent.starts)]
        for p in problems
    ]
    first = torch.stack([torch.stack(each) for each in starts]).to(activations)
    columns = activations.mT.contiguous()
    partners = None if contexts is None else contexts.mT.contiguous()
    bases, curves = ascend(columns, partners, first, blocks, ascent)
    best = last_values(curves).argmax(dim=1)
    chosen = bases[torch.arange(len(bases), device=bases.device), best]
    method = "dsa" if contexts is None else "drsa"
    return Subspaces(tuple(problems), chosen, blocks, method, seed, ascent, curves)


def ascend(
    activations: Tensor, contexts: Tensor | None, bases: Tensor, blocks: int, ascent: Ascent
) -> tuple[Tensor, Tensor]:
    """Climb from given bases until every start has stopped.

    Args:
        activations: columns, shape (problems, D, N).
        contexts: likewise; None is DSA.
        bases: orthogonal, shape (problems, starts, D, D).
        blocks: number of subspaces.
        ascent: its starts are not read.

    Returns:
        Bases of the same shape and curves, see `Subspaces`.
    """
    bases = bases.clone()
    curves = bases.new_full((*bases.shape[:2], ascent.steps + 1), torch.nan)
    running = torch.ones(bases.shape[:2], dtype=torch.bool, device=bases.device)
    climbing = torch.arange(len(bases), device=bases.device)  # problems with a running start
    for step in range(ascent.steps + 1):
        starts = _running_first(running[climbing])
        here = climbing[:, None].expand_as(starts), starts
        values, gradients = objective(activations, contexts, bases[here], blocks)
        live = running[here]
        curves[(*here, step)] = values.where(live, torch.nan)
        if step == ascent.steps:
            break
        live &= ~_settled(curves[here], step, ascent.tolerance)
        running[here] = live
        if not live.any():
            break
        moving = tuple(index[live] for index in here)
        bases[moving] = polar(bases[moving] + ascent.step * gradients[live])
        remaining = live.any(dim=1)
        if not remaining.all():
            climbing, activations = climbing[remaining], activations[remaining]
            contexts = None if contexts is None else contexts[remaining]
    return bases, curves


def _running_first(running: Tensor) -> Tensor:
    """Return starts of each problem, those that run first, as many as run in any problem."""
    most = running.sum(dim=1).max()
    return running.int().argsort(dim=1, descending=True, stable=True)[:, :most]


def _settled(curves: Tensor, step: int, tolerance: float) -> Tensor:
    """Return which starts changed by less than ``tolerance`` of their value within the window."""
    if step < WINDOW:
        return torch.zeros(curves.shape[:2], dtype=torch.bool, device=curves.device)
    now, before = curves[..., step], curves[..., step - WINDOW]
    return (now - before).abs() < tolerance * now


def random_subspaces(
    problems: Sequence[Problem], width: int, blocks: int, seed: int, draw: int = 0
) -> Subspaces:
    """Return the random baseline: a Haar orthogonal matrix per problem, float32.

    Args:
        problems: layers and classes.
        width: D, at least 2.
        blocks: number of subspaces, K.
        seed: of the run.
        draw: number of the baseline; others give other matrices.

    Raises:
        InputError: K does not divide D.
    """
    block_width(width, blocks)
    names = [(seed, "random-subspaces", *p, draw) for p in problems]
    bases = torch.stack([random_orthogonal(width, generator(*name)) for name in names]).float()
    return Subspaces(tuple(problems), bases, blocks, "random", seed, None, _no_curves(bases))


def principal_subspaces(problems: Sequence[Problem], activations: Tensor, blocks: int) -> Subspaces:
    """Return the PCA baseline: principal components of activations, cut into blocks in order.

    The first subspace holds the D/K components of most variance, the last one those of least.

    Args:
        problems: layers and classes.
        activations: shape (problems, N, D).
        blocks: number of subspaces, K.

    Raises:
        InputError: K does not divide D, or a value is not finite.
    """
    _check(problems, activations, None)
    block_width(activations.shape[-1], blocks)
    bases = torch.stack([principal_components(vectors) for vectors in activations])
    return Subspaces(tuple(problems), bases, blocks, "pca", None, None, _no_curves(bases))


def save(subspaces: Subspaces, path: str | Path) -> None:
    """Write subspaces as safetensors, whole or not at all; what is no tensor is told in JSON."""
    facts = {
        "problems": [p._asdict() for p in subspaces.problems],
        "blocks": subspaces.blocks,
        "method": subspaces.method,
        "seed": subspaces.seed,
        "ascent": asdict(subspaces.ascent) if subspaces.ascent else None,
    }
    tensors = {"bases": subspaces.bases, "curves": subspaces.curves}
    write_tensors(path, {name: t.detach().cpu().numpy() for name, t in tensors.items()}, facts)


def load(path: str | Path) -> Subspaces:
    """Read what `save` wrote.

    Raises:
        InputError: the file is missing, damaged or holds something else.
    """
    tensors, facts = read_tensors(path)
    with reading(path, KeyError):
        return Subspaces(
            problems=tuple(Problem(**p) for p in facts["problems"]),
            bases=torch.from_numpy(tensors["bases"]),
            blocks=facts["blocks"],
            method=facts["method"],
            seed=facts["seed"],
            ascent=Ascent(**facts["ascent"]) if facts["ascent"] else None,
            curves=torch.from_numpy(tensors["curves"]),
        )


def _random_start(width: int, seed: int, problem: Problem, number: int) -> Tensor:
    return random_orthogonal(width, generator(seed, "subspaces", *problem, number))


def _no_curves(bases: Tensor) -> Tensor:
    return bases.new_empty(len(bases), 0, 0)


def _check(problems: Sequence[Problem], activations: Tensor, contexts: Tensor | None) -> None:
    if activations.ndim != 3 or len(activations) != len(problems) or not len(problems):
        raise InputError(
            f"activations of shape {tuple(activations.shape)}, expected ({len(problems)}, N, D), "
            "one row of pairs per problem and at least one problem"
        )
    if contexts is not None and contexts.shape != activations.shape:
        raise InputError(
            f"contexts have shape {tuple(contexts.shape)}, activations "
            f"{tuple(activations.shape)}; each activation vector needs its own context"
        )
    for name, vectors in (("activations", activations), ("contexts", contexts)):
        if vectors is not None and not vectors.isfinite().all():
            broken = ~vectors.isfinite().flatten(1).all(dim=1)
            named = np.flatnonzero(broken.cpu().numpy())
            raise InputError(
                f"{name} of {', '.join('/'.join(problems[i]) for i in named)}: values that are "
                "not finite; look at the network's weights"
            )
