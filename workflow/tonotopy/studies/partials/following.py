"""How well directions follow the level at their peak in natural sound, context by context."""

from typing import NamedTuple

import numpy as np

from tonotopy.corpora.schema import Corpus
from tonotopy.ears import Ear, even_batches, waveforms
from tonotopy.partials.natural import band_levels, context_correlations, energies, frame_levels
from tonotopy.studies.partials.framing import frame_positions
from tonotopy.studies.partials.hearing import activations, clip_contexts, even_clips, silence


class Natural(NamedTuple):
    """What natural sound says of directions.

    Attributes:
        contexts: their names, shape (contexts,).
        correlations: shape (contexts, directions).
        frames: of every context, shape (contexts,).
        hop: samples from one position of the layer to the next.
        seconds: of a frame.
    """

    contexts: np.ndarray
    correlations: np.ndarray
    frames: np.ndarray
    hop: float
    seconds: float

    @property
    def medians(self) -> np.ndarray:
        """Median over contexts, shape (directions,); nan where no context says anything."""
        known = np.sort(self.correlations, axis=0)  # nan last
        number = (~np.isnan(known)).sum(axis=0)
        padded = np.concatenate([known, np.full((1, known.shape[1]), np.nan)])
        middle = [np.where(number > 0, (number - side) // 2, -1) for side in (0, 1)]
        return np.mean([np.take_along_axis(padded, m[None], axis=0)[0] for m in middle], axis=0)


def natural_answers(
    ear: Ear,
    corpus: Corpus,
    about: dict,
    vectors: np.ndarray,
    semitones: np.ndarray,
    seed: int,
) -> Natural:
    """Return how well the levels of directions follow the level of sound at their peaks.

    Args:
        ear: the network.
        corpus: natural sound.
        about: ``by``: the column that says in what context clips are; ``clips``: how many are
            heard, drawn evenly over contexts, None for all.
        vectors: directions, shape (directions, width).
        semitones: of their peaks, shape (directions,).
        seed: of the run.

    Raises:
        InputError: the corpus has no such column.
    """
    contexts = clip_contexts(corpus, about["by"])
    clips = even_clips(contexts, about["clips"], seed)
    own, column = np.unique(semitones, return_inverse=True)
    still = silence(ear, waveforms(ear, corpus, clips[:1]).shape[1])
    values, levels, loudness = [], [], []
    for batch in even_batches(clips):
        heard = waveforms(ear, corpus, batch)
        given, sound = activations(ear, heard).cpu().numpy(), heard.cpu().numpy()
        positions = given.shape[1]
        hop, by = frame_positions(ear, corpus, positions)
        values.append(frame_levels(given, still, vectors, by).astype(np.float32))
        levels.append(band_levels(sound, own, ear.rate, positions, by))
        loudness.append(energies(sound, positions, by))
    values, levels, energy = (np.concatenate(parts) for parts in (values, levels, loudness))
    found = context_correlations(values, levels, column, energy, contexts[clips])
    return Natural(*found, hop, by * hop / ear.rate)
