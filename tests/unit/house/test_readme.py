"""What the README says can be run is there to be run."""

import re
from pathlib import Path

import pytest
import yaml
from configs import SCHEMA, merged

from tonotopy.config import check
from tonotopy.corpora.catalogue import PUBLIC
from tonotopy.networks.published import PUBLISHED

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)


def test_every_make_target_exists():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"\bmake (\w+)", " ".join(b for kind, b in BLOCKS if kind == "sh")))
    assert {"setup", "reproduce", "test", "lint", "bench"} <= named <= targets


@pytest.mark.parametrize("text", [text for kind, text in BLOCKS if kind == "yaml"])
def test_every_configuration_is_valid(text):
    default = yaml.safe_load((ROOT / "config.yaml").read_text())
    assert check(merged(default, yaml.safe_load(text)), SCHEMA) is None


def test_every_file_and_picture_named_is_there():
    overlays = re.findall(r"--configfile (workflow/\S+)", README)
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README)
    assert len(overlays) >= 2 and pictures
    for name in (*overlays, *pictures, "CONTRIBUTING.md", "requirements.txt", "envs"):
        assert (ROOT / name).exists(), name


def test_every_target_named_is_a_rule():
    rules = "".join(path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk"))
    for name in ("world_validation", "tune", "plan", "audioset_tables", "download_corpus"):
        assert name in README and f"rule {name}:" in rules


def size(count: int) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} GB"


@pytest.mark.parametrize("corpus", PUBLIC.values(), ids=list(PUBLIC))
def test_the_table_of_corpora_tells_what_is_declared(corpus):
    fetched = sum(remote.bytes or remote.approximate_bytes for remote in corpus.remotes)
    told = size(fetched) if fetched else "your copy"
    cells = (f"`{corpus.name}`", corpus.title, ", ".join(corpus.tasks), told)
    cells += (corpus.licence, corpus.verified)
    assert f"| {' | '.join(cells)} |" in README


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_table_of_networks_tells_what_is_declared(name):
    network = PUBLISHED[name]
    fetched = size(network.remote.bytes or network.remote.approximate_bytes)
    host = network.remote.urls[0].split("/")[2]
    assert f"| `{name}` | {fetched} | {network.licence} | {host} | " in README
