"""The instances of study 3 at every scale: what they ask for, their networks and corpora have."""

import pytest
from configs import SCHEMA, default_config, scale

from tonotopy.config import check
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.corpora.embedded.music import GENRES, PARTS
from tonotopy.corpora.embedded.tasks import TASKS
from tonotopy.frontends.registry import build as front_end_of
from tonotopy.networks.registry import build
from tonotopy.relevance.composites import parse
from tonotopy.relevance.lrp import LRP
from tonotopy.studies.relevance.study import explained_corpus, learned_corpus
from tonotopy.training.augmentation.declared import steps

INSTANCES = [
    ("mini", "tones"),
    ("mini", "music"),
    ("smoke", "tones"),
    ("smoke", "music"),
    ("paper", "gtzan"),
]


def configured(name: str) -> dict:
    return default_config() if name == "mini" else scale(name)


def classes(entry: dict) -> list[str]:
    if entry["maker"] in PUBLIC:
        return list(PUBLIC[entry["maker"]].task(entry["task"]).names.values())
    return list(GENRES if entry["maker"] == "planted_music" else TASKS[entry["task"]].classes)


def clips(entry: dict, split: str) -> int:
    """Clips of the smallest class of a split."""
    if entry["maker"] in PUBLIC:
        every = PUBLIC[entry["maker"]].clips * entry["slices"]
        return round(every * entry["split"]["shares"][split]) // len(classes(entry))
    return entry["clips"].get(split, 0) // len(classes(entry))


@pytest.fixture(params=INSTANCES, ids="/".join)
def case(request):
    """The configuration, its instance, and the network with its front end's settings."""
    name, instance = request.param
    config = configured(name)
    entry = config["relevance"][instance]
    network = config["networks"][entry["network"]]
    settings = front_end_of(network["front_end"]).settings
    learned = config["corpora"][learned_corpus(entry, config)]
    built = build(network["architecture"], network["arguments"], settings, len(classes(learned)))
    return config, entry, built, settings


def test_every_instance_of_a_scale_runs_and_is_looked_at_here():
    for name in ("mini", "smoke", "paper"):
        run = [place.split("/")[1] for place in configured(name)["run"] if "relevance/" in place]
        assert run == [instance for other, instance in INSTANCES if other == name]
        assert check(configured(name), SCHEMA) is None


def test_layers_are_wide_and_large_enough(case):
    _, entry, network, settings = case
    chosen = entry["layers"] or list(network.layers)
    assert entry["shown"]["layer"] in chosen and set(chosen) <= set(network.layers)
    convolutions = [m for m in network.chain if hasattr(m, "out_channels")]
    for number, layer in enumerate(network.layers):
        if layer in chosen:
            width = convolutions[number].out_channels
            assert all(width % k == 0 and k <= width for k in entry["components"]), layer
            positions = (settings.mels >> number) * (settings.frames >> number)
            assert positions >= entry["vectors"]["locations"], layer


def test_rules_fit_the_network(case):
    _, entry, network, _ = case
    assert set(network.layers) <= set(LRP(network, parse(entry["composite"])).layers)


def test_patches_divide_the_input(case):
    _, entry, _, settings = case
    patch = entry["flipping"]["patch"]
    assert settings.mels % patch == 0 and settings.frames % patch == 0
    assert (settings.mels // patch) * (settings.frames // patch) >= 32


def test_there_are_as_many_clips_as_are_asked_for(case):
    config, entry, _, _ = case
    explained = config["corpora"][explained_corpus(entry, config)]
    learned = config["corpora"][learned_corpus(entry, config)]
    assert entry["vectors"]["clips"] <= clips(learned, "train")
    assert clips(explained, "test") >= entry["clips"] >= entry["flipping"]["clips"]
    for key in ("randomised", "exhibits"):
        assert entry["clips"] >= entry[key]
    if entry.get("folds"):
        whole = sum(clips(learned, split) for split in ("train", "validation", "test"))
        assert whole >= 3 * entry["folds"]["number"]


def test_clips_fill_the_networks_input(case):
    config, entry, _, settings = case
    for name in (explained_corpus(entry, config), learned_corpus(entry, config)):
        seconds = config["corpora"][name]["seconds"]
        assert 1 + round(seconds * settings.rate) // settings.hop >= settings.frames, name
        assert settings.hop * settings.frames > 0.85 * seconds * settings.rate, name


def test_classes_and_parts_that_are_named_are_there(case):
    config, entry, _, _ = case
    corpus = config["corpora"][explained_corpus(entry, config)]
    known = classes(corpus)
    assert set(entry["exchanged"] or []) <= set(known)
    named = [name for names in (entry["causes"] or {}).values() for name in names]
    assert len(named) == len(set(named)) and set(named) <= set(known)
    if entry["objects"]:
        assert corpus["parts"]
        parts = PARTS if corpus["maker"] == "planted_music" else TASKS[corpus["task"]].parts
        assert set(entry["objects"]) <= set(parts)


# --- the thesis's music


@pytest.fixture(scope="module")
def paper():
    return scale("paper")


def test_the_thesis_network_is_trained_as_the_thesis_says(paper):
    network = paper["networks"]["thesis_genre_cnn"]
    arguments = {"filters": [32, 32, 64, 64, 128], "dense": [128, 128], "dropout": 0.5}
    assert network["arguments"] == arguments
    settings = front_end_of(network["front_end"]).settings
    told = (settings.rate, settings.window, settings.hop, settings.mels, settings.frames)
    assert told == (16000, 800, 360, 128, 128) and settings.window_function == "hamming"
    assert (settings.floor, settings.clamp) == (1e-7, -4.0)
    training = network["training"]
    assert (training["optimiser"], training["learning_rate"]) == ("adam", 4e-4)
    assert training["weight_decay"] == 1e-4
    hears = [
        (step.transform, getattr(step.settings, "range", None), step.settings.p)
        for step in steps(network["augmentation"], network["front_end"])
    ]
    assert hears == [
        ("gain", (-12, 3), 0.5),
        ("pass_filter", None, 0.4),
        ("relative_noise", (0.001, 0.1), 0.3),
        ("pitch_shift", (-12, 12), 0.3),
        ("time_stretch", (0.8, 1.2), 1.0),
        ("time_mask", (0, 20), 1.0),
        ("pitch_mask", (0, 20), 1.0),
    ]
    passes = network["augmentation"][1]
    assert (passes["highpass"], passes["lowpass"]) == ([200, 1400], [1400, 4000])


def test_the_thesis_clips_are_slices_of_unit_peak(paper):
    corpus = paper["corpora"]["gtzan_slices"]
    assert (corpus["rate"], corpus["seconds"], corpus["slices"]) == (16000, 3.0, 10)
    assert corpus["peak"] is True and corpus["version"] == "whole"
    assert corpus["split"]["shares"]["test"] == 0.2  # twenty recordings of each genre


def test_all_genres_exchange_their_subspaces(paper):
    entry = paper["relevance"]["gtzan"]
    assert sorted(entry["exchanged"]) == sorted(classes(paper["corpora"]["gtzan_slices"]))
    assert (entry["exchanged"][0], entry["exchanged"][-1]) == ("jazz", "hip hop")  # figure 4.8
    assert 0.4 in entry["gammas"] and entry["gammas"] == sorted(entry["gammas"])
