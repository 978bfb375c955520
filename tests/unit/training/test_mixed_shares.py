"""Two processes that share a batch unevenly learn what one learns: contrast, background, mixup."""

import pytest
import torch
import torch.distributed
from small_batches import RATE, clips, noises, rng
from torch import nn

from tonotopy.frontends import registry as front_ends
from tonotopy.training.augmentation.declared import steps
from tonotopy.training.listening import Batch, hear
from tonotopy.training.objectives import Classify, SimCLR, Tag
from tonotopy.training.settings import ContrastSettings
from tonotopy.training.shares import Share

CLIPS, SAMPLES = 7, 100
WAVEFORM = {"kind": "waveform", "rate": RATE}
BACKGROUND = [
    {"transform": "gain", "range": [-18, 6], "p": 0.5},
    {"transform": "noise", "range": [0.001, 0.015], "p": 0.5},
    {"transform": "silence", "most": 2, "seconds": 0.001, "p": 0.8},
    {"transform": "background", "range": [0, 9], "p": 0.7},
]
MIXUP = [{"transform": "crop", "seconds": 0.005}, {"transform": "mixup", "alpha": 0.5, "p": 0.8}]
ROOM = ContrastSettings(seconds=0.005)
CASES = {
    "simclr": (SimCLR(ROOM), BACKGROUND),
    "overlapping": (SimCLR(ContrastSettings(0.005, True, 0.3, True)), BACKGROUND),
    "classify": (Classify(3, soft=True), MIXUP),
    "tag": (Tag(), [*BACKGROUND[:2], *MIXUP, BACKGROUND[3]]),
}


def learned(name: str, share: Share) -> tuple[torch.Tensor, torch.Tensor, list[torch.Tensor]]:
    """Return loss, outputs and gradients of a process's share of one batch."""
    aim, listed = CASES[name]
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(40, 16), nn.Tanh(), nn.Linear(16, 3))
    targets = torch.eye(3)[torch.arange(CLIPS) % 3]
    front_end, chosen = front_ends.build(WAVEFORM), steps(listed, WAVEFORM)
    given = clips(noises(CLIPS, SAMPLES).float(), targets, share)
    batch = Batch(given, lambda c, source: hear(c, front_end, chosen, source), rng(4))
    loss, outputs = aim.loss(network, batch)
    loss = loss if aim.whole else share.weight * loss
    loss.backward()
    assert len(outputs) == share.stop - share.start
    return loss.detach(), outputs.detach(), [p.grad for p in network.parameters()]


def one_of_two(rank: int, folder: str) -> None:
    """What each of two processes does: share the batch, then average gradients as DDP does."""
    store = f"file://{folder}/store"
    torch.distributed.init_process_group("gloo", init_method=store, rank=rank, world_size=2)
    found = {}
    for name in CASES:
        loss, outputs, gradients = learned(name, Share.of(CLIPS, rank, 2))
        for value in (loss, *gradients):
            torch.distributed.all_reduce(value)
            value /= 2
        found[name] = loss, outputs, gradients
    torch.save(found, f"{folder}/{rank}.pt")
    torch.distributed.destroy_process_group()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shared")
    torch.multiprocessing.spawn(one_of_two, (str(folder),), nprocs=2)
    return [torch.load(folder / f"{rank}.pt") for rank in range(2)]


@pytest.mark.parametrize("name", CASES)
def test_two_processes_have_the_loss_and_the_gradients_of_one(name, shared):
    loss, outputs, gradients = learned(name, Share.of(CLIPS))
    assert all(gradient.abs().max() > 1e-3 for gradient in gradients)
    parts = [found[name][1] for found in shared]
    assert [len(part) for part in parts] == [3, 4]
    torch.testing.assert_close(torch.cat(parts), outputs, rtol=0, atol=1e-5)
    for found in shared:
        torch.testing.assert_close(found[name][0], loss, rtol=0, atol=1e-5)
        for ours, theirs in zip(found[name][2], gradients, strict=True):
            torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


def test_negatives_are_those_of_both_processes():
    """By itself a process of three clips has fewer negatives, and another loss."""
    alone, _, _ = learned("simclr", Share.of(CLIPS))
    part = Share(0, 3, 3)
    assert abs(learned("simclr", part)[0] - alone) > 0.1
