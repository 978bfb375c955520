"""Several processes learn what one learns: same batches, same draws, same loss, same weights."""

import os
import stat
import sys

import numpy as np
import pandas as pd
import pytest
import torch
import torch.distributed
from worlds import NETWORK, tone_corpus

from tonotopy.errors import InputError
from tonotopy.frontends.mel import LogMelScale
from tonotopy.networks.bundle import load
from tonotopy.networks.clap import CLAP
from tonotopy.training import ranks
from tonotopy.training.augmentation.declared import (
    TRANSFORMS,
    Gain,
    Mask,
    Noise,
    PassFilter,
    PitchShift,
    RelativeNoise,
    TimeStretch,
)
from tonotopy.training.augmentation.registry import FUNCTIONS
from tonotopy.training.clips import INPUT, Clips
from tonotopy.training.fit import train
from tonotopy.training.learner import EpochBatches
from tonotopy.training.listening import Batch
from tonotopy.training.loop import EpochLines
from tonotopy.training.objectives import TextContrast
from tonotopy.training.settings import TrainingSettings
from tonotopy.training.shares import Share, gathered

# nothing in this network depends on the batch: neither batch norm nor dropout
SETTINGS = {
    **NETWORK,
    "training": {"epochs": 2, "batch": 8, "learning_rate": 3e-4, "snapshots": [0, 1]},
    "augmentation": [
        {"transform": "noise", "range": [0.01, 0.1], "p": 0.5},
        {"transform": "pitch_shift", "range": [-0.5, 0.5], "p": 0.5},
        {"transform": "pitch_mask", "range": [2, 4], "p": 0.5},
        {"transform": "time_mask", "range": [2, 4], "p": 0.5},
    ],
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """45 clips make batches of 7 and 8, 17 make batches of 5 and 6: shares differ in size."""
    return tone_corpus(tmp_path_factory.mktemp("corpora") / "tones", (45, 17, 3))


def trained(corpus, place, devices=1, **training):
    settings = {**SETTINGS, "training": {**SETTINGS["training"], **training, "devices": devices}}
    history = train(
        corpus, settings, place / "net", place / "checkpoints", place / "logs", 0, "cpu"
    )
    return history, load(place / "net")


@pytest.fixture(scope="module")
def alone(corpus, tmp_path_factory):
    place = tmp_path_factory.mktemp("alone")
    return *trained(corpus, place), place / "net"


def assert_same(ours, theirs):
    """Weights within 1e-5, but for biases of attention's keys: softmax does not notice them."""
    for (name, a), b in zip(
        ours.network.named_parameters(), theirs.network.parameters(), strict=True
    ):
        a, b = a.detach(), b.detach()
        if name.endswith("qkv.bias"):
            a, b = (torch.cat([x.chunk(3)[0], x.chunk(3)[2]]) for x in (a, b))
        torch.testing.assert_close(a, b, rtol=0, atol=1e-5, msg=lambda m, n=name: f"{n}: {m}")


def test_two_processes_learn_what_one_learns(corpus, alone, tmp_path):
    assert {len(b) for b in EpochBatches(corpus.indices("train"), 8)} == {7, 8}
    history, bundle = trained(corpus, tmp_path, devices=2)
    assert_same(bundle, alone[1])
    for epoch in (0, 1):
        assert_same(load(tmp_path / "net", epoch), load(alone[2], epoch))
    pd.testing.assert_frame_equal(history, alone[0], rtol=1e-5, atol=1e-6)
    assert history["validation_macro_f1"].tolist() == alone[0]["validation_macro_f1"].tolist()
    assert bundle.info["training"] == alone[1].info["training"]
    assert len(list((tmp_path / "logs").glob("events*"))) == 1


SRUN = """#!/bin/bash
# stands in for SLURM's: as many tasks as are asked for, numbered as SLURM numbers them
for i in "$@"; do case $i in --ntasks=*) tasks=${i#*=};; esac; done
while [[ $1 == --* ]]; do shift; done
for task in $(seq 0 $((tasks - 1))); do
  SLURM_JOB_ID=4321 SLURM_NTASKS=$tasks SLURM_NTASKS_PER_NODE=$tasks SLURM_PROCID=$task \\
    SLURM_LOCALID=$task SLURM_NODEID=0 SLURM_NODELIST=localhost SLURM_NNODES=1 \\
    SLURM_JOB_NAME=job "$@" &
done
wait
"""


def test_slurms_tasks_resume_what_one_process_began(corpus, alone, tmp_path, monkeypatch, capfd):
    """Killed in its second epoch with one device, taken up with two."""
    began = []

    class Killed(BaseException):
        pass

    begin = EpochLines.on_train_epoch_start

    def die(self, trainer, module):
        began.append(trainer.current_epoch)
        begin(self, trainer, module)
        if trainer.current_epoch == 1:
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(EpochLines, "on_train_epoch_start", die)
        trained(corpus, tmp_path)
    assert began == [0, 1]
    srun = tmp_path / "bin/srun"
    srun.parent.mkdir()
    srun.write_text(SRUN)
    srun.chmod(srun.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{srun.parent}{os.pathsep}{os.environ['PATH']}")
    settings = {**SETTINGS, "training": {**SETTINGS["training"], "devices": 2}}
    history = train(
        corpus,
        settings,
        tmp_path / "net",
        tmp_path / "checkpoints",
        tmp_path / "logs",
        0,
        "cpu",
        starter="srun",
    )
    told = capfd.readouterr().out
    assert told.count("resuming from epoch 2 of 2") == 1 and told.count("epoch 2/2") == 1
    assert_same(load(tmp_path / "net"), alone[1])
    assert history["validation_macro_f1"].tolist() == alone[0]["validation_macro_f1"].tolist()


def test_a_process_that_fails_fails_the_training(corpus, tmp_path, monkeypatch, capsys):
    failing = [sys.executable, "-c", "print('no room'); raise SystemExit(3)"]
    monkeypatch.setattr(ranks, "_start", lambda devices, threads, starter: failing)
    with pytest.raises(RuntimeError, match="training on 2 devices failed"):
        trained(corpus, tmp_path, devices=2)
    assert "no room" in capsys.readouterr().out and not (tmp_path / "net").exists()


def reader() -> CLAP:
    """Without dropout and with fixed batch norm, so that a clip does not depend on its batch."""
    torch.manual_seed(0)
    sizes = {"widths": [4, 4, 4, 4, 8, 8], "fc": 16, "projection": 8, "text_width": 8}
    return CLAP(3, ["dog", "cat", "rain"], mels=32, **sizes).eval()


def contrast(share: Share) -> tuple[float, list[torch.Tensor]]:
    """Return the loss and the gradients of a process's share of one batch of five clips."""
    rng = torch.Generator().manual_seed(1)
    heard = torch.randn(5, 32, 40, generator=rng)
    targets = torch.eye(3)[torch.tensor([0, 1, 2, 0, 1])]
    network = reader()
    clips = Clips(heard[share.slice], targets[share.slice], share, 8000, INPUT)
    loss, logits = TextContrast().loss(network, Batch(clips, lambda clips, rng: clips))
    assert len(logits) == share.stop - share.start
    loss.backward()
    return loss.item(), [p.grad for p in network.parameters()]


def one_of_two(rank: int, folder: str) -> None:
    """What each of two processes does: share the batch, then average gradients as DDP does."""
    store = f"file://{folder}/store"
    torch.distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=2)
    share = Share.of(5, rank, 2)
    loss, gradients = contrast(share)
    for gradient in gradients:
        torch.distributed.all_reduce(gradient)
        gradient /= 2
    whole = gathered(torch.arange(share.start, share.stop), share)
    torch.save((loss, gradients, whole), f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


def test_the_contrastive_loss_holds_every_clip_against_all_texts_of_the_batch(tmp_path):
    torch.multiprocessing.spawn(one_of_two, (str(tmp_path),), nprocs=2)
    expected, gradients = contrast(Share.of(5))
    for rank in range(2):
        loss, found, whole = torch.load(tmp_path / f"{rank}.pt")
        assert loss == pytest.approx(expected, rel=1e-6) and whole.tolist() == [0, 1, 2, 3, 4]
        for ours, theirs in zip(found, gradients, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)
    half, _ = contrast(Share(0, 2, 2))
    assert abs(half - expected) > 0.1


def test_shares_make_up_the_batch_and_weigh_what_they_hold():
    for total in (1, 2, 7, 8, 32):
        for count in (1, 2, 3):
            shares = [Share.of(total, rank, count) for rank in range(count)]
            held = [i for share in shares for i in range(total)[share.slice]]
            assert held == list(range(total))
            values = np.random.default_rng(0).normal(size=total)
            means = [s.weight * values[s.slice].mean() for s in shares if s.stop > s.start]
            assert sum(means) / count == pytest.approx(values.mean())


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("noise", Noise((0.1, 1.0), 0.6)),
        ("pitch_shift", PitchShift((-2, 2), 0.6)),
        ("pitch_mask", Mask((1, 4), 0.6)),
        ("time_mask", Mask((1, 4), 0.6)),
        ("relative_noise", RelativeNoise((0.1, 1.0), 0.6)),
        ("gain", Gain((-12, 3), 0.6)),
        ("time_stretch", TimeStretch((0.8, 1.2), 0.6)),
        ("pass_filter", PassFilter((500, 900), (1000, 3000), 0.6)),
    ],
)
def test_a_clip_sounds_the_same_in_any_share(name, settings):
    x = torch.rand(7, 20) if TRANSFORMS[name].domain == "waveform" else torch.rand(7, 12, 20)
    scale = LogMelScale(0.0, 4000.0, 1e-6, 10.0)

    def transformed(share):
        clips = Clips(x[share.slice], torch.arange(7)[share.slice], share, 8000, scale=scale)
        return FUNCTIONS[name](clips, settings, torch.Generator().manual_seed(3)).sounds

    whole = transformed(Share.of(7))
    found = [transformed(Share.of(7, rank, 3)) for rank in range(3)]
    assert torch.equal(torch.cat(found), whole) and not torch.equal(whole, x)


def test_what_processes_cannot_share_is_refused(corpus, tmp_path):
    with pytest.raises(
        InputError, match="3 devices cannot share the train split's smallest batch, of 1"
    ):
        trained(corpus, tmp_path, devices=3, batch=2)
    with pytest.raises(InputError, match="training.devices is 64 but torch sees"):
        settings = {**SETTINGS, "training": {**SETTINGS["training"], "devices": 64}}
        train(corpus, settings, *(tmp_path / n for n in ("net", "c", "l")), 0, "gpu")
    normed = {
        "architecture": "mobilenet",
        "arguments": {"width_mult": 0.1},
        "front_end": {
            "kind": "efficientat",
            "rate": 4000,
            "n_fft": 256,
            "window": 200,
            "hop": 160,
            "mels": 32,
            "high_hz": 2000.0,
        },
        "training": {**SETTINGS["training"], "devices": 2},
    }
    with pytest.raises(InputError, match="this network has batch norm"):
        train(corpus, normed, *(tmp_path / n for n in ("net", "c", "l")), 0, "cpu")
    assert TrainingSettings(1, 1, 0.1).devices == 1
