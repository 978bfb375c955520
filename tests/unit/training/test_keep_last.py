"""The last epoch is kept where it is asked for; no validation split is needed for that."""

import lightning
import pytest
import torch
from heard_worlds import heard_corpus, learned
from safetensors.torch import load_file
from threads import one_thread  # noqa: F401 (used by every test)

from tonotopy.networks.bundle import load
from tonotopy.training.loop import EpochLines
from tonotopy.training.objectives import Classify

SNAPSHOTS = [0, 1, 2, 3]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return heard_corpus(tmp_path_factory.mktemp("corpora") / "tones")


@pytest.fixture(scope="module")
def whole(corpus, tmp_path_factory):
    """History and weights of a training that nothing stopped."""
    place = tmp_path_factory.mktemp("whole")
    history, folder = learned(corpus, place, keep="last", snapshots=SNAPSHOTS)
    return history, folder


def weights(folder, name="weights"):
    return load_file(folder / f"{name}.safetensors")


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def test_the_last_epochs_weights_are_kept(whole):
    folder = whole[1]
    kept = [weights(folder, f"snapshots/epoch-000{epoch}") for epoch in SNAPSHOTS]
    assert [equal(weights(folder), one) for one in kept] == [False, False, False, True]
    bundle = load(folder)
    assert bundle.info["best"]["epoch"] == 2 and bundle.info["training"]["keep"] == "last"
    assert not bundle.network.training


def test_nobody_asks_for_the_score_of_others(whole, corpus, tmp_path, monkeypatch):
    history, folder = whole
    assert list(history.columns) == ["epoch", "train_loss"]
    assert history["epoch"].tolist() == [0, 1, 2]
    monkeypatch.setattr(Classify, "score", lambda self, *_: 1 / 0)
    again = learned(corpus, tmp_path / "last", keep="last", snapshots=SNAPSHOTS)[1]
    assert equal(weights(again), weights(folder))
    with pytest.raises(ZeroDivisionError):
        learned(corpus, tmp_path / "best", keep="best")


def test_the_best_epoch_is_another(whole, corpus, tmp_path, monkeypatch):
    scores = iter([0.5, 0.9, 0.1])
    monkeypatch.setattr(Classify, "score", lambda self, *_: next(scores))
    _, folder = learned(corpus, tmp_path, keep="best", snapshots=SNAPSHOTS)
    assert load(folder).info["best"]["epoch"] == 1
    # which is validated between the epochs, and learns what it learns otherwise
    assert equal(weights(folder), weights(whole[1], "snapshots/epoch-0002"))


@pytest.mark.parametrize("cache", [True, False])
def test_no_validation_split_is_needed(tmp_path, cache):
    corpus = heard_corpus(tmp_path / "corpus", (9, 0, 2))
    history, folder = learned(corpus, tmp_path, keep="last", cache=cache, epochs=2)
    assert len(history) == 2 and (folder / "weights.safetensors").is_file()


@pytest.mark.parametrize("epoch", [1, 2])
def test_a_killed_training_ends_with_the_same_weights(corpus, whole, tmp_path, monkeypatch, epoch):
    class Killed(BaseException):
        pass

    begin, fit, starts = EpochLines.on_train_epoch_start, lightning.Trainer.fit, []

    def die(self, trainer, module):
        begin(self, trainer, module)
        if trainer.current_epoch == epoch:
            raise Killed

    def noted(self, *args, **options):
        starts.append(options["ckpt_path"])
        return fit(self, *args, **options)

    monkeypatch.setattr(lightning.Trainer, "fit", noted)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(EpochLines, "on_train_epoch_start", die)
        learned(corpus, tmp_path, keep="last", snapshots=SNAPSHOTS)
    assert not (tmp_path / "network").exists()
    history, folder = learned(corpus, tmp_path, keep="last", snapshots=SNAPSHOTS)
    assert starts[0] is None and starts[1] is not None
    assert equal(weights(folder), weights(whole[1]))
    for number in SNAPSHOTS:
        name = f"snapshots/epoch-000{number}"
        assert equal(weights(folder, name), weights(whole[1], name))
    assert history.equals(whole[0])
    # and once more, with nothing left to learn
    again = learned(corpus, tmp_path, keep="last", snapshots=SNAPSHOTS)[1]
    assert equal(weights(again), weights(whole[1]))
