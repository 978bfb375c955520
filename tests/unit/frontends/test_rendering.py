"""Sound from masked mel spectrograms, against loops and known answers."""

import numpy as np
import pytest
import torch
from scipy.optimize import nnls

from tonotopy.errors import InputError
from tonotopy.frontends.log10_mel import Log10Mel, Log10MelSettings
from tonotopy.frontends.rendering import Renderer, mel_pseudo_inverse

RATE = 8000
SETTINGS = Log10MelSettings(
    rate=RATE, window=200, hop=90, mels=24, low_hz=60.0, high_hz=3790.0, frames=20
)
HEARD = 19 * 90  # samples up to the last frame's centre


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(Log10Mel(SETTINGS).double())


def clips(count=2, samples=2000) -> torch.Tensor:
    """Harmonics that fade, in noise."""
    rng, t = np.random.default_rng(1), np.arange(samples) / RATE
    sounds = []
    for clip in range(count):
        tones = sum(np.sin(2 * np.pi * (300 + 40 * clip) * k * t) / k for k in range(1, 9))
        sounds.append(0.3 * tones * np.exp(-8 * t) + rng.normal(0, 0.01, samples))
    return torch.from_numpy(np.stack(sounds))


def ratio_db(sound: torch.Tensor, found: torch.Tensor) -> float:
    """Signal-to-noise ratio in dB after the gain that fits best."""
    gain = (sound * found).sum() / found.square().sum()
    return 10 * torch.log10(sound.square().sum() / (sound - gain * found).square().sum()).item()


def spread(filters: np.ndarray, weights: np.ndarray, bin_: int) -> float:
    """How far a bin's weights are from picking it alone."""
    unit = np.zeros(len(filters))
    unit[bin_] = 1
    return float(((filters @ weights - unit) ** 2).sum())


def test_the_pseudo_inverse_is_the_best_non_negative_choice_for_every_bin(renderer):
    filters = renderer.front_end.filters.T.numpy()
    inverse = mel_pseudo_inverse(filters)
    assert inverse.shape == filters.shape == (101, 24) and (inverse >= 0).all()
    for bin_, weights in enumerate(inverse):
        slope = filters.T @ (filters @ weights)
        slope[:] -= filters[bin_]  # half the gradient of the squared distance to the unit vector
        assert slope.min() > -1e-10 and abs(slope * weights).max() < 1e-10  # Karush-Kuhn-Tucker
        reference = nnls(filters, np.eye(101)[bin_])[0]
        assert spread(filters, weights, bin_) <= spread(filters, reference, bin_) + 1e-12
    unheard = ~filters.any(axis=1)
    assert unheard.sum() == 8 and not inverse[unheard].any()
    assert (inverse[~unheard].sum(axis=1) > 0).all()


def test_a_known_pseudo_inverse():
    """Bands that share no bin: each bin gets its filter's weight over the filter's power."""
    filters = np.array([[1.0, 0], [2, 0], [0, 0], [0, 3], [0, 1]])
    expected = np.array([[0.2, 0], [0.4, 0], [0, 0], [0, 0.3], [0, 0.1]])
    np.testing.assert_allclose(mel_pseudo_inverse(filters), expected, atol=1e-12)
    overlapping = mel_pseudo_inverse(np.array([[1.0, 0.5], [0.0, 1.0]]))
    # unclipped, band 1 would be taken off bin 0: [[1, -.5], [0, 1]]
    np.testing.assert_allclose(overlapping, [[1.0, 0], [0, 0.8]], atol=1e-12)


def literal_render(renderer, wave, mask) -> np.ndarray:
    """Mask, sum over bands, phase, bin by bin and frame by frame (equations 3.13 to 3.16)."""
    front_end = renderer.front_end
    spectrum = front_end.spectrum(wave[None])[0].numpy()
    filters, inverse = front_end.filters.numpy(), renderer.pseudo_inverse.numpy()
    changed = np.zeros_like(spectrum)
    for frame in range(spectrum.shape[1]):
        mel = [sum(filters[b] * abs(spectrum[:, frame])) for b in range(len(filters))]
        for k in range(len(spectrum)):
            magnitude = sum(inverse[k, b] * mask[b, frame] * mel[b] for b in range(len(mel)))
            phase = np.angle(spectrum[k, frame])
            changed[k, frame] = magnitude * np.exp(1j * phase)
    return front_end.waveform(torch.from_numpy(changed)[None], len(wave))[0].numpy()


