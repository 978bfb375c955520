"""Classes are known before a corpus is built wherever they can be."""

import pytest
from configs import ROOT, changed, default_config, scale

from tonotopy.corpora import registry
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.corpora.classes import expected_classes
from tonotopy.corpora.schema import Corpus
from tonotopy.errors import InputError
from tonotopy.instances import check_expected_names

CAUSES = {"classical": "violin", "jazz": "saxophone", "rock": "guitar", "metal": "guitar"}
EMBEDDED = {
    "planted_genre": {
        "maker": "planted_music",
        "task": "genre",
        "clips": {"test": 10},
        "causes": CAUSES,
        "seconds": 0.5,
    },
    "planted_instrument": {
        "maker": "planted_music",
        "task": "instrument",
        "clips": {"test": 8},
        "causes": CAUSES,
        "seconds": 0.5,
    },
    "note": {"maker": "embedded", "task": "note", "clips": {"test": 12}, "seconds": 0.5},
    "speaker": {"maker": "embedded", "task": "speaker", "clips": {"test": 12}, "seconds": 0.5},
    "three_speakers": {
        "maker": "embedded",
        "task": "speaker",
        "clips": {"test": 6},
        "seconds": 0.5,
        "voices": 3,
    },
    "twins": {
        "maker": "planted_twins",
        "of": {"causes": CAUSES, "seconds": 0.5},
        "attribute": "piano",
        "clips": {"test": 1},
    },
    "digits": {"maker": "digits"},
}


@pytest.mark.parametrize("name", EMBEDDED)
def test_embedded_corpora_have_the_classes_that_were_expected(name, tmp_path):
    registry.build(tmp_path / name, EMBEDDED[name], 0, 1, {})
    assert Corpus(tmp_path / name).classes == expected_classes(EMBEDDED[name])


def folder(root, **names) -> dict:
    """An entry for a folder with so many empty files of each class: labels are all that is read."""
    for label, count in names.items():
        (root / label).mkdir(parents=True)
        for number in range(count):
            (root / label / f"{number}.wav").touch()
    return {"maker": "folder", "path": str(root), "rate": 8000, "seconds": 1.0}


def test_a_folders_classes_are_read_from_its_labels(tmp_path):
    entry = folder(tmp_path / "sounds", hum=3, buzz=4, click=9, rare=2)
    assert expected_classes(entry) == ["buzz", "click", "hum"]
    assert expected_classes({**entry, "leave_out": ["buzz"]}) == ["click", "hum"]
    assert expected_classes({**entry, "path": str(tmp_path / "nowhere")}) is None


def test_audiosets_sets_are_declared():
    entry = {"maker": "audioset", "task": "genre"}
    assert len(expected_classes(entry)) == 10
    assert "disco" not in expected_classes({**entry, "leave_out": ["disco"]})
    tags = expected_classes({**entry, "task": "tags", "leave_out": ["Speech"]})
    assert len(tags) == 526 and "Speech" not in tags


def test_public_corpora_that_are_not_here_have_what_they_declare_or_nothing(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    digits = {"maker": "free_spoken_digits", "task": "speaker"}
    assert expected_classes({**digits, "leave_out": ["theo"]}) == [
        "george",
        "jackson",
        "lucas",
        "nicolas",
        "yweweler",
    ]
    assert expected_classes({"maker": "fsd50k", "task": "events"}) is None


def test_a_public_corpus_that_is_here_is_read_as_a_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "data/downloads/free_spoken_digits/recordings"
    place.mkdir(parents=True)
    for digit in (3, 7):
        for take in range(4):
            (place / f"{digit}_theo_{take}.wav").touch()
    assert expected_classes({"maker": "free_spoken_digits", "task": "digit"}) == ["3", "7"]
    own = {"maker": "free_spoken_digits", "task": "speaker", "path": str(place.parent)}
    assert expected_classes(own) == ["theo"]


@pytest.mark.parametrize("corpus", PUBLIC.values(), ids=list(PUBLIC))
def test_declared_names_are_as_many_as_declared_classes(corpus):
    for task in corpus.tasks.values():
        assert len(task.class_names) in (0, task.classes)


def test_the_projects_scales_name_classes_that_are_there(monkeypatch):
    monkeypatch.chdir(ROOT)
    for config in (default_config(), scale("pocket"), scale("smoke"), scale("paper")):
        check_expected_names(config)


def test_a_misspelt_class_is_told_before_anything_runs(monkeypatch):
    monkeypatch.chdir(ROOT)
    config = changed(
        scale("pocket"),
        "steering.spoken_digits.pairs",
        [{"concept": "gorge", "target": ["0", "1"]}],
    )
    with pytest.raises(
        InputError, match=r"spoken_digits.pairs.0.concept: corpus speakers.*'george'"
    ):
        check_expected_names(config)
    config = changed(default_config(), "steering.counterfactual.flat", "violn")
    with pytest.raises(InputError, match=r"counterfactual.flat: corpus instruments has .*'violin'"):
        check_expected_names(config)


def test_what_nobody_can_tell_yet_is_left_for_later(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    config = changed(default_config(), "corpora.instruments", {"maker": "fsd50k", "task": "events"})
    check_expected_names(config)
