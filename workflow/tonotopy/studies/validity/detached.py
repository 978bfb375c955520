"""LRP-0 of transformers as a gradient: attention weights and layer norms' scales are constants.

Ali and others (2022), XAI for Transformers: better explanations through conservative propagation
(section 4): with the softmax and the norm's deviation held fixed a block is linear in its tokens
along attention and norm, and gradient x input is LRP with their rules. Networks of convolutions,
dense layers and ReLUs have neither, so that gradient x input is their LRP-0 as it is.
"""

import torch
from torch import Tensor
from torch.nn import functional
from torch.overrides import TorchFunctionMode


class Detached(TorchFunctionMode):
    """Inside the block softmax, attention weights and deviations of layer norms have no gradient.

    Values are those outside of it, up to rounding. Dropout of attention is left out, as in
    evaluation.
    """

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        replacement = _REPLACED.get(function)
        if replacement is not None:
            with torch._C.DisableTorchFunctionSubclass():
                return replacement(*args, **kwargs)
        return function(*args, **kwargs)


def _layer_norm(input: Tensor, normalized_shape, weight=None, bias=None, eps: float = 1e-5):
    axes = tuple(range(-len(normalized_shape), 0))
    centred = input - input.mean(dim=axes, keepdim=True)
    scale = (centred.detach().square().mean(dim=axes, keepdim=True) + eps).rsqrt()
    result = centred * scale
    if weight is not None:
        result = result * weight
    return result if bias is None else result + bias


def _attention(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attn_mask: Tensor | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    **others,
) -> Tensor:
    scale = query.shape[-1] ** -0.5 if scale is None else scale
    scores = query.detach() @ key.detach().mT * scale
    if is_causal:
        attn_mask = torch.ones(scores.shape[-2:], dtype=torch.bool, device=scores.device).tril()
    if attn_mask is not None:
        boolean = attn_mask.dtype == torch.bool
        scores = scores.masked_fill(~attn_mask, -torch.inf) if boolean else scores + attn_mask
    return torch.softmax(scores, dim=-1) @ value


def _constant(function):
    return lambda *args, **kwargs: function(*args, **kwargs).detach()


_REPLACED = {
    functional.layer_norm: _layer_norm,
    functional.scaled_dot_product_attention: _attention,
    functional.softmax: _constant(functional.softmax),
    torch.softmax: _constant(torch.softmax),
    Tensor.softmax: _constant(Tensor.softmax),
}


def heatmaps(network: torch.nn.Module, inputs: Tensor, columns: list[int]) -> Tensor:
    """Return the relevance of a network's inputs for some of its logits.

    Args:
        network: in evaluation mode; returns logits (clips, outputs).
        inputs: shape (clips, ...).
        columns: of the logits that are explained.

    Returns:
        Shape (clips, columns, ...): gradient times input.
    """
    leaf = inputs.detach().clone().requires_grad_()
    with torch.enable_grad(), Detached():
        answers = network(leaf)
    parts = [
        torch.autograd.grad(answers[:, column].sum(), leaf, retain_graph=True)[0]
        for column in columns
    ]
    return (torch.stack(parts, dim=1) * leaf[:, None]).detach()
