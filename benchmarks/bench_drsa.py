"""DRSA, all starts at once, against the plain loop: one start at a time, autograd, eigh."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import numpy as np
import torch
from timing import seconds

from tonotopy.relevance.objective import objective
from tonotopy.relevance.orthogonal import random_orthogonal
from tonotopy.relevance.planted import planted_pairs
from tonotopy.relevance.subspaces import Ascent, ascend

BLOCKS, STARTS, STEPS = 4, 3, 5000
# pairs, channels, problems that climb together: what the paper's networks ask for
SIZES = ((9600, 128, 1), (9600, 64, 1), (9600, 32, 1), (8000, 16, 2))


def plain(activations, contexts, basis, step: float, steps: int) -> torch.Tensor:
    """The definition as one would write it: vectors in rows, one start, autograd, eigh."""
    for _ in range(steps):
        basis = basis.detach().requires_grad_()
        products = (activations @ basis) * (contexts @ basis)
        relevances = products.unflatten(1, (BLOCKS, -1)).sum(dim=2).relu()
        value = relevances.square().mean(dim=0).sqrt().sqrt().mean().square()
        (gradient,) = torch.autograd.grad(value, basis)
        moved = basis.detach() + step * gradient
        values, vectors = torch.linalg.eigh(moved.T @ moved)
        basis = moved @ (vectors * values.rsqrt()) @ vectors.T
    return basis


def products(activations, contexts, bases) -> None:
    """The four matrix products of a step that neither can avoid, for all starts at once."""
    rows = bases.mT.flatten(1, 2)
    for columns in (activations, contexts):
        torch.bmm(torch.bmm(rows, columns), columns.mT)


def data(pairs: int, width: int, problems: int):
    """Planted pairs and starts, one set per problem."""
    drawn = [planted_pairs(width, BLOCKS, pairs, np.random.default_rng(i)) for i in range(problems)]
    starts = [random_orthogonal(width, np.random.default_rng(i)) for i in range(problems * STARTS)]
    bases = torch.stack(starts).float().unflatten(0, (problems, STARTS))
    return *(torch.stack([d[i] for d in drawn]).float() for i in (1, 2)), bases


def compare(size: tuple[int, int, int], steps: int, turns: int) -> None:
    """Time the same steps of both in turns, and print them for 5000 steps."""
    pairs, width, problems = size
    activations, contexts, bases = data(*size)
    columns = activations.mT.contiguous(), contexts.mT.contiguous()

    def ours(step: float = 1.0, steps: int = steps, tolerance: float = 0.0):
        return ascend(*columns, bases, BLOCKS, Ascent(STARTS, step, steps, tolerance))

    def peer(steps: int = steps, dtype=torch.float32):
        return torch.stack(
            [
                plain(a.to(dtype), c.to(dtype), u.to(dtype), 1.0, steps)
                for a, c, some in zip(activations, contexts, bases, strict=True)
                for u in some
            ]
        )

    torch.testing.assert_close(ours()[0].flatten(0, 1), peer(), rtol=0, atol=1e-4)

    def least():
        return [products(*columns, bases) for _ in range(steps)]

    def double():
        return peer(dtype=torch.float64)

    works = (ours, peer, least, double)
    times = np.array([[seconds(work) for work in works] for _ in range(turns)])
    mine, other, floor, wide = np.median(times, axis=0) * STEPS / steps
    ratio, wide_ratio = np.median(times[:, [1, 3]] / times[:, :1], axis=0)
    print(
        f"D {width}, {pairs} pairs, {problems} x {STARTS} starts, {STEPS} steps extrapolated from "
        f"{turns} x {steps}: ours {mine:.0f} s, peer {other:.0f} s, ratio {ratio:.2f} (goal 3)\n"
        f"  matrix products alone {floor:.0f} s, so that no ratio could be above "
        f"{other / floor:.2f}; peer in float64 {wide:.0f} s, ratio {wide_ratio:.2f}"
    )


def until_settled(size: tuple[int, int, int]) -> None:
    """Print what stopping by relative change saves, and the objective that is given up."""
    activations, contexts, bases = data(*size)
    columns = activations.mT.contiguous(), contexts.mT.contiguous()
    for step, tolerance in ((1.0, 1e-5), (30.0, 1e-4)):
        reached = []

        def climb(ascent: Ascent, to: list = reached) -> None:
            to[:] = ascend(*columns, bases, BLOCKS, ascent)

        took = seconds(lambda s=step, t=tolerance: climb(Ascent(STARTS, s, STEPS, t)))
        steps = (~reached[1].isnan()).sum(dim=-1) - 1
        values, _ = objective(*columns, reached[0], BLOCKS)
        print(
            f"  step {step:g} until the objective changes by less than {tolerance:g} in ten steps: "
            f"{steps.amin()} to {steps.amax()} steps, {took:.1f} s, objective {values.max():.4f}"
        )


def main() -> None:
    """Print all comparisons; --steps is what the extrapolation is from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=10, help="per turn (default 10)")
    parser.add_argument("--turns", type=int, default=5, help="turns (default 5)")
    told = parser.parse_args()
    for size in SIZES:
        compare(size, told.steps, told.turns)
    until_settled(SIZES[1])


if __name__ == "__main__":
    main()
