"""The clips of a batch on their way from the corpus to the loss."""

from typing import NamedTuple

from torch import Tensor

from tonotopy.frontends.mel import LogMelScale
from tonotopy.training.shares import Share, gathered

# how far the sounds of a batch have come; see `frontends.stages`
WAVEFORM, FEATURES, INPUT = "waveform", "features", "input"


class Clips(NamedTuple):
    """A process's share of a batch.

    Attributes:
        sounds: float32, shape (clips of the share, ...).
        targets: of the objective, a row per clip of the share.
        share: which clips of the batch these are.
        rate: sampling rate of the front end in Hz.
        stage: what ``sounds`` are: waveforms, the front end's features, or the network's input.
        scale: of features that are a log-mel spectrogram.
    """

    sounds: Tensor
    targets: Tensor
    share: Share
    rate: int
    stage: str = WAVEFORM
    scale: LogMelScale | None = None

    def whole_batch(self) -> "Clips":
        """Return all clips of the batch in its order, those of other processes too.

        Every process has to ask at the same point, and all sounds have one shape. Gradients go
        back to the process whose clips they are.
        """
        total = self.share.total
        return self._replace(
            sounds=gathered(self.sounds, self.share),
            targets=gathered(self.targets, self.share),
            share=Share.of(total),
        )
