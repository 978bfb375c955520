"""Training: it learns, it resumes to the same weights, its bundle says what it is."""

import json

import lightning
import numpy as np
import pandas as pd
import pytest
import torch
from worlds import NETWORK, TONES, tone_corpus

from tonotopy import sums
from tonotopy.errors import InputError
from tonotopy.inference import pick_device, prediction_table, probabilities
from tonotopy.networks.bundle import load, untrained
from tonotopy.networks.registry import build
from tonotopy.training.fit import train
from tonotopy.training.listening import fitted_front_end
from tonotopy.training.loop import EpochLines
from tonotopy.training.tune import tune


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return tone_corpus(tmp_path_factory.mktemp("corpora") / "tones")


def run(corpus, place, settings=NETWORK, seed=0, **options):
    history = train(
        corpus,
        settings,
        place / "network",
        place / "checkpoints",
        place / "logs",
        seed,
        "cpu",
        **options,
    )
    return history, load(place / "network")


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory):
    return run(corpus, tmp_path_factory.mktemp("trained"))


def weights(bundle):
    return torch.cat([p.detach().flatten() for p in bundle.network.parameters()])


def test_it_learns_and_says_what_it_is(corpus, trained):
    history, bundle = trained
    assert list(history["epoch"]) == [0, 1, 2, 3]
    assert history["train_loss"].iloc[-1] < history["train_loss"].iloc[0]
    table = prediction_table(bundle, corpus, "test", "test")
    assert (table["label"] == table["predicted"]).mean() > 0.9
    assert bundle.classes == list(TONES)
    assert [layer["path"] for layer in bundle.info["layers"].values()] == ["blocks.0", "blocks.1"]
    assert bundle.info["corpus"]["content_sha256"] == corpus.info["content_sha256"]
    best = history["validation_macro_f1"].max()
    assert bundle.info["best"]["validation_macro_f1"] == best
    front_end = fitted_front_end(corpus, NETWORK["front_end"])[0].settings
    assert bundle.front_end.settings == front_end and front_end.std > 0


def test_the_same_seed_gives_the_same_weights(corpus, trained, tmp_path):
    again = run(corpus, tmp_path)[1]
    assert torch.equal(weights(trained[1]), weights(again))
    other = run(corpus, tmp_path / "other", seed=1)[1]
    assert not torch.equal(weights(again), weights(other))


def test_a_killed_training_resumes_and_ends_with_the_same_weights(
    corpus, trained, tmp_path, monkeypatch
):
    class Killed(BaseException):
        pass

    spoken = EpochLines.on_train_epoch_end

    def die(self, trainer, module):
        spoken(self, trainer, module)
        if trainer.current_epoch == 2:
            raise Killed

    monkeypatch.setattr(EpochLines, "on_train_epoch_end", die)
    with pytest.raises(Killed):
        run(corpus, tmp_path)
    assert not (tmp_path / "network").exists()
    monkeypatch.setattr(EpochLines, "on_train_epoch_end", spoken)
    starts = []
    monkeypatch.setattr(
        lightning.Trainer,
        "fit",
        lambda self, *a, _fit=lightning.Trainer.fit, **k: (
            starts.append(k["ckpt_path"]) or _fit(self, *a, **k)
        ),
    )
    history, bundle = run(corpus, tmp_path)
    assert starts[0] is not None and list(history["epoch"]) == [0, 1, 2, 3]
    assert torch.equal(weights(bundle), weights(trained[1]))
    pd.testing.assert_frame_equal(history, trained[0])


def test_cached_spectrograms_give_the_same_network(corpus, trained, tmp_path):
    cached = {**NETWORK, "training": {**NETWORK["training"], "cache": True}}
    bundle = run(corpus, tmp_path, cached)[1]
    torch.testing.assert_close(weights(bundle), weights(trained[1]), rtol=1e-4, atol=1e-5)


def test_noise_excludes_the_cache(corpus, tmp_path):
    noisy = {
        **NETWORK,
        "training": {**NETWORK["training"], "epochs": 1, "schedule": "constant"},
        "augmentation": [
            {"transform": "noise", "range": [0.01, 0.1], "p": 0.5},
            {"transform": "pitch_shift", "range": [-0.5, 0.5], "p": 0.5},
        ],
    }
    assert len(run(corpus, tmp_path / "a", noisy)[0]) == 1
    noisy["training"]["cache"] = True
    with pytest.raises(InputError, match="training.cache: 'cache' and 'noise' exclude"):
        run(corpus, tmp_path / "b", noisy)


def test_an_untrained_copy_is_at_chance_and_seeded(corpus, trained):
    copies = [untrained(trained[1], seed) for seed in (0, 0, 1)]
    assert torch.equal(weights(copies[0]), weights(copies[1]))
    assert not torch.equal(weights(copies[0]), weights(copies[2]))
    found = probabilities(copies[0], corpus, corpus.indices("test"))
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert (found.argmax(axis=1) == corpus.labels[corpus.indices("test")]).mean() < 0.7


def test_damaged_bundles_are_named(corpus, trained, tmp_path):
    bundle = run(corpus, tmp_path)[1]
    place = tmp_path / "network"
    (place / "weights.safetensors").write_bytes(b"no weights")
    with pytest.raises(InputError, match="weights.safetensors.*damaged after it was written"):
        load(place)
    sums.forget(place)
    with pytest.raises(InputError, match="weights.safetensors.*train the network again"):
        load(place)
    info = {**bundle.info, "architecture": "asst"}
    (place / "network.json").write_text(json.dumps(info))
    with pytest.raises(InputError, match="no architecture 'asst'.*'ast'"):
        load(place)
    (place / "network.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        load(place)


def test_sizes_and_rates_that_do_not_fit_are_refused(corpus, trained):
    settings = trained[1].front_end.settings
    with pytest.raises(InputError, match="network arguments.*widht"):
        build("ast", {"widht": 3}, settings, 3)


def test_unknown_classes_are_refused(corpus, trained, tmp_path):
    bundle = trained[1]
    info = {**bundle.info, "classes": ["low", "mid"]}
    with pytest.raises(InputError, match="does not know high"):
        prediction_table(type(bundle)(bundle.network, bundle.front_end, info), corpus, "test", "x")


def test_a_gpu_that_is_not_there_is_told():
    assert pick_device("cpu").type == "cpu"
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="torch sees none"):
            pick_device("gpu")


def test_tuning_searches_at_random_then_around_the_best(corpus):
    plan = {"trials": 2, "epochs": 1, "learning_rate": [1e-4, 1e-2], "weight_decay": [1e-3, 1e-1]}
    trials = tune(corpus, {**NETWORK, "tuning": plan}, seed=0, accelerator="cpu")
    assert list(trials["stage"]).count("random") == 2
    grid = trials[trials["stage"] == "grid"]
    best = trials[trials["stage"] == "random"].nlargest(1, "validation_macro_f1").iloc[0]
    assert len(grid) == grid["learning_rate"].nunique() * grid["weight_decay"].nunique() >= 4
    assert np.isclose(grid["learning_rate"], best["learning_rate"]).any()
    assert trials["learning_rate"].between(1e-4, 1e-2).all()
    with pytest.raises(InputError, match="no 'tuning' entry"):
        tune(corpus, NETWORK, seed=0)
