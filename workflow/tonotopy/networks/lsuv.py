"""Layer-sequential unit-variance initialisation (Mishkin and Matas 2016)."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

TOLERANCE = 0.01  # of the variance, from 1
ROUNDS = 10


@torch.no_grad()
def initialise(network: nn.Module, layers: Iterable[nn.Module], inputs: Tensor) -> None:
    """Give layers orthonormal weights, then scale each so that its output has unit variance.

    Layers are taken one after the other: each is scaled by what those before it let through.
    Biases become 0. An output that does not vary leaves its layer orthonormal.

    Args:
        network: run on the inputs.
        layers: convolutions and dense layers of the network, in the order of their use.
        inputs: a batch, as the network takes it.
    """
    layers = list(layers)
    for layer in layers:
        nn.init.orthogonal_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    variances: dict[str, Tensor] = {}

    def keep(_module: nn.Module, _inputs: tuple, output: Tensor) -> None:
        variances["output"] = output.var()

    training = network.training
    network.eval()
    for layer in layers:
        handle = layer.register_forward_hook(keep)
        for _ in range(ROUNDS):
            network(inputs)
            variance = float(variances["output"])
            if not variance or abs(variance - 1) < TOLERANCE:
                break
            layer.weight /= variance**0.5
        handle.remove()
    network.train(training)


def pink_noise(clips: int, samples: int, level: float) -> Tensor:
    """Return noise whose power falls with frequency, as that of most sound does.

    Drawn from torch's generator.

    Args:
        clips: number of rows.
        samples: length of each.
        level: root mean square of each.

    Returns:
        float32, shape (clips, samples).
    """
    spectrum = torch.fft.rfft(torch.randn(clips, samples))
    frequencies = torch.arange(spectrum.shape[1]).clamp(min=1)
    noise = torch.fft.irfft(spectrum / frequencies.sqrt(), n=samples)
    noise -= noise.mean(dim=1, keepdim=True)
    return level * noise / noise.square().mean(dim=1, keepdim=True).sqrt()
