"""LRP as its equations stand, clip by clip and neuron by neuron; small networks to try it on.

Each convolution is written out as a matrix of connections between all inputs and all outputs, so
that the equations of study 3 (2.10 to 2.12, B.1 and B.2) can be followed to the letter.
"""

import numpy as np
import torch
from torch import nn

SIZE = (16, 24)  # mels, frames
CLASSES = 5


def small_network(bias: bool = True, seed: int = 0, channels: int = 1) -> nn.Sequential:
    """Three blocks of 3, 4 and 6 filters and two dense layers, in float64."""
    torch.manual_seed(seed)
    modules, inputs = [], channels
    for filters in (3, 4, 6):
        modules += [nn.Conv2d(inputs, filters, 3, padding=1, bias=bias), nn.ReLU(), nn.MaxPool2d(2)]
        inputs = filters
    modules += [nn.Flatten(), nn.Linear(6 * 2 * 3, 7, bias=bias), nn.ReLU(), nn.Dropout(0.5)]
    network = nn.Sequential(*modules, nn.Linear(7, CLASSES, bias=bias)).double().eval()
    for module in network:
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if bias:
                nn.init.normal_(module.bias, std=0.2)
    return network


def small_clips(count: int = 3, seed: int = 0, channels: int | None = None) -> torch.Tensor:
    """Noise of both signs, (clips, mels, frames) in float64."""
    axes = (count, *SIZE) if channels is None else (count, channels, *SIZE)
    return torch.from_numpy(np.random.default_rng(seed).normal(size=axes))


def connections(module: nn.Module, shape: tuple) -> tuple[np.ndarray, np.ndarray, tuple]:
    """Weights (inputs, outputs), which of them there are, and the outputs' shape."""
    weight = module.weight.detach().numpy()
    if isinstance(module, nn.Linear):
        return weight.T, np.ones(weight.T.shape, dtype=bool), (len(weight),)
    _, height, width = shape
    filters, channels, kernel, _ = weight.shape
    matrix = np.zeros((*shape, filters, height, width))  # 3 x 3, padded by 1: sizes stay
    there = np.zeros(matrix.shape, dtype=bool)
    for y in range(height):
        for x in range(width):
            for v in range(kernel):
                for u in range(kernel):
                    row, column = y + v - 1, x + u - 1
                    if 0 <= row < height and 0 <= column < width:
                        for c in range(channels):
                            matrix[c, row, column, :, y, x] = weight[:, c, v, u]
                            there[c, row, column, :, y, x] = True
    flat = (channels * height * width, filters * height * width)
    return matrix.reshape(flat), there.reshape(flat), (filters, height, width)


def redistribute(rule, a, weights, there, bias, relevance):
    """Relevance of inputs from that of outputs, and the biases' share, output by output."""
    name, value = rule
    below, taken = np.zeros(len(a)), 0.0
    for k in np.flatnonzero(relevance):
        w, b = weights[:, k], bias[k]
        z = (a * w).sum() + b
        if name == "flat":
            parts, b = there[:, k].astype(float), 0.0
        elif name == "w2":
            parts, b = w**2, 0.0
        elif name == "gamma":
            along, against = (np.maximum, np.minimum) if z > 0 else (np.minimum, np.maximum)
            parts = np.where(a > 0, a * (w + value * along(w, 0)), a * (w + value * against(w, 0)))
            b = b + value * along(b, 0)
        else:
            parts = a * w
        total = parts.sum() + b
        if name == "epsilon":
            total += value if total >= 0 else -value
        below += parts / total * relevance[k]
        taken += b / total * relevance[k]
    return below, taken


def unpool(a, relevance):
    """All relevance of a 2 x 2 maximum goes to where it stands."""
    below = np.zeros(a.shape)
    channels, height, width = relevance.shape
    for c in range(channels):
        for y in range(height):
            for x in range(width):
                cell = a[c, 2 * y : 2 * y + 2, 2 * x : 2 * x + 2]
                v, u = divmod(int(cell.argmax()), 2)
                below[c, 2 * y + v, 2 * x + u] = relevance[c, y, x]
    return below


def literal_lrp(network, clip, start, rules, begin=None):
    """Relevance of every convolution's ReLU and of the input, and biases' shares, of one clip.

    Begin with the logits' relevance, or with that of a layer's ReLU: its name, and start.
    """
    values = [clip[None]]
    for module in network:
        values.append(module(values[-1]))
    arrays = [value[0].detach().numpy() for value in values]
    linears = [n for n, m in enumerate(network) if isinstance(m, nn.Conv2d | nn.Linear)]
    names, relevance, shares = {}, {}, {}
    for n in linears:
        kind = "conv" if isinstance(network[n], nn.Conv2d) else "dense"
        names[n] = f"{kind}{1 + sum(v.startswith(kind) for v in names.values())}"
    top = len(network) - 1 if begin is None else next(n for n in names if names[n] == begin)
    current = start
    for n in range(top, -1, -1):
        module = network[n]
        if n in names:
            relevance[names[n]] = current
            weights, there, _ = connections(module, arrays[n].shape)
            bias = np.zeros(arrays[n + 1].shape)
            if module.bias is not None:
                spread = module.bias.detach().numpy().reshape(-1, *[1] * (bias.ndim - 1))
                bias = bias + spread
            parts = (arrays[n].ravel(), weights, there, bias.ravel(), current.ravel())
            current, shares[names[n]] = redistribute(rules[names[n]], *parts)
            current = current.reshape(arrays[n].shape)
        elif isinstance(module, nn.MaxPool2d):
            current = unpool(arrays[n], current)
        else:
            current = current.reshape(arrays[n].shape)
    return {**relevance, "input": current}, shares


def literal_rules(declared: dict) -> dict:
    """(name, value) of each layer of the small network, from a composite's declaration."""
    rules = {}
    for name in ("conv1", "conv2", "conv3", "dense1", "dense2"):
        rule = declared.get(name, declared.get(name[:-1]))
        rules[name] = (rule, None) if isinstance(rule, str) else next(iter(rule.items()))
    return rules
