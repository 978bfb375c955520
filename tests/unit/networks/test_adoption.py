"""A network is tried on a few sounds before anything is built on it, and left as it was."""

import pytest
import torch
from own_modules import write_module

from tonotopy.errors import InputError
from tonotopy.networks.adoption import adopt
from tonotopy.networks.bundle import load

MODULE = '''
import torch
from torch import nn
from torch.nn import functional


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(8, 6), nn.BatchNorm1d(6), nn.Linear(6, 2)

    def forward(self, sounds):
        return self.last(self.norm(self.first(sounds[:, :8])))


class Dropping(Net):
    def forward(self, sounds):
        return self.last(functional.dropout(self.first(sounds[:, :8]), 0.5))


class Training(Net):
    def forward(self, sounds):
        self.train()
        return super().forward(sounds)


class Counting(Net):
    """Keeps a count in a buffer, which its answers do not depend on."""

    def __init__(self):
        super().__init__()
        self.register_buffer("heard", torch.zeros((), dtype=torch.long))

    def forward(self, sounds):
        self.heard += len(sounds)
        return super().forward(sounds)


class Long(Net):
    def forward(self, sounds):
        return self.last(self.norm(self.first(sounds[:, 16000:16008])))


class Repeated(Net):
    def forward(self, sounds):
        return self.last(self.first(sounds[:, :8]) + self.first(sounds[:, 8:16]))
'''
FRONT_END = {"kind": "waveform", "rate": 8000}


@pytest.fixture
def nets(tmp_path, monkeypatch):
    return write_module(tmp_path, monkeypatch, MODULE)


def entry(nets: str, kind: str, **more) -> dict:
    layers = {"first": {"path": "first"}, "answer": "last"}
    return {"module": f"{nets}:{kind}", "front_end": FRONT_END, "layers": layers, **more}


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("Dropping", "layer 'answer' .*heard again: dropout, noise"),
        ("Training", "batch of 1|sets .*BatchNorm1d"),
        ("Repeated", "layer 'first' .*is called 2 times.*set 'calls'"),
    ],
)
def test_what_is_not_a_clip_s_own_is_refused_before_anything_is_written(nets, tmp_path, kind, told):
    with pytest.raises(InputError, match=f"{nets}:{kind}: .*({told})"):
        adopt(entry(nets, kind), None, tmp_path / "bundle", 0)
    assert not (tmp_path / "bundle").exists()


def test_several_calls_that_the_entry_speaks_of_are_adopted(nets, tmp_path):
    layers = {"first": {"path": "first", "calls": "concatenate"}, "answer": "last"}
    adopt(entry(nets, "Repeated", layers=layers), None, tmp_path / "bundle", 0)
    assert load(tmp_path / "bundle").layers["first"].calls == "concatenate"


def test_trying_leaves_weights_and_buffers_as_they_were(nets, tmp_path):
    adopt(entry(nets, "Counting"), None, tmp_path / "bundle", 0)
    assert load(tmp_path / "bundle").network.heard == 0


@pytest.mark.parametrize(("seconds", "told"), [(1.0, True), (3.0, False)])
def test_sounds_of_a_length_that_it_cannot_hear_are_a_note(nets, tmp_path, capsys, seconds, told):
    adopt(entry(nets, "Long"), None, tmp_path / "bundle", 0, seconds)
    assert ("could not be tried on sounds of 1 s" in capsys.readouterr().out) == told
    assert load(tmp_path / "bundle").classes == []


def test_weights_that_are_not_there_are_told_with_their_key(nets, tmp_path):
    with pytest.raises(InputError, match=f"{nets}:Net: weights: no file 'w.pt'"):
        adopt(entry(nets, "Net", weights="w.pt"), None, tmp_path / "bundle", 0)


def test_weights_are_read_whatever_holds_them(nets, tmp_path):
    adopt(entry(nets, "Net"), None, tmp_path / "first", 0)
    state = load(tmp_path / "first").network.state_dict()
    half = {k: v.half() if v.is_floating_point() else v for k, v in state.items()}
    torch.save({"state_dict": {f"model.{k}": v for k, v in half.items()}}, "w.ckpt")
    exact = {k: half[k].to(v.dtype) for k, v in state.items()}
    adopt(entry(nets, "Net", weights="w.ckpt"), "w.ckpt", tmp_path / "second", 0)
    bundle = load(tmp_path / "second")
    assert all(torch.equal(v, exact[k]) for k, v in bundle.network.state_dict().items())
    assert bundle.info["trained"] and bundle.info["weights"]["file"] == "w.ckpt"


@pytest.mark.parametrize("text", ["raise RuntimeError('no licence')", "import numppy", "1 +"])
def test_modules_that_cannot_be_imported_are_told(nets, tmp_path, text):
    (tmp_path / f"broken_{nets}.py").write_text(text)
    told = "cannot be imported from .*(no licence|numppy|SyntaxError)"
    with pytest.raises(InputError, match=told):
        adopt(entry(f"broken_{nets}", "Net"), None, tmp_path / "bundle", 0)
