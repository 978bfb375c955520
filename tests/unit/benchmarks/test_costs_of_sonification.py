"""Costs of study 4: operations are those that networks are seen to do, sums by hand."""

import copy
from types import SimpleNamespace

import pytest
import torch
from configs import ROOT, default_config, scale
from costs import shared, sonification
from costs.run import Run
from costs.size import built
from costs.sonification import Passes, passes
from costs.table import read_rates
from costs.work import NotKnown, Work
from torch.utils.flop_counter import FlopCounterMode

from tonotopy.frontends.registry import build as build_front_end

RATES = read_rates(ROOT / "benchmarks/throughputs.yaml")
FRONT_END = {"kind": "waveform", "rate": 8000}
TRAINING = {"epochs": 3, "batch": 10, "learning_rate": 1.0e-3}
NETWORKS = {
    "tagger": {
        "architecture": "cnn12",
        "corpus": "c",
        "front_end": FRONT_END,
        "training": {**TRAINING, "objective": "tag"},
        "augmentation": [{"transform": "crop", "seconds": 0.5}],
    },
    "contrast": {
        "architecture": "cnn12",
        "corpus": "c",
        "arguments": {"projection": [8, 4]},
        "front_end": FRONT_END,
        "training": {**TRAINING, "objective": "simclr", "contrast": {"seconds": 0.4}},
    },
}
TRANSFER = {
    "corpus": "c",
    "learn": {"head": ["block1"], "all": ["block2"]},
    "runs": 2,
    "training": {"epochs": 5, "batch": 4},
    "augmentation": [{"transform": "crop", "seconds": 0.5}],
}
ENTRY = {
    "networks": {"a": "tagger", "b": ["contrast", "contrast"]},
    "layers": ["block1", "block3", "embedding"],
    "clips": 7,
    "selecting": 11,
    "shifts": {"offsets": [1, 2], "clips": 3},
    "residuals": True,
    "targets": True,
    "transfers": {"t": TRANSFER},
    "answers": "t",
    "evolution": {"epochs": [0, 1, 2], "layers": ["block2"], "maps": 4},
    "shown": {"layers": ["block4"], "maps": 3},
    "exhibits": 2,
}
COUNTS = {"train": 40, "validation": 6, "test": 12}


@pytest.fixture
def run(monkeypatch):
    """A corpus of clips of 1 s with three labels."""
    run = Run({**default_config(), "run": [], "networks": copy.deepcopy(NETWORKS)}, {}, RATES)
    monkeypatch.setattr(run, "clips", lambda name, split=None: COUNTS.get(split, 58))
    monkeypatch.setattr(run, "classes", lambda name: 3)
    monkeypatch.setattr(run, "seconds", lambda name: 1.0)
    monkeypatch.setattr(run, "clip_bytes", lambda name: 100)
    return run


@pytest.fixture
def stage(run):
    def worked(name: str, **changes) -> Work:
        return sonification.STAGES[name](run, [SimpleNamespace(entry={**ENTRY, **changes})])

    return worked


def counted(work) -> int:
    counter = FlopCounterMode(display=False)
    with counter:
        work()
    return counter.get_total_flops()


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("seconds", [0.5, 1.37])
def test_operations_are_those_that_are_seen(run, name, seconds):
    chain = passes(run, name, seconds)
    assert chain.forward == run.size(name, seconds).flops
    entry = NETWORKS[name]
    settings = build_front_end(FRONT_END).settings
    classes = 3 if name == "tagger" else 0
    network = built("cnn12", entry.get("arguments", {}), settings, classes)
    with torch.device("meta"):
        sound = torch.zeros(1, 1, 1, round(8000 * seconds), requires_grad=True)
    maps = sound
    for layer, block in zip(chain.blocks, network.features, strict=True):
        maps = block(maps)
        (signal,) = (torch.ones_like(maps),)

        def back(end=maps, signal=signal):
            torch.autograd.grad(end, sound, signal, retain_graph=True)

        assert counted(back) == chain.below(layer)


def test_sums_of_operations():
    chain = Passes({"x": 5, "y": 7, "z": 11}, 13)
    assert chain.forward == 36 and chain.below("y") == 12
    assert chain.sonified() == 5 + 12 + 23 and chain.sonified(["z"]) == 23


def test_maps_heard(run, stage):
    chains = [passes(run, name, 1.0) for name in ("tagger", "contrast", "contrast", "tagger")]
    forward, own = sum(chain.forward for chain in chains), 12 * chains[0].forward
    assert stage("hear_maps").flops == (12 + 11) * forward + own
    assert stage("hear_maps", selecting=None).flops == (12 + 40) * forward + own


def test_sonifications(run, stage):
    chains = [passes(run, name, 1.0) for name in ("tagger", "contrast", "contrast", "tagger")]
    each = sum(c.forward + c.sonified(["block1", "block3"]) for c in chains)
    work = stage("sonify_clips")
    assert work.flops == (7 + 3 * (2 + 3)) * each and work.holds_gpu
    assert work.cores == pytest.approx(4 * 7 * 2 * 0.1 * RATES["coherence_clip_s"])
    assert stage("sonify_clips", clips=None).flops == (12 + 3 * (2 + 3)) * each


