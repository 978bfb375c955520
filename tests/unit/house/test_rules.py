"""What `snakemake --list` tells: every rule says in a line what it does."""

import re

import pytest
from configs import ROOT

RULES = re.compile(r'^rule (\w+):\n    (?:"""(.+?)"""$)?', flags=re.MULTILINE)
FILES = [ROOT / "Snakefile", *sorted((ROOT / "workflow/rules").glob("*.smk"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_rule_says_what_it_does(path):
    rules = dict(RULES.findall(path.read_text()))
    assert len(rules) == path.read_text().count("\nrule ")
    for name, told in rules.items():
        assert told.endswith(".") and told[0].isupper(), f"{name}: {told!r}"
