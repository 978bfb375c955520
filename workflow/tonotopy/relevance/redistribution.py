"""One convolution or dense layer: its outputs' relevance is redistributed to its inputs.

Every rule has the same form, R_j = sum over k of x_j v_jk R_k / d_k: the weights v and the inputs x
(or ones) are the rule's, and the denominators d are kept for all relevance that comes this way.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tonotopy.relevance.composites import TINY, Rule


@dataclass(frozen=True)
class Affine:
    """A convolution or a dense layer as a function of other weights than its own.

    Attributes:
        module: nn.Conv2d, padded with zeros by numbers, or nn.Linear.
    """

    module: nn.Conv2d | nn.Linear

    def apply(self, inputs: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
        """Return the layer's outputs for other weights, shapes as the module's."""
        if isinstance(self.module, nn.Linear):
            return F.linear(inputs, weight, bias)
        m = self.module
        return F.conv2d(inputs, weight, bias, m.stride, m.padding, m.dilation, m.groups)

    def transpose(self, outputs: Tensor, weight: Tensor, shape: torch.Size) -> Tensor:
        """Return the transposed map of something in the shape of outputs.

        Args:
            outputs: shape (rows, ...), as the module's outputs.
            weight: as the module's.
            shape: of one clip's inputs.
        """
        if isinstance(self.module, nn.Linear):
            return outputs @ weight
        m = self.module
        if m.in_channels == 1:  # products and shifts are several times as fast
            columns = weight.flatten(1).t() @ outputs.flatten(2)
            return F.fold(columns, shape[1:], m.kernel_size, m.dilation, m.padding, m.stride)
        reached = [
            (count - 1) * m.stride[n]
            - 2 * m.padding[n]
            + m.dilation[n] * (m.kernel_size[n] - 1)
            + 1
            for n, count in enumerate(outputs.shape[2:])
        ]
        beyond = [size - part for size, part in zip(shape[1:], reached, strict=True)]
        return F.conv_transpose2d(
            outputs, weight, None, m.stride, m.padding, beyond, m.groups, m.dilation
        )


@dataclass(frozen=True)
class Group:
    """Outputs that share a denominator's form.

    Attributes:
        parts: inputs x (None for ones) with their weights v.
        denominator: d_k before it is stabilised, with the bias's share, the outputs' shape.
        scale: 1 / d_k, stabilised; 0 for outputs of another group.
        bias: the bias's share of d_k, shape (width,), None without.
    """

    parts: tuple[tuple[Tensor | None, Tensor], ...]
    denominator: Tensor
    scale: Tensor
    bias: Tensor | None


class Redistribution:
    """A layer, its rule and what a batch of clips has put into it and got out.

    Args:
        module: nn.Conv2d or nn.Linear.
        rule: see `composites.Rule`.
        inputs: shape (clips, ...).
        outputs: shape (clips, ...), before any activation function.
    """

    def __init__(self, module: nn.Module, rule: Rule, inputs: Tensor, outputs: Tensor):
        self.affine, self.rule = Affine(module), rule
        self.inputs, self.outputs = inputs, outputs
        self.weight = module.weight.detach()
        self.bias = None if module.bias is None else module.bias.detach()

    def backward(self, relevance: Tensor, signed: bool) -> tuple[Tensor, Tensor | None]:
        """Return the inputs' relevance, and that divided by the inputs where the rule has it so.

        Args:
            relevance: of the outputs, shape (clips, maps, ...).
            signed: whether outputs that are not positive may have relevance.

        Returns:
            relevance (clips, maps, ...) in the shape of the inputs; the modified gradient, of the
            same shape, which times the inputs is the relevance, or None where a rule or negative
            inputs leave it undefined.
        """
        total, gradient = None, None
        for group in self.groups(signed):
            scaled = (relevance * group.scale[:, None]).flatten(0, 1)
            for inputs, weight in group.parts:
                back = self.affine.transpose(scaled, weight, self.inputs.shape[1:])
                back = back.unflatten(0, relevance.shape[:2])
                if inputs is not None:
                    if self.nonnegative:
                        gradient = back if gradient is None else gradient + back
                    back = back * inputs[:, None]
                total = back if total is None else total + back
        return total, gradient

    def absorbed(self, relevance: Tensor, signed: bool) -> tuple[Tensor, Tensor]:
        """Return what of the outputs' relevance goes to the biases, and to the stabilisers.

        Args:
            relevance: see `backward`.
            signed: see `backward`.

        Returns:
            two of shape (clips, maps). To the stabilisers goes all that is left where a denominator
            is 0, too.
        """
        spatial = (slice(None),) + (None,) * (self.outputs.ndim - 2)
        axes = tuple(range(2, relevance.ndim))
        biases, left = torch.zeros_like(relevance), relevance
        for group in self.groups(signed):
            scaled = relevance * group.scale[:, None]
            left = left - scaled * group.denominator[:, None]
            if group.bias is not None:
                biases = biases + scaled * group.bias[spatial]
        return biases.sum(dim=axes), left.sum(dim=axes)

    @cached_property
    def nonnegative(self) -> bool:
        """Whether no input is negative, as after a ReLU."""
        return bool((self.inputs >= 0).all())

    @property
    def signed_below(self) -> bool:
        """Return whether inputs that are not positive may have relevance."""
        return not (self.rule.sees_inputs and self.nonnegative)

    def groups(self, signed: bool) -> tuple[Group, ...]:
        """Return the groups of outputs that are needed; they are kept."""
        if self.rule.name != "gamma":
            return (self._only,)
        return (self._positive, self._negative) if signed else (self._positive,)

    @cached_property
    def _only(self) -> Group:
        name = self.rule.name
        if name in ("epsilon", "zero"):
            z = self.outputs
            stabiliser = self.rule.value if name == "epsilon" else TINY
            scale = torch.where(z < 0, z - stabiliser, z + stabiliser).reciprocal()
            scale = scale if name == "epsilon" else scale.masked_fill(z == 0, 0)
            return Group(((self.inputs, self.weight),), z, scale, self.bias)
        weight = self.weight**2 if name == "w2" else torch.ones_like(self.weight)
        z = self.affine.apply(torch.ones_like(self.inputs[:1]), weight)
        return Group(((None, weight),), z, (z + TINY).reciprocal(), None)

    @cached_property
    def _positive(self) -> Group:
        return self._signed_group(self.weight.clamp(min=0), self.weight.clamp(max=0), 1)

    @cached_property
    def _negative(self) -> Group:
        return self._signed_group(self.weight.clamp(max=0), self.weight.clamp(min=0), -1)

    def _signed_group(self, along: Tensor, against: Tensor, sign: int) -> Group:
        """Return gamma's group of outputs of one sign.

        Args:
            along: weights with which positive inputs push the output that way, else 0.
            against: weights with which negative inputs do.
            sign: of the outputs, 1 or -1.
        """
        gamma, z, bias = self.rule.value, self.outputs, self.bias
        if bias is not None:
            bias = bias + gamma * (sign * bias).clamp(min=0) * sign
        weights = [self.weight + gamma * along]
        inputs = [self.inputs]
        if not self.nonnegative:
            inputs = [self.inputs.clamp(min=0), self.inputs.clamp(max=0)]
            weights.append(self.weight + gamma * against)
        parts = tuple(zip(inputs, weights, strict=True))
        denominator = self.affine.apply(inputs[0], weights[0], bias)
        for x, weight in parts[1:]:
            denominator = denominator + self.affine.apply(x, weight)
        # |denominator| >= |z| > 0 where the output has this sign
        scale = (denominator + sign * TINY).reciprocal().masked_fill(sign * z <= 0, 0)
        return Group(parts, denominator, scale, bias)
