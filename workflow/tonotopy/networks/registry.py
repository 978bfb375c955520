"""Architectures by the name that config.yaml and network.json give them."""

from torch import nn

from tonotopy.errors import InputError, nearest
from tonotopy.frontends import LogMelSettings
from tonotopy.networks.ast import AST

ARCHITECTURES = {"ast": AST}


def build(architecture: str, arguments: dict, front_end: LogMelSettings, classes: int) -> nn.Module:
    """Build an untrained network whose input is what the front end gives.

    Raises:
        InputError: unknown architecture or argument, or sizes that do not fit.
    """
    if architecture not in ARCHITECTURES:
        raise InputError(f"no architecture '{architecture}'{nearest(architecture, ARCHITECTURES)}")
    shape = {"mels": front_end.mels, "frames": front_end.frames}
    try:
        return ARCHITECTURES[architecture](classes=classes, **shape, **arguments)
    except (TypeError, ValueError) as error:
        raise InputError(f"network arguments of '{architecture}': {error}") from error
