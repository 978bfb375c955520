"""An activation is its clip's: whatever else is found on a few clips and refused with the cause."""

import pytest
import torch
from threads import one_thread  # noqa: F401 (used by every test)
from torch import nn
from torch.nn import functional

from tonotopy.errors import InputError
from tonotopy.networks.belonging import Unheard, check_belonging
from tonotopy.networks.layers import Layer
from tonotopy.networks.tracing import read

SOUNDS = torch.randn(3, 48, generator=torch.Generator().manual_seed(0))


class Made(nn.Module):
    """A network whose forward is given; its layer ``out`` returns what that makes."""

    def __init__(self, forward, **modules):
        super().__init__()
        torch.manual_seed(0)
        self.made, self.passes, self.kept = forward, 0, None
        self.first, self.out = nn.Linear(48, 8), nn.Identity()
        for name, module in modules.items():
            self.add_module(name, module)

    def forward(self, sounds):
        self.passes += 1
        return self.out(self.made(self, sounds))


def check(network, layer=None, clips=3):
    layers = {"x": layer or Layer("out")}
    check_belonging(network.eval(), layers, lambda numbers: SOUNDS[numbers], clips)


def switched_on(self, x):
    self.train()
    return self.drop(self.first(x))


def normed_in_training(self, x):
    self.train()
    return self.norm(self.first(x))


def remembered(self, x):
    self.kept = self.first(x) if self.kept is None or len(self.kept) != len(x) else self.kept
    return self.kept


def drifting(self, x):
    return self.first(x) + 0.01 * self.passes


def steps(self, x):
    """(steps, clips, width), as recurrent modules give it."""
    return self.first(x)[:, None].expand(-1, 6, -1).cumsum(1).transpose(0, 1).contiguous()


def last_axis(self, x):
    return self.first(x).T.expand(3, 8, len(x)).contiguous() if len(x) == 3 else self.first(x).T


def chunk_by_chunk(self, x):
    return self.short(x.unflatten(1, (4, 12)).transpose(0, 1).flatten(0, 1))


def clip_by_clip(self, x):
    return self.short(x.unflatten(1, (4, 12)).flatten(0, 1))


def sorted_clips(self, x):
    values = self.first(x)
    return values[values[:, 0].argsort()]


