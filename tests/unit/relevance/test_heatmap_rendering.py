"""Rendering heatmaps: against a literal rendering of one component, and to the right object."""

import math

import numpy as np
import pytest
import torch
from small_mel import mel_power, small_mel

from tonotopy.errors import InputError
from tonotopy.frontends.rendering import Renderer
from tonotopy.relevance.masks import part_masks
from tonotopy.relevance.rendering import at_level, render, saliency_masks, salient
from tonotopy.relevance.separation import nearest_parts, oracle_hits, si_sdr

RATE = 8000


def literal_mask(heatmap, percentile, kernel, sigma):
    """Rectify, keep what is at or above the percentile, blur with mirrored edges; float64."""
    mels, frames = heatmap.shape
    positive = np.maximum(heatmap, 0).astype(np.float64)
    threshold = np.percentile(positive, percentile)
    kept = [[r if r >= threshold else 0.0 for r in row] for row in positive]
    half = kernel // 2
    steps = range(-half, half + 1)
    weights = {
        (x, y): math.exp(-(x * x + y * y) / (2 * sigma**2)) / (2 * math.pi * sigma**2)
        for x in steps
        for y in steps
    }
    total = sum(weights.values())

    def mirrored(index, size):
        index = abs(index)
        return index if index < size else 2 * (size - 1) - index

    blurred = np.zeros((mels, frames))
    for m in range(mels):
        for t in range(frames):
            for (x, y), weight in weights.items():
                blurred[m, t] += (
                    weight / total * kept[mirrored(m + x, mels)][mirrored(t + y, frames)]
                )
    return blurred


def literal_render(heatmap, waveform, renderer, percentile, kernel, sigma):
    """One component of one clip, as the thesis's section 3.3 has it."""
    front_end = renderer.front_end
    spectrum = front_end.spectrum(waveform[None])[0]
    mel = (front_end.filters @ spectrum.abs()).numpy()
    masked = literal_mask(heatmap, percentile, kernel, sigma) * mel
    magnitude = renderer.pseudo_inverse @ torch.tensor(masked, dtype=torch.float32)
    phase = torch.angle(spectrum)
    sound = front_end.waveform((magnitude * torch.exp(1j * phase))[None], len(waveform))[0].numpy()
    sound = sound.astype(np.float64)
    wanted = math.sqrt(sum(float(x) ** 2 for x in waveform) / len(waveform))
    sound *= wanted / math.sqrt(sum(x**2 for x in sound) / len(sound))
    peak = max(abs(float(x)) for x in waveform)
    return np.array([min(max(x, -peak), peak) for x in sound])


def planted(clips=2, components=3, mels=12, seed=0):
    rng = torch.manual_seed(seed)
    front_end = small_mel(1000, RATE, window=128, hop=48, mels=mels)  # 21 frames
    heatmaps = torch.randn(clips, components, mels, 21, generator=rng)
    scale = torch.tensor([0.9, 0.05])[:clips, None]
    return heatmaps, scale * torch.randn(clips, 1000, generator=rng), Renderer(front_end)


@pytest.mark.parametrize("settings", [(90.0, 5, 1.0), (70.0, 3, 0.6), (0.0, 7, 2.0)])
def test_masks_equal_a_loop(settings):
    heatmaps = planted()[0]
    heatmaps[1, 2, :6] = -2  # the threshold is low: few are positive
    found = saliency_masks(heatmaps, *settings)
    for index in np.ndindex(2, 3):
        expected = literal_mask(heatmaps[index].numpy(), *settings)
        np.testing.assert_allclose(found[index], expected, atol=1e-6)


def test_the_published_settings_are_the_default():
    heatmaps, waveforms, renderer = planted()
    torch.testing.assert_close(saliency_masks(heatmaps), saliency_masks(heatmaps, 90.0, 5, 1.0))
    torch.testing.assert_close(
        render(heatmaps, waveforms, renderer), render(heatmaps, waveforms, renderer, 90.0, 5, 1.0)
    )


