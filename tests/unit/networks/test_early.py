"""What is wrong with a user's module is told from its text, before anything is imported."""

import sys
from types import SimpleNamespace

import pytest
from configs import default_config, merged
from odd_sounds import noise, put

from tonotopy.errors import InputError
from tonotopy.networks import inputs
from tonotopy.networks.early import check_module, check_network
from tonotopy.preflight import check_adopted, missing

MODULE = """
raise SystemExit("nobody asked for this module to be run")
import somewhere_else
from torch.nn import Linear as Straight


class Net(Base):
    def __init__(self, width, depth=2, *, rate, heads=4):
        pass


class Bare(Base):
    pass


class Open(Base):
    def __init__(self, width=3, **others):
        pass


if CONDITION:
    class Late(Base):
        def __init__(self):
            pass
try:
    Chosen = Net
except ImportError:
    Chosen = None


def fresh(width):
    return Net(width)


@wraps
def wrapped(width):
    return Net(width)
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "nets").mkdir()
    (tmp_path / "nets/tiny.py").write_text(MODULE)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Net", {"width": 3, "rate": 8000}),
        ("Net", {"width": 3, "rate": 8000, "depth": 1, "heads": 2}),
        ("Bare", {"anything": 1}),  # its constructor is another's
        ("Open", {"anything": 1}),
        ("Late", {}),
        ("Chosen", {"anything": 1}),
        ("Straight", {}),
        ("fresh", {"width": 2}),
        ("wrapped", {"anything": 1}),
    ],
)
def test_what_may_be_right_passes_and_nothing_is_run(here, name, arguments):
    check_module(f"nets.tiny:{name}", arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("nets.tiny:Nett", {}, r"nets/tiny.py: defines no 'Nett' \(did you mean 'Net'"),
        ("nets.tiny:Wrong", {}, "defines no 'Wrong'"),
        ("nets.tinny:Net", {}, r"no module 'nets.tinny': there is no 'nets/tinny.py' in"),
        ("absent:Net", {}, "no module 'absent': there is no 'absent.py' in"),
        ("absent.inside:Net", {}, "no module 'absent.inside' from"),
        ("nets.tiny:Net", {"rate": 1}, "nets.tiny:Net needs the argument 'width'"),
        ("nets.tiny:Net", {"width": 1}, "needs the argument 'rate': give it in 'arguments'"),
        ("nets.tiny:Net", {"width": 1, "rate": 1, "dept": 1}, "no argument 'dept'.*'depth'"),
        ("nets.tiny:Late", {"width": 1}, "nets.tiny:Late takes no argument 'width'"),
        ("nets.tiny:fresh", {}, "nets.tiny:fresh needs the argument 'width'"),
    ],
)
def test_what_cannot_be_right_is_named(here, name, arguments, told):
    with pytest.raises(InputError, match=told):
        check_module(name, arguments)


def test_installed_modules_are_looked_into(here):
    check_module("tonotopy.networks.filter_bank:FilterBank", {"kind": "cqt"})
    with pytest.raises(InputError, match="filter_bank.py: defines no 'FilterBanks'.*'FilterBank'"):
        check_module("tonotopy.networks.filter_bank:FilterBanks")


def test_a_star_or_a_getattr_may_bind_anything(here):
    for text in ("from .tiny import *\n", "def __getattr__(name):\n    return 3\n"):
        (here / "nets/loose.py").write_text(text)
        check_module("nets.loose:Whatever")


@pytest.mark.parametrize("text", ["def broken(:\n", "class Net:\nx = 1\n"])
def test_text_that_is_no_python_is_told(here, text):
    (here / "nets/broken.py").write_text(text)
    with pytest.raises(InputError, match="nets/broken.py: is no Python"):
        check_module("nets.broken:Net")


def job(rule, network):
    """A job as Snakemake has it."""
    return SimpleNamespace(
        rule=SimpleNamespace(name=rule), wildcards=SimpleNamespace(network=network)
    )


OWN = {
    "module": "nets.tiny:Bare",
    "layers": {"x": "y"},
    "front_end": {"kind": "waveform", "rate": 8000},
}
HUB = {"transformers": "someone/something", "revision": "1", "kind": "ASTModel"}


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ({**OWN, "module": "nets.tiny:Bar"}, "networks.mine.module: .*defines no 'Bar'"),
        ({**OWN, "untrained": "nets.tiny:frsh"}, "networks.mine.untrained: .*no 'frsh'"),
        ({**OWN, "weights": "w.pt"}, "networks.mine.weights: no file 'w.pt' .looked from"),
        ({**OWN, "weights": "nets/w.safetensors"}, "networks.mine.weights: no file"),
        ({**HUB, "path": "absent"}, "networks.mine.path: no folder 'absent'"),
        ({**HUB, "path": "nets"}, "networks.mine.path: 'nets' has no config.json"),
    ],
)
def test_the_key_is_named(here, entry, told):
    with pytest.raises(InputError, match=told):
        check_network("networks.mine", entry)
    config = merged(default_config(), {"networks": {"mine": entry}})
    with pytest.raises(InputError, match=told):
        check_adopted([job("other", "none"), job("adopt_network", "mine")], config)
    check_adopted([job("train_network", "mine")], config)


def files_of(entry) -> list[str]:
    wildcards = SimpleNamespace(network="mine")
    return inputs.adopted_files(wildcards, {"networks": {"mine": entry}})


def test_what_is_not_there_can_be_planned_with_and_what_is_there_is_an_input(here):
    for path in ("w.pt", "nets"):
        assert files_of({**OWN, "weights": "absent.pt"}) == []
        (here / "w.pt").write_bytes(b"weights")
        assert files_of({**OWN, "weights": path}) == [path]
    assert files_of({**OWN, "weights": None}) == files_of(OWN) == []
    assert files_of({**HUB, "path": "absent"}) == []
    for name in ("b.safetensors", "a.json", "code.py"):
        (here / "nets" / name).write_bytes(b"x")
    assert files_of({**HUB, "path": "nets"}) == ["nets/a.json", "nets/b.safetensors"]
    assert files_of(HUB) == ["data/downloads/transformers/someone--something--1"]


def test_entries_that_are_whole_pass(here):
    (here / "w.pt").write_bytes(b"weights")
    check_network("networks.mine", {**OWN, "weights": "w.pt"})
    check_network("networks.mine", {**OWN, "weights": None})
    check_network("networks.mine", HUB)
    check_adopted([job("adopt_network", "mine")], {"networks": {"mine": OWN}})


def test_what_is_missing_is_told_by_a_plan(here):
    """Only of what the run uses; classes too, once a folder can be listed."""
    config = merged(
        default_config(),
        {
            "corpora": {
                "songs": {"maker": "folder", "path": "songs", "rate": 8000, "seconds": 1.0},
                "unused": {"maker": "folder", "path": "nothing", "rate": 8000, "seconds": 1.0},
            },
            "networks": {"mine": {"module": "nets.tiny:Nett"}, "unused": {"module": "nets:No"}},
        },
    )
    config["run"] = ["hierarchy/layers"]
    config["hierarchy"]["layers"] |= {
        "networks": ["mine"],
        "tasks": {"pitch": {"corpus": "songs", "level": "low"}},
    }
    corpus, network = missing(config)
    assert corpus.startswith("note: a run would be refused: corpora.songs.path: no folder 'songs'")
    assert "networks.mine.module" in network and "did you mean 'Net'" in network
    for number in range(8):
        put(here / "songs", f"rock/{number}.wav", noise(200, number))
    config["networks"]["mine"]["module"] = "nets.tiny:Bare"
    assert missing(config) == []
    config["run"] = ["steering/mine"]
    config["steering"]["mine"] = {
        **config["steering"]["world"],
        "network": "genre_ast",
        "concepts": "songs",
        "unseen": None,
        "flat": None,
        "pairs": [{"concept": "rockk", "target": ["jazz"]}],
    }
    (told,) = missing(config)
    assert told.startswith("note: a run would be refused: steering.mine.pairs.0.concept: corpus")
    assert "songs has no class 'rockk' (did you mean 'rock'?)" in told
