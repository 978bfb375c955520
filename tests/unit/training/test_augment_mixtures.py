"""Mixtures of clips of a batch against plain loops: backgrounds and mixup."""

import math

import numpy as np
import pytest
import torch
from small_batches import clips, noises, rng

from tonotopy.errors import InputError
from tonotopy.seeding import generator
from tonotopy.training.augmentation.declared import Background, Crop, Mixup, Silence, steps
from tonotopy.training.augmentation.mixtures import add_background, mixup
from tonotopy.training.augmentation.registry import FUNCTIONS
from tonotopy.training.augmentation.waveforms import crop, silence
from tonotopy.training.clips import Clips
from tonotopy.training.shares import Share

WAVEFORM = {"kind": "waveform", "rate": 8000}


def tags(count: int, classes: int = 4) -> torch.Tensor:
    """Float64 targets, different for every clip."""
    return torch.rand(count, classes, generator=rng(6), dtype=torch.float64)


# --- background


def literal_background(sounds: np.ndarray, settings: Background, seed: int) -> np.ndarray:
    """Clip by clip: the other one's power is set to the clip's less the ratio, and it is added."""
    count, source, out = len(sounds), rng(seed), sounds.copy()
    low, high = settings.range
    ratios = [low + (high - low) * at for at in torch.rand(count, generator=source).tolist()]
    applied = torch.rand(count, generator=source).tolist()
    places = torch.rand(count, generator=source, dtype=torch.float64).tolist()
    for clip in range(count):
        other = (clip + 1 + int(places[clip] * (count - 1))) % count
        power = [sum(x * x for x in sounds[i]) / len(sounds[i]) for i in (clip, other)]
        if applied[clip] >= settings.p or 0 in power:
            continue
        wanted = power[0] / 10 ** (ratios[clip] / 10)
        for n in range(sounds.shape[1]):
            out[clip, n] += math.sqrt(wanted / power[1]) * sounds[other, n]
    return out


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_a_background_equals_the_loop(p):
    sounds, settings = noises(11, 30), Background((-3, 12), p)
    found = add_background(clips(sounds), settings, rng(2)).sounds
    expected = literal_background(sounds.numpy(), settings, 2)
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-5, atol=1e-7)
    kept = (found == sounds).all(dim=1)
    assert kept.sum() == {0.0: 11, 1.0: 0}.get(p, kept.sum()) and (p != 0.5 or 0 < kept.sum() < 11)


@pytest.mark.parametrize("decibels", [10.0, 25.0, -6.0])
def test_the_ratio_of_powers_is_the_one_that_is_asked_for(decibels):
    sounds = 3 * noises(6, 400)
    found = add_background(clips(sounds), Background((decibels, decibels), 1.0), rng()).sounds
    added = found - sounds
    power = sounds.square().mean(dim=1) / added.square().mean(dim=1)
    torch.testing.assert_close(10 * power.log10(), torch.full((6,), decibels).double())
    assert found.abs().max() > 1  # clipped nowhere
    sources = torch.nn.functional.normalize(added) @ torch.nn.functional.normalize(sounds).T
    nearest = sources.max(dim=1)
    assert (nearest.values > 1 - 1e-9).all() and (nearest.indices != torch.arange(6)).all()


def test_silence_is_neither_a_signal_nor_a_background():
    sounds = noises(2, 20)
    sounds[1] = 0
    found = add_background(clips(sounds), Background((0, 0), 1.0), rng()).sounds
    assert torch.equal(found, sounds)
    sounds = torch.cat([noises(3, 20), torch.zeros(3, 20)]).float()
    for seed in range(5):
        found = add_background(clips(sounds), Background((0, 9), 1.0), rng(seed)).sounds
        assert found.isfinite().all() and torch.equal(found[3:], sounds[3:])


def test_the_only_clip_of_a_batch_has_no_background():
    sounds = noises(1, 20)
    assert torch.equal(add_background(clips(sounds), Background((0, 9), 1.0), rng()).sounds, sounds)


# --- mixup


