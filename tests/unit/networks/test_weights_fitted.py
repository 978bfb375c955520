"""Types and sharing of weights: nothing is cast that would change, what is tied stays tied."""

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from tonotopy.errors import InputError
from tonotopy.frontends import registry as front_ends
from tonotopy.networks.bundle import load, save
from tonotopy.networks.checkpoints import load_weights
from tonotopy.networks.fitting import check_fit, converted
from tonotopy.networks.registry import build

EXPECTED = {"w": torch.zeros(3, 2), "steps": torch.zeros((), dtype=torch.int64)}
STEPS = torch.tensor(5)
EXACT = torch.tensor([[0.5, -1.0], [2.0, 0.25], [-3.0, 8.0]])


@pytest.mark.parametrize("given", [torch.float16, torch.bfloat16, torch.float64])
def test_weights_that_lose_nothing_are_widened_with_a_line(given, capsys):
    found = converted({"w": EXACT.to(given), "steps": STEPS}, EXPECTED, "w.pt")
    assert found["w"].dtype == torch.float32 and torch.equal(found["w"], EXACT)
    name = str(given).removeprefix("torch.")
    assert f"1 weights, such as 'w', are {name} and held as float32" in capsys.readouterr().out


@pytest.mark.parametrize("given", [torch.int32, torch.uint8])
def test_whole_numbers_are_held_by_wider_ones(given):
    found = converted({"w": EXACT, "steps": STEPS.to(given)}, EXPECTED, "w.pt")
    assert found["steps"].dtype == torch.int64 and found["steps"] == 5


@pytest.mark.parametrize(
    ("weight", "reason"),
    [
        (torch.ones(3, 2, dtype=torch.int8), "int8, expected float32: its values are quantised"),
        (torch.ones(3, 2, dtype=torch.uint8), "uint8, expected float32: its values are quantised"),
        (torch.ones(3, 2).to(torch.float8_e4m3fn), "float8_e4m3fn.*: its values are quantised"),
        (
            torch.quantize_per_tensor(EXACT, 0.1, 0, torch.qint8),
            "qint8.*: its values are quantised",
        ),
        (torch.ones(3, 2, dtype=torch.complex64), "complex64, expected float32.*another kind"),
        (torch.ones(3, 2, dtype=torch.bool), "bool, expected float32"),
        (torch.ones(3, 2, dtype=torch.int64), "int64, expected float32.*another kind"),
        (
            torch.full((3, 2), 0.1, dtype=torch.float64),
            "float64, expected float32.*not be held exactly",
        ),
    ],
)
def test_weights_that_would_be_cast_are_refused_with_their_name(weight, reason):
    with pytest.raises(InputError, match=f"'w' is {reason}"):
        converted({"w": weight, "steps": STEPS}, EXPECTED, "w.pt")


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("mask", torch.ones(2), torch.ones(2, dtype=torch.bool)),
        ("mask", torch.ones(2, dtype=torch.int64), torch.ones(2, dtype=torch.bool)),
        ("phase", torch.ones(2), torch.ones(2, dtype=torch.complex64)),
        ("steps", torch.tensor(2.0), torch.tensor(2)),
        ("steps", torch.tensor(300), torch.tensor(2, dtype=torch.uint8)),
        ("half", torch.tensor(0.1), torch.tensor(2, dtype=torch.float16)),
    ],
)
def test_the_module_s_own_type_decides(name, value, expected):
    with pytest.raises(InputError, match=f"'{name}' is .*, expected .*: its values"):
        converted({name: value}, {name: expected}, "w.pt")


TIED = '''
from torch import nn


class Tied(nn.Module):
    """An encoder and a decoder that share a weight, and a module under two names."""

    def __init__(self):
        super().__init__()
        self.encode, self.decode = nn.Linear(6, 6), nn.Linear(6, 6)
        self.decode.weight = self.encode.weight
        self.again = self.encode

    def forward(self, sounds):
        return self.decode(self.encode(sounds[:, :6]))
'''


