"""What is heard, by which networks, and what studies know: paths and settings alone."""

import os
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from configs import SCHEMA, changed, default_config

from tonotopy.config import check, frozen
from tonotopy.errors import InputError
from tonotopy.listening import planning


@pytest.fixture(scope="module")
def config():
    return default_config()


def touch(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return folder


def test_folders_give_their_sounds_in_the_order_of_their_names(tmp_path):
    folder = touch(
        tmp_path / "in",
        *("b.wav", "a/z.MP3", "a/c.ogg", "a.flac", "notes.txt", "._b.wav", ".cache/x.wav"),
    )
    names = [str(path.relative_to(folder)) for path in planning.files(str(folder))]
    assert names == ["a/c.ogg", "a/z.MP3", "a.flac", "b.wav"]


def test_a_file_that_is_named_itself_is_heard_whatever_it_is(tmp_path):
    touch(tmp_path, "page.txt", "other.wav")
    assert planning.files(str(tmp_path / "page.txt")) == [tmp_path / "page.txt"]


def test_what_is_not_there_is_told_with_the_place_that_was_looked_at(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=rf"^audio: .*'my/song.wav'.*{tmp_path}/my/song.wav"):
        planning.files("my/song.wav")
    touch(tmp_path, "in/notes.txt")
    with pytest.raises(InputError, match="no sound .*wav, .flac, .ogg, .mp3"):
        planning.files("in")


def test_without_audio_the_message_says_how_to_name_it(config):
    with pytest.raises(InputError, match=r"^audio: .*snakemake listen --config audio=PATH"):
        planning.pages("mini", config)


def test_paths_may_be_relative_or_at_home(tmp_path, monkeypatch):
    touch(tmp_path, "songs/one.wav")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    ways = ("songs", "~/songs", "./in/../songs", str(tmp_path / "songs"))
    assert len({planning.name_of(audio) for audio in ways}) == 1
    assert planning.files("~/songs") == [tmp_path / "songs/one.wav"]


@pytest.mark.parametrize(
    "name", ["a b'c\"d", "<img src=x onerror=alert(1)>", "{scale}", "Ümläut 🎵", "x" * 200, "..."]
)
def test_folders_of_pages_have_harmless_names(name, tmp_path):
    one, other = (planning.name_of(str(tmp_path / place / name)) for place in "ab")
    assert re.fullmatch(r"[a-z0-9-]{1,40}-[0-9a-f]{8}", one) and one != other
    assert one == planning.name_of(str(tmp_path / "a" / name))


def test_names_in_any_encoding_are_listed_and_changed_files_are_told_apart(tmp_path, config):
    folder = touch(tmp_path / "in", "a.wav")
    with open(os.fsencode(folder) + b"/\xff.wav", "wb") as file:
        file.write(b"abc")
    config = {**config, "audio": str(folder)}
    first = planning.listing(config)
    assert [(f["name"], f["slug"], f["bytes"]) for f in first] == [
        ("a.wav", "a", 1),
        ("\ufffd.wav", "sound", 3),
    ]
    frozen(first).encode()
    os.utime(folder / "a.wav", ns=(1, 1))
    again = planning.listing(config)
    assert again[0] != first[0] and again[1] == first[1]


def test_networks_that_classify_or_are_shown_hear(config):
    names = planning.networks(config)
    assert {"genre_ast", "clap", "event_contrast", "solo_codec", "tones_cnn"} <= set(names)
    # no sound; known answers
    assert not {"digits_vgg", "noise_bank_7", "gammatone_bank"} & set(names)
    without = {**config, "run": ["partials/waveforms"]}
    assert planning.networks(without) == ["instrument_sample_cnn", "solo_codec"]
    alone = {**config, "run": ["similarity/instruments"]}
    assert planning.networks(alone) == ["instrument_vgg"]


def test_named_networks_are_taken_as_they_are(config):
    named = changed(config, "listen.networks", ["noise_bank_7", "clap"])
    check(named, SCHEMA)
    assert planning.networks(named) == ["noise_bank_7", "clap"]


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("listen.networks", ["genre_asd"], r"listen.networks: 'genre_asd'.*'genre_ast'"),
        ("listen.networks", ["digits_vgg"], r"listen.networks: 'digits_vgg'.*no sound"),
        ("listen.second", 3, r"unknown key 'second' at listen .*'seconds'"),
        ("listen.seconds", 0, "listen.seconds"),
        ("listen.windows", -1, "listen.windows"),
        ("audio", 5, "audio: .*not read it as text"),
        ("audio", {"Track 1": "Intro.wav"}, "audio: .*not read it as text"),
    ],
)
def test_mistakes_are_told_before_anything_runs(key, value, message, config):
    with pytest.raises(InputError, match=message):
        check(changed(config, key, value), SCHEMA)


