"""A training step of the narrow CNN12 against the same network with Conv1d, one thread."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import torch
from plain_cnn12 import CLASSES, PlainCNN12, narrow
from timing import compare
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

BATCH, SAMPLES = 16, 8000  # 1 s at 8 kHz
REPEATS = 15


def main() -> None:
    """Check that the answers are equal, print both times of a step (forward and backward)."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    ours = narrow()
    theirs = PlainCNN12(ours)
    waveforms = 0.1 * torch.randn(BATCH, SAMPLES)
    targets = (torch.rand(BATCH, CLASSES) < 0.1).float()
    off = (ours(waveforms) - theirs(waveforms)).abs().max().item()
    assert off < 1e-4, f"answers differ by {off:.1e}"

    def step(network: nn.Module) -> None:
        network.zero_grad()
        binary_cross_entropy_with_logits(network(waveforms), targets).backward()

    title = f"training step of CNN12, {BATCH} clips of {SAMPLES} samples"
    compare(title, lambda: step(ours), lambda: step(theirs), REPEATS, goal=1.6)


if __name__ == "__main__":
    main()