@pytest.fixture
def tied(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = f"tied_{tmp_path.name}".replace("-", "_")
    (tmp_path / f"{name}.py").write_text(TIED)
    return {"module": f"{name}:Tied"}


def saved(network, folder):
    front_end = front_ends.build({"kind": "waveform", "rate": 8000})
    arguments = {"module": f"{type(network).__module__}:Tied"}
    info = {"architecture": "own", "arguments": arguments, "classes": []}
    save(folder, network, front_end, {**info, "layers": {"x": "encode"}})
    return load(folder).network


def test_tied_weights_are_saved_under_all_names_and_tied_again(tied, tmp_path):
    torch.manual_seed(2)
    network = build("own", tied, None, 0)
    restored = saved(network, tmp_path / "bundle")
    names = set(load_file(tmp_path / "bundle/weights.safetensors"))
    assert names == set(network.state_dict()) and "again.weight" in names
    assert restored.decode.weight is restored.encode.weight
    assert restored.again is restored.encode
    assert torch.equal(restored.decode.weight, network.encode.weight)


@pytest.mark.parametrize("prefix", ["", "module."])
@pytest.mark.parametrize("dropped", [("decode.weight",), ("encode.weight", "again.bias")])
def test_files_that_leave_a_shared_name_out_are_filled(tied, tmp_path, capsys, dropped, prefix):
    torch.manual_seed(2)
    network, other = build("own", tied, None, 0), build("own", tied, None, 0)
    state = network.state_dict().items()
    kept = {f"{prefix}{k}": v.clone() for k, v in state if k not in dropped}
    save_file(kept, tmp_path / "w.safetensors")
    load_weights(other, tmp_path / "w.safetensors", "Tied")
    assert torch.equal(other.decode.weight, network.decode.weight)
    assert torch.equal(other.again.bias, network.again.bias)
    assert f"'{dropped[0]}' is tied to" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["decode.weight", "again.bias"])
def test_one_weight_with_two_values_is_refused(tied, tmp_path, name):
    network = build("own", tied, None, 0)
    torch.save({**network.state_dict(), name: torch.ones_like(network.state_dict()[name])}, "w.pt")
    with pytest.raises(InputError, match=rf"w\.pt: '.*{name}.* are one weight .*\(tied\), and"):
        load_weights(network, "w.pt", "Tied")


@pytest.mark.parametrize(
    ("has", "expected"),
    [
        (("q_proj.weight", "k_proj.weight", "v_proj.weight"), ("in_proj_weight",)),
        (("qkv.weight",), ("query.weight", "key.weight", "value.weight")),
    ],
)
def test_fused_projections_are_said_to_be(has, expected):
    with pytest.raises(InputError, match="projections are fused in one of them and apart"):
        check_fit(dict.fromkeys(has, torch.ones(2)), dict.fromkeys(expected, torch.ones(2)))


@pytest.mark.parametrize("old_is_given", [True, False])
def test_both_names_of_weight_normalisation_are_known(tmp_path, capsys, old_is_given):
    torch.manual_seed(0)
    with pytest.warns(FutureWarning):
        old = nn.Sequential(nn.utils.weight_norm(nn.Linear(3, 2)))
    new = nn.Sequential(nn.utils.parametrizations.weight_norm(nn.Linear(3, 2)))
    given, network = (old, new) if old_is_given else (new, old)
    torch.save({f"module.{k}": v for k, v in given.state_dict().items()}, tmp_path / "w.pt")
    load_weights(network, tmp_path / "w.pt", "Normed")
    sounds = torch.randn(4, 3)
    torch.testing.assert_close(network(sounds), given(sounds))
    assert "is called '" in capsys.readouterr().out


def test_a_module_that_shares_nothing_is_untouched(tmp_path):
    torch.manual_seed(0)
    first, second = nn.Linear(2, 2), nn.Linear(2, 2)
    torch.save(first.state_dict(), tmp_path / "w.pt")
    load_weights(second, tmp_path / "w.pt", "Linear")
    assert torch.equal(first.weight, second.weight)
