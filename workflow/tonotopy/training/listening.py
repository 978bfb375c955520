"""What a network hears of a batch: in training augmented, as often as its objective asks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from tonotopy.corpora.hearing import note_resampling, waveforms_at
from tonotopy.corpora.schema import Corpus
from tonotopy.frontends import registry as front_ends
from tonotopy.frontends.stages import FrontEnd
from tonotopy.training.augmentation.declared import Step
from tonotopy.training.augmentation.registry import augmented
from tonotopy.training.clips import FEATURES, INPUT, WAVEFORM, Clips
from tonotopy.training.shares import Share

PIECE = 256  # clips per batch of the front end, outside the training


def hear(
    clips: Clips, front_end: FrontEnd, steps: list[Step], rng: torch.Generator | None = None
) -> Clips:
    """Return clips as the network is given them, from wherever they have come.

    Args:
        clips: waveforms, or the front end's features where those are cached.
        front_end: with the training split's statistics, if it has any.
        steps: augmentation.
        rng: source of the augmentation's draws; None for none.
    """
    if clips.stage == WAVEFORM:
        clips = augmented(clips, steps, "waveform", rng)
        clips = clips._replace(sounds=front_end.features(clips.sounds), stage=FEATURES)
    if clips.stage == FEATURES:
        clips = clips._replace(scale=front_end.scale)
        clips = augmented(clips, steps, "log_mel", rng)
        clips = clips._replace(sounds=front_end.finish(clips.sounds), stage=INPUT)
        clips = augmented(clips, steps, "spectrogram", rng)
    return clips


@dataclass(frozen=True)
class Batch:
    """A batch as an objective sees it: it asks for views, and need not know how they are made.

    Attributes:
        clips: the process's share, with the targets of the objective.
        hear: from clips and a generator (None for no augmentation) to the network's input.
        rng: source of every draw in training, the objective's own too; None in validation.
        progress: share of the training's steps that are done, from 0 to 1.
    """

    clips: Clips
    hear: Callable[[Clips, torch.Generator | None], Clips]
    rng: torch.Generator | None = None
    progress: float = 0.0

    @property
    def training(self) -> bool:
        """Whether views are augmented."""
        return self.rng is not None

    @property
    def share(self) -> Share:
        """Which clips of the batch these are."""
        return self.clips.share

    @property
    def targets(self) -> Tensor:
        """Targets of the clips as the objective gave them, before any augmentation."""
        return self.clips.targets

    def view(self) -> Clips:
        """Return the network's input and its targets, augmented anew by every call in training."""
        return self.hear(self.clips, self.rng)

    def unaugmented(self) -> Clips:
        """Return the network's input and its targets without augmentation."""
        return self.hear(self.clips, None)


def fitted_front_end(
    corpus: Corpus, settings: dict, cached: Sequence[str] = ()
) -> tuple[FrontEnd, dict[str, Tensor]]:
    """Return the front end, with the training split's statistics if it normalises by them.

    A corpus of another rate than the front end's is resampled, and the log says so.

    Args:
        corpus: that is learned.
        settings: of the front end.
        cached: splits whose features come along, split by split; the training split is the first.
    """
    front_end = front_ends.build(settings)
    note_resampling(corpus, front_end.settings.rate)
    if not cached:
        return front_end.fitted(lambda: features(front_end, corpus, "train")), {}
    kept = {split: torch.cat(list(features(front_end, corpus, split))) for split in cached}
    return front_end.fitted(lambda: kept["train"].split(PIECE)), kept


@torch.no_grad()
def features(front_end: FrontEnd, corpus: Corpus, split: str) -> Iterator[Tensor]:
    """Yield a split's features in batches of at most PIECE clips, in the order of the corpus."""
    positions = corpus.indices(split)
    for start in range(0, len(positions), PIECE):
        batch: np.ndarray = positions[start : start + PIECE]
        sounds = waveforms_at(corpus, batch, front_end.settings.rate)
        yield front_end.features(torch.from_numpy(sounds))
