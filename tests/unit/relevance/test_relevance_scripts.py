"""Scripts of study 3, run one after the other with what the rules give them."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from explained_worlds import CLASSES, COMPOSITE, OBJECTS, check_clips, described, heard_corpus
from rules import Rules

from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.relevance.subspaces import Ascent
from tonotopy.studies.relevance import inputs, planting
from tonotopy.studies.relevance.comparing import (
    localisation_table,
    overlap_table,
    rendering_table,
)
from tonotopy.studies.relevance.decomposing import conservation_table, histogram_table, sum_table
from tonotopy.studies.relevance.exhibits import write_exhibits
from tonotopy.studies.relevance.explaining import chosen_clips, load_subject, predictions
from tonotopy.studies.relevance.fitting import (
    Choices,
    Fitted,
    Key,
    collect,
    fit_all,
    objective_table,
)
from tonotopy.studies.relevance.flips import area_table, exchange_table, gamma_table
from tonotopy.studies.relevance.folding import fold_numbers
from tonotopy.studies.relevance.picturing import example_table, plans
from tonotopy.studies.relevance.planting import planted_table
from tonotopy.studies.relevance.randomising import sensitivity_table

SEED = 11
ENTRY = {
    "network": "net",
    "explained": "parted",
    "composite": COMPOSITE,
    "layers": ["conv1", "conv3"],
    "components": [4, 2],
    "shown": {"layer": "conv3", "components": 4},
    "vectors": {"clips": 4, "locations": 3},
    "ascent": {"starts": 2, "step": 20.0, "steps": 6, "tolerance": 0.0},
    "random": 2,
    "clips": 3,
    "flipping": {"patch": 4, "clips": 2},
    "objects": OBJECTS,
    "causes": {"tone": ["low"], "click": ["mid", "high"]},
    "exchanged": ["mid", "low"],
    "randomised": 2,
    "planted": 1,
    "exhibits": 1,
    "gammas": [0.25, 0.5],
    "folds": {"number": 3, "by": ["clip", "group"]},
}
NETWORK = {
    "architecture": "genre_cnn",
    "corpus": "lessons",
    "arguments": {"filters": [3, 4], "dense": [5], "dropout": 0.0},
    "front_end": {
        "kind": "log10_mel",
        "rate": 4000,
        "window": 128,
        "hop": 48,
        "mels": 16,
        "high_hz": 2000.0,
        "frames": 24,
    },
    "training": {"epochs": 1, "batch": 8, "learning_rate": 1e-2, "devices": 2},
    "tuning": {"trials": 3},
}
CONFIG = {
    "seed": SEED,
    "accelerator": "cpu",
    "corpora": {"parted": {"parts": True}, "lessons": {}},
    "networks": {"net": NETWORK},
    "relevance": {"tiny": ENTRY},
}
WILDCARDS = {"scale": "some", "instance": "tiny"}
CLIP = ["label", "clip", "group"]
AREAS = ["share", "step", "printed"]


RULES = Rules("relevance", inputs, CONFIG, WILDCARDS)
told, run = RULES.told, RULES.run


@pytest.fixture(scope="module")
def home(world, tmp_path_factory):
    """The folder of a run: corpora and networks, and the subspaces that a rule fitted."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        job = SimpleNamespace(**WILDCARDS)
        heard_corpus(Path(inputs.learned(job, CONFIG)), parts=False, seed=4)
        shutil.copytree(world.folder / "parted", inputs.explained(job, CONFIG))
        shutil.copytree(world.folder / "network", inputs.network(job, CONFIG))
        shutil.copytree(world.folder / "network-untrained", inputs.untrained(job, CONFIG))
        run("fit_subspaces", patch)
    return folder


@pytest.fixture
def ran(home, monkeypatch):
    """Run a rule in that folder."""
    monkeypatch.chdir(home)
    return lambda rule, **options: run(rule, monkeypatch, **options)


@pytest.fixture
def explained(home, monkeypatch):
    """The subject, the corpus and the subspaces that the rules' scripts read."""
    monkeypatch.chdir(home)
    job = SimpleNamespace(**WILDCARDS)
    corpus = Corpus(inputs.explained(job, CONFIG))
    subject = load_subject(
        inputs.network(job, CONFIG), corpus, inputs.explaining(job, CONFIG), "cpu"
    )
    return subject, corpus, Fitted(inputs.subspaces(job, CONFIG))


