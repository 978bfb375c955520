"""Devices, one rate policy, which outputs stand for which classes, what a network answers."""

from types import SimpleNamespace

import numpy as np
import pytest
import soxr
import torch
from torch import nn
from worlds import RATE, TONES, tone_corpus

from tonotopy import inference
from tonotopy.corpora import hearing
from tonotopy.corpora.hearing import waveforms_at
from tonotopy.errors import InputError
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.inference import (
    activated,
    check_trained_on,
    kept_columns,
    network_inputs,
    output_columns,
    outputs,
    pick_device,
    prediction_table,
    probabilities,
)
from tonotopy.networks.bundle import Bundle


@pytest.fixture(scope="module")
def tones(tmp_path_factory):
    return tone_corpus(tmp_path_factory.mktemp("corpora") / "tones")


# --- devices ---


@pytest.mark.parametrize(
    ("accelerator", "available", "expected"),
    [
        ("cpu", True, "cpu"),
        ("auto", True, "cuda"),
        ("gpu", True, "cuda"),
        ("cpu", False, "cpu"),
        ("auto", False, "cpu"),
    ],
)
def test_a_device_is_picked_and_a_gpu_claimed(monkeypatch, accelerator, available, expected):
    claimed, precision = [], []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: available)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(inference, "claim_gpus", lambda *numbers: claimed.append(numbers))
    monkeypatch.setattr(torch, "set_float32_matmul_precision", precision.append)
    assert pick_device(accelerator).type == expected
    assert claimed == ([(1, 3)] if expected == "cuda" else [])
    assert precision == (["high"] if expected == "cuda" else [])


def test_a_gpu_that_is_not_there_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="accelerator is 'gpu' but torch sees none"):
        pick_device("gpu")


def test_torch_keeps_to_the_threads_it_is_given():
    before = torch.get_num_threads()
    try:
        inference.use_threads(1)
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(before)


# --- rates ---


def test_equal_rates_give_the_samples_on_disk(tones):
    positions = np.array([9, 2, 30])
    np.testing.assert_array_equal(waveforms_at(tones, positions, RATE), tones.waveforms(positions))
    assert waveforms_at(tones, positions, RATE).dtype == np.float32


