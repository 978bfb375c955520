"""Layers: what of a network is read and steered, in one vocabulary for all architectures.

Configurations are checked with this module, so that it imports torch nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tonotopy.errors import InputError, nearest
from tonotopy.networks.transformer_kinds import check_layers

if TYPE_CHECKING:
    from torch import Tensor, nn

Change = Callable[["Tensor"], "Tensor"]  # of vectors (clips, positions, width)
READS = ("all", "tokens", "channels")
DEFAULT_VIEW = "default"
VIEWS = (DEFAULT_VIEW, *READS)
CALLS = ("once", "concatenate", "first", "last")
KEYS = ("path", "read", "tokens", "part", "batch_axis", "calls")


@dataclass(frozen=True)
class Layer:
    """A module's output as vectors: one for each position of each clip.

    A network may fold the chunks of a clip into its batch, clip by clip (VGGish): positions, or the
    width of ``all``, include the chunks.

    Attributes:
        path: of the module inside the network.
        read: ``all``: the whole output is one vector. ``tokens``: the last axis is the width, all
            axes between it and the batch are positions. ``channels``: the axis after the batch is
            the width, all further axes are positions.
        tokens: which positions of ``tokens`` are meant, negative ones from the end; None for all.
        part: which tensor of an output that holds several, see `containers.locate`.
        batch_axis: axis of the tensor that clips are on; 1 for a recurrent module that is not
            ``batch_first``, and for its states.
        calls: how often a pass calls the module: ``once``; or more often, of which the positions of
            all calls (``concatenate``), those of the first or those of the last are meant.
    """

    path: str
    read: str = "all"
    tokens: tuple[int, ...] | None = None
    part: int | str | None = None
    batch_axis: int = 0
    calls: str = "once"

    def tensor(self, output: Any) -> Tensor:
        """Return the tensor that is meant of a module's output, as it is.

        Raises:
            InputError: there is no such part, or its values are complex.
        """
        from tonotopy.networks.containers import locate, pick  # as above

        tensor = pick(output, locate(output, self.part))
        if tensor.is_complex():
            raise InputError(
                f"layer '{self.path}': its values are complex, and no half of them may be dropped: "
                "let a module return their modulus (abs) or both parts (torch.view_as_real)"
            )
        return tensor

    def vectors(self, output: Any, clips: int) -> Tensor:
        """Return what is meant of a module's output, shape (clips, positions, width).

        Args:
            output: what the module returned: a tensor, or a container with one.
            clips: number of clips in the batch.

        Raises:
            InputError: the batch is no multiple of the clips, there is no such part or token, or
                the values are complex.
        """
        return self._selected(self._laid(self.tensor(output), clips)).flatten(1, 2)

    def vector(self, output: Any, clips: int) -> Tensor:
        """Return one vector per clip, the mean over positions, shape (clips, width).

        Raises:
            InputError: see `vectors`.
        """
        return self.mean(self.vectors(output, clips))

    @staticmethod
    def mean(vectors: Tensor) -> Tensor:
        """Return the mean over positions (clips, width) of vectors (clips, positions, width)."""
        if not vectors.is_floating_point():
            vectors = vectors.float()
        return vectors[:, 0] if vectors.shape[1] == 1 else vectors.mean(dim=1)

    def write(self, output: Any, clips: int, change: Change) -> Any:
        """Return the output, of the same type, with changed vectors; the original is untouched.

        Args:
            output: see `vectors`.
            clips: number of clips in the batch.
            change: maps vectors (clips, positions, width) to the same shape.

        Raises:
            InputError: see `vectors`.
            ValueError: the change returns another shape.
        """
        import torch  # here, because configurations are checked without it

        from tonotopy.networks.containers import exchange, locate

        tensor = self.tensor(output)
        laid = self._laid(tensor, clips).clone()
        selected = self._selected(laid)
        before = selected.flatten(1, 2)
        after = change(before)
        if after.shape != before.shape:
            raise ValueError(
                f"layer '{self.path}': the change makes {tuple(after.shape)} of vectors of shape "
                f"{tuple(before.shape)}"
            )
        after = after.reshape(selected.shape).to(tensor.dtype)
        if self.tokens is None:
            laid = after
        else:
            laid[:, :, list(self.tokens)] = after
        # in the memory order of the original, which later views may rely on
        whole = torch.empty_like(tensor).copy_(self._folded(laid, tensor))
        return exchange(output, locate(output, self.part), whole)

    def _laid(self, tensor: Tensor, clips: int) -> Tensor:
        """Return a tensor as (clips, chunks, positions, width)."""
        if tensor.ndim <= max(self.batch_axis, self.read != "all"):
            raise InputError(
                f"layer '{self.path}': '{self.read}' cannot be read from shape "
                f"{tuple(tensor.shape)}, it has too few axes"
            )
        rows = tensor.movedim(self.batch_axis, 0)
        if clips < 1 or len(rows) % clips:
            raise InputError(
                f"layer '{self.path}': a batch of {len(rows)} is no multiple of {clips} clips "
                f"(shape {tuple(tensor.shape)}, batch_axis {self.batch_axis}): "
                f"{_other_axes(tensor.shape, clips)}"
            )
        if self.read == "all":
            return rows.reshape(clips, 1, 1, -1)
        if rows.ndim == 2:
            rows = rows[:, None]
        elif self.read == "channels":
            rows = rows.flatten(2).transpose(1, 2)
        else:
            rows = rows.flatten(1, -2)
        return rows.reshape(clips, len(rows) // clips, *rows.shape[1:])

    def _folded(self, laid: Tensor, tensor: Tensor) -> Tensor:
        """Return (clips, chunks, positions, width) in the shape of the tensor it was laid from."""
        rows = tensor.movedim(self.batch_axis, 0)
        if self.read == "channels":
            laid = laid.transpose(2, 3)
        return laid.reshape(rows.shape).movedim(0, self.batch_axis)

    def _selected(self, laid: Tensor) -> Tensor:
        if self.tokens is None:
            return laid
        positions = laid.shape[2]
        for token in self.tokens:
            if not -positions <= token < positions:
                raise InputError(
                    f"layer '{self.path}': there is no token {token} among {positions} tokens"
                )
        return laid[:, :, list(self.tokens)]


def parse(declared: Any, key: str = "layers") -> dict[str, Layer]:
    """Return layers by name from their entry in config.yaml or network.json.

    Args:
        declared: name -> path of a module, or a mapping with ``path`` and any other of `Layer`'s
            attributes: ``{conv1: body.0, last: {path: body.4, read: channels}}``; or a list of such
            pairs, from input to output.
        key: what an error begins with.

    Raises:
        InputError: naming the key, what was expected and the nearest known word.
    """
    if isinstance(declared, list):
        declared = dict(declared)
    if not isinstance(declared, Mapping) or not declared:
        raise InputError(f"{key}: expected names of layers with the paths of their modules")
    return {name: _layer(entry, f"{key}.{name}", name) for name, entry in declared.items()}


def parse_entry(entry: Mapping, key: str) -> dict[str, Layer] | None:
    """Return the layers of a network's entry in config.yaml, None where it leaves them open.

    Args:
        entry: below ``networks``.
        key: its key, such as ``networks.mine``.

    Raises:
        InputError: see `parse`; or the layers are called stages, as they once were.
    """
    if "stages" in entry:
        raise InputError(f"{key}.stages: the key is called 'layers' now, rename it")
    if "transformers" in entry and check_layers(entry, key):
        return None
    return parse(entry["layers"], f"{key}.layers") if "layers" in entry else None


def describe(layers: dict[str, Layer]) -> dict[str, dict]:
    """Return layers as plain words, for network.json; `parse` reads them."""
    described = {}
    for name, layer in layers.items():
        described[name] = {"path": layer.path, "read": layer.read}
        if layer.tokens is not None:
            described[name]["tokens"] = list(layer.tokens)
        if layer.part is not None:
            described[name]["part"] = layer.part
        if layer.batch_axis:
            described[name]["batch_axis"] = layer.batch_axis
        if layer.calls != "once":
            described[name]["calls"] = layer.calls
    return described


def with_view(layers: dict[str, Layer], view: str | None) -> dict[str, Layer]:
    """Return layers that are all read in one way.

    Args:
        layers: by name.
        view: ``all``, ``tokens`` (all of them) or ``channels``; ``default`` or None leaves every
            layer as it is.

    Raises:
        InputError: there is no such view.
    """
    if view in (None, DEFAULT_VIEW):
        return layers
    if view not in READS:
        raise InputError(f"no view '{view}' of layers{nearest(view, VIEWS)}")
    return {name: replace(layer, read=view, tokens=None) for name, layer in layers.items()}


def module_at(network: nn.Module, path: str) -> nn.Module:
    """Return the module at a path inside a network.

    Raises:
        InputError: there is none; the message lists the nearest paths.
    """
    modules = dict(network.named_modules())
    if path not in modules or not path:
        kind = type(network).__name__
        raise InputError(f"{kind} has no layer '{path}'{nearest(path, [m for m in modules if m])}")
    return modules[path]


def _layer(entry: Any, key: str, name: str) -> Layer:
    if not re.fullmatch(r"\w[\w.-]*", str(name)):
        raise InputError(f"{key}: a layer's name has letters, digits, '_', '-' and '.' alone")
    entry = {"path": entry} if isinstance(entry, str) else entry
    if not isinstance(entry, Mapping) or "path" not in entry:
        raise InputError(f"{key}: expected the path of a module, or a mapping with 'path'")
    for word in entry:
        if word not in KEYS:
            raise InputError(f"{key}: unknown key '{word}'{nearest(word, KEYS)}")
    path, read = entry["path"], entry.get("read", "all")
    if not isinstance(path, str) or not path:
        raise InputError(f"{key}.path: expected the path of a module, not {path!r}")
    if read not in READS:
        raise InputError(f"{key}.read: '{read}' is not possible{nearest(read, READS)}")
    axis = entry.get("batch_axis", 0)
    if not _is_index(axis) or axis < 0:
        raise InputError(
            f"{key}.batch_axis: expected 0 or the number of another axis, not {axis!r}"
        )
    part = entry.get("part")
    if not (part is None or _is_index(part) or (isinstance(part, str) and part)):
        raise InputError(f"{key}.part: expected an index or a key, not {part!r}")
    calls = entry.get("calls", "once")
    if calls not in CALLS:
        raise InputError(f"{key}.calls: '{calls}' is not possible{nearest(calls, CALLS)}")
    return Layer(path, read, _tokens(entry.get("tokens"), read, key), part, axis, calls)


def _other_axes(shape: tuple[int, ...], clips: int) -> str:
    """Return what to do about an axis that has no row for each clip."""
    axes = [str(axis) for axis, size in enumerate(shape) if size == clips]
    if axes:
        return f"axis {' or '.join(axes)} has one entry for each clip: set batch_axis to it"
    return "choose a module that is given all clips of a batch at once"


def _tokens(tokens: Any, read: str, key: str) -> tuple[int, ...] | None:
    if tokens is None:
        return None
    if read != "tokens":
        raise InputError(f"{key}.tokens: tokens can be chosen where 'read' is 'tokens' alone")
    whole = isinstance(tokens, list | tuple) and all(map(_is_index, tokens))
    if not whole or not tokens or len(set(tokens)) < len(tokens):
        raise InputError(f"{key}.tokens: expected different positions such as [0, 1], not {tokens}")
    return tuple(tokens)


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