def check(path, expected, columns):
    table = pd.read_parquet(path)
    assert sorted(table.columns) == sorted(columns)
    numbers = table.select_dtypes("number")
    for name in set(table) - set(numbers):
        for found, wanted in zip(table[name], expected[name], strict=True):
            assert np.array_equal(found, wanted), name  # of lists, all values
    pd.testing.assert_frame_equal(numbers, expected[numbers.columns], check_dtype=False)
    return table


def test_subspaces_are_fitted_to_the_corpus_that_the_network_learned(home, explained):
    _, _, fitted = explained
    job = SimpleNamespace(**WILDCARDS)
    lessons = Corpus(inputs.learned(job, CONFIG))
    choices = Choices(4, 3, (4, 2), 2, Ascent(2, 20.0, 6, 0.0), compared=(4,))
    expected = {}
    for copy, path in (("trained", inputs.network), ("untrained", inputs.untrained)):
        settings = inputs.explaining(job, CONFIG)
        one = load_subject(path(job, CONFIG), lessons, settings, "cpu")
        vectors = collect(one, lessons, choices, SEED)
        expected.update(fit_all(vectors, CLASSES, choices, SEED, copy))
    assert fitted.keys() == list(expected) and len(expected) == 2 * (1 + 1 + 1 + 2 + 1) + 2
    labels = np.array(CLASSES, dtype=object)
    for key, subspaces in expected.items():
        torch.testing.assert_close(fitted.bases(key, labels), subspaces.bases, rtol=1e-4, atol=1e-4)
    index = json.loads((Path(inputs.subspaces(job, CONFIG)) / "subspaces.json").read_text())
    del index["subspaces"]
    assert index == {
        "network": "results/some/networks/net",
        "corpus": described(lessons),
        "composite": COMPOSITE,
        "seed": SEED,
    }
    columns = ["copy", "method", "layer", "components", "label", "start", "step", "objective"]
    check(told("fit_subspaces", "output")["objectives"], objective_table(expected), columns)


def test_clips_of_both_corpora_are_classified(ran, explained):
    (path,) = ran("classify_clips")
    lessons = Corpus(inputs.learned(SimpleNamespace(**WILDCARDS), CONFIG))
    subject, corpus, _ = explained
    expected = pd.concat(
        [
            predictions(subject.bundle, lessons, "test"),
            predictions(subject.bundle, corpus, "explained"),
        ],
        ignore_index=True,
    )
    table = check(path, expected, ["role", *CLIP, "predicted", "probability"])
    assert table["role"].value_counts().to_dict() == {"test": 18, "explained": 18}
    check_clips(table[table["role"] == "explained"], corpus)
    check_clips(table[table["role"] == "test"], lessons)
    own = {**CONFIG, "relevance": {"tiny": {**ENTRY, "explained": "lessons"}}}
    (path,) = ran("classify_clips", config=own)
    assert pd.read_parquet(path)["role"].tolist() == ["test"] * 18


def test_outputs_are_those_of_the_entry(ran, explained):
    outputs = {"mid": "high", "low": 1, "high": "mid"}
    config = {**CONFIG, "relevance": {"tiny": {**ENTRY, "outputs": outputs}}}
    (path,) = ran("classify_clips", config=config)
    subject, corpus, _ = explained
    expected = predictions(subject.bundle, corpus, "explained", outputs)
    table = pd.read_parquet(path)
    own = table[table["role"] == "explained"].reset_index(drop=True)
    assert own["predicted"].tolist() == expected["predicted"].tolist()
    assert set(own["predicted"]) <= set(CLASSES)


def test_a_network_of_another_version_of_its_corpus_is_refused(ran):
    job = SimpleNamespace(**WILDCARDS)
    own = {**CONFIG, "networks": {"net": {**NETWORK, "corpus": "parted"}}}
    path = Path(inputs.network(job, CONFIG)) / "network.json"
    before = path.read_text()
    info = json.loads(before)
    info["corpus"]["content_sha256"] = "0" * 64
    path.write_text(json.dumps(info))
    try:
        with pytest.raises(InputError, match="the network was trained on a corpus parted with con"):
            ran("classify_clips", config=own)
    finally:
        path.write_text(before)