def literal_mixup(sounds, targets, settings: Mixup, seed: int):
    source, count = rng(seed), len(sounds)
    stream = generator(int(torch.randint(2**62, (1,), generator=source)), "mixup")
    weights = [stream.beta(settings.alpha, settings.alpha) for _ in range(count)]
    partners = torch.randperm(count, generator=source).tolist()
    applied = torch.rand(count, generator=source).tolist()
    pairs = []
    for values in (sounds, targets):
        out = values.copy()
        for clip, n in np.ndindex(values.shape):
            w = weights[clip] if applied[clip] < settings.p else 1.0
            out[clip, n] = w * values[clip, n] + (1 - w) * values[partners[clip], n]
        pairs.append(out)
    return *pairs, partners


@pytest.mark.parametrize(("alpha", "p"), [(0.4, 1.0), (3.0, 0.6), (1.0, 0.0)])
def test_mixup_equals_the_loop(alpha, p):
    sounds, targets = noises(9, 25), tags(9)
    found = mixup(clips(sounds, targets), Mixup(alpha, p), rng(7))
    settings = Mixup(alpha, p)
    expected, answers, partners = literal_mixup(sounds.numpy(), targets.numpy(), settings, 7)
    np.testing.assert_allclose(found.sounds.numpy(), expected, rtol=0, atol=1e-14)
    np.testing.assert_allclose(found.targets.numpy(), answers, rtol=0, atol=1e-14)
    assert sorted(partners) == list(range(9)) and partners != list(range(9))
    changed = (found.sounds != sounds).any(dim=1)
    assert torch.equal(changed, (found.targets != targets).any(dim=1))
    assert changed.sum() > 2 if p else torch.equal(found.sounds, sounds)


@pytest.mark.parametrize("alpha", [0.2, 1.0, 5.0])
def test_weights_are_beta_distributed(alpha):
    count = 20_000
    targets = torch.arange(count, dtype=torch.float64)[:, None]
    found = mixup(clips(torch.ones(count, 1), targets), Mixup(alpha, 1.0), rng(1)).targets
    partners = found.new_tensor(literal_partners(count, 1))[:, None]
    own = targets != partners
    weights = ((found - partners) / (targets - partners))[own]
    assert weights.min() >= -1e-9 and weights.max() <= 1 + 1e-9
    assert weights.mean().item() == pytest.approx(0.5, abs=0.015)
    assert weights.var().item() == pytest.approx(1 / (4 * (2 * alpha + 1)), rel=0.05)


def literal_partners(count: int, seed: int) -> list[int]:
    source = rng(seed)
    torch.randint(2**62, (1,), generator=source)
    return torch.randperm(count, generator=source).tolist()


def test_shares_of_classes_still_sum_to_one():
    targets = torch.eye(3)[torch.arange(8) % 3]
    mixed = mixup(clips(noises(8, 5).float(), targets), Mixup(0.3, 0.8), rng(2)).targets
    assert mixed.dtype == torch.float32 and not torch.equal(mixed, targets)
    torch.testing.assert_close(mixed.sum(dim=1), torch.ones(8))


@pytest.mark.parametrize(
    "targets", [torch.arange(5), torch.eye(5).long(), torch.zeros(5), torch.zeros(5, 2, 3)]
)
def test_targets_that_cannot_be_mixed_are_refused(targets):
    with pytest.raises(InputError, match=r"'mixup': needs a share of every class.*shape \(5,"):
        mixup(clips(noises(5, 9), targets), Mixup(1.0, 1.0), rng())


# --- both, and the list


