"""A network that is one chain of convolutions, ReLUs, max-pools and dense layers, step by step.

Each step keeps of a batch of clips what every later redistribution of relevance needs of it.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tonotopy.errors import InputError, nearest
from tonotopy.relevance.composites import Composite, Rule
from tonotopy.relevance.redistribution import Redistribution

KNOWN = (nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.Flatten, nn.Linear, nn.Dropout, nn.Dropout2d)
SAME = (nn.Dropout, nn.Dropout2d, nn.Identity)


@dataclass(frozen=True)
class Step:
    """A module of the chain.

    Attributes:
        module: see `KNOWN`.
        name: conv1, conv2, ... or dense1, dense2, ...; None of other modules.
        rule: of convolutions and dense layers, else None.
    """

    module: nn.Module
    name: str | None = None
    rule: Rule | None = None

    def kept(self, inputs: Tensor) -> "Kept":
        """Return the step's outputs for a batch of clips and what redistribution needs."""
        if self.rule is not None:
            return Redistributed(self, inputs)
        if isinstance(self.module, nn.MaxPool2d):
            return Pooled(self, inputs)
        if isinstance(self.module, nn.ReLU):
            return Kept(self, inputs, F.relu(inputs))
        return Kept(self, inputs, inputs if isinstance(self.module, SAME) else self.module(inputs))


class Kept:
    """A step that passes relevance on as it is: a ReLU, a flatten, or a dropout, left out here."""

    def __init__(self, step: Step, inputs: Tensor, outputs: Tensor):
        self.step, self.inputs, self.outputs = step, inputs, outputs

    def rearrange(self, relevance: Tensor) -> Tensor:
        """Return the inputs' relevance (clips, maps, ...) from that of the outputs."""
        return relevance.reshape(*relevance.shape[:2], *self.inputs.shape[1:])


class Pooled(Kept):
    """A max-pool: relevance goes to the largest input alone."""

    def __init__(self, step: Step, inputs: Tensor):
        m = step.module
        outputs, self.indices = F.max_pool2d(
            inputs, m.kernel_size, m.stride, m.padding, m.dilation, m.ceil_mode, return_indices=True
        )
        super().__init__(step, inputs, outputs)

    def rearrange(self, relevance: Tensor) -> Tensor:
        """Return the inputs' relevance (clips, maps, ...) from that of the outputs."""
        places = self.indices.flatten(2)[:, None].expand(-1, relevance.shape[1], -1, -1)
        height, width = self.inputs.shape[2:]
        laid = relevance.new_zeros(*relevance.shape[:3], height * width)
        return laid.scatter_add_(3, places, relevance.flatten(3)).unflatten(3, (height, width))


class Redistributed(Kept):
    """A convolution or a dense layer with its rule."""

    def __init__(self, step: Step, inputs: Tensor):
        super().__init__(step, inputs, step.module(inputs))
        self.redistribution = Redistribution(step.module, step.rule, inputs, self.outputs)


class Chain:
    """The steps of a network, each convolution and dense layer with a name and a rule.

    Args:
        network: an nn.Sequential, or a module with one as ``chain``; inner ones are unrolled.
        composite: rules by layer.

    Attributes:
        steps: in the order of the forward pass.
        layers: number of the step whose output is read, by layer: the ReLU after it, where there
            is one, else the convolution or dense layer itself.

    Raises:
        InputError: there is no chain, a module of it is of another kind, or the composite does not
            fit.
    """

    def __init__(self, network: nn.Module, composite: Composite):
        modules = unrolled(network)
        names = _names(modules)
        composite.check(names.values())
        self.steps: list[Step] = []
        self.layers: dict[str, int] = {}
        for number, module in enumerate(modules):
            if number not in names:
                self.steps.append(Step(module))
                continue
            name = names[number]
            self.steps.append(Step(module, name, composite.rule([name], name.rstrip("0123456789"))))
            followed = number + 1 < len(modules) and isinstance(modules[number + 1], nn.ReLU)
            self.layers[name] = number + 1 if followed else number

    def place(self, layer: str) -> int:
        """Return the number of the step whose output is read as a layer.

        Raises:
            InputError: there is no such layer.
        """
        if layer not in self.layers:
            raise InputError(f"the chain has no layer '{layer}'{nearest(layer, self.layers)}")
        return self.layers[layer]

    @torch.no_grad()
    def forward(self, inputs: Tensor) -> list[Kept]:
        """Return what each step keeps of a batch of clips, in order."""
        kept: list[Kept] = []
        for step in self.steps:
            kept.append(step.kept(inputs))
            inputs = kept[-1].outputs
        return kept


def unrolled(network: nn.Module) -> list[nn.Module]:
    """Return the modules of a network's chain, in order.

    Raises:
        InputError: there is no chain, or it has a module of an unknown kind.
    """
    chain = getattr(network, "chain", network)
    if not isinstance(chain, nn.Sequential):
        raise InputError(
            f"{type(network).__name__} is no chain of layers (nn.Sequential, or one as its "
            "attribute 'chain'): explain it with the engine 'zennit'"
        )
    modules: list[nn.Module] = []
    for name, module in chain.named_children():
        if isinstance(module, nn.Sequential):
            modules += unrolled(module)
        elif isinstance(module, (*KNOWN, nn.Identity)) and not _is_padded_otherwise(module):
            modules.append(module)
        else:
            raise InputError(
                f"module '{name}' of {type(network).__name__} is {module}; a chain has "
                f"{', '.join(kind.__name__ for kind in KNOWN)} alone, padded with zeros by a "
                "number: explain it with the engine 'zennit'"
            )
    return modules


def numbered(kinds: list[str]) -> list[str]:
    """Return a name for each layer of given kinds: conv1, conv2, dense1 of conv, conv, dense."""
    return [f"{kind}{kinds[: number + 1].count(kind)}" for number, kind in enumerate(kinds)]


def _names(modules: list[nn.Module]) -> dict[int, str]:
    """Return the names of convolutions and dense layers by their place in the chain."""
    places = [n for n, m in enumerate(modules) if isinstance(m, nn.Conv2d | nn.Linear)]
    kinds = ["conv" if isinstance(modules[n], nn.Conv2d) else "dense" for n in places]
    return dict(zip(places, numbered(kinds), strict=True))


def _is_padded_otherwise(module: nn.Module) -> bool:
    if not isinstance(module, nn.Conv2d):
        return False
    return module.padding_mode != "zeros" or isinstance(module.padding, str)
