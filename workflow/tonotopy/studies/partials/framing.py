"""Frames of natural sound: what a layer gives over stretches of at least some milliseconds."""

import numpy as np

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, chosen_clips
from tonotopy.partials.natural import SHORTEST, pooled, positions_of_frame
from tonotopy.seeding import generator
from tonotopy.studies.partials.hearing import over_clips

FITTED = 500  # clips, at most, that frames are drawn from


def frame_positions(
    ear: Ear, corpus: Corpus, positions: int, shortest: float = SHORTEST
) -> tuple[float, int]:
    """Return how the positions of a layer lie over the clips of a corpus.

    Args:
        ear: the network.
        corpus: whose clips all have the same length.
        positions: that the layer has over a clip.
        shortest: of a frame, in s.

    Returns:
        Samples, at the network's rate, from one position to the next; and positions of a frame, at
        most all.
    """
    hop = corpus.samples.shape[1] * ear.rate / corpus.rate / positions
    return hop, min(positions, positions_of_frame(hop, ear.rate, shortest))


def training_frames(
    ear: Ear, corpus: Corpus, number: int, seed: int, shortest: float = 0.0
) -> np.ndarray:
    """Return frames of a corpus's training clips, drawn evenly over clips.

    Args:
        ear: the network.
        corpus: that they are of.
        number: of frames; all are taken where there are fewer.
        seed: of the run.
        shortest: of a frame, in s; by default frames are single positions.

    Returns:
        Float32, shape (frames, width).
    """
    clips = chosen_clips(corpus, "train", FITTED, seed, "frames")
    rng = generator(seed, "frames", ear.network, ear.run)
    parts = []
    for vectors in over_clips(ear, corpus, clips):
        frames = pooled(vectors, frame_positions(ear, corpus, vectors.shape[1], shortest)[1])
        each = min(frames.shape[1], -(-number // len(clips)))
        places = np.tile(np.arange(frames.shape[1]), (len(frames), 1))
        drawn = rng.permuted(places, axis=1)[:, :each]
        parts.append(
            np.take_along_axis(frames, drawn[:, :, None], axis=1).reshape(-1, frames.shape[2])
        )
    drawn = np.concatenate(parts)
    return drawn[np.sort(rng.permutation(len(drawn))[:number])]
