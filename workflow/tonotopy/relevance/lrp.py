"""Layer-wise relevance propagation through chains: one forward pass serves everything.

The forward pass keeps activations, places of maxima and, once they are needed, denominators.
`Pass.contexts` goes back once and reads relevance at every layer on its way; `Pass.descend` takes
several relevance maps of a layer to the input at once (study 3, section 3.2).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from tonotopy.errors import InputError, nearest
from tonotopy.relevance.chain import Chain, Kept, Redistributed
from tonotopy.relevance.composites import Composite

CONVENTIONS = ("ratio", "reference")


@dataclass(frozen=True)
class Contexts:
    """What one way back from the logits tells of layers.

    Attributes:
        evidence: logit of each clip's target, shape (clips,): the relevance that is redistributed.
        activation: a_j by layer, after its ReLU, shape (clips, width, ...).
        relevance: R_j by layer, of the same shape.
        context: c_j by layer, of the same shape.
    """

    evidence: Tensor
    activation: dict[str, Tensor]
    relevance: dict[str, Tensor]
    context: dict[str, Tensor]


@dataclass
class Ledger:
    """Relevance that does not reach the inputs, by layer: with it, nothing is lost.

    The sum of the inputs' relevance and `total` is the relevance one began with.

    Attributes:
        biases: taken by biases, shape (clips, maps).
        stabilisers: taken by what is added to denominators, shape (clips, maps).
    """

    biases: dict[str, Tensor] = field(default_factory=dict)
    stabilisers: dict[str, Tensor] = field(default_factory=dict)

    def total(self) -> Tensor:
        """Return what all biases and stabilisers took, shape (clips, maps)."""
        return sum([*self.biases.values(), *self.stabilisers.values()])


class LRP:
    """Explains a chain of layers.

    Args:
        network: see `chain.Chain`; it is read as in evaluation, without dropout.
        composite: rules by layer.

    Attributes:
        layers: names of layers whose relevance can be read: conv1, ..., dense1, ...

    Raises:
        InputError: see `chain.Chain`.
    """

    def __init__(self, network: nn.Module, composite: Composite):
        self._chain = Chain(network, composite)
        self.layers = tuple(self._chain.layers)

    def module(self, layer: str) -> nn.Module:
        """Return the module whose output is read as a layer.

        Raises:
            InputError: there is no such layer.
        """
        return self._chain.steps[self._chain.place(layer)].module

    def explain(self, inputs: Tensor) -> "Pass":
        """Return one forward pass of a batch of clips.

        Args:
            inputs: shape (clips, mels, frames), or (clips, channels, mels, frames).

        Raises:
            InputError: the inputs have another number of axes.
        """
        if inputs.ndim not in (3, 4):
            raise InputError(
                "inputs of a chain have shape (clips, mels, frames) or (clips, channels, mels, "
                f"frames), not {tuple(inputs.shape)}"
            )
        return Pass(self._chain, inputs.detach())


class Pass:
    """One forward pass of a batch of clips, see `LRP.explain`.

    Attributes:
        logits: shape (clips, classes).
    """

    def __init__(self, chain: Chain, inputs: Tensor):
        self._chain, self._shape = chain, inputs.shape[1:]
        self._kept: list[Kept] = chain.forward(inputs[:, None] if inputs.ndim == 3 else inputs)
        self.logits = self._kept[-1].outputs

    def activation(self, layer: str) -> Tensor:
        """Return a layer's output, after its ReLU, shape (clips, width, ...).

        Raises:
            InputError: there is no such layer.
        """
        return self._kept[self._place(layer)].outputs

    @torch.no_grad()
    def contexts(
        self,
        target: int | Tensor,
        layers: Iterable[str] | None = None,
        convention: str = "ratio",
        ledger: Ledger | None = None,
    ) -> Contexts:
        """Return relevance and context of layers, in one way back as far as the lowest of them.

        Args:
            target: class that is explained, one for all or one per clip, shape (clips,).
            layers: names; None for all convolutions.
            convention: ``ratio``: c_j = R_j / a_j, 0 where a_j = 0 (section 3.2.2.1).
                ``reference``: the modified gradient, which is the same where a_j > 0 and need not
                be 0 elsewhere.
            ledger: is told what biases and stabilisers take, if given.

        Raises:
            InputError: no such target, layer or convention; or a rule has no modified gradient.
        """
        wanted = self._wanted(layers)
        start = evidence(self.logits, target)
        if convention not in CONVENTIONS:
            raise InputError(f"no convention '{convention}'{nearest(convention, CONVENTIONS)}")
        activations, relevances, contexts = {}, {}, {}
        way = self._back(len(self._kept) - 1, min(wanted), start[:, None], True, ledger)
        for place, relevance, gradient in way:
            if place in wanted:
                name = wanted[place]
                activations[name] = self._kept[place].outputs
                relevances[name] = relevance[:, 0]
                if convention == "ratio":
                    contexts[name] = ratio(relevances[name], activations[name])
                elif gradient is None:
                    raise InputError(
                        f"layer '{name}': the layer above has no modified gradient, as its rule "
                        "disregards its inputs or they are negative: take the convention 'ratio'"
                    )
                else:
                    contexts[name] = gradient[:, 0]
        return Contexts(start.sum(dim=1), activations, relevances, contexts)

    @torch.no_grad()
    def descend(self, layer: str, relevance: Tensor, ledger: Ledger | None = None) -> Tensor:
        """Return the inputs' relevance for several relevance maps of a layer, all at once.

        Memory holds three times the first layer's output for every clip and map: 6 MB each for 32
        filters of 128 x 128 in float32.

        Args:
            layer: where they belong, see `activation`.
            relevance: shape (clips, maps, width, ...).
            ledger: is told what biases and stabilisers take, if given.

        Returns:
            shape (clips, maps, mels, frames), with channels where the inputs have them.

        Raises:
            InputError: no such layer, or maps of another shape.
        """
        place = self._place(layer)
        outputs = self._kept[place].outputs
        if relevance.ndim < 2 or relevance[:, 0].shape != outputs.shape:
            raise InputError(
                f"relevance of layer '{layer}' must have shape (clips, maps, width, ...) with "
                f"activations of shape {tuple(outputs.shape)}, not {tuple(relevance.shape)}"
            )
        signed = bool((relevance.detach() * (outputs <= 0)[:, None]).any())
        *_, (_, reached, _) = self._back(place, -1, relevance.detach(), signed, ledger)
        return reached.reshape(*reached.shape[:2], *self._shape)

    @torch.no_grad()
    def heatmap(self, target: int | Tensor, ledger: Ledger | None = None) -> Tensor:
        """Return the standard heatmap, in the shape of the inputs.

        Args:
            target: see `contexts`.
            ledger: see `contexts`.

        Raises:
            InputError: no such target.
        """
        start = evidence(self.logits, target)[:, None]
        *_, (_, reached, _) = self._back(len(self._kept) - 1, -1, start, True, ledger)
        return reached[:, 0].reshape(len(reached), *self._shape)

    def _back(self, start: int, stop: int, relevance: Tensor, signed: bool, ledger: Ledger | None):
        """Yield (place, relevance, modified gradient) of each step's output from start to stop.

        Relevance has shape (clips, maps, ...); place -1 is the input. Signed: whether outputs that
        are not positive may have relevance.
        """
        gradient = None
        yield start, relevance, gradient
        for place in range(start, stop, -1):
            kept = self._kept[place]
            if isinstance(kept, Redistributed):
                redistribution = kept.redistribution
                if ledger is not None:
                    shares = redistribution.absorbed(relevance, signed)
                    ledger.biases[kept.step.name], ledger.stabilisers[kept.step.name] = shares
                relevance, gradient = redistribution.backward(relevance, signed)
                signed = redistribution.signed_below
            else:
                relevance = kept.rearrange(relevance)
                gradient = None if gradient is None else kept.rearrange(gradient)
            yield place - 1, relevance, gradient

    def _wanted(self, layers: Iterable[str] | None) -> dict[int, str]:
        if layers is None:
            layers = [name for name in self._chain.layers if name.startswith("conv")]
        wanted = {self._place(layer): layer for layer in layers}
        if not wanted:
            raise InputError("no layers are asked for: name one at least, such as conv1")
        return wanted

    def _place(self, layer: str) -> int:
        return self._chain.place(layer)


def ratio(relevance: Tensor, activation: Tensor) -> Tensor:
    """Return c = R / a, 0 where a = 0 (study 3, section 3.2.2.1), in their shape."""
    silent = activation == 0
    return (relevance / activation.masked_fill(silent, 1)).masked_fill(silent, 0)


def evidence(logits: Tensor, target: int | Tensor) -> Tensor:
    """Return the logits with all but each clip's target set to 0, shape (clips, classes).

    Args:
        logits: shape (clips, classes).
        target: class, one for all or one per clip, shape (clips,).

    Raises:
        InputError: there is no such class, or not one per clip.
    """
    clips, classes = logits.shape
    target = torch.as_tensor(target, device=logits.device)
    if target.shape not in ((), (clips,)) or target.is_floating_point():
        raise InputError(
            f"target must be one class or one per clip, {clips} whole numbers, not shape "
            f"{tuple(target.shape)} of {target.dtype}"
        )
    if not ((target >= 0) & (target < classes)).all():
        raise InputError(f"target {target.tolist()}: classes go from 0 to {classes - 1}")
    chosen = target.expand(clips)[:, None]
    return torch.zeros_like(logits).scatter(1, chosen, logits.gather(1, chosen))
