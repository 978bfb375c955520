"""The table of tags: every target and score under its own clip and class."""

import numpy as np
import pytest
import torch
from torch import nn

from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.errors import InputError
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.bundle import Bundle
from tonotopy.studies.hierarchy.tagging import tagging_table

RATE, CLASSES = 800, ["dog", "bell", "rain", "car"]
TAGS = {  # clip -> (split, labels), in the corpus's order; the splits are interleaved
    "z": ("test", ["rain"]),
    "k": ("train", ["dog", "bell", "rain", "car"]),
    "a": ("test", ["car", "dog"]),
    "m": ("test", ["bell", "rain", "dog"]),
    "b": ("train", ["bell"]),
    "c": ("test", ["car"]),
    "y": ("validation", ["dog"]),
    "x": ("test", ["bell", "car"]),
}


class Levels(nn.Module):
    """Class c's score is the sample at 10 c, so that a score tells its clip and class."""

    def forward(self, waveforms):
        return waveforms[:, 0:40:10]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpora") / "tags"
    with CorpusWriter(path, CLASSES, RATE, 100, tags=True) as writer:
        for number, (clip, (split, labels)) in enumerate(TAGS.items()):
            sound = np.full(100, 0.01)
            sound[0:40:10] = [0.1 * (c + 1) + 0.01 * number for c in range(4)]
            writer.add(clip, sound, labels, split)
    return Corpus(path)


def bundle(classes) -> Bundle:
    network = Levels()
    network.unused = nn.Parameter(torch.zeros(1))
    return Bundle(network, Waveform(WaveformSettings(RATE)), {"classes": list(classes)})


@pytest.mark.parametrize(("split", "rows"), [("test", 20), ("train", 8), ("validation", 4)])
def test_every_row_has_its_own_target_and_score(corpus, split, rows):
    table = tagging_table(bundle(CLASSES), corpus, split)
    assert list(table) == ["clip", "class", "target", "score"] and len(table) == rows
    told = {(row.clip, row[2]): (row.target, row.score) for row in table.itertuples()}
    assert len(told) == rows
    for number, (clip, (part, labels)) in enumerate(TAGS.items()):
        for c, name in enumerate(CLASSES):
            if part == split:
                target, score = told[clip, name]
                assert target == (name in labels), (clip, name)
                assert score == pytest.approx(0.1 * (c + 1) + 0.01 * number, abs=1e-4)
            else:
                assert (clip, name) not in told


def test_the_test_split_is_scored_where_none_is_named(corpus):
    assert set(tagging_table(bundle(CLASSES), corpus)["clip"]) == {"z", "a", "m", "c", "x"}


@pytest.mark.parametrize(
    "classes", [["bell", "dog", "rain", "car"], CLASSES[:3], [*CLASSES, "cat"], []]
)
def test_networks_of_other_classes_or_another_order_are_refused(corpus, classes):
    with pytest.raises(InputError, match="corpus tags: the network tags other classes"):
        tagging_table(bundle(classes), corpus)
