"""The plan as text."""

import pytest
from configs import default_config, merged

from tonotopy.corpora.audioset.labels import SETS
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.networks.published import PUBLISHED
from tonotopy.planning import Storage, needs, report

STORAGE = [Storage("corpus a", 0, 2_000_000)]


def test_stages_come_with_their_time_by_earlier_runs_longest_first():
    jobs = {"draw_figure": 7, "steer": 2, "train_network": 3}
    lines = report(STORAGE, jobs, {"train_network": 100.0, "steer": 20.0}, {}, 10**9).splitlines()
    assert lines[0] == "12 jobs: 7 draw_figure, 2 steer, 3 train_network"
    assert lines[1] == "time by earlier runs, one job after the other"
    assert [line.split() for line in lines[2:5]] == [
        ["train_network,", "3", "jobs", "5", "min"],
        ["steer,", "2", "jobs", "40", "s"],
        ["in", "all", "6", "min"],
    ]
    assert lines[5] == "7 other jobs, not measured, take seconds each"


def test_a_first_run_says_that_its_time_is_not_known():
    told = report(STORAGE, {"steer": 2}, {"train_network": 100.0}, {}, 10**9)
    assert "how long it takes is not known: no earlier run at this scale left times" in told


def test_a_disk_that_is_too_small_is_told():
    assert "the disk is too small" in report(STORAGE, {}, {}, {}, 10**6)
    assert "the disk is too small" not in report(STORAGE, {}, {}, {}, 10**7)


def test_networks_that_are_fetched_by_name_are_told(tmp_path):
    """Those of a folder of one's own need nothing."""
    named = {"transformers": "some/model", "revision": "v1"}
    own = {"transformers": "some/model", "revision": "v1", "path": "models/own"}
    config = merged(default_config(), {"networks": {"hub": named, "local": own}})
    config["run"] = ["hierarchy/layers"]
    config["hierarchy"]["layers"]["networks"] = ["hub", "local"]
    lines = {item.what: item.note for item in needs(config, tmp_path)}
    assert lines["network hub"] == "some/model from the hub, its size is not known before"
    assert "network local" not in lines


def _folder(tmp_path, **more) -> dict:
    sounds = tmp_path / "sounds"
    (sounds / "a").mkdir(parents=True)
    for name in ("a/one.wav", "a/two.FLAC", "a/._one.wav", "a/notes.txt", "three.mp3"):
        (sounds / name).touch()
    entry = {"maker": "folder", "path": str(sounds), "rate": 8000, "seconds": 0.5, **more}
    config = merged(default_config(), {"corpora": {"mine": entry}})
    config["run"] = ["hierarchy/layers"]
    for task in config["hierarchy"]["layers"]["tasks"].values():
        task["corpus"] = "mine"
    return config


@pytest.mark.parametrize(("slices", "clips"), [(None, 3), (4, 12)])
def test_a_folder_is_counted_and_takes_its_space_twice_while_it_is_read(tmp_path, slices, clips):
    config = _folder(tmp_path, **({"slices": slices} if slices else {}))
    (mine,) = (item for item in needs(config, tmp_path) if item.what == "corpus mine")
    assert mine.note == "at most the clips of 3 files; your own copy, " + str(tmp_path / "sounds")
    assert mine.kept == mine.draft == clips * 8000  # of 4000 samples of 2 bytes


def test_a_folder_that_is_missing_has_no_size(tmp_path):
    config = _folder(tmp_path)
    config["corpora"]["mine"]["path"] = "nowhere"
    (mine,) = (item for item in needs(config, tmp_path) if item.what == "corpus mine")
    assert mine.note.endswith("your own copy, nowhere: MISSING")
    assert mine.kept == mine.draft == 0


def test_the_largest_corpus_that_is_read_counts_twice(tmp_path):
    storage = [Storage("corpus a", 0, 600, draft=600), Storage("corpus b", 0, 300, draft=300)]
    text = report(storage, {}, {}, {}, 1500)
    (line,) = (line for line in text.splitlines() if line.startswith("while the largest"))
    assert line.split()[-2:] == ["600", "B"]
    assert "too small" not in text
    assert "too small" in report(storage, {}, {}, {}, 1499)
    assert "while the largest" not in report(STORAGE, {}, {}, {}, 10**7)


def test_worlds_are_made_without_a_draft(tmp_path):
    assert not any(item.draft for item in needs(default_config(), tmp_path))


AUDIOSET = {"maker": "audioset", "task": "genre", "rate": 16000, "seconds": 10.0}