@pytest.mark.parametrize("rate", [8000, 3000])
def test_other_rates_are_resampled_clip_by_clip(tones, rate):
    positions = np.array([9, 2, 30, 5])
    found = waveforms_at(tones, positions, rate)
    assert found.shape == (4, rate // 4) and found.dtype == np.float32
    for row, position in enumerate(positions):
        alone = soxr.resample(tones.waveforms([position])[0], RATE, rate, quality="HQ")
        np.testing.assert_allclose(found[row], alone, atol=1e-6)
    one = waveforms_at(tones, positions[:1], rate)
    np.testing.assert_allclose(one, found[:1], atol=1e-6)


def test_clips_are_cut_before_they_are_resampled(tones):
    found = waveforms_at(tones, np.arange(6), 8000, seconds=0.2)
    assert found.shape == (6, 1600)
    expected = soxr.resample(tones.waveforms([5])[0, :800], RATE, 8000, quality="HQ")
    np.testing.assert_allclose(found[5], expected, atol=1e-6)
    whole = waveforms_at(tones, np.arange(6), RATE, seconds=0.25)
    np.testing.assert_array_equal(whole, tones.waveforms(np.arange(6)))
    with pytest.raises(InputError, match="corpus tones: clips of 0.25 s are shorter than 1 s"):
        waveforms_at(tones, [0], RATE, seconds=1.0)


def test_a_network_hears_at_its_own_rate_and_the_log_says_so_once(tones, capsys):
    hearing._note.cache_clear()
    bundle = Bundle(nn.Identity(), Waveform(WaveformSettings(8000)), {})
    positions = np.array([3, 50, 4, 1, 80])
    for _ in range(2):
        batches = list(network_inputs(bundle, tones, positions, batch=2))
    assert [start for start, _ in batches] == [0, 2, 4]
    assert [len(inputs) for _, inputs in batches] == [2, 2, 1]
    heard = torch.cat([inputs for _, inputs in batches]).numpy()
    np.testing.assert_allclose(heard, waveforms_at(tones, positions, 8000), atol=1e-6)
    note = "note: corpus tones has 4000 Hz and is resampled to 8000 Hz\n"
    assert capsys.readouterr().out == note
    own = Bundle(nn.Identity(), Waveform(WaveformSettings(RATE)), {})
    list(network_inputs(own, tones, positions, batch=2))
    assert capsys.readouterr().out == ""


# --- answers ---


class Scores(nn.Module):
    """Logits that tell the clip: energies of five bands of its spectrum."""

    def __init__(self, how=lambda logits: logits):
        super().__init__()
        self.how = how

    def forward(self, waveforms):
        bands = torch.fft.rfft(waveforms).abs()[:, :500].unflatten(1, (5, 100)).sum(dim=-1)
        return self.how(bands / 100)


def bundle(classes=(), how=lambda logits: logits) -> Bundle:
    network = Scores(how)
    return Bundle(network, Waveform(WaveformSettings(RATE)), {"classes": list(classes)})


NAMES = ["other", "high", "low", "mid", "last"]


@pytest.mark.parametrize(
    "how",
    [
        lambda logits: (logits, None),
        lambda logits: {"loss": logits.mean(), "logits": logits},
        lambda logits: {"scores": logits},
    ],
)
def test_answers_in_any_container_are_the_same(tones, how):
    positions = np.arange(40)
    expected = outputs(bundle(), tones, positions)
    assert expected.shape == (40, 5) and expected.dtype == np.float32
    np.testing.assert_array_equal(outputs(bundle(how=how), tones, positions), expected)


def test_answers_of_more_clips_than_a_batch_are_in_order(tones):
    positions = np.tile(np.arange(84), 2)[::-1]  # 168: a batch and a rest
    found = outputs(bundle(), tones, positions)
    alone = np.concatenate([outputs(bundle(), tones, positions[i : i + 1]) for i in range(168)])
    np.testing.assert_allclose(found, alone, atol=1e-5)


@pytest.mark.parametrize(
    ("classes", "how", "told"),
    [
        ((), lambda x: x[:, :, None], r"Scores answers with shape \(4, 5, 1\), expected \(4, outp"),
        ((), lambda x: x[:1], r"shape \(1, 5\), expected \(4, outputs\)"),
        (("a", "b"), lambda x: x, r"shape \(4, 5\), expected \(4, 2\).*all of its classes or none"),
    ],
)
def test_answers_of_another_shape_are_refused(tones, classes, how, told):
    with pytest.raises(InputError, match=told):
        outputs(bundle(classes, how), tones, np.arange(4))


def test_probabilities_are_softmax_or_sigmoid_over_all_outputs(tones):
    positions = np.arange(7)
    logits = outputs(bundle(), tones, positions).astype(np.float64)
    softmax, sigmoid = (
        probabilities(bundle(), tones, positions, *kind) for kind in ((), ("sigmoid",))
    )
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(softmax, expected, rtol=1e-5)
    np.testing.assert_allclose(sigmoid, 1 / (1 + np.exp(-logits)), rtol=1e-5)
    with pytest.raises(InputError, match="no activation 'softmx'.*'softmax'"):
        activated(torch.zeros(1, 2), "softmx")


def test_outputs_are_found_by_the_class_s_name_by_a_map_or_by_number(tones):
    named = bundle(NAMES)
    assert output_columns(named, tones) == (NAMES, [0, 1, 2, 3, 4])
    chosen = {"mid": "last", "low": 3, "high": "other"}
    assert output_columns(named, tones, chosen) == (["mid", "low", "high"], [4, 3, 0])
    chosen = {"mid": 7, "low": 3, "high": 0, "unseen": 1}
    assert output_columns(bundle(), tones, chosen) == (list(chosen), [7, 3, 0, 1])
    np.testing.assert_array_equal(kept_columns(np.arange(8).reshape(1, 8), [7, 3]), [[7, 3]])


@pytest.mark.parametrize(
    ("classes", "chosen", "told"),
    [
        ((), None, "network has no names for its outputs: say in 'outputs'.*corpus tones"),
        (("low", "mid"), None, "corpus tones: the network does not know high"),
        (
            NAMES,
            {"low": "low", "mid": "mid", "hig": "high"},
            "class 'high' of corpus tones has no output .did you mean 'hig'",
        ),
        (NAMES, {"low": "lo", "mid": "mid", "high": "high"}, r"outputs\.low: .*'lo'.*'low'"),
        (NAMES, {"low": 5, "mid": 1, "high": 2}, r"low: no output 5, the network's are 0 to 4"),
        (NAMES, {"low": -1, "mid": 1, "high": 2}, r"outputs\.low: no output -1"),
        (NAMES, {"low": "high", "mid": 1, "high": 2}, "'low' and 'mid' have the same output 1"),
    ],
)
def test_classes_without_an_output_of_their_own_are_refused(tones, classes, chosen, told):
    with pytest.raises(InputError, match=told):
        output_columns(bundle(classes), tones, chosen)


def test_a_class_without_an_output_is_allowed_where_none_is_predicted(tones):
    known = ("low", "mid")
    assert output_columns(bundle(known), tones, unknown_classes=True) == (list(known), [0, 1])
    with pytest.raises(InputError, match="network has no names for its outputs"):
        output_columns(bundle(()), tones, unknown_classes=True)
    with pytest.raises(InputError, match="class 'high' of corpus tones has no output"):
        output_columns(bundle(NAMES), tones, {"low": 0, "mid": 1}, unknown_classes=True)


def test_an_output_beyond_the_last_is_refused_once_their_number_is_known():
    assert kept_columns(np.zeros((2, 3)), [2, 0]).shape == (2, 2)
    with pytest.raises(InputError, match="no output 3, the network's are 0 to 2"):
        kept_columns(np.zeros((2, 3)), [3, 0])


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_predictions_are_the_likeliest_of_the_mapped_outputs(tones, activation):
    chosen = {"mid": "last", "low": 3, "high": "other"}
    table = prediction_table(bundle(NAMES), tones, "validation", "v", chosen, activation)
    positions = tones.indices("validation")
    assert table["clip"].tolist() == tones.clips[positions].tolist()
    assert set(table["role"]) == {"v"}
    labels = [list(TONES)[i] for i in tones.labels[positions]]
    assert table["label"].tolist() == labels and len(set(labels)) == 3
    values = probabilities(bundle(NAMES), tones, positions, activation)
    for row, of_clip in zip(table.itertuples(), values, strict=True):
        kept = {"mid": of_clip[4], "low": of_clip[3], "high": of_clip[0]}
        assert row.predicted == max(kept, key=kept.get)
        assert row.probability == pytest.approx(max(kept.values()))
    whole = prediction_table(bundle(NAMES), tones, "validation", "v")
    assert set(whole["predicted"]) <= set(NAMES)
    assert whole["predicted"].tolist() == [
        NAMES[i] for i in probabilities(bundle(NAMES), tones, positions).argmax(axis=1)
    ]


@pytest.mark.parametrize(
    ("info", "refused"),
    [
        ({}, False),
        ({"corpus": {"name": "tones", "content_sha256": "a" * 64}}, False),
        ({"corpus": {"name": "tones", "content_sha256": "b" * 64}}, True),
        ({"corpus": {"name": "others", "content_sha256": "b" * 64}}, False),
    ],
)
def test_a_network_of_another_version_of_its_corpus_is_refused(info, refused):
    corpus = SimpleNamespace(name="tones", info={"content_sha256": "a" * 64})
    if refused:
        with pytest.raises(InputError, match="content bbbbbbbbbb, which has aaaaaaaaaa now"):
            check_trained_on(SimpleNamespace(info=info), corpus)
    else:
        check_trained_on(SimpleNamespace(info=info), corpus)
