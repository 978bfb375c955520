"""Tables of study 5 against one map, feature and pair of clips at a time, in float64."""

import numpy as np
import pytest
import torch
from scipy.ndimage import median_filter
from similar_loops import JOB, SEED, SETTINGS, Plain, left_of, null_of, shrunk, standard
from similar_worlds import CLASSES, save_vgg, write_tones

from tonotopy.errors import InputError
from tonotopy.networks.bundle import load, untrained
from tonotopy.similarity.calibration import calibrated
from tonotopy.similarity.features import Columns, describe
from tonotopy.similarity.places import Place
from tonotopy.studies.similarity.assembling import compared_tables
from tonotopy.studies.similarity.comparing import units_of
from tonotopy.studies.similarity.copies import calibration_inputs, compared_networks, studied
from tonotopy.studies.similarity.hearing import (
    compared_clips,
    hear,
    phases_of,
    probed_clips,
    sounds_of,
)
from tonotopy.studies.similarity.knowing import disjoint_sets
from tonotopy.studies.similarity.picturing import PANELS, best_matches


@pytest.fixture(scope="module")
def columns(tones):
    return [["vgg", 0, str(tones.folder / "net")], ["vgg", 1, str(tones.folder / "net2")]]


@pytest.fixture(scope="module")
def tables(tones, columns):
    unheard = [["vgg", 0, str(tones.folder / "pictures")]]
    return compared_tables(columns, unheard, tones.corpus, [], SETTINGS, JOB)


@pytest.fixture(scope="module")
def chosen(tones):
    return compared_clips(tones.corpus, 14, 9, SEED)


def row_of(table, **keys):
    for key, value in keys.items():
        table = table[table[key] == value]
    assert len(table) == 1
    return table.iloc[0]


@pytest.mark.parametrize("copy", ["trained", "phase"])
@pytest.mark.parametrize("layer, map", [("block1", 2), ("block2", 4)])
def test_spectra_one_map_at_a_time(tables, tones, columns, chosen, copy, layer, map):
    bundle = load(columns[1][2])
    sounds = sounds_of(tones.corpus, chosen, 8000)
    heard = phases_of(tones.corpus, chosen, 8000, SEED) if copy == "phase" else sounds
    plain = Plain(bundle, sounds)
    a, f, raw = [], [], []
    for sound, given in zip(sounds, heard, strict=True):  # features are always the clip's own
        own = plain.maps(given, layer)[map]
        grid = own.shape
        assert grid == {"block1": (24, 40), "block2": (12, 20)}[layer]
        x = shrunk(plain.padded(sound), *grid)
        feature = shrunk(plain.part(sound, 1), *grid)
        a.append(standard(own).ravel())
        f.append(standard(left_of(feature, x)).ravel())
        raw.append(float(standard(own).ravel() @ standard(feature).ravel()))
    s = np.array([[float(x @ y) for y in f] for x in a])
    found = row_of(tables["similarities"], copy=copy, run=1, layer=layer, map=map,
                   feature="percussive")  # fmt: skip
    np.testing.assert_allclose(found["r"], np.diag(s), atol=2e-4)
    np.testing.assert_allclose(found["raw"], raw, atol=2e-4)
    assert found["kind"] == "spectrum" and found["units"] == "group"
    groups = tones.corpus.groups[chosen]
    assert len(set(groups)) < len(groups)
    mean, sd, z = null_of(s, groups)
    assert found["null_mean"] == pytest.approx(mean, abs=1e-4)
    assert found["null_sd"] == pytest.approx(sd, rel=1e-3)
    assert found["z"] == pytest.approx(z, abs=1e-2)


