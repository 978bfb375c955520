"""Weights of chosen epochs are kept, survive a kill, and are loaded by their epoch."""

import shutil

import pytest
import torch
from safetensors.torch import load_file
from worlds import NETWORK, tone_corpus

from tonotopy import sums
from tonotopy.errors import InputError
from tonotopy.files import read_json
from tonotopy.networks.bundle import load, save, untrained
from tonotopy.networks.registry import build
from tonotopy.training.checkpoints import resumable
from tonotopy.training.fit import train
from tonotopy.training.loop import EpochLines

EPOCHS = [4, 0, 2]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return tone_corpus(tmp_path_factory.mktemp("corpora") / "tones", (16, 7, 5))


def run(corpus, place, snapshots=EPOCHS):
    training = {**NETWORK["training"], "snapshots": snapshots}
    folders = (place / name for name in ("network", "checkpoints", "logs"))
    train(corpus, {**NETWORK, "training": training}, *folders, 0, "cpu")
    return place / "network"


@pytest.fixture(scope="module")
def network(corpus, tmp_path_factory):
    return run(corpus, tmp_path_factory.mktemp("trained"))


def weights(network) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_snapshots_are_files_that_network_json_names(network):
    info = read_json(network / "network.json")
    names = {f"{n}": f"snapshots/epoch-000{n}.safetensors" for n in (0, 2, 4)}
    assert info["snapshots"] == names and info["training"]["snapshots"] == [0, 2, 4]
    files = {str(p.relative_to(network)) for p in (network / "snapshots").iterdir()}
    assert files == set(names.values())
    assert all(name in sums.place_of(network).read_text() for name in files)


def test_each_is_the_network_after_its_epoch(corpus, network, tmp_path):
    bundle = load(network)
    torch.manual_seed(0)
    before = build("ast", NETWORK["arguments"], bundle.front_end.settings, 3)
    first = load(network, snapshot=0)
    assert torch.equal(weights(first.network), weights(before))
    assert not first.network.training and first.front_end.settings == bundle.front_end.settings
    kept = {epoch: weights(load(network, epoch).network) for epoch in (0, 2, 4)}
    assert not torch.equal(kept[0], kept[2]) and not torch.equal(kept[2], kept[4])
    every = run(corpus, tmp_path, snapshots=[0, 1, 2, 3, 4])
    for epoch, known in kept.items():
        assert torch.equal(weights(load(every, epoch).network), known)
    best = load(every, int(bundle.info["best"]["epoch"]) + 1)
    assert torch.equal(weights(best.network), weights(bundle.network))


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_resumed_training_ends_with_all_of_them(corpus, network, tmp_path, monkeypatch, epoch):
    class Killed(BaseException):
        pass

    begin = EpochLines.on_train_epoch_start

    def die(self, trainer, module):
        begin(self, trainer, module)
        if trainer.current_epoch == epoch:
            raise Killed

    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(EpochLines, "on_train_epoch_start", die)
        run(corpus, tmp_path)
    again = run(corpus, tmp_path)
    for name in ("weights", *(f"snapshots/epoch-000{n}" for n in (0, 2, 4))):
        ours, theirs = (load_file(f / f"{name}.safetensors") for f in (again, network))
        assert all(torch.equal(ours[key], theirs[key]) for key in theirs)


def test_a_checkpoint_without_its_snapshots_is_dropped(corpus, tmp_path, capsys):
    run(corpus, tmp_path)
    (folder,) = (tmp_path / "checkpoints").iterdir()
    assert resumable(folder, (0, 2, 4)).epochs == 4
    assert resumable(folder, (0, 5)).epochs == 4  # what is yet to come need not be there
    (folder / "snapshots/epoch-0004.safetensors").unlink()
    capsys.readouterr()
    assert resumable(folder, (0, 2)).epochs == 4
    assert resumable(folder, (0, 2, 4)) is None and not folder.exists()
    assert f"needs {folder}/snapshots/epoch-0004.safetensors, which" in capsys.readouterr().out


def test_snapshots_that_are_not_kept_are_refused_with_those_that_are(network, tmp_path):
    with pytest.raises(InputError, match=r"no snapshot of epoch 3 is kept \(kept: 0, 2, 4\)"):
        load(network, snapshot=3)
    bundle = load(network)
    copy = untrained(bundle, 1)
    save(tmp_path / "copy", copy.network, copy.front_end, copy.info)
    assert not (tmp_path / "copy/snapshots").exists()
    with pytest.raises(InputError, match=r"no snapshot of epoch 0 is kept \(kept: none\)"):
        load(tmp_path / "copy", snapshot=0)
    assert "snapshots" in bundle.info


def test_a_damaged_snapshot_is_named(network, tmp_path):
    shutil.copytree(network, tmp_path / "network")
    file = tmp_path / "network/snapshots/epoch-0002.safetensors"
    file.write_bytes(b"no weights")
    with pytest.raises(InputError, match=r"epoch-0002.safetensors: .*train the network again"):
        load(tmp_path / "network", snapshot=2)
    known = weights(load(network, 4).network)
    assert torch.equal(weights(load(tmp_path / "network", 4).network), known)


def test_epochs_out_of_range_are_refused(corpus, tmp_path):
    with pytest.raises(InputError, match=r"^training.snapshots: there is no epoch 5, .* to 4"):
        run(corpus, tmp_path, snapshots=[0, 5])
    assert not (tmp_path / "checkpoints").exists()
