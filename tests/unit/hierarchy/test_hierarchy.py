"""Study 1's pipeline: vectors, probes and controls, against plain loops and known answers."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier
from torch import nn
from worlds import tone_corpus

from tonotopy.activations import store
from tonotopy.corpora.schema import Corpus
from tonotopy.corpora.writer import CorpusWriter
from tonotopy.evidence.resampling import Bootstrap
from tonotopy.frontends.vggish import VGGishPatches, VGGishSettings
from tonotopy.frontends.waveform import Waveform, WaveformSettings
from tonotopy.networks.bundle import Bundle
from tonotopy.networks.layers import Layer
from tonotopy.networks.vggish import VGGish
from tonotopy.studies.hierarchy.clip_groups import clip_resamples
from tonotopy.studies.hierarchy.controls import control_table
from tonotopy.studies.hierarchy.probing import ProbeSettings, drawn_folds, probe_task
from tonotopy.studies.hierarchy.summaries import by_layer, centres, profiles, split_groups


@pytest.fixture(scope="module")
def tones(tmp_path_factory) -> Corpus:
    """The corpus that other tests learn on: three classes of tones."""
    return tone_corpus(tmp_path_factory.mktemp("corpora") / "tones")


def test_chunks_of_vggish_are_joined_into_one_vector(tmp_path):
    rng = np.random.default_rng(0)
    with CorpusWriter(tmp_path / "long", ["a"], 16000, 40000) as writer:
        for i in range(3):
            writer.add(str(i), rng.normal(0, 0.1, 40000).clip(-1, 1), "a", "test")
    corpus = Corpus(tmp_path / "long")
    network = VGGish(widths=(2, 2, 2, 2, 2, 2), hidden=4, embedding=4).eval()
    bundle = Bundle(network, VGGishPatches(VGGishSettings()), {})
    whole = store(bundle, corpus, tmp_path / "v", batch=2)
    assert whole["conv1"].shape == (3, 2 * 2 * 96 * 64) and whole["fc1"].shape == (3, 2 * 4)
    with torch.no_grad():
        patches = bundle.front_end(torch.from_numpy(corpus.waveforms([1])))
        second = torch.relu(network.features[0](patches[0, 1][None, None]))
    np.testing.assert_allclose(whole["conv1"][1, 2 * 96 * 64 :], second.flatten(), atol=1e-5)
    cut = store(bundle, corpus, tmp_path / "w", seconds=1.0, batch=2)
    assert cut["conv1"].shape == (3, 2 * 96 * 64)
    np.testing.assert_allclose(cut["conv1"], whole["conv1"][:, : 2 * 96 * 64], atol=1e-5)


class Halves(nn.Module):
    """Layer one tells nothing, layer two is the clip's spectrum."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Identity(), nn.Identity()

    @property
    def layers(self):
        return {"nothing": Layer("first"), "spectrum": Layer("second")}

    def forward(self, waveforms):
        self.first(torch.ones(len(waveforms), 4))
        return self.second(torch.fft.rfft(waveforms).abs())


def test_a_planted_profile_is_found(tones, tmp_path):
    bundle = Bundle(Halves(), Waveform(WaveformSettings(4000)), {})
    settings = ProbeSettings((1, 5), second=0.1, inverse_penalty=10.0, shuffles=6)
    table = probe_task({"trained": bundle}, tones, settings, tmp_path / "v")
    assert not (tmp_path / "v").exists()
    accuracy = table.assign(accuracy=[np.mean(c) for c in table["correct"]])
    told = accuracy.set_index(["labels", "length", "layer"])["accuracy"]
    assert told["true", "whole", "spectrum"].min() > 0.9
    assert told["true", "second", "spectrum"].min() > 0.8
    assert told["true", "whole", "nothing"].max() < 0.45
    assert abs(told["shuffled", "whole", "spectrum"].mean() - 1 / 3) < 0.08
    assert set(table["folds"]) == {"paper"} and set(table["probe"]) == {"knn", "linear"}
    spectra = np.abs(np.fft.rfft(tones.waveforms(slice(None))))
    fold = drawn_folds(tones, settings)["paper"]
    row = table[
        (table["layer"] == "spectrum")
        & (table["length"] == "whole")
        & (table["k"] == 5)
        & (table["folds"] == "paper")
        & (table["labels"] == "true")
    ].iloc[0]
    for held in range(5):
        inside = fold == held
        model = KNeighborsClassifier(5).fit(spectra[~inside], tones.labels[~inside])
        expected = model.predict(spectra[inside]) == tones.labels[inside]
        assert (row["correct"][inside] == expected).mean() > 0.99
    named = table.assign(network="n", family="other", task="tones", level="low")
    drawn = {"tones": clip_resamples(Bootstrap(50, 0.95, 0), "tones", range(len(tones)))}
    curves = profiles(named, drawn)
    assert len(curves) == (table["labels"] == "true").sum()
    assert (curves["low"] <= curves["accuracy"]).all() and (curves["clips"] == len(tones)).all()
    middle = centres(named, drawn)
    assert middle.loc[middle["probe"] == "knn", "value"].min() > 0.9


def test_grouped_folds_are_drawn_where_groups_are_known():
    labels, settings = np.repeat([0, 1], 20), ProbeSettings((1,))
    for groups, kinds in (
        (np.arange(40) // 2, ["paper", "grouped"]),
        (np.arange(40), ["paper"]),  # every clip on its own: nothing is known
    ):
        corpus = SimpleNamespace(labels=labels, groups=groups, classes=["a", "b"])
        assert list(drawn_folds(corpus, settings)) == kinds


def test_curves_are_ordered_by_depth_and_k():
    rows = pd.DataFrame(
        {
            "layer": ["b", "a", "b", "a"],
            "position": [1, 0, 1, 0],
            "k": [5, 5, 1, 1],
            "correct": [[True], [False], [True], [True]],
        }
    )
    right, ks = by_layer(rows)
    assert list(right) == ["a", "b"] and ks == (1, 5)
    assert right["a"].tolist() == [[True], [False]]


def test_known_networks_come_out_as_they_must(tones, tmp_path):
    table = control_table(tones, "tones", 0, tmp_path / "v")
    constant = table[table["control"] == "constant"]
    assert abs(constant["correct"].mean() - 1 / 3) < 0.02 and constant["reference"].isna().all()
    identity = table[table["control"] == "identity"]
    assert (identity["correct"] == identity["reference"]).mean() > 0.99
    assert identity["correct"].mean() > 0.9


def test_groups_in_two_folds_are_counted():
    fold = np.array([0, 0, 1, 1, 2])
    assert split_groups(fold, np.array(["a", "a", "b", "b", "c"])) == 0
    assert split_groups(fold, np.array(["a", "b", "b", "a", "c"])) == 2
