"""The batched log-mel front end against transformers' extractor, 10 s clips at 16 kHz."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))

import numpy as np
import torch
from timing import compare
from transformers import ASTFeatureExtractor

from tonotopy.frontends.log_mel import LogMel, LogMelSettings

CLIPS = 64


def main() -> None:
    """Print the comparison for 64 clips, both giving 128 mels x 1024 frames."""
    sounds = np.random.default_rng(0).normal(0, 0.1, (CLIPS, 160_000)).astype(np.float32)
    ours = LogMel(LogMelSettings(rate=16000, n_fft=512, mels=128, frames=1024))
    theirs = ASTFeatureExtractor()
    batch = list(sounds)

    @torch.no_grad()
    def mine():
        return ours(torch.from_numpy(sounds))

    def other():
        return theirs(batch, sampling_rate=16000, return_tensors="pt")

    compare(f"front end, {CLIPS} clips", mine, other, repeats=9, goal=2.4)


if __name__ == "__main__":
    main()
