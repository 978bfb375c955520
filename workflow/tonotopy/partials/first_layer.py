"""The filters that a network hears the waveform through."""

import numpy as np
from torch import Tensor, nn
from torch.nn.utils.weight_norm import WeightNorm


def first_filters(network: nn.Module) -> np.ndarray | None:
    """Return the filters of a network's first convolution over one channel, as it computes them.

    Args:
        network: whose modules are gone through in their order; a two-dimensional convolution counts
            if its filters have a height of 1.

    Returns:
        Shape (filters, taps), float64; None where there is no such convolution.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv1d | nn.Conv2d) and module.in_channels == 1:
            weight = _weight(module)
            if weight.ndim == 3 or weight.shape[2] == 1:
                return weight.detach().double().cpu().numpy().reshape(len(weight), -1)
    return None


def _weight(module: nn.Module) -> Tensor:
    """Return the weight of a convolution, made of its length and direction where these are kept."""
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, WeightNorm):  # its result is brought up to date by a forward pass alone
            return hook.compute_weight(module)
    return module.weight
