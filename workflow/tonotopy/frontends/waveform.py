"""The samples themselves, for networks that hear raw waveforms."""

from dataclasses import dataclass

from torch import Tensor

from tonotopy.frontends.samples import at_least
from tonotopy.frontends.stages import FrontEnd


@dataclass(frozen=True)
class WaveformSettings:
    """The one number of a raw-waveform front end.

    Attributes:
        rate: sampling rate in Hz; the default is EnCodec's (Défossez et al. 2022, section 4.1).
    """

    rate: int = 24000


class Waveform(FrontEnd):
    """Give a network the samples as they are: no padding, no scaling."""

    raw = True

    def __init__(self, settings: WaveformSettings):
        super().__init__()
        self.settings = settings

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return the waveforms, shape (clips, samples), in [-1, 1].

        Raises:
            ValueError: they have another number of axes.
        """
        return at_least(waveforms, 0)
