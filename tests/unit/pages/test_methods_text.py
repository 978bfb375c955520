"""What a run was made with: versions, hashes, durations, and text to paste."""

import hashlib
import json
import platform
from pathlib import Path

from tonotopy.pages import methods

ROOT = Path(__file__).parents[3]


def test_versions_are_those_installed_and_pinned_ones_where_nothing_is(tmp_path, monkeypatch):
    pins = tmp_path / "requirements.txt"
    pins.write_text("# torch==9\ntorch==2.99.0  # networks\nnumpy==0.0.1\n")
    installed = {"numpy": "1.2.3", "snakemake": "9.9"}

    def version(name):
        if name not in installed:
            raise methods.metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(methods.metadata, "version", version)
    known = methods.versions(pins)
    assert next(iter(known.items())) == ("Python", platform.python_version())
    assert known["torch"] == "2.99.0" and known["numpy"] == "1.2.3"
    assert known["snakemake"] == "9.9" and known["scipy"] == "unknown"


def test_every_package_of_the_page_is_pinned():
    assert "unknown" not in methods.versions(ROOT / "requirements.txt").values()


def test_the_project_names_itself():
    facts = methods.project(ROOT / "CITATION.cff")
    assert facts["title"].startswith("tonotopy") and facts["authors"] == "The tonotopy authors"
    assert facts["version"].count(".") == 2


def test_corpora_and_networks_are_read_from_their_folders(tmp_path):
    corpus, network = tmp_path / "whales", tmp_path / "ear"
    for folder in (corpus, network):
        folder.mkdir()
    about = {"name": "whales", "clips": 3, "source": "sea", "licence": "free", "embedded": False}
    (corpus / "corpus.json").write_text(json.dumps(about | {"content_sha256": "ab", "x": 1}))
    told = about | {"content_sha256": "ab", "citation": None, "gaps": []}
    assert methods.corpus(corpus) == told
    gap = "class 'a: b' has no clip in split test: its 4 clip(s) are of 1 group(s), and so on"
    notes = ["class 'x' is rare", gap, "so it is with 3 more classes: c, d, e"]
    facts = json.loads((corpus / "corpus.json").read_text()) | {"report": {"notes": notes}}
    (corpus / "corpus.json").write_text(json.dumps(facts))
    assert methods.corpus(corpus) == told | {"gaps": [gap]}
    facts = {"architecture": "cnn", "corpus": {"name": "whales"}, "trained": True}
    (network / "network.json").write_text(json.dumps(facts))
    assert methods.network(network)["sha256"] is None
    (network / "weights.safetensors").write_bytes(b"weights")
    assert methods.network(network) == {
        "name": "ear",
        "architecture": "cnn",
        "corpus": "whales",
        "trained": True,
        "sha256": hashlib.sha256(b"weights").hexdigest(),
    }


def test_times_of_jobs_add_up(tmp_path):
    for name, seconds in {"train/a": "90.5", "train/b": "10", "steer/world/test": "30"}.items():
        path = tmp_path / f"{name}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"s\th:m:s\n{seconds}\t0:00:00\n")
    assert methods.measured(tmp_path) == {
        "jobs": 3,
        "seconds": 130.5,
        "longest": ("train/a", 90.5),
    }
    none = {"jobs": 0, "seconds": 0, "longest": None}
    assert methods.measured(tmp_path / "nowhere") == none


def test_the_paragraph_names_all_that_a_result_depends_on():
    about = {
        "scale": "mini",
        "seed": 7,
        "project": {"version": "0.1.0"},
        "versions": {"Python": "3.11.7", "torch": "2.11.0"},
        "statistics": {"resamples": 500, "confidence": 0.9},
        "sources": {"whales": "A. Hab, The whale"},
    }
    digest = "0123456789abcdef" * 4
    corpus = {"name": "sea", "clips": 12, "source": "embedded", "content_sha256": digest}
    ear = {"name": "ear", "architecture": "cnn", "corpus": "sea", "trained": True, "sha256": digest}
    bank = {**ear, "name": "bank", "trained": False, "sha256": None}
    text = methods.paragraph(about, [corpus], [ear, bank])
    for part in (
        "tonotopy 0.1.0 (scale mini, seed 7; Python 3.11.7, torch 2.11.0)",
        "whales (after A. Hab, The whale).",
        "90% bootstrap intervals of 500 resamples",
        "Corpora: sea (12 clips, embedded, sha256 0123456789ab…).",
        "ear (cnn, trained on sea, sha256 0123456789ab…); bank (cnn, no hash).",
    ):
        assert part in text


def test_citations_cannot_end_their_field():
    facts = {"title": "a } b", "authors": "C & D", "version": "1"}
    text = methods.citation(facts, {"whales": r"100 % \of {it}"})
    assert text.startswith("@software{tonotopy,\n  author = {C \\& D},\n  title = {a  b},")
    assert "@misc{whales,\n  note = {100 \\% of it},\n}" in text
    assert text.count("{") == text.count("}")
