"""A steering sweep against hooks that steer one vector and one lambda at a time."""

import sys
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import torch
from timing import compare, seconds

from tonotopy.networks.ast import AST, CLASS_TOKENS
from tonotopy.studies.steering.sweep import steer, sweep_ast

DEPTH, CLIPS, VECTORS, ROWS = 12, 64, 2, 128
STRENGTHS = torch.tensor([-0.3, -0.2, -0.1, 0.1, 0.2, 0.3])


def hooked(network, clips, directions, strengths=STRENGTHS) -> torch.Tensor:
    """One forward per vector and strength; every block runs in full, as a plain network does."""

    def hook(along, strength):
        def steered(block, inputs, tokens):
            head = steer(tokens[:, :CLASS_TOKENS], along, strength)
            return torch.cat([head, tokens[:, CLASS_TOKENS:]], dim=1)

        return steered

    answers = []
    for vectors in directions:
        for strength in strengths:
            with ExitStack() as hooks:
                tokens = network.embed(clips)
                for along, block in zip(vectors, network.blocks, strict=True):
                    hooks.enter_context(block.register_forward_hook(hook(along, strength)))
                    tokens = block(tokens)
                answers.append(network.classify(tokens).softmax(dim=-1))
    return torch.stack(answers)


def counted(network, clips) -> None:
    """The forwards that a sweep cannot avoid, on batches of its size, without any steering."""
    first = network.blocks[0](network.embed(clips))
    part = first.repeat(ROWS // CLIPS, 1, 1)
    for _ in range(VECTORS * len(STRENGTHS) * CLIPS // ROWS):
        tokens = part
        for block in network.blocks[1:-1]:
            tokens = block(tokens)
        network.classify(network.blocks[-1](tokens, leading=CLASS_TOKENS)).softmax(dim=-1)


@torch.no_grad()
def main() -> None:
    """Print the comparison and the overhead over the counted forwards."""
    torch.manual_seed(0)
    network = AST(10, frames=150, patch=(128, 4), stride=(128, 4), width=192, depth=DEPTH, heads=4)
    network.eval()
    clips, directions = torch.randn(CLIPS, 128, 150), torch.randn(VECTORS, DEPTH, 192)

    def ours():
        return sweep_ast(network, clips, directions, STRENGTHS, rows=ROWS)

    expected = hooked(network, clips, directions).unflatten(0, (VECTORS, len(STRENGTHS)))
    torch.testing.assert_close(ours(), expected, rtol=1e-3, atol=1e-4)
    compare("steering sweep", ours, lambda: hooked(network, clips, directions), 9, goal=1.15)
    pairs = [(seconds(ours), seconds(lambda: counted(network, clips))) for _ in range(7)]
    least = min(o / c for o, c in pairs)
    middle = sorted(o / c for o, c in pairs)[3]
    print(
        f"overhead over the counted forwards: median {100 * (middle - 1):.1f} %, least "
        f"{100 * (least - 1):.1f} % (goal: at most 5 %)"
    )


if __name__ == "__main__":
    main()
