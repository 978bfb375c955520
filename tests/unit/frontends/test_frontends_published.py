"""Published front ends against their public implementations, or their definition in float64."""

import json
import math

import numpy as np
import pytest
import torch
from torchlibrosa.stft import LogmelFilterBank, Spectrogram
from torchvggish.vggish_input import waveform_to_examples
from transformers import ASTFeatureExtractor

from tonotopy.errors import InputError
from tonotopy.frontends.efficientat import EfficientATLogMel, EfficientATSettings
from tonotopy.frontends.kaldi import KaldiFilterBank, KaldiSettings
from tonotopy.frontends.panns import PANNsLogMel, PANNsSettings
from tonotopy.frontends.registry import FRONT_ENDS, build, describe
from tonotopy.frontends.vggish import VGGishPatches, VGGishSettings

SMALL = EfficientATSettings(rate=8000, n_fft=256, window=200, hop=80, mels=20, high_hz=3500.0)


def noise(clips: int, samples: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return 0.1 * torch.randn(clips, samples, generator=generator)


@pytest.mark.parametrize("samples", [16000, 40000], ids=["padded", "cut"])
def test_kaldi_equals_transformers_extractor(samples):
    settings = KaldiSettings(frames=150, subtract_mean=False)
    waves = noise(2, samples)
    expected = ASTFeatureExtractor(max_length=150)(
        list(waves.numpy()), sampling_rate=16000, return_tensors="pt"
    )["input_values"]
    found = KaldiFilterBank(settings)(waves)
    assert found.shape == (2, 128, 150)
    torch.testing.assert_close(found, expected.transpose(1, 2), rtol=1e-4, atol=1e-4)


def test_kaldi_pads_with_zeros_before_the_normalisation():
    found = KaldiFilterBank(KaldiSettings(frames=120))(noise(1, 16000))
    padded = torch.full((1, 128, 120 - 98), 4.2677393 / (2 * 4.5689974))
    assert padded.mean() == pytest.approx(0.467, abs=1e-3)
    torch.testing.assert_close(found[..., 98:], padded)


def test_kaldi_takes_the_mean_off_the_clip_as_the_original_does():
    waves = noise(1, 8000) + 0.3
    plain = KaldiFilterBank(KaldiSettings(frames=48, subtract_mean=False))
    found = KaldiFilterBank(KaldiSettings(frames=48))(waves)
    torch.testing.assert_close(found, plain(waves - waves.mean()))
    assert describe(build({"kind": "kaldi"}))["subtract_mean"] is True


@pytest.mark.parametrize(("samples", "chunks"), [(16000, 1), (48000, 3), (80000, 5)])
def test_vggish_equals_torchvggish(samples, chunks):
    waves = noise(2, samples)
    found = VGGishPatches(VGGishSettings())(waves)
    assert found.shape == (2, chunks, 96, 64)
    for wave, patches in zip(waves, found, strict=True):
        expected = waveform_to_examples(wave.double().numpy(), 16000)[:, 0].detach()
        torch.testing.assert_close(patches, expected, rtol=1e-4, atol=1e-4)


def test_vggish_pads_a_short_clip_to_one_patch():
    short = noise(1, 9000)
    padded = torch.cat([short, torch.zeros(1, 15600 - 9000)], dim=1)
    found = VGGishPatches(VGGishSettings())(short)
    expected = waveform_to_examples(padded[0].double().numpy(), 16000).detach()
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    "settings",
    [PANNsSettings(), PANNsSettings(rate=32000), PANNsSettings(8000, 256, 80, 20, 50.0, 3500.0)],
    ids=["clap", "panns", "small"],
)
def test_panns_equals_torchlibrosa(settings):
    spectrogram = Spectrogram(n_fft=settings.n_fft, hop_length=settings.hop)
    log_mel = LogmelFilterBank(
        sr=settings.rate,
        n_fft=settings.n_fft,
        n_mels=settings.mels,
        fmin=settings.low_hz,
        fmax=settings.high_hz,
        ref=1.0,
        amin=settings.floor,
        top_db=None,
    )
    waves = noise(2, 7000)
    expected = log_mel(spectrogram(waves))[:, 0].transpose(1, 2)
    found = PANNsLogMel(settings)(waves)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-4)


def test_panns_hears_silence_as_its_floor():
    found = PANNsLogMel(PANNsSettings())(torch.zeros(1, 2000))
    torch.testing.assert_close(found, torch.full((1, 64, 7), -100.0))


