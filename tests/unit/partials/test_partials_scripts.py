"""Scripts of study 6, run one after the other with what the rules give them, and its exhibits."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import soundfile
from partials_worlds import HEARD, write_notes, write_phrases
from rules import Rules

from tonotopy.corpora.hearing import waveforms_at
from tonotopy.corpora.schema import Corpus
from tonotopy.frontends.ticks import ticks_of_bands
from tonotopy.partials.codes import information_of_codes
from tonotopy.partials.stimuli import audible, hertz
from tonotopy.studies.partials import inputs
from tonotopy.studies.partials.exhibits import narrowest_units
from tonotopy.studies.partials.study import STUDY

SEED = 11
ENTRY = {
    "networks": {"tagger": ["tagger", "tagger2"], "codec": "codec", "bank": "bank"}
    | {"noise": "noise"},
    "expected": {"positive": ["bank"], "negative": ["noise"]},
    "layers": {"codec": "conv2"},
    "heard": "phrases",
    "contexts": {"corpus": "notes", "by": "program"},
    "directions": ["unit", "ica"],
    "fitted": 120,
    "tones": {"low": 48, "high": 96, "seconds": 0.3},
    "clips": 9,
    "codes": {"networks": ["tagger", "codec"], "clusters": 5, "books": 2, "clips": 4},
    "limits": [3, 9],
    "exhibits": 2,
}
CONFIG = {
    "seed": SEED,
    "accelerator": "cpu",
    "corpora": {"phrases": {}, "notes": {}},
    "networks": {
        "tagger": {"corpus": "phrases"},
        "tagger2": {"corpus": "phrases"},
        **{name: {} for name in ("codec", "bank", "noise")},
    },
    "partials": {"tiny": ENTRY},
}
WILDCARDS = {"scale": "some", "instance": "tiny"}
JOB = SimpleNamespace(**WILDCARDS)
RULES = Rules("partials", inputs, CONFIG, WILDCARDS)
COLUMNS = [("tagger", 0), ("tagger", 1), ("codec", 0), ("bank", 0), ("noise", 0)]


@pytest.fixture(scope="module")
def results(world, tmp_path_factory):
    """The folder of a run: all rules of the study, one after the other."""
    folder = tmp_path_factory.mktemp("run")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        corpora, networks = Path("data/corpora/some"), Path("results/some/networks")
        corpora.mkdir(parents=True)
        write_notes(corpora / "notes")
        write_phrases(corpora / "phrases")
        for name in CONFIG["networks"]:
            shutil.copytree(world.folder / name, networks / name)
        for rule in RULES.names:
            RULES.run(rule, patch)
    return folder


def table(results, name):
    return pd.read_parquet(results / f"results/some/partials/tiny/{name}.parquet")


def test_the_rules_make_every_table(results):
    assert RULES.names == ["measure_filters", "sweep_tones", "read_codes", "render_excitations"]
    for name in STUDY.tables(ENTRY):
        assert len(table(results, name)), name


def test_tables_are_of_all_trainings(results):
    for name in ("layers", "filters", "responses", "directions", "natural"):
        rows = table(results, name)
        assert list(rows.groupby(["network", "run"], sort=False).groups) == sorted(COLUMNS) or (
            set(zip(rows["network"], rows["run"], strict=True)) == set(COLUMNS)
        ), name
        roles = dict(zip(rows["network"], rows["role"], strict=True))
        assert roles["tagger"] == roles["codec"] == "studied"
        assert (roles["bank"], roles["noise"]) == ("positive", "negative"), name
    kinds = table(results, "directions").groupby("network")["kind"].unique().map(list).to_dict()
    assert kinds == {
        "tagger": ["unit", "ica"],
        "codec": ["unit", "ica"],
        "bank": ["unit"],
        "noise": ["unit"],
    }
    layers = table(results, "layers").set_index(["network", "run"])["layer"]
    assert layers["codec", 0] == "conv2" and layers["tagger", 1] == "embedding"
    coded = table(results, "codes").groupby("network")["run"].unique().map(sorted).to_dict()
    assert coded == {"tagger": [0, 1], "codec": [0], "known": [0]}
    assert set(table(results, "answers")["network"]) == {"tagger"}
    assert set(table(results, "reconstructions")["network"]) == {"codec"}
    assert set(table(results, "limits")["taps"]) == {3, 7, 9, 33, 256}


def test_codes_are_of_the_same_clips_everywhere(results):
    clips = table(results, "codes").groupby("network")["clip"].unique().map(sorted)
    assert clips["known"] == clips["codec"] == clips["tagger"] and len(clips["known"]) == 4


def test_no_codes_without_networks(results, monkeypatch):
    bare = {**CONFIG, "partials": {"tiny": {**ENTRY, "codes": None}}}
    assert RULES.told("render_excitations", "input", bare)["codes"] == []
    monkeypatch.chdir(results)
    before = table(results, "directions")
    with pytest.MonkeyPatch.context() as patch:
        folder = results / "results/some/partials/tiny/exhibits"
        kept = folder.rename(folder.with_name("kept"))
        RULES.run("render_excitations", patch, bare)
        index = json.loads((folder / "exhibits.json").read_text())
        assert all(entry["title"].startswith("unit ") for entry in index["exhibits"])
        shutil.rmtree(folder)
        kept.rename(folder)
    assert before.equals(table(results, "directions"))


# --- exhibits


@pytest.fixture
def index(results):
    folder = results / "results/some/partials/tiny/exhibits"
    return folder, json.loads((folder / "exhibits.json").read_text())


def test_units_and_codes_of_every_network_can_be_heard(index):
    folder, told = index
    assert told["study"] == "partials" and told["instance"] == "tiny" and told["note"]
    shown = {}
    for entry in told["exhibits"]:
        kind, facts = entry["title"].split()[0], entry["facts"]
        assert entry["title"].endswith(f" of {entry['network']}") and entry["label"] == ""
        shown[entry["network"], kind] = shown.get((entry["network"], kind), 0) + 1
        rows = audible(48, 96, HEARD)
        assert entry["seconds"] == 1 and entry["ticks"] == ticks_of_bands(hertz(rows))
        assert facts["run"] == 0 and ("narrow" in facts) == (kind == "unit")
        assert facts["hz"] == pytest.approx(hertz(facts["semitone"]))
        for track in entry["tracks"]:
            sound, rate = soundfile.read(folder / entry["folder"] / track["audio"])
            assert rate == HEARD and len(sound) == HEARD and np.abs(sound).max() > 0.01
            assert (folder / entry["folder"] / track["picture"]).is_file()
            assert track["facts"] == {}
        kinds = [track["kind"] for track in entry["tracks"]]
        assert kinds == (["excerpt", "feature"] if kind == "unit" else ["excerpt"])
        pictures = [path.read_bytes() for path in (folder / entry["folder"]).glob("*.png")]
        assert len(set(pictures)) == len(pictures) == len(entry["tracks"])  # none twice
    assert shown == {
        **{(name, "unit"): 2 for name in ("tagger", "codec", "bank", "noise")},
        ("tagger", "code"): 2,
        ("codec", "code"): 2,
    }


def test_exhibits_are_equal_bytes_again(results, index, monkeypatch):
    folder, _ = index
    monkeypatch.chdir(results)
    before = {path: path.read_bytes() for path in folder.rglob("*.*")}
    RULES.run("render_excitations", monkeypatch)
    assert {path: path.read_bytes() for path in folder.rglob("*.*")} == before and len(before) > 20


def test_tones_are_at_the_peaks_of_units(index):
    folder, told = index
    for entry in (one for one in told["exhibits"] if one["network"] == "bank"):
        names = [track["name"] for track in entry["tracks"]]
        assert names == ["excerpt it answers most", "tone at its peak"]
        sound, _ = soundfile.read(folder / entry["folder"] / entry["tracks"][1]["audio"])
        strongest = np.abs(np.fft.rfft(sound)).argmax()
        assert strongest == pytest.approx(hertz(entry["facts"]["semitone"]), abs=1)


def test_excerpts_are_where_a_unit_of_a_bank_is_loudest(results, index):
    from scipy.signal import butter, sosfilt

    _, told = index
    phrases = Corpus(results / "data/corpora/some/phrases")
    entry = next(one["facts"] for one in told["exhibits"] if one["network"] == "bank")
    clips = phrases.indices("test")
    sounds = waveforms_at(phrases, clips, HEARD)
    edges = hertz([entry["semitone"] - 1, entry["semitone"] + 1])
    loud = sosfilt(butter(2, edges, "bandpass", fs=HEARD, output="sos"), sounds) ** 2
    means = loud[:, : 26 * 240].reshape(len(clips), 26, 240).mean(axis=2)
    row = phrases.clips[clips].tolist().index(entry["clip"])
    frame = int(entry["second"] * HEARD / 240)
    assert means[row, max(0, frame - 1) : frame + 2].max() > 0.5 * means.max()


def test_codes_are_those_that_tell_most(results, index):
    _, told = index
    rows = table(results, "codes")
    rows = rows[(rows["network"] == "codec") & (rows["book"] == 0)]
    bits = information_of_codes(rows["code"].to_numpy(), rows["semitone"].to_numpy())
    best = sorted(bits, key=bits.get, reverse=True)[:2]
    shown = {e["title"]: e["facts"] for e in told["exhibits"] if e["title"].startswith("code ")}
    own = {title: facts["bits"] for title, facts in shown.items() if title.endswith(" of codec")}
    assert own == pytest.approx({f"code {code} of codec": bits[code] for code in best})
    assert list(own) == [f"code {code} of codec" for code in best]


def test_narrow_units_come_first_and_the_seed_chooses_among_equals():
    units = pd.DataFrame(
        {
            "kind": ["unit"] * 6 + ["pca"],
            "direction": [0, 1, 2, 3, 4, 5, 0],
            "narrow": [False, True, True, False, True, False, True],
            "share": [0.9, 0.6, 0.8, 0.95, 0.8, 0.1, 1.0],
        }
    )
    found = {tuple(narrowest_units(units, 4, seed)["direction"]) for seed in range(20)}
    assert found == {(2, 4, 1, 3), (4, 2, 1, 3)}
    assert tuple(narrowest_units(units, 2, 3)["direction"]) == tuple(
        narrowest_units(units, 2, 3)["direction"]
    )
