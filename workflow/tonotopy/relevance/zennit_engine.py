"""LRP of any network through zennit's hooks: the same interface as `lrp`, but a pass per map.

Activation functions pass relevance on, averages share it by their inputs, everything else keeps its
plain gradient: where branches are added, each gets all of the relevance, unless one of zennit's
canonizers says otherwise.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from zennit import rules
from zennit.core import Composite as Hooks
from zennit.core import Hook
from zennit.types import Activation, AvgPool, Convolution

from tonotopy.errors import InputError, nearest
from tonotopy.networks.layers import Layer, module_at
from tonotopy.relevance.chain import numbered
from tonotopy.relevance.composites import TINY, Composite, Rule
from tonotopy.relevance.lrp import Contexts, evidence, ratio


class Zennit:
    """Explains any module whose output is logits.

    Args:
        network: maps inputs to logits, shape (clips, classes); in evaluation mode.
        composite: rules of all convolutions and dense layers. They are called conv1, ... and
            dense1, ... in the order of ``named_modules``, or by the path of their module.
        layers: what can be read, by name: the path of a module whose output is a tensor
            (clips, width, ...), or a `Layer` with that path.
        canonizers: zennit's, for batch normalisation and the like.

    Attributes:
        layers: names of layers whose relevance can be read.

    Raises:
        InputError: a path or a layer does not exist, or a layer has no rule.
    """

    def __init__(
        self,
        network: nn.Module,
        composite: Composite,
        layers: Mapping[str, str | Layer],
        canonizers: Iterable = (),
    ):
        self._network = network
        self._hooks = Hooks(_hook_map(network, composite), list(canonizers))
        paths = {
            name: layer if isinstance(layer, str) else layer.path for name, layer in layers.items()
        }
        self._modules = {name: module_at(network, path) for name, path in paths.items()}
        self.layers = tuple(paths)

    def explain(self, inputs: Tensor) -> "ZennitPass":
        """Return what explains a batch of clips.

        Args:
            inputs: as the network takes them, shape (clips, ...).
        """
        return ZennitPass(self, inputs.detach())

    def module(self, layer: str) -> nn.Module:
        """Return a layer's module.

        Raises:
            InputError: there is no such layer.
        """
        if layer not in self._modules:
            raise InputError(f"the network has no layer '{layer}'{nearest(layer, self.layers)}")
        return self._modules[layer]

    @contextmanager
    def hooked(self, inputs: Tensor, layers: Iterable[str]) -> Iterator[tuple]:
        """Run the network with zennit's hooks, which act until the context ends.

        Args:
            inputs: shape (clips, ...).
            layers: names.

        Yields:
            the inputs and the logits, on one graph, and the layers' outputs by name.
        """
        outputs: dict[str, Tensor] = {}
        modules = {layer: self.module(layer) for layer in layers}
        handles = []
        try:
            with self._hooks.context(self._network) as network, torch.enable_grad():
                for name, module in modules.items():
                    handles.append(module.register_forward_hook(_keep(outputs, name)))
                leaf = inputs.clone().requires_grad_()
                yield leaf, network(leaf), outputs
        finally:
            for handle in handles:
                handle.remove()


class ZennitPass:
    """A batch of clips, see `Zennit.explain`: every method runs the network anew."""

    def __init__(self, engine: Zennit, inputs: Tensor):
        self._engine, self._inputs = engine, inputs

    @property
    def logits(self) -> Tensor:
        """Shape (clips, classes)."""
        with self._engine.hooked(self._inputs, []) as (_, logits, _):
            return logits.detach()

    def activation(self, layer: str) -> Tensor:
        """Return a layer's output, shape (clips, width, ...).

        Raises:
            InputError: there is no such layer.
        """
        with self._engine.hooked(self._inputs, [layer]) as (_, _, outputs):
            return outputs[layer].detach()

    def contexts(
        self, target: int | Tensor, layers: Iterable[str] | None = None, convention: str = "ratio"
    ) -> Contexts:
        """Return relevance and context of layers, by one way back, see `lrp.Pass.contexts`.

        Raises:
            InputError: no such target or layer, or another convention than ``ratio``.
        """
        if convention != "ratio":
            raise InputError(
                f"convention '{convention}' needs a chain of layers: the engine 'zennit' has "
                "relevance alone and knows 'ratio'"
            )
        names = list(self._engine.layers if layers is None else layers)
        with self._engine.hooked(self._inputs, names) as (_, logits, outputs):
            start = evidence(logits.detach(), target)
            found = torch.autograd.grad(logits, [outputs[name] for name in names], start)
        relevance = {name: r.detach() for name, r in zip(names, found, strict=True)}
        activation = {name: outputs[name].detach() for name in names}
        context = {name: ratio(relevance[name], activation[name]) for name in names}
        return Contexts(start.sum(dim=1), activation, relevance, context)

    def descend(self, layer: str, relevance: Tensor) -> Tensor:
        """Return the inputs' relevance (clips, maps, ...), by one way back per map.

        Args:
            layer: where the maps belong.
            relevance: shape (clips, maps, width, ...).

        Raises:
            InputError: there is no such layer, or maps of another shape.
        """
        with self._engine.hooked(self._inputs, [layer]) as (leaf, _, outputs):
            output = outputs[layer]
            if relevance.ndim < 2 or relevance[:, 0].shape != output.shape:
                raise InputError(
                    f"relevance of layer '{layer}' must have shape (clips, maps, width, ...) with "
                    f"activations of shape {tuple(output.shape)}, not {tuple(relevance.shape)}"
                )
            maps = [
                torch.autograd.grad(output, leaf, part.contiguous(), retain_graph=True)[0]
                for part in relevance.detach().unbind(dim=1)
            ]
        return torch.stack(maps, dim=1).detach()

    def heatmap(self, target: int | Tensor) -> Tensor:
        """Return the standard heatmap, in the shape of the inputs.

        Raises:
            InputError: no such target.
        """
        with self._engine.hooked(self._inputs, []) as (leaf, logits, _):
            start = evidence(logits.detach(), target)
            return torch.autograd.grad(logits, leaf, start)[0].detach()


def hook(rule: Rule) -> Hook:
    """Return zennit's hook for a rule, with the same stabilisers as `redistribution`.

    zennit counts squared biases among the shares of w2 unless it is told to leave them out.
    """
    if rule.name == "gamma":
        return rules.Gamma(rule.value, stabilizer=TINY)
    if rule.name == "w2":
        return rules.WSquare(stabilizer=TINY, zero_params="bias")
    if rule.name == "flat":
        return rules.Flat(stabilizer=TINY)
    return rules.Epsilon(TINY if rule.value is None else rule.value)


def _hook_map(network: nn.Module, composite: Composite):
    """Return what zennit asks for the hook of each module."""
    linears = {
        path: "dense" if isinstance(module, nn.Linear) else "conv"
        for path, module in network.named_modules()
        if isinstance(module, nn.Linear | Convolution)
    }
    names = dict(zip(linears, numbered(list(linears.values())), strict=True))
    composite.check([*names.values(), *linears])
    hooks = {p: hook(composite.rule([p, names[p]], kind)) for p, kind in linears.items()}

    def chosen(_context: dict, path: str, module: nn.Module) -> Hook | None:
        if path in hooks:
            return hooks[path]
        if isinstance(module, Activation):
            return rules.Pass()
        return rules.Norm(stabilizer=TINY) if isinstance(module, AvgPool) else None

    return chosen


def _keep(outputs: dict[str, Tensor], name: str):
    def kept(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
        outputs[name] = output

    return kept
