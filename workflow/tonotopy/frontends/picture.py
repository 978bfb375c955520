"""Pictures in the place of spectrograms, for networks that learn no sound (study 5)."""

from dataclasses import dataclass

from torch import Tensor, nn

from tonotopy.frontends.stages import FrontEnd


@dataclass(frozen=True)
class PictureSettings:
    """The numbers of a front end that sees.

    Attributes:
        rate: of the corpus, in pixels as if they were samples per second; nothing depends on it.
        side: pixels of each side of the square picture.
        mels: rows of the network's input, where others have mel bands.
        frames: columns, where others have frames.
    """

    rate: int = 8000
    side: int = 8
    mels: int = 96
    frames: int = 150


class Picture(FrontEnd):
    """Lay samples out as a square picture, row by row from the top, and stretch it.

    Stretching is bilinear. The top of the picture comes to the highest band, as in a drawn
    spectrogram.
    """

    def __init__(self, settings: PictureSettings):
        super().__init__()
        sizes = (settings.side, settings.mels, settings.frames)
        if min(sizes) < 1:
            raise ValueError(f"side, mels and frames must be at least 1, not {sizes}")
        self.settings = settings

    def forward(self, waveforms: Tensor) -> Tensor:
        """Return stretched pictures, shape (clips, mels, frames), band 0 the picture's foot.

        Args:
            waveforms: shape (clips, side * side).

        Raises:
            ValueError: another shape.
        """
        side, size = self.settings.side, (self.settings.mels, self.settings.frames)
        if waveforms.ndim != 2 or waveforms.shape[1] != side**2:
            raise ValueError(
                f"pictures must be (clips, {side**2}), {side} x {side} pixels, not "
                f"{tuple(waveforms.shape)}"
            )
        pictures = waveforms.reshape(-1, 1, side, side).flip(2)
        return nn.functional.interpolate(pictures, size, mode="bilinear", align_corners=False)[:, 0]
