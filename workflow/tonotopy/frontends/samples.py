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
    _check_axes(waveforms)
    missing = samples - waveforms.shape[-1]
    return nn.functional.pad(waveforms, (0, missing)) if missing > 0 else waveforms


def repeated(waveforms: Tensor, samples: int) -> Tensor:
    """Return waveforms repeated from their beginning until they have a smallest length.

    Args:
        waveforms: shape (clips, samples).
        samples: smallest length; the last repetition ends there. A longer clip is left as it is.

    Returns:
        Shape (clips, samples or more).

    Raises:
        ValueError: the waveforms have another number of axes, or no samples.
    """
    _check_axes(waveforms)
    length = waveforms.shape[-1]
    if not length:
        raise ValueError("clips without samples cannot be repeated")
    if length >= samples:
        return waveforms
    return waveforms.repeat(1, -(-samples // length))[:, :samples]


def _check_axes(waveforms: Tensor) -> None:
    if waveforms.ndim != 2:
        raise ValueError(f"waveforms must be (clips, samples), not {tuple(waveforms.shape)}")
