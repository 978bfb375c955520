"""Activation and context vectors at random locations: none scrambled, one normalisation."""

import numpy as np
import pytest
import torch

from tonotopy.errors import InputError
from tonotopy.relevance.vectors import draw_locations, normalised, sample_vectors, vectors_at

CLIPS, CHANNELS, HEIGHT, WIDTH = 3, 5, 4, 7
NAMES = ["one", "two", "three"]


def addresses() -> torch.Tensor:
    """Maps whose every value tells where it stands: clip, channel, row, column in decimals."""
    maps = torch.zeros(CLIPS, CHANNELS, HEIGHT, WIDTH, dtype=torch.float64)
    for clip in range(CLIPS):
        for channel in range(CHANNELS):
            for row in range(HEIGHT):
                for column in range(WIDTH):
                    maps[clip, channel, row, column] = (
                        1000 * (clip + 1) + 100 * channel + 10 * row + column
                    )
    return maps


def test_channels_and_locations_are_never_scrambled():
    chosen = draw_locations(NAMES, HEIGHT * WIDTH, 6, 0, "conv2")
    vectors = vectors_at(addresses(), chosen)
    assert vectors.shape == (CLIPS * 6, CHANNELS)
    for clip in range(CLIPS):
        for number in range(6):
            row, column = divmod(int(chosen[clip, number]), WIDTH)
            for channel in range(CHANNELS):
                expected = 1000 * (clip + 1) + 100 * channel + 10 * row + column
                assert vectors[6 * clip + number, channel] == expected


def test_contexts_are_those_of_their_activations():
    maps = addresses()
    a, c = sample_vectors(maps, 3 * maps.square(), NAMES, 5, 4, "conv1")
    chosen = draw_locations(NAMES, HEIGHT * WIDTH, 5, 4, "conv1")
    raw = vectors_at(maps, chosen)
    np.testing.assert_allclose(a / a[0, 0], raw / raw[0, 0])
    np.testing.assert_allclose(c / c[0, 0], raw.square() / raw[0, 0].square())


def test_one_scale_for_all_vectors_of_a_set():
    values = np.random.default_rng(0).normal(size=(11, 5)) * np.arange(1, 12)[:, None]
    total = 0.0
    for row in values:
        for value in row:
            total += value * value
    rms = (total / (11 * 5)) ** 0.5
    expected = [[value / rms / 5**0.25 for value in row] for row in values]
    np.testing.assert_allclose(normalised(torch.tensor(values), "vectors"), expected)


def test_activations_and_contexts_have_scales_of_their_own():
    maps = torch.rand(CLIPS, CHANNELS, HEIGHT, WIDTH)
    a, c = sample_vectors(maps, 50 * maps, NAMES, 5, 4, "conv1")
    torch.testing.assert_close(a, c)
    assert a.square().mean() == pytest.approx(5**-0.5)


def test_locations_are_drawn_without_replacement_by_clip_layer_and_seed():
    chosen = draw_locations(NAMES, 28, 28, 0, "conv1")
    for row in chosen:
        assert sorted(row) == list(range(28))
    assert len({tuple(row) for row in chosen}) == CLIPS
    alone = draw_locations(["three"], 28, 28, 0, "conv1")
    np.testing.assert_array_equal(alone[0], chosen[2])
    assert (draw_locations(NAMES, 28, 28, 1, "conv1") != chosen).any()
    assert (draw_locations(NAMES, 28, 28, 0, "conv2") != chosen).any()


def test_all_locations_are_drawn_equally_often():
    chosen = draw_locations([str(i) for i in range(2000)], 12, 3, 0, "conv1")
    counts = np.bincount(chosen.ravel(), minlength=12)
    assert abs(counts - 500).max() < 5 * np.sqrt(500)


@pytest.mark.parametrize("locations", [0, 29])
def test_too_few_positions_are_refused(locations):
    with pytest.raises(InputError, match=rf"layer 'conv1': {locations} locations.*1 to 28"):
        draw_locations(NAMES, 28, locations, 0, "conv1")


def test_maps_that_do_not_fit_are_refused():
    maps = addresses()
    with pytest.raises(InputError, match=r"'conv3'.*\(3, 5, 4, 7\).*\(3, 4, 4, 7\)"):
        sample_vectors(maps, maps[:, 1:], NAMES, 2, 0, "conv3")
    with pytest.raises(InputError, match=r"'conv3'.*\(clips, channels, height, width\)"):
        sample_vectors(maps[0], maps[0], NAMES, 2, 0, "conv3")
    with pytest.raises(InputError, match="3 maps, but 2 clips"):
        sample_vectors(maps, maps, NAMES[:2], 2, 0, "conv3")


def test_dead_and_broken_layers_are_refused():
    maps = addresses()
    with pytest.raises(InputError, match="contexts of layer 'conv3': all are zero"):
        sample_vectors(maps, 0 * maps, NAMES, 2, 0, "conv3")
    broken = maps.clone()
    broken[1] = torch.inf
    with pytest.raises(InputError, match="activations of layer 'conv3'.*not finite"):
        sample_vectors(broken, maps, NAMES, 2, 0, "conv3")
