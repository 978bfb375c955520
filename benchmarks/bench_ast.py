"""AST at paper size against transformers': a training step and a forward of one 10 s clip."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import torch
from timing import compare
from torch.nn.functional import cross_entropy
from transformers import ASTConfig, ASTForAudioClassification

from tonotopy.networks.ast import AST

REPEATS = 3


def main() -> None:
    """Print both comparisons; 86 million parameters each, float32, as many threads as cores."""
    torch.manual_seed(0)
    ours = AST(classes=10)
    theirs = ASTForAudioClassification(ASTConfig(num_labels=10, max_length=1024))
    clip, label = torch.randn(1, 128, 1024), torch.tensor([3])

    def step(network, answer):
        network.train()
        network.zero_grad()
        cross_entropy(answer(), label).backward()

    @torch.no_grad()
    def forward(network, answer):
        network.eval()
        answer()

    def ours_answer():
        return ours(clip)

    def theirs_answer():
        return theirs(clip.transpose(1, 2)).logits

    for title, run in (("AST training step", step), ("AST forward", forward)):
        compare(
            title,
            lambda run=run: run(ours, ours_answer),
            lambda run=run: run(theirs, theirs_answer),
            REPEATS,
            goal=1.05,
        )


if __name__ == "__main__":
    main()
