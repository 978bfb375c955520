"""Files of weights as people have them: read where they mean one thing, else refused."""

import collections

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from tonotopy.errors import InputError
from tonotopy.networks.checkpoints import check_savable, load_weights, read_weights, unwrapped


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
        self.head = nn.Linear(3, 2)


class Model(nn.Module):
    """The same inside another module."""

    def __init__(self):
        super().__init__()
        self.model = Net()


class Pickled(nn.Linear):
    """A module that someone has saved whole."""


def weights(network=None, prefix="") -> dict:
    torch.manual_seed(1)
    made = network or Net()
    return {f"{prefix}{name}": value.clone() for name, value in made.state_dict().items()}


def same(a: dict, b: dict) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


class AttributeDict(dict):
    """What a library keeps hyperparameters in."""


LIGHTNING = {"epoch": 3, "global_step": 9, "optimizer_states": [{"state": {}}], "loops": {}}
ACCEPTED = {
    "plain": (weights(), ()),
    "ordered": (collections.OrderedDict(weights()), ()),
    "model": ({"model": weights()}, ("below its key 'model'",)),
    "state_dict": (
        {"state_dict": weights(), "epoch": 2},
        ("below its key 'state_dict'", "'epoch'"),
    ),
    "model_state_dict": (
        {"model_state_dict": weights(), "optimizer_state_dict": {"state": {}, "param_groups": []}},
        ("below its key 'model_state_dict'", "not read: 'optimizer_state_dict'"),
    ),
    "nested": ({"model": {"state_dict": weights()}}, ("key 'model'", "key 'state_dict'")),
    "module.": (weights(prefix="module."), ("the prefix 'module.'",)),
    "model.": (weights(prefix="model."), ("the prefix 'model.'",)),
    "network.": (weights(prefix="network."), ("the prefix 'network.'",)),
    "_orig_mod.": (weights(prefix="_orig_mod."), ("'_orig_mod.' is taken out",)),
    "both": (
        {"state_dict": weights(prefix="module._orig_mod.")},
        ("below its key", "'_orig_mod.' is taken out", "the prefix 'module.'"),
    ),
    "lightning": (
        {**LIGHTNING, "state_dict": {**weights(prefix="model."), "loss.weight": torch.ones(2)}},
        ("below its key 'state_dict'", "prefix 'model.'", "not read: 'loss.weight'"),
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_usual_checkpoints_are_read_and_the_log_says_what_was_taken_off(name, tmp_path, capsys):
    content, told = ACCEPTED[name]
    torch.save(content, tmp_path / "w.ckpt")
    network = Net()
    load_weights(network, tmp_path / "w.ckpt", "nets:Net")
    assert same(network.state_dict(), weights())
    out = capsys.readouterr().out
    assert all(text in out for text in told) and (told or "note" not in out)
    assert out.count("\n") <= len(told)


def test_safetensors_with_a_prefix_and_weights_of_what_is_inside(tmp_path, capsys):
    save_file(weights(prefix="module."), tmp_path / "w.safetensors")
    network = Net()
    load_weights(network, tmp_path / "w.safetensors", "nets:Net")
    assert same(network.state_dict(), weights())
    save_file(weights(), tmp_path / "inside.safetensors")
    outer = Model()
    load_weights(outer, tmp_path / "inside.safetensors", "nets:Model")
    assert same(outer.model.state_dict(), weights())
    assert "'model.' is put before the names" in capsys.readouterr().out


@pytest.mark.parametrize("prefix", ["hubert.", "module.encoder.", "model.", "module.model.", ""])
def test_a_prefix_may_stand_in_another_s_place(prefix, tmp_path):
    torch.save(weights(prefix=prefix), tmp_path / "w.pt")
    outer = Model()
    load_weights(outer, tmp_path / "w.pt", "nets:Model")
    assert same(outer.model.state_dict(), weights())


@pytest.mark.parametrize("prefix", ["module.", "", "model.net."])
def test_other_shapes_are_named_whatever_prefix_stands_before_them(prefix, tmp_path):
    state = weights(prefix=prefix)
    name = f"{prefix}{min(weights())}"
    state[name] = torch.zeros(99, *state[name].shape[1:])
    torch.save(state, tmp_path / "w.pt")
    with pytest.raises(InputError) as told:
        load_weights(Net(), tmp_path / "w.pt", "nets:Net")
    assert f"'{min(weights())}' is (99" in str(told.value) and "expected (" in str(told.value)
    assert "lacks" not in str(told.value)


EMA = {**weights(prefix="student."), **weights(prefix="teacher.")}
REFUSED = {
    "two states": (
        {"model": weights(), "state_dict": weights()},
        r"expected one state dict, found several \(state_dict, model\)",
    ),
    "another key": (
        {"ema": weights(), "epoch": 3},
        "found none where one is looked for; its keys are 'ema', 'epoch'; weights are below 'ema'",
    ),
    "nothing": ({"epoch": 3}, "found none where one is looked for; its keys are 'epoch'"),
    "two prefixes": (EMA, "below several prefixes .'student.', 'teacher.'"),
    "a misspelt name": (
        {name.replace("head", "heads"): value for name, value in weights().items()},
        r"it lacks 'head.bias' and 1 more; it has 'heads.bias' and 1 more; for 'head.bias' \(did "
        "you mean 'heads.bias'",
    ),
    "one missing": (
        {name: value for name, value in weights().items() if name != "body.0.bias"},
        "does not fit nets:Net: it lacks 'body.0.bias'$",
    ),
    "another shape": (
        {**weights(), "head.weight": torch.zeros(5, 3)},
        r"'head.weight' is \(5, 3\), expected \(2, 3\)",
    ),
    "a list": ([torch.zeros(2)], "holds a list, expected a state dict"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_means_nothing_or_two_things_is_refused_in_one_message(name, tmp_path):
    content, told = REFUSED[name]
    torch.save(content, tmp_path / "w.pt")
    network = Net()
    before = weights(network)
    with pytest.raises(InputError, match=told) as refused:
        load_weights(network, tmp_path / "w.pt", "nets:Net")
    assert str(refused.value).startswith(str(tmp_path / "w.pt"))
    assert same(network.state_dict(), before)


def damaged(path, how):
    if how == "empty":
        path.write_bytes(b"")
    elif how == "a folder":
        path.mkdir()
        (path / "model.safetensors").write_bytes(b"x")
    elif how == "a pointer":
        path.write_bytes(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    else:
        whole = path.with_name(f"whole{path.suffix}")
        save = save_file if path.suffix == ".safetensors" else torch.save
        save({"w": torch.randn(300, 40)}, whole)
        content = whole.read_bytes()
        path.write_bytes(content[: len(content) // 2 if how == "halved" else -7])


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("empty", r"is empty \(0 bytes\)"),
        ("a folder", "is a folder, expected a file of weights .it has: 'model.safetensors'"),
        ("halved", "not readable as weights alone: it is cut off"),
        ("cut", "not readable as weights alone: it is cut off"),
        ("a pointer", "is a pointer of git-lfs"),
    ],
)
def test_damaged_files_are_told_apart(tmp_path, suffix, how, told):
    path = tmp_path / f"w{suffix}"
    damaged(path, how)
    with pytest.raises(InputError, match=rf"w\{suffix}: {told}"):
        read_weights(path)


UNSAFE = {
    "a module": (Pickled(2, 2), "a pickled [a-z_.]*Pickled"),
    "a module below a key": ({"model": Pickled(2, 2)}, "a pickled [a-z_.]*Pickled"),
    "a class of a library beside weights": (
        {"state_dict": weights(), "hyper_parameters": AttributeDict(rate=1)},
        "a pickled [a-z_.]*AttributeDict",
    ),
    "a function": ({"weights": weights(), "loss": nn.functional.relu}, "a pickled torch.*relu"),
}


@pytest.mark.parametrize("name", UNSAFE)
def test_what_runs_code_when_it_is_opened_is_refused_without_unsafe_advice(name, tmp_path):
    content, told = UNSAFE[name]
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(InputError, match=f"{told}.*save its state_dict") as refused:
        read_weights(tmp_path / "w.pt")
    for advice in ("weights_only", "add_safe_globals", "trust the source", "load("):
        assert advice not in str(refused.value)


def test_a_torchscript_archive_is_named(tmp_path):
    torch.jit.save(torch.jit.script(nn.Linear(2, 2)), tmp_path / "w.pt")
    with pytest.raises(InputError, match=r"TorchScript archive.*state_dict"):
        read_weights(tmp_path / "w.pt")


class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.body, self.norm = nn.LazyLinear(3), nn.LazyBatchNorm1d()


class Told(Net):
    def __init__(self, state):
        super().__init__()
        self.state = state

    def get_extra_state(self):
        return self.state

    def set_extra_state(self, state):
        self.state = state


@pytest.mark.parametrize("network", [Lazy(), nn.Sequential(nn.ReLU(), nn.LazyConv1d(2, 3))])
def test_lazy_modules_are_told_with_their_weight(network, tmp_path):
    with pytest.raises(InputError, match=r"nets:Lazy: the size of '(1|body)\.\w+'.*dummy input"):
        check_savable(network, "nets:Lazy")
    torch.save({}, tmp_path / "w.pt")
    with pytest.raises(InputError, match="not known before a first pass"):
        load_weights(network, tmp_path / "w.pt", "nets:Lazy")


@pytest.mark.parametrize("state", [{"steps": 3}, 7])
def test_state_that_is_no_tensor_is_refused(state):
    with pytest.raises(InputError, match="'_extra_state' is a (dict|int), and weights are stored"):
        check_savable(Told(state), "nets:Told")


@pytest.mark.parametrize("state", [torch.tensor(3), torch.randn(4)])
def test_state_that_is_a_tensor_is_read(state, tmp_path):
    torch.save(Told(state).state_dict(), tmp_path / "w.pt")
    network = Told(torch.zeros_like(state))
    load_weights(network, tmp_path / "w.pt", "nets:Told")
    assert torch.equal(network.state, state)


def test_extra_state_beside_tensors_is_no_other_container():
    content = {**weights(), "head._extra_state": {"version": 3}}
    assert unwrapped(content, "w.pt") is content