def test_cells_at_the_percentile_are_kept_and_those_below_are_zero():
    heatmap = torch.arange(-10.0, 11.0).reshape(1, 3, 7)  # rectified: 11 zeros, 1 to 10
    kept = salient(heatmap, 90)
    assert kept.flatten().nonzero()[:, 0].tolist() == [18, 19, 20]  # the percentile is 8 itself
    assert kept.flatten()[18:].tolist() == [8, 9, 10]
    assert (salient(heatmap, 91) > 0).sum() == 2 and (salient(heatmap, 89) > 0).sum() == 3
    assert salient(heatmap, 100).sum() == 10
    assert torch.equal(salient(heatmap, 0), heatmap.clamp(min=0))
    for percentile in (0, 12.5, 50, 77, 90, 99.9, 100):
        values = planted()[0].clamp(min=0)
        for found, row in zip(salient(values, percentile)[0], values[0].numpy(), strict=True):
            threshold = np.percentile(row, percentile) - 1e-6
            np.testing.assert_array_equal(found, np.where(row >= threshold, row, 0))
    # 29 % of 100 steps are a little less than 29 in floating point: the 30th cell is the threshold
    lower, upper = torch.rand(2, 500, generator=torch.manual_seed(2))
    steps = [(0.3 * lower)[:, None].expand(-1, 29), (0.7 + 0.3 * upper)[:, None].expand(-1, 72)]
    spread = torch.cat(steps, dim=1)[:, None]
    assert ((salient(spread, 29) > 0).sum(dim=-1) == 101 - 29).all()
    for percentile in (-0.1, 100.1):
        with pytest.raises(InputError, match="percentile: expected a number from 0 to 100"):
            salient(heatmap, percentile)


def test_all_components_of_clips_equal_a_rendering_one_by_one():
    heatmaps, waveforms, renderer = planted()
    found = render(heatmaps, waveforms, renderer, 80.0, 3, 0.8)
    assert found.shape == (2, 3, 1000)
    for clip, component in np.ndindex(2, 3):
        expected = literal_render(
            heatmaps[clip, component].numpy(), waveforms[clip], renderer, 80.0, 3, 0.8
        )
        np.testing.assert_allclose(found[clip, component], expected, rtol=1e-3, atol=2e-5)


def test_the_convention_is_the_renderers():
    heatmaps, waveforms, renderer = planted()
    masks = saliency_masks(heatmaps)
    expected = at_level(renderer.render(waveforms, masks, "gain"), waveforms)
    found = render(heatmaps, waveforms, renderer, convention="gain")
    torch.testing.assert_close(found, expected)
    assert (found - render(heatmaps, waveforms, renderer)).abs().max() > 0.01
    with pytest.raises(InputError, match="no rendering 'gian' .did you mean 'gain'"):
        render(heatmaps, waveforms, renderer, convention="gian")


def test_sounds_have_the_clips_level_and_peak():
    sounds = torch.tensor([[[1.0, -1, 1, -1], [0, 0, 8, 0], [0, 0, 0, 0]]])
    clip = torch.tensor([[0.4, -0.4, 0.2, 0.2]])
    rms = math.sqrt((0.16 + 0.16 + 0.04 + 0.04) / 4)
    expected = [[rms, -rms, rms, -rms], [0, 0, 0.4, 0], [0, 0, 0, 0]]
    torch.testing.assert_close(at_level(sounds, clip)[0], torch.tensor(expected))
    torch.testing.assert_close(at_level(-sounds, clip)[0], -torch.tensor(expected))
    heatmaps, waveforms, renderer = planted()
    heatmaps[1, 0] = -1
    found = render(heatmaps, waveforms, renderer)
    assert found[1, 0].abs().max() == 0 and not found.isnan().any()
    assert (found.abs().amax(dim=-1) <= waveforms.abs().amax(dim=-1)[:, None]).all()


def test_heatmaps_that_do_not_fit_are_refused():
    heatmaps, waveforms, renderer = planted()
    short, flat, deep = heatmaps[:1], heatmaps[:, 0], waveforms[:, None]
    for wrong in ((short, waveforms), (flat, waveforms), (heatmaps, deep)):
        with pytest.raises(
            InputError, match=r"expected heatmaps \(clips, components, mels, frames"
        ):
            render(*wrong, renderer)
    for wrong in (heatmaps[:, :, :11], torch.zeros(2, 3, 12, 20)):
        with pytest.raises(InputError, match=r"do not fit mel spectrograms of 12 and 21: use the"):
            render(wrong, waveforms, renderer)
    render(torch.rand(2, 3, 12, 21), waveforms, renderer)
    for kernel in (4, 0, -1, 25):
        with pytest.raises(InputError, match="kernel: expected an odd number that fits"):
            saliency_masks(heatmaps, 90, kernel)
    saliency_masks(heatmaps, 90, 23)