def test_curves_and_chroma_one_map_at_a_time(tables, tones, columns, chosen):
    bundle = load(columns[0][2])
    sounds = sounds_of(tones.corpus, chosen, 8000)
    plain = Plain(bundle, sounds)
    edges = 2595 * np.log10(1 + 4000 / 700)
    centres = 700 * (10 ** (np.linspace(0, edges, 26)[1:-1] / 2595) - 1)
    for number, sound in enumerate(sounds):
        told = describe(sound, Columns(8000, 160, 38, 256), ("rms", "chroma_stft"))
        own = plain.maps(sound, "block2")[3]
        x = shrunk(plain.padded(sound), 12, 20)
        curve = np.pad(told["rms"].astype(float), ((0, 0), (1, 1)), mode="edge")
        curve = shrunk(curve, 1, 20)
        folded = centres.reshape(12, 2).mean(axis=1)
        classes = np.round(12 * np.log2(folded / 440) + 9).astype(int) % 12
        kept = sorted(set(classes))
        fold = np.array([(classes == k) / (classes == k).sum() for k in kept])
        chroma = np.pad(told["chroma_stft"].astype(float), ((0, 0), (1, 1)), mode="edge")
        chroma = shrunk(chroma, 12, 20)[kept]
        expected = {
            "rms": (own.mean(0)[None], curve, x.mean(0)[None]),
            "chroma_stft": (fold @ own, chroma, fold @ x),
        }
        for feature, (a, f, given) in expected.items():
            found = row_of(tables["similarities"], copy="trained", run=0, layer="block2", map=3,
                           feature=feature)  # fmt: skip
            r = (standard(a) * standard(left_of(f, given))).sum()
            assert found["r"][number] == pytest.approx(r, abs=5e-4), feature
            raw = (standard(a) * standard(f)).sum()
            assert found["raw"][number] == pytest.approx(raw, abs=5e-4), feature


def test_rows_of_all_copies(tables):
    rows = tables["similarities"]
    runs = rows.groupby("copy")["run"].unique().map(sorted).to_dict()
    assert runs == {"trained": [0, 1], "phase": [0, 1], "input": [0, 1], "random": [0, 1],
                    "unheard": [0]}  # fmt: skip
    keys = ["network", "copy", "run", "layer", "map", "feature"]
    assert not rows.duplicated(keys).any()
    sizes = rows.groupby(["copy", "run", "layer"]).size()
    assert (sizes.xs("block1", level="layer").drop("input") == 3 * 8).all()
    assert (sizes.xs("block2", level="layer").drop("input") == 5 * 8).all()
    assert (sizes.loc["input"] == 8).all()
    assert rows["r"].map(len).eq(9).all() and rows["raw"].map(lambda v: v.dtype).eq("float32").all()
    own = rows[rows["copy"] == "input"]
    assert max(np.abs(np.stack(list(own["r"]))).max(), 0) < 1e-3  # nothing beyond itself
    harmonic = own[own["feature"] == "harmonic"]
    assert np.stack(list(harmonic["raw"])).mean() > 0.5
    assert set(rows["depth"]) == {1, 2}


def test_random_copies_are_calibrated_and_the_unheard_network_hears_alike(tones, columns):
    ear, _ = next(studied(columns, tones.corpus, SETTINGS, "cpu"))
    batches = calibration_inputs(ear, tones.corpus, 7, SEED)
    assert sum(map(len, batches)) == 7
    copies = list(compared_networks(ear, {"vgg": str(tones.folder / "pictures")}, 2, batches, SEED))
    assert [(copy.name, copy.run) for copy in copies] == [
        ("trained", 0), ("random", 0), ("random", 1), ("unheard", 0)]  # fmt: skip
    weights = [copy.bundle.network.blocks[0][0].weight for copy in copies]
    assert not torch.equal(weights[1], weights[2]) and not torch.equal(weights[0], weights[1])
    assert torch.equal(weights[3], load(tones.folder / "pictures").network.blocks[0][0].weight)
    kept = load(columns[0][2]).network.state_dict()
    assert all(torch.equal(kept[k], v) for k, v in copies[0].bundle.network.state_dict().items())
    for copy in copies[1:]:
        before = {k: v.clone() for k, v in copy.bundle.network.state_dict().items()}
        calibrated(copy.bundle.network, batches)
        for key, value in copy.bundle.network.state_dict().items():
            torch.testing.assert_close(value, before[key])
        assert copy.bundle.front_end is ear.bundle.front_end
    fresh = untrained(ear.bundle, 1).network.blocks[0][1].running_mean
    assert not torch.allclose(copies[1].bundle.network.blocks[0][1].running_mean, fresh)
    second = list(studied(columns, tones.corpus, SETTINGS, "cpu"))[1][0]
    assert [copy.name for copy in compared_networks(second, {}, 2, batches, SEED)] == ["trained"]


def test_an_unheard_network_of_another_input_is_refused(tones, columns, tmp_path):
    save_vgg(tmp_path / "wider", 4, ["0", "1"], frames=78)
    ear, _ = next(studied(columns, tones.corpus, SETTINGS, "cpu"))
    batches = calibration_inputs(ear, tones.corpus, 5, SEED)
    with pytest.raises(InputError, match="cannot hear what network 'vgg' hears"):
        list(compared_networks(ear, {"vgg": str(tmp_path / "wider")}, 1, batches, SEED))


