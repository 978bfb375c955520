"""Feature maps as sound: the deconvnet rule for any network that hears waveforms.

Study 4 (thesis section 5.2.1 and algorithm 1). Unpooling by the switches and transposed
convolution are the derivatives of pooling and convolution: a sonification is a vector-Jacobian
product in which every activation function rectifies the backward signal in place of its own
derivative (Zeiler and Fergus 2014). zennit has that rule. The product needs no pooling: strided
and residual networks are sonified alike.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache

import torch
import zennit.rules
import zennit.types
from torch import Tensor, nn
from zennit.core import Composite

from tonotopy.networks.layers import Layer
from tonotopy.networks.tracing import trace

JOINT = (nn.MultiheadAttention, nn.Softmax, nn.LogSoftmax)  # no functions of one number


class Deconvnet:
    """The maps of a network's layers, on their way back to the waveform.

    Args:
        network: in evaluation mode, from waveforms (clips, samples) to anything.
        layers: whose maps are sonified, by name; a map is a component of the layer's vectors.

    Activation functions that are no modules (``torch.relu``) keep their own derivative; where a
    network has no others, the log says so.
    """

    def __init__(self, network: nn.Module, layers: Mapping[str, Layer]):
        self._network, self._layers = network, dict(layers)
        self._hooks = Composite(module_map=_rule)
        if not any(_is_activation(module) for module in network.modules()):
            _note_functional(type(network).__name__)

    @contextmanager
    def hear(self, waveforms: Tensor) -> Iterator["Heard"]:
        """Run the network; what is yielded is valid inside the block.

        Args:
            waveforms: shape (clips, samples).
        """
        with self._hooks.context(self._network) as network, torch.enable_grad():
            leaf = waveforms.detach().clone().requires_grad_()
            vectors, _ = trace(network, self._layers, leaf)
            yield Heard(leaf, vectors)


class Heard:
    """What the layers made of some clips.

    Args:
        waveforms: shape (clips, samples), a leaf of the graph.
        vectors: layer -> (clips, positions, maps), on the graph.
    """

    def __init__(self, waveforms: Tensor, vectors: dict[str, Tensor]):
        self._waveforms, self._vectors = waveforms, vectors

    def activations(self, layer: str) -> Tensor:
        """Return what a layer gives, shape (clips, positions, maps)."""
        return self._vectors[layer].detach()

    def sonify(self, layer: str, maps: Tensor) -> Tensor:
        """Return the sonifications of some maps, as large as they come.

        Args:
            layer: by name.
            maps: which, for each clip, integers of shape (clips, number).

        Returns:
            Shape (clips, number, samples).
        """
        vectors = self._vectors[layer]
        # a pass for each: a batch of them (vmap) takes longer, poolings fall back to a loop in it
        parts = [self._sonify(vectors, own) for own in maps.to(vectors.device).T]
        return torch.stack(parts, dim=1)

    def _sonify(self, vectors: Tensor, maps: Tensor) -> Tensor:
        """Return the sonification of one map of each clip, shape (clips, samples)."""
        signal = torch.zeros_like(vectors)
        rows = torch.arange(len(maps), device=maps.device)
        signal[rows, :, maps] = vectors.detach()[rows, :, maps]
        return torch.autograd.grad(vectors, self._waveforms, signal, retain_graph=True)[0]


def scaled(sonifications: Tensor, waveforms: Tensor) -> Tensor:
    """Return sonifications of unit peak, times the peak of their clips (algorithm 1, steps 17-18).

    Args:
        sonifications: shape (clips, ..., samples); one that is silent stays silent.
        waveforms: shape (clips, samples).
    """
    peaks = sonifications.abs().amax(dim=-1, keepdim=True)
    loudest = waveforms.abs().amax(dim=-1).view(-1, *[1] * (sonifications.ndim - 1))
    return sonifications / peaks.where(peaks > 0, torch.ones_like(peaks)) * loudest


def _rule(_context: dict, _name: str, module: nn.Module) -> zennit.rules.ReLUDeconvNet | None:
    """Return the rule of activation functions, None for all other modules."""
    return zennit.rules.ReLUDeconvNet() if _is_activation(module) else None


def _is_activation(module: nn.Module) -> bool:
    """Tell whether a module is a function of single numbers, of torch or transformers."""
    known = isinstance(module, zennit.types.Activation) and not isinstance(module, JOINT)
    return known or type(module).__module__ == "transformers.activations"


@cache
def _note_functional(kind: str) -> None:
    print(
        f"note: {kind} has no activation modules, so that maps go back by their plain gradient: "
        "use modules such as torch.nn.ReLU for sonifications by the deconvnet rule",
        flush=True,
    )
