"""What the instances of a run need, and which classes they name."""

from types import SimpleNamespace

import pytest
from configs import changed, default_config, scale

from tonotopy import results
from tonotopy.errors import InputError
from tonotopy.instances import (
    as_constructed,
    check_class_clips,
    check_class_names,
    check_expected_names,
    class_names,
    corpora_of,
    embedded,
    instance,
    known_names,
    named_corpora,
    networks_of,
    running,
    used,
)
from tonotopy.studies import STUDIES

TASKS = ["notes", "consonants", "keywords", "solos", "genre_clips", "voices"]


@pytest.fixture
def config():
    return default_config()


def test_instances_run_study_by_study_in_their_own_order(config):
    config["run"] = ["steering/counterfactual", "hierarchy/layers", "steering/world"]
    places = [one.place for one in running(config)]
    assert places == ["hierarchy.layers", "steering.counterfactual", "steering.world"]
    assert all(one.entry is config[one.study.name][one.name] for one in running(config))


def test_an_unknown_study_or_instance_is_told(config):
    with pytest.raises(InputError, match=r"run: 'hierachy/layers': .*did you mean 'hierarchy'"):
        running({**config, "run": ["hierachy/layers"]})
    with pytest.raises(InputError, match=r"run: 'layer' is not below 'hierarchy'.*'layers'"):
        running({**config, "run": ["hierarchy/layer"]})
    del config["hierarchy"]
    with pytest.raises(InputError, match="run: 'layers' is not below 'hierarchy'$"):
        running({**config, "run": ["hierarchy/layers"]})


def test_a_study_without_a_section_has_no_instances(config):
    del config["hierarchy"]
    assert known_names(config) == {
        "hierarchy": [],
        "steering": ["counterfactual", "world"],
        "relevance": ["music", "tones"],
        "sonification": ["events"],
        "similarity": ["instruments"],
        "partials": ["waveforms"],
        "validity": ["counterfactual", "world"],
    }


def test_what_a_network_learns_from_is_needed_too(config):
    layers = instance(config, "hierarchy", "layers")
    assert networks_of(layers, config) == ["vggish", "clap", "mobilenet", "ast"]
    assert corpora_of(layers, config) == ["events", *TASKS]
    config["hierarchy"]["layers"]["networks"] = ["mobilenet"]
    assert networks_of(layers, config) == ["mobilenet", "ast"]  # the teacher
    config["networks"]["ast"]["training"]["teacher"] = "vggish"
    assert networks_of(layers, config) == ["mobilenet", "ast", "vggish"]  # and its own


def test_the_corpora_and_networks_of_a_run_are_each_named_once(config):
    corpora, networks = used(config)
    hierarchy = ["vggish", "clap", "mobilenet", "ast"]
    explained = ["genre_ast", "genre_ast_swapped", "tones_cnn", "genre_cnn"]
    banks = ["gammatone_bank", "cqt_bank", "linear_bank"]
    banks += ["noise_bank_7", "noise_bank_64", "noise_bank_1024"]
    compared = ["instrument_vgg", "digits_vgg", "instrument_sample_cnn", "solo_codec", *banks]
    assert networks == [*hierarchy, *explained, "event_tagger", "event_contrast", *compared]
    steering = ["genres", "instruments", "genres_unseen", "genres_swapped"]
    relevance = ["tones", "whole_tones", "genre_stems"]
    heard = ["event_parts", "talkers", "digits"]
    attributes = ["lead", "rhythm", "bass", "pad", "tempo", "key", "piano"]
    twins = [*(f"{name}_twins" for name in attributes), "lead_parts"]
    twins += ["lead_twins_swapped", "lead_parts_swapped"]
    assert corpora == ["events", *TASKS, *steering, *relevance, *heard, *twins]
    assert used({**config, "run": []}) == ([], [])


def test_a_network_that_is_not_trained_here_needs_no_corpus_of_its_own():
    config = scale("paper")
    layers = instance(config, "hierarchy", "thesis_layers")
    assert corpora_of(layers, config)[0] == "nsynth"


@pytest.mark.parametrize(
    ("maker", "fact"), [("planted_music", True), ("folder", None), ("gtzan", None)]
)
def test_sound_is_embedded_if_all_of_it_is_made_here(config, maker, fact):
    config["corpora"]["instruments"]["maker"] = maker
    assert embedded(instance(config, "steering", "world"), config) is fact
    assert embedded(instance(config, "hierarchy", "layers"), config) is True


def test_recordings_are_not_embedded_whatever_the_scale_is_called():
    config = {**scale("pocket"), "scale": "mini_music"}
    assert embedded(instance(config, "steering", "spoken_digits"), config) is False


def test_the_classes_that_entries_name(config):
    config["run"] = ["hierarchy/layers", "steering/counterfactual"]
    named = {(found["key"], found["name"], found["corpus"]) for found in class_names(config)}
    place = "steering.counterfactual"
    assert named == {
        (f"{place}.pairs.0.concept", "saxophone", "instruments"),
        (f"{place}.pairs.0.target", "classical", "genres_swapped"),
        (f"{place}.pairs.1.concept", "guitar", "instruments"),
        (f"{place}.pairs.1.target", "jazz", "genres_swapped"),
        (f"{place}.pairs.2.concept", "violin", "instruments"),
        (f"{place}.pairs.2.target", "rock", "genres_swapped"),
        (f"{place}.pairs.2.target", "metal", "genres_swapped"),
        (f"{place}.flat", "piano", "instruments"),
    }
    assert named_corpora(config) == ["genres_swapped", "instruments"]


