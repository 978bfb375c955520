"""What a training starts from: random weights of its seed, or published ones under a new head."""

from pathlib import Path

import torch
from torch import nn

from tonotopy.corpora.download import sha256_of
from tonotopy.errors import InputError
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.deit import initialise_from_deit, read_deit
from tonotopy.networks.registry import build


def initial_network(
    architecture: str, arguments: dict, front_end, classes: int, seed: int, weights: Path | None
) -> nn.Module:
    """Return a network before its first step.

    Args:
        architecture: its name.
        arguments: of its constructor.
        front_end: the front end's settings.
        classes: number of classes whose names are known.
        seed: of its random weights, those of the head included.
        weights: a DeiT checkpoint, whose weights take the place of all but the head's; None for
            random weights alone.

    Raises:
        InputError: arguments that do not fit, or weights that do not fit the network.
    """
    torch.manual_seed(seed)
    network = build(architecture, arguments, front_end, classes)
    if weights is not None:
        initialise_from_deit(network, read_deit(weights))
    return network


def start(bundle: Bundle, weights: Path) -> Bundle:
    """Return a trained network as it was before its first step.

    What training adds to published weights is told by comparing with these; an untrained copy with
    random weights would count what ImageNet taught as well.

    Args:
        bundle: of a network that was trained here from these weights.
        weights: the checkpoint that its training started from.

    Raises:
        InputError: the network was not trained here, or the weights do not fit it.
    """
    info = {**bundle.info, "trained": False}
    if "seed" not in info:
        raise InputError(
            f"a network of architecture '{info['architecture']}' that was not trained here has no "
            "start: compare with its untrained copy"
        )
    info.pop("snapshots", None)  # they are the trained network's
    info["start"] = {"file": Path(weights).name, "sha256": sha256_of(Path(weights))}
    network = initial_network(
        info["architecture"],
        info["arguments"],
        bundle.front_end.settings,
        len(info["classes"]),
        info["seed"],
        Path(weights),
    )
    return Bundle(network.eval(), bundle.front_end, info)
