"""What every published front end asks of its waveforms."""

from torch import Tensor, nn


def at_least(waveforms: Tensor, samples: int) -> Tensor:
    """Return waveforms padded with silence on the right to a smallest length.

    Args:
        waveforms: shape (clips, samples).
        samples: smallest length; a longer clip is left as it is.

    Returns:
        Shape (clips, samples or more).

    Raises:
        ValueError: the waveforms have another number of axes.
    """
    if waveforms.ndim != 2:
        raise ValueError(f"waveforms must be (clips, samples), not {tuple(waveforms.shape)}")
    missing = samples - waveforms.shape[-1]
    return nn.functional.pad(waveforms, (0, missing)) if missing > 0 else waveforms
