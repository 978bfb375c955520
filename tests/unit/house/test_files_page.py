"""docs/files.md tells of every table that studies write, and its example runs."""

import subprocess
import sys

import numpy as np
import pytest
import soundfile
from configs import ROOT, default_config, scale
from documented import documented, faults
from worlds import NETWORK, RATE, TONES, tone_corpus

from tonotopy.files import read_tensors
from tonotopy.frontends.log_mel import LogMel, LogMelSettings
from tonotopy.instances import running
from tonotopy.networks.bundle import save
from tonotopy.networks.registry import build
from tonotopy.studies import STUDIES
from tonotopy.studies.steering.plans import write_vectors

FURTHER = {("sonification", "selected")}  # read by rules alone
GIVEN = {(study, "known_answers") for study in STUDIES}  # a file per network, not per instance
EXAMPLE = ROOT / "docs/examples/use_elsewhere.py"


def written() -> set[tuple[str, str]]:
    """The tables that claims are judged by and figures are drawn from, in two configurations."""
    found = set()
    for config in (default_config(), scale("smoke"), scale("paper")):
        for one in running(config):
            study = one.study
            names = set(study.judged_tables(one.entry, config))
            drawn = {
                s for name in study.drawable(one.entry, config) for s in study.figures[name].sources
            }
            found |= {(study.name, name) for name in names | drawn}
            found -= {(study.name, name) for name in study.sources("mini", one.entry, config)}
    return {(s, "sweep-*" if n.startswith("sweep-") else n) for s, n in found}


def test_every_table_of_every_study_is_told_of_and_no_other():
    told = {key for key in documented() if key[0] in STUDIES}
    assert told == (written() | FURTHER) - GIVEN


def test_a_column_too_few_or_too_many_is_found():
    columns = ["vectors", "concept", "layer", "cosine"]
    assert faults("steering", "agreement", columns) == []
    assert faults("steering", "agreement", columns[1:]) == ["steering/agreement lacks vectors"]
    assert faults("steering", "agreement", [*columns, "extra"]) == [
        "steering/agreement has extra, which is not told of"
    ]
    assert faults("steering", "disagreement", columns) == ["steering/disagreement is not told of"]
    assert "steering/sweep-new lacks strength" in faults("steering", "sweep-new", columns)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small network, vectors of two concepts, and a sound."""
    root = tmp_path_factory.mktemp("elsewhere")
    settings = LogMelSettings(**NETWORK["front_end"])
    front_end = LogMel(settings)
    network = build("ast", NETWORK["arguments"], settings, len(TONES))
    facts = {"architecture": "ast", "arguments": NETWORK["arguments"], "classes": list(TONES)}
    save(root / "network", network, front_end, facts)
    rng = np.random.default_rng(0)
    kinds = {"trained": 3, "untrained": 2}
    vectors = {
        kind: {layer: rng.normal(size=(n, 2, 16)).astype(np.float32) for layer in network.layers}
        for kind, n in kinds.items()
    }
    corpus = {"name": "tones", "content_sha256": "0" * 64}
    about = {"network": "net", "corpus": corpus, "view": "default", "seed": 0}
    write_vectors(root / "vectors.safetensors", vectors, ["a$b", "violin"], about)
    clip = tone_corpus(root / "corpus", (3, 3, 3)).waveforms([0])[0]
    soundfile.write(root / "sound.wav", np.asarray(clip), RATE)
    return root


def run(folder, *arguments):
    names = [folder / "network", folder / "vectors.safetensors", *arguments]
    command = [sys.executable, str(EXAMPLE), *map(str, names)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)


@pytest.mark.parametrize("concept", ["a$b", "violin"])
def test_the_example_prints_the_effect_of_a_vector_on_a_sound(folder, concept):
    done = run(folder, concept, folder / "sound.wav")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.partition(":")[0] for line in lines] == list(TONES)
    shares = np.array(
        [[float(line.split(" ")[1][:-1]), float(line.split(" ")[-1])] for line in lines]
    )
    np.testing.assert_allclose(shares.sum(axis=0), 1, atol=0.002)
    assert all(f"with more of {concept}" in line for line in lines)


def test_the_example_refuses_another_rate(folder):
    soundfile.write(folder / "fast.wav", np.zeros(100), 2 * RATE)
    assert (
        "hears at 4000 Hz, the sound has 8000 Hz"
        in run(folder, "violin", folder / "fast.wav").stderr
    )


def test_vectors_say_what_they_are(folder):
    arrays, facts = read_tensors(folder / "vectors.safetensors")
    assert facts["axes"] == ["probe", "concept", "width"] and facts["units"]
    assert facts["network"] == "net" and facts["seed"] == 0 and facts["view"] == "default"
    assert facts["corpus"]["name"] == "tones" and facts["concepts"] == ["a$b", "violin"]
    assert all(len(values.shape) == len(facts["axes"]) for values in arrays.values())