def test_probabilities_are_made_as_the_objective_asks(config):
    expected = {
        "genre_ast": "softmax",
        "clap": "softmax",
        "vggish": "sigmoid",
        "mobilenet": "sigmoid",
        "event_contrast": None,
        "solo_codec": None,
        "noise_bank_7": None,
    }
    assert {name: planning.activation(name, config) for name in expected} == expected
    said = changed(config, "steering.world.activation", "sigmoid")
    assert planning.activation("genre_ast", said) == "sigmoid"
    published = {"published": "ast_audioset"}
    with_published = changed(config, "networks.heard", published)
    assert planning.activation("heard", with_published) == "sigmoid"
    bare = changed(config, "networks.heard", {"published": "vggish"})
    assert planning.activation("heard", bare) is None


def test_windows_are_as_long_as_the_clips_that_a_network_knows(config):
    assert planning.clip_seconds("genre_cnn", config) == 3.0
    assert planning.clip_seconds("event_tagger", config) == 2.0
    assert planning.clip_seconds("noise_bank_7", config) == 2.0  # of solos, heard beside it
    for network, seconds in (
        ({"published": "ast_audioset"}, 10.24),
        ({"module": "a:B", "front_end": {"kind": "kaldi", "hop_ms": 10.0, "frames": 50}}, 0.5),
        ({"module": "a:B", "front_end": {"kind": "waveform", "rate": 8000}}, planning.CLIP),
    ):
        assert planning.clip_seconds("own", changed(config, "networks.own", network)) == seconds
    public = changed(config, "corpora.tracks", {"maker": "gtzan", "task": "genre"})
    public = changed(public, "networks.genre_cnn.corpus", "tracks")
    assert planning.clip_seconds("genre_cnn", public) == 30.0


def test_what_instances_know_is_given_by_paths(config):
    (steered,) = planning.known("mini", "genre_ast_swapped", config)
    assert (steered["study"], steered["instance"]) == ("steering", "counterfactual")
    assert steered["paths"] == {
        "vectors": "results/mini/steering/counterfactual/vectors.safetensors",
        "corpus": "data/corpora/mini/genres_swapped",
    }
    (explained,) = planning.known("mini", "genre_cnn", config)
    assert explained["settings"]["shown"] == {"layer": "conv4", "components": 4}
    assert explained["paths"]["subspaces"] == "results/mini/relevance/music/subspaces"
    (sonified,) = planning.known("mini", "event_contrast", config)
    assert (sonified["network"], sonified["run"]) == ("contrastive", 0)
    (unit,) = planning.known("mini", "solo_codec", config)
    assert unit["network"] == "codec" and unit["settings"]["tones"]["low"] == 36
    assert planning.known("mini", "clap", config) == []


def test_jobs_share_the_networks_and_read_what_these_need(config):
    jobs = [SimpleNamespace(scale="mini", part=str(n)) for n in range(planning.parts(config))]
    shared = [network["name"] for job in jobs for network in planning.part(job, config)]
    assert len(jobs) == 2 and sorted(shared) == sorted(planning.networks(config))
    paths = [path for job in jobs for path in planning.part_files(job, config)]
    assert "results/mini/networks/genre_cnn" in paths
    assert "results/mini/partials/waveforms/directions.parquet" in paths
    assert all(not path.startswith("/") for path in paths)
    one = changed(config, "listen.networks", ["clap"])
    assert planning.parts(one) == 1