SHORT = {"short": nn.Linear(12, 5)}
CASES = {
    "dropout that eval does not switch off": (
        Made(lambda self, x: functional.dropout(self.first(x), 0.1)),
        "other activations when they are heard again: dropout, noise",
    ),
    "noise": (
        Made(lambda self, x: self.first(x) + 1e-3 * torch.randn(len(x), 8)),
        "heard again: dropout, noise",
    ),
    "a state that grows": (Made(drifting), "kept from pass to pass"),
    "train in forward, with dropout": (
        Made(switched_on, drop=nn.Dropout(0.2)),
        "heard again: a pass sets Dropout, .* to training: leave self.train",
    ),
    "train in forward, with batch norm": (
        Made(normed_in_training, norm=nn.BatchNorm1d(8)),
        r"batch of 1 .*but one of 3|alone than beside others: a pass sets BatchNorm1d",
    ),
    "statistics of the batch": (
        Made(
            lambda self, x: self.norm(self.first(x)[:, None].expand(-1, 2, -1)),
            norm=nn.BatchNorm1d(2, track_running_stats=False),
        ),
        "alone than beside others: 'norm' normalises by the batch",
    ),
    "a mean over the batch": (
        Made(lambda self, x: self.first(x) - self.first(x).mean(dim=0)),
        "alone than beside others: something is taken over the batch",
    ),
    "a maximum over the batch": (
        Made(lambda self, x: self.first(x / x.abs().max())),
        "alone than beside others: something is taken over the batch",
    ),
    "what an earlier pass left": (Made(remembered), "the same in whatever order clips are heard"),
    "sorted clips": (Made(sorted_clips), "the same in whatever order clips are heard"),
    "chunks before clips": (
        Made(chunk_by_chunk, **SHORT),
        r"chunk by chunk, not clip by clip \(axis 0, shape \(12, 5\) of 3 clips\)",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_not_a_clip_s_own_is_refused_with_the_cause(name):
    network, told = CASES[name]
    with pytest.raises(InputError, match=told):
        check(network)


@pytest.mark.parametrize(
    ("forward", "layer"),
    [(steps, Layer("out", "tokens")), (steps, Layer("out")), (last_axis, Layer("out"))],
)
def test_clips_on_another_axis_are_found_and_it_is_named(forward, layer):
    with pytest.raises(InputError, match=r"set batch_axis to \d") as refused:
        check(Made(forward), layer)
    axis = int(str(refused.value)[-1])
    assert axis == (1 if forward is steps else 2)
    if forward is steps:
        check(Made(forward), Layer("out", layer.read, batch_axis=1))


def test_an_axis_that_is_no_multiple_of_the_clips_names_the_one_that_fits():
    with pytest.raises(InputError, match="no multiple of 3 clips .*axis 1 has one entry for each"):
        read(Made(lambda self, x: self.first(x).T), {"x": Layer("out")}, SOUNDS)
    alone = Made(lambda self, x: torch.stack([self.out(self.first(one[None])) for one in x]))
    with pytest.raises(InputError, match=r"batch of 1 is no multiple of 3 .*all clips of a batch"):
        read(alone, {"x": Layer("out")}, SOUNDS)


@pytest.mark.parametrize(
    "forward",
    [
        lambda self, x: torch.fft.rfft(x),
        lambda self, x: torch.view_as_complex(self.first(x).unflatten(1, (4, 2))),
        lambda self, x: {"spectrum": torch.stft(x, 16, window=torch.ones(16), return_complex=True)},
    ],
)
def test_complex_values_are_refused_and_said_to_be(forward):
    for ask in (check, lambda network: read(network, {"x": Layer("out")}, SOUNDS)):
        with pytest.raises(InputError, match=r"layer 'out': its values are complex.*abs"):
            ask(Made(forward))


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.lstm = nn.LSTM(4, 5)

    def forward(self, sounds):
        return self.lstm(sounds.unflatten(1, (12, 4)).transpose(0, 1))[0][-1]


GOOD = {
    "a layer": (Made(lambda self, x: self.first(x)), Layer("out")),
    "dropout in training alone": (
        Made(lambda self, x: self.drop(self.first(x)), drop=nn.Dropout(0.5)),
        Layer("out"),
    ),
    "batch norm with running statistics": (
        Made(lambda self, x: self.norm(self.first(x)), norm=nn.BatchNorm1d(8)),
        Layer("out"),
    ),
    "chunks behind their clip": (Made(clip_by_clip, **SHORT), Layer("out")),
    "an LSTM": (Recurrent(), Layer("lstm", "tokens", batch_axis=1)),
    "codes": (Made(lambda self, x: self.first(x).argsort(dim=1)), Layer("out")),
    "constants": (Made(lambda self, x: torch.ones(len(x), 4)), Layer("out")),
    "no numbers": (Made(lambda self, x: self.first(x) * torch.nan), Layer("out")),
    "large and nearly equal": (Made(lambda self, x: 1e4 + self.first(x)), Layer("out")),
}


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("clips", [1, 2, 3])
def test_what_is_a_clip_s_own_passes(name, clips):
    network, layer = GOOD[name]
    check(network, layer, clips)


def test_the_layer_at_fault_is_named_among_others():
    network = Made(lambda self, x: functional.dropout(self.first(x), 0.5))
    layers = {"good": Layer("first"), "bad": Layer("out")}
    with pytest.raises(InputError, match=r"layer 'bad' \(out\)"):
        check_belonging(network.eval(), layers, lambda numbers: SOUNDS[numbers], 3)


def test_a_batch_that_cannot_be_heard_apart_is_told():
    def three_alone(self, x):
        if len(x) != 3:
            raise ValueError("three or nothing")
        return self.first(x)

    with pytest.raises(InputError, match=r"Made cannot hear a batch of 1 \(three or nothing\)"):
        check(Made(three_alone))


def test_what_cannot_hear_at_all_is_told_with_the_shape_that_it_was_given():
    told = r"Made cannot hear what it is given, shape \(3, \d+\) \(mat1"
    with pytest.raises(Unheard, match=told):
        check(Made(lambda self, x: self.first(x[:, :7])))


def test_a_full_memory_is_no_wrong_shape():
    def full(self, x):
        raise torch.OutOfMemoryError("full")

    with pytest.raises(torch.OutOfMemoryError):
        check(Made(full))
