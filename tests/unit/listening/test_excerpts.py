"""Windows of sounds of any length, and which of them are shown."""

import numpy as np
import pytest
import torch
from torch import nn

from tonotopy import excerpts
from tonotopy.errors import InputError
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.bundle import Bundle


@pytest.mark.parametrize(
    ("samples", "length", "starts"),
    [
        (10, 4, [0, 2, 4, 6]),
        (11, 4, [0, 2, 4, 6, 7]),
        (4, 4, [0]),
        (3, 4, [0]),
        (5, 4, [0, 1]),
        (3, 1, [0, 1, 2]),
    ],
)
def test_windows_are_half_a_window_apart_and_reach_the_end(samples, length, starts):
    assert excerpts.window_starts(samples, length).tolist() == starts
    sound = np.arange(1, samples + 1, dtype=np.float32)
    cut = excerpts.windows(sound, length)
    assert cut.shape == (len(starts), length) and cut.dtype == np.float32
    for start, window in zip(starts, cut, strict=True):
        rest = sound[start : start + length]
        assert window.tolist() == [*rest, *[0] * (length - len(rest))]


def test_the_best_windows_are_taken_that_do_not_overlap():
    starts = np.arange(6) * 5
    scores = np.array([0.3, 0.9, 0.95, 0.9, 0.2, 0.3])
    assert excerpts.telling(scores, starts, 10, 1) == [2]
    assert excerpts.telling(scores, starts, 10, 2) == [0, 2]  # of equals the first
    assert excerpts.telling(scores, starts, 10, 9) == [0, 2, 5]
    assert excerpts.telling(scores, starts, 11, 9) == [2, 5]
    assert excerpts.telling(scores, starts, 10, 0) == []


def test_less_than_a_step_of_16_bits_is_silence():
    cut = np.array([[0.0, 2e-5, 0.0], [0.0, -4e-5, 0.0]])
    assert excerpts.audible(cut).tolist() == [False, True]


def bundle(classes):
    network = nn.Linear(6, 3)
    info = {"classes": classes}
    return Bundle(network.eval(), Waveform(WaveformSettings(8000)), info)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_probabilities_are_those_of_each_window_alone(activation):
    torch.manual_seed(0)
    sounds, own = torch.randn(37, 6), bundle(["a", "b", "c"])
    answers = excerpts.probabilities(own, sounds, activation)
    assert answers.shape == (37, 3) and answers.dtype == np.float32
    for sound, answer in zip(sounds, answers, strict=True):
        logits = own.network(sound).detach().numpy().astype(float)
        expected = 1 / (1 + np.exp(-logits))
        if activation == "softmax":
            expected = np.exp(logits) / np.exp(logits).sum()
        np.testing.assert_allclose(answer, expected, atol=1e-6)


def test_a_network_of_other_outputs_is_refused():
    with pytest.raises(InputError, match="answers with shape"):
        excerpts.probabilities(bundle(["a", "b"]), torch.randn(2, 6), "softmax")