def literal_efficientat(wave: np.ndarray, s: EfficientATSettings) -> np.ndarray:
    """Sample by sample, frame by frame, bin by bin."""
    sharpened = [wave[n + 1] - s.pre_emphasis * wave[n] for n in range(len(wave) - 1)]
    padded = np.pad(np.array(sharpened), s.n_fft // 2, mode="reflect")
    window = np.zeros(s.n_fft)
    start = (s.n_fft - s.window) // 2
    for n in range(s.window):
        window[start + n] = 0.5 - 0.5 * math.cos(2 * math.pi * n / (s.window - 1))
    low, high = (1127 * math.log(1 + f / 700) for f in (s.low_hz, s.high_hz))
    step = (high - low) / (s.mels + 1)
    out = np.zeros((s.mels, 1 + len(sharpened) // s.hop))
    for frame in range(out.shape[1]):
        part = padded[frame * s.hop : frame * s.hop + s.n_fft] * window
        power = np.abs(np.fft.rfft(part)) ** 2
        for band in range(s.mels):
            left, total = low + band * step, 0.0
            for k in range(s.n_fft // 2):
                mel = 1127 * math.log(1 + k * s.rate / s.n_fft / 700)
                total += power[k] * max(0.0, min((mel - left) / step, 2 - (mel - left) / step))
            out[band, frame] = (math.log(total + s.floor) - s.mean) / s.scale
    return out


def test_efficientat_equals_its_definition():
    wave = np.random.default_rng(0).normal(0, 0.1, 1000)
    found = EfficientATLogMel(SMALL).double()(torch.from_numpy(wave)[None])[0].numpy()
    assert found.shape == (20, 13)
    np.testing.assert_allclose(found, literal_efficientat(wave, SMALL), rtol=1e-4, atol=1e-4)


def test_published_lengths_give_the_published_frames():
    assert EfficientATLogMel(EfficientATSettings())(torch.zeros(1, 320_000)).shape == (1, 128, 1000)
    assert PANNsLogMel(PANNsSettings())(torch.zeros(1, 5 * 44_100)).shape == (1, 64, 690)
    assert PANNsLogMel(PANNsSettings(rate=32000))(torch.zeros(1, 320_000)).shape == (1, 64, 1001)
    assert KaldiFilterBank(KaldiSettings())(torch.zeros(1, 163_840)).shape == (1, 128, 1024)


# a log-mel front end pads by reflection, and a picture has as many pixels as it has
LENGTHS = {"log_mel": (600, 20_000), "picture": (64,)}


@pytest.mark.parametrize("kind", FRONT_ENDS)
def test_every_front_end_takes_any_length_and_is_plain_deterministic_processing(kind):
    front_end = build({"kind": kind, **({"frames": 60} if kind in ("kaldi", "log_mel") else {})})
    assert front_end.settings.rate > 0
    assert not list(front_end.parameters()) and not front_end.state_dict()
    state = torch.get_rng_state()
    for samples in LENGTHS.get(kind, (1, 700, 20_000)):
        waves = noise(3, samples)
        heard = front_end.train()(waves)
        assert heard.shape[0] == 3 and heard.isfinite().all()
        torch.testing.assert_close(front_end.eval()(waves), heard, rtol=0, atol=0)
        torch.testing.assert_close(front_end(waves[1:2]), heard[1:2], rtol=1e-4, atol=1e-4)
    assert torch.equal(torch.get_rng_state(), state)
    with pytest.raises(ValueError, match=r"clips, (samples|64)"):
        front_end(torch.zeros(2, 1, 9000))


def test_waveforms_are_given_as_they_are():
    waves = noise(2, 11)
    assert torch.equal(build({"kind": "waveform", "rate": 8000})(waves), waves)


@pytest.mark.parametrize("kind", FRONT_ENDS)
def test_what_describes_a_front_end_builds_it_again(kind):
    described = describe(build({"kind": kind, "rate": 40000}))
    assert described["kind"] == kind and described["rate"] == 40000
    again = build(json.loads(json.dumps(described)))
    assert describe(again) == described


def test_a_front_end_without_a_kind_is_the_log_mel_of_older_bundles():
    assert describe(build({"rate": 8000, "mels": 20}))["kind"] == "log_mel"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kind": "kaldy"}, "no front end of kind 'kaldy'.*'kaldi'"),
        ({"kind": "panns", "n_ftt": 3}, "front end 'panns' has no setting 'n_ftt'.*'n_fft'"),
        ({"kind": "kaldi", "std": 0.0}, "front end 'kaldi'.*std must be positive"),
        ({"kind": "efficientat", "scale": 0.0}, "scale must be positive"),
        ({"kind": "efficientat", "high_hz": 17000.0}, "front end 'efficientat'.*high-freq"),
        ({"kind": "panns", "rate": 16000}, "50.0 to 14000.0 Hz do not fit below half.*8000.0"),
        ({"kind": "vggish", "mels": "many"}, "front end 'vggish'"),
    ],
)
def test_bad_settings_are_refused(settings, message):
    with pytest.raises(InputError, match=message):
        build(settings)


def test_a_foreign_module_cannot_be_described():
    with pytest.raises(InputError, match="Linear is no registered front end.*panns"):
        describe(torch.nn.Linear(1, 1))
