"""A killed training goes on to the same weights; torn checkpoints do not stop it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from worlds import NETWORK, tone_corpus

from tonotopy.corpora.schema import Corpus
from tonotopy.networks.bundle import load
from tonotopy.training.checkpoints import drop_untrustworthy
from tonotopy.training.fit import train

ROOT = Path(__file__).parents[2]
SETTINGS = {**NETWORK, "training": {**NETWORK["training"], "epochs": 5}}
PROGRAM = """
import sys
from pathlib import Path
from test_checkpoints import fit
fit(Path(sys.argv[1]), Path(sys.argv[2]))
"""


def fit(corpus: Path, place: Path) -> torch.Tensor:
    train(
        Corpus(corpus), SETTINGS, place / "network", place / "checkpoints", place / "logs", 0, "cpu"
    )
    parameters = load(place / "network").network.parameters()
    return torch.cat([p.detach().flatten() for p in parameters])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return tone_corpus(tmp_path_factory.mktemp("corpora") / "tones").path


@pytest.fixture(scope="module")
def uninterrupted(corpus, tmp_path_factory):
    return fit(corpus, tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def killed(corpus, tmp_path_factory) -> Path:
    """Where a training lies that got a SIGKILL after its first epochs."""
    place = tmp_path_factory.mktemp("killed")
    rooms = os.pathsep.join(str(ROOT / room) for room in ("workflow", "tests", "tests/unit"))
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(corpus), str(place)],
        env={**os.environ, "PYTHONPATH": rooms, "PYTHONSAFEPATH": ""},
    )
    until = time.monotonic() + 120
    while not list(place.rglob("last.ckpt")):
        assert child.poll() is None and time.monotonic() < until
        time.sleep(0.01)
    child.kill()
    assert child.wait() == -signal.SIGKILL and not (place / "network").exists()
    return place


@pytest.fixture
def again(killed, tmp_path):
    """The killed training's checkpoints, where they were: the folder is put back afterwards."""
    kept = tmp_path / "kept"
    shutil.copytree(killed, kept)
    yield killed
    shutil.rmtree(killed)
    shutil.copytree(kept, killed)


def test_after_a_sigkill_it_ends_with_the_same_weights(corpus, again, uninterrupted, capsys):
    assert torch.equal(fit(corpus, again), uninterrupted)
    assert "resuming from" in capsys.readouterr().out
    assert not list((again / "checkpoints").iterdir())


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("name", ["last.ckpt", "best.ckpt"])
@pytest.mark.parametrize("harm", [cut, flip, Path.unlink])
def test_torn_checkpoints_are_told_and_dropped(again, capsys, name, harm):
    (checkpoint,) = again.rglob(name)
    harm(checkpoint)
    drop_untrustworthy(checkpoint.parent)
    told = capsys.readouterr().out
    assert f"note: {checkpoint.parent}" in told and name in told
    assert told.endswith("the training starts anew\n") and not checkpoint.parent.exists()


def test_a_training_starts_anew_over_a_torn_checkpoint(corpus, again, uninterrupted, capsys):
    (checkpoint,) = again.rglob("last.ckpt")
    flip(checkpoint)
    assert torch.equal(fit(corpus, again), uninterrupted)
    told = capsys.readouterr().out
    assert "last.ckpt is damaged" in told and "resuming" not in told


def test_checkpoints_in_a_moved_folder_are_not_used(again, tmp_path, capsys):
    (place,) = (again / "checkpoints").iterdir()
    drop_untrustworthy(place)
    assert place.is_dir() and capsys.readouterr().out == ""
    shutil.copytree(place, tmp_path / "moved")
    drop_untrustworthy(tmp_path / "moved")
    assert f"note: {tmp_path}/moved/last.ckpt needs {place}" in capsys.readouterr().out
