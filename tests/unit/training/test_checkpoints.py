"""A killed training goes on to the same weights; torn checkpoints do not stop it."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import torch
from worlds import NETWORK, tone_corpus

from tonotopy.corpora.schema import Corpus
from tonotopy.networks.bundle import load
from tonotopy.training.checkpoints import Checkpoints, Resumption, relocated, resumable, resuming
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
    rooms = os.pathsep.join(
        str(ROOT / room) for room in ("workflow", "tests", "tests/unit/training")
    )
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
    told = capsys.readouterr().out
    resumed = re.search(r"^resuming from epoch (\d) of 5 \((.*)\)$", told, flags=re.MULTILINE)
    assert f"epoch {resumed[1]}/5" in told and f"epoch {int(resumed[1]) - 1}/5" not in told
    assert Path(resumed[2]).parents[1] == again / "checkpoints"
    # the network may yet be lost before anybody notes that it is finished: it is there at once
    assert torch.equal(fit(corpus, again), uninterrupted)
    told = capsys.readouterr().out
    assert "resuming after the last of 5 epochs (" in told and "/5" not in told


def cut(path):
    os.truncate(path, path.stat().st_size // 2)


def flip(path):
    """Change a bit of the largest array; between arrays are zeros that nobody reads."""
    content = bytearray(path.read_bytes())
    with zipfile.ZipFile(path) as members:
        largest = max(members.infolist(), key=lambda member: member.file_size)
        whole = members.read(largest)
    content[content.index(whole) + len(whole) // 2] ^= 1
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
    assert resumable(place).checkpoint == whole and not torn.exists()
    assert f"note: {torn} is damaged" in capsys.readouterr().out


def test_a_training_starts_anew_over_a_torn_checkpoint(corpus, again, uninterrupted, capsys):
    flip(the(again, "last"))
    assert torch.equal(fit(corpus, again), uninterrupted)
    told = capsys.readouterr().out
    assert "is damaged" in told and "resuming" not in told


def test_a_checkpoint_is_found_by_relative_and_absolute_paths(again, monkeypatch, capsys):
    (place,) = (again / "checkpoints").iterdir()
    last = the(place, "last")
    over = torch.load(last, weights_only=True)["epoch"] + 1
    assert resumable(place) == Resumption(last, over)
    monkeypatch.chdir(again)
    relative = Path("checkpoints") / place.name
    assert resumable(relative) == Resumption(relative / last.name, over)
    monkeypatch.chdir(again / "checkpoints")
    assert resumable(Path(place.name)).checkpoint == Path(place.name) / last.name
    linked = again / "linked"
    linked.symlink_to(again / "checkpoints")
    assert resumable(linked / place.name).checkpoint == linked / place.name / last.name
    assert capsys.readouterr().out == "" and last.exists()


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("moved", [False, True])
def test_it_goes_on_by_any_path_and_after_a_move(
    corpus, again, uninterrupted, tmp_path, monkeypatch, capsys, relative, moved
):
    place = again
    if moved:  # nothing can be read from the old place
        place = again.with_name("moved")
        again.rename(place)
    try:
        monkeypatch.chdir(place.parent)
        weights = fit(corpus, Path(place.name) if relative else place)
        told = capsys.readouterr().out
        assert torch.equal(weights, uninterrupted)
        assert "resuming from epoch" in told and "note:" not in told
        assert place == again or not again.exists()
    finally:
        if moved:
            place.rename(again)


def test_after_a_move_the_best_epoch_is_that_of_the_new_place(
    corpus, tmp_path, monkeypatch, capsys
):
    """Epoch 1 is the best of all and there is nothing left to train."""
    scores = iter([0.9, 0.5, 0.4, 0.3, 0.2])
    monkeypatch.setattr(Classify, "score", lambda self, *_: next(scores))
    weights = fit(corpus, tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    shutil.rmtree(tmp_path / "new/network")
    assert torch.equal(fit(corpus, tmp_path / "new"), weights)
    assert "resuming after the last of 5 epochs" in capsys.readouterr().out
    assert load(tmp_path / "new/network").info["best"]["epoch"] == 0
    assert not (tmp_path / "old").exists()


def test_lightnings_state_is_rewritten_to_the_folder_as_it_is_now(tmp_path):
    scores = {name: torch.tensor(score) for name, score in (("best", 0.25), ("best-v1", 0.5))}
    state = {
        "dirpath": "/old/place",
        "best_model_path": "/old/place/best-v1.ckpt",
        "kth_best_model_path": "/old/place/best.ckpt",
        "kth_value": scores["best"],
        "last_model_path": "",
        "best_model_score": scores["best-v1"],
        "best_k_models": {f"/old/place/{name}.ckpt": score for name, score in scores.items()},
    }
    before = dict(state)
    callback = Checkpoints(tmp_path, filename="best", monitor="x", mode="max", save_top_k=2)
    callback.load_state_dict(state)
    assert state == before
    assert callback.best_model_path == str(tmp_path / "best-v1.ckpt")
    assert callback.kth_best_model_path == str(tmp_path / "best.ckpt")
    assert callback.last_model_path == "" and callback.best_model_score == 0.5
    assert callback.best_k_models == {str(tmp_path / f"{n}.ckpt"): s for n, s in scores.items()}
    assert callback.kth_value == 0.25
    assert relocated(state, tmp_path)["dirpath"] == str(tmp_path)


def test_the_log_tells_where_a_training_goes_on():
    path = Path("results/x/last.ckpt")
    assert resuming(Resumption(path, 3), 5) == f"resuming from epoch 4 of 5 ({path})"
    assert resuming(Resumption(path, 4), 5) == f"resuming from epoch 5 of 5 ({path})"
    assert resuming(Resumption(path, 5), 5) == f"resuming after the last of 5 epochs ({path})"


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


@pytest.mark.parametrize("torn", ["best", "last"])
def test_a_write_that_is_cut_off_leaves_the_last_checkpoint_and_its_best_epoch(
    corpus, tmp_path, monkeypatch, capsys, torn
):
    """Each epoch is better than the one before; the power fails while the fourth is written."""

    def rising(first):
        scores = iter([0.1, 0.2, 0.3, 0.4, 0.5][first:])
        monkeypatch.setattr(Classify, "score", lambda self, *_: next(scores))

    rising(0)
    uninterrupted = fit(corpus, tmp_path / "whole")
    save = Checkpoints._save_checkpoint

    def die(self, trainer, path):
        if trainer.current_epoch == 3 and torn in Path(path).name:
            if torn == "best":
                Path(path).write_bytes(b"torn")
            raise Killed
        save(self, trainer, path)

    rising(0)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(Checkpoints, "_save_checkpoint", die)
        fit(corpus, tmp_path / "killed")
    capsys.readouterr()
    rising(3)
    assert torch.equal(fit(corpus, tmp_path / "killed"), uninterrupted)
    assert "resuming from epoch 4 of 5" in capsys.readouterr().out
