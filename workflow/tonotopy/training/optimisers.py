"""Optimisers and schedules by the names that config.yaml gives them."""

import math
from collections.abc import Callable, Iterable
from functools import partial

from torch import nn
from torch.optim import SGD, Adam, AdamW, Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR

from tonotopy.errors import InputError, nearest
from tonotopy.training.settings import TrainingSettings


def _adamw(parameters: Iterable[nn.Parameter], settings: TrainingSettings) -> Optimizer:
    return _of_adam(AdamW, parameters, settings)


def _adam(parameters: Iterable[nn.Parameter], settings: TrainingSettings) -> Optimizer:
    return _of_adam(Adam, parameters, settings)


def _of_adam(kind: type[Adam], parameters: Iterable[nn.Parameter], settings: TrainingSettings):
    """Return Adam or AdamW; all of a step is one pass over each weight on the CPU.

    On a GPU it is left to torch, since Lightning clips no gradients of a fused step in half
    precision.
    """
    weights = list(parameters)
    fused = all(weight.device.type == "cpu" for weight in weights) or None
    return kind(weights, settings.learning_rate, weight_decay=settings.weight_decay, fused=fused)


def _sgd(parameters: Iterable[nn.Parameter], settings: TrainingSettings) -> Optimizer:
    return SGD(
        parameters,
        settings.learning_rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
    )


def _constant(optimiser: Optimizer, settings: TrainingSettings, steps: int) -> None:
    return None


def _one_cycle(optimiser: Optimizer, settings: TrainingSettings, steps: int) -> LRScheduler:
    share = settings.warmup_share
    if share * steps == 1:  # torch divides by the length of the rise, which would be 0
        share *= 1 + 1e-9
    return OneCycleLR(
        optimiser,
        settings.learning_rate,
        total_steps=steps,
        pct_start=share,
        cycle_momentum="betas" in optimiser.defaults,  # sgd keeps the momentum that is set
    )


def _warmup_cosine(optimiser: Optimizer, settings: TrainingSettings, steps: int) -> LRScheduler:
    rise = round(settings.warmup_share * steps)
    return LambdaLR(optimiser, partial(warmup_cosine_factor, rise=rise, steps=steps))


def warmup_cosine_factor(step: int, rise: int, steps: int) -> float:
    """Return what the learning rate is multiplied by in a step.

    It rises linearly to 1 in the first ``rise`` steps, then falls as half a cosine towards 0
    (Loshchilov and Hutter 2017, equation 5, without restarts, after a linear warm-up).

    Args:
        step: from 0.
        rise: steps of the warm-up; 0 for none.
        steps: in all.

    Returns:
        From above 0 to 1.
    """
    if step < rise:
        return (step + 1) / rise
    return 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, steps - rise)))


OPTIMISERS: dict[str, Callable[..., Optimizer]] = {"adamw": _adamw, "adam": _adam, "sgd": _sgd}
SCHEDULES: dict[str, Callable[..., LRScheduler | None]] = {
    "constant": _constant,
    "one_cycle": _one_cycle,
    "warmup_cosine": _warmup_cosine,
}


def optimiser(parameters: Iterable[nn.Parameter], settings: TrainingSettings) -> Optimizer:
    """Return the optimiser that the settings name.

    - adamw: decoupled weight decay (Loshchilov and Hutter 2019).
    - adam: weight decay is an L2 penalty (Kingma and Ba 2015).
    - sgd: with ``momentum``; weight decay is an L2 penalty.

    Raises:
        InputError: unknown name.
    """
    _require(settings.optimiser, OPTIMISERS, "optimiser")
    return OPTIMISERS[settings.optimiser](parameters, settings)


def schedule(optimiser: Optimizer, settings: TrainingSettings, steps: int) -> LRScheduler | None:
    """Return the schedule that the settings name, stepped after every batch; None for constant.

    - one_cycle: a cosine rise over ``warmup_share`` of the steps, a cosine fall to nearly 0 (Smith
      and Topin 2019); the first momentum of adam and adamw falls and rises in turn.
    - warmup_cosine: see `warmup_cosine_factor`.

    Args:
        optimiser: whose learning rate is scheduled.
        settings: its learning rate is the peak.
        steps: of the whole training.

    Raises:
        InputError: unknown name.
    """
    _require(settings.schedule, SCHEDULES, "schedule")
    return SCHEDULES[settings.schedule](optimiser, settings, steps)


def _require(name: str, names: dict, key: str) -> None:
    if name not in names:
        raise InputError(f"training.{key}: no {key} '{name}'{nearest(name, names)}")
