"""Whether an untrained copy is a baseline: its weights must be other ones, and random."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from tonotopy.errors import InputError

LOADED = 0.5  # share of a copy's weights that may be the same under every seed
ADVICE = (
    "name in 'untrained' of the network's entry a class or function (package.module:name) that "
    "makes it with random weights"
)


RESETS = ("reset_parameters", "_reset_parameters")  # what torch's modules draw their weights by


def random_copy(
    name: str, network: nn.Module, made: Callable[[int], nn.Module], seed: int
) -> nn.Module:
    """Return an untrained copy of a user's module.

    A constructor that loads weights makes no such copy by itself: then every module that can draws
    its weights anew (``reset_parameters``), if all that learn lie in such modules.

    Args:
        name: of the module, for messages.
        network: what is studied.
        made: returns what the constructor makes under a seed.
        seed: of the copy.

    Raises:
        InputError: the copy has the weights of the network itself, or such that are the same under
            every seed, and they cannot be drawn anew.
    """
    copy = made(seed)
    try:
        check_other_weights(name, network, copy)
        check_random(name, copy, made(seed + 1))
        return copy
    except InputError:
        copies = [_drawn_anew(made(other), other) for other in (seed, seed + 1)]
        if None in copies:
            raise
    check_other_weights(name, network, copies[0])
    check_random(name, *copies)
    print(
        f"note: the constructor of {name} loads its weights, so that those of the untrained copy "
        "are drawn anew, module by module (reset_parameters); or name what makes the copy in "
        "'untrained' of the network's entry"
    )
    return copies[0]


def _drawn_anew(network: nn.Module, seed: int) -> nn.Module | None:
    """Draw the weights that learn anew; return None where a module cannot, or nothing learns."""
    torch.manual_seed(seed)
    learning = {id(value) for value in network.parameters() if value.requires_grad}
    drawn = set()
    for module in network.modules():
        own = {id(value) for value in module.parameters(recurse=False)} & learning
        resets = [reset for reset in RESETS if callable(getattr(module, reset, None))]
        if own and resets:
            getattr(module, resets[0])()
            drawn |= own
    return network if learning and drawn == learning else None


def check_other_weights(name: str, network: nn.Module, copy: nn.Module) -> None:
    """Refuse a copy with the weights of the network itself; tell the log of single ones.

    Args:
        name: of the module or architecture, for the message.
        network: what is studied, on any device.
        copy: of the same architecture.

    Raises:
        InputError: all weights are equal, or there are none.
    """
    weights = network.state_dict()
    fresh = {k: v.to(weights[k].device) for k, v in copy.state_dict().items() if k in weights}
    if any(not torch.equal(weights[k], value) for k, value in fresh.items()):
        same = _equal(dict(network.named_parameters()), fresh)
        if same:
            print(
                f"note: {len(same)} of {len(dict(network.named_parameters()))} weights of the "
                f"untrained copy are those of the network itself, such as '{same[0]}'"
            )
        return
    reason = "its constructor loads them" if fresh else "it has none"
    raise InputError(
        f"{name}: an untrained copy has the same weights as the network itself, {reason}, so that "
        "there is nothing to compare with: let the constructor make random weights, and give the "
        f"trained ones in a file as the network's 'weights'; or {ADVICE}"
    )


def check_random(name: str, copy: nn.Module, other: nn.Module) -> None:
    """Refuse an untrained copy most of whose weights are the same under another seed.

    A constructor that loads trained weights gives the same ones whatever the seed. Constant weights
    (biases of 0, scales of 1) and weights that do not learn tell nothing and are passed over. A few
    fixed ones, such as filters that begin as a known bank, are told to the log.

    Args:
        name: of the module, for the message.
        copy: made under one seed.
        other: made under another.

    Raises:
        InputError: more than half of the weights that tell something are the same.
    """
    weights = {k: v for k, v in copy.named_parameters() if v.requires_grad and _varies(v)}
    same = _equal(weights, dict(other.named_parameters()))
    total = sum(value.numel() for value in weights.values())
    share = sum(weights[k].numel() for k in same) / total if total else 0
    if share > LOADED:
        raise InputError(
            f"{name}: {share:.0%} of the weights of an untrained copy are the same under every "
            f"seed, such as '{same[0]}': its constructor loads them, so that the copy is no "
            f"baseline: {ADVICE}"
        )
    if same:
        print(
            f"note: {len(same)} of {len(weights)} weights of the untrained copy are the same under "
            f"every seed, such as '{same[0]}': if the constructor loads trained ones, {ADVICE}"
        )


def _equal(weights: dict[str, Tensor], others: dict[str, Tensor]) -> list[str]:
    """Names of weights that vary and are equal in both."""
    return [
        k for k, v in weights.items() if k in others and torch.equal(v, others[k]) and _varies(v)
    ]


def _varies(weights: Tensor) -> bool:
    return bool((weights != weights.flatten()[:1]).any())
