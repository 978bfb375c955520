"""How far axes reach: markers at the ends of a scale are drawn whole, logarithms have numbers."""

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

ROOM = 0.04  # of a scale, beyond each of its ends
FEW = 2  # decades, up to which 2 and 5 are named between the powers of 10


def span(axes, low: float, high: float, axis: str = "y") -> None:
    """Let an axis reach from one value to another, and as far beyond as half a marker.

    Args:
        axes: of any figure.
        low: left or lower end.
        high: right or upper end.
        axis: "x" or "y".
    """
    room = ROOM * (high - low)
    getattr(axes, f"set_{axis}lim")(low - room, high + room)


def logarithmic(axes, axis: str = "y") -> None:
    """Make an axis logarithmic, with plain numbers at its ticks.

    Matplotlib would write powers as formulas, which figures do not read (see `style`).

    Args:
        axes: whose data are drawn.
        axis: "x" or "y".
    """
    getattr(axes, f"set_{axis}scale")("log")
    one = getattr(axes, f"{axis}axis")
    low, high = one.get_view_interval()
    decades = np.log10(high / low)
    subs = (1.0, 2.0, 5.0) if decades <= FEW else (1.0,)
    one.set_major_locator(LogLocator(subs=subs) if decades >= 1 else MaxNLocator(5))
    one.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    one.set_minor_formatter(NullFormatter())
