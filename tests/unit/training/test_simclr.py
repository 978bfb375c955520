"""The objective simclr, and classes whose targets can be mixed."""

import math

import numpy as np
import pytest
import torch
from small_batches import clips, noises, rng
from torch import nn
from torch.nn.functional import cross_entropy, normalize
from worlds import RATE, tone_corpus

from tonotopy.errors import InputError
from tonotopy.training.augmentation.declared import steps
from tonotopy.training.clips import FEATURES, WAVEFORM
from tonotopy.training.contrast import nt_xent, placements, retrieval
from tonotopy.training.learner import Learner
from tonotopy.training.listening import Batch, fitted_front_end
from tonotopy.training.loop import Job, fit
from tonotopy.training.objectives import (
    Classify,
    Distil,
    SimCLR,
    Tag,
    TextContrast,
    objective,
)
from tonotopy.training.settings import ContrastSettings, TrainingSettings
from tonotopy.training.shares import Share

TENTH = ContrastSettings(seconds=0.1)  # of a second: 10 samples at 100 Hz


class Heard:
    """Remembers what it hears; each view is distorted by a draw, as augmentation does."""

    def __init__(self):
        self.views = []

    def __call__(self, given, source):
        self.views.append(given.sounds)
        if source is None:
            return given
        return given._replace(sounds=given.sounds + torch.rand(1, generator=source).double())


def project(sounds: torch.Tensor) -> torch.Tensor:
    """A network of 10 samples without parameters: neither linear nor symmetric in time."""
    weights = torch.linspace(-1, 2, 30, dtype=sounds.dtype).reshape(10, 3)
    return torch.sin(sounds @ weights) + sounds[:, :3]


@pytest.mark.parametrize("overlapping", [False, True])
@pytest.mark.parametrize("decoupled", [False, True])
def test_training_contrasts_two_drawn_stretches(overlapping, decoupled):
    sounds, heard = noises(5, 34), Heard()
    settings = ContrastSettings(0.1, overlapping, 0.2, decoupled)
    batch = Batch(clips(sounds, rate=100), heard, rng(3))
    loss, outputs = SimCLR(settings).loss(project, batch)
    source = rng(3)
    starts = placements(Share.of(5), 34, 10, overlapping, source)
    projections = []
    for side in range(2):
        stretches = torch.empty(5, 10, dtype=torch.float64)
        for clip, n in np.ndindex(5, 10):
            stretches[clip, n] = sounds[clip, starts[side][clip] + n]
        assert torch.equal(heard.views[side], stretches)
        projections.append(project(stretches + torch.rand(1, generator=source).double()))
    assert len(heard.views) == 2
    assert loss.item() == pytest.approx(nt_xent(*projections, 0.2, decoupled).item(), rel=1e-12)
    lengths = outputs.reshape(5, 2, 3).norm(dim=2)
    torch.testing.assert_close(lengths, torch.ones_like(lengths))
    for side in range(2):
        expected = normalize(projections[side], dim=1)
        torch.testing.assert_close(outputs[:, 3 * side : 3 * side + 3], expected)


@pytest.mark.parametrize("overlapping", [False, True])
def test_validation_contrasts_the_beginning_and_the_end_as_they_are(overlapping):
    sounds, heard = noises(4, 23), Heard()
    contrast = SimCLR(ContrastSettings(0.1, overlapping))
    loss, outputs = contrast.loss(project, Batch(clips(sounds, rate=100), heard))
    first, second = sounds[:, :10], sounds[:, 13:]
    assert torch.equal(heard.views[0], first) and torch.equal(heard.views[1], second)
    assert loss.item() == pytest.approx(nt_xent(project(first), project(second), 0.1).item())
    expected = [normalize(project(s), dim=1) for s in (first, second)]
    torch.testing.assert_close(outputs, torch.cat(expected, dim=1))


def test_every_batch_draws_other_stretches_and_the_same_generator_the_same():
    given, heard = clips(noises(5, 60), rate=100), Heard()
    losses = [
        SimCLR(TENTH).loss(project, Batch(given, heard, rng(seed)))[0].item() for seed in (1, 1, 2)
    ]
    assert losses[0] == losses[1] != losses[2]
    assert not torch.equal(heard.views[0], heard.views[4])


