"""Training objectives against their definitions, and networks that learn by each of them."""

import math

import numpy as np
import pytest
import torch

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError
from tonotopy.inference import outputs
from tonotopy.networks.bundle import load, untrained
from tonotopy.networks.clap import CLAP, trigram_ids
from tonotopy.probes.scores import mean_average_precision
from tonotopy.training import objectives
from tonotopy.training.clips import INPUT, Clips
from tonotopy.training.fit import train
from tonotopy.training.listening import Batch
from tonotopy.training.objectives import Classify, Distil, Tag, TextContrast, objective
from tonotopy.training.shares import Share

RATE, TONES = 8000, {"low hum": 300.0, "middle tone": 900.0, "high whistle": 2500.0}


@pytest.fixture(scope="module")
def tones(tmp_path_factory) -> Corpus:
    """One or two of three tones per clip, in noise."""
    place = tmp_path_factory.mktemp("tags") / "tones"
    rng = np.random.default_rng(0)
    time = np.arange(RATE // 2) / RATE
    with CorpusWriter(place, list(TONES), RATE, len(time), tags=True) as writer:
        for split, count in (("train", 120), ("validation", 24), ("test", 48)):
            for i in range(count):
                names = rng.choice(list(TONES), rng.integers(1, 3), replace=False)
                clip = rng.normal(0, 0.02, len(time))
                for name in names:
                    clip += 0.2 * np.sin(2 * np.pi * (TONES[name] + rng.normal(0, 20)) * time)
                writer.add(f"{split}{i}", clip, sorted(names), split)
    return Corpus(place)


FRONT_ENDS = {
    "vggish": {
        "kind": "vggish",
        "rate": RATE,
        "window": 200,
        "hop": 80,
        "n_fft": 256,
        "mels": 32,
        "high_hz": 4000.0,
        "frames": 48,
    },
    "clap": {"kind": "panns", "rate": RATE, "n_fft": 256, "hop": 80, "mels": 32, "high_hz": 4000.0},
    "mobilenet": {
        "kind": "efficientat",
        "rate": RATE,
        "n_fft": 256,
        "window": 200,
        "hop": 160,
        "mels": 32,
        "high_hz": 4000.0,
    },
}
ARGUMENTS = {
    "vggish": {"widths": [4, 8, 8, 8, 16, 16], "hidden": 16, "embedding": 16},
    "clap": {"widths": [4, 8, 8, 16, 16, 16], "fc": 32, "projection": 16, "text_width": 16},
    "mobilenet": {"width_mult": 0.1, "norm_momentum": 0.1},
}


def batch(heard: torch.Tensor, targets: torch.Tensor) -> Batch:
    """A batch in one process whose only view is ``heard``."""
    return Batch(Clips(heard, targets, Share.of(len(heard)), RATE, INPUT), lambda clips, rng: clips)


def learned(corpus, architecture, place, epochs, taught_by=None, **training):
    settings = {
        "architecture": architecture,
        "arguments": ARGUMENTS[architecture],
        "front_end": FRONT_ENDS[architecture],
        "training": {
            "epochs": epochs,
            "batch": 16,
            "learning_rate": 3e-3,
            "cache": True,
            **training,
        },
    }
    train(
        corpus,
        settings,
        place / "net",
        place / "checkpoints",
        place / "logs",
        0,
        "cpu",
        teacher=taught_by,
    )
    return load(place / "net")


def tagged(bundle, corpus) -> float:
    test = corpus.indices("test")
    return mean_average_precision(corpus.targets[test], outputs(bundle, corpus, test))


def test_taggers_learn_by_labels_by_text_and_from_a_teacher(tones, tmp_path):
    teacher = learned(tones, "vggish", tmp_path / "teacher", 5, objective="tag")
    taught = learned(
        tones,
        "mobilenet",
        tmp_path / "taught",
        12,
        tmp_path / "teacher/net",
        objective="distil",
        teacher="vggish",
    )
    reader = learned(tones, "clap", tmp_path / "reader", 25, objective="text_contrast")
    for bundle in (teacher, taught, reader):
        trained, chance = tagged(bundle, tones), tagged(untrained(bundle, 1), tones)
        assert trained > 0.85 and chance < trained - 0.1, type(bundle.network)
    assert reader.network.texts == tuple(TONES)
    copy = untrained(reader, 1).network.audio.base
    assert torch.equal(copy.bn0.running_mean, reader.network.audio.base.bn0.running_mean)
    assert not torch.equal(copy.fc1.weight, reader.network.audio.base.fc1.weight)


def test_the_tagging_loss_is_the_mean_binary_cross_entropy():
    logits = torch.tensor([[0.3, -2.0], [1.5, 0.0]], dtype=torch.float64)
    targets = torch.tensor([[1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    total = 0.0
    for row, answers in zip(logits.tolist(), targets.tolist(), strict=True):
        for logit, answer in zip(row, answers, strict=True):
            p = 1 / (1 + math.exp(-logit))
            total -= math.log(p) if answer else math.log(1 - p)
    loss, given = Tag().loss(lambda heard: heard, batch(logits, targets))
    assert math.isclose(loss.item(), total / 4, rel_tol=1e-12) and given is logits


def test_distillation_weighs_labels_and_the_teachers_probabilities():
    logits = torch.tensor([[0.4, -1.0]], dtype=torch.float64)
    labels, taught = [1.0, 0.0], [0.7, 0.2]

    def cross_entropy(answers):
        p = [1 / (1 + math.exp(-x)) for x in logits[0].tolist()]
        pairs = list(zip(answers, p, strict=True))
        terms = [a * math.log(q) + (1 - a) * math.log(1 - q) for a, q in pairs]
        return -sum(terms) / 2

    targets = torch.tensor([[labels, taught]], dtype=torch.float64)
    loss, _ = Distil(None, weight=0.9).loss(lambda heard: heard, batch(logits, targets))
    expected = 0.9 * cross_entropy(taught) + 0.1 * cross_entropy(labels)
    assert math.isclose(loss.item(), expected, rel_tol=1e-12)


def test_a_teacher_is_asked_for_probabilities_not_for_logits(tones, monkeypatch):
    logits = np.linspace(-4, 5, len(tones) * 3, dtype=np.float32).reshape(len(tones), 3)

    def answers(teacher, corpus, positions):
        return logits[positions]

    class Teacher:
        classes = tones.classes

    monkeypatch.setattr(objectives, "outputs", answers)
    targets = Distil(Teacher()).targets(tones)
    assert targets.shape == (len(tones), 2, 3) and targets.dtype == np.float32
    np.testing.assert_array_equal(targets[:, 0], tones.targets)
    literal = [[1 / (1 + math.exp(-x)) for x in row] for row in logits.tolist()]
    np.testing.assert_allclose(targets[:, 1], literal, rtol=1e-5)


def test_scores_are_higher_for_better_answers_and_read_the_right_targets():
    labels = np.array([0, 1, 2, 1, 2])
    right = np.eye(3)[labels]
    assert Classify(3).score(labels, right) == 1.0
    assert Classify(3).score(labels, np.eye(3)[(labels + 1) % 3]) == 0.0
    one_wrong = np.eye(3)[[0, 1, 2, 1, 1]]  # F1 of the classes: 1, 4/5, 2/3
    assert Classify(3).score(labels, one_wrong) == pytest.approx((1 + 4 / 5 + 2 / 3) / 3)
    ranked = np.array([[3.0, -1.0], [1.0, -3.0], [-2.0, 2.0]])
    tags = np.array([[1, 0], [0, 0], [0, 1]], dtype=np.float32)
    assert Tag().score(tags, ranked) == 1.0 and Tag().score(tags, -ranked) < 0.5
    taught = np.stack([tags, 1 - tags], axis=1)  # a teacher that is wrong about everything
    assert Distil(None).score(taught, ranked) == 1.0
    assert Distil(None).score(taught, -ranked) == Tag().score(tags, -ranked)


def test_the_contrastive_loss_is_the_symmetric_cross_entropy_over_pairs():
    torch.manual_seed(0)
    network = CLAP(3, ["dog", "cat", "rain"], mels=32, **ARGUMENTS["clap"]).double().eval()
    heard = torch.randn(4, 32, 40, dtype=torch.float64)
    targets = torch.tensor([[1, 0, 0], [0, 1, 0], [1, 0, 1], [0, 0, 1]])
    loss, logits = TextContrast().loss(network, batch(heard, targets))
    texts = ["dog", "cat", "dog and rain", "rain"]
    assert network.told(targets) == texts
    with torch.no_grad():
        sounds = [v / v.norm() for v in network.audio(heard)]
        read = [v / v.norm() for v in network.text(texts)]
        own = [v / v.norm() for v in network.text(["dog", "cat", "rain"])]
    scale = network.temperature.exp().item()
    likeness = [[scale * float(s @ t) for t in read] for s in sounds]

    def entropy(rows):
        return sum(math.log(sum(map(math.exp, row))) - row[i] for i, row in enumerate(rows)) / 4

    columns = [list(column) for column in zip(*likeness, strict=True)]
    assert math.isclose(loss.item(), (entropy(likeness) + entropy(columns)) / 2, rel_tol=1e-9)
    expected = [[scale * float(s @ t) for t in own] for s in sounds]
    np.testing.assert_allclose(logits.detach().numpy(), expected, rtol=1e-9)


def test_texts_are_read_by_their_trigrams():
    assert len(trigram_ids("dog")) == 3 and trigram_ids("Dog") == trigram_ids("dog")
    assert len(set(trigram_ids("dog")) & set(trigram_ids("dogs"))) == 2
    assert len(trigram_ids("")) == 1
    network = CLAP(1, ["dog"], mels=32, **ARGUMENTS["clap"])
    together, alone = network.read(["dog", "a red cat"]), network.read(["a red cat"])
    torch.testing.assert_close(together[1:], alone)
    with pytest.raises(ValueError, match="1 texts for 2 classes"):
        CLAP(2, ["dog"], mels=32)


def test_mean_average_precision_is_that_of_the_ranking():
    targets = np.array([[1, 0, 0], [0, 1, 0], [1, 1, 0], [0, 0, 0]], dtype=bool)
    scores = np.array([[0.9, 0.1, 0], [0.8, 0.9, 0], [0.3, 0.2, 0], [0.1, 0.8, 0]])
    precisions = []
    for column in range(2):
        hits, found = 0, []
        for rank, clip in enumerate(np.argsort(-scores[:, column]), start=1):
            if targets[clip, column]:
                hits += 1
                found.append(hits / rank)
        precisions.append(sum(found) / len(found))
    assert math.isclose(mean_average_precision(targets, scores), sum(precisions) / 2)
    with pytest.raises(ValueError, match="no clip has any class"):
        mean_average_precision(targets[3:], scores[3:])


def test_wrong_objectives_and_teachers_are_refused(tones, tmp_path):
    with pytest.raises(InputError, match="no training objective 'tags'.*'tag'"):
        objective("tags", 3)
    with pytest.raises(InputError, match="'distil' and a 'teacher' go together"):
        objective("distil", 3)

    class Other:
        classes = ("x",)

    with pytest.raises(InputError, match="does not tag the classes of corpus tones"):
        Distil(Other()).targets(tones)
    with pytest.raises(InputError, match="augmentation.0: transform 'time_mask'.*'panns' does not"):
        train(
            tones,
            {
                "architecture": "clap",
                "front_end": FRONT_ENDS["clap"],
                "training": {"epochs": 1, "batch": 8, "learning_rate": 1e-3},
                "augmentation": [{"transform": "time_mask", "range": [1, 2], "p": 1.0}],
            },
            *(tmp_path / name for name in ("net", "checkpoints", "logs")),
            0,
            "cpu",
        )
