"""Costs of study 6: layers as networks give them, sums by hand."""

import copy
from types import SimpleNamespace

import pytest
import torch
from configs import ROOT, default_config
from costs import partials, shared
from costs.run import Run
from costs.size import counted, size_of, unheard
from costs.table import read_rates
from costs.work import NotKnown, Work

from tonotopy.networks.codec import Codec
from tonotopy.networks.filter_bank import FilterBank
from tonotopy.networks.sample_cnn import SampleCNN

RATES = read_rates(ROOT / "benchmarks/throughputs.yaml")
BANK = {
    "module": "tonotopy.networks.filter_bank:FilterBank",
    "arguments": {"kind": "cqt", "filters": 6, "taps": 200, "rate": 8000, "low_hz": 300},
    "layers": {"bank": {"path": "envelope", "read": "channels"}},
    "front_end": {"kind": "waveform", "rate": 8000},
}
NETWORKS = {
    "cnn": {
        "architecture": "sample_cnn",
        "corpus": "c",
        "arguments": {"widths": [4, 6, 8], "embedding": 5},
        "front_end": {"kind": "waveform", "rate": 8000},
        "training": {"epochs": 3, "batch": 10},
    },
    "encodec": {"published": "encodec"},
    "bank": BANK,
    "own": {**BANK, "module": "mine:Bank"},
}
ENTRY = {
    "networks": {"tagger": ["cnn", "cnn"], "codec": "encodec", "cqt": "bank"},
    "expected": {"positive": ["cqt"]},
    "heard": "c",
    "contexts": {"corpus": "d", "by": "group"},
    "directions": ["unit", "pca", "ica", "dictionary", "random"],
    "fitted": 10_000,
    "tones": {"low": 40, "high": 110, "seconds": 0.5},
    "clips": 17,
    "codes": {"networks": ["tagger", "codec"], "clusters": 9, "books": 4, "clips": 7},
    "limits": [3],
    "exhibits": 3,
}
COUNTS = {"train": 31, "validation": 6, "test": 12}
# semitones of tones that are heard: all, but up to .45 of the rate at 8 kHz
HEARD = {8000: 105 - 40 + 1, 24000: 110 - 40 + 1}


@pytest.fixture
def run(monkeypatch):
    """Clips of 2 s and of 1.5 s with three classes."""
    config = {**default_config(), "run": [], "networks": copy.deepcopy(NETWORKS)}
    config["corpora"] = {"c": {"rate": 16000}, "d": {}}
    run = Run(config, {}, RATES)
    monkeypatch.setattr(run, "clips", lambda name, split=None: COUNTS.get(split, 49))
    monkeypatch.setattr(run, "classes", lambda name: 3)
    monkeypatch.setattr(run, "seconds", lambda name: {"c": 2.0, "d": 1.5}[name])
    return run


@pytest.fixture
def stage(run):
    def worked(name: str, **changes) -> Work:
        return partials.STAGES[name](run, [SimpleNamespace(entry={**ENTRY, **changes})])

    return worked


def per_second(run, name: str) -> float:
    return run.size(name, 2.0).flops / 2


def test_layers_are_those_of_the_networks(run):
    found = {one.kind: one for one in partials.listeners(run, ENTRY, 2.0)}
    network = SampleCNN(3, [4, 6, 8], 5).eval()
    maps = network.blocks(torch.zeros(1, 1, 1, 16000))
    assert found["tagger"].laid("block3") == (8, 16000 / maps.shape[-1])
    assert found["tagger"].laid(None) == (5, 16000 / maps.shape[-1])
    assert found["codec"].laid(None) == (128, Codec().hop) and found["codec"].rate == 24000
    bank = FilterBank(**BANK["arguments"])
    assert found["cqt"].laid(None) == (6, bank.hop) and found["cqt"].bank == 12
    assert found["tagger"].bank == found["codec"].bank == found["cqt"].flops == 0
    assert [one.run for one in partials.listeners(run, ENTRY, 2.0)] == [0, 1, 0, 0]


def test_operations_of_a_codec_grow_with_the_length():
    front_end = {"kind": "waveform", "rate": 24000}
    made = unheard("codec", {}, front_end, 7.0)
    twice = made.heard.repeat(1, 2)
    assert made.heard.shape == (1, 1920)
    once, longer = (counted(lambda h=heard: made.network(h)) for heard in (made.heard, twice))
    assert longer == 2 * once > 0
    assert size_of("codec", {}, front_end, 7.0).flops == pytest.approx(7 / 0.08 * once)
    # the way back takes as many as the way here
    assert counted(lambda: made.network.decode(torch.zeros(1, 128, 6, device="meta"))) == once


def test_whole_numbers_of_a_codec_stay():
    network = unheard("codec", {}, {"kind": "waveform", "rate": 24000}, 1.0).network
    assert {p.device.type for p in network.parameters()} == {"meta"}
    strides = [b for name, b in network.named_buffers() if name.endswith("stride")]
    assert strides and all(int(stride) > 0 for stride in strides)


