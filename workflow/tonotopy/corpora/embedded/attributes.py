"""What twins may differ in, and the values that it takes; light, for checks before a run."""

from collections.abc import Sequence

from tonotopy.corpora.embedded.instruments import INSTRUMENTS, SOUNDS, TEMPI
from tonotopy.corpora.embedded.rhythms import RHYTHMS
from tonotopy.errors import InputError, nearest

Value = str | int | float | bool

# attribute -> the field of an Arrangement that holds it
ATTRIBUTES = {
    "lead": "lead",
    "rhythm": "rhythm",
    "bass": "bass_program",
    "pad": "pad_program",
    "tempo": "tempo",
    "key": "key",
    "piano": "piano",
}
PIANO = {"absent": False, "present": True}


def known_values(attribute: str, sounds: str) -> dict[str, Value]:
    """Return all values of an attribute: what they are called -> what an Arrangement holds.

    Of the tempo these are the quarters of its range; any other tempo within it will do too.

    Args:
        attribute: one of ATTRIBUTES.
        sounds: the set of General MIDI programs, "seen" or "unseen".

    Raises:
        InputError: no such attribute.
    """
    if attribute not in ATTRIBUTES:
        raise InputError(f"twins have no attribute '{attribute}'{nearest(attribute, ATTRIBUTES)}")
    if attribute == "piano":
        return dict(PIANO)
    if attribute == "tempo":
        step = (TEMPI[1] - TEMPI[0]) / 4
        return {f"{tempo:g}": tempo for tempo in (TEMPI[0] + i * step for i in range(5))}
    values = {
        "lead": INSTRUMENTS,
        "rhythm": tuple(RHYTHMS),
        "bass": SOUNDS[sounds]["bass"],
        "pad": SOUNDS[sounds]["pad"],
        "key": range(12),
    }[attribute]
    return {str(value): value for value in values}


def chosen_values(
    attribute: str, values: Sequence[Value] | None, sounds: str = "seen"
) -> dict[str, Value]:
    """Return the values that twins take: what they are called -> what an Arrangement holds.

    Args:
        attribute: one of ATTRIBUTES.
        values: those that are wanted, in this order; None for all.
        sounds: the set of General MIDI programs, "seen" or "unseen".

    Raises:
        InputError: the attribute or a value is unknown, or a value is named twice.
    """
    possible = known_values(attribute, sounds)
    if values is None:
        return possible
    if not values:
        raise InputError(f"twins need at least one value of '{attribute}'")
    selected: dict[str, Value] = {}
    for value in values:
        name, content = (
            _tempo(value) if attribute == "tempo" else (str(value), possible.get(str(value)))
        )
        if content is None:
            raise InputError(
                f"attribute '{attribute}' has no value '{name}'{nearest(name, possible)}"
            )
        if name in selected:
            raise InputError(f"attribute '{attribute}': value '{name}' is named twice")
        selected[name] = content
    return selected


def _tempo(value) -> tuple[str, float]:
    low, high = TEMPI
    try:
        tempo = float(value)
    except (TypeError, ValueError):
        tempo = float("nan")
    if isinstance(value, bool) or not low <= tempo <= high:
        raise InputError(f"tempo {value}: expected {low} to {high} beats per minute")
    return f"{tempo:g}", tempo
