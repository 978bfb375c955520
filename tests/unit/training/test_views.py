"""What an objective may ask of a batch: views, mixtures, reconstruction; the learner sees none."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, normalize
from worlds import NETWORK, RATE, SECONDS, tone_corpus

from tonotopy.frontends import registry as front_ends
from tonotopy.networks.registry import build
from tonotopy.training.augmentation.declared import steps
from tonotopy.training.learner import Learner
from tonotopy.training.listening import Batch, fitted_front_end
from tonotopy.training.loop import Job, fit
from tonotopy.training.objectives import Classify
from tonotopy.training.settings import TrainingSettings

NOISE = [{"transform": "noise", "range": [0.1, 0.2], "p": 1.0}]
TRAINING = {"epochs": 2, "batch": 8, "learning_rate": 1e-3}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return tone_corpus(tmp_path_factory.mktemp("corpora") / "tones", (16, 10, 3))


class Recorded:
    """Remembers the batches that an objective is given."""

    def __init__(self):
        self.batches: list[Batch] = []


@dataclass(frozen=True)
class TwoViews:
    """Contrastive: two views of a clip are alike, and unlike those of all other clips."""

    seen: Recorded
    metric = "validation_agreement"
    whole = True

    def targets(self, corpus):
        return np.zeros(len(corpus), dtype=np.int64)

    def loss(self, network, batch):
        views = [batch.view() for _ in range(2)]
        self.seen.batches.append((batch.training, [view.sounds for view in views]))
        left, right = (normalize(network(view.sounds), dim=-1) for view in views)
        pairs = torch.arange(len(left))
        return cross_entropy(10 * left @ right.T, pairs), (left * right).sum(dim=1)

    def score(self, targets, outputs):
        return float(outputs.mean())


@dataclass(frozen=True)
class Mixed(Classify):
    """Classes from mixtures: clips and targets of the batch are mixed in training."""

    def loss(self, network, batch):
        view = batch.view()
        answers = torch.nn.functional.one_hot(view.targets, self.classes).float()
        sounds = view.sounds
        if batch.training:
            order = torch.randperm(batch.share.total, generator=batch.rng)[batch.share.slice]
            whole = view.whole_batch()
            sounds = 0.7 * sounds + 0.3 * whole.sounds[order]
            others = torch.nn.functional.one_hot(whole.targets[order], self.classes)
            answers = 0.7 * answers + 0.3 * others
        logits = network(sounds)
        return cross_entropy(logits, answers), logits


@dataclass(frozen=True)
class Reconstruct:
    """A codec's: the target is the input, as it was before augmentation."""

    seen: Recorded
    metric = "validation_minus_error"
    whole = False

    def targets(self, corpus):
        return np.zeros((len(corpus), 0), dtype=np.float32)

    def loss(self, network, batch):
        view, original = batch.view().sounds, batch.unaugmented().sounds
        self.seen.batches.append((batch.training, [view, original]))
        errors = (network(view) - original).square().mean(dim=1)
        return errors.mean(), errors

    def score(self, targets, outputs):
        return -float(outputs.mean())


def learned(corpus, tmp_path, objective, front_end_settings, network=None, epochs=2):
    """Train some epochs with an objective of the test's own; return the history."""
    front_end = fitted_front_end(corpus, front_end_settings)[0]
    if network is None:
        torch.manual_seed(0)
        network = build("ast", NETWORK["arguments"], front_end.settings, 3)
    options = TrainingSettings(**{**TRAINING, "epochs": epochs})
    chosen = steps(NOISE, front_end_settings)
    module = Learner(network, front_end, chosen, options, objective, 0)
    folders = tmp_path / "checkpoints", None, tmp_path / "logs"
    job = Job(module, corpus.path, objective.targets(corpus), {}, *folders, "cpu", 1)
    return fit(job)


def test_views_are_augmented_anew_in_training_and_plain_in_validation(corpus, tmp_path):
    seen = Recorded()
    outcome = learned(corpus, tmp_path, TwoViews(seen), NETWORK["front_end"])
    assert len(outcome.rows) == 2 and outcome.rows[0]["validation_agreement"] == pytest.approx(1)
    kinds = [training for training, _ in seen.batches]
    assert kinds.count(True) == 4 and kinds.count(False) == 4
    for training, (left, right) in seen.batches:
        assert left.shape == right.shape and torch.equal(left, right) != training


def test_clips_and_targets_can_be_mixed(corpus, tmp_path):
    outcome = learned(corpus, tmp_path, Mixed(3), NETWORK["front_end"])
    assert len(outcome.rows) == 2 and "validation_macro_f1" in outcome.rows[1]
    # a loss against mixed targets is that of both, weighted
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(1))
    mixed = 0.7 * torch.eye(3)[[0, 1, 2, 2]] + 0.3 * torch.eye(3)[[2, 0, 1, 2]]
    both = 0.7 * cross_entropy(logits, torch.tensor([0, 1, 2, 2])) + 0.3 * cross_entropy(
        logits, torch.tensor([2, 0, 1, 2])
    )
    torch.testing.assert_close(cross_entropy(logits, mixed), both)


def test_what_was_heard_can_be_reconstructed(corpus, tmp_path):
    torch.manual_seed(0)
    samples = round(RATE * SECONDS)
    network = nn.Sequential(nn.Linear(samples, 8), nn.Linear(8, samples))
    settings, seen = {"kind": "waveform", "rate": RATE}, Recorded()
    outcome = learned(corpus, tmp_path, Reconstruct(seen), settings, network, epochs=20)
    errors = [-row["validation_minus_error"] for row in outcome.rows]
    assert errors[-1] < 0.95 * errors[0]
    validation = corpus.waveforms(corpus.indices("validation"))
    heard = [pair for training, pair in seen.batches if not training]
    np.testing.assert_array_equal(torch.cat([view for view, _ in heard[:2]]), validation)
    clips = {tuple(clip) for clip in corpus.waveforms(slice(None)).tolist()}
    for training, (view, original) in seen.batches:
        assert torch.equal(view, original) != training
        assert all(tuple(clip) in clips for clip in original.tolist())
    front_end = front_ends.build(settings)
    assert torch.equal(
        front_end(torch.from_numpy(validation)), torch.cat([o for _, o in heard[:2]])
    )