def test_clips_are_explained(ran, explained):
    output = ran("explain_clips")
    subject, corpus, fitted = explained
    clips, key = chosen_clips(corpus, "test", 3, SEED), fitted.shown("conv3", 4)
    numbers = ["evidence", "reached", "biases", "stabilisers", "error"]
    expected = conservation_table(subject, COMPOSITE, corpus, clips)
    table = check(output["conservation"], expected, ["network", *CLIP, *numbers])
    assert len(table) == 2 * 9
    drsa = [key for key in fitted.keys() if key[:2] == ("trained", "drsa")]  # noqa: SIM118
    expected = sum_table(subject, corpus, clips, fitted, drsa)
    table = check(output["sums"], expected, [*Key._fields, *CLIP, "error"])
    assert len(table) == 4 * 9 and table["error"].max() < 1e-5
    columns = ["low", "high", "share", "percentile", "mean_plus_std"]
    expected = histogram_table(subject, corpus, clips, fitted, key)
    check(output["histogram"], expected, columns)
    sets = plans(corpus, fitted, "conv3", 4, ["mid", "low"], SEED)
    expected = example_table(subject, corpus, fitted, sets, OBJECTS)
    columns = ["set", "subspaces", "clip", "label", "layer", "components", "panel", "relevance"]
    columns += ["mels", "frames", "values", "seconds", "high_hz"]
    table = check(output["examples"], expected, columns)
    names = ["own", "random", "exchanged", "layers", "numbers"]
    assert table["set"].drop_duplicates().tolist() == names
    assert table["values"].iloc[0].dtype == np.float32
    assert table["subspaces"][table["set"] == "exchanged"].unique().tolist() == ["low"]


def test_relevance_is_localised(ran, explained):
    output = ran("localise_relevance")
    subject, corpus, fitted = explained
    clips = chosen_clips(corpus, "test", 3, SEED)
    job = SimpleNamespace(**WILDCARDS)
    untrained = load_subject(
        inputs.untrained(job, CONFIG), corpus, inputs.explaining(job, CONFIG), "cpu"
    )
    expected = pd.concat(
        [
            overlap_table(one, corpus, clips, fitted, fitted.keys(copy=copy, components=4), OBJECTS)
            for copy, one in (("trained", subject), ("untrained", untrained))
        ],
        ignore_index=True,
    )
    table = check(
        output["overlaps"], expected, [*Key._fields, *CLIP, "component", "object", "share"]
    )
    methods = table.groupby("copy")["method"].unique().map(set).to_dict()
    every = {"drsa", "dsa", "pca", "random", "ceiling"}
    assert methods == {"trained": every, "untrained": {"drsa"}}
    shown = table[table["method"] != "ceiling"]
    assert set(shown["components"]) == {4} and set(shown["layer"]) == {"conv1", "conv3"}
    numbers = ["area", "mass", "rank", "lift", "drop"]
    expected = localisation_table(subject, corpus, clips)
    check(output["localisation"], expected, [*CLIP, "part", *numbers])
    key = fitted.shown("conv3", 4)
    expected = rendering_table(subject, corpus, clips, fitted, key, OBJECTS)
    columns = ["kind", "layer", "components", *CLIP, "sound", "part", "si_sdr"]
    check(output["renderings"], expected, columns)


def test_patches_are_flipped(ran, explained):
    (path,) = ran("flip_patches")
    subject, corpus, fitted = explained
    clips = chosen_clips(corpus, "test", 2, SEED)
    keys = [
        key for key in fitted.keys(copy="trained") if key.components == 4 or key.method == "drsa"
    ]
    assert len(keys) == 2 * (5 + 1)
    about = ["method", "draw", "layer", "components", "fill", "order"]
    expected = area_table(subject, corpus, clips, fitted, keys, 4)
    table = check(path, expected, [*about, *CLIP, *AREAS])
    told = table.groupby("method")["components"].unique().map(sorted).to_dict()
    assert told == {"drsa": [2, 4], "dsa": [4], "pca": [4], "random": [4], "standard": [1]}


def test_subspaces_are_exchanged(ran, explained):
    (path,) = ran("exchange_subspaces")
    subject, corpus, fitted = explained
    clips, key = chosen_clips(corpus, "test", 2, SEED), fitted.shown("conv3", 4)
    expected = exchange_table(subject, corpus, clips, fitted, key, ["mid", "low"], 4)
    columns = ["subspaces", "layer", "components", *CLIP, *AREAS]
    assert len(check(path, expected, columns)) == 2 * 2 * 2


def test_weights_are_randomised(ran, explained):
    (path,) = ran("randomise_weights")
    subject, corpus, _ = explained
    clips = chosen_clips(corpus, "test", 2, SEED)
    expected = sensitivity_table(subject, COMPOSITE, "auto", corpus, clips, SEED)
    assert len(check(path, expected, ["step", "layer", *CLIP, "correlation"])) == 5 * 6


