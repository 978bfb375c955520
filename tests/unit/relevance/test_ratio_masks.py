"""Ratio masks against a plain loop; silence belongs to no part."""

import numpy as np
import pytest
import torch
from small_mel import mel_power, small_mel

from tonotopy.errors import InputError
from tonotopy.relevance import masks
from tonotopy.relevance.masks import binary_masks, part_masks, ratio_masks, stacked_parts


def literal_masks(powers, floor):
    result = np.zeros(powers.shape)
    clips, parts, mels, frames = powers.shape
    for n in range(clips):
        for m in range(mels):
            for t in range(frames):
                total = floor
                for o in range(parts):
                    total += powers[n, o, m, t]
                for o in range(parts):
                    result[n, o, m, t] = powers[n, o, m, t] / total
    return result


def test_masks_are_a_parts_share_of_the_power_of_all():
    powers = torch.rand(2, 3, 4, 5, dtype=torch.float64, generator=torch.manual_seed(0)) ** 3
    powers[0, 1] = 0
    powers[1, :, 2] = 0
    np.testing.assert_allclose(ratio_masks(powers, 0.02), literal_masks(powers.numpy(), 0.02))
    found = ratio_masks(powers)
    assert (found[0, 1] == 0).all() and (found[1, :, 2] == 0).all()
    heard = powers.sum(dim=1) > 0.01
    torch.testing.assert_close(
        found.sum(dim=1)[heard], torch.ones(int(heard.sum())).double(), rtol=2e-5, atol=0
    )
    np.testing.assert_allclose(found, literal_masks(powers.numpy(), 1e-7))


def test_masks_refuse_what_is_no_power():
    powers = torch.ones(3, 2, 4, 5)
    for floor in (0, -1e-9):
        with pytest.raises(InputError, match="floor: expected a power above 0, not"):
            ratio_masks(powers, floor)
    ratio_masks(powers * 0, 1e-12)
    for wrong in (-1e-9, float("nan"), float("inf")):
        powers[2, 1, 3, 0] = wrong
        with pytest.raises(InputError, match="clip 2: mel power must be finite and at least 0"):
            ratio_masks(powers)


def test_parts_of_waveforms_are_masked_one_by_one_and_in_batches(monkeypatch):
    power_of = mel_power(small_mel(900, mels=10))
    sounds = torch.randn(5, 3, 900, generator=torch.manual_seed(1))
    sounds[3, 2] = 0
    alone = [ratio_masks(power_of(clip)[None], 0.5)[0] for clip in sounds]
    sizes = []

    def power(waveforms):
        sizes.append(len(waveforms))
        return power_of(waveforms)

    monkeypatch.setattr(masks, "CLIPS", 2)
    found = part_masks(sounds, power, 0.5)
    torch.testing.assert_close(found, torch.stack(alone))
    assert sizes == [6, 6, 3] and (found[3, 2] == 0).all()
    torch.testing.assert_close(
        part_masks(sounds, power),
        ratio_masks(power_of(sounds.flatten(0, 1)).unflatten(0, (5, 3))),
    )


def test_the_floor_is_that_of_the_front_end():
    faint = torch.full((2, 3, 4, 5), 1e-7)
    torch.testing.assert_close(ratio_masks(faint), torch.full(faint.shape, 0.25))
    found = part_masks(torch.zeros(2, 3, 9), lambda waveforms: faint.flatten(0, 1))
    torch.testing.assert_close(found, torch.full(faint.shape, 0.25))


def test_two_tones_are_told_apart():
    time = torch.arange(4000) / 8000
    low, high = torch.sin(2 * torch.pi * 300 * time), torch.sin(2 * torch.pi * 2500 * time)
    low[2000:] = 0
    found = part_masks(torch.stack([low, high])[None], mel_power(small_mel(4000, mels=20)))[0]
    rows = found[:, :, 5:25].mean(dim=2)
    assert rows[0, 3] > 0.99 and rows[1, 15] > 0.99 and rows[1, 3] < 0.01
    assert found[0, :, 40:].max() == 0


def test_parts_are_stacked_by_name_and_silent_where_they_lack():
    lead, bass = np.array([1, 2, 3], np.float32), np.array([4, 5, 6], np.float32)
    found = stacked_parts([{"bass": bass}, {"lead": lead, "bass": -bass}], ["lead", "bass", "pad"])
    nothing = [0, 0, 0]
    expected = [[nothing, [4, 5, 6], nothing], [[1, 2, 3], [-4, -5, -6], nothing]]
    assert found.dtype == torch.float32 and found.tolist() == expected


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "a clip has no parts: masks need a corpus that keeps them"),
        ([{"lead": np.zeros(3)}, {}], "a clip has no parts"),
        ([{"lead": np.zeros(3)}, {"leed": np.zeros(3)}], r"clip 1: no part 'leed' \(did you mean"),
        (
            [{"lead": np.zeros(3)}, {"bass": np.zeros(2)}],
            r"clip 1: part 'bass' has shape \(2,\), "
            r"expected \(3,\)",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(parts, message):
    with pytest.raises(InputError, match=message):
        stacked_parts(parts, ["lead", "bass"])


def test_binary_masks_are_above_the_threshold():
    shares = torch.tensor([0.0, 0.49, 0.5, 0.51, 1.0])
    assert binary_masks(shares).tolist() == [False, False, False, True, True]
    assert binary_masks(shares, 0).tolist() == [False, True, True, True, True]
    assert not binary_masks(shares, 1).any()
    for threshold in (-0.01, 1.01):
        with pytest.raises(InputError, match="threshold: expected a share from 0 to 1"):
            binary_masks(shares, threshold)