def test_a_clip_of_exactly_two_views_is_long_enough():
    sounds, heard = noises(6, 20), Heard()
    SimCLR(TENTH).loss(project, Batch(clips(sounds, rate=100), heard, rng()))
    halves = torch.stack([sounds[:, :10], sounds[:, 10:]])
    orders = {torch.equal(heard.views[0][clip], halves[0, clip]) for clip in range(6)}
    assert orders == {False, True}
    for clip in range(6):
        assert torch.equal(heard.views[0][clip] + heard.views[1][clip], halves[:, clip].sum(dim=0))


@pytest.mark.parametrize(
    ("samples", "settings", "told"),
    [
        (19, TENTH, r"two views without overlap of 0.1 s \(10 samples\).*of 0.19 s \(19 samples\)"),
        (9, ContrastSettings(0.1, True), r"a view of 0.1 s \(10 samples\).*0.09 s \(9 samples\)"),
        (20, ContrastSettings(), r"views without overlap of 2.5 s \(250 samples\).*of 0.2 s"),
        (20, ContrastSettings(0.001), r"views without overlap of 0.001 s \(0 samples\)"),
    ],
)
def test_clips_that_are_too_short_are_refused(samples, settings, told):
    for source in (None, rng()):
        batch = Batch(clips(noises(3, samples), rate=100), Heard(), source)
        with pytest.raises(InputError, match=rf"^training.contrast.seconds: .*{told}"):
            SimCLR(settings).loss(project, batch)


def test_a_batch_of_one_clip_and_features_are_refused():
    one = clips(noises(1, 40), rate=100)
    with pytest.raises(InputError, match="^training.batch: .*2 clips or more.* the training split"):
        SimCLR(TENTH).loss(project, Batch(one, Heard(), rng()))
    with pytest.raises(InputError, match="the validation split makes one of 1"):
        SimCLR(TENTH).loss(project, Batch(one, Heard()))
    features = clips(noises(3, 40), rate=100)._replace(stage=FEATURES)
    with pytest.raises(ValueError, match="stretches are of waveforms, not of features"):
        SimCLR(TENTH).loss(project, Batch(features, Heard()))
    assert one.stage == WAVEFORM


def test_the_score_is_retrieval_and_labels_are_not_asked(tmp_path):
    source = np.random.default_rng(1)
    first, second = (source.normal(size=(9, 4)).astype(np.float32) for _ in range(2))
    first, second = (v / np.linalg.norm(v, axis=1, keepdims=True) for v in (first, second + first))
    outputs = np.concatenate([first, second], axis=1)
    zeros = np.zeros(9, dtype=np.int64)
    found = SimCLR(TENTH).score(zeros, outputs)
    assert found == retrieval(first, second) and isinstance(found, float) and 0.2 < found < 1
    targets = SimCLR(TENTH).targets(tone_corpus(tmp_path / "tones", (3, 3, 3)))
    assert targets.dtype == np.int64 and targets.tolist() == [0] * 9


def test_objectives_say_whether_networks_answer_classes():
    answering = [Classify(3), Tag(), Distil(None), TextContrast()]
    assert all(aim.answers_classes for aim in answering)
    assert not SimCLR(TENTH).answers_classes and SimCLR(TENTH).whole
    assert SimCLR(TENTH).metric == "validation_retrieval"


def test_objectives_by_name():
    assert objective("simclr", 3, contrast=TENTH) == SimCLR(TENTH)
    assert objective("classify", 3) == Classify(3) and not Classify(3).soft
    assert objective("classify", 3, soft=True) == Classify(3, soft=True)
    assert objective("tag", 3, soft=True) == Tag()
    for name, contrast in (("simclr", None), ("classify", TENTH)):
        with pytest.raises(InputError, match="objective 'simclr' and 'contrast' go together"):
            objective(name, 3, contrast=contrast)


# --- classes as shares


