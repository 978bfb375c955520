"""A user's own module: used as it is, with its own names, and never compared with itself."""

import json

import pytest
import torch
from own_modules import write_module
from safetensors.torch import load_file, save_file

from tonotopy.errors import InputError
from tonotopy.networks.adoption import adopt
from tonotopy.networks.bundle import load, save, untrained
from tonotopy.networks.layers import Layer
from tonotopy.networks.own import imported, own
from tonotopy.networks.registry import build
from tonotopy.networks.tracing import read

MODULE = '''
import torch
from torch import nn

SOMETHING = 3


class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.body = nn.Sequential(nn.Conv1d(1, width, 8, stride=4), nn.ReLU())
        self.head = nn.Linear(width, 3)
        self.tied = self.head  # weights under two names
        self.layers = nn.ModuleList([nn.Linear(3, 3)])  # a name that we use otherwise

    def forward(self, waveforms):
        return {"logits": self.layers[0](self.head(self.body(waveforms[:, None]).mean(dim=-1)))}


class Loaded(Net):
    def __init__(self):
        super().__init__()
        for parameter in self.parameters():
            nn.init.constant_(parameter, 0.5)


class Own(Loaded):
    """The same with a weight of its own, which nothing draws anew."""

    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.arange(3.0))


class Attending(nn.Module):
    """Weights of an attention, loaded by the constructor."""

    def __init__(self):
        super().__init__()
        self.attend = nn.MultiheadAttention(4, 2, batch_first=True)
        self.norm = nn.BatchNorm1d(4)
        for parameter in self.parameters():
            parameter.data = torch.arange(parameter.numel()).float().reshape(parameter.shape)

    def forward(self, waveforms):
        steps = waveforms[:, :8].unflatten(1, (2, 4))
        return self.norm(self.attend(steps, steps, steps)[0].mean(dim=1))


class Fixed(nn.Module):
    def __init__(self):
        super().__init__()
        self.spectrum = nn.Identity()

    def forward(self, waveforms):
        return self.spectrum(torch.fft.rfft(waveforms).abs())


class Normalised(nn.Module):
    """Constant weights but for one."""

    def __init__(self):
        super().__init__()
        self.norm, self.last = nn.BatchNorm1d(7), nn.Linear(7, 2, bias=False)

    def forward(self, waveforms):
        return self.last(self.norm(waveforms[:, :7]))


class Partly(Net):
    """An encoder that the constructor loads, and a head that it does not."""

    def __init__(self):
        super().__init__()
        self.body[0].weight.data = torch.arange(32.0).reshape(4, 1, 8)
        self.body[0].bias.data.zero_()
        self.own = nn.ParameterList([torch.arange(2.0)])  # which nothing draws anew


class Mostly(Net):
    """Few weights that are the same under every seed: filters that begin as a known bank."""

    def __init__(self):
        super().__init__(width=4)
        self.wide = nn.Linear(40, 40)
        self.body[0].weight.data = torch.arange(32.0).reshape(4, 1, 8)


class Frozen(Net):
    """The same, of weights that do not learn."""

    def __init__(self):
        super().__init__()
        for parameter in self.body.parameters():
            parameter.data = torch.arange(parameter.numel()).float().reshape(parameter.shape)
            parameter.requires_grad_(False)


def fresh(width=4):
    """Partly's architecture with random weights."""
    return Net(width)


def number(width=2):
    return width
'''
FRONT_END = {"kind": "waveform", "rate": 8000}


@pytest.fixture
def nets(tmp_path, monkeypatch):
    return write_module(tmp_path, monkeypatch, MODULE)


def entry(nets: str, kind: str, **more) -> dict:
    layers = {"first": {"path": "body.0", "read": "channels"}, "answer": "head"}
    return {"module": f"{nets}:{kind}", "front_end": FRONT_END, "layers": layers, **more}


def test_the_module_itself_is_built(nets):
    network = build("own", {"module": f"{nets}:Net", "arguments": {"width": 5}}, None, classes=3)
    assert type(network).__name__ == "Net" and network.head.in_features == 5
    assert "body.0.weight" in network.state_dict()
    assert type(own(f"{nets}:Net")) is type(network)


