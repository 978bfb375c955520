"""Banks of filters against loops over samples, and what is known of each kind of filter."""

import math

import numpy as np
import pytest
import torch
from scipy import signal
from threads import one_thread  # noqa: F401 (used by every test)
from torch import nn

from tonotopy.networks.adoption import adopt
from tonotopy.networks.bundle import load
from tonotopy.networks.filter_bank import FilterBank
from tonotopy.networks.tracing import trace

RATE = 8000
SMALL = {"filters": 3, "taps": 40, "low_hz": 500.0, "high_hz": 2000.0, "rate": RATE, "hop": 30}
LARGE = {"filters": 5, "taps": 512, "low_hz": 300.0, "high_hz": 2400.0, "rate": RATE, "hop": 100}
MODULE = "tonotopy.networks.filter_bank:FilterBank"


def bank(kind: str, seed: int = 0, **settings) -> FilterBank:
    torch.manual_seed(seed)
    return FilterBank(kind, **settings)


def tone(hz: float, seconds: float = 0.5) -> torch.Tensor:
    time = torch.arange(round(seconds * RATE), dtype=torch.float64) / RATE
    return (0.3 * torch.sin(2 * math.pi * hz * time + 0.7)).float()[None]


def answers_of(weights, waveform, ahead):
    """Correlations with the samples up to ``ahead`` of each, one after the other."""
    taps = weights.shape[1]
    out = np.zeros((len(weights), len(waveform)))
    for now in range(len(waveform)):
        for tap in range(taps):
            sample = now + ahead - (taps - 1) + tap
            if 0 <= sample < len(waveform):
                out[:, now] += weights[:, tap] * waveform[sample]
    return out


def means_of(values, hop):
    frames = values.shape[1] // hop
    return np.stack([values[:, i * hop : (i + 1) * hop].mean(axis=1) for i in range(frames)], 1)


