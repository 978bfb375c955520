"""Crops and silence of waveforms against plain loops."""

import math

import numpy as np
import pytest
import torch
from small_batches import clips, noises, rng

from tonotopy.errors import InputError
from tonotopy.training.augmentation.declared import Crop, Silence
from tonotopy.training.augmentation.draws import integers, others
from tonotopy.training.augmentation.waveforms import crop, silence
from tonotopy.training.shares import Share


def evenly(source: torch.Generator, count: int) -> list[float]:
    return torch.rand(count, generator=source, dtype=torch.float64).tolist()


# --- whole numbers


def test_whole_numbers_are_drawn_evenly_ends_included():
    share = Share.of(30_000)
    counts = np.bincount(integers(share, 4, rng(1)).numpy(), minlength=5)
    assert len(counts) == 5 and (abs(counts - 6000) < 5 * math.sqrt(6000 * 0.8)).all()
    highest = torch.arange(30_000) % 3
    drawn = integers(share, highest, rng(2))
    assert all(set(drawn[highest == h].tolist()) == set(range(h + 1)) for h in range(3))
    assert integers(share, 0, rng()).unique().tolist() == [0]


@pytest.mark.parametrize("count", [2, 5])
def test_another_number_is_never_the_given_one_and_each_other_as_likely(count):
    than = torch.arange(40_000) % count
    drawn = others(than, count, Share.of(40_000), rng(3))
    pairs = np.zeros((count, count))
    np.add.at(pairs, (than.numpy(), drawn.numpy()), 1)
    expected = 40_000 / count / (count - 1)
    for given, found in np.ndindex(count, count):
        wanted = 0 if given == found else expected
        assert abs(pairs[given, found] - wanted) <= 5 * math.sqrt(wanted)


# --- crops


def test_a_crop_equals_the_loop():
    sounds = noises(9, 50)
    found = crop(clips(sounds, rate=100), Crop(0.2), rng(5))
    starts = [int(at * 31) for at in evenly(rng(5), 9)]
    assert len(set(starts)) > 4 and found.sounds.shape == (9, 20)
    for clip, n in np.ndindex(9, 20):
        assert found.sounds[clip, n] == sounds[clip, starts[clip] + n]


def test_crops_begin_everywhere_where_they_fit():
    ramps = torch.arange(6.0).repeat(20_000, 1)
    found = crop(clips(ramps, rate=10), Crop(0.4), rng(2)).sounds
    counts = np.bincount(found[:, 0].int().numpy())
    assert len(counts) == 3 and (abs(counts - 20_000 / 3) < 350).all()
    assert torch.equal(found - found[:, :1], torch.arange(4.0).repeat(20_000, 1))


@pytest.mark.parametrize(("seconds", "samples"), [(0.44, 4), (0.46, 5), (0.5, 5), (0.9, 5)])
def test_a_crop_s_length_is_rounded_and_clips_that_are_not_longer_stay(seconds, samples):
    sounds = noises(3, 5)
    found = crop(clips(sounds, rate=10), Crop(seconds), rng()).sounds
    assert found.shape == (3, samples)
    assert samples < 5 or torch.equal(found, sounds)


def test_a_crop_of_no_sample_is_refused():
    with pytest.raises(InputError, match="'crop': 0.04 s are less than a sample at 10 Hz"):
        crop(clips(noises(2, 50), rate=10), Crop(0.04), rng())


# --- silence


def literal_silence(sounds: np.ndarray, settings: Silence, rate: int, seed: int) -> np.ndarray:
    """Clip by clip, stretch by stretch, sample by sample; also tells which clips have any."""
    count, samples = sounds.shape
    source, out = rng(seed), sounds.copy()
    longest = min(round(settings.seconds * rate), samples)
    counts = [int(at * (settings.most + 1)) for at in evenly(source, count)]
    stretches = []
    for _ in range(settings.most):
        sizes = [int(at * (longest + 1)) for at in evenly(source, count)]
        places = evenly(source, count)
        starts = [int(places[clip] * (samples - sizes[clip] + 1)) for clip in range(count)]
        stretches.append((starts, sizes))
    applied = torch.rand(count, generator=source).tolist()
    for clip in range(count):
        for stretch in range(counts[clip] if applied[clip] < settings.p else 0):
            start, size = (numbers[clip] for numbers in stretches[stretch])
            for n in range(start, start + size):
                out[clip, n] = 0.0
    return out


@pytest.mark.parametrize(
    "settings", [Silence(2, 0.2, 0.6), Silence(1, 0.5, 1.0), Silence(3, 9.0, 0.5)]
)
def test_silence_equals_the_loop(settings):
    sounds = noises(12, 60)
    found = silence(clips(sounds, rate=100), settings, rng(4)).sounds
    expected = literal_silence(sounds.numpy(), settings, 100, 4)
    np.testing.assert_array_equal(found.numpy(), expected)
    silent = (expected == 0).sum(axis=1)
    assert (silent == 0).any() and (silent > 0).sum() > 2 and silent.max() <= 60


def test_up_to_two_stretches_of_up_to_half_a_second():
    """A third of the clips have none, a third one, a third two; lengths and places are even."""
    sounds = torch.ones(6000, 64)
    kept = silence(clips(sounds, rate=32), Silence(2, 0.5, 1.0), rng(3)).sounds
    silent = (kept == 0).sum(dim=1)
    assert silent.max() <= 32 and silent.max() > 16
    # none: no stretch, or stretches of no sample, one of the 17 lengths
    assert (silent == 0).float().mean() == pytest.approx((1 + 1 / 17 + 1 / 17**2) / 3, abs=0.03)
    one = silence(clips(sounds, rate=32), Silence(1, 0.5, 1.0), rng(3)).sounds
    lengths = (one == 0).sum(dim=1)
    counts = np.bincount(lengths.numpy(), minlength=17)
    assert len(counts) == 17 and (abs(counts[1:] - 3000 / 17) < 5 * math.sqrt(3000 / 17)).all()
    starts = (one == 0).int().argmax(dim=1)[lengths == 16]
    assert starts.min() == 0 and starts.max() == 48


def test_no_probability_no_silence():
    sounds = noises(40, 30)
    assert torch.equal(silence(clips(sounds), Silence(2, 1.0, 0.0), rng()).sounds, sounds)
    found = silence(clips(sounds), Silence(9, 1.0, 1.0), rng()).sounds
    assert ((found == 0).sum(dim=1) > 0).sum() > 30


# --- both


@pytest.mark.parametrize(
    ("transform", "settings"), [(crop, Crop(0.004)), (silence, Silence(2, 0.004, 0.7))]
)
def test_draws_come_from_the_generator_alone_and_are_those_of_the_batch(transform, settings):
    sounds = noises(7, 60)
    given, before = clips(sounds), sounds.clone()
    state = torch.get_rng_state()
    once = transform(given, settings, rng(3))
    assert torch.equal(torch.get_rng_state(), state) and torch.equal(sounds, before)
    torch.manual_seed(77)
    assert torch.equal(transform(given, settings, rng(3)).sounds, once.sounds)
    assert not torch.equal(transform(given, settings, rng(4)).sounds, once.sounds)
    assert once.targets is given.targets and once[2:] == given[2:]
    for ranks in (2, 3):
        shares = [Share.of(7, rank, ranks) for rank in range(ranks)]
        parts = [transform(clips(sounds, share=s), settings, rng(3)).sounds for s in shares]
        assert torch.equal(torch.cat(parts), once.sounds)