def test_adopted_weights_keep_their_own_names_and_layers_their_order(nets, tmp_path):
    torch.manual_seed(3)
    network = own(f"{nets}:Net", {"width": 5})
    save_file({k: v.clone() for k, v in network.state_dict().items()}, tmp_path / "w.safetensors")
    layers = [["zeta", {"path": "body.0", "read": "channels"}], ["alpha", "head"]]
    settings = entry(nets, "Net", arguments={"width": 5}, classes=["a", "b", "c"]) | {
        "layers": layers
    }
    adopt(settings, tmp_path / "w.safetensors", tmp_path / "bundle", seed=1)
    kept = load_file(tmp_path / "bundle/weights.safetensors")
    assert set(kept) == set(network.state_dict())
    described = json.loads((tmp_path / "bundle/network.json").read_text())
    assert described["layers"] == {
        "zeta": {"path": "body.0", "read": "channels"},
        "alpha": {"path": "head", "read": "all"},
    }
    assert "stages" not in described and "layers" not in described["arguments"]
    bundle = load(tmp_path / "bundle")
    assert bundle.classes == ["a", "b", "c"] and bundle.info["trained"] is True
    assert list(bundle.layers.items()) == [
        ("zeta", Layer("body.0", "channels")),
        ("alpha", Layer("head")),
    ]
    waves = torch.randn(2, 40)
    vectors, output = read(bundle.network, {"zeta": bundle.layers["zeta"]}, waves)
    torch.testing.assert_close(vectors["zeta"], network.body[0](waves[:, None]).mean(dim=-1))
    torch.testing.assert_close(output["logits"], network(waves)["logits"])


def same(a, b) -> bool:
    weights = b.state_dict()
    return all(torch.equal(value, weights[name]) for name, value in a.state_dict().items())


def test_without_weights_the_network_and_its_untrained_copy_differ(nets, tmp_path, capsys):
    bundles = []
    for place, seed in (("a", 1), ("b", 1), ("c", 2)):
        adopt(entry(nets, "Net"), None, tmp_path / place, seed)
        bundles.append(load(tmp_path / place))
    assert "no weights are given" in capsys.readouterr().out
    assert same(bundles[0].network, bundles[1].network)
    assert not same(bundles[0].network, bundles[2].network)
    assert bundles[0].info["trained"] is False
    for seed in (0, 1, 2):
        copy = untrained(bundles[0], seed)
        assert not same(copy.network, bundles[0].network)
        assert same(copy.network, untrained(bundles[0], seed).network)
        assert copy.layers == bundles[0].layers
        save(tmp_path / f"copy{seed}", copy.network, copy.front_end, copy.info)
        assert load(tmp_path / f"copy{seed}").layers == bundles[0].layers


@pytest.mark.parametrize(
    ("kind", "layers", "reason"),
    [
        ("Own", {"answer": "head"}, "its constructor loads them"),
        ("Fixed", {"spectrum": "spectrum"}, "it has none"),
    ],
)
def test_copies_with_the_same_weights_are_refused(nets, tmp_path, kind, layers, reason):
    adopt(entry(nets, kind, layers=layers), None, tmp_path / "bundle", 0)
    told = f"{nets}:{kind}: an untrained copy has the same weights .* {reason}.*'weights'"
    with pytest.raises(InputError, match=told):
        untrained(load(tmp_path / "bundle"), 1)


@pytest.mark.parametrize(
    ("kind", "layers"), [("Loaded", {"answer": "head"}), ("Attending", {"answer": "norm"})]
)
def test_modules_that_can_draw_their_weights_anew_do_so_for_the_copy(
    nets, tmp_path, capsys, kind, layers
):
    adopt(entry(nets, kind, layers=layers), None, tmp_path / "bundle", 0)
    bundle = load(tmp_path / "bundle")
    copies = [untrained(bundle, seed) for seed in (1, 1, 2)]
    assert f"{nets}:{kind} loads its weights, so that those of the" in capsys.readouterr().out
    assert same(copies[0].network, copies[1].network)
    assert not same(copies[0].network, copies[2].network)
    for name, value in bundle.network.named_parameters():
        assert value.numel() < 5 or not torch.equal(
            value, dict(copies[0].network.named_parameters())[name]
        )


def test_one_random_weight_is_enough_to_differ(nets, tmp_path):
    adopt(entry(nets, "Normalised", layers={"norm": "norm"}), None, tmp_path / "bundle", 0)
    copy = untrained(load(tmp_path / "bundle"), 1)
    assert torch.equal(copy.network.norm.weight, torch.ones(7))


