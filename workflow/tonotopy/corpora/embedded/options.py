"""What a corpus's configuration may change of a task, and between which bounds."""

import math
from dataclasses import dataclass

from tonotopy.errors import InputError, nearest

Number = int | float


@dataclass(frozen=True)
class Option:
    """One setting of a task.

    Attributes:
        default: its value where the configuration has none; an int takes whole numbers alone.
        low: smallest value.
        high: greatest value.
        floor: another option of the task whose value it may not be below, or None.
    """

    default: Number
    low: Number
    high: Number = math.inf
    floor: str | None = None

    @property
    def expected(self) -> str:
        """Values that it takes, in words."""
        kind = "whole number" if isinstance(self.default, int) else "number"
        return f"a {kind} from {self.low}" + (f" to {self.high}" if self.high < math.inf else "")

    def takes(self, value) -> bool:
        """Return whether a value is of its kind and within its bounds."""
        kinds = int if isinstance(self.default, int) else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds):
            return False
        return self.low <= value <= self.high  # not true of nan


def chosen_options(task: str, known: dict[str, Option], given: dict) -> dict[str, Number]:
    """Return the value of every option of a task.

    Args:
        task: its name, for messages.
        known: its options by name.
        given: values of the configuration by name.

    Raises:
        InputError: an option is unknown, of another kind, out of range or below its floor.
    """
    for name, value in given.items():
        if name not in known:
            raise InputError(f"task {task} has no option '{name}'{nearest(name, known)}")
        if not known[name].takes(value):
            raise InputError(f"task {task}: '{name}' is {value}, expected {known[name].expected}")
    values = {
        name: type(option.default)(given.get(name, option.default))
        for name, option in known.items()
    }
    for name, option in known.items():
        if option.floor and values[name] < values[option.floor]:
            raise InputError(
                f"task {task}: '{name}' is {values[name]}, expected at least "
                f"'{option.floor}', which is {values[option.floor]}"
            )
    return values