def literal_si_sdr(sound, part):
    scale = sum(x * p for x, p in zip(sound, part, strict=True)) / sum(p * p for p in part)
    target = sum((scale * p) ** 2 for p in part)
    distortion = sum((x - scale * p) ** 2 for x, p in zip(sound, part, strict=True))
    return 10 * math.log10(target / distortion)


def test_si_sdr_equals_a_loop():
    rng = np.random.default_rng(0)
    parts = rng.normal(size=(2, 3, 60))
    sounds = np.einsum("nkp,nps->nks", rng.normal(size=(2, 4, 3)), parts)
    sounds += rng.normal(size=sounds.shape)
    found = si_sdr(sounds, parts)
    expected = [[[literal_si_sdr(x, p) for p in parts[n]] for x in sounds[n]] for n in range(2)]
    np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(si_sdr(-7 * sounds, 0.1 * parts), found)


def test_si_sdr_of_copies_orthogonal_sounds_and_silence():
    parts = np.zeros((1, 3, 4))
    parts[0, 0, :2], parts[0, 1, 2:] = 0.3, [1, -1]
    found = si_sdr(np.stack([5 * parts[:, 0], parts[:, 2]], axis=1), parts)[0]
    assert found[0, 0] > 100 and found[0, 1] == -np.inf and np.isnan(found[0, 2])
    assert np.isnan(found[1]).all()
    many = np.random.default_rng(1).normal(size=(40, 1, 30))
    assert (si_sdr(0.7 * many, many) > 100).all()
    assert nearest_parts(found).tolist() == [0, -1]
    for sounds, others in (((2, 3, 5), (2, 3, 4)), ((1, 3, 4), (2, 3, 4)), ((3, 4), (3, 4))):
        with pytest.raises(InputError, match="expected sounds"):
            si_sdr(np.zeros(sounds), np.zeros(others))


def test_hits_are_of_the_own_part_and_unknown_where_it_lacks():
    nan = np.nan
    ratios = np.array(
        [
            [[3.0, -1, nan, 0], [9, 2, nan, 1], [nan, nan, nan, nan]],
            [[-5, -9, -7, 2], [-4, -2, -3, -9], [-1, -3, -2, -8]],
            [[nan, nan, nan, nan], [-8, -1, -2, -9], [-6, -7, -1, -8]],
        ]
    )
    assert nearest_parts(ratios).tolist() == [[0, 0, -1], [3, 1, 0], [-1, 1, 2]]
    # in the last clip the first object is there, and its rendering is silent
    expected = [[1, 0, nan], [0, 1, 0], [0, 1, 1]]
    np.testing.assert_array_equal(oracle_hits(ratios), expected)


def tones(clips=5, seed=3):
    """Three pulsing tones an octave and more apart, and noise: (clips, parts, samples)."""
    rng = np.random.default_rng(seed)
    time = np.arange(8000) / RATE
    parts = np.zeros((clips, 4, len(time)), np.float32)
    for clip in range(clips):
        for part, (low, pulse) in enumerate([(150, 3), (600, 5), (2000, 11)]):
            wave = np.sin(2 * np.pi * low * rng.uniform(1, 1.3) * time)
            parts[clip, part] = wave * np.maximum(np.sin(2 * np.pi * pulse * time + clip), 0)
        parts[clip, 3] = 0.01 * rng.normal(size=len(time))
    parts[2, 1] = 0
    return torch.from_numpy(parts)


def test_oracle_heatmaps_render_to_the_right_object_and_shuffled_ones_do_not():
    parts = tones()
    renderer = Renderer(small_mel(parts.shape[2], RATE))
    masks = part_masks(parts, mel_power(renderer.front_end))[:, :3]
    waveforms = parts.sum(dim=1)
    ratios = si_sdr(render(masks, waveforms, renderer), parts)
    hits = oracle_hits(ratios)
    assert np.isnan(hits[2, 1]) and np.nansum(hits) == 14
    # as near to the own object as to the others in sum
    own = np.diagonal(ratios, axis1=1, axis2=2)
    assert np.nanmedian(own) > 3
    wrong = si_sdr(render(masks.roll(1, dims=1), waveforms, renderer), parts)
    assert np.nanmean(oracle_hits(wrong)) < 0.2
