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
    trained network hears.

    Raises:
        InputError: the copy has the weights of the network itself.
    """
    torch.manual_seed(seed)
    info = {**bundle.info, "trained": False}
    info.pop("snapshots", None)  # they are the trained network's
    settings = bundle.front_end.settings
    network = build(info["architecture"], info["arguments"], settings, len(info["classes"]))
    _check_other_weights(bundle, network)
    for name in getattr(network, "hears_through", ()):
        trained = bundle.network.get_submodule(name).state_dict()
        network.get_submodule(name).load_state_dict(trained)
    return Bundle(network.eval(), bundle.front_end, info)


def _check_other_weights(bundle: Bundle, copy: nn.Module) -> None:
    weights = bundle.network.state_dict()
    fresh = {name: value.to(weights[name].device) for name, value in copy.state_dict().items()}
    if any(not torch.equal(weights[name], value) for name, value in fresh.items()):
        _note_same_weights(bundle.network, fresh)
        return
    name = bundle.info["arguments"].get("module", bundle.info["architecture"])
    reason = "its constructor loads them" if fresh else "it has none"
    raise InputError(
        f"{name}: an untrained copy has the same weights as the network itself, {reason}, so that "
        "there is nothing to compare with: let the constructor make random weights, and give the "
        "trained ones in a file as the network's 'weights'"
    )


def _note_same_weights(network: nn.Module, fresh: dict[str, torch.Tensor]) -> None:
    """Tell the log of weights that no random draw can have given both copies."""
    weights = dict(network.named_parameters())
    same = [
        name
        for name, value in weights.items()
        if torch.equal(value, fresh[name]) and value.unique().numel() > 1
    ]
    if same:
        print(
            f"note: {len(same)} of {len(weights)} weights of the untrained copy are those of the "
            f"network itself, such as '{same[0]}': if the constructor loads trained ones, the copy "
            "is no baseline"
        )
