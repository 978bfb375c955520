"""A user's own torch module: imported by name, its layers named in the configuration."""

import importlib
import sys
from pathlib import Path

from torch import Tensor, nn

from tonotopy.activations import layer
from tonotopy.errors import InputError, nearest
from tonotopy.networks.stages import Staged


class Own(Staged, nn.Module):
    """Wraps a module that we know by its import path alone.

    Args:
        module: ``package.module:Class``; the working folder is looked into as well.
        stages: name in the study -> path of a layer inside the module, from input to output.
        arguments: of the class.
        classes: number of outputs; the class decides them, so that this is for the record.

    Raises:
        InputError: nothing can be imported by that name, or a layer does not exist.
    """

    def __init__(
        self, module: str, stages: dict[str, str], arguments: dict | None = None, classes: int = 0
    ):
        super().__init__()
        self.network = imported(module)(**(arguments or {}))
        if not isinstance(self.network, nn.Module):
            raise InputError(f"{module} makes a {type(self.network).__name__}, not a torch module")
        for path in stages.values():
            layer(self.network, path)
        self.classes = classes
        self._stages = {name: f"network.{path}" for name, path in stages.items()}

    @property
    def stages(self) -> dict[str, str]:
        return self._stages

    def forward(self, inputs: Tensor) -> Tensor:
        """Return what the user's module gives for the front end's output."""
        return self.network(inputs)


def imported(name: str) -> type:
    """Return the class that ``package.module:Class`` names.

    Raises:
        InputError: the name has another form, or cannot be imported; the message says why.
    """
    place, _, kind = name.partition(":")
    if not kind:
        raise InputError(f"module '{name}': expected the form package.module:Class")
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found = importlib.import_module(place)
    except ImportError as error:
        raise InputError(f"module '{place}' cannot be imported from {here} ({error})") from error
    if not hasattr(found, kind):
        known = [n for n, value in vars(found).items() if isinstance(value, type)]
        raise InputError(f"module '{place}' has no class '{kind}'{nearest(kind, known)}")
    return getattr(found, kind)
