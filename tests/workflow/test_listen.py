"""A user's own sound through a finished run: pages, bad files, equal bytes, nothing trained."""

import hashlib
import json
import re
import shutil

import numpy as np
import pytest
import soundfile
import yaml

HOSTILE = "<img src=x onerror=alert(1)>'&.flac"


def sounds(folder):
    """Write two sounds, one of them of a hostile name, and two bad files."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    time = np.arange(4 * 16000) / 16000
    melody = np.sin(2 * np.pi * (220 * 2 ** ((time // 0.5) / 12)) * time) * np.exp(
        -3 * (time % 0.5)
    )
    soundfile.write(folder / "melody.wav", 0.5 * melody, 16000)
    soundfile.write(folder / HOSTILE, rng.uniform(-0.3, 0.3, (3000, 2)), 44100)
    (folder / "text.wav").write_text("not a sound")
    soundfile.write(folder / "silent.ogg", np.zeros(8000), 8000)
    (folder / "notes.txt").write_text("no sound, and not meant as one")


@pytest.fixture(scope="module")
def heard(finished, tmp_path_factory):
    """A copy of the finished project that has heard a folder; what it printed."""
    root = tmp_path_factory.mktemp("listen") / "tonotopy"
    shutil.copytree(finished.path, root, symlinks=True)
    project = finished.__class__(root, finished.scale)
    sounds(root / "path/to/sounds")
    return project, listen(project)


def listen(project, *options, ok=True, audio="path/to/sounds"):
    return project.snakemake(*options, "--config", f"audio={audio}", target="listen", ok=ok)


def folder_of(project):
    (folder,) = (project.path / "results/smoke/heard").glob("sounds-*")
    return folder


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    }


def test_only_what_listens_is_run_and_bad_files_are_the_last_words(heard):
    _, told = heard
    jobs = dict(re.findall(r"^(\w+) +(\d+)$", told, flags=re.MULTILINE))
    assert {name for name in jobs if name != "total"} == {
        "read_own_sound",
        "hear_own_sound",
        "build_heard_pages",
        "listen",
    }
    assert "4 files, 2 of them bad\nopen results/smoke/heard/sounds-" in told
    assert "bad file 'silent.ogg': is silent" in told and "bad file 'text.wav'" in told


def test_every_file_has_its_page(heard):
    folder = folder_of(heard[0])
    pages = sorted(path.name for path in folder.glob("*.html"))
    assert len(pages) == 5 and "index.html" in pages
    assert [name.partition("-")[0] for name in pages[:4]] == ["1", "2", "3", "4"]
    (bad,) = folder.glob("*-text.html")
    assert 'role="alert"' in bad.read_text() and "cannot be read as audio" in bad.read_text()
    for page in folder.glob("*.html"):
        text = page.read_text()
        assert "<img src=x" not in text and str(heard[0].path) not in text
        for source in re.findall(r'src="([^"]+)"', text):
            assert (folder / source).is_file(), source


def test_what_the_run_knows_is_shown(heard):
    (page,) = folder_of(heard[0]).glob("*-melody.html")
    text = page.read_text()
    for network in ("genre_ast", "ast", "vggish", "tones_cnn", "event_tagger"):
        assert f"class probabilities, {network}" in text, network
    assert "class probabilities, solo_codec" not in text
    for words in ("component 1", "strength of violin", "layer block1", "isolates a band"):
        assert words in text, words
    assert "digits_vgg" not in text


def test_the_same_sound_and_seed_give_equal_bytes(heard):
    project, _ = heard
    folder = folder_of(project)
    before = digests(folder)
    shutil.rmtree(folder)
    listen(project)
    assert digests(folder) == before and len(before) > 20


def test_a_file_that_changes_is_heard_anew(heard):
    project, _ = heard
    assert "Nothing to be done" in listen(project)
    text = folder_of(project) / "whole/files.json"
    before = json.loads(text.read_text())["files"]
    name = project.path / "path/to/sounds/text.wav"
    soundfile.write(name, np.sin(np.arange(9000) / 5) / 2, 8000)
    assert "4 files, 1 of them bad" in listen(project)
    after = json.loads(text.read_text())["files"]
    assert [f["name"] for f in after] == [f["name"] for f in before]
    assert sum(f["fault"] is not None for f in after) == 1
    name.write_text("not a sound")


def test_mistakes_are_told(heard):
    project, _ = heard
    told = project.snakemake(target="listen", ok=False)
    assert "audio: nothing is said to be heard" in told
    told = listen(project, ok=False, audio="path/to/sound")
    assert "no file or folder 'path/to/sound'" in told
    settings = yaml.safe_load((project.path / project.scale).read_text())
    settings["listen"] = {"networks": ["genre_asd"]}
    (project.path / "wrong.yaml").write_text(yaml.safe_dump(settings))
    wrong = project.__class__(project.path, "wrong.yaml")
    assert "listen.networks: 'genre_asd' is not below 'networks'" in listen(wrong, ok=False)


def test_one_file_is_heard_by_the_networks_that_are_named(heard):
    project, _ = heard
    settings = yaml.safe_load((project.path / project.scale).read_text())
    settings["listen"] = {"networks": ["noise_bank_7", "genre_cnn"], "seconds": 1.0}
    (project.path / "few.yaml").write_text(yaml.safe_dump(settings))
    few = project.__class__(project.path, "few.yaml")
    told = listen(few, audio="path/to/sounds/melody.wav")
    assert "1 file, none bad" in told
    (folder,) = (project.path / "results/smoke/heard").glob("melody-*")
    text = (folder / "1-melody.html").read_text()
    assert "class probabilities, genre_cnn" in text and "genre_ast" not in text
    (entry,) = json.loads((folder / "whole/files.json").read_text())["files"]
    assert entry["seconds"] == 1.0