def test_soft_targets_are_one_hot_and_cost_what_classes_cost(tmp_path):
    corpus = tone_corpus(tmp_path / "tones", (5, 3, 3))
    soft = Classify(3, soft=True).targets(corpus)
    assert soft.dtype == np.float32 and soft.shape == (11, 3)
    np.testing.assert_array_equal(soft.argmax(axis=1), corpus.labels)
    np.testing.assert_array_equal(soft.sum(axis=1), 1)
    logits = torch.randn(11, 3, generator=rng(2), dtype=torch.float64)

    def loss(targets, **kind):
        batch = Batch(clips(logits, targets), lambda given, source: given)
        return Classify(3, **kind).loss(lambda heard: heard, batch)[0].item()

    hard = loss(torch.from_numpy(corpus.labels.copy()))
    assert loss(torch.from_numpy(soft).double(), soft=True) == pytest.approx(hard, rel=1e-12)
    answers = logits.numpy()
    score = Classify(3).score(corpus.labels, answers)
    assert Classify(3, soft=True).score(soft, answers) == score and 0 < score < 1


def test_the_loss_of_mixed_targets_is_the_loop():
    logits = torch.randn(4, 3, generator=rng(5), dtype=torch.float64)
    targets = torch.tensor([[1, 0, 0], [0.7, 0, 0.3], [0, 0.5, 0.5], [0.1, 0.2, 0.7]]).double()
    expected = 0.0
    for row, shares in zip(logits.tolist(), targets.tolist(), strict=True):
        total = sum(math.exp(x) for x in row)
        expected -= sum(s * math.log(math.exp(x) / total) for x, s in zip(row, shares, strict=True))
    batch = Batch(clips(logits, targets), lambda given, source: given)
    loss, given = Classify(3, soft=True).loss(lambda heard: heard, batch)
    assert loss.item() == pytest.approx(expected / 4, rel=1e-12) and torch.equal(given, logits)
    assert loss.item() == pytest.approx(cross_entropy(logits, targets).item())


# --- a training


class Projector(nn.Module):
    """Filters, rectified and averaged over time, and a projection."""

    def __init__(self):
        super().__init__()
        self.filters, self.project = nn.Conv1d(1, 24, 31), nn.Linear(24, 8)

    def forward(self, sounds):
        return self.project(self.filters(sounds[:, None]).abs().mean(dim=2))


def learned(place, aim, network, augmentation, epochs):
    corpus = tone_corpus(place / "tones", (48, 18, 3))
    settings = {"kind": "waveform", "rate": RATE}
    options = TrainingSettings(epochs, 16, 1e-2)
    front_end = fitted_front_end(corpus, settings)[0]
    module = Learner(network, front_end, steps(augmentation, settings), options, aim, 0)
    folders = place / "checkpoints", None, place / "logs"
    return fit(Job(module, corpus.path, aim.targets(corpus), {}, *folders, "cpu", 1)).rows


def test_a_network_learns_which_stretches_are_of_one_clip(tmp_path):
    torch.manual_seed(0)
    augmentation = [
        {"transform": "gain", "range": [-6, 6], "p": 0.5},
        {"transform": "silence", "most": 2, "seconds": 0.02, "p": 1.0},
        {"transform": "background", "range": [10, 25], "p": 0.5},
    ]
    aim = SimCLR(ContrastSettings(seconds=0.1))
    network = Projector()
    corpus = tone_corpus(tmp_path / "again", (48, 18, 3))
    heard = torch.from_numpy(corpus.waveforms(corpus.indices("validation")))
    before, _ = aim.loss(network, Batch(clips(heard, rate=RATE), lambda given, source: given))
    rows = learned(tmp_path, aim, network, augmentation, 3)
    assert rows[-1]["validation_loss"] < before.item() - 0.2
    assert rows[-1]["validation_retrieval"] > 2 / 6  # three classes of six clips each


def test_a_network_learns_classes_from_mixed_clips(tmp_path):
    torch.manual_seed(0)
    network = Projector()
    network.project = nn.Linear(24, 3)
    augmentation = [
        {"transform": "crop", "seconds": 0.2},
        {"transform": "mixup", "alpha": 0.3, "p": 0.7},
    ]
    rows = learned(tmp_path, Classify(3, soft=True), network, augmentation, 5)
    assert rows[-1]["validation_macro_f1"] > 0.9