def test_answers_without_sonifications(run, stage):
    layers, residual, targeted = ["block1", "block3"], 0, 0
    for name in ("tagger", "contrast", "contrast", "tagger"):
        chain = passes(run, name, 1.0)
        residual += 7 * 2 * (chain.forward + chain.sonified(layers) + (1 + 3 * 2) * chain.forward)
        targeted += 7 * (chain.forward + 2 * chain.sonified(layers))
        targeted += 7 * (1 + 2 * 2) * chain.forward
    assert stage("subtract_sonifications").flops == residual
    assert stage("subtract_sonifications").cores > 0
    assert stage("subtract_sonifications", residuals=False).flops == 0
    assert stage("subtract_classes").flops == targeted
    assert stage("subtract_classes", targets=False).flops == 0


def alone(chain, *layers):
    return sum(chain.forward + chain.below(layer) for layer in layers)


def test_pictures(run, stage):
    """Two of every layer, three maps with three clips, and of networks with snapshots epochs."""
    flops = 0
    for name, evolves in (("tagger", True), ("contrast", True), ("tagger", False)):
        chain = passes(run, name, 1.0)
        flops += 2 * alone(chain, "block1", "block3") + 3 * 3 * alone(chain, "block4")
        flops += 3 * 4 * alone(chain, "block2") * evolves
    assert stage("picture_maps").flops == flops
    assert stage("picture_maps", evolution=None).flops < flops


def test_exhibits(run, stage):
    flops = 0
    for name, evolves in (("tagger", True), ("contrast", True), ("tagger", False)):
        chain = passes(run, name, 1.0)
        flops += 2 * (alone(chain, "block1", "block3") + 3 * alone(chain, "block3") * evolves)
    work = stage("render_sonifications")
    assert work.flops == flops and work.kept == 2 * (1 + 3 * 2 + 2 * 3) * 100


def test_parts_of_sound_that_is_made_here_are_not_known(stage):
    assert stage("match_parts").flops == 0
    with pytest.raises(NotKnown, match="parts are kept of sound that is made here"):
        stage("match_parts", matches=True)


def test_transfers(run, stage):
    flops = 0
    for name in ("tagger", "contrast", "contrast", "tagger"):
        crop, whole = (passes(run, name, seconds) for seconds in (0.5, 1.0))
        heard = (5 * 6 + 12 + 40) * whole.forward
        head = 5 * 40 * crop.forward + heard
        ends = (crop.below("block2"), crop.forward)
        flops += 2 * (head + sum(5 * 40 * (crop.forward + 2 * end) + heard for end in ends))
    work = stage("transfer_network")
    assert work.training_flops == flops and work.basis == "24 trainings"
    assert work.kept == 2 * 4 * sum(
        run.size(name, 1.0).parameters for name in ("tagger", "contrast", "contrast", "tagger")
    )
    few = stage("transfer_network", transfers={"t": {**TRANSFER, "labels": 10}})
    assert few.training_flops < flops
    assert stage("transfer_network", transfers=None).training_flops == 0


def test_trainings_hear_crops_and_two_views(run):
    run.networks = ["tagger", "contrast"]
    tagger = shared.training(run, "tagger", 40, 6)
    half, whole = (passes(run, "tagger", seconds).forward for seconds in (0.5, 1.0))
    assert tagger.training_flops == 3 * (3 * 40 * half + 6 * whole) and tagger.cores == 0
    view = passes(run, "contrast", 0.4).forward
    contrast = shared.training(run, "contrast", 40, 6)
    assert contrast.training_flops == 3 * (3 * 40 + 6) * 2 * view


def test_other_networks_are_not_known(run):
    run.config["networks"]["tagger"] = {"architecture": "vggish"}
    with pytest.raises(NotKnown, match="network tagger: sonifications are counted through CNN12"):
        passes(run, "tagger", 1.0)


def test_clips_with_all_of_audiosets_labels_are_counted():
    whole = {"maker": "audioset", "task": "tags", "rate": 8000, "seconds": 10.0}
    few = {**whole, "segments": ["balanced"]}
    config = {**scale("paper"), "run": []}
    config["corpora"] = {"whole": whole, "few": few}
    run = Run(config, {}, RATES)
    assert run.clips("whole") == round(0.85 * 2_084_320) and run.classes("whole") == 527
    splits = [run.clips("few", split) for split in ("train", "validation", "test")]
    assert splits == [round(0.85 * n) for n in (0.9 * 22_160, 0.1 * 22_160, 20_371)]
    assert sum(splits) == pytest.approx(run.clips("few"), abs=2)
    with pytest.raises(NotKnown, match="corpus few: how many clips its rarest label has"):
        run.smallest_class("few", "train")