def test_unknown_layers_are_refused(tones, columns):
    with pytest.raises(InputError, match=r"no layer 'blok1' \(did you mean 'block1'"):
        next(studied(columns, tones.corpus, {**SETTINGS, "layers": ["blok1"]}, "cpu"))
    ear, found = next(studied(columns, tones.corpus, {**SETTINGS, "layers": ["block2"]}, "cpu"))
    assert list(ear.layers) == list(found) == ["block2"] and ear.depths == {"block2": 1}


def test_clips_layers_and_answers(tables, tones, chosen):
    clips = tables["clips"]
    assert clips["number"].tolist() == list(range(9))
    assert clips["clip"].tolist() == tones.corpus.clips[chosen].tolist()
    assert clips["group"].tolist() == tones.corpus.groups[chosen].tolist()
    assert clips["label"].tolist() == [CLASSES[i] for i in tones.corpus.labels[chosen]]
    layers = tables["layers"].set_index("layer")[["depth", "maps", "rows", "columns"]]
    assert layers.loc["block1"].tolist() == [1, 3, 24, 40]
    assert layers.loc["block2"].tolist() == [2, 5, 12, 20]
    answers = tables["answers"]
    assert set(zip(answers["copy"], answers["run"], strict=True)) == {
        ("trained", 0),
        ("trained", 1),
    }
    assert len(answers) == 2 * len(tones.corpus.indices("test"))
    assert all(answers["clip"].str.rsplit("-", n=1).str[0] == answers["group"])


def test_compared_clips_are_among_the_probed(tones):
    test = tones.corpus.indices("test")
    probed, few = probed_clips(tones.corpus, 14, SEED), compared_clips(tones.corpus, 14, 9, SEED)
    assert len(test) == 15 and len(probed) == 14 and len(few) == 9
    assert set(few) < set(probed) < set(test) and (np.diff(few) > 0).all()
    assert np.array_equal(compared_clips(tones.corpus, None, None, SEED), test)
    assert np.array_equal(compared_clips(tones.corpus, 14, 40, SEED), probed)


def test_units():
    units, what = units_of(np.array(["b", "a", "b", "c"], dtype=object))
    assert units.tolist() == [1, 0, 1, 2] and what == "group"
    units, what = units_of(np.array(["b", "a", "c"], dtype=object))
    assert sorted(units) == [0, 1, 2] and what == "clip"


def test_known_answers_of_the_first_network(tables, tones, chosen):
    known = tables["known"]
    assert known.groupby(["set", "layer", "feature"]).size().eq(3).all()
    first, second = (set(known[known["set"] == n]["clip"]) for n in (0, 1))
    assert not first & second and first | second <= set(tones.corpus.clips[chosen])
    means = known.groupby(["layer", "feature"])["r"].mean().unstack()
    assert set(means.index) == {
        "median_time", "difference", "median_frequency", "smooth_frequency", "onset_difference",
        "white_noise", "smooth_noise", "rectified_input", "other_input", "chroma_bank"}  # fmt: skip
    contrast = means["harmonic"] - means["percussive"]
    assert contrast["difference"] > 0.2 and contrast["onset_difference"] < -0.1
    assert abs(means.loc["white_noise", "harmonic"]) < 0.1
    assert abs(means.loc["rectified_input", "harmonic"]) < 0.05
    assert known["phase"].isna().equals(known["layer"] == "chroma_bank")
    noise = known[known["layer"].isin(["white_noise", "smooth_noise"])]
    np.testing.assert_allclose(noise["phase"], noise["r"], atol=1e-5)  # noise hears nothing
    bank = known[known["layer"] == "chroma_bank"]
    assert set(bank["feature"]) == {"chroma_stft"} and bank["raw"].mean() > 0.5


def test_known_answers_beside_phases_by_hand(tables, tones, columns, chosen):
    """The median along time of the clip with random phases, against the clip's harmonic part."""
    known = tables["known"]
    row = known[(known["layer"] == "median_time") & (known["feature"] == "harmonic")].iloc[1]
    at = list(tones.corpus.clips[chosen]).index(row["clip"])
    plain = Plain(load(columns[0][2]), None)
    sound = sounds_of(tones.corpus, chosen, 8000)[at]
    turned = plain.padded(phases_of(tones.corpus, chosen, 8000, SEED)[at])
    left = standard(left_of(plain.part(sound, 0), plain.padded(sound))).ravel()
    for column, x in (("r", plain.padded(sound)), ("phase", turned)):
        map = median_filter(x, (1, 13), mode="nearest")  # 0.25 s of 20 ms columns, odd
        assert row[column] == pytest.approx(standard(map).ravel() @ left, abs=2e-4)


