"""Probes of study 5 against scikit-learn."""

import numpy as np
import pytest
import torch
from similar_loops import JOB, SEED, SETTINGS, Plain, shrunk
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from tonotopy.networks.bundle import load
from tonotopy.similarity.features import Columns, describe
from tonotopy.studies.similarity.assembling import probed_table
from tonotopy.studies.similarity.hearing import probed_clips, sounds_of
from tonotopy.studies.similarity.probing import input_predictors, probe_of


@pytest.fixture(scope="module")
def columns(tones):
    return [["vgg", 0, str(tones.folder / "net")], ["vgg", 1, str(tones.folder / "net2")]]


@pytest.fixture(scope="module")
def probes(tones, columns):
    return probed_table(
        columns[:1], [["vgg", 0, str(tones.folder / "pictures")]], tones.corpus, SETTINGS, JOB
    )


def test_probes_of_all_copies(probes, tones):
    assert set(zip(probes["copy"], probes["run"], strict=True)) == {
        ("trained", 0), ("random", 0), ("random", 1), ("unheard", 0), ("input", 0)}  # fmt: skip
    assert probes.groupby(["copy", "run", "layer", "target"]).size().eq(14).all()
    assert set(probes["target"]) == {"chroma", "loudness", "onsets", "onset_rate", "level"}
    values = probes[probes["layer"] == "block2"].groupby("target")["values"].unique().map(list)
    assert values.to_dict() == {
        "chroma": [12 * 20], "loudness": [20], "onsets": [20], "onset_rate": [1], "level": [1]
    }  # fmt: skip
    assert (probes["error"] >= 0).all() and (probes["total"] >= 0).all()


def test_a_probe_of_a_curve_by_scikit_learn(probes, tones, columns):
    positions = probed_clips(tones.corpus, 14, SEED)
    folds = probe_of(tones.corpus, positions, 3, SEED).folds
    groups = tones.corpus.groups[positions]
    assert all(len(set(folds[groups == g])) == 1 for g in groups)
    plain = Plain(load(columns[0][2]), None)
    x, y = [], []
    for sound in sounds_of(tones.corpus, positions, 8000):
        x.append(plain.maps(sound, "block2").mean(axis=1).T)
        told = describe(sound, Columns(8000, 160, 38, 256), ("loudness",))["loudness"]
        y.append(shrunk(np.pad(told.astype(float), ((0, 0), (1, 1)), mode="edge"), 1, 20)[0])
    x, y, of_row = np.concatenate(x), np.concatenate(y), np.repeat(folds, 20)
    found = probes[(probes["copy"] == "trained") & (probes["layer"] == "block2")]
    found = found[found["target"] == "loudness"].set_index("clip")

    def predicted(rows, others, alpha):
        scaler = StandardScaler().fit(x[rows])
        ridge = Ridge(alpha=alpha).fit(scaler.transform(x[rows]), y[rows])
        return ridge.predict(scaler.transform(x[others]))

    for fold in range(3):
        errors = []
        for alpha in np.logspace(-2, 6, 5):
            wrong = 0.0
            for other in {0, 1, 2} - {fold}:
                rows = (of_row != fold) & (of_row != other)
                wrong += ((predicted(rows, of_row == other, alpha) - y[of_row == other]) ** 2).sum()
            errors.append(wrong)
        alpha, rows = np.logspace(-2, 6, 5)[int(np.argmin(errors))], of_row != fold
        for index in np.flatnonzero(folds == fold):
            own = slice(20 * index, 20 * index + 20)
            error = ((predicted(rows, own, alpha) - y[own]) ** 2).sum()
            row = found.loc[tones.corpus.clips[positions[index]]]
            assert row["error"] == pytest.approx(error, rel=2e-3, abs=1e-3)
            assert row["total"] == pytest.approx(((y[own] - y[rows].mean()) ** 2).sum(), rel=1e-3)


def test_the_input_is_probed_by_all_of_its_rows():
    input = torch.rand(3, 1, 4, 6, generator=torch.Generator().manual_seed(0))
    chosen = np.array([[0, 5], [1, 2], [3, 4]])
    found = input_predictors(input, chosen)
    for clip in range(3):
        rows = input[clip, 0].numpy()
        for place, column in enumerate(chosen[clip]):
            for values in (found.columns, found.curves):
                np.testing.assert_allclose(values[clip, place], rows[:, column])
        expected = [*rows.mean(axis=1), *rows.std(axis=1)]
        np.testing.assert_allclose(found.clips[clip], expected, rtol=1e-5)
