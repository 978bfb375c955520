"""Axes and curves of pages: from values to positions in percent, for HTML and inline SVG."""

import math
from collections.abc import Sequence

STEPS = (1, 2, 5, 10)


def percent(share: float) -> str:
    """Return a share (0 to 1) in percent, with at most two decimals."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".")


def time_ticks(seconds: float, most: int = 7) -> list[tuple[str, str]]:
    """Return round times of an axis from 0 to ``seconds``.

    Args:
        seconds: length of the axis, above 0.
        most: number of ticks that is not exceeded.

    Returns:
        Pairs of label (``0.5 s``) and position from the left in percent.
    """
    magnitude = 10.0 ** math.floor(math.log10(seconds / most))
    step = next(s * magnitude for s in STEPS if seconds / (s * magnitude) < most)
    times = [n * step for n in range(math.floor(seconds / step + 1e-9) + 1)]
    return [(f"{time:.6g} s", percent(time / seconds)) for time in times]


def frequency_ticks(ticks: Sequence) -> list[tuple[str, str]]:
    """Return labels (``250 Hz``, ``1 kHz``) and positions from the bottom in percent.

    Args:
        ticks: pairs of frequency in Hz and height from the bottom, 0 to 1.
    """
    return [(_hertz(hertz), percent(height)) for hertz, height in ticks]


def _hertz(hertz: float) -> str:
    return f"{hertz:.4g} Hz" if hertz < 1000 else f"{hertz / 1000:.4g} kHz"


def placed(values: Sequence[float]) -> list[float]:
    """Return values as shares of the range that they span; 0.5 where they span none."""
    low, high = min(values), max(values)
    return [(value - low) / (high - low) if high > low else 0.5 for value in values]


def points(across: Sequence[float], up: Sequence[float]) -> str:
    """Return a curve as the ``points`` of an SVG polyline in a box of 100 by 100.

    Args:
        across: share of the width from the left, 0 to 1.
        up: share of the height from the bottom; cut at 0 and 1, left out where not finite.
    """
    pairs = zip(across, up, strict=True)
    return " ".join(
        f"{percent(x)},{percent(1 - min(max(y, 0), 1))}" for x, y in pairs if math.isfinite(y)
    )
