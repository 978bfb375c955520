"""Files of weights: opened without executing anything, and fitted to a module without guessing."""

import pickle
import re
import zipfile
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from tonotopy import sums
from tonotopy.errors import InputError
from tonotopy.networks.fitting import check_fit, converted, listed, renamed, shared, tied_names

WRAPPERS = ("state_dict", "model_state_dict", "model", "network", "net", "weights", "params")
EXTRA = "_extra_state"  # ends the name of what get_extra_state of a module returns
SAFE = "save its state_dict() as safetensors (safetensors.torch.save_file)"


def read_weights(path: str | Path) -> dict:
    """Read a safetensors file, or a torch file without executing anything that it holds.

    Raises:
        InputError: missing, a folder, empty, cut off, damaged, or a torch file with more than
            tensors and plain containers.
    """
    path = Path(path)
    _check_file(path)
    sums.check(path)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        weights = torch.load(path, map_location="cpu", weights_only=True)
    except SafetensorError as error:
        raise _unreadable(path, "it is cut off, damaged or no safetensors file") from error
    except PermissionError as error:
        raise InputError(f"{path}: may not be read: change its owner or mode") from error
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        raise _refused(path, error) from error
    if not isinstance(weights, Mapping):
        raise InputError(f"{path}: holds a {type(weights).__name__}, expected a state dict: {SAFE}")
    return dict(weights)


def load_weights(network: nn.Module, path: str | Path, name: str) -> None:
    """Read a file of weights into a module; what was done to its names and types is printed.

    Args:
        network: on the CPU.
        path: see `read_weights`; the state dict may stand below a usual key, and its names may have
            a prefix that the module's do not have.
        name: of the module, for the message.

    Raises:
        InputError: the file cannot be read, or does not fit the module in exactly one way.
    """
    check_savable(network, name)
    try:
        state = unwrapped(read_weights(path), path)
        expected = network.state_dict()
        tied = [name for names in tied_names(network) for name in names]
        state = shared(renamed(state, expected, path, tied), network, path)
        check_fit(state, expected)
        state = converted(state, expected, path)
    except InputError as error:
        text = str(error)
        text = text if text.startswith(str(path)) else f"{path}: does not fit {name}: {text}"
        raise InputError(text) from error
    try:
        network.load_state_dict(state, strict=True)
    except RuntimeError as error:
        told = " ".join(str(error).split())
        raise InputError(f"{path}: does not fit {name}: {told}") from error


def check_savable(network: nn.Module, name: str) -> None:
    """Refuse a module whose weights have no sizes yet, or that keeps what no tensor holds.

    Raises:
        InputError: naming the weight or the state.
    """
    lazy = [key for key, value in network.state_dict(keep_vars=True).items() if is_lazy(value)]
    if lazy:
        raise InputError(
            f"{name}: the size of {listed(lazy)} is not known before a first pass: give "
            "the sizes (nn.Linear, not nn.LazyLinear), or let the constructor hear a dummy input"
        )
    for key, value in network.state_dict().items():
        if not isinstance(value, Tensor):
            raise InputError(
                f"{name}: '{key}' is a {type(value).__name__}, and weights are stored as tensors: "
                "let get_extra_state return a tensor, or keep it in a buffer"
            )


def unwrapped(content: dict, path: str | Path) -> dict:
    """Return the state dict that a checkpoint holds, itself or below one of the usual keys.

    Raises:
        InputError: it holds none, or several.
    """
    while not _is_state(content):
        found = [key for key in WRAPPERS if _holds_state(content.get(key))]
        if len(found) != 1:
            other = [str(key) for key, value in content.items() if _holds_state(value)]
            told = f"several ({', '.join(found)})" if found else "none where one is looked for"
            raise InputError(
                f"{path}: expected one state dict, found {told}; its keys are "
                f"{listed(list(map(str, content)))}"
                + (f"; weights are below {listed(other)}" if other else "")
                + f": {SAFE}"
            )
        (key,) = found
        rest = [str(k) for k in content if k != key]
        beside = f"; beside it and not read: {listed(rest)}" if rest else ""
        print(f"note: {path}: weights are read below its key '{key}'{beside}")
        content = dict(content[key])
    return content


def _check_file(path: Path) -> None:
    if path.is_dir():
        inside = sorted(p.name for p in path.iterdir() if p.is_file())
        raise InputError(
            f"{path}: is a folder, expected a file of weights (it has: {listed(inside)})"
        )
    if not path.is_file():
        raise InputError(f"{path}: file not found; download the weights first")
    if not path.stat().st_size:
        raise InputError(f"{path}: is empty (0 bytes): download or save it again")
    with path.open("rb") as file:
        if file.read(40).startswith(b"version https://git-lfs"):
            raise InputError(
                f"{path}: is a pointer of git-lfs, not the weights: run 'git lfs pull'"
            )


def _refused(path: Path, error: Exception) -> InputError:
    """Return why a torch file is not opened, in words that advise nothing unsafe."""
    held = re.search(r"GLOBAL ([\w.]+)", str(error))
    if "TorchScript" in str(error):
        return _unreadable(path, "it is a TorchScript archive, which holds code", SAFE)
    if held:
        return _unreadable(
            path,
            f"it holds a pickled {held[1]}, and opening that may run whatever code is in it",
            f"open it where you trust it and {SAFE}",
        )
    with path.open("rb") as file:
        begins = file.read(2)
    if begins == b"PK" and not zipfile.is_zipfile(path):
        return _unreadable(path, "it is cut off: its end is missing")
    return _unreadable(path, "it is cut off, damaged, or more than tensors in plain containers")


def _unreadable(path: Path, reason: str, advice: str = "") -> InputError:
    advice = advice or "delete it and download it again, or give a safetensors file"
    return InputError(f"{path}: not readable as weights alone: {reason}; {advice}")


def _is_state(content: Mapping) -> bool:
    return bool(content) and all(
        isinstance(value, Tensor) or str(name).endswith(EXTRA) for name, value in content.items()
    )


def _holds_state(value: object) -> bool:
    if not isinstance(value, Mapping) or not value:
        return False
    return _is_state(value) or any(_holds_state(value.get(key)) for key in WRAPPERS)