def test_weights_that_the_constructor_loads_are_refused_though_others_are_random(nets, tmp_path):
    adopt(entry(nets, "Partly"), None, tmp_path / "bundle", 0)
    told = (
        f"{nets}:Partly: 5[0-9]% of the weights .* such as 'body.0.weight': .*name in 'untrained'"
    )
    with pytest.raises(InputError, match=told):
        untrained(load(tmp_path / "bundle"), 1)


def test_they_are_refused_too_where_a_file_holds_what_was_learned_from_them(nets, tmp_path):
    network = own(f"{nets}:Partly")
    learned = {k: v + 0.01 * torch.randn(v.shape) for k, v in network.named_parameters()}
    save_file(learned, tmp_path / "w.safetensors")
    adopt(entry(nets, "Partly"), tmp_path / "w.safetensors", tmp_path / "bundle", 0)
    with pytest.raises(InputError, match="the same under every seed, such as 'body.0.weight'"):
        untrained(load(tmp_path / "bundle"), 1)


def test_what_makes_the_untrained_copy_may_be_named(nets, tmp_path):
    named = entry(nets, "Partly", untrained=f"{nets}:fresh")
    weights = own(f"{nets}:Partly").state_dict()
    save_file({k: v.clone() for k, v in weights.items()}, tmp_path / "w.safetensors")
    adopt(named, tmp_path / "w.safetensors", tmp_path / "bundle", 0)
    bundle = load(tmp_path / "bundle")
    copies = [untrained(bundle, seed) for seed in (1, 1, 2)]
    assert same(copies[0].network, copies[1].network)
    assert not same(copies[0].network, copies[2].network)
    assert not torch.equal(copies[0].network.body[0].weight, bundle.network.body[0].weight)
    save(tmp_path / "copy", copies[0].network, copies[0].front_end, copies[0].info)
    again = load(tmp_path / "copy")
    assert same(again.network, copies[0].network) and again.layers == bundle.layers
    assert again.info["trained"] is False and "untrained" not in again.info
    assert again.info["arguments"]["module"] == f"{nets}:fresh"


def test_a_named_copy_must_not_be_the_network_itself(nets, tmp_path):
    named = entry(nets, "Own", layers={"answer": "head"}, untrained=f"{nets}:Own")
    adopt(named, None, tmp_path / "bundle", 0)
    with pytest.raises(InputError, match="the same weights as the network itself"):
        untrained(load(tmp_path / "bundle"), 1)


@pytest.mark.parametrize(("kind", "told"), [("Mostly", True), ("Frozen", False), ("Net", False)])
def test_a_few_fixed_weights_are_told_and_those_that_do_not_learn_are_not(
    nets, tmp_path, capsys, kind, told
):
    adopt(entry(nets, kind), None, tmp_path / kind, 0)
    capsys.readouterr()
    untrained(load(tmp_path / kind), 1)
    out = capsys.readouterr().out
    assert ("weights of the untrained copy are the same under every seed" in out) == told
    assert not told or "such as 'body.0.weight': if the constructor loads" in out


def test_what_an_entry_says_wrongly_is_named(nets, tmp_path):
    place = tmp_path / "bundle"
    with pytest.raises(InputError, match=r"Net has no layer 'body.7' \(did you mean 'body\.[01]'"):
        adopt(entry(nets, "Net", layers={"x": "body.7"}), None, place, 0)
    with pytest.raises(InputError, match=f"{nets}:Net.stages: the key is called 'layers' now"):
        adopt(entry(nets, "Net", stages={"x": "head"}), None, place, 0)
    save_file({"head.weight": torch.zeros(3, 4)}, tmp_path / "part.safetensors")
    with pytest.raises(InputError, match=f"part.safetensors: does not fit {nets}:Net: it lacks"):
        adopt(entry(nets, "Net"), tmp_path / "part.safetensors", place, 0)
    assert not place.exists()


def test_names_that_cannot_be_imported_are_told(nets):
    with pytest.raises(InputError, match="expected the form package.module:Class"):
        imported(nets)
    with pytest.raises(InputError, match="module 'no_such_module' cannot be imported from"):
        imported("no_such_module:Net")
    with pytest.raises(InputError, match=f"'{nets}' has no class 'Nett' .did you mean 'Net'"):
        imported(f"{nets}:Nett")
    with pytest.raises(InputError, match=f"{nets}:number makes a int, not a torch module"):
        build("own", {"module": f"{nets}:number"}, None, 0)
    with pytest.raises(InputError, match="arguments of 'own': .*'depth'"):
        build("own", {"module": f"{nets}:Net", "arguments": {"depth": 3}}, None, 0)
