"""From a downloaded weights file to a bundle that the workflow can study."""

import hashlib
import pickle
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from tonotopy import sums
from tonotopy.errors import InputError, nearest
from tonotopy.frontends import registry as front_ends
from tonotopy.networks import ast_audioset, cnn14, codec
from tonotopy.networks.bundle import save
from tonotopy.networks.published import PUBLISHED, Published
from tonotopy.networks.registry import build

# from what the file holds to our names, where they differ
CONVERTERS = {
    "clap": cnn14.from_clap,
    "ast_audioset": ast_audioset.convert,
    "encodec": codec.from_hub,
}


def read_weights(path: str | Path) -> dict:
    """Read a safetensors file, or a torch file without executing anything that it holds.

    Raises:
        InputError: missing, damaged, or a torch file with more than tensors and plain containers.
    """
    path = Path(path)
    sums.check(path)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise InputError(f"{path}: file not found; download the weights first") from error
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise InputError(
            f"{path}: not readable as weights alone ({_first_line(error)}); delete it and download "
            "it again, or give a safetensors file"
        ) from error
    if not isinstance(weights, dict):
        raise InputError(f"{path}: holds a {type(weights).__name__}, expected a state dict")
    return weights


def publish(name: str, weights: str | Path, folder: str | Path, layers: dict | None = None) -> None:
    """Write the bundle of a published network, whole or not at all.

    Args:
        name: a key of `PUBLISHED`.
        weights: its weights' file.
        folder: of the bundle; network.json tells source, sha256, citation and licence.
        layers: the entry's layers, see `layers.parse`; by default the architecture's own.

    Raises:
        InputError: unknown name or layer, a file that cannot be read, or one that is not the
            network's.
    """
    if name not in PUBLISHED:
        raise InputError(f"no published network '{name}'{nearest(name, PUBLISHED)}")
    declared = PUBLISHED[name]
    front_end = front_ends.build(declared.front_end)
    network = build(declared.architecture, declared.arguments, front_end.settings, classes=0)
    state = read_weights(weights)
    try:
        converted = CONVERTERS.get(name, dict)(state)
        check_fit(converted, network.state_dict())
    except InputError as error:
        raise InputError(
            f"{weights}: not the weights of '{name}' ({error}); the right file is at "
            f"{declared.remote.urls[0]}"
        ) from error
    network.load_state_dict(converted, strict=True)
    info = _info(name, declared, Path(weights)) | ({"layers": layers} if layers else {})
    save(folder, network.eval(), front_end, info)


def check_fit(weights: dict, expected: dict[str, Tensor]) -> None:
    """Compare names and shapes of weights, and say briefly what differs.

    Args:
        weights: a state dict.
        expected: the network's own.

    Raises:
        InputError: the first difference of each kind, and how many more there are.
    """
    differences = []
    for verb, names in (("lacks", expected.keys() - weights), ("has", weights.keys() - expected)):
        if names:
            more = f" and {len(names) - 1} more" if len(names) > 1 else ""
            differences.append(f"it {verb} '{min(names)}'{more}")
    shapes = [
        f"'{name}' is {tuple(weights[name].shape)}, expected {tuple(value.shape)}"
        for name, value in sorted(expected.items())
        if name in weights and weights[name].shape != value.shape
    ]
    if shapes:
        more = f", and {len(shapes) - 1} more are of other shapes" if len(shapes) > 1 else ""
        differences.append(shapes[0] + more)
    if differences:
        raise InputError("; ".join(differences))


def _info(name: str, declared: Published, weights: Path) -> dict:
    with weights.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "architecture": declared.architecture,
        "arguments": declared.arguments,
        "classes": list(declared.classes),
        "published": {
            "name": name,
            "source": declared.remote.urls[0],
            "file": weights.name,
            "sha256": sha256,
            "citation": declared.citation,
            "licence": declared.licence,
            "seconds": declared.seconds,
        },
        "trained": True,
    }


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0]
