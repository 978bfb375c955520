"""A network on disk: weights.safetensors and network.json in one folder."""

import shutil
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn

from tonotopy import sums
from tonotopy.errors import InputError
from tonotopy.files import read_json, replacing, write_json
from tonotopy.frontends import registry as front_ends
from tonotopy.networks.baselines import check_other_weights, random_copy
from tonotopy.networks.layers import Layer, describe, module_at, parse
from tonotopy.networks.registry import build
from tonotopy.networks.snapshots import FOLDER, relative_path


@dataclass(frozen=True)
class Bundle:
    """A network ready for inference, its front end, and what network.json says of it."""

    network: nn.Module
    front_end: nn.Module
    info: dict

    @property
    def classes(self) -> list[str]:
        """Names of the outputs, in order; empty where they are not known."""
        return self.info["classes"]

    @property
    def layers(self) -> dict[str, Layer]:
        """The layers that studies look at, from input to output, as network.json names them."""
        if "layers" in self.info:
            return parse(self.info["layers"])
        return self.network.layers

    @property
    def rate(self) -> int:
        """Sampling rate in Hz that the network hears at."""
        return self.front_end.settings.rate

    @property
    def device(self) -> torch.device:
        """Where the network is; the processor for one without numbers of its own."""
        tensors = chain(self.network.parameters(), self.network.buffers())
        return next(tensors, torch.empty(0)).device

    def to(self, device: str | torch.device) -> "Bundle":
        """Return the bundle with its modules on a device."""
        return Bundle(self.network.to(device), self.front_end.to(device), self.info)


def save(
    path: str | Path,
    network: nn.Module,
    front_end: nn.Module,
    info: dict,
    snapshots: dict[int, Path] | None = None,
) -> None:
    """Write a bundle, whole or not at all.

    Args:
        path: folder of the bundle.
        network: its weights are stored.
        front_end: its kind and settings, with the training statistics if it has any, are stored.
        info: at least architecture, arguments and classes (empty where their names are not known);
            ``layers`` where they are others than the network's own.
        snapshots: epoch -> file of the weights after it, to be copied into the bundle; 0 is before
            training.

    Raises:
        InputError: the network has no such layer.
    """
    layers = parse(info["layers"]) if "layers" in info else network.layers
    for layer in layers.values():
        module_at(network, layer.path)
    with replacing(path) as draft:
        draft.mkdir()
        # cloned, because weights that a network uses twice must not share their memory in the file
        weights = {
            k: v.detach().cpu().contiguous().clone() for k, v in network.state_dict().items()
        }
        save_file(weights, draft / "weights.safetensors")
        described = {
            **info,
            "front_end": front_ends.describe(front_end),
            "layers": describe(layers),
        }
        if snapshots:
            (draft / FOLDER).mkdir()
            for epoch, file in snapshots.items():
                shutil.copy(file, draft / relative_path(epoch))
            described["snapshots"] = {str(epoch): relative_path(epoch) for epoch in snapshots}
        write_json(draft / "network.json", described)


def load(path: str | Path, snapshot: int | None = None) -> Bundle:
    """Read a bundle; the network is in evaluation mode on the CPU.

    Args:
        path: folder of the bundle.
        snapshot: the epoch after which its weights are wanted, 0 for before training; None for
            those of the best epoch. ``training.snapshots`` of its settings says which are kept.

    Raises:
        InputError: a file is missing or damaged, weights and description disagree, or there is no
            such snapshot.
    """
    path = Path(path)
    info = read_json(path / "network.json")
    front_end = front_ends.build(info["front_end"])
    settings = front_end.settings
    network = build(info["architecture"], info["arguments"], settings, len(info["classes"]))
    file = path / _weights(path, info, snapshot)
    sums.check(file)
    try:
        network.load_state_dict(load_file(file), strict=True)
    except (SafetensorError, FileNotFoundError, RuntimeError) as error:
        raise InputError(f"{file}: {error}; train the network again") from error
    return Bundle(network.eval(), front_end, info)


def _weights(path: Path, info: dict, snapshot: int | None) -> str:
    """Return the file of a bundle's weights, relative to its folder."""
    if snapshot is None:
        return "weights.safetensors"
    snapshots = info.get("snapshots", {})
    if str(snapshot) not in snapshots:
        epochs = ", ".join(snapshots) or "none"
        raise InputError(
            f"{path}: no snapshot of epoch {snapshot} is kept (kept: {epochs}); name it in "
            "training.snapshots of the network's entry and train it again"
        )
    return snapshots[str(snapshot)]


def untrained(bundle: Bundle, seed: int) -> Bundle:
    """Return the same architecture and front end with fresh random weights.

    Layers that only scale the input (``hears_through``) are kept, so that the copy hears what the
    trained network hears. A user's own module is made anew, see `baselines.random_copy`, or by its
    entry's ``untrained``.

    Raises:
        InputError: the copy has the weights of the network itself, or such that are the same under
            every seed.
    """
    info = {**bundle.info, "trained": False}
    info.pop("snapshots", None)  # they are the trained network's
    factory = info.pop("untrained", None)
    if factory:
        info["arguments"] = {**info["arguments"], "module": factory}

    def made(seed: int) -> nn.Module:
        torch.manual_seed(seed)
        settings = bundle.front_end.settings
        return build(info["architecture"], info["arguments"], settings, len(info["classes"]))

    name = info["arguments"].get("module", info["architecture"])
    if info["architecture"] == "own" and not factory:
        network = random_copy(name, bundle.network, made, seed)
    else:
        network = made(seed)
        check_other_weights(name, bundle.network, network)
    for name in getattr(network, "hears_through", ()):
        trained = bundle.network.get_submodule(name).state_dict()
        network.get_submodule(name).load_state_dict(trained)
    return Bundle(network.eval(), bundle.front_end, info)