@pytest.mark.parametrize("kind", ["gammatone", "noise"])
def test_filters_are_correlated_rectified_and_averaged(kind):
    network = bank(kind, **SMALL)
    waveforms = np.random.default_rng(0).normal(0, 0.3, (2, 100))
    found = network(torch.from_numpy(waveforms).float())
    weights = network.filters.weight[:, 0].double().numpy()
    assert weights.shape == (3, 40) and found.shape == (2, 3, 3)  # 10 samples are in no frame
    for clip, waveform in enumerate(waveforms):
        heard = answers_of(weights, waveform, ahead=0)
        assert (heard < 0).any()
        expected = means_of(np.where(heard > 0, heard, 0), 30)
        np.testing.assert_allclose(found[clip], expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("taps", [40, 41])
def test_a_cqt_gives_the_modulus_of_cosines_and_sines_centred(taps):
    network = bank("cqt", **{**SMALL, "taps": taps})
    waveform = np.random.default_rng(1).normal(0, 0.3, 100)
    weights = network.filters.weight[:, 0].double().numpy()
    assert weights.shape == (6, taps)
    heard = answers_of(weights, waveform, ahead=(taps - 1) // 2)
    expected = means_of(np.sqrt(heard[:3] ** 2 + heard[3:] ** 2), 30)
    found = network(torch.from_numpy(waveform[None]).float())[0]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("kind", ["gammatone", "noise", "cqt"])
def test_without_envelope_answers_are_read_as_they_are(kind):
    network = bank(kind, **SMALL, envelope=False)
    waveform = np.random.default_rng(4).normal(0, 0.3, 100)
    weights = network.filters.weight[:, 0].double().numpy()[:3]  # of a cqt the cosines
    heard = answers_of(weights, waveform, ahead=19 if kind == "cqt" else 0)
    found = network(torch.from_numpy(waveform[None]).float())[0]
    assert (found < 0).any()
    np.testing.assert_allclose(found, heard[:, [0, 30, 60]], rtol=1e-4, atol=1e-6)


def test_the_convolution_module_computes_what_is_rectified():
    network = bank("gammatone", **SMALL)
    waveform = torch.randn(1, 90, generator=torch.Generator().manual_seed(2))
    heard = network.filters(nn.functional.pad(waveform[:, None], (39, 0)))[0]
    expected = heard.clamp(min=0).reshape(3, 3, 30).mean(dim=2)
    torch.testing.assert_close(network(waveform)[0], expected, rtol=1e-4, atol=1e-6)


def test_gammatones_are_scipy_s_and_causal():
    network = bank("gammatone", **SMALL)
    for centre, weights in zip((500.0, 1000.0, 2000.0), network.filters.weight[:, 0], strict=True):
        filter_, _ = signal.gammatone(centre, "fir", numtaps=40, fs=RATE)
        np.testing.assert_allclose(weights.numpy()[::-1], filter_, rtol=1e-5, atol=1e-9)
    click = torch.zeros(1, 120)
    click[0, 60] = 1
    found = network(click)[0]
    assert found[:, :2].abs().max() < 1e-6 < found[:, 2].min()


@pytest.mark.parametrize("kind", ["gammatone", "cqt"])
def test_centres_are_equally_spaced_in_semitones_and_where_each_filter_answers_most(kind):
    network = bank(kind, **LARGE)
    expected = [300 * 8 ** (i / 4) for i in range(5)]
    np.testing.assert_allclose(network.centres_hz, expected, rtol=1e-12)
    semitones = np.arange(-4, 5)
    for number, centre in enumerate(expected):
        tones = torch.cat([tone(centre * 2 ** (s / 12)) for s in semitones])
        answers = network(tones)[:, number, 1:-1].mean(dim=1)  # away from the ends
        assert abs(semitones[answers.argmax()]) <= 1
        assert answers[0] < 0.75 * answers[4] > answers[8]


def test_answers_are_proportional_to_the_amplitude():
    for kind in ("gammatone", "cqt", "noise"):
        network, sound = bank(kind, **SMALL), tone(900.0, 0.1)
        torch.testing.assert_close(network(3 * sound), 3 * network(sound), rtol=1e-4, atol=1e-6)


def test_windows_of_a_cqt_have_the_same_number_of_periods():
    network = bank("cqt", **LARGE)
    weights = network.filters.weight[:, 0].double().numpy()
    cosines, sines = weights[:5], weights[5:]
    moduli = np.hypot(cosines, sines)
    periods = 512 * 300 / RATE  # of the lowest centre in all taps: Q
    times = np.arange(512) - 255.5
    for centre, cosine, sine, modulus in zip(
        network.centres_hz.tolist(), cosines, sines, moduli, strict=True
    ):
        length = periods * RATE / centre
        assert abs((modulus > 1e-9).sum() - length) <= 2
        assert modulus.sum() == pytest.approx(1, abs=1e-6)
        window = 0.5 + 0.5 * np.cos(2 * np.pi * times / length)
        window[np.abs(times) >= length / 2] = 0
        np.testing.assert_allclose(modulus, window / window.sum(), atol=1e-6)
        phases = np.angle(cosine + 1j * sine)[modulus > 1e-5]
        steps = np.diff(np.unwrap(phases))
        np.testing.assert_allclose(steps, 2 * np.pi * centre / RATE, atol=1e-3)


def test_a_cqt_answers_half_the_amplitude_of_a_tone_at_its_centre():
    network = bank("cqt", **LARGE)
    found = network(tone(300 * 8 ** (2 / 4)))[0, 2, 5:-5]
    torch.testing.assert_close(found, torch.full_like(found, 0.15), rtol=1e-3, atol=0)


def test_noise_has_unit_norm_no_centres_and_another_seed_other_noise():
    one, again, other = (bank("noise", seed, **SMALL).filters.weight for seed in (0, 0, 1))
    assert torch.equal(one, again) and not torch.isclose(one, other).any()
    torch.testing.assert_close(one[:, 0].norm(dim=1), torch.ones(3))
    assert bank("noise", **SMALL).centres_hz is None
    many = bank("noise", **{**SMALL, "filters": 400}).filters.weight[:, 0] * math.sqrt(40)
    assert many.mean().abs() < 0.05 and abs((many**4).mean() - 3 * 40 / 42) < 0.2  # Gaussian


def test_the_whole_size_is_what_the_study_looks_for():
    network = FilterBank("gammatone")
    first = [m for m in network.modules() if isinstance(m, nn.Conv1d)]
    assert first == [network.filters] and network.filters.weight.shape == (64, 1, 1024)
    assert network.filters.bias is None and not network.filters.weight.requires_grad
    assert network(torch.zeros(1, 24_000)).shape == (1, 64, 120)


def test_it_is_adopted_without_weights_and_read_by_channels(tmp_path):
    entry = {
        "module": MODULE,
        "arguments": {"kind": "noise", **SMALL},
        "layers": {"bank": {"path": "envelope", "read": "channels"}},
        "front_end": {"kind": "waveform", "rate": RATE},
    }
    folders = {}
    for seed in (0, 1):
        folders[seed] = tmp_path / str(seed)
        adopt(entry, None, folders[seed], seed)
    first, second = (load(folder) for folder in folders.values())
    waveforms = torch.randn(2, 90, generator=torch.Generator().manual_seed(3))
    vectors, answers = trace(first.network, first.layers, waveforms)
    assert vectors["bank"].shape == (2, 3, 3)
    torch.testing.assert_close(vectors["bank"].transpose(1, 2), answers)
    assert not torch.allclose(answers, second.network(waveforms))
    torch.manual_seed(0)
    assert not torch.equal(
        first.network.filters.weight, FilterBank("noise", **SMALL).filters.weight
    )


REFUSED = [
    ({"kind": "gammaton"}, "kind: gammatone, cqt or noise is needed, not gammaton"),
    ({"filters": 0}, "filters: at least 1 is needed, not 0"),
    ({"taps": 0}, "taps: at least 1 is needed, not 0"),
    ({"hop": 0}, "hop: at least 1 is needed, not 0"),
    ({"low_hz": 0.0}, r"low_hz and high_hz: 0 < 0 <= 2000 < 4000 \(half the rate\) does not hold"),
    ({"low_hz": 2001.0}, "low_hz and high_hz: 0 < 2001 <= 2000 < 4000 "),
    ({"high_hz": 4000.0}, "low_hz and high_hz: 0 < 500 <= 4000 < 4000 "),
]


@pytest.mark.parametrize(("arguments", "told"), REFUSED)
def test_wrong_arguments_are_refused(arguments, told):
    with pytest.raises(ValueError, match=f"^{told}"):
        FilterBank(**{"kind": "cqt", **SMALL, **arguments})


@pytest.mark.parametrize("shape", [(2, 29), (30,), (2, 1, 30)])
def test_short_and_misshapen_waveforms_are_refused(shape):
    with pytest.raises(ValueError, match=r"^expected waveforms of \(clips, 30 samples or more\)"):
        bank("noise", **SMALL)(torch.zeros(shape))
