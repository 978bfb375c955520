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
from tonotopy.training.checkpoints import resumable
from tonotopy.training.fit import train
from tonotopy.training.loop import EpochLines
from tonotopy.training.objectives import Classify

ROOT = Path(__file__).parents[3]
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
    while not list(place.rglob("last*.ckpt")):
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
    # the network may yet be lost before anybody notes that it is finished: it is there at once
    assert torch.equal(fit(corpus, again), uninterrupted)
    told = capsys.readouterr().out
    assert "resuming from" in told and "epoch" not in told


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def the(place: Path, name: str) -> Path:
    """The newest checkpoint of a kind."""
    return max(place.rglob(f"{name}*.ckpt"), key=lambda path: path.stat().st_mtime_ns)


@pytest.mark.parametrize("name", ["last", "best"])
@pytest.mark.parametrize("harm", [cut, flip, Path.unlink])
def test_torn_checkpoints_are_told_and_dropped(again, capsys, name, harm):
    (place,) = (again / "checkpoints").iterdir()
    for other in place.glob(f"{name}*.ckpt"):
        harm(other)
    assert resumable(place) is None
    told = capsys.readouterr().out
    assert told.endswith(f"note: {place} has no whole checkpoint: the training starts anew\n")
    assert not place.exists() and (harm is Path.unlink or f"{name}" in told)


def test_an_older_checkpoint_steps_in_for_a_torn_one(again, capsys):
    (place,) = (again / "checkpoints").iterdir()
    whole = the(place, "last")
    torn = place / "last-v7.ckpt"
    shutil.copy(whole, torn)
    cut(torn)
    assert resumable(place) == whole and not torn.exists()
    assert f"note: {torn} is damaged" in capsys.readouterr().out


def test_a_training_starts_anew_over_a_torn_checkpoint(corpus, again, uninterrupted, capsys):
    flip(the(again, "last"))
    assert torch.equal(fit(corpus, again), uninterrupted)
    told = capsys.readouterr().out
    assert "is damaged" in told and "resuming" not in told


def test_checkpoints_in_a_moved_folder_are_not_used(again, tmp_path, capsys):
    (place,) = (again / "checkpoints").iterdir()
    assert resumable(place) == the(place, "last") and capsys.readouterr().out == ""
    shutil.copytree(place, tmp_path / "moved")
    assert resumable(tmp_path / "moved") is None
    told = capsys.readouterr().out
    assert f"note: {tmp_path}/moved/last" in told and f"needs {place}" in told


class Killed(BaseException):
    pass


@pytest.mark.parametrize("last", [1, 3])
def test_it_goes_on_from_the_last_epoch_though_an_early_one_was_best(
    corpus, tmp_path, monkeypatch, capsys, last
):
    """Epoch 1 is the best of all; the kill comes in the epoch after ``last``."""
    scores = iter([0.9, 0.5, 0.4, 0.3, 0.2])
    monkeypatch.setattr(Classify, "score", lambda self, *_: next(scores))
    begin = EpochLines.on_train_epoch_start

    def die(self, trainer, module):
        begin(self, trainer, module)
        if trainer.current_epoch == last:
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(EpochLines, "on_train_epoch_start", die)
        fit(corpus, tmp_path)
    assert len(list(tmp_path.rglob("last*.ckpt"))) == 1
    capsys.readouterr()
    fit(corpus, tmp_path)
    told = capsys.readouterr().out
    assert [f"epoch {n + 1}/5" in told for n in range(5)] == [n >= last for n in range(5)]
    assert load(tmp_path / "network").info["best"]["epoch"] == 0
