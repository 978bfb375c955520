"""Numbers as figures and pages write them: one rule for all."""

NEAR_ZERO = 1e-9  # what is smaller is rounding, not a finding


def number(value: float, digits: int = 3) -> str:
    """Return a number with so many significant digits; rounding noise around 0 is written 0."""
    return f"{0.0 if abs(value) < NEAR_ZERO else value:.{digits}g}"