def test_a_class_that_its_corpus_lacks_is_told_with_the_key(config):
    config = changed(config, "run", ["steering/world"])
    classes = {
        "instruments": ["violin", "saxophone", "guitar", "piano"],
        "genres": ["classical", "jazz", "rock", "metal"],
    }
    check_class_names(class_names(config), classes)
    told = (
        r"steering.world.flat: corpus instruments has no class 'paino' \(did you mean 'piano'\?\)"
    )
    with pytest.raises(InputError, match=told):
        check_class_names(class_names(changed(config, "steering.world.flat", "paino")), classes)
    pairs = [{"concept": "violin", "target": ["jazz", "rok"]}]
    with pytest.raises(
        InputError, match=r"pairs.0.target: corpus genres has no class 'rok'.*'rock'"
    ):
        check_class_names(class_names(changed(config, "steering.world.pairs", pairs)), classes)


@pytest.mark.parametrize("study", ["steering", "relevance"])
def test_a_class_without_an_output_is_told_before_any_job(config, study, tmp_path):
    """The classes of a folder are known from the names of its sub-folders."""
    for name in ("blues", "jazz", "rock"):
        (tmp_path / name).mkdir()
        for number in range(3):
            (tmp_path / name / f"{number}.wav").touch()
    entry, key = {"steering": ("world", "classes"), "relevance": ("music", "explained")}[study]
    own = {"maker": "folder", "path": str(tmp_path), "rate": 8000, "seconds": 1.0}
    config["corpora"]["mine"] = own
    config["run"] = [f"{study}/{entry}"]
    config[study][entry] |= {key: "mine", "outputs": {"blues": 0, "jazz": 1, "rock": 2}}
    pairs = [{"concept": "violin", "target": ["rock"]}]
    config[study][entry] |= (
        {"pairs": pairs} if study == "steering" else dict.fromkeys(("causes", "exchanged"))
    )
    check_expected_names(config)
    config[study][entry]["outputs"] = {"blues": 0, "rock": 2}
    told = rf"^{study}.{entry}.outputs: class 'jazz' of corpus mine has no output: .*'leave_out'"
    with pytest.raises(InputError, match=told):
        check_expected_names(config)
    config["corpora"]["mine"]["leave_out"] = ["jazz"]
    check_expected_names(config)


def test_networks_without_weights_are_told_on_pages_and_in_captions_alone(config):
    layers = {"first": "body.0"}
    config["networks"] |= {
        "bare": {"module": "my.nets:Net", "layers": layers, "front_end": {}},
        "bare_too": {"module": "my.nets:Net", "layers": layers, "front_end": {}, "weights": None},
        "filled": {"module": "my.nets:Net", "layers": layers, "front_end": {}, "weights": "w.pt"},
    }
    config["run"] = ["hierarchy/layers", "partials/waveforms"]  # banks of this package have none
    one = instance(config, "hierarchy", "layers")
    figure = SimpleNamespace(study="hierarchy", instance="layers", figure="centres")
    assert as_constructed(one, config) == [] and results.notes(config) == []
    plain = results.caption(figure, config)
    config["hierarchy"]["layers"]["networks"] = ["vggish", "bare", "filled"]
    assert as_constructed(one, config) == ["bare"]
    told = "Network bare: no weights were given, so that what is called the trained network here is"
    (note,) = results.notes(config)
    assert note == f"{told} it as its constructor makes it."
    assert results.caption(figure, config).endswith(note)
    assert results.figure(figure, config)["about"]["constructed"] == ["bare"]
    assert told not in plain
    config["hierarchy"]["layers"]["networks"].append("bare_too")
    assert results.notes(config)[0].startswith("Networks bare, bare_too: no weights were given")


def test_every_study_declares_what_the_house_asks_for():
    for name, study in STUDIES.items():
        assert study.name == name and study.title and study.source
        assert study.figures and study.settings
        for figure in study.figures:
            assert study.figure_module(figure).startswith(f"tonotopy.studies.{name}.figures.")


@pytest.mark.parametrize(
    ("name", "split", "key"),
    [
        ("violin", "train", "pairs.0.concept"),
        ("violin", "test", "pairs.0.concept"),
        ("piano", "test", "flat"),
        ("classical", "test", "pairs.0.target"),
    ],
)
def test_a_class_without_clips_to_learn_or_to_test_is_told(config, name, split, key):
    names = [entry for entry in class_names(config) if entry["key"].startswith("steering.world")]
    counts = {
        entry["corpus"]: {
            part: dict.fromkeys((e["name"] for e in names), 3)
            for part in ("train", "validation", "test")
        }
        for entry in names
    }
    notes = {corpus: [] for corpus in counts}
    check_class_clips(names, counts, notes)
    (corpus,) = {e["corpus"] for e in names if e["name"] == name}
    counts[corpus]["validation"][name] = 0  # nothing needs these
    check_class_clips(names, counts, notes)
    counts[corpus][split][name] = 0
    told = f"^steering.world.{key}: corpus {corpus}: no clip of '{name}' in split {split}: "
    with pytest.raises(InputError, match=told):
        check_class_clips(names, counts, notes)
    why = f"class '{name}' has no clip in split validation or {split}: its 6 clip(s) are of"
    others = ["class 'x' has no clip in split test: other", f"class '{name}' has no clip: other"]
    told = rf"^steering.world.{key}: corpus {corpus}: {why.replace('(s)', '.s.')}$"
    with pytest.raises(InputError, match=told):
        check_class_clips(names, counts, {**notes, corpus: [*others, why]})


def test_classes_that_nothing_learns_need_no_training_clips(config):
    names = [
        entry for entry in class_names(config) if entry["key"] == "steering.world.pairs.0.target"
    ]
    corpus = names[0]["corpus"]
    counts = {corpus: {"train": {}, "validation": {}, "test": {names[0]["name"]: 1}}}
    check_class_clips(names[:1], counts, {corpus: []})