@pytest.mark.parametrize(
    ("transform", "settings"),
    [(add_background, Background((0, 20), 0.6)), (mixup, Mixup(0.5, 0.6))],
)
def test_draws_come_from_the_generator_alone_and_are_those_of_the_batch(
    transform, settings, monkeypatch
):
    sounds, targets = noises(7, 20), tags(7)
    given, before = clips(sounds, targets), (sounds.clone(), targets.clone())
    state = torch.get_rng_state()
    once = transform(given, settings, rng(3))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(sounds, before[0]) and torch.equal(targets, before[1])
    torch.manual_seed(77)
    again, other = (transform(given, settings, rng(seed)) for seed in (3, 4))
    assert torch.equal(again.sounds, once.sounds) and torch.equal(again.targets, once.targets)
    assert not torch.equal(other.sounds, once.sounds) and once[2:] == given[2:]
    asked = []
    monkeypatch.setattr(Clips, "whole_batch", lambda self: asked.append(self.share) or given)
    for ranks in (2, 3):
        shares = [Share.of(7, rank, ranks) for rank in range(ranks)]
        parts = [transform(clips(sounds, targets, s), settings, rng(3)) for s in shares]
        assert torch.equal(torch.cat([part.sounds for part in parts]), once.sounds)
        assert torch.equal(torch.cat([part.targets for part in parts]), once.targets)
    assert len(asked) == 5  # once by every process


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_every_process_asks_for_the_batch_whatever_is_drawn(p, monkeypatch):
    asked, sounds, targets = [], noises(3, 20), tags(3)
    monkeypatch.setattr(Clips, "whole_batch", lambda self: asked.append(1) or self)
    add_background(clips(sounds, targets), Background((0, 1), p), rng())
    mixup(clips(sounds, targets), Mixup(1.0, p), rng())
    assert len(asked) == 2


LISTED = [
    {"transform": "crop", "seconds": 5.0},
    {"transform": "silence", "most": 2, "seconds": 0.5, "p": 1.0},
    {"transform": "background", "range": [10, 25], "p": 0.5},
    {"transform": "mixup", "alpha": 0.2, "p": 0.5},
]


def test_names_mean_these_transforms():
    found = steps(LISTED, WAVEFORM)
    settings = [Crop(5.0), Silence(2, 0.5, 1.0), Background((10, 25), 0.5), Mixup(0.2, 0.5)]
    assert [step.settings for step in found] == settings
    assert {step.domain for step in found} == {"waveform"}
    functions = [FUNCTIONS[entry["transform"]] for entry in LISTED]
    assert functions == [crop, silence, add_background, mixup]
    assert found[1].described() == LISTED[1] and found[0].described() == LISTED[0]
    mel = {"rate": 4000, "n_fft": 128, "mels": 16, "frames": 25}
    assert len(steps([*LISTED, {"transform": "time_mask", "range": [1, 2], "p": 1}], mel)) == 5


@pytest.mark.parametrize(
    ("position", "changed", "told"),
    [
        (0, {"seconds": 0}, "'crop': seconds: a number above 0 is expected, not 0"),
        (0, {"p": 1}, "'crop' has no setting 'p'"),
        (1, {"most": 0}, "'silence': most: at least 1 stretch is expected, not 0"),
        (1, {"seconds": -1}, "'silence': seconds: a number above 0 is expected, not -1"),
        (1, {"p": 2}, "'silence': p: a probability from 0 to 1 is expected, not 2"),
        (2, {"range": [25, 10]}, r"'background': range: \[25, 10\] falls"),
        (2, {"p": -1}, "'background': p: a probability"),
        (3, {"alpha": 0}, "'mixup': alpha: a number above 0 is expected, not 0"),
        (3, {"p": 1.5}, "'mixup': p: a probability from 0 to 1 is expected, not 1.5"),
    ],
)
def test_settings_that_cannot_be_are_refused(position, changed, told):
    entries = [dict(entry) for entry in LISTED]
    entries[position] |= changed
    with pytest.raises(InputError, match=f"^augmentation.{position}: {told}"):
        steps(entries, WAVEFORM)


def test_a_waveform_cannot_be_cropped_after_its_spectrum():
    mask = {"transform": "time_mask", "range": [1, 2], "p": 1}
    mel = {"rate": 4000, "n_fft": 128, "mels": 16, "frames": 25}
    for entry in LISTED:
        with pytest.raises(InputError, match=r"^augmentation.1: .*stands after 'time_mask'"):
            steps([mask, entry], mel)
