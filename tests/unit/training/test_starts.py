"""What a training starts from, which clips it learns, and which of several alike it is."""

import json

import pytest
import torch
from heard_worlds import SETTINGS, heard_corpus, learned
from literal_deconvnet import WIDTHS
from safetensors.torch import load_file
from threads import one_thread  # noqa: F401 (used by every test)

from tonotopy.errors import InputError
from tonotopy.networks.bundle import load
from tonotopy.networks.cnn12 import CNN12
from tonotopy.seeding import generator
from tonotopy.training import loop
from tonotopy.training.budget import budgeted
from tonotopy.training.fit import Start
from tonotopy.training.objectives import Classify

BRIEF = {"keep": "last", "epochs": 1, "snapshots": [0, 1]}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return heard_corpus(tmp_path_factory.mktemp("corpora") / "tones")


def weights(folder, name="weights"):
    return load_file(folder / f"{name}.safetensors")


def snapshot(folder, epoch):
    return weights(folder, f"snapshots/epoch-000{epoch}")


def equal(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


def network(seed):
    torch.manual_seed(seed)
    return CNN12(3, WIDTHS, 6, dropout=0.2)


ARGUMENTS = {"widths": list(WIDTHS), "embedding": 6}


def test_it_starts_from_the_network_it_is_given(corpus, tmp_path):
    known = {name: value.clone() for name, value in network(77).state_dict().items()}
    settings = {**SETTINGS, "arguments": {"unknown": 1}}  # nothing is built from these
    start = Start(network(77), ARGUMENTS)
    _, folder = learned(corpus, tmp_path, settings, start=start, **BRIEF)
    assert equal(snapshot(folder, 0), known) and not equal(weights(folder), known)
    bundle = load(folder)  # by the start's arguments
    assert bundle.info["arguments"] == ARGUMENTS and bundle.info["architecture"] == "cnn12"
    assert equal(dict(bundle.network.state_dict()), weights(folder))


def test_without_one_it_is_built_by_the_seed(corpus, tmp_path):
    _, folder = learned(corpus, tmp_path, seed=5, **BRIEF)
    assert equal(snapshot(folder, 0), network(5).state_dict())


def test_its_aim_takes_the_place_of_the_settings_objective(corpus, tmp_path):
    asked = []

    class Other(Classify):
        metric = "validation_other"

        def score(self, targets, logits):
            return 0.25

    def aim(objective):
        asked.append(objective)
        return Other(objective.classes)

    start = Start(network(1), ARGUMENTS, aim)
    history, _ = learned(corpus, tmp_path, start=start, epochs=1)
    assert asked == [Classify(3)] and history["validation_other"].tolist() == [0.25]


def test_a_checkpoint_of_another_start_is_not_gone_on_from(corpus, tmp_path):
    folders = []
    for digest in ("a", "b", "a"):
        start = Start(network(len(folders)), ARGUMENTS, digest=digest)
        _, folder = learned(corpus, tmp_path, start=start, **BRIEF)
        folders.append(weights(folder))
    assert len(list((tmp_path / "checkpoints").iterdir())) == 2
    assert not equal(folders[0], folders[1]) and equal(folders[0], folders[2])


@pytest.fixture
def read(monkeypatch):
    """Which positions were asked for, in the order of the loaders."""
    positions, loader = [], loop.loader

    def noted(corpus, targets, some, *rest):
        positions.append(some.tolist())
        return loader(corpus, targets, some, *rest)

    monkeypatch.setattr(loop, "loader", noted)
    return positions


def test_it_learns_as_many_clips_as_it_is_told(corpus, tmp_path, read):
    learned(corpus, tmp_path / "all", epochs=1)
    _, folder = learned(corpus, tmp_path / "few", epochs=1, labels=7, seed=3)
    train, validation, few, again = read
    assert train == corpus.indices("train").tolist()
    assert validation == again == corpus.indices("validation").tolist()
    assert few == budgeted(corpus, 7, 3).tolist() and len(few) == 7
    assert few != budgeted(corpus, 7, 0).tolist()
    assert load(folder).info["training"]["labels"] == 7
    with pytest.raises(InputError, match=r"training.labels: 23 clips .* corpus tones has 22"):
        learned(corpus, tmp_path / "more", labels=23)


def test_runs_are_other_draws_of_everything(corpus, tmp_path, read):
    def folder(name, **training):
        return learned(corpus, tmp_path / name, seed=4, labels=7, **{**BRIEF, **training})[1]

    plain, first, other, again = (
        folder(name, **own)
        for name, own in (("plain", {}), ("0", {"run": 0}), ("1", {"run": 1}), ("2", {"run": 1}))
    )
    assert equal(weights(plain), weights(first)) and equal(weights(other), weights(again))
    assert not equal(weights(plain), weights(other))
    seed = int(generator(4, "run", 1).integers(2**31))
    assert json.loads((other / "network.json").read_text())["seed"] == seed
    assert json.loads((first / "network.json").read_text())["seed"] == 4
    assert equal(snapshot(plain, 0), network(4).state_dict())
    assert equal(snapshot(other, 0), network(seed).state_dict())
    assert read[0] == read[1] == budgeted(corpus, 7, 4).tolist()
    assert read[2] == read[3] == budgeted(corpus, 7, seed).tolist() != read[0]
    assert len(list((tmp_path / "0/checkpoints").iterdir())) == 1


def test_gradients_are_clipped_by_their_norm_or_not_at_all(corpus, tmp_path):
    """One step of plain descent: the whole step is as long as the clipped gradient."""
    plain = {"optimiser": "sgd", "momentum": 0.0, "weight_decay": 0.0, "learning_rate": 1.0}
    options = {**BRIEF, **plain, "batch": 22}

    def step(name, **own):
        _, folder = learned(corpus, tmp_path / name, **options, **own)
        before, after = snapshot(folder, 0), weights(folder)
        moved = torch.cat([(after[key] - before[key]).flatten() for key in before])
        return moved.double().norm().item()

    free = step("free", gradient_clip=None)
    assert free > 0.01
    assert step("tight", gradient_clip=free / 4) == pytest.approx(free / 4, rel=1e-3)
    assert step("loose", gradient_clip=4 * free) == pytest.approx(free, rel=1e-3)
    assert step("usual") == pytest.approx(min(1.0, free), rel=1e-3)
