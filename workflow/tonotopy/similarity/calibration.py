"""Batch normalisation of networks that have not learned the sound that they hear."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


@torch.no_grad()
def calibrated(network: nn.Module, batches: Iterable[Tensor]) -> nn.Module:
    """Estimate the statistics of a network's batch norms anew; nothing else changes.

    They are averages over batches, every batch counting once (torch's cumulative average); deeper
    ones see what shallower ones give while these normalise by the batch, as in training.

    Args:
        network: is changed; without batch norm it is left as it is, and no batch is asked for.
        batches: what it is given, each (clips, ...).

    Returns:
        The network, in evaluation mode.
    """
    norms = [module for module in network.modules() if isinstance(module, _BatchNorm)]
    norms = [norm for norm in norms if norm.track_running_stats]
    network.eval()
    if not norms:
        return network
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    for batch in batches:
        network(batch)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
    return network.eval()
