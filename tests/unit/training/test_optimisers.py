"""Optimisers take a step by their definitions; schedules give the rate of every step."""

import math

import pytest
import torch
from torch import nn

from tonotopy.errors import InputError
from tonotopy.training.optimisers import optimiser, schedule
from tonotopy.training.settings import TrainingSettings

RATE, DECAY = 0.1, 0.3


def settings(**training) -> TrainingSettings:
    return TrainingSettings(epochs=1, batch=1, learning_rate=RATE, **training)


def stepped(gradients, **training) -> float:
    """Return where a weight of 2 is after steps with given gradients."""
    weight = nn.Parameter(torch.tensor(2.0, dtype=torch.float64))
    chosen = optimiser([weight], settings(weight_decay=DECAY, **training))
    for gradient in gradients:
        weight.grad = torch.tensor(gradient, dtype=torch.float64)
        chosen.step()
    return weight.item()


def literal_adam(gradients, decoupled: bool) -> float:
    weight, first, second = 2.0, 0.0, 0.0
    for step, gradient in enumerate(gradients, start=1):
        if decoupled:
            weight -= RATE * DECAY * weight
        else:
            gradient += DECAY * weight
        first = 0.9 * first + 0.1 * gradient
        second = 0.999 * second + 0.001 * gradient**2
        corrected = first / (1 - 0.9**step), second / (1 - 0.999**step)
        weight -= RATE * corrected[0] / (math.sqrt(corrected[1]) + 1e-8)
    return weight


def literal_sgd(gradients, momentum: float) -> float:
    weight, velocity = 2.0, None
    for gradient in gradients:
        gradient += DECAY * weight
        velocity = gradient if velocity is None else momentum * velocity + gradient
        weight -= RATE * velocity
    return weight


GRADIENTS = [0.5, -1.5, 4.0]


def test_steps_are_those_of_the_definitions():
    assert stepped(GRADIENTS) == pytest.approx(literal_adam(GRADIENTS, True), rel=1e-12)
    assert stepped(GRADIENTS, optimiser="adamw") == stepped(GRADIENTS)
    adam = stepped(GRADIENTS, optimiser="adam")
    assert adam == pytest.approx(literal_adam(GRADIENTS, False), rel=1e-12)
    for momentum in (0.0, 0.6):
        sgd = stepped(GRADIENTS, optimiser="sgd", momentum=momentum)
        assert sgd == pytest.approx(literal_sgd(GRADIENTS, momentum), rel=1e-12)
    assert stepped(GRADIENTS, optimiser="sgd") == pytest.approx(literal_sgd(GRADIENTS, 0.9))


def rates(name: str, steps: int, **training) -> list[float]:
    chosen = optimiser([nn.Parameter(torch.zeros(1))], settings(schedule=name, **training))
    scheduled = schedule(chosen, settings(schedule=name, **training), steps)
    found = []
    for _ in range(steps):
        found.append(chosen.param_groups[0]["lr"])
        chosen.step()
        scheduled.step() if len(found) < steps else None
    return found


def half_cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_one_cycle_rises_and_falls_as_half_cosines(share):
    steps, found = 30, rates("one_cycle", 30, warmup_share=share)
    top = share * steps - 1
    for step in range(steps):
        expected = (
            half_cosine(RATE / 25, RATE, step / top)
            if step <= top
            else half_cosine(RATE, RATE / 25e4, (step - top) / (steps - 1 - top))
        )
        assert found[step] == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("share", "rise"), [(0.0, 0), (0.1, 2), (0.5, 10), (1.0, 20)])
def test_warmup_cosine_rises_linearly_and_falls_as_half_a_cosine(share, rise):
    found = rates("warmup_cosine", 20, warmup_share=share)
    for step in range(20):
        expected = (
            RATE * (step + 1) / rise
            if step < rise
            else RATE / 2 * (1 + math.cos(math.pi * (step - rise) / (20 - rise)))
        )
        assert found[step] == pytest.approx(expected, rel=1e-12)
    assert found[-1] > 0


def test_a_rise_of_one_step_does_not_divide_by_nothing():
    for share, steps in ((0.1, 10), (1 / 3, 3), (0.5, 2)):
        found = rates("one_cycle", steps, warmup_share=share)
        assert found[0] == pytest.approx(RATE / 25) and found[1] == pytest.approx(
            half_cosine(RATE, RATE / 25e4, 1 / (steps - 1))
        )


def test_constant_has_no_schedule():
    chosen = optimiser([nn.Parameter(torch.zeros(1))], settings())
    assert schedule(chosen, settings(schedule="constant"), 10) is None


@pytest.mark.parametrize("name", ["one_cycle", "warmup_cosine"])
def test_sgd_keeps_its_momentum_and_a_schedule_goes_on_from_its_state(name):
    chosen = settings(optimiser="sgd", momentum=0.7, schedule=name, warmup_share=0.3)
    weights = [nn.Parameter(torch.zeros(1))]
    whole = optimiser(weights, chosen)
    scheduled = schedule(whole, chosen, 12)
    for step in range(11):
        if step == 5:
            states = whole.state_dict(), scheduled.state_dict()
        whole.step()
        scheduled.step()
        assert whole.param_groups[0]["momentum"] == 0.7
    again = optimiser(weights, chosen)
    resumed = schedule(again, chosen, 12)
    again.load_state_dict(states[0])
    resumed.load_state_dict(states[1])
    for _ in range(6):
        again.step()
        resumed.step()
    assert again.param_groups[0]["lr"] == whole.param_groups[0]["lr"]


def test_unknown_names_are_refused():
    with pytest.raises(InputError, match=r"training.optimiser: no optimiser 'adamv'.*'adamw'"):
        optimiser([nn.Parameter(torch.zeros(1))], settings(optimiser="adamv"))
    chosen = optimiser([nn.Parameter(torch.zeros(1))], settings())
    with pytest.raises(InputError, match=r"training.schedule: no schedule 'cosine'"):
        schedule(chosen, settings(schedule="cosine"), 10)