def test_tones_swept(run, stage):
    work = stage("sweep_tones")
    own = {}
    for name, rate in (("cnn", 8000), ("encodec", 24000), ("bank", 8000)):
        own[name] = 0.5 * (HEARD[rate] + 4 * 49) + 17 * 1.5
    flops = sum(n * (own[name] + 31 * 2) * per_second(run, name) for name, n in ALL)
    assert work.flops == pytest.approx(flops) and work.holds_gpu
    assert work.unaided == pytest.approx(own["bank"] / 10 * 12 * RATES["filtered_s"])
    told = 4 * (4 * 49 + 17) + 3 * HEARD[8000] + HEARD[24000]
    assert work.basis == f"{told:,} sounds and clips of natural sound"
    # 592 positions of 27 samples, more than are fitted; 150 of 320
    cells = 2 * 10_000 * 5**2 + 31 * 150 * 128**2
    fitted = 2 * 400 * RATES["ica_round_s"] + RATES["dictionary_s"]
    levels = 17 * 0.15 * (3 * HEARD[8000] + HEARD[24000]) * RATES["band_level_s"]
    assert work.cores == pytest.approx(cells * fitted + levels, rel=1e-6)


ALL = (("cnn", 2), ("encodec", 1))  # those whose directions are fitted, and trainings


def test_directions_that_are_fitted(run, stage):
    units = stage("sweep_tones", directions=["unit"])
    every = stage("sweep_tones")
    assert units.flops == pytest.approx(
        every.flops - sum(n * 62 * per_second(run, name) for name, n in ALL)
    )
    levels = 17 * 0.15 * (3 * HEARD[8000] + HEARD[24000]) * RATES["band_level_s"]
    assert units.cores == pytest.approx(levels)
    few = stage("sweep_tones", fitted=100, directions=["unit", "dictionary"])
    cells = 100 * (2 * 5**2 + 128**2)
    assert few.cores == pytest.approx(levels + cells * RATES["dictionary_s"])
    early = stage("sweep_tones", fitted=100, directions=["ica"], layers={"tagger": "block2"})
    cells = 100 * (2 * 6**2 + 128**2)
    assert early.cores == pytest.approx(levels + cells * 800 * RATES["ica_round_s"])
    assert stage("sweep_tones", clips=None, directions=["unit"]).cores == pytest.approx(
        49 / 17 * levels
    )


def test_codes_read(run, stage):
    work = stage("read_codes")
    network = Codec()
    latents = torch.zeros(1, 128, 150)
    quantised = counted(lambda: network.quantise(latents, 32))
    assert quantised > 0
    tagger, codec = per_second(run, "cnn"), per_second(run, "encodec")
    flops = 2 * (7 + 31 + 12) * 2 * tagger + 7 * 2 * codec + 12 * (2 * 2 * codec + quantised)
    assert work.flops == pytest.approx(flops) and work.holds_gpu
    # 27 samples a position, 3 positions a frame of 10 ms; 320, 1; 25 ms
    frames = {"tagger": 7 * 197, "codec": 7 * 150, "known": 7 * 80}
    rows = 2 * frames["tagger"] + 4 * frames["codec"] + 2 * frames["known"]
    assert work.basis == f"{rows:,} codes of frames" and work.kept == 4 * rows
    pitches = 2 * frames["tagger"] + frames["codec"] + frames["known"]
    levels = (7 + 6000 // 80) * 0.2 * 71 * RATES["band_level_s"]
    assert work.cores == pytest.approx(pitches * RATES["pitched_frame_s"] + levels)
    assert stage("read_codes", codes=None) == Work("0 codes of frames", holds_gpu=True)


def test_books_are_at_most_those_that_there_are(stage):
    codes = {**ENTRY["codes"], "networks": ["codec"], "books": 99}
    assert stage("read_codes", codes=codes).basis == f"{7 * (32 * 150 + 2 * 80):,} codes of frames"


def test_excitations(run, stage):
    work = stage("render_excitations")
    heard = 12 * 2 * (per_second(run, "cnn") + per_second(run, "encodec"))
    assert work.flops == pytest.approx(heard) and work.basis == "24 tracks"
    assert work.kept == 3 * 2 * (3 * 8000 + 3 * 24000 + 2 * 8000)
    assert work.unaided == pytest.approx(12 * 0.2 * 12 * RATES["filtered_s"])


def test_filters(stage):
    assert stage("measure_filters") == Work("the first filters of 4 networks")


def test_modules_of_the_package_are_adopted(run, stage):
    run.networks = ["cnn", "bank", "encodec"]
    work = shared.STAGES["adopt_network"](run, [])
    assert work.kept == 4 * 12 * 200 and work.basis == "0.0024 M weights"
    run.networks = ["own"]
    with pytest.raises(NotKnown, match="network own: the size of a module of your own"):
        shared.STAGES["adopt_network"](run, [])
    with pytest.raises(NotKnown, match="network own: the size of a module of your own"):
        stage("sweep_tones", networks={"mine": "own"})
