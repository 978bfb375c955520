"""What a run was made with: versions, sounds, networks and time, to be pasted into a paper."""

import platform
import re
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path

import yaml

from tonotopy import durations, sums
from tonotopy.corpora.gaps import gaps_among
from tonotopy.files import read_json

PACKAGES = ("torch", "snakemake", "numpy", "scipy", "scikit-learn")
WEIGHTS = "weights.safetensors"
SHORT = 12  # characters of a hash in running text


def versions(requirements: str | Path) -> dict[str, str]:
    """Return package -> version of what a run computes with, Python's own first.

    Args:
        requirements: where packages are pinned; it tells what this environment lacks.
    """
    pinned = dict(re.findall(r"^([\w-]+)==([\w.]+)", Path(requirements).read_text(), re.MULTILINE))
    known = {name: _installed(name) or pinned.get(name, "unknown") for name in PACKAGES}
    return {"Python": platform.python_version(), **known}


def _installed(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def project(citation: str | Path) -> dict[str, str]:
    """Return title, version and authors of the project, from its CITATION.cff."""
    facts = yaml.safe_load(Path(citation).read_text())
    authors = [
        author.get("name") or f"{author['family-names']}, {author['given-names']}"
        for author in facts["authors"]
    ]
    return {
        "title": facts["title"],
        "version": str(facts["version"]),
        "authors": " and ".join(authors),
    }


def corpus(folder: str | Path) -> dict:
    """Return what a page tells of a corpus: clips, source, licence, citation, hash, and so on.

    Among it is what its build report says of classes that some split lacks (gaps).
    """
    facts = read_json(Path(folder) / "corpus.json")
    keys = ("name", "clips", "source", "licence", "citation", "content_sha256", "embedded")
    gaps = gaps_among(facts.get("report", {}).get("notes", ()))
    return {**{key: facts.get(key) for key in keys}, "gaps": gaps}


def network(folder: str | Path) -> dict:
    """Return what a page tells of a network: name, architecture, corpus, trained, weights' hash."""
    folder = Path(folder)
    facts = read_json(folder / "network.json")
    weights = folder / WEIGHTS
    return {
        "name": folder.name,
        "architecture": facts.get("architecture"),
        "corpus": (facts.get("corpus") or {}).get("name"),
        "trained": bool(facts.get("trained")),
        "sha256": sums.digest(weights) if weights.is_file() else None,
    }


def measured(folder: str | Path) -> dict:
    """Return what the benchmark files below a folder add up to.

    Returns:
        jobs (how many were measured), seconds (the sum of what each took) and longest (name and
        seconds of the longest), None where there is no job.
    """
    seconds = durations.measured(folder)
    longest = max(seconds, key=seconds.get) if seconds else None
    return {
        "jobs": len(seconds),
        "seconds": sum(seconds.values()),
        "longest": longest and (longest, seconds[longest]),
    }


def paragraph(about: Mapping, corpora: Sequence[Mapping], networks: Sequence[Mapping]) -> str:
    """Return the methods of a run in running text.

    Args:
        about: scale, seed, project, versions, statistics, and sources (study -> what it
            reproduces).
        corpora: see `corpus`.
        networks: see `network`.
    """
    packages = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    statistics = about["statistics"]
    sentences = [
        f"Computed with tonotopy {about['project']['version']} (scale {about['scale']}, seed "
        f"{about['seed']}; {packages}).",
        "Studies: "
        + "; ".join(f"{name} (after {source})" for name, source in about["sources"].items())
        + ".",
        f"Intervals are {statistics['confidence']:.0%} bootstrap intervals of "
        f"{statistics['resamples']} resamples of what a statistic is over: clips or groups, "
        "classes, maps, directions, trainings; a claim is supported (contradicted) where its "
        "interval lies wholly on the claimed (other) side of its criterion.",
        "One-sided bootstrap p-values of all judged claims of a study are corrected by Benjamini "
        "and Hochberg (false discovery rate), without which none is called supported, and by Holm "
        "(family-wise).",
        f"Corpora: {'; '.join(map(_corpus_text, corpora))}.",
        f"Networks: {'; '.join(map(_network_text, networks))}.",
    ]
    return " ".join(sentences)


def _corpus_text(facts: Mapping) -> str:
    digest = _short(facts["content_sha256"])
    return f"{facts['name']} ({facts['clips']} clips, {facts['source']}, {digest})"


def _network_text(facts: Mapping) -> str:
    learned = f", trained on {facts['corpus']}" if facts["trained"] and facts["corpus"] else ""
    return f"{facts['name']} ({facts['architecture']}{learned}, {_short(facts['sha256'])})"


def _short(digest: str | None) -> str:
    return f"sha256 {digest[:SHORT]}…" if digest else "no hash"


def citation(facts: Mapping[str, str], sources: Mapping[str, str]) -> str:
    """Return BibTeX entries of the project and of what its studies reproduce.

    Args:
        facts: see `project`.
        sources: study -> what it reproduces.
    """
    fields = {
        "author": facts["authors"],
        "title": facts["title"],
        "version": facts["version"],
    }
    entries = [_entry("software", "tonotopy", fields)]
    entries += [_entry("misc", name, {"note": source}) for name, source in sources.items()]
    return "\n\n".join(entries)


def _entry(kind: str, key: str, fields: Mapping[str, str]) -> str:
    lines = [f"  {name} = {{{_braced(text)}}}," for name, text in fields.items()]
    return "\n".join([f"@{kind}{{{key},", *lines, "}"])


def _braced(text: str) -> str:
    """Return text without what would end a field of BibTeX or start a comment in LaTeX."""
    return re.sub(r"([&%#_$])", r"\\\1", re.sub(r"[{}\\]", "", text))