def test_subspaces_are_planted(ran, monkeypatch):
    for name, value in {"WIDTHS": (8, 4), "COMPONENTS": 2, "PAIRS": 60}.items():
        monkeypatch.setattr(planting, name, value)
    (path,) = ran("plant_subspaces")
    columns = ["width", "components", "draw", "method", "cosine"]
    assert len(check(path, planted_table(1, SEED), columns)) == 6


def test_gammas_are_compared(ran, explained):
    (path,) = ran("compare_gammas")
    subject, corpus, _ = explained
    clips = chosen_clips(corpus, "test", 2, SEED)
    expected = gamma_table(subject, corpus, clips, [0.25, 0.5], 4, SEED)
    assert len(check(path, expected, ["kind", "gamma", *CLIP, *AREAS])) == 5 * 6


def test_exhibits_are_written(ran, explained, tmp_path):
    (place,) = ran("render_exhibits")
    subject, corpus, fitted = explained
    clips, key = chosen_clips(corpus, "test", 1, SEED), fitted.shown("conv3", 4)
    about = {"study": "relevance", "instance": "tiny", "scale": "some"}
    write_exhibits(tmp_path / "x", subject, corpus, clips, fitted, key, OBJECTS, about, "net")
    files = sorted(p.relative_to(tmp_path / "x") for p in (tmp_path / "x").rglob("*.*"))
    assert len(files) > 3 * 12
    for file in files:
        if file.name == "exhibits.json":
            found, expected = (
                json.loads((p / file).read_text()) for p in (Path(place), tmp_path / "x")
            )
            assert found == expected and found["scale"] == "some"
        else:
            assert (Path(place) / file).read_bytes() == (tmp_path / "x" / file).read_bytes()


def test_folds_are_answered_and_collected(ran, home):
    lessons = Corpus(inputs.learned(SimpleNamespace(**WILDCARDS), CONFIG))
    paths = told("collect_folds", "input")
    assert len(paths) == 6
    written = {}
    for by, fold in (("clip", 0), ("group", 2)):
        (path,) = ran("cross_validate", by=by, fold=str(fold))
        assert path in paths
        written[path] = pd.read_parquet(path)
        tested = np.flatnonzero(fold_numbers(lessons, by, 3, SEED) == fold)
        assert written[path]["clip"].tolist() == lessons.clips[tested].tolist()
        assert set(written[path]["by"]) == {by} and set(written[path]["fold"]) == {fold}
        check_clips(written[path], lessons)
        kept = Path(f"results/some/checkpoints/net-tiny-{by}-{fold}")
        assert len(list(kept.iterdir())) == 1  # the training's: the fold's corpus is gone
    for number, path in enumerate(paths):
        if path not in written:
            written[path] = next(iter(written.values())).assign(fold=10 + number)
            written[path].to_parquet(path)
    (path,) = ran("collect_folds")
    table = pd.read_parquet(path)
    columns = ["by", "fold", *CLIP, "predicted", "probability"]
    assert sorted(table.columns) == sorted(columns)
    expected = pd.concat([written[path] for path in paths], ignore_index=True)
    pd.testing.assert_frame_equal(table, expected)


LISTENING = [
    "classify_clips",
    "fit_subspaces",
    "explain_clips",
    "localise_relevance",
    "flip_patches",
    "exchange_subspaces",
    "randomise_weights",
    "render_exhibits",
    "compare_gammas",
]


@pytest.mark.parametrize("rule", LISTENING)
def test_every_script_works_on_the_device_that_is_asked_for(ran, rule, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(InputError, match="accelerator is 'gpu' but torch sees none"):
        ran(rule, config={**CONFIG, "accelerator": "gpu"})


def test_every_rule_has_been_run():
    rules = set(RULES.names)
    others = {"plant_subspaces", "cross_validate", "collect_folds"}
    assert rules == set(LISTENING) | others


def test_what_is_shown_without_having_been_fitted_is_told(ran):
    shown = {"layer": "conv2", "components": 4}
    config = {**CONFIG, "relevance": {"tiny": {**ENTRY, "shown": shown}}}
    for rule in ("explain_clips", "localise_relevance", "exchange_subspaces", "render_exhibits"):
        with pytest.raises(InputError, match="shown: layer 'conv2' has no 4 subspaces"):
            ran(rule, config=config)
