"""How fast logits rise with lambda at lambda 0, layer by layer: the limit of steering."""

import numpy as np
import torch
from torch import Tensor

from tonotopy.networks.containers import logits
from tonotopy.networks.layers import Change, Layer
from tonotopy.networks.tracing import writing
from tonotopy.studies.validity.bench import Bench, Directions

BATCH = 40  # clips


def derivatives(bench: Bench, directions: Directions, indices: np.ndarray) -> np.ndarray:
    """Return directional derivatives of the classes' logits.

    The derivative of logit g with respect to lambda where one layer is steered (equation 3.2 at
    lambda = 0): grad(logit g) . v / |v| * |h|, summed over the layer's positions.

    Args:
        bench: the network.
        directions: layer -> (directions, width).
        indices: positions of clips of the class corpus.

    Returns:
        Shape (layers, clips, directions, classes).
    """
    along = {
        bench.layers[name]: torch.from_numpy(np.ascontiguousarray(v, dtype=np.float32)).to(
            bench.bundle.device
        )
        for name, v in directions.items()
    }
    inputs = bench.inputs(indices)
    parts = [_of_batch(bench, along, part) for part in inputs.split(BATCH)]
    return torch.cat(parts, dim=1).double().cpu().numpy()


def _of_batch(bench: Bench, along: dict[Layer, Tensor], inputs: Tensor) -> Tensor:
    """Return the derivatives for some clips, shape (layers, clips, directions, classes)."""
    lambdas = {
        layer: torch.zeros(len(inputs), len(v), device=v.device, requires_grad=True)
        for layer, v in along.items()
    }
    changes = {layer: _moved(v, lambdas[layer]) for layer, v in along.items()}
    with torch.enable_grad(), writing(bench.bundle.network, changes):
        answers = logits(bench.bundle.network(inputs)).float()
        found = [
            torch.stack(
                torch.autograd.grad(
                    answers[:, column].sum(), list(lambdas.values()), retain_graph=True
                )
            )
            for column in bench.columns
        ]
    return torch.stack(found, dim=-1).detach()


def _moved(directions: Tensor, lambdas: Tensor) -> Change:
    """Return the change of vectors (clips, positions, width) along all directions at once."""
    unit = directions / directions.norm(dim=-1, keepdim=True).clamp_min(1e-12)
    steps = lambdas @ unit
    return lambda vectors: vectors + steps[:, None] * vectors.norm(dim=-1, keepdim=True)