def test_rendering_equals_the_loop(renderer):
    waves = clips()
    masks = torch.rand(2, 3, 24, 20, generator=torch.Generator().manual_seed(0)).double()
    found = renderer.render(waves, masks)
    assert found.shape == (2, 3, 2000)
    for clip, part in ((0, 2), (1, 0)):
        expected = literal_render(renderer, waves[clip], masks[clip, part].numpy())
        np.testing.assert_allclose(found[clip, part].numpy(), expected, atol=1e-10)


def test_a_mask_of_one_gives_the_clip_back(renderer):
    """By gain but for the bins that no band hears, by the pseudo-inverse but for its smoothing."""
    waves, ones = clips(), torch.ones(2, 1, 24, 20).double()
    for convention, least in (("gain", 22), ("printed", 8)):
        found = renderer.render(waves, ones, convention)[:, 0]
        for wave, sound in zip(waves, found, strict=True):
            assert ratio_db(wave[:HEARD], sound[:HEARD]) > least
        assert not found[:, HEARD:].any()
    spectrum = renderer.front_end.spectrum(waves)
    spectrum[:, ~renderer.front_end.filters.any(dim=0)] = 0
    expected = renderer.front_end.waveform(spectrum, 2000)
    for level in (1.0, 0.25):
        found = renderer.render(waves, level * ones, "gain")[:, 0]
        torch.testing.assert_close(found, level * expected)


@pytest.mark.parametrize("convention", ["printed", "gain"])
def test_masks_add_up_and_nothing_is_left_of_a_mask_of_zero(renderer, convention):
    waves = clips()
    first = torch.rand(2, 1, 24, 20, generator=torch.Generator().manual_seed(1)).double()
    masks = torch.cat([first, 1 - first, torch.ones_like(first), torch.zeros_like(first)], dim=1)
    found = renderer.render(waves, masks, convention)
    torch.testing.assert_close(found[:, 0] + found[:, 1], found[:, 2])
    assert not found[:, 3].any() and found[:, 0].std() > 1e-3


@pytest.mark.parametrize("convention", ["printed", "gain"])
def test_a_mask_keeps_the_tone_that_it_covers(renderer, convention):
    t = torch.arange(2000).double() / RATE
    tones = [torch.sin(2 * torch.pi * f * t) for f in (440.0, 2600.0)]
    masks = torch.zeros(1, 2, 24, 20).double()
    masks[:, 0, :12], masks[:, 1, 12:] = 1, 1
    found = renderer.render((0.3 * sum(tones))[None], masks, convention)[0, :, :HEARD]
    for own, other in ((0, 1), (1, 0)):
        kept, lost = (abs((found[own] * tones[i][:HEARD]).mean()) for i in (own, other))
        assert kept > 100 * lost


def test_silence_stays_silence(renderer):
    silent = torch.zeros(1, 2000).double()
    for convention in ("printed", "gain"):
        assert not renderer.render(silent, torch.ones(1, 2, 24, 20).double(), convention).any()


def test_what_cannot_be_rendered_is_refused(renderer):
    with pytest.raises(InputError, match="no rendering 'prinetd' .did you mean 'printed'"):
        renderer.render(clips(), torch.ones(2, 1, 24, 20), "prinetd")
    for shape in ((2, 24, 20), (1, 1, 24, 20), (2, 1, 20, 24), (2, 1, 24, 21)):
        with pytest.raises(ValueError, match=r"expected masks of \(2, masks, 24, 20\), got"):
            renderer.render(clips(), torch.ones(shape).double())