def test_grids_of_few_cells_are_not_compared(tones, columns):
    ear, _ = next(studied(columns[:1], tones.corpus, SETTINGS, "cpu"))
    sounds = sounds_of(tones.corpus, tones.corpus.indices("test")[:2], 8000)
    heard = hear(ear, sounds, ("rms", "sounds"), 1)
    found = {
        (kind, grid): heard.beside(kind, Place(grid)) is not None
        for kind, grids in (("curve", [(12, 9), (12, 10)]), ("spectrum", [(3, 3), (2, 5)]))
        for grid in grids
    }
    assert list(found.values()) == [False, True, False, True]
    assert heard.beside("spectrum", Place((2, 5))).names == ["harmonic", "percussive", "contrast"]
    assert heard.beside("spectrum", Place((1, 20))).names == ["harmonic", "percussive"]


def test_sets_share_no_clip():
    sets = disjoint_sets(20, 3, 5, 1, "x")
    assert [len(own) for own in sets] == [5, 5, 5] and len(set(np.concatenate(sets))) == 15
    assert [len(own) for own in disjoint_sets(7, 3, 5, 1, "x")] == [3, 2, 2]
    assert not np.array_equal(sets[0], disjoint_sets(20, 3, 5, 2, "x")[0])


def test_pictures_are_of_the_best_maps_on_their_best_clips(tables, tones, columns, chosen):
    pictures, rows = tables["pictures"], tables["similarities"]
    rows = rows[(rows["copy"] == "trained") & (rows["run"] == 0) & (rows["layer"] == "block2")]
    for feature in ("harmonic", "rms"):
        own = rows[rows["feature"] == feature]
        order = sorted(zip([-np.mean(r) for r in own["r"]], own["map"], strict=True))
        for rank, (_, map) in enumerate(order[:2], start=1):
            found = pictures[(pictures["layer"] == "block2") & (pictures["feature"] == feature)]
            found = found[found["rank"] == rank]
            assert found["panel"].tolist() == list(PANELS) and set(found["map"]) == {map}
            r = own[own["map"] == map]["r"].iloc[0]
            clip = int(np.argmax(r))
            assert set(found["clip"]) == {tones.corpus.clips[chosen[clip]]}
            assert found["r"].iloc[0] == pytest.approx(r[clip])
    found = pictures[(pictures["feature"] == "harmonic") & (pictures["layer"] == "block1")]
    assert set(zip(found["bands"], found["frames"], strict=True)) == {(24, 40)}
    assert set(found["rank"]) == {1, 2} and found["values"].map(len).eq(24 * 40).all()
    one = found[found["rank"] == 1].set_index("panel")
    r = (standard(one.loc["map", "values"]) * standard(one.loc["residual", "values"])).sum()
    assert r == pytest.approx(one.loc["map", "r"], abs=1e-3)
    raw = (standard(one.loc["map", "values"]) * standard(one.loc["feature", "values"])).sum()
    assert raw == pytest.approx(one.loc["map", "raw"], abs=1e-3)
    sound = sounds_of(tones.corpus, chosen, 8000)[list(tones.corpus.clips[chosen]).index(
        one.loc["map", "clip"])]  # fmt: skip
    x = Plain(load(columns[0][2]), None).padded(sound)
    np.testing.assert_allclose(one.loc["input", "values"], x.ravel(), atol=1e-4)


def test_fewer_maps_than_are_shown(tables, tones, columns):
    ear, _ = next(studied(columns, tones.corpus, SETTINGS, "cpu"))
    matches = best_matches(tables["similarities"], ear, 4)
    ranks = {}
    for match in matches:
        ranks.setdefault((match.layer, match.feature), []).append(match.rank)
    assert ranks["block1", "harmonic"] == [1, 2, 3] and ranks["block2", "rms"] == [1, 2, 3, 4]


def test_clips_of_their_own_are_the_unit(tones, columns, tmp_path):
    alone = write_tones(tmp_path / "alone", seed=2, alone=True)
    settings = {**SETTINGS, "known": None, "layers": ["block2"], "clips": 5}
    found = compared_tables(columns[:1], [], alone, [], settings, JOB)
    assert set(found["similarities"]["units"]) == {"clip"}
    rows = found["similarities"]
    assert set(rows["copy"]) == {"trained", "phase", "random", "input"}
    assert found["known"].empty and list(found["known"]) == [
        "set", "layer", "feature", "clip", "group", "r", "raw", "phase"]  # fmt: skip