def _of_audioset(per_class: int | None, tmp_path) -> dict[str, Storage]:
    config = merged(default_config(), {"corpora": {"like": AUDIOSET}})
    config["audioset"] |= {"per_class": per_class, "path": None}
    config["run"] = ["hierarchy/layers"]
    for task in config["hierarchy"]["layers"]["tasks"].values():
        task["corpus"] = "like"
    return {item.what: item for item in needs(config, tmp_path)}


@pytest.mark.parametrize("per_class", [None, 1000])
def test_of_audioset_the_clips_of_both_sets_are_planned(tmp_path, per_class):
    told = _of_audioset(per_class, tmp_path)
    counts = {
        task: sum(min(label.thesis, per_class or 10**9) for label in labels.values())
        for task, labels in SETS.items()
    }
    clips = told["AudioSet clips"]
    assert clips.note.startswith(f"{sum(counts.values()):,} clips from ")
    assert clips.fetched == clips.kept == round(sum(counts.values()) * 0.85 * 1_390_000)
    assert told["corpus like"].kept == counts["genre"] * 2 * 16000 * 10


def test_what_is_here_or_in_the_mirror_is_not_fetched(tmp_path):
    config = default_config()
    config["networks"]["given"] = {"published": "vggish"}
    config["hierarchy"]["layers"]["networks"] = ["given"]
    config |= {"run": ["hierarchy/layers"], "mirror": str(tmp_path / "mirror")}
    remote = PUBLISHED["vggish"].remote

    def told() -> Storage:
        return next(item for item in needs(config, tmp_path) if item.what == remote.name)

    whole = told()
    assert whole.fetched == whole.kept == (remote.bytes or remote.approximate_bytes) > 0
    (tmp_path / "mirror").mkdir()
    (tmp_path / "mirror" / remote.name).touch()
    assert (told().fetched, told().kept, told().note) == (0, whole.kept, "in the mirror")
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / remote.file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "weights" / remote.file).touch()
    assert (told().fetched, told().kept, told().note) == (0, whole.kept, "here already")


def test_corpora_that_are_made_have_the_size_of_their_clips(tmp_path):
    config = default_config()
    told = {item.what.removeprefix("corpus "): item for item in needs(config, tmp_path)}
    assert len(told) > 20
    for name, item in told.items():
        entry = config["corpora"][name]
        if entry["maker"] not in ("planted_twins", "digits"):
            clips = sum(entry["clips"].values())
            assert item.note.split("; ") == [f"{clips:,} clips"] + (
                ["their parts come on top"] if entry.get("parts") else []
            )
            assert item.kept == 2 * clips * entry.get("rate", 16000) * entry["seconds"]
    assert told["digits"].kept == 1797 * 64 * 2
    assert told["lead_twins"].kept == 150 * 8 * 2 * 22500 * 3  # of eight instruments


def test_worlds_without_a_rate_have_their_own(tmp_path):
    config = default_config()
    for key in ("rate", "seconds"):
        del config["corpora"]["genre_clips"][key]
    told = {item.what: item for item in needs(config, tmp_path)}
    assert told["corpus genre_clips"].kept == 500 * 2 * 22500 * 3


def test_public_corpora_have_the_rate_of_their_recordings(tmp_path):
    config = merged(default_config(), {"corpora": {"bought": {"maker": "gtzan", "task": "genre"}}})
    config["run"] = ["hierarchy/layers"]
    for task in config["hierarchy"]["layers"]["tasks"].values():
        task["corpus"] = "bought"
    told = {item.what: item for item in needs(config, tmp_path)}["corpus bought"]
    gtzan = PUBLIC["gtzan"]
    assert told.note == f"{gtzan.version(None).clips:,} clips"
    assert told.kept == told.draft == 2 * gtzan.version(None).clips * gtzan.rate * gtzan.seconds


def test_what_is_free_and_what_is_approximate_is_told(tmp_path):
    told = report(STORAGE, {}, {}, {}, 10**9)
    assert "free on this disk: 1 GB; activations and tables come on top" in told
    remotes = [one.remote for one in PUBLISHED.values() if one.remote]
    assert {remote.bytes is None for remote in remotes} == {True, False}
    config = default_config()
    names = {name: {"published": name} for name, one in PUBLISHED.items() if one.remote}
    config["networks"] |= names
    config["hierarchy"]["layers"]["networks"] = list(names)
    config |= {"run": ["hierarchy/layers"], "mirror": None}
    notes = {item.what: item.note for item in needs(config, tmp_path)}
    for remote in remotes:
        assert notes[remote.name] == ("" if remote.bytes else "size is approximate")
